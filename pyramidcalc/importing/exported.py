"""torch modules as ATen programs, by torch.export; the one file of importing that imports torch."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import torch
from torch._guards import SLoc
from torch.fx.experimental.symbolic_shapes import ShapeEnv, uninteresting_files
from torch.utils import _pytree as pytree
from torch.utils._sympy.printers import PythonPrinter

from pyramidcalc.errors import ModelError, PyramidcalcError, UsageError
from pyramidcalc.importing.aten import Call, Program, Reference
from pyramidcalc.importing.expressions import Size
from pyramidcalc.importing.modules import is_leaf
from pyramidcalc.importing.programs import imported
from pyramidcalc.importing.targets import first_cause, is_library, reason, said
from pyramidcalc.mistakes import FROM_TORCH, refuse_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from torch import Tensor, nn

    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape


TORCH = str(Path(torch.__file__).parent)
LARGER = 16
"""How much larger an input is tried where torch cannot export the one that is asked for."""


def from_torch(module: nn.Module, *inputs: Tensor | Shape, dynamic: bool = False, **named: Tensor | Shape) -> Imported:
    """The graph of a module on these inputs: tensors with their batch, or shapes (C, *spatial) of one sample.

    With `dynamic` the sizes of the spatial axes are left open, and the result says on which of them the graph holds.
    The module is exported in inference, and left as it was. Raises UsageError where torch cannot export it.
    """
    try:
        return imported(program_of(export(module, inputs, named, dynamic=dynamic)), any_size=dynamic)
    except UsageError:
        larger = from_larger(module, (*inputs, *named.values()), tuple(named))
        if larger is None:
            raise
        return larger


def from_larger(module: nn.Module, given: tuple[Any, ...], names: tuple[str, ...]) -> Imported | None:
    """The graph of larger inputs, where it holds for any: which layer the given ones are too small for it says."""
    if not all(isinstance(shape, tuple | list) and len(shape) > 1 for shape in given):
        return None
    shapes = [(shape[0], *[n * LARGER for n in shape[1:]]) for shape in given]
    count = len(given) - len(names)
    try:
        named = dict(zip(names, shapes[count:], strict=True))
        exported = export(module, tuple(shapes[:count]), named, dynamic=True)
        result = imported(program_of(exported), any_size=True)
    except UsageError:
        return None
    asked = {name: tuple(shape) for name, shape in zip(result.inputs, given, strict=False)}
    return result.replace(inputs=asked) if not result.conditions and len(asked) == len(result.inputs) else None


def from_object(
    thing: Any,
    target: str,
    arguments: Mapping[str, Any],
    sizes: Sequence[Shape],
    named: Mapping[str, Shape],
    *,
    dynamic: bool = False,
    save: str | None = None,
) -> tuple[nn.Module, Imported]:
    """A module, or what a class or a function makes with `arguments`, and its graph; `save` is a file to write.

    Built on the meta device where the module allows. Raises ModelError with the user's own line where it fails.
    """
    try:
        module = thing if isinstance(thing, torch.nn.Module) else built(thing, arguments)
        if save is None:
            return module, from_torch(module, *sizes, dynamic=dynamic, **named)
        exported, result = with_open_sizes(module, tuple(sizes), named)
        write(exported, save)
        return module, result
    except PyramidcalcError as error:
        raise ModelError(f"{target}: {error.message}", hint=error.hint) from error
    except (Exception, SystemExit) as error:  # what a user's code raises is anything
        raise ModelError(f"{target} cannot be built: {reason(error)}") from error


def with_open_sizes(
    module: nn.Module, sizes: tuple[Shape, ...], named: Mapping[str, Shape]
) -> tuple[torch.export.ExportedProgram, Imported]:
    """The program with open sizes, where a file of it says on which it holds; else that of the sizes given."""
    try:
        exported = export(module, sizes, named, dynamic=True)
        program = program_of(exported)
        result = imported(program, any_size=True)
        notes = tuple([f"other sizes are not known: {reason}" for _, reason in result.conditions])
        if not program.guards or not notes:
            return exported, result.replace(notes=(*result.notes, *notes))
    except UsageError:
        notes = ()
    exported = export(module, sizes, named)
    result = imported(program_of(exported))
    return exported, result.replace(notes=(*result.notes, *notes))


def write(exported: torch.export.ExportedProgram, path: str) -> None:
    """Writes a program to a .pt2 file. Raises UsageError where that cannot be."""
    if not path.lower().endswith(".pt2"):
        raise UsageError(f"--save writes a .pt2 file, and {path} is not named as one")
    try:
        with quiet():
            torch.export.save(exported, path)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{path} cannot be written: {said(error)}") from error


def built(thing: Any, arguments: Mapping[str, Any]) -> nn.Module:
    """What a class or a function makes, on the meta device, or on the CPU where it looks at values."""
    with quiet():
        try:
            with torch.device("meta"):
                module = thing(**arguments)
        except (RuntimeError, NotImplementedError):
            module = thing(**arguments)
    if not isinstance(module, torch.nn.Module):
        raise UsageError(f"it gives {type(module).__name__}, which is no torch.nn.Module")
    return module


def export(
    module: nn.Module, inputs: tuple[Any, ...], named: Mapping[str, Any] | None = None, *, dynamic: bool = False
) -> torch.export.ExportedProgram:
    """torch.export of a module in inference. Raises UsageError with torch's own reason where it fails."""
    if not isinstance(module, torch.nn.Module):
        refuse_kind(module, "torch.export takes a torch.nn.Module", FROM_TORCH)
    like = next((tensor for tensor in module.parameters() if tensor.is_floating_point()), torch.empty(0))
    arguments = tuple([example(value, like) for value in inputs])
    keywords = {name: example(value, like) for name, value in (named or {}).items()}
    modes = {part: part.training for part in module.modules()}
    try:
        module.eval()
        with quiet():
            if not dynamic:
                return torch.export.export(module, arguments, keywords)
            shapes: Any = torch.export.ShapesCollection()  # type: ignore[no-untyped-call]  # torch has no types there
            for tensor in (*arguments, *keywords.values()):
                shapes[tensor] = dict.fromkeys(range(2, tensor.dim()), torch.export.Dim.AUTO)
            with own_lines():
                return torch.export.export(module, arguments, keywords, dynamic_shapes=shapes)
    except (Exception, SystemExit) as error:  # what a module of the user's own raises is anything
        cause = said(first_cause(error))
        missing = "missing a required argument" in cause
        hint = "give every input, as NAME=SHAPE" if missing else "inputs are CxHxW, no batch; or export it in parts"
        raise UsageError(f"torch cannot export {type(module).__name__}: {cause}", hint=hint) from error
    finally:
        for part, mode in modes.items():
            part.training = mode


def example(value: Any, like: Tensor) -> Tensor:
    """A tensor for one input, of the kind and on the device of the module's own numbers."""
    if isinstance(value, torch.Tensor):
        return value
    if not isinstance(value, tuple | list) or not value or any(type(n) is not int or n < 1 for n in value):
        raise UsageError(f"an input must be a tensor or a shape (C, *spatial), got {value!r}")
    return torch.empty(1, *value, dtype=like.dtype, device=like.device)


@contextmanager
def quiet() -> Iterator[None]:
    """Without torch's dumps, logs and warnings."""
    silent, before = io.StringIO(), logging.root.manager.disable
    try:
        logging.disable(logging.CRITICAL)
        with warnings.catch_warnings(), redirect_stderr(silent), redirect_stdout(silent):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


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
