"""A user's own module against what pyramidcalc says of it: a run for sizes and costs, gradients for what is read."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError, PyramidcalcError
from pyramidcalc.importing.aten import layouts
from pyramidcalc.importing.exported import export, program_of, quiet
from pyramidcalc.oracle.device import memory_explained, require_memory, torch, torch_version
from pyramidcalc.oracle.gradients import Gradients
from pyramidcalc.oracle.results import Check, Verification
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.reach import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import Tensor, nn
    from torch.export import ExportedProgram

    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.shapes import Resolved

    Layout = tuple[str, Shape, bool]

MAX_NODES = 16
"""Of larger graphs what is read is checked at the outputs, and at so many nodes spread over the others."""
FLOAT64_BYTES = 8
COPIES = 3
"""Values that torch keeps for one that is computed: itself, for the gradient, and the gradient."""
NEGATIVE = frozenset(["upsample_bicubic2d"])
"""Operators whose own weights may be negative: gradients along several paths could cancel."""


def verify_module(
    resolved: Resolved,
    module: nn.Module,
    given: Sequence[Shape],
    named: Mapping[str, Shape],
    progress: Callable[[int, int, str], None] | None = None,
) -> Verification:
    """Compares the graph of a module, on the inputs `given` and `named`, with the module itself, on the CPU.

    Shapes of all values, parameters and MACs are those of a run; what a node reads are float64 gradients of the
    exported program with positive operators. Raises OracleError where memory would not do.
    """
    exported = export(module, tuple(given), named)
    program = program_of(exported)
    by_value = layouts(program)
    names = selected(resolved)
    checks = list(costs(resolved, module, exported, given, named))
    total = 1 + len(names)
    if progress:
        progress(0, total, "forward pass")
    elements = memory(resolved).activations * COPIES + parameters_of(resolved)
    require_memory(elements * FLOAT64_BYTES, torch.device("cpu"), "a float64 run of the program")
    in_order = {node: value for value, (node, _, whole) in reversed(by_value.items()) if whole}
    try:
        with quiet(), memory_explained():
            gradients = Gradients(exported, [in_order[node] for node in names if node in in_order])
    except OracleError:
        raise
    except Exception as error:  # a program of the user's own fails in any way
        why = f"the program does not run with positive operators: {str(error).partition(chr(10))[0]}"
        unchecked = [Check(name, "reach", None, None, None, why) for name in names]
        return Verification("cpu", torch_version(), (*checks, *unchecked))
    checks += shape_checks(resolved, by_value, gradients)
    odd = sorted({call.operator for call in program.calls if call.operator in NEGATIVE})
    for done, name in enumerate(names, 1):
        if odd:
            checks.append(Check(name, "reach", None, None, None, f"gradients through {odd[0]} may cancel"))
        else:
            checks.append(reach_check(resolved, name, in_order.get(name), gradients))
        if progress:
            progress(1 + done, total, f"reach of {name}")
    return Verification("cpu", torch_version(), tuple(checks))


def parameters_of(resolved: Resolved) -> int:
    """Learned numbers of a graph, shared ones once."""
    return sum(applied.node.parameters for applied in resolved.layers)


def selected(resolved: Resolved) -> list[str]:
    """The nodes whose reach is checked: the outputs, and all others or some of them."""
    names = [applied.name for applied in resolved.layers]
    outputs = {name for _, name in resolved.graph.outputs}
    step = -(-len(names) // MAX_NODES)
    return [name for index, name in enumerate(names) if name in outputs or index % step == 0]


def costs(
    resolved: Resolved,
    module: nn.Module,
    exported: ExportedProgram,
    given: Sequence[Shape],
    named: Mapping[str, Shape],
) -> Iterator[Check]:
    """Parameters that the program uses, MACs, and the shapes of what the module returns."""
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    parameters, whole = parameters_of(resolved), "the module"
    ours = resolved.batch * sum(applied.macs for applied in resolved.layers)
    held = dict(module.named_parameters(remove_duplicate=False))
    used = [
        held[exported.graph_signature.inputs_to_parameters[node.name]]
        for node in exported.graph.nodes
        if node.op == "placeholder" and node.name in exported.graph_signature.inputs_to_parameters and node.users
    ]
    numel = sum({id(parameter): parameter.numel() for parameter in used}.values())
    yield Check(whole, "parameters", parameters, numel, parameters == numel)
    like = next((p for p in held.values() if p.is_floating_point()), torch.empty(0))

    def example(shape: Shape) -> Tensor:
        return torch.zeros(resolved.batch, *shape, dtype=like.dtype, device=like.device)

    modes = {part: part.training for part in module.modules()}
    try:
        module.eval()
        with quiet(), torch.no_grad(), FlopCounterMode(display=False) as counter:
            results = module(*map(example, given), **{name: example(shape) for name, shape in named.items()})
    except Exception as error:  # a module of the user's own fails in any way
        why = f"the module does not run: {str(error).partition(chr(10))[0]}"
        yield Check(whole, "macs", ours, None, None, why)
        return
    finally:
        for part, mode in modes.items():
            part.training = mode
    macs = counter.get_total_flops() // 2
    yield Check(whole, "macs", ours, macs, ours == macs)
    shapes = [tuple(value.shape[1:]) or (1,) for value in tree_leaves(results) if isinstance(value, torch.Tensor)]
    for (label, name), shape in zip_longest(resolved.graph.outputs, shapes, fillvalue=("", "")):
        expected = resolved.shapes.get(name)
        yield Check(str(label), "shape", expected, shape, expected == shape)


def shape_checks(resolved: Resolved, by_value: Mapping[str, Layout], gradients: Gradients) -> Iterator[Check]:
    """The shape of every node that a value of the program lies in, in its own order where there is such a value."""
    names = {applied.name for applied in resolved.layers}
    kept: dict[str, Check] = {}
    for value, (node, laid_out, in_order) in by_value.items():
        shape = gradients.program.shapes.get(value)
        if node not in names or shape is None or (node in kept and not in_order):
            continue
        expected, got = (resolved.shapes[node], shape[1:]) if in_order else (laid_out, shape)
        kept[node] = Check(node, "shape", expected, got, expected == got)
    yield from kept.values()


def reach_check(resolved: Resolved, name: str, value: str | None, gradients: Gradients) -> Check:
    """What a node reads at its first, middle and last position."""
    if value not in gradients.program.kept:
        return Check(name, "reach", None, None, None, "torch has its values in another order")
    tensor = gradients.program.kept[value]
    sizes = resolved.shapes[name][1:]
    corners = [[0] * len(sizes), [n // 2 for n in sizes], [n - 1 for n in sizes]]
    for position in dict.fromkeys(map(tuple, corners)):
        try:
            ours = reach(resolved, name, position)
        except PyramidcalcError as error:
            return Check(name, "reach", None, None, None, str(error))
        if ours.unknown is not None:
            return Check(name, "reach", None, None, None, ours.unknown)
        for given, theirs in gradients.reads(tensor, position).items():
            if len(resolved.inputs[given]) < 2:
                continue
            mask = ours.mask(given)
            places = {(*outer, i) for outer, row in mask.items() for i in range(row.bit_length()) if row >> i & 1}
            if places != theirs:
                where = f"at {position} of {given}, in positions of the input"
                return Check(name, "reach", len(places), len(theirs), False, where)
    return Check(name, "reach", None, None, True)
