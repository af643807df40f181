"""Networks from elsewhere in the place of the catalogue's: what can be asked of them, and what torch says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pyramidcalc.catalog import Option
    from pyramidcalc.cli.progress import Advance
    from pyramidcalc.graph import Graph
    from pyramidcalc.importing.results import Imported
    from pyramidcalc.oracle.results import Verification
    from pyramidcalc.passes.shapes import Resolved
    from pyramidcalc.request import Request

T = TypeVar("T")


class Run(NamedTuple):
    """A module that can be run, with the shapes of its inputs in order and by name."""

    module: Any
    given: tuple[tuple[int, ...], ...]
    named: Mapping[str, tuple[int, ...]]


class ImportedArchitecture(NamedTuple):
    """A network from elsewhere in the place of a catalogue's."""

    name: str
    kind: str
    imported: Imported
    run: Run | None = None

    @property
    def options(self) -> tuple[Option, ...]:
        """It has none beside those that made it."""
        return ()

    def build(self, channels: Mapping[str, int], options: Mapping[str, Any]) -> Graph:
        """The graph."""
        return self.imported.graph


def verification_of(
    request: Request, resolved: Resolved, device: str = "auto", progress: Advance | None = None
) -> Verification:
    """What torch says of a request: of a user's own module that module itself, of others the layers of its graph.

    Raises OracleError.
    """
    architecture: Any = request.architecture
    if isinstance(architecture, ImportedArchitecture) and architecture.run is not None:
        from pyramidcalc.oracle import verify_module

        return verify_module(resolved, *architecture.run, device=device, progress=progress)
    from pyramidcalc.oracle import verify

    return verify(resolved, device=device, progress=progress)


def asks_other_sizes() -> bool:
    """Whether a command asks for more sizes of the input than the one on its line."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.parent is not None and ctx.parent.info_name in ("sizes", "sweep")


def once(key: tuple[Any, ...], read: Callable[[], T]) -> T:
    """What `read` gives, kept for the other lines of a sweep."""
    if not asks_other_sizes():
        return read()
    kept: dict[tuple[Any, ...], T] = click.get_current_context().meta.setdefault(__name__, {})
    if key not in kept:
        kept[key] = read()
    return kept[key]
