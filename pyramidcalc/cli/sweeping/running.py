"""Runs a sweep block by block, here or in processes, in order and in constant memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyramidcalc.cli.sweeping.rows import Done, Sweep

BLOCK = 64
"""Rows that are worked out, sent and written at once."""


def blocks(sweep: Sweep, settings: Sequence[str], form: str, jobs: int) -> Iterator[list[Done]]:
    """The rows of a sweep in order, some at a time; the call brings in what it takes, and starts nothing."""
    starts = range(0, sweep.count, BLOCK)
    jobs = min(jobs, len(starts))
    if jobs > 1:
        from pyramidcalc.cli.sweeping.pool import pooled

        return pooled(sweep, settings, form, jobs, starts)
    return (sweep.rows(start, start + BLOCK, form) for start in starts)
