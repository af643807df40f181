"""From a program to its graph: at the sizes of its export, and whether that is the graph of other sizes too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.importing.aten import Interpreter, WritesConstantError
from pyramidcalc.importing.expressions import Size, at
from pyramidcalc.importing.layouts import Tensor
from pyramidcalc.layers.base import shape_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyramidcalc.graph import Graph
    from pyramidcalc.importing.aten import Call, Program
    from pyramidcalc.importing.results import Imported


def imported(program: Program, *, any_size: bool = False) -> Imported:
    """The graph of a program, the shapes of its inputs, and notes; with `any_size` whether it holds at other sizes."""
    result = run(program)
    symbols = {size.name: int(size) for _, shape in program.inputs for size in shape if isinstance(size, Size)}
    if not any_size:
        return result
    if not symbols:
        return result.replace(notes=(*result.notes, only_for(result, "torch fixes the sizes of its inputs")))
    if not all(isinstance(size, Size) for _, shape in program.inputs for size in shape[2:]):
        return result.replace(notes=(*result.notes, only_for(result, "torch fixes some sizes of its inputs")))

    def at_factors(factors: tuple[int, int]) -> Imported:
        """The graph at other sizes."""
        return run(program_at(program, {n: v * factors[i % 2] for i, (n, v) in enumerate(symbols.items())}))

    return checked_elsewhere(result, at_factors)


def checked_elsewhere(result: Imported, read: Callable[[tuple[int, int]], Imported]) -> Imported:
    """What is read at one size, with whether that is what `read` gives at some factors of its sizes too."""
    for factors in ((2, 3), (3, 2)):
        try:
            differing = difference(result.graph, read(factors))
        except (PyramidcalcError, ValueError, LookupError, TypeError, ArithmeticError, SyntaxError) as error:
            differing = f"at other sizes {error}"
        if differing is not None:
            return result.replace(notes=(*result.notes, only_for(result, differing)))
    return result.replace(any_size=True)


def only_for(result: Imported, reason: str) -> str:
    """The note that a graph is right for one size."""
    return f"right for {' and '.join(map(shape_text, result.inputs.values()))} only: {reason}"


def run(program: Program) -> Imported:
    """The graph of a program at the sizes of its export."""
    try:
        return Interpreter(program).run()
    except WritesConstantError:
        return Interpreter(program, writable=True).run()


def program_at(program: Program, symbols: dict[str, int]) -> Program:
    """The same program with every size as it is for these symbols."""
    calls = [
        call._replace(
            arguments={name: at(value, symbols) for name, value in call.arguments.items()},
            outputs=at(call.outputs, symbols),
        )
        for call in program.calls
    ]
    return program._replace(inputs=at(program.inputs, symbols), calls=tuple(calls))


def difference(graph: Graph, other: Imported) -> str | None:
    """The first node that is not the same in the graph of other sizes, and how; None where all are."""
    known, theirs = dict(other.inputs), {node.name: node for node in other.graph.nodes}
    without_rule = {node.name for node in graph.nodes if node.layer.opaque}
    for node in other.graph.nodes:
        if node.layer.opaque and node.name not in without_rule:
            return f"at other sizes {node.layer.reason}"
    for node in graph.nodes:
        shapes = [known[name] for name in node.inputs]
        layer = node.layer.resolve(*shapes) if node.layer.follows_size else node.layer
        twin = theirs.get(node.name)
        if twin is None or twin.inputs != node.inputs[: layer.arity]:
            return f"at other sizes `{node.name}` {'is not there' if twin is None else 'reads other values'}"
        if twin.layer.resolve(*shapes[: len(twin.inputs)]) != layer:
            return f"`{node.name}` would be {twin.layer!r} at another size, it is {layer!r} here"
        known[node.name] = layer.output_shape(*shapes[: layer.arity])
    return None


class Layouts(Interpreter):
    """Keeps where each value of the program lies, as it was when it was computed."""

    def __init__(self, program: Program, *, writable: bool = False) -> None:
        super().__init__(program, writable=writable)
        self.by_value: dict[str, Tensor] = {}

    def call(self, call: Call) -> None:
        """Runs one operator."""
        super().call(call)
        for name, _ in call.outputs:
            value = self.values.get(name)
            if isinstance(value, Tensor):
                self.by_value[name] = Tensor.of(value.value, value.axes, value.dims)


def layouts(program: Program) -> dict[str, Tensor]:
    """Name of each value of a program to the node that holds it, and how it lies there."""
    try:
        run = Layouts(program)
        run.run()
    except WritesConstantError:
        run = Layouts(program, writable=True)
        run.run()
    return run.by_value
