"""Formulas that are wrong on purpose."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import IDENTITY, Pad, Window
from pyramidcalc.passes import bounds, receptive_field

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def replaced(owner: Any, name: str, wrong: Callable[..., Any]) -> Any:
    """A method that gives what `wrong` makes of the right result, then of its arguments."""
    right = getattr(owner, name)
    return lambda *given, **named: wrong(right(*given, **named), *given)


def ceil_without_drop(window: Window, n: int) -> int:
    """ceil_mode without the rule that a last window may not start in the end padding."""
    surplus = n + window.lo + window.hi - window.span
    return (-(-surplus // window.s) if window.ceil_mode else surplus // window.s) + 1


def straight_line(exact: bounds.Bounds, *_: object) -> bounds.Bounds:
    """Composes like Araujo's formulas: the extent of the first position, moved along by the slope, rounded outwards."""
    extents = [exact.extent(i) for i in range(exact.period)]
    ends = [(e[0] - i * exact.slope, e[1] - i * exact.slope) for i, e in enumerate(extents) if e is not None]
    if exact.period == 1 or len(ends) < exact.period:
        return exact
    first, last = min(one for one, _ in ends), max(other for _, other in ends)
    line = bounds.Bounds(exact.period, exact.shift, 0, monotone=True)
    for i in range(exact.period):
        line.known[i] = int(first + i * exact.slope // 1), -int(-(last + i * exact.slope) // 1)
    return line


def shifted(taps: range) -> range:
    """The same taps one further."""
    return range(taps.start + 1, taps.stop + 1, taps.step)


def all_but_last(bits: int) -> int:
    """A bit set without its highest."""
    return bits & ~(1 << bits.bit_length() - 1) if bits.bit_count() > 1 else bits


def cached(name: str, owner: type, right: Callable[[Any], Any]) -> cached_property[Any]:
    """A cached property that takes another's place."""
    prop = cached_property(right)
    prop.__set_name__(owner, name)
    return prop


def without_groups(self: Any) -> int:
    """The weights of a dense kernel."""
    weights: int = self.in_channels * self.out_channels
    for size in self.kernel_size:
        weights *= size
    return weights


def ends_only(self: Any, i: int) -> Any:
    """What is read by the outer taps alone."""
    taps = self.map.reads(self.n, i)
    return ((self.inner, (taps[0], taps[-1])),) if taps else ()


def local_only(field: Any, *_: object) -> Any:
    """A field that says of itself that no path reads all."""
    return receptive_field.AxisField(field.parts, None, field.unknown)


def earlier(said: Any, *_: object) -> Any:
    """A receptive field that starts one pixel earlier."""
    return said.replace(padding=tuple(p if p is None else p + 1 for p in said.padding))


def sides_in_order(self: Any) -> Any:
    """A pad's maps, its sides taken from the first axis on."""
    sides = self.padding
    return IDENTITY, *[Pad(sides[i], sides[i + 1], self.mode) for i in range(0, len(sides), 2)]
