"""Whether the main output sees less than the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.base import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Resolved


def short_field(resolved: Resolved, found: Mapping[str, Mapping[str, ReceptiveField]]) -> Iterator[Diagnostic]:
    """`receptive-field-short`: the main output's receptive field is smaller than the input on some axis.

    `found` is the result of `receptive_fields`. Nothing is said of a single layer, of which nobody expects it, nor
    of a graph with several inputs, which are maps of a backbone and not an image.
    """
    graph = resolved.graph
    (name, _), main = graph.inputs[0], graph.outputs[0][1]
    shape = resolved.inputs[name]
    if resolved.failure or len(graph.inputs) > 1 or len(graph.nodes) < 2 or len(shape) != 3:
        return
    field = found[main].get(name) if main in found else None
    if field is None:
        return
    axes = zip(field.size, shape[1:], ("rows", "columns"), strict=True)
    short = [f"{size} of {n} {side}" for size, n, side in axes if size is not None and size < n]
    if short:
        message = f"the receptive field spans {' and '.join(short)} of the input"
        hint = "larger kernels, rates or strides, or image pooling, widen it"
        yield Diagnostic("receptive-field-short", "info", message, hint, main)
