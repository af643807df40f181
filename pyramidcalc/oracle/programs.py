"""A user's own module against what pyramidcalc says of it: a run for sizes and costs, gradients for what is read."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import product, zip_longest
from typing import TYPE_CHECKING, Any

from pyramidcalc.errors import OracleError, PyramidcalcError
from pyramidcalc.importing.exported import export, quiet
from pyramidcalc.importing.layouts import standard
from pyramidcalc.importing.live import program_of
from pyramidcalc.importing.programs import layouts
from pyramidcalc.oracle.device import choose, memory_explained, require_memory, torch, torch_version
from pyramidcalc.oracle.gradients import Gradients
from pyramidcalc.oracle.results import Check, Verification
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.reach import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from torch import nn
    from torch.export import ExportedProgram

    from pyramidcalc.importing.layouts import Tensor
    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.shapes import Resolved

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
    device: str = "auto",
    progress: Callable[[int, int, str], None] | None = None,
) -> Verification:
    """Compares the graph of a module, on the inputs `given` and `named`, with the module itself.

    MACs and the outputs' shapes are those of a run where the module is; the shapes of all values, and what nodes read
    as float64 gradients, are those of the exported program with positive operators, run on `device`. Raises
    OracleError where there is no such device, or memory would not do.
    """
    chosen = choose(device)
    exported = export(module, tuple(given), named)
    exported.graph.eliminate_dead_code()
    program = program_of(exported)
    by_value = layouts(program)
    names = selected(resolved)
    values = dict(program.outputs)
    outputs = [
        (label, shape_of(resolved, name, by_value.get(values.get(label, "")))) for label, name in resolved.graph.outputs
    ]
    checks = list(costs(resolved, module, exported, given, named, outputs))
    total = 1 + len(names)
    if progress:
        progress(0, total, "forward pass")
    elements = memory(resolved).activations * COPIES + parameters_of(resolved)
    require_memory(elements * FLOAT64_BYTES, chosen, "a float64 run of the program")
    holders = {laid.value: value for value, laid in reversed(by_value.items()) if laid.covers}
    try:
        with quiet(), memory_explained():
            gradients = Gradients(exported, [holders[node] for node in names if node in holders], chosen)
    except OracleError:
        raise
    except Exception as error:  # a program of the user's own fails in any way
        why = f"the program does not run with positive operators: {str(error).partition(chr(10))[0]}"
        unchecked = [Check(name, "reach", None, None, None, why) for name in names]
        return Verification(chosen.type, torch_version(), (*checks, *unchecked))
    checks += shape_checks(resolved, by_value, gradients)
    odd = sorted({call.operator for call in program.calls if call.operator in NEGATIVE})
    ends = {name for _, name in resolved.graph.outputs}
    for done, name in enumerate(names, 1):
        if odd:
            checks.append(Check(name, "reach", None, None, None, f"gradients through {odd[0]} may cancel"))
        elif name not in holders:
            checks.append(Check(name, "reach", None, None, None, "no value of the program holds it as a whole"))
        else:
            value = holders[name]
            checks.append(reach_check(resolved, by_value[value], gradients, value, everywhere=name in ends))
        if progress:
            progress(1 + done, total, f"reach of {name}")
    return Verification(chosen.type, torch_version(), tuple(checks))


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
    outputs: Sequence[tuple[str, Shape | None]],
) -> Iterator[Check]:
    """Parameters that the program uses, MACs, and the shapes of what the module returns, by label in `outputs`."""
    from torch.utils._pytree import tree_leaves
    from torch.utils.flop_counter import FlopCounterMode

    parameters, whole = parameters_of(resolved), "the module"
    ours = sum(applied.macs for applied in resolved.layers)
    held = dict(module.named_parameters(remove_duplicate=False))
    used = [
        held[exported.graph_signature.inputs_to_parameters[node.name]]
        for node in exported.graph.nodes
        if node.op == "placeholder" and node.name in exported.graph_signature.inputs_to_parameters and node.users
    ]
    numel = sum({id(parameter): parameter.numel() for parameter in used}.values())
    yield Check(whole, "parameters", parameters, numel, parameters == numel)
    like = next((p for p in held.values() if p.is_floating_point()), torch.empty(0))

    def example(shape: Shape) -> torch.Tensor:
        return torch.zeros(resolved.batch, *shape, dtype=like.dtype, device=like.device)

    modes = {part: part.training for part in module.modules()}
    try:
        module.eval()
        with quiet(), torch.no_grad(), countable(), FlopCounterMode(display=False) as counter:
            results = module(*map(example, given), **{name: example(shape) for name, shape in named.items()})
    except Exception as error:  # a module of the user's own fails in any way
        why = f"the module does not run: {str(error).partition(chr(10))[0]}"
        yield Check(whole, "macs", ours, None, None, why)
        return
    finally:
        for part, mode in modes.items():
            part.training = mode
    macs = counter.get_total_flops() // 2
    if macs > ours == program_macs(exported, [example(shape) for shape in (*given, *named.values())]):
        why = f"the module does {macs - ours:,} more multiply-adds, of which no output follows"
        yield Check(whole, "macs", ours, macs, None, why)
    else:
        yield Check(whole, "macs", ours, macs, ours == macs)
    shapes = [tuple(value.shape[1:]) or (1,) for value in tree_leaves(results) if isinstance(value, torch.Tensor)]
    for (label, expected), shape in zip_longest(outputs, shapes, fillvalue=("", None)):
        yield Check(label, "shape", expected, shape, expected == shape)


def program_macs(exported: ExportedProgram, inputs: Sequence[torch.Tensor]) -> int | None:
    """Multiply-adds of what the outputs follow from; None where the program does not run on these inputs."""
    from torch.utils.flop_counter import FlopCounterMode

    run: Any = exported.module()
    try:
        args, kwargs = torch.utils._pytree.tree_unflatten(list(inputs), exported.call_spec.in_spec)
        with quiet(), torch.no_grad(), countable(), FlopCounterMode(display=False) as counter:
            run(*args, **kwargs)
    except Exception:  # a program of the user's own fails in any way
        return None
    return int(counter.get_total_flops() // 2)


@contextmanager
def countable() -> Iterator[None]:
    """Without kernels for several operators at once, in which torch counts no multiply-adds."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    fast = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        with sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def shape_checks(resolved: Resolved, by_value: Mapping[str, Tensor], gradients: Gradients) -> Iterator[Check]:
    """The shape of every node that a value of the program lies in, in its own order where there is such a value."""
    names = {applied.name for applied in resolved.layers}
    kept: dict[str, Check] = {}
    for value, laid in by_value.items():
        shape = gradients.program.shapes.get(value)
        if laid.value in names and shape is not None and (laid.value not in kept or in_order(laid)):
            expected, got = (resolved.shapes[laid.value], shape[1:]) if in_order(laid) else (laid.shape, shape)
            kept[laid.value] = Check(laid.value, "shape", expected, got, expected == got)
    yield from kept.values()


