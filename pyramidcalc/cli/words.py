"""Layers and positions as people read them; every format writes the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.quantities import per_axis, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.valid_taps import ValidTaps

IN_OTHER_COLUMNS = ("channels", "features")
"""Endings of fields that the output's shape and the parameters say already."""
SILENT = frozenset(("bias", "eps", "momentum", "affine", "elementwise_affine", "track_running_stats"))
"""Fields that change no size; parameters say whether there is a bias."""
SIZES = ("kernel_size", "output_size", "size")


def operation(layer: Layer) -> str:
    """`Conv2d 3×3, padding 6, dilation 6`: the layer and what is not its default."""
    sizes: list[str] = []
    settings: list[str] = []
    defaults = layer._defaults
    for name, value in layer.attributes().items():
        if name in SILENT or name.endswith(IN_OTHER_COLUMNS):
            continue
        default = defaults.get(name, ...)
        if value == default or (isinstance(value, tuple) and value == (default,) * len(value)):
            continue
        if name in SIZES:
            numbers = value if isinstance(value, tuple) else (value,)
            sizes.append(times("none" if item is None else item for item in numbers))
        else:
            settings.append(setting(name, value))
    return ", ".join([" ".join([layer.name, *sizes]), *settings])


def setting(name: str, value: Any) -> str:
    """`dilation 6`, `stride 2×1`, `ceil mode`, `bilinear`."""
    word = name.replace("_", " ")
    if value is True:
        return word
    if value is False:
        return f"no {word}"
    if name == "mode":
        return str(value)
    return f"{word} {per_axis(value) if isinstance(value, tuple) else value}"


def taps_inside(taps: ValidTaps) -> str:
    """`66.0% (52×52)`: share and number of positions."""
    ratio = taps.share
    return f"{share(ratio.numerator, ratio.denominator)} ({times(taps.positions)})"


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
