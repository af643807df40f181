"""Whether the main output sees less than the whole input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.base import Diagnostic, shape_text

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
    if field is None or not any(size is not None and size < n for size, n in zip(field.size, shape[1:], strict=True)):
        return
    sizes = ["all" if size is None else str(size) for size in field.size]
    yield Diagnostic(
        "receptive-field-short",
        "info",
        f"the receptive field is {'x'.join(sizes)}, smaller than the input's {shape_text(shape[1:])}",
        "larger rates, another stride or image pooling widen it",
        main,
    )
