"""Programs of torch.export, live, as neutral records."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch
from torch._guards import SLoc
from torch.fx.experimental.symbolic_shapes import ShapeEnv, uninteresting_files
from torch.utils import _pytree as pytree
from torch.utils._sympy.printers import PythonPrinter

from pyramidcalc.errors import UsageError
from pyramidcalc.importing.aten import Call, Program, Reference
from pyramidcalc.importing.expressions import Size
from pyramidcalc.importing.modules import is_leaf
from pyramidcalc.importing.targets import is_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from torch import Tensor

    from pyramidcalc.layers.base import Shape

TORCH = str(Path(torch.__file__).parent)


class Reader:
    """Reads an exported program; `names` are those of the values, by node."""

    def __init__(self, exported: torch.export.ExportedProgram) -> None:
        self.exported = exported
        self.names: dict[torch.fx.Node, str] = {}

    def program(self) -> Program:
        """Inputs, weights, calls and outputs."""
        signature = self.exported.graph_signature
        parameters = dict(self.exported.named_parameters())
        first: dict[int, str] = {}
        for name, tensor in parameters.items():
            first.setdefault(id(tensor), name)
        learned = {first[id(tensor)]: tensor.numel() for tensor in parameters.values()}
        env: ShapeEnv | None = None
        inputs: list[tuple[str, Shape]] = []
        weights: dict[str, tuple[str | None, Shape]] = {}
        calls: list[Call] = []
        for node in self.exported.graph.nodes:
            value = node.meta.get("val")
            if node.op == "placeholder" and isinstance(value, torch.Tensor):
                self.names[node] = node.name
                if node.name in signature.user_inputs:
                    env = getattr(getattr(value, "fake_mode", None), "shape_env", None)
                    inputs.append((node.name, sizes(value)))
                else:
                    parameter = signature.inputs_to_parameters.get(node.name)
                    weight = first[id(parameters[parameter])] if parameter is not None else None
                    weights[node.name] = (weight, sizes(value))
            elif node.op == "call_function":
                calls.extend(self.call(node))
        program = Program(tuple(inputs), weights, learned, tuple(calls), tuple(self.outputs()))
        return program._replace(guards=tuple(guards(env)), fixed_at=fixed_at(env)) if env is not None else program

    def call(self, node: torch.fx.Node) -> Iterator[Call]:
        """The record of one operator; an entry of several outputs takes the name that it has there."""
        target, value = node.target, node.meta.get("val")
        if getattr(target, "__name__", "") == "getitem":
            self.names[node] = f"{self.names[node.args[0]]}.{node.args[1]}"  # type: ignore[index]
            return
        self.names[node] = node.name
        if not isinstance(target, torch._ops.OpOverload):
            return
        names = [argument.name for argument in target._schema.arguments]
        given = dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
        if isinstance(value, torch.Tensor):
            outputs = [(node.name, sizes(value))]
        elif isinstance(value, list | tuple):
            outputs = [(f"{node.name}.{i}", sizes(v)) for i, v in enumerate(value) if isinstance(v, torch.Tensor)]
        else:
            return
        path, kind = module_of(node)
        arguments = {name: self.argument(argument) for name, argument in given.items()}
        yield Call(target._schema.name.split("::")[1], arguments, tuple(outputs), path, is_leaf(kind))

    def argument(self, value: Any) -> Any:
        """An argument of an operator: numbers, text, lists, and references to tensors."""
        if isinstance(value, torch.fx.Node):
            known = value.meta.get("val")
            if isinstance(known, torch.SymInt | torch.SymFloat | int | float):
                return number(known)
            if isinstance(known, list | tuple):
                return [Reference(f"{value.name}.{index}") for index in range(len(known))]
            return Reference(self.names[value])
        if isinstance(value, list | tuple):
            return [self.argument(item) for item in value]
        return value

    def outputs(self) -> Iterator[tuple[str, str]]:
        """Labels, which are the paths in what the module returns, and names."""
        spec = self.exported.call_spec.out_spec
        assert spec is not None
        leaves = pytree.tree_unflatten(list(range(spec.num_leaves)), spec)
        paths = [path for path, _ in pytree.tree_flatten_with_path(leaves)[0]]
        (node,) = [node for node in self.exported.graph.nodes if node.op == "output"]
        results = node.args[0][len(node.args[0]) - len(paths) :]
        for path, result in zip(paths, results, strict=True):
            if isinstance(result, torch.fx.Node):
                yield ".".join([label_of(key) for key in path]) or "output", self.names[result]


def program_of(exported: torch.export.ExportedProgram) -> Program:
    """The neutral records of an exported program."""
    return Reader(exported).program()


def guards(env: ShapeEnv) -> Iterator[tuple[str, str]]:
    """What code outside torch asks of sizes, and where; torch's own operators ask for what the layers here do."""
    for each in env.guards:
        expression = each.expr.xreplace(env.replacements)
        if expression.free_symbols and not str(each.sloc.framework_loc).startswith(TORCH):
            yield PythonPrinter().doprint(expression), each.sloc.maybe_user_loc or ""


def fixed_at(env: ShapeEnv) -> tuple[tuple[int, str], ...]:
    """Sizes that were open and are fixed, and the user's own lines that fixed them."""
    lines: dict[int, dict[str, None]] = {}
    for symbol, value in env.replacements.items():
        where = env.replacements_slocs[symbol].maybe_user_loc
        if value.is_number and where:
            lines.setdefault(int(value), {})[where] = None
    return tuple([(size, "".join(where)) for size, where in lines.items()])


def label_of(key: Any) -> str:
    """One step of a path in what a module returns: a key, a position or a field."""
    return str(next(getattr(key, name) for name in ("key", "idx", "name") if hasattr(key, name)))


def sizes(value: Tensor) -> tuple[int, ...]:
    """The shape, of numbers alone."""
    return tuple([number(n) for n in value.shape])


def number(value: Any) -> Any:
    """A number as it is; of a symbolic one its value at the export, with its expression."""
    if isinstance(value, torch.SymInt):
        fixed = value.node.maybe_as_int()
        if fixed is None and value.node.hint is None:
            raise UsageError(
                "the size of a value follows from numbers that are known only when it runs, as in x[x > 0]",
                hint="leave that part out",
            )
        return Size.of(value.node.hint, str(value.node.expr)) if fixed is None else fixed
    return value.node.hint if isinstance(value, torch.SymFloat) else value


def module_of(node: torch.fx.Node) -> tuple[str, str]:
    """Path and class of the innermost module that runs a node."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    if not stack:
        return "", ""
    path, kind = stack[-1]
    return path.replace("L['self'].", ""), kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"


@contextmanager
def own_lines() -> Iterator[None]:
    """Has torch note the user's own line beside its own wherever it settles something of a size."""

    def place(env: ShapeEnv, *given: Any) -> SLoc:
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code.co_filename in uninteresting_files():
            frame = frame.f_back
        asking = frame.f_code.co_filename
        while frame.f_back and (frame.f_code.co_filename.startswith(TORCH) or is_library(frame.f_code.co_filename)):
            frame = frame.f_back
        own = f" ({Path(frame.f_code.co_filename).name}, line {frame.f_lineno})" if frame.f_back else ""
        return SLoc(asking, own)

    with patch.object(ShapeEnv, "_get_sloc", place):
        yield