def in_order(laid: Tensor) -> bool:
    """Whether a value has the order of its node."""
    return laid.dims == standard(laid.axes)


def shape_of(resolved: Resolved, name: str, laid: Tensor | None) -> Shape | None:
    """The shape of an output, in the order that it has in the program."""
    shape = resolved.shapes.get(name)
    if laid is None or laid.value != name or in_order(laid) or shape != laid.axes:
        return shape
    return laid.shape[1:]


def reach_check(resolved: Resolved, laid: Tensor, gradients: Gradients, value: str, *, everywhere: bool) -> Check:
    """What a node reads at its first, middle and last position; `everywhere`: at these of each axis, crossed."""
    name, tensor = laid.value, gradients.program.kept[value]
    places = [sorted({0, n // 2, n - 1}) for n in resolved.shapes[name][1:]]
    positions = product(*places) if everywhere else zip(*[(p[0], p[len(p) // 2], p[-1]) for p in places], strict=True)
    for position in dict.fromkeys(positions or [()]):
        try:
            ours = reach(resolved, name, position)
        except PyramidcalcError as error:
            return Check(name, "reach", None, None, None, str(error))
        if ours.unknown is not None:
            return Check(name, "reach", None, None, None, ours.unknown)
        for given, theirs in gradients.reads(tensor, laid.indices(position)).items():
            if len(resolved.inputs[given]) < 2:
                continue
            mask = ours.mask(given)
            pixels = {(*outer, i) for outer, row in mask.items() for i in range(row.bit_length()) if row >> i & 1}
            if pixels != theirs:
                where = f"at {position} of {given}, in positions of the input"
                return Check(name, "reach", len(pixels), len(theirs), False, where)
    return Check(name, "reach", None, None, True)
