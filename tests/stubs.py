"""Types that follow the catalogue and the layers: `python -m tests.stubs` writes them anew.

Of `pc.analyze` and `pc.build` each architecture is an overload with its own options, so that a type checker finds a
misspelt or foreign one; at run time both are functions of request.py. Of `pc.layers` each class is imported, so that
an editor knows its arguments; at run time they are found in the family files on first use.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyramidcalc
from pyramidcalc import catalog, layers
from pyramidcalc.layers.base import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.catalog import Architecture, Kind

FOLDER = Path(pyramidcalc.__file__).parent
LAYERS = '''\
"""Every layer, as type checkers see the package. `python -m tests.stubs` writes this."""

from types import ModuleType

'''
HEAD = '''\
"""`analyze` and `build` as type checkers see them: an overload an architecture. `python -m tests.stubs` writes this."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypeAlias, overload

from pyramidcalc.graph import Graph
from pyramidcalc.report import Report

Given: TypeAlias = Sequence[int] | int | str
'''
ANALYZE = ("input: Given | None = None", "batch: int = 1")
BUILD = ("in_channels: int | None = None",)
FUNCTIONS = (("analyze", "what", ANALYZE, "Report"), ("build", "name", BUILD, "Graph"))
ANY = ("input: Given | Mapping[str, Given] | None = None", "batch: int = 1")


def annotation(kind: Kind) -> str:
    """What an option takes: one value, several, None. Choices are not told, or a variable would not do for one."""
    text = kind.type.__name__
    item = f"{text} | None" if kind.free else text
    if kind.multiple or kind.per_axis:
        text = f"{text} | Sequence[{item}]"
    if kind.words:
        text += " | str"
    return f"{text} | None" if kind.optional else text


def overload(function: str, first: str, fixed: tuple[str, ...], result: str, options: Iterator[str]) -> str:
    """One overload, a parameter a line."""
    lines = [first, "*", *fixed, *options]
    return "\n".join(["@overload", f"def {function}(", *(f"    {line}," for line in lines), f") -> {result}: ..."])


def options_of(architecture: Architecture) -> Iterator[str]:
    """The options of an architecture, each with a default."""
    for option in architecture.options:
        yield f"{option.name}: {annotation(option.kind)} = ..."


def stub() -> str:
    """The whole file."""
    architectures = [catalog.find(name) for name in catalog.names()]
    parts = [HEAD.rstrip("\n")]
    for function, parameter, fixed, result in (
        ("analyze", "what", ANALYZE, "Report"),
        ("build", "name", BUILD, "Graph"),
    ):
        for each in architectures:
            first = f'{parameter}: Literal["{each.name}"]'
            parts.append(overload(function, first, fixed, result, options_of(each)))
        # Names that are only known at run time; a literal name with options that it has not is no `str` with options.
        wide = ANY if function == "analyze" else BUILD
        first = f"{parameter}: {'str | PathLike[str] | Graph | Any' if function == 'analyze' else 'str'}"
        parts.append(overload(function, first, wide, result, iter(())))
    return "\n".join([parts[0], "", *parts[1:]]) + "\n"


def layers_stub() -> str:
    """The stub of the layers' package."""
    # Names in capitals come first, as ruff sorts them.
    names = ((kind.__module__, not name.isupper(), name) for name, kind in layers.kinds().items())
    own = sorted([*names, (Layer.__module__, True, "Layer")], key=lambda each: (*each[:2], each[2].lower()))
    imported = [f"from {module} import {name}" + f" as {name}" * (name != "Layer") for module, _, name in own]
    functions = ["def families() -> tuple[ModuleType, ...]: ...", "def kinds() -> dict[str, type[Layer]]: ..."]
    return "\n".join([LAYERS.rstrip("\n"), "", *imported, "", *functions]) + "\n"


STUBS = {"signatures.pyi": stub, "layers/__init__.pyi": layers_stub}


def main() -> None:
    """Writes the files."""
    for name, text in STUBS.items():
        (FOLDER / name).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
