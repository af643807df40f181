"""ONNX files as graphs: every node by a rule for its operator, over layouts; constants are folded before.

An operator that has no rule is unknown from there on, with the shape that the file says.
"""

from __future__ import annotations

from itertools import chain
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import GraphError, PyramidcalcError, UsageError
from pyramidcalc.importing.layouts import NoRuleError, Tensor
from pyramidcalc.importing.onnx_call import Call, Constant
from pyramidcalc.importing.onnx_constants import constant, fold
from pyramidcalc.importing.onnx_external import with_external
from pyramidcalc.importing.onnx_names import module_of
from pyramidcalc.importing.onnx_rules import RULES
from pyramidcalc.importing.onnx_wire import FLOATING, REWRITTEN, load
from pyramidcalc.importing.operations import Operations
from pyramidcalc.importing.results import Imported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyramidcalc.importing.onnx_wire import Model, Operator
    from pyramidcalc.layers.base import Shape


OF_THE_FILE = "parameters are those of the file, not of the module"


class Lost(NamedTuple):
    """A value of which not even the shape is known: why, and the tensors that it follows from."""

    reason: str
    sources: tuple[Tensor, ...] = ()


def from_onnx(path: str | Path, inputs: Mapping[str, Shape] | None = None, *, any_size: bool = False) -> Imported:
    """The graph of an ONNX file, on inputs (C, *spatial) of other sizes than the file's if given by name.

    With `any_size` the result says on which other sizes the graph holds too. Raises UsageError where there is no
    such file or a size is open, GraphError where an output's shape is not known.
    """
    model = with_external(load(path), Path(path).parent)
    result = Translation(model, inputs or {}).run()
    if not any_size:
        return result
    from pyramidcalc.importing.programs import checked_elsewhere

    return checked_elsewhere(result, lambda inputs: Translation(model, inputs).run())


