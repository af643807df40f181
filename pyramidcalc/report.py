"""All passes on one graph and one input, as frozen rows; `to_dict` is the JSON object of schema 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.layer_report import LayerGroup, LayerReport, Totals
from pyramidcalc.mistakes import ANALYZE_GRAPH, refuse_kind
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.diagnose import diagnose
from pyramidcalc.passes.memory import DTYPES, memory
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.passes.valid_taps import valid_taps
from pyramidcalc.quantities import named, plain, shape_text, si

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from pyramidcalc.graph import Graph
    from pyramidcalc.passes.effective_field import EffectiveField
    from pyramidcalc.passes.reach import Reach
    from pyramidcalc.passes.shapes import Family, Resolved
    from pyramidcalc.passes.size_answers import SizeAnswer


class Report(Totals):
    """Everything that pyramidcalc says of one architecture on one input.

    `layers` are all leaf layers in order, up to the failing one. `family` is the graph on other sizes, where it is
    known how those of all inputs follow from the main one's.

    Iterating gives the layers; `report["aspp.rate6.conv"]` is a layer, `report["aspp"]` all layers of a scope as one.
    """

    layers: tuple[LayerReport, ...]
    resolved: Resolved | None
    family: Family | None = None

    @property
    def main(self) -> LayerReport | None:
        """The layer of the main output; None where the architecture is invalid."""
        if self.resolved is None or self.failed:
            return None
        name = self.resolved.graph.outputs[0][1]
        return next((layer for layer in self.layers if layer.name == name), None)

    def __getitem__(self, name: str) -> LayerReport | LayerGroup:
        layers = self.layers_of(name)
        if not layers:
            raise KeyError(f"there is no layer or scope {name!r}{self._near(name)}")
        return layers[0] if layers[0].name == name else LayerGroup.of(name, layers)

    def __iter__(self) -> Iterator[LayerReport]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __bool__(self) -> bool:
        # A report of no layers is one, too.
        return True

    def __contains__(self, name: object) -> bool:
        return name in self.layers or bool(self.layers_of(name))

    def __repr__(self) -> str:
        shapes = ", ".join(map(shape_text, self.outputs.values())) or "invalid"
        costs = f"{self.parameters:,} parameters, {si(self.macs)} MACs".replace("  ", " ")
        return f"<Report of {self.architecture}: {named(self.inputs)} → {shapes}, {costs}, {len(self)} layers>"

    def __str__(self) -> str:
        return table("report", self)

    def _near(self, name: str) -> str:
        """`; did you mean …?` of layers and scopes, or nothing."""
        parts = [layer.name.split(".") for layer in self.layers]
        known = dict.fromkeys(".".join(names[: end + 1]) for names in parts for end in range(len(names)))
        hint = nearest(str(name), known)
        return f"; {hint}" if hint else ""

    def layers_of(self, name: object) -> tuple[LayerReport, ...]:
        """The layer of a name, or the layers of a scope; none where there is neither."""
        exact = tuple([layer for layer in self.layers if layer.name == name])
        return exact or tuple([layer for layer in self.layers if layer.name.startswith(f"{name}.")])

    def rows(self) -> list[dict[str, Any]]:
        """The layers as plain rows, for pandas: one number, text or None a key, and one key an axis."""
        return [{"layer": layer.name, "op": layer.op, **plain(layer)} for layer in self.layers]

    def reach(self, at: Sequence[int] | str | None = None, layer: str | None = None) -> Reach:
        """The exact set of input pixels that one output pixel reads; the middle one where `at` is absent.

        `at` is "centre", "corner" or one index a spatial axis of the layer's output, of the main output where `layer`
        is absent. Raises UsageError where there is no such layer or pixel.
        """
        from pyramidcalc.passes.reach import reach

        return reach(*self._asked(at, layer))

    def effective_field(
        self, at: Sequence[int] | str | None = None, layer: str | None = None, *, measure: str = "mean"
    ) -> EffectiveField:
        """How much of one output pixel each input pixel makes up; `at` and `layer` as of `reach`.

        `measure` is "mean", every operator averages what it reads, or "paths", every tap counts 1.
        """
        from pyramidcalc.passes.effective_field import effective_field

        return effective_field(*self._asked(at, layer), measure)

    def _asked(self, at: Sequence[int] | str | None, layer: str | None) -> tuple[Resolved, str, tuple[int, ...]]:
        """What passes of one pixel take. Raises UsageError where the layer is not there."""
        from pyramidcalc.passes.reach import position_of

        if self.resolved is None or (self.failed and layer is None):
            raise UsageError(
                f"{self.architecture} has no output here: {self.errors[0].message}", hint=self.errors[0].hint
            )
        name = self.resolved.graph.outputs[0][1] if layer is None else layer
        if name not in self.resolved.shapes or name in self.inputs:
            raise UsageError(f"there is no layer {name!r}{self._near(name)}")
        shape = self.resolved.shapes[name]
        return self.resolved, name, position_of(at, shape)

    def sizes(self, least: int = 1, most: int = 1024, near: int | None = None) -> dict[str, SizeAnswer]:
        """Which input sizes work, by axis ("height", "width"): the rule, the sizes from `least` to `most`, the nearest.

        Raises UsageError where no size works, or where it is not known how the sizes of several inputs go together.
        """
        from pyramidcalc.passes.size_answers import size_answers

        if self.resolved is None:
            raise UsageError(f"{self.architecture} makes no valid architecture: {self.errors[0].message}")
        if self.family is None:
            raise UsageError(f"{self.architecture} has inputs of sizes in no one proportion: {named(self.inputs)}")
        answers = size_answers(self.family, self.input, least=least, most=most, near=near)
        if answers is None:
            raise UsageError(f"{self.architecture} works on no square up to {most}, nor on {shape_text(self.input)}")
        return {answer.sizes.name: answer for answer in answers}

    def _repr_html_(self) -> str:
        # Jupyter shows this in place of repr.
        return table("html", self)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of schema 1, with plain lists, numbers and strings."""
        return {
            "schema": 1,
            **self.totals(),
            "layers": [layer.to_dict() for layer in self.layers],
            "diagnostics": [note.to_dict() for note in self.diagnostics],
            "verification": None,
        }


