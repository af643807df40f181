"""ATen programs, as neutral records, and the one interpreter that makes graphs of them.

A program comes from a live torch.export (exported.py) or from the JSON in a .pt2 file (pt2.py).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from pyramidcalc.errors import GraphError, PyramidcalcError
from pyramidcalc.importing.expressions import Size
from pyramidcalc.importing.layouts import NoRuleError, Tensor, standard
from pyramidcalc.importing.results import Imported
from pyramidcalc.importing.rules import FRESH, METADATA, RULES
from pyramidcalc.importing.rules.products import work_of
from pyramidcalc.importing.rules.values import Constant, Run, Scores, open_sizes
from pyramidcalc.layers.base import KINDS, shape_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pyramidcalc.graph import Graph
    from pyramidcalc.importing.rules.values import Result
    from pyramidcalc.layers.base import Shape


class Reference(NamedTuple):
    """A value of the program, as an argument."""

    name: str


class Call(NamedTuple):
    """One operator: its name without namespace and overload, the arguments that are given, by name, and its outputs.

    `outputs` are names and shapes; `module` is the path of the module that runs it, `is_leaf` whether that is one of
    torch.nn's own layers.
    """

    operator: str
    arguments: dict[str, Any]
    outputs: tuple[tuple[str, Shape], ...]
    module: str
    is_leaf: bool


class Program(NamedTuple):
    """An ATen program: inputs with their shapes, learned and fixed tensors, calls in order, outputs by label.

    `weights` gives the name of the parameter that a value holds, None where it is fixed; `learned` the number of
    values of every parameter, `tied_known` whether those that are the same memory have one name. `guards` are what the
    program asks of the symbols of its sizes, and ` (net.py, line 8)` that asks for it; `fixed_at` such lines that fixed
    a size.
    """

    inputs: tuple[tuple[str, Shape], ...]
    weights: dict[str, tuple[str | None, Shape]]
    learned: dict[str, int]
    calls: tuple[Call, ...]
    outputs: tuple[tuple[str, str], ...]
    tied_known: bool = True
    guards: tuple[tuple[str, str], ...] = ()
    fixed_at: tuple[tuple[int, str], ...] = ()


class WritesConstantError(Exception):
    """The program writes what it computes into a tensor that it has made or holds."""


class Interpreter(Run):
    """Runs a program on layouts. `writable` makes nodes of fixed tensors too, so that they can be written to."""

    def __init__(self, program: Program, *, writable: bool = False) -> None:
        batches = [int(shape[0]) for _, shape in program.inputs if len(shape) > 2] or [1]
        super().__init__(program.learned, batches[0])
        self.program = program
        self.writable = writable
        self.values: dict[str, Result] = {}
        self.products: dict[str, Tensor] = {}
        self.other_orders: list[str] = []

    def run(self) -> Imported:
        """The graph. Raises GraphError for a program without inputs or outputs that a graph can have."""
        for name, shape in self.program.inputs:
            if len(shape) - 1 not in KINDS and len(shape) > 1:
                raise GraphError(f"input `{name}` of shape {shape} has more than three spatial axes")
            self.values[name] = tensor = self.input(name, tuple(map(int, shape)))
            self.remember(tensor, shape)
        for name, (weight, shape) in self.program.weights.items():
            self.values[name] = Constant(frozenset([weight] if weight else []), shape)
        for call in self.program.calls:
            self.call(call)
        outputs = []
        for label, name in self.program.outputs:
            value = self.values.get(name)
            if isinstance(value, Scores):
                value = self.unknown("scores", [self.product(value)], value.shape, 0, value.weights)
            if isinstance(value, Tensor):
                value = self.output(self.fresh(value))
                outputs.append((label, value))
                if value.shape[1:] != value.axes and value.dims != ():
                    self.other_orders.append(f"output `{label}` is {shape_text(value.shape[1:])} in torch")
        if not self.inputs or not outputs:
            raise GraphError("no output of the program follows from an input that is a tensor")
        return Imported(self.counted_once(self.graph(outputs)), self.inputs, tuple(self.notes()))

    def counted_once(self, graph: Graph) -> Graph:
        """The graph without the multiply-adds of products that an attention of it counts too."""
        present = {node.name for node in graph.nodes}
        twice = [tensor.value for name, tensor in self.products.items() if self.attended.get(name) in present]
        return graph.replace(
            nodes=tuple(
                [
                    node._replace(layer=node.layer.replace(work=0)) if node.name in twice else node
                    for node in graph.nodes
                ]
            )
        )

    def notes(self) -> Iterator[str]:
        """What of the program is not in the graph, or not as it is in the program."""
        unused = [name for name in self.learned if name not in self.users]
        if unused:
            count, names = self.count(unused), ", ".join(unused[:3]) + (", …" if len(unused) > 3 else "")
            tied = "" if self.program.tied_known else ", or are tied to others"
            yield f"{count:,} parameters are used by nothing here{tied}: {names}"
        if self.other_orders:
            yield f"{'; '.join(self.other_orders)}, and shown channels first"

    def argument(self, value: Any) -> Any:
        """An argument with the values that it refers to."""
        if isinstance(value, Reference):
            known = self.values[value.name]
            return self.fresh(known) if isinstance(known, Tensor) else known
        if isinstance(value, Size):
            return int(value)
        return [self.argument(item) for item in value] if isinstance(value, list | tuple) else value

    def call(self, call: Call) -> None:
        """Runs one operator."""
        self.module, self.is_leaf = call.module, call.is_leaf
        self.shapes = tuple([tuple(map(int, shape)) for _, shape in call.outputs])
        self.value = call.outputs[0][0]
        self.follows = open_sizes(call.outputs[0][1])
        arguments = {name: self.argument(value) for name, value in call.arguments.items()}
        given = list(flat(list(arguments.values())))
        tensors = [value for value in given if isinstance(value, Tensor | Scores)]
        self.weights_read = tuple(
            dict.fromkeys([name for value in given if isinstance(value, Constant) for name in sorted(value.weights)])
        )
        operator = call.operator.rstrip("_") if not call.operator.startswith("__") else call.operator
        target = next(iter(arguments.values()), None)
        in_place = operator != call.operator
        if operator in METADATA:
            return
        if operator in FRESH:
            results: list[Result] = [self.from_shape(operator, shape) for shape in self.shapes]
        elif not tensors:
            behind = self.weights_read
            if work := work_of(operator, arguments, self.shapes[0]):
                self.work[self.value] = work
                behind = (*behind, self.value)
            results = [Constant(frozenset(behind), shape) for shape in self.shapes]
        else:
            if in_place and isinstance(target, Constant):
                raise WritesConstantError
            results = self.results(operator, arguments, tensors)
        if in_place and isinstance(target, Tensor) and isinstance(results[0], Tensor):
            self.write(target, results[0])
            results[0] = target
        self.values.update(zip([name for name, _ in call.outputs], results, strict=False))
        for value, (_, shape) in zip(results, call.outputs, strict=False):
            self.remember(value, shape)

    def remember(self, value: Result, shape: Shape) -> None:
        """Keeps which value has sizes that follow the input's, for what is resized to them."""
        texts = open_sizes(shape)
        if texts and isinstance(value, Tensor) and value.dims == standard(value.axes, self.batch):
            self.of_size.setdefault(texts, value)

    def from_shape(self, operator: str, shape: Shape) -> Result:
        """What reads no values: numbers made from a shape."""
        return self.constant(operator, shape) if self.writable else Constant(frozenset(), shape)

    def results(self, operator: str, arguments: dict[str, Any], tensors: list[Tensor | Scores]) -> list[Result]:
        """The outputs of one operator by its rule; unknown ones where it has none."""
        try:
            if operator not in RULES:
                raise NoRuleError
            result = RULES[operator](self, **arguments)
            results = result if isinstance(result, list) else [result]
            for value, shape in zip(results, self.shapes, strict=False):
                if value.shape != shape:
                    raise NoRuleError(f"{value.shape} where torch says {shape}")
        except (NoRuleError, PyramidcalcError, TypeError, IndexError) as error:
            reason = operator if str(error) == "" else f"{operator} ({error})"
            work = work_of(operator, arguments, self.shapes[0])
            sources = [self.product(t) if isinstance(t, Scores) else t for t in tensors]
            weights = dict.fromkeys(
                [*self.weights_read, *[n for t in tensors if isinstance(t, Scores) for n in t.weights]]
            )
            results = [
                self.unknown(reason, sources, shape, 0 if index else work, weights if not index else ())
                for index, shape in enumerate(self.shapes)
                if prod(shape)
            ]
        return results

    def product(self, scores: Scores) -> Tensor:
        """The node of a product that is used in other ways than attention's."""
        if scores.name not in self.products:
            self.products[scores.name] = self.unknown("matmul", [scores.query, scores.key], scores.shape, scores.work)
        return self.products[scores.name]


def flat(value: Any) -> Iterator[Any]:
    """What is in nested lists; records are tuples too, and stay whole."""
    if type(value) in (list, tuple):
        for item in value:
            yield from flat(item)
    else:
        yield value
