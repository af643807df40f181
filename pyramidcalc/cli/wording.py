"""Numbers and layers as people read them; every format writes the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sized
    from fractions import Fraction
    from typing import Any

    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.valid_taps import ValidTaps

TOLD_BY_OTHER_COLUMNS = ("channels", "features")
"""Endings of fields that the output's shape and the parameters tell already."""
SILENT = frozenset(("bias", "eps", "momentum", "affine", "elementwise_affine", "track_running_stats"))
"""Fields that change no size; parameters tell whether there is a bias."""
KERNELS = ("kernel_size", "output_size", "size")
SI = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def times(numbers: Iterable[object]) -> str:
    """256×64×64."""
    return "×".join(map(str, numbers))


def shape_text(shape: tuple[int, ...]) -> str:
    """256×64×64, or 5376 features."""
    return times(shape) if len(shape) > 1 else f"{shape[0]} features"


def rounded(number: int, units: tuple[tuple[int, str], ...], unit: str) -> str:
    """`number` in the largest unit that leaves at least 1, with four digits."""
    for factor, name in units:
        if number >= factor:
            return f"{number / factor:.4g} {name}" if number < 1000 * factor else f"{number // factor:,} {name}"
    return f"{number} {unit}".rstrip()


def si(number: int) -> str:
    """63.59 G."""
    return rounded(number, SI, "")


def memory(count: int) -> str:
    """50.1 MiB."""
    return rounded(count, BINARY, "bytes")


def same(pair: tuple[object, ...]) -> bool:
    """Whether both axes hold the same."""
    return all(item == pair[0] for item in pair)


def operation(layer: Layer) -> str:
    """`Conv2d 3×3, padding 6, dilation 6`: the layer and what is not its default."""
    sizes: list[str] = []
    words: list[str] = []
    defaults = layer._defaults
    for name, value in layer.attributes().items():
        if name in SILENT or name.endswith(TOLD_BY_OTHER_COLUMNS):
            continue
        default = defaults.get(name, ...)
        if value == default or (isinstance(value, tuple) and value == (default,) * len(value)):
            continue
        if name in KERNELS:
            pair = value if isinstance(value, tuple) else (value, value)
            sizes.append(times("none" if item is None else item for item in pair))
        else:
            words.append(setting(name, value))
    return ", ".join([" ".join([layer.name, *sizes]), *words])


def setting(name: str, value: Any) -> str:
    """`dilation 6`, `stride 2×1`, `ceil mode`, `bilinear`."""
    word = name.replace("_", " ")
    if value is True:
        return word
    if value is False:
        return f"no {word}"
    if name == "mode":
        return str(value)
    if isinstance(value, tuple):
        return f"{word} {value[0] if same(value) else times(value)}"
    return f"{word} {value}"


def field_size(field: ReceptiveField) -> str:
    """`13×13`, `global (37×37)`, `global` or `unknown`."""
    local = times("unknown" if size is None else size for size in field.local_size)
    if not field.is_global:
        return "unknown" if field.local_size == (None, None) else local
    whole = "global" if field.size == (None, None) else times("all" if n is None else n for n in field.size)
    if field.local_size != (None, None):
        return f"{whole} ({local})"
    return f"{whole} (unknown)" if field.reason else whole


def field_stride(field: ReceptiveField) -> str:
    """`16`, `1/2`, `4×2`; `differs` where branches do, `–` where no path is local."""
    if field.stride == (None, None):
        if field.reason:
            return "unknown"
        return "–" if field.local_size == (None, None) else "differs"
    return axes(field.stride)


def axes(pair: tuple[Fraction | int | None, ...]) -> str:
    """One number where both axes agree, else rows×columns."""
    told = tuple("–" if item is None else item for item in pair)
    return str(told[0]) if same(told) else times(told)


def by_input(found: Mapping[str, str], inputs: Sized, colon: str = ":") -> str:
    """The text alone where there is one input, else each after its input's name; `–` where none is read."""
    if len(inputs) == 1:
        return next(iter(found.values()), "–")
    return "; ".join(f"{name}{colon}{text}" for name, text in found.items()) or "–"


def taps_inside(taps: ValidTaps) -> str:
    """`66.0% (52×52)`: share and number of positions."""
    (rows, columns), (height, width) = taps.positions, taps.of
    return f"{share(rows * columns, height * width)} ({rows}×{columns})"


def share(part: int, whole: int) -> str:
    """A share as a percentage that never rounds to all or nothing."""
    if part in (0, whole):
        return "100%" if part else "0%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "<0.1%"
    return ">99.9%" if percent > 99.9 else f"{percent:.1f}%"
