"""What is said of one layer, of some that are taken together, and of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.passes.memory import DTYPES
from pyramidcalc.quantities import numbers, shape_text, si
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

    from pyramidcalc.layers.base import Diagnostic, Layer
    from pyramidcalc.passes.receptive_field import ReceptiveField
    from pyramidcalc.passes.valid_taps import ValidTaps


class LayerReport(NamedTuple):
    """One layer on one input. Shapes are (C, H, W) or (F,); MACs and bytes are of the whole batch.

    `moved_bytes` are what it reads and writes: inputs, parameters and output, each once; of a view, which shares its
    input's memory, nothing.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    output: tuple[int, ...]
    receptive_fields: dict[str, ReceptiveField]
    input_names: tuple[str, ...]
    parameters: int
    macs: int
    valid_taps: ValidTaps | None
    output_bytes: int
    weight_bytes: int
    moved_bytes: int

    def __repr__(self) -> str:
        return f"<LayerReport of {self.name}: {self.op}, {described(self)}>"

    @property
    def intensity(self) -> float:
        """MACs for each byte that is moved."""
        return per_byte(self.macs, self.moved_bytes)

    @property
    def op(self) -> str:
        """torch.nn's name of the layer."""
        return self.layer.name

    @property
    def attributes(self) -> dict[str, Any]:
        """The layer's arguments, normalised."""
        return self.layer.attributes()

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """With respect to the main input; None where that is not read."""
        return self.receptive_fields.get(self.input_names[0])

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        values = {
            "name": self.name,
            "op": self.op,
            "attributes": self.attributes,
            "inputs": list(self.inputs),
            "output": list(self.output),
            **fields_to_dict(self.receptive_fields, self.input_names[0]),
            **numbers(self, layers_only=True),
        }
        return values if self.valid_taps is None else values | {"valid_taps": self.valid_taps.to_dict()}


class LayerGroup(NamedTuple):
    """One layer, or some that are taken together: output and fields are the last one's, numbers are sums.

    `valid_taps` are of the one dilated layer among them; None where there is none or several.
    """

    name: str
    layers: tuple[LayerReport, ...]
    output: tuple[int, ...]
    receptive_fields: dict[str, ReceptiveField]
    receptive_field: ReceptiveField | None
    input_names: tuple[str, ...]
    parameters: int
    macs: int
    valid_taps: ValidTaps | None
    output_bytes: int
    weight_bytes: int
    moved_bytes: int

    def __repr__(self) -> str:
        return f"<LayerGroup of {self.name}: {len(self.layers)} layers, {described(self)}>"

    @property
    def intensity(self) -> float:
        """MACs for each byte that the layers move."""
        return per_byte(self.macs, self.moved_bytes)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the layers read of others."""
        own = {layer.name for layer in self.layers}
        return tuple(dict.fromkeys(name for layer in self.layers for name in layer.inputs if name not in own))

    @property
    def op(self) -> str:
        """The names of the layers' kinds, each once."""
        return " + ".join(dict.fromkeys(layer.op for layer in self.layers))

    @property
    def attributes(self) -> dict[str, Any]:
        """Each layer's arguments, by its name."""
        return {layer.name: layer.attributes for layer in self.layers}

    @classmethod
    def of(cls, name: str, layers: tuple[LayerReport, ...]) -> Self:
        """Some layers, one at least, under one name."""
        last = layers[-1]
        parameters, macs = sum([each.parameters for each in layers]), sum([each.macs for each in layers])
        sizes = [sum(numbers) for numbers in zip(*[each[-3:] for each in layers], strict=True)]
        dilated = [each.valid_taps for each in layers if each.valid_taps is not None]
        taps = dilated[0] if len(dilated) == 1 else None
        fields = last.receptive_fields, last.receptive_field
        return cls(name, layers, last.output, *fields, last.input_names, parameters, macs, taps, *sizes)


class Totals(Record):
    """What is said of a whole architecture on one input; sums are over its layers.

    `outputs` is label to shape, `receptive_fields` are the main output's by input: both are empty where the
    architecture is invalid.
    """

    architecture: str
    options: dict[str, Any]
    batch: int
    dtype: str
    inputs: dict[str, tuple[int, ...]]
    outputs: dict[str, tuple[int, ...]]
    receptive_fields: dict[str, ReceptiveField]
    diagnostics: tuple[Diagnostic, ...]
    parameters: int
    macs: int
    activations: int
    peak_activation_bytes: int
    moved_bytes: int

    @property
    def input(self) -> tuple[int, ...]:
        """Shape of the main input."""
        return next(iter(self.inputs.values()))

    @property
    def output(self) -> tuple[int, ...] | None:
        """Shape of the main output; None where the architecture is invalid."""
        return next(iter(self.outputs.values()), None)

    @property
    def receptive_field(self) -> ReceptiveField | None:
        """Of the main output with respect to the main input."""
        return self.receptive_fields.get(self.input_names[0])

    @property
    def input_names(self) -> tuple[str, ...]:
        """The inputs of the graph, the main one first."""
        return tuple(self.inputs)

    @property
    def weight_bytes(self) -> int:
        """What all parameters take."""
        return DTYPES[self.dtype] * self.parameters

    @property
    def output_bytes(self) -> int:
        """What all activations take together."""
        return DTYPES[self.dtype] * self.activations

    @property
    def memory_bytes(self) -> int:
        """Activations at their peak, and the weights."""
        return self.peak_activation_bytes + self.weight_bytes

    @property
    def intensity(self) -> float:
        """MACs for each byte that the layers read or write, one after the other."""
        return per_byte(self.macs, self.moved_bytes)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why the architecture is invalid on this input."""
        return tuple(note for note in self.diagnostics if note.severity == "error")

    @property
    def failed(self) -> bool:
        """Whether the architecture is invalid on this input."""
        return bool(self.errors)

    def totals(self) -> dict[str, Any]:
        """What the JSON object has before the layers."""
        return {
            "architecture": self.architecture,
            "options": self.options,
            "batch": self.batch,
            "dtype": self.dtype,
            "inputs": {name: list(shape) for name, shape in self.inputs.items()},
            "input": list(self.input),
            "outputs": {label: list(shape) for label, shape in self.outputs.items()},
            "output": None if self.output is None else list(self.output),
            **fields_to_dict(self.receptive_fields, self.input_names[0]),
            **numbers(self, layers_only=False),
        }


def per_byte(macs: int, moved_bytes: int) -> float:
    """Arithmetic intensity, three decimals; 0 where nothing is moved."""
    return round(macs / moved_bytes, 3) if moved_bytes else 0.0


def described(layer: LayerReport | LayerGroup) -> str:
    """Output, parameters and MACs in a few words."""
    return f"{shape_text(layer.output)}, {layer.parameters:,} parameters, {si(layer.macs)} MACs"


def fields_to_dict(fields: Mapping[str, ReceptiveField], main_input: str) -> dict[str, Any]:
    """`receptive_field` of the main input, and `receptive_fields` where another input is read."""
    main = fields.get(main_input)
    values: dict[str, Any] = {"receptive_field": main.to_dict() if main else None}
    if set(fields) - {main_input}:
        values["receptive_fields"] = {name: field.to_dict() for name, field in fields.items()}
    return values
