"""Bins: which rows and columns each bin of a pool reads that cuts its map into a number of bins, whatever its size."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, AdaptiveBins, Window
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

MAX_BINS = 1 << 14
"""Bins and positions of an axis that are looked at one by one."""


class AxisBins(Record):
    """The bins over the `n` positions of one axis: first and last of each, as they lie, also beyond the map.

    None where there are more than MAX_BINS bins or positions.
    """

    n: int
    bins: tuple[tuple[int, int], ...] | None

    def readers(self) -> list[int]:
        """For each position of the map, how many bins read it; nothing where the bins are not known."""
        if self.bins is None:
            return []
        changes = [0] * (self.n + 1)
        for first, last in self.bins:
            changes[max(first, 0)] += 1
            changes[max(min(last + 1, self.n), 0)] -= 1
        return list(accumulate(changes[:-1]))

    def overlaps(self) -> list[int]:
        """Positions that several bins read."""
        return [i for i, count in enumerate(self.readers()) if count > 1]

    def unread(self) -> list[int]:
        """Positions that no bin reads."""
        return [i for i, count in enumerate(self.readers()) if not count]

    def padding(self) -> tuple[int, int]:
        """How far the bins reach beyond the map, before it and behind."""
        bins = self.bins or ((0, 0),)
        return max(0, -min(first for first, _ in bins)), max(0, max(last for _, last in bins) + 1 - self.n)


class Bins(Record):
    """The bins of one layer on each of its spatial axes."""

    layer: str
    axes: tuple[AxisBins, ...]


def bins(resolved: Resolved) -> tuple[Bins, ...]:
    """Of every pool with a number of bins, in order: SPP's, PPM's, DSPP's and the adaptive ones."""
    return tuple(
        [
            Bins(applied.name, tuple([axis_bins(m, n) for m, n in zip(applied.axes[0][1:], sizes, strict=True)]))
            for applied in resolved.layers
            if cuts(applied)
            for sizes in [applied.shapes[0][1:]]
        ]
    )


def cuts(applied: AppliedLayer) -> bool:
    """Whether a layer cuts its map into a number of bins: by adaptive bins, or by windows that follow its size."""
    if len(applied.inputs) != 1 or len(applied.axes[0]) < 2:
        return False
    maps = [m for m in applied.axes[0][1:] if m is not IDENTITY]
    adaptive = any(isinstance(m, AdaptiveBins) and not m.scaled for m in maps)
    return adaptive or (applied.node.layer.follows_size and any(isinstance(m, Window) for m in maps))


def axis_bins(axis_map: IndexMap, n: int) -> AxisBins:
    """The bins of one map of n positions."""
    count = axis_map.size(n)
    if max(count, n) > MAX_BINS:
        return AxisBins(n, None)
    reads = [axis_map.reads(n, i) for i in range(count)]
    return AxisBins(n, tuple([(read[0], read[-1]) for read in reads]))
