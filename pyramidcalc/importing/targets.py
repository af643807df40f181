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


def from_file(
    path: str | PathLike[str], inputs: Mapping[str, Shape] | None = None, *, any_size: bool = False
) -> Imported:
    """The network in a .pt2, .onnx or .toml file; `inputs` are other sizes than the file's, name to (C, *spatial).

    With `any_size` the result says on which other sizes the graph holds too. Raises ModelError where the file
    holds no network, or none for these sizes.
    """
    try:
        return read(Path(path), inputs or {}, any_size)
    except PyramidcalcError as error:
        raise ModelError(error.message, hint=error.hint) from error


def read(path: Path, inputs: Mapping[str, Shape], any_size: bool) -> Imported:
    """`from_file`, with the readers' own errors."""
    suffix = path.suffix.lower()
    if suffix in FILES and not path.exists():
        siblings = [each.name for each in path.parent.glob(f"*{suffix}")] if path.parent.is_dir() else []
        raise UsageError(f"there is no file {path}", hint=nearest(path.name, siblings))
    if suffix == ".onnx":
        from pyramidcalc.importing.onnx import from_onnx

        return from_onnx(path, inputs, any_size=any_size)
    if suffix == ".pt2":
        from pyramidcalc.importing.pt2 import from_pt2

        imported = from_pt2(path, any_size=any_size or bool(inputs))
        given = {**imported.inputs, **inputs}
        for name, shape in given.items():
            own = imported.inputs.get(name, ())
            alike = (len(own), own[:1]) == (len(shape), shape[:1])
            reason = imported.against(given) if alike else f"{len(shape)} axes, the first of {shape[0]}"
            if own != shape and reason is not None:
                raise UsageError(
                    f"{path} was exported for {name} {own}, not {shape}: {reason}",
                    hint="export it again for that size, or with --save, which leaves the size open where it can",
                )
        return imported.replace(inputs=given)
    if suffix == ".toml":
        from pyramidcalc.importing.toml import read_toml

        imported = read_toml(path)
        return imported.replace(inputs={**imported.inputs, **inputs})
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
        sys.path.insert(after_standard_library(), folder)
    if path.suffix == ".py" and not path.is_file():
        siblings = [each.name for each in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise ModelError(f"there is no file {where}", hint=nearest(path.name, siblings))
    name = module_name(path)
    try:
        # Standard output is for the answer.
        with redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path.suffix != ".py":
                return import_module(where)
            spec = spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[name] = module_from_spec(spec)
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # what a user's code raises is anything
        if path.suffix == ".py":
            sys.modules.pop(name, None)
        if isinstance(error, ModuleNotFoundError) and error.name == "torch":
            raise without_torch(where) from error
        raise ModelError(f"{where} cannot be imported: {reason(error)}") from error
    return module


def after_standard_library() -> int:
    """The place in sys.path behind the standard library: a user's `random.py` must not take the place of Python's."""
    paths = get_paths()
    homes = [paths[name] for name in ("stdlib", "platstdlib")]
    packages = tuple(paths[name] for name in ("purelib", "platlib"))
    places = [
        place
        for place, each in enumerate(sys.path, 1)
        if any(each.startswith(home) for home in homes) and not each.startswith(packages)
    ]
    return max(places, default=0)


def module_name(path: Path) -> str:
    """The name of a file's module; another one where Python's own, or one that is imported, has it."""
    known = sys.modules.get(path.stem)
    taken = path.stem in sys.stdlib_module_names or (
        known is not None and getattr(known, "__file__", None) != str(path.resolve())
    )
    return f"own_{path.stem}" if taken else path.stem


def without_torch(what: str) -> ModelError:
    """Why a module of torch cannot be read without it, and the ways out."""
    return ModelError(
        f"{what} needs torch, which is not installed",
        hint="install it with `pip install 'pyramidcalc[torch]'`; or, where it is installed, write a file that needs "
        "none: `pyramidcalc model FILE.py:NAME --input … --save net.pt2`",
    )


def reason(error: BaseException) -> str:
    """What an error says in one line, and the last line of the user's own code on the way to it."""
    return (
        f"{type(error).__name__}: {said(error)}" if str(error).strip() else f"{type(error).__name__}{own_line(error)}"
    )


def said(error: BaseException) -> str:
    """The first line of an error's text, and the last line of the user's own code on the way to it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return lines[0].rstrip(".") + own_line(error)


def first_cause(error: BaseException) -> BaseException:
    """What an error was raised for at first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def own_line(error: BaseException) -> str:
    """` (net.py, line 8)`; nothing where the user's own code is not on the way to an error."""
    own = [frame for frame in extract_tb(error.__traceback__) if not is_library(frame.filename)]
    return f" ({Path(own[-1].filename).name}, line {own[-1].lineno})" if own else ""


def is_library(filename: str) -> bool:
    """Whether a file is Python's, an installed package's or ours."""
    return filename.startswith(("<", *get_paths().values(), str(Path(__file__).parents[1])))
