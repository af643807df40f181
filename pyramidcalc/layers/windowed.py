"""Layers whose index maps follow from their settings alone, and the diagnostics of windows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import Window
from pyramidcalc.layers.base import SIDES, Diagnostic, Layer, shape_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from pyramidcalc.indexmap import IndexMap, SizeLaw
    from pyramidcalc.layers.base import Maps, Shape


class Windowed(Layer, abstract=True):
    """What convolutions, pools and pads share."""

    @cached_property
    def maps(self) -> Maps:
        """Index maps of all axes, channels first, made once."""
        raise NotImplementedError

    @cached_property
    def dilated(self) -> bool:  # type: ignore[override]  # follows the maps
        """Whether some output reads positions with holes between them."""
        return any(axis_map.dilated for axis_map in self.maps[1:])

    def axes(self, *shapes: Shape) -> tuple[Maps, ...]:
        return (self.maps,)

    def law(self, axis: int) -> SizeLaw | None:
        return self.maps[axis].law()

    @cached_property
    def strided(self) -> bool:
        """Whether some window moves on by more than one position."""
        return any(isinstance(axis_map, Window) and axis_map.s > 1 for axis_map in self.maps[1:])

    def diagnose(self, shapes: tuple[Shape, ...], output: Shape, batch: int) -> Iterator[Diagnostic]:
        if self.dilated:
            yield from degenerate(self.maps[1:], shapes[0][1:])
        if self.strided:
            yield from unread(self.maps[1:], shapes[0][1:], "info")


def maps_of_axes(make: Callable[..., IndexMap], numbers: Iterable[tuple[Any, ...]]) -> list[IndexMap]:
    """The map of each axis by its numbers; axes like the first share its map, so that passes need not compare them."""
    first, *others = numbers
    axis_map = make(*first)
    return [axis_map, *[axis_map if each == first else make(*each) for each in others]]


def degenerate(maps: Sequence[IndexMap], sizes: Sequence[int]) -> Iterator[Diagnostic]:
    """`degenerate-rate`: a dilated window that nowhere has all its taps inside the map.

    Source: Chen et al., arXiv 1706.05587, section 3.3: a 3×3 whose rate nears the map's size falls back to a 1×1.
    """
    axes = zip(maps, sizes, SIDES[len(sizes)], strict=True)
    windows = [(w, n, side) for w, n, side in axes if w.dilated and isinstance(w, Window)]
    empty = [(w, n, side) for w, n, side in windows if not w.full_windows(n)]
    if not empty:
        return
    if len(windows) == len(sizes) and all(w.d >= n for w, n, _ in windows):
        rates = [w.d for w, _, _ in windows]
        alike = len(set(rates)) == 1
        said = f"{rates[0]} >= size {max(sizes)}" if alike else f"{shape_text(rates)} >= size {shape_text(sizes)}"
        centred = all(w.keeps_the_centre for w, _, _ in windows)
        same = f", this is a {shape_text([1] * len(sizes))}" if centred else ""
        message = f"rate {said}: at most one tap is ever inside{same}"
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
    """`unread-input`: rows or columns at the end that no window reaches; gaps between windows are not counted."""
    sides: dict[tuple[Window, int, int], list[str]] = {}
    for w, n, side in zip(maps, sizes, SIDES[len(sizes)], strict=True):
        if isinstance(w, Window) and w.s > 1 and not w.skipped and (left := w.unread_tail(n)):
            sides.setdefault((w, left, n), []).append(side)
    for (w, left, n), names in sides.items():
        both = " and ".join(names)
        message = f"no window of {w.k}, stride {w.s}, reads the last {left} of {n} {both}"
        # Between the taps of a dilated window at the start there are rows that no other window reads either.
        hint = "would all be read" if w.d == 1 else "end where the last window ends"
        yield Diagnostic("unread-input", severity, message, f"{n - left} {both} {hint}")
