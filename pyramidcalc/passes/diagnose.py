"""Diagnostics: what a user should know of a graph on one input, in the order of the nodes, then of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.layers.base import SIDES, Diagnostic
from pyramidcalc.passes.alignment import misaligned
from pyramidcalc.passes.gridding import gridding
from pyramidcalc.passes.pyramid_rates import pyramid_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyramidcalc.passes.channels import Classes
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.shapes import Resolved


def diagnose(
    resolved: Resolved,
    fields: Mapping[str, Classes],
    receptive_fields: Mapping[str, Mapping[str, ReceptiveField]],
) -> tuple[Diagnostic, ...]:
    """What layers, merges and pyramids say, the failure if there is one, and what is said of the whole."""
    at_merges: dict[str | None, list[Diagnostic]] = {}
    # Branches may differ alike with respect to several inputs.
    for note in dict.fromkeys(misaligned(resolved.layers, fields)):
        at_merges.setdefault(note.layer, []).append(note)
    notes: list[Diagnostic] = []
    for applied in resolved.layers:
        said = applied.node.layer.diagnose(applied.shapes, applied.shape, resolved.batch)
        notes += [note.of(applied.name) for note in said]
        notes += at_merges.get(applied.name, ())
    notes += pyramid_rates(resolved, fields)
    notes += gridding(resolved)
    if resolved.failure:
        return (*notes, resolved.failure)
    return (*notes, *short_field(resolved, receptive_fields))


def short_field(resolved: Resolved, known: Mapping[str, Mapping[str, ReceptiveField]]) -> Iterator[Diagnostic]:
    """`receptive-field-short`: the main output's receptive field is smaller than the input on some axis.

    Nothing is said of a single layer, of which nobody expects it, nor of a graph with several inputs, which are maps
    of a backbone and not an image.
    """
    graph = resolved.graph
    (name, _), main = graph.inputs[0], graph.outputs[0][1]
    shape = resolved.inputs[name]
    field = known.get(main, {}).get(name)
    if field is None or len(graph.inputs) > 1 or len(graph.nodes) < 2:
        return
    axes = zip(field.size, shape[1:], SIDES[len(shape) - 1], strict=True)
    short = [f"{size} of {n} {side}" for size, n, side in axes if size is not None and size < n]
    if short:
        message = f"the receptive field spans {' and '.join(short)} of the input"
        hint = "larger kernels, rates or strides, or image pooling, widen it"
        yield Diagnostic("receptive-field-short", "info", message, hint, main)
