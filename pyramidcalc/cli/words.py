"""Shares and positions as people read them; every format writes the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def share(part: int, whole: int) -> str:
    """A share as a percentage that never rounds to all or nothing."""
    if part in (0, whole):
        return "100%" if part else "0%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    return ">99.9%" if percent > 99.9 else f"{percent:.1f}%"


def runs(positions: Sequence[int]) -> str:
    """`0–6, 13–49 step 6, 63` for ascending positions."""
    texts: list[str] = []
    start = 0
    while start < len(positions):
        end = start + 1
        step = positions[end] - positions[start] if end < len(positions) else 0
        while end < len(positions) and positions[end] - positions[end - 1] == step:
            end += 1
        # Two positions that do not touch are clearer one by one; the second may start a run of its own.
        if end - start == 2 and step > 1:
            end -= 1
        first, last = positions[start], positions[end - 1]
        texts.append(str(first) if first == last else f"{first}–{last}" + (f" step {step}" if step > 1 else ""))
        start = end
    return ", ".join(texts)
