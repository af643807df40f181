"""Valid taps: at which share of its positions a dilated window has all its taps inside the map.

Source: Chen et al., arXiv 1706.05587, section 3.3 and figure 4.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
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
        if len(applied.inputs) == 1 and not applied.layer.elementwise:
            maps, sizes = applied.axes[0][1:], applied.shapes[0][1:]
            if any(axis_map.dilated for axis_map in maps):
                positions = tuple([axis_map.full_windows(n) for axis_map, n in zip(maps, sizes, strict=True)])
                result[applied.name] = ValidTaps(positions, applied.shape[1:])
    return result
