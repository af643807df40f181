"""Valid taps: at which share of its positions a dilated window has all its taps inside the map.

Source: Chen et al., arXiv 1706.05587, section 3.3 and figure 4.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import same_pad, window
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyramidcalc.passes.shapes import Resolved


class ValidTaps(Record):
    """Positions, axis by axis, whose taps are all inside, of those that there are."""

    positions: tuple[int, ...]
    of: tuple[int, ...]

    @property
    def share(self) -> Fraction:
        """Share of the output positions, 0 to 1."""
        return Fraction(prod(self.positions), prod(self.of))

    def to_dict(self) -> dict[str, object]:
        """The JSON form."""
        return {"positions": list(self.positions), "of": list(self.of), "share": float(self.share)}


def valid_taps(resolved: Resolved) -> dict[str, ValidTaps]:
    """Node name to valid taps, for the nodes with a dilated window."""
    result = {}
    for applied in resolved.layers:
        if applied.layer.dilated:
            axes = zip(applied.axes[0][1:], applied.shapes[0][1:], strict=True)
            positions = tuple([axis_map.full_windows(n) for axis_map, n in axes])
            result[applied.name] = ValidTaps(positions, applied.shape[1:])
    return result


def tap_histogram(kernel: Sequence[int], rate: int, sizes: Sequence[int]) -> dict[int, int]:
    """Number of taps inside the map to the positions that have so many, all taps first.

    Of a convolution that keeps the size: `kernel` and `sizes` have one number a spatial axis, `rate` is of all.
    """
    positions = {1: 1}
    for k, n in zip(kernel, sizes, strict=True):
        axis_map = window(k, 1, rate, *same_pad(k, rate))
        inside = Counter(len(list(axis_map.taps(n, i))) for i in range(axis_map.size(n)))
        products: Counter[int] = Counter()
        for taps, count in positions.items():
            for more, times in inside.items():
                products[taps * more] += count * times
        positions = dict(products)
    return dict(sorted(positions.items(), reverse=True))
