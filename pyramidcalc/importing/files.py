"""Files that hold a network, by the end of their name; each reader is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from os import PathLike

    from pyramidcalc.importing.results import Imported

READERS = {".pt2": ("pt2", "from_pt2")}
"""End of a name to the module of this package and its function."""


def from_file(path: str | PathLike[str]) -> Imported:
    """The graph in a file. Raises UsageError for a kind of file that is not known, or one that is not whole."""
    suffix = Path(path).suffix.lower()
    if suffix not in READERS:
        raise UsageError(f"{path} is none of the files that hold a network ({', '.join(READERS)})")
    module, function = READERS[suffix]
    result: Imported = getattr(import_module(f"pyramidcalc.importing.{module}"), function)(path)
    return result
