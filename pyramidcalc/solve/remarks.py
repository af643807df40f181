"""What a layer never reads or fills on an input of some size, read off the taps of its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap import TransposedWindow, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.layers.base import Layer


def remarks(layer: Layer, sizes: tuple[int, int]) -> tuple[str, ...]:
    """What a user should know of a window or transposed window, alike on both axes, on an input (H, W)."""
    shape = (1, *sizes)
    output = layer.output_shape(shape)
    maps = layer.axes(shape)[0][1:]
    on_axes = (remark for each in zip(maps, sizes, output[1:], strict=True) for remark in axis_remarks(*each))
    diagnostics = (diagnostic.message for diagnostic in layer.diagnose((shape,), output, 1))
    return tuple(dict.fromkeys((*on_axes, *diagnostics)))


def axis_remarks(axis_map: object, n: int, m: int) -> Iterator[str]:
    """The same of one axis, from n inputs to m outputs."""
    if isinstance(axis_map, Window):
        if skips(axis_map, n):
            yield f"skips {axis_map.skipped} of every {axis_map.s} inputs"
        if misses(axis_map, n, m):
            yield "some outputs read only padding"
    elif isinstance(axis_map, TransposedWindow):
        # Input j gives to the outputs that output j of the window turned round reads.
        turned = Window(axis_map.k, axis_map.s, axis_map.d, axis_map.p, axis_map.p)
        if misses(turned, m, n):
            yield "some inputs give nothing"
        if starves(axis_map, n, m):
            yield "some outputs read nothing"


def skips(window: Window, n: int) -> bool:
    """Whether some of n inputs lie where no window reads, however far the map went on."""
    if not window.skipped:
        return False
    read = {tap % window.s for tap in window.reads(n, 0)}
    return any(j % window.s not in read for j in range(min(n, window.s)))


def misses(window: Window, n: int, m: int) -> bool:
    """Whether some of m outputs has no tap among n inputs, padded alike at both ends.

    The first d outputs decide. If all taps of some output lie before the inputs, or behind, those of the first lie
    before. If they step over the inputs, their remainder mod d is that of none of them, and outputs d apart have the
    same remainder.
    """
    return not all(window.taps(n, i) for i in range(min(m, window.d)))


def starves(transposed: TransposedWindow, n: int, m: int) -> bool:
    """Whether some of m outputs reads none of n inputs.

    The last max(s, d) outputs decide. Where s and d have a common factor, or there are fewer than s taps or d inputs,
    some remainder is left out, which one of so many outputs in a row has. Elsewhere an output starves where its
    distance to one end, the first tap of the first input or the last tap of the last, is no j·s + t·d with j, t ≥ 0.
    A distance that is none stays none less s, and at the last end distances start lowest, for output padding is there.
    """
    return not all(transposed.taps(n, i) for i in range(max(0, m - max(transposed.s, transposed.d)), m))
