"""Questions turned round: from a size to the layers that give it, from a receptive field to rates.

    conv(64, 32, kernel=range(1, 8))           every convolution that makes 32 of 64, simplest first
    conv_transpose(32, 64), pool(64, 32)       likewise
    aspp(map=(33, 33), receptive_field=37)     rates of an atrous pyramid

Sizes are one number, (H, W) or "64x48"; settings are a number or a range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from typing import Any, Literal

    from pyramidcalc.solve.rates import Proposal
    from pyramidcalc.solve.windows import Solution

    Size = int | tuple[int, int] | str
    Setting = int | range

__all__ = ["aspp", "conv", "conv_transpose", "pool"]


def conv(
    input: Size,  # noqa: A002  # as on the command line
    output: Size,
    *,
    kernel: Setting = range(1, 8),
    stride: Setting = range(1, 5),
    dilation: Setting = range(1, 5),
    padding: Setting | None = None,
) -> tuple[Solution, ...]:
    """Every convolution that makes the output's size of the input's, simplest first; all paddings where it is None."""
    return solved("conv", input, output, kernel=kernel, stride=stride, dilation=dilation, padding=padding)


def conv_transpose(
    input: Size,  # noqa: A002
    output: Size,
    *,
    kernel: Setting = range(1, 8),
    stride: Setting = range(1, 5),
    dilation: Setting = range(1, 5),
    padding: Setting | None = None,
    output_padding: Setting | None = None,
) -> tuple[Solution, ...]:
    """Every transposed convolution that makes the output's size of the input's, simplest first."""
    settings = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    return solved("conv-transpose", input, output, **settings, output_padding=output_padding)


def pool(
    input: Size,  # noqa: A002
    output: Size,
    *,
    kind: Literal["max", "avg"] = "max",
    kernel: Setting = range(1, 8),
    stride: Setting = range(1, 5),
    dilation: Setting = range(1, 5),
    padding: Setting | None = None,
    ceil_mode: bool = False,
) -> tuple[Solution, ...]:
    """Every pool that makes the output's size of the input's, simplest first."""
    if kind not in ("max", "avg"):
        raise UsageError(f"`kind` (={kind!r}) must be max or avg")
    settings = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    return solved(f"{kind}-pool", input, output, **settings, ceil_mode=ceil_mode)


def aspp(map: Size, *, receptive_field: int | None = None, branches: int = 3) -> Proposal:  # noqa: A002
    """Rates of an atrous pyramid on a map of this size: none degenerate, no gridding, best first, and published ones.

    Without `receptive_field`, proposed is the largest with all taps inside at a quarter of the positions.
    """
    from pyramidcalc.solve.rates import propose

    return propose(*pair("map", map), receptive_field, branches)


def solved(kind: str, given: Size, wanted: Size, **settings: Any) -> tuple[Solution, ...]:
    """The solutions of a kind of layer; settings that are None are left to be anything."""
    from pyramidcalc.solve.windows import Search, solve

    tried = {name: setting(name, value) for name, value in settings.items() if value is not None}
    return solve(Search(kind, pair("input", given), pair("output", wanted), **tried))


def setting(name: str, value: Any) -> Any:
    """One number as a range of one. Raises UsageError for what is neither."""
    if isinstance(value, bool | range) and (name == "ceil_mode") == isinstance(value, bool) and value != range(0):
        return value
    if type(value) is not int:
        raise UsageError(f"`{name}` (={value!r}) must be a whole number or a range of them")
    return range(value, value + 1)


def pair(name: str, size: Any) -> tuple[int, int]:
    """(H, W) of one number, a pair or text. Raises UsageError."""
    from pyramidcalc.reading import size_of

    numbers = size_of(size) if isinstance(size, str) else size if isinstance(size, tuple | list) else (size,)
    if len(numbers) not in (1, 2) or any(type(n) is not int or n < 1 for n in numbers):
        raise UsageError(f"`{name}` (={size!r}) must be a size: one number, (H, W) or HxW, each at least 1")
    height, width = (*numbers, *numbers)[:2]
    return height, width
