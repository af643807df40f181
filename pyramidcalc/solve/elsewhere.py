"""Where no layer gives a size: which single setting, put elsewhere, would do."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from pyramidcalc.errors import ShapeError
from pyramidcalc.indexmap import TransposedWindow, Window, most_output_padding
from pyramidcalc.solve.windows import MOST_TRIED, Ranges, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.indexmap import IndexMap

SETTINGS = ("kernel", "stride", "padding", "dilation", "output_padding")
WINDOW = ("kernel", "stride", "dilation")
FARTHEST = 10**18
"""Settings up to here are looked at."""


def changes(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, *, ceil_mode: bool = False
) -> dict[str, int]:
    """Settings and values of which each by itself gives the size, every one tried; others may do so too."""
    found: dict[str, int] = {}
    for setting, values in elsewhere(kind, inputs, outputs, ranges, ceil_mode):
        there = ranges.replace(**{setting: values})
        if setting in found or there == ranges or there.combinations > MOST_TRIED:
            continue
        for each in settings(kind, inputs, outputs, there, ceil_mode):
            found[setting] = each[SETTINGS.index(setting)]
            break
    return found


def elsewhere(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, ceil_mode: bool
) -> Iterator[tuple[str, range | None]]:
    """Each setting with what to try for it: the default, then the least values that go far enough."""
    for setting in SETTINGS:
        yield setting, Ranges._defaults[setting]
        if setting in WINDOW:
            least = enough(kind, inputs, outputs, ranges, setting, ceil_mode)
            if least is not None:
                # Or the next: a padding adds two positions, so that only every other value may come out even.
                yield setting, range(least, least + 1)
                yield setting, range(least + 1, least + 2)


def enough(
    kind: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, setting: str, ceil_mode: bool
) -> int | None:
    """The least value beyond a range with which the size is not missed for want of stride, kernel or dilation."""
    sign = 1 if kind == "conv-transpose" else -1

    def furthest(value: int) -> bool:
        """Whether a window shrinks, or a transposed one grows, as much as is asked or more."""
        there = ranges.replace(**{setting: range(value, value + 1)})
        axis_map = extreme(kind, there, ceil_mode)
        return all(sign * size_of(axis_map, n) >= sign * m for n, m in zip(inputs, outputs, strict=True))

    if kind == "avg-pool" and setting == "dilation":
        return None
    values = range(ranges.to_dict()[setting][-1] + 1, FARTHEST)
    index = bisect_left(values, True, key=furthest)
    return values[index] if index < len(values) else None


def extreme(kind: str, ranges: Ranges, ceil_mode: bool) -> IndexMap:
    """The map that shrinks most of all, or, transposed, grows most."""
    k, s, d = ranges.kernel[-1], ranges.stride[-1], ranges.dilation[-1]
    padding = ranges.padding[0] if ranges.padding else 0
    if kind != "conv-transpose":
        return Window(k, s, 1 if kind == "avg-pool" else d, padding, padding, ceil_mode)
    extra = most_output_padding(s, d)
    if ranges.output_padding:
        extra = min(extra, ranges.output_padding[-1])
    return TransposedWindow(k, s, padding, extra, d)


def size_of(axis_map: IndexMap, n: int) -> int:
    """The map's size, 0 where there is none."""
    try:
        return axis_map.size(n)
    except ShapeError:
        return 0
