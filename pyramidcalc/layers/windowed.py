"""Diagnostics that every layer with windows can raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Window
from pyramidcalc.layers.base import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pyramidcalc.indexmap import IndexMap

SIDES = ("rows", "columns")


def notes(maps: Sequence[IndexMap], sizes: Sequence[int]) -> Iterable[Diagnostic]:
    """Everything that a layer with these windows has to say."""
    rows, columns = maps
    # Most convolutions are 1×1 or plain windows, alike on both axes, of which there is nothing to say.
    if rows is columns and isinstance(rows, Window) and rows.s == 1 and fits(rows, sizes):
        return ()
    return (*degenerate(maps, sizes), *unread(maps, sizes, "info"))


def fits(w: Window, sizes: Sequence[int]) -> bool:
    """Whether some position of both axes has all taps of the window inside, or it is not dilated."""
    return w.d == 1 or bool(w.full_windows(sizes[0]) and (sizes[0] == sizes[1] or w.full_windows(sizes[1])))


def degenerate(maps: Sequence[IndexMap], sizes: Sequence[int]) -> Iterator[Diagnostic]:
    """`degenerate-rate`: a dilated window that nowhere has all its taps inside the map.

    Source: Chen et al., arXiv 1706.05587, section 3.3: a 3×3 whose rate nears the map's size
    falls back to a 1×1.
    """
    windows = [
        (w, n, side)
        for w, n, side in zip(maps, sizes, SIDES, strict=True)
        if isinstance(w, Window) and w.d > 1 and w.k > 1
    ]
    empty = [(w, n, side) for w, n, side in windows if not w.full_windows(n)]
    if not empty:
        return
    if len(windows) == 2 and all(w.d >= n for w, n, _ in windows):
        rates, largest = [w.d for w, _, _ in windows], max(sizes)
        said = (
            f"{rates[0]} >= size {largest}"
            if rates[0] == rates[1]
            else f"{rates[0]}x{rates[1]} >= size {sizes[0]}x{sizes[1]}"
        )
        centred = all(w.keeps_the_centre for w, _, _ in windows)
        message = f"rate {said}: at most one tap is ever inside" + (", this is a 1x1" * centred)
    else:
        w, n, side = empty[0]
        message = f"no position has all {w.k} taps inside: rate {w.d} spans {w.span} of {n} {side}"
    enough = min(w.degenerate_rate(n) for w, n, _ in windows)
    if enough <= 1:
        hint = f"no rate fits: a kernel of {max(w.k for w, _, _ in windows)} needs a map of at least that size"
    elif all(w.d < enough for w, _, _ in windows):
        hint = "the window fits, but its stride and padding never place it inside"
    else:
        hint = f"use a rate below {enough} here"
    yield Diagnostic("degenerate-rate", "warning", message, hint)


def unread(maps: Sequence[IndexMap], sizes: Sequence[int], severity: str) -> Iterator[Diagnostic]:
    """`unread-input`: rows or columns at the end that no window reaches."""
    found: dict[tuple[int, int, int, int], list[str]] = {}
    for w, n, side in zip(maps, sizes, SIDES, strict=True):
        if isinstance(w, Window) and w.s > 1 and w.span >= w.s and (left := w.unread_tail(n)):
            found.setdefault((w.k, w.s, left, n), []).append(side)
    for (k, s, left, n), sides in found.items():
        both = " and ".join(sides)
        yield Diagnostic(
            "unread-input",
            severity,
            f"no window of {k}, stride {s}, reads the last {left} of {n} {both}",
            f"{n - left} {both} would all be read",
        )