class Translation:
    """One file on its way to a graph."""

    def __init__(self, model: Model, sizes: Mapping[str, Shape]) -> None:
        self.model = model
        self.sizes = sizes
        self.values: dict[str, Tensor | Constant | Lost] = {}
        self.open: dict[str, int] = {}
        self.as_stored = True
        self.folded_norms = self.dropped_biases = 0
        self.from_sizes = False
        self.draft = Operations({})
        self.learned: dict[str, int] = {}

    def run(self) -> Imported:
        """The whole file."""
        names = [name for name in self.model.inputs if name not in self.model.weights]
        if unknown := sorted(set(self.sizes) - set(names)):
            raise UsageError(f"the file has no input {', '.join(unknown)}", hint=f"it has {', '.join(names)}")
        shapes = {name: self.input_shape(name) for name in names}
        batch = next((shape[0] for shape in shapes.values() if shape), 1)
        self.draft = Operations(self.learned, batch)
        for name, weight in self.model.weights.items():
            self.values[name] = self.named(Constant(weight.dims, weight.values, weight.kind), name)
        for name, shape in shapes.items():
            self.values[name] = self.draft.input(name, shape)
        for node in self.model.nodes:
            for name, value in zip(node.outputs, self.outputs_of(node), strict=False):
                self.values[name] = value
        graph = self.draft.graph([(name, self.output(name)) for name in self.model.outputs])
        return Imported(graph, self.draft.inputs, tuple(self.notes()))

    def named(self, given: Constant, name: str) -> Constant:
        """A constant of the file; its numbers count as learned where they are floats of a rank."""
        if given.kind not in FLOATING or not given.dims:
            return given
        self.learned[name] = prod(given.dims)
        return given.replace(weights=frozenset([name]))

    def input_shape(self, name: str) -> Shape:
        """The shape of an input with its batch: the file's, one sample where that is open, the sizes asked for."""
        stored = self.model.shapes.get(name)
        asked = self.sizes.get(name)
        if stored is None and asked is None:
            raise UsageError(f"the file does not say the shape of input `{name}`", hint="give it")
        if stored is None:
            return (1, *(asked or ()))
        if asked is not None and len(asked) + 1 != len(stored):
            raise UsageError(f"input `{name}` has {len(stored) - 1} axes beside its batch, got {tuple(asked)}")
        shape = []
        for axis, size in enumerate(stored):
            wanted = asked[axis - 1] if asked and axis else None
            if isinstance(size, int) and size > 0:
                self.as_stored = self.as_stored and wanted in (None, size)
                if axis == 1 and wanted not in (None, size) and len(stored) > 2:
                    raise UsageError(f"input `{name}` has {size} channels, got {wanted}")
                wanted = wanted or size
            elif wanted is None and axis:
                text = ", ".join(str(each or "?") for each in stored)
                raise UsageError(f"input `{name}` has open sizes ({text})", hint="give them")
            if isinstance(size, str):
                wanted = self.open.setdefault(size, wanted or 1)
            shape.append(wanted or 1)
        return tuple(shape)

    def shape_of(self, name: str) -> Shape | None:
        """The shape that the file says of a value, where it holds for these inputs."""
        sizes = [
            self.open.get(size) if isinstance(size, str) else size for size in self.model.shapes.get(name, (None,))
        ]
        known = [size for size in sizes if size is not None and size > 0]
        return tuple(known) if self.as_stored and len(known) == len(sizes) else None

    def outputs_of(self, node: Operator) -> Sequence[Tensor | Constant | Lost]:
        """What one node makes."""
        given = [self.values.get(name, Lost(f"there is no value `{name}`")) if name else None for name in node.inputs]
        opset = self.model.opsets.get("", self.model.opsets.get("ai.onnx", 1))
        call = Call(node.op, given, node.attributes, len(node.outputs), opset)
        self.draft.module, self.draft.is_leaf = module_of(node), True
        rewritten = node.metadata.get(REWRITTEN, "")
        self.folded_norms += "FuseBatchNorm" in rewritten
        self.dropped_biases += "RemoveOptionalBias" in rewritten and "FuseBatchNorm" not in rewritten
        try:
            return self.checked(node, self.apply(node, call))
        except (NoRuleError, PyramidcalcError) as error:
            reason = error.message if isinstance(error, PyramidcalcError) else str(error)
        except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError):
            reason = "attributes or inputs that it does not have"
        return self.uncovered(node, given, reason)

    def apply(self, node: Operator, call: Call) -> Sequence[Tensor | Constant | Lost]:
        """What the rule of an operator makes. Raises NoRuleError or LayerError where none applies."""
        if node.domain not in ("", "ai.onnx"):
            raise NoRuleError(f"of domain {node.domain}")
        if lost := next((each for each in call.inputs if isinstance(each, Lost)), None):
            raise NoRuleError(lost.reason)
        source = call.input(0)
        if node.op in ("Shape", "Size") and source is not None:
            shape = source.shape if isinstance(source, Tensor) else source.dims
            numbers = constant((), [prod(shape)], 7) if node.op == "Size" else shape_constant(shape, call)
            return [numbers.replace(sized=isinstance(source, Tensor))]
        if not any(isinstance(each, Tensor) for each in call.inputs):
            result = fold(call)
            fresh = node.op in ("Constant", "ConstantOfShape")
            return [self.named(result, node.outputs[0]) if fresh else result]
        rule = RULES.get(node.op)
        if rule is None:
            raise NoRuleError("no rule")
        tensors = rule(self.draft, call)
        # What a view is made of follows its input at other sizes too.
        self.from_sizes = self.from_sizes or (call.sized and node.op != "Reshape")
        return list(tensors) if isinstance(tensors, list) else [tensors]

    def checked(self, node: Operator, values: Sequence[Tensor | Constant | Lost]) -> Sequence[Tensor | Constant | Lost]:
        """The values, if the file does not say another shape of them. Raises NoRuleError."""
        for name, value in zip(node.outputs, values, strict=False):
            stored = self.shape_of(name)
            if isinstance(value, Tensor) and stored not in (None, value.shape):
                raise NoRuleError(f"its rule makes {value.shape}, the file says {stored}")
        rest = [Lost(f"output {index} of {node.op}") for index in range(len(values), len(node.outputs))]
        return [*values, *rest]

    def uncovered(self, node: Operator, given: Sequence[object], reason: str) -> Sequence[Tensor | Constant | Lost]:
        """Unknown tensors of the shapes that the file says; what it says nothing of is lost."""
        lost = [each for each in given if isinstance(each, Lost)]
        own = [each for each in given if isinstance(each, Tensor)]
        sources = tuple(dict.fromkeys([*own, *chain.from_iterable([each.sources for each in lost])]))
        constants = [each for each in given if isinstance(each, Constant)]
        weights = sorted(frozenset().union(*[each.weights for each in constants]))
        label = node.op if reason == "no rule" else f"{node.op} ({reason})"
        values: list[Tensor | Constant | Lost] = []
        for name in node.outputs:
            shape = self.shape_of(name)
            if shape is None:
                where = f" at `{node.name}`" if node.name else ""
                says = "does not say" if self.as_stored else "says for its own input size only"
                values.append(Lost(lost[0].reason if lost else f"the file {says} what {label}{where} makes", sources))
            elif sources:
                values.append(self.draft.unknown(label, sources, shape, work_of(node, given, shape), weights))
            else:
                values.append(Constant(shape, None, 0, frozenset(weights)))
        return values

    def output(self, name: str) -> Tensor:
        """An output of the graph. Raises GraphError where its shape is not known."""
        value = self.values.get(name, Lost("nothing makes it"))
        if isinstance(value, Lost):
            raise GraphError(f"the shape of output `{name}` is not known: {value.reason}")
        self.draft.module = name
        if isinstance(value, Constant):
            return self.draft.constant(name, value.dims, sorted(value.weights))
        return self.draft.output(value)

    def notes(self) -> Sequence[str]:
        """What a user should know of the graph."""
        notes = []
        operators = {node.op for node in self.model.nodes}
        if self.folded_norms:
            norms = f"{self.folded_norms} batch norm{'s' * (self.folded_norms > 1)}"
            notes.append(f"the exporter folded {norms} into convolutions: {OF_THE_FILE}")
        elif self.dropped_biases:
            biases = f"{self.dropped_biases} bias{'es' * (self.dropped_biases > 1)} of zeros"
            notes.append(f"the exporter left out {biases}: {OF_THE_FILE}")
        elif "Conv" in operators and "BatchNormalization" not in operators:
            notes.append("the file has no BatchNormalization: where the exporter folded it, parameters differ")
        if self.from_sizes:
            notes.append(
                "sizes that the file computes from its input's are folded: the graph holds for this input only"
            )
        return notes


def shape_constant(shape: Shape, call: Call) -> Constant:
    """What Shape makes, which may be asked for a part of the axes."""
    part = shape[call.get("start", 0) : call.get("end", len(shape))]
    return constant((len(part),), part, 7)


def work_of(node: Operator, given: Sequence[object], shape: Shape) -> int:
    """Multiply-adds of a product that has no rule."""
    if node.op != "MatMul" or not given:
        return 0
    first = given[0]
    sizes = first.shape if isinstance(first, Tensor) else first.dims if isinstance(first, Constant) else (0,)
    return prod(shape) * (sizes[-1] if sizes else 0)
