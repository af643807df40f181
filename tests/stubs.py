"""The types of `pc.analyze` and `pc.build` follow the catalogue: `python -m tests.stubs` writes them anew.

Each architecture is an overload with its own options, so that a type checker finds a misspelt or foreign one. The file
is for type checkers alone: at run time both are functions of request.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyramidcalc
from pyramidcalc import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.catalog import Architecture, Kind

FILE = Path(pyramidcalc.__file__).parent / "signatures.pyi"
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


def main() -> None:
    """Writes the file."""
    FILE.write_text(stub(), encoding="utf-8")


if __name__ == "__main__":
    main()
