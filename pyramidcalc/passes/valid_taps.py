"""Valid taps: at which share of its positions a dilated window has all its taps inside the map.

Source: Chen et al., arXiv 1706.05587, section 3.3 and figure 4.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved, Step


class ValidTaps(Record):
    """Positions (rows, columns) whose taps are all inside, of the (rows, columns) that there are."""

    positions: tuple[int, int]
    of: tuple[int, int]

    @property
    def share(self) -> Fraction:
        """Share of the output positions, 0 to 1."""
        return Fraction(self.positions[0] * self.positions[1], self.of[0] * self.of[1])

    def to_dict(self) -> dict[str, object]:
        """The JSON form."""
        return {"positions": list(self.positions), "of": list(self.of), "share": float(self.share)}


def valid_taps(resolved: Resolved) -> dict[str, ValidTaps]:
    """Node name to valid taps, for the nodes with a dilated window."""
    found = ((step.name, of_step(step)) for step in resolved.steps if len(step.shape) == 3)
    return {name: taps for name, taps in found if taps is not None}


def of_step(step: Step) -> ValidTaps | None:
    """Valid taps of one node, None where no window is dilated."""
    maps = step.axes
    rows, columns = maps[0][1:]
    if len(maps) != 1 or not (rows.dilated or columns.dilated):
        return None
    height, width = step.shapes[0][1:]
    return ValidTaps((rows.full_windows(height), columns.full_windows(width)), (step.shape[1], step.shape[2]))
