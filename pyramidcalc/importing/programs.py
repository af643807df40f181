"""From a program to its graph: at the sizes of its export, and on which other sizes that is its graph too."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pyramidcalc.errors import PyramidcalcError
from pyramidcalc.importing.aten import Interpreter, WritesConstantError
from pyramidcalc.importing.expressions import Size, at, of_node
from pyramidcalc.importing.layouts import Tensor
from pyramidcalc.layers.base import AXES
from pyramidcalc.passes.shapes import Condition, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pyramidcalc.graph import Graph
    from pyramidcalc.importing.aten import Call, Program
    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape

    Inputs = Mapping[str, Shape]
    """Name to (C, *spatial)."""

CHANGES: tuple[Callable[[int, int], int], ...] = (
    lambda axis, n: (2 + axis % 2) * n,
    lambda axis, n: (3 - axis % 2) * n,
    lambda _, n: n + 1,
    lambda _, n: max(n - 1, 1),
)
"""Other sizes of an axis, at which a graph is compared with what is read there."""
NEAR, FARTHEST = 16, 4096
"""How far around a size, and how many times it, what an export asks for is tried."""
FAILURES = (PyramidcalcError, ValueError, LookupError, TypeError, ArithmeticError, SyntaxError)
"""What reading at another size comes to where it makes no sense there."""


def imported(program: Program, *, any_size: bool = False) -> Imported:
    """The graph of a program, the shapes of its inputs, and notes; with `any_size` on which sizes it holds."""
    result = run(program)
    if not any_size:
        return result
    fixed = {
        (name, axis): n
        for name, shape in program.inputs
        for axis, n in enumerate(shape[1:])
        if axis and not isinstance(n, Size)
    }
    guards = [each for guard in program.guards if (each := condition_of(guard, program, result))]
    known = (*[fixed_axis(program, result, *place, n) for place, n in fixed.items()], *guards)
    return checked_elsewhere(result.replace(known=known), lambda inputs: run(at_inputs(program, inputs)), set(fixed))


def checked_elsewhere(
    result: Imported, read: Callable[[Inputs], Imported], fixed: Collection[tuple[str, int]] = ()
) -> Imported:
    """What is read at one size, known on that alone where `read` gives another graph for other sizes of open axes."""
    result = result.replace(known=result.known or ())
    for change in CHANGES:
        inputs = {
            name: tuple([n if not axis or (name, axis) in fixed else change(axis, n) for axis, n in enumerate(shape)])
            for name, shape in result.inputs.items()
        }
        if result.against(inputs) is None and (differing := difference(result.graph, inputs, read)) is not None:
            return result.replace(known=(Condition(lambda given: given == result.inputs, differing),))
    return result


def difference(graph: Graph, inputs: Inputs, read: Callable[[Inputs], Imported]) -> str | None:
    """Where the graph on these inputs is not what is read for them; None where it is, or both refuse the same."""
    resolved = shapes(graph, inputs)
    try:
        other = read(inputs).graph
    except FAILURES as error:
        return None if resolved.failure else f"at other sizes {error}"
    theirs = {node.name: node for node in other.nodes}
    for name, layer, sources, given in [(each.name, each.layer, each.inputs, each.shapes) for each in resolved.layers]:
        twin = theirs.get(name)
        if twin is None and resolved.failure:
            continue  # what leads to the refusal alone
        if twin is None:
            return f"at other sizes `{name}` is not there"
        if twin.layer.opaque and not layer.opaque:
            return f"at other sizes {twin.layer.reason}"
        if twin.inputs != sources:
            return f"at other sizes `{name}` reads other values"
        if twin.layer.resolve(*given) != layer:
            return f"`{name}` would be {twin.layer!r} at another size, it is {layer!r} here"
    if resolved.failure is None:
        return None if other.outputs == graph.outputs else "at other sizes the outputs are others"
    refusing = graph.nodes[len(resolved.layers)]
    if refusing.layer.opaque:
        return refusing.layer.reason
    twin = theirs.get(refusing.name)
    return None if twin is None or twin.layer.opaque else f"at other sizes `{refusing.name}` is another layer"


def fixed_axis(program: Program, result: Imported, name: str, axis: int, n: int) -> Condition:
    """That an axis of an input has the size of the export."""
    place = dict(program.fixed_at).get(n, "")
    return Condition(
        lambda given: given[name][axis] == n, f"the export fixes {letter(result.inputs, name, axis)}{place}"
    )


def condition_of(guard: tuple[str, str], program: Program, result: Imported) -> Condition | None:
    """What an export asks of its sizes; None where the graph refuses those that were tried and do not hold."""
    text, place = guard
    tree = ast.parse(text, mode="eval").body

    def holds(given: Inputs) -> bool:
        try:
            return bool(of_node(tree, symbols(program, given)))
        except FAILURES:
            return False

    asked = f"the export holds where {in_letters(text, program, result)}{place}"
    if not holds(result.inputs):
        return Condition(lambda given: given == result.inputs, asked)
    for name, shape in result.inputs.items():
        for axis, n in enumerate(shape[1:], 1):
            for size in tried(n):
                given = {**result.inputs, name: (*shape[:axis], size, *shape[axis + 1 :])}
                if not holds(given) and shapes(result.graph, given).failure is None:
                    return Condition(holds, asked)
    return None


def tried(n: int) -> set[int]:
    """Sizes around n, and far from it."""
    powers = range(FARTHEST.bit_length())
    return {*range(max(n - NEAR, 1), n + NEAR), *[max(n >> power, 1) for power in powers], *[n << p for p in powers]}


def in_letters(text: str, program: Program, result: Imported) -> str:
    """What an export asks of its sizes, with H and W in place of symbols."""
    for name, shape in program.inputs:
        for axis, size in enumerate(shape[1:]):
            if isinstance(size, Size):
                text = re.sub(rf"\b{re.escape(size.name)}\b", letter(result.inputs, name, axis), text)
    return text


def letter(inputs: Inputs, name: str, axis: int) -> str:
    """H, W, …; of several inputs with the name."""
    return AXES[len(inputs[name]) - 1][axis - 1][0].upper() + (f" of {name}" if len(inputs) > 1 else "")


def symbols(program: Program, inputs: Inputs) -> dict[str, int]:
    """The symbols of a program for these inputs."""
    return {
        size.name: inputs[name][axis]
        for name, shape in program.inputs
        for axis, size in enumerate(shape[1:])
        if isinstance(size, Size)
    }


def run(program: Program) -> Imported:
    """The graph of a program at the sizes of its export."""
    try:
        return Interpreter(program).run()
    except WritesConstantError:
        return Interpreter(program, writable=True).run()


def at_inputs(program: Program, inputs: Inputs) -> Program:
    """The same program with every size as it is for these inputs."""
    known = symbols(program, inputs)
    calls = [
        call._replace(
            arguments={name: at(value, known) for name, value in call.arguments.items()},
            outputs=at(call.outputs, known),
        )
        for call in program.calls
    ]
    return program._replace(inputs=at(program.inputs, known), calls=tuple(calls))


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
