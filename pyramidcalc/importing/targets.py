"""What a user names as a model: a file of a network, or an object of Python code."""

from __future__ import annotations

import sys
import warnings
from contextlib import redirect_stdout
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from sysconfig import get_paths
from traceback import extract_tb
from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import ModelError, PyramidcalcError, UsageError
from pyramidcalc.importing.results import FILES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from types import ModuleType
    from typing import Any

    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape


def from_file(path: str | PathLike[str], inputs: Mapping[str, Shape] | None = None) -> Imported:
    """The network in a .pt2, .onnx or .toml file; `inputs` are other sizes than the file's, name to (C, *spatial).

    Raises ModelError where the file holds none.
    """
    try:
        return read(Path(path), inputs)
    except PyramidcalcError as error:
        raise ModelError(error.message, hint=error.hint) from error


def read(path: Path, inputs: Mapping[str, Shape] | None) -> Imported:
    """`from_file`, with the readers' own errors."""
    suffix = path.suffix.lower()
    if suffix in FILES and not path.exists():
        siblings = [each.name for each in path.parent.glob(f"*{suffix}")] if path.parent.is_dir() else []
        raise UsageError(f"there is no file {path}", hint=nearest(path.name, siblings))
    if suffix == ".onnx":
        from pyramidcalc.importing.onnx import from_onnx

        return from_onnx(path, inputs)
    if suffix == ".pt2":
        from pyramidcalc.importing.pt2 import from_pt2

        imported = from_pt2(path)
        for name, shape in (inputs or {}).items():
            if imported.inputs.get(name) != shape:
                raise UsageError(
                    f"{path} was exported for {name} {imported.inputs.get(name)}, not {shape}",
                    hint="export it again for that size",
                )
        return imported
    if suffix == ".toml":
        from pyramidcalc.importing.toml import read_toml

        imported = read_toml(path)
        return imported if not inputs else imported.replace(inputs={**imported.inputs, **inputs})
    raise UsageError(f"{path} is no file of a network", hint=f"those end in {', '.join(FILES)}")


def named_object(target: str) -> Any:
    """The object that `module:name` or `file.py:name` means; importing runs the user's code.

    Raises ModelError where the code fails or has no such object.
    """
    where, colon, attribute = target.rpartition(":")
    if not colon or not where or not attribute:
        raise UsageError(
            f"{target!r} names no model", hint=f"write MODULE:NAME, FILE.py:NAME or a {', '.join(FILES)} file"
        )
    module = imported_module(where)
    thing: Any = module
    for name in attribute.split("."):
        if not hasattr(thing, name):
            public = [each for each in dir(thing) if not each.startswith("_")]
            raise ModelError(f"{where} has no {attribute!r}", hint=nearest(name, public))
        thing = getattr(thing, name)
    return thing


def imported_module(where: str) -> ModuleType:
    """The module of a name or a .py file, imported as Python would from the working directory."""
    path = Path(where)
    folder = str(path.resolve().parent) if path.suffix == ".py" else str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    if path.suffix == ".py" and not path.is_file():
        siblings = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise ModelError(f"there is no file {where}", hint=nearest(path.name, siblings))
    try:
        # Standard output is for the answer.
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path.suffix != ".py":
                return import_module(where)
            spec = spec_from_file_location(path.stem, path)
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[path.stem] = module_from_spec(spec)
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # what a user's code raises is anything
        if path.suffix == ".py":
            sys.modules.pop(path.stem, None)
        raise ModelError(f"{where} cannot be imported: {reason(error)}") from error
    return module


def reason(error: BaseException) -> str:
    """What an error says in one line, and the last line of the user's own code on the way to it."""
    return (
        f"{type(error).__name__}: {said(error)}" if str(error).strip() else f"{type(error).__name__}{own_line(error)}"
    )


def said(error: BaseException) -> str:
    """The first line of an error's text, and the last line of the user's own code on the way to it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0].rstrip(".") + own_line(error)


def own_line(error: BaseException) -> str:
    """` (net.py, line 8)`; nothing where the user's own code is not on the way to an error."""
    own = [frame for frame in extract_tb(error.__traceback__) if not is_library(frame.filename)]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def is_library(filename: str) -> bool:
    """Whether a file is Python's, an installed package's or ours."""
    return filename.startswith(("<", *get_paths().values(), str(Path(__file__).parents[1])))
