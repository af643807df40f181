"""Layers as immutable records with torch.nn's names, fields and defaults, without torch.

`pyramidcalc.layers.Conv2d` and the like are found in the family files on first use; a new layer is
one class in one of them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from pyramidcalc.layers.base import Layer


@cache
def families() -> tuple[ModuleType, ...]:
    """The family modules, all imported."""
    from importlib import import_module
    from pkgutil import iter_modules

    return tuple(import_module(f"{__name__}.{family.name}") for family in iter_modules(__path__))


@cache
def kinds() -> dict[str, type[Layer]]:
    """Every layer class by name; classes that only share code between others are left out."""
    from pyramidcalc.layers.base import Layer

    return {
        item.__name__: item
        for family in families()
        for item in vars(family).values()
        if isinstance(item, type)
        and issubclass(item, Layer)
        and item.__module__ == family.__name__
        and not item.abstract
    }


def __getattr__(name: str) -> type[Layer]:
    if not name.startswith("_") and name in kinds():
        return kinds()[name]
    raise AttributeError(f"pyramidcalc.layers has no layer {name!r}; it has {', '.join(sorted(kinds()))}")


def __dir__() -> list[str]:
    return sorted([*kinds(), "families", "kinds"])
