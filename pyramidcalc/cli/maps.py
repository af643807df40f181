"""What a terminal draws of a map of pixels: layers of shares, each with its colours from little to much."""

from __future__ import annotations

from itertools import chain
from math import sqrt
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyramidcalc.passes.effective_field import EffectiveField
    from pyramidcalc.passes.reach import Reach

    Share = Callable[[range, range], float]
    """How much of some rows and columns is drawn, 0 to 1."""

BRANCHES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442", "#0072B2", "#999999")
"""Okabe and Ito's, those that are light on a dark ground first."""
INK = ("#1d3a52", "#24567f", "#2c74ad", "#4d97d0", "#8cc0e8", "#d6ecfb")
TINT = "#3a4b5a"


class Layer(Record):
    """One layer of a map; `tints` where it covers all of it."""

    label: str
    ramp: tuple[str, ...]
    share: Share
    tints: bool = False


class Drawing(Record):
    """A map of (rows, columns), layers below first; of a sequence, `lanes`, rows have no numbers and stay apart.

    `scale`: whether shares are of more and less, and not of here and there.
    """

    sizes: tuple[int, int]
    layers: tuple[Layer, ...]
    lanes: bool = False
    scale: bool = False


def of_reach(whole: Reach, parts: Sequence[Reach]) -> Drawing | None:
    """What is read of the first input that is, a colour a branch, the smallest on top; None of volumes and vectors."""
    from pyramidcalc.passes.reach_by_branch import labels

    names = labels(parts) if parts else [""]
    parts = parts or (whole,)
    name = next((name for name, products in whole.products.items() if products), None)
    if name is None or len(whole.inputs[name]) not in (2, 3):
        return None
    sizes, lanes = whole.inputs[name][1:], len(whole.inputs[name]) == 2
    layers: dict[object, tuple[int, Layer]] = {}
    for index, (part, label) in enumerate(zip(parts, names, strict=True)):
        mask = part.mask(name)
        rows = {index if lanes else place[0]: bits for place, bits in mask.items()}
        pixels = part.pixels(name)
        tints = not lanes and pixels == sizes[0] * sizes[1] and len(parts) > 1
        ramp = (TINT,) if tints else (BRANCHES[index % len(BRANCHES)],)
        # Of branches that read the same pixels of a map only one is seen.
        key = index if lanes else frozenset(rows.items())
        before = f"{layers[key][1].label}, " if key in layers else ""
        layers[key] = pixels, Layer(before + label, ramp, share_of_bits(rows), tints)
    ordered = tuple(layer for _, layer in sorted(layers.values(), key=lambda item: -item[0]))
    return Drawing((len(parts), sizes[0]) if lanes else (sizes[0], sizes[1]), ordered, lanes)


def share_of_bits(rows: Mapping[int, int]) -> Share:
    """How many of some pixels are in a set, row to the bit set of its columns."""

    def share(tall: range, wide: range) -> float:
        window = (1 << len(wide)) - 1
        count = sum((rows.get(row, 0) >> wide.start & window).bit_count() for row in tall)
        return count / (len(tall) * len(wide))

    return share


def of_field(field: EffectiveField) -> Drawing | None:
    """The weights of the first input that is read, on a scale of roots; None of volumes and vectors."""
    name = next(iter(field.blocks), None)
    if name is None or len(field.inputs[name]) not in (2, 3):
        return None
    sizes, lanes, weights = field.inputs[name][1:], len(field.inputs[name]) == 2, field.weights(name)
    left = field.blocks[name].axes[-1].start
    rows = {0 if lanes else place[0]: line for place, line in weights.items()}
    largest = max(chain.from_iterable(rows.values()))

    def share(tall: range, wide: range) -> float:
        start, stop = max(wide.start - left, 0), max(wide.stop - left, 0)
        total = sum(sum(rows[row][start:stop]) for row in tall if row in rows)
        return sqrt(total / (largest * len(tall) * len(wide)))

    return Drawing((1, sizes[0]) if lanes else (sizes[0], sizes[1]), (Layer("", INK, share),), lanes, True)
