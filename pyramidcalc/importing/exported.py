"""Graphs of torch modules, by torch.export."""

from __future__ import annotations

import io
import logging
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import torch

from pyramidcalc.errors import ModelError, PyramidcalcError, UsageError
from pyramidcalc.importing.live import own_lines, program_of
from pyramidcalc.importing.programs import imported
from pyramidcalc.importing.targets import first_cause, reason, said
from pyramidcalc.mistakes import FROM_TORCH, refuse_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from torch import Tensor, nn

    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape


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