def table(what: str, result: Any) -> str:
    """The command line's table of a "report", "comparison" or "sweep", or the "html" of a report.

    It is the one call from here upwards, by name.
    """
    from importlib import import_module

    text: str = getattr(import_module("pyramidcalc.cli.text"), what)(result)
    return text


def analyze_graph(
    graph: Graph,
    inputs: Mapping[str, tuple[int, ...]],
    *,
    architecture: str = "graph",
    options: Mapping[str, Any] | None = None,
    batch: int = 1,
    family: Family | None = None,
    dtype: str = "float32",
) -> Report:
    """Runs every pass on a graph; `inputs` is name to (C, H, W).

    A layer that cannot work on its input ends the rows and is told in the diagnostics. `family` is the graph on other
    sizes, for `Report.sizes`; `dtype` says how many bytes a number has. Raises UsageError where the inputs are not the
    graph's, or for an unknown dtype.
    """
    if not hasattr(graph, "nodes"):
        refuse_kind(graph, "analyze_graph takes a Graph", ANALYZE_GRAPH)
    if dtype not in DTYPES:
        raise UsageError(f"there is no dtype {dtype!r}", hint=f"it is one of {', '.join(DTYPES)}")
    resolved = shapes(graph, inputs, batch)
    if resolved.failure is not None:
        from pyramidcalc.passes.nearest_sizes import advised

        resolved = advised(resolved)
    known = fields(resolved)
    described = receptive_fields(resolved, known)
    memories, taps, input_names = memory(resolved, dtype), valid_taps(resolved), tuple(resolved.inputs)
    layers = tuple(
        LayerReport(
            applied.name,
            applied.layer,
            applied.inputs,
            applied.shape,
            described[applied.name],
            input_names,
            applied.node.parameters,
            applied.macs,
            taps.get(applied.name),
            *sizes,
        )
        for applied, sizes in zip(resolved.layers, memories.layers, strict=True)
    )
    return Report(
        architecture,
        dict(options or {}),
        batch,
        dtype,
        resolved.inputs,
        {} if resolved.failure else {label: resolved.shapes[name] for label, name in graph.outputs},
        {} if resolved.failure else described.get(graph.outputs[0][1], {}),
        diagnose(resolved, known, described),
        sum([layer.parameters for layer in layers]),
        sum([layer.macs for layer in layers]),
        memories.activations,
        memories.peak_bytes,
        sum([layer.moved_bytes for layer in layers]),
        layers,
        resolved,
        family,
    )
