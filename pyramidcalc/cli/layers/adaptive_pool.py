"""`pyramidcalc adaptive-pool`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.layer import LayerSubject
from pyramidcalc.cli.pairs import PairOption
from pyramidcalc.cli.values import Choice
from pyramidcalc.indexmap import IDENTITY
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.indexmap import IndexMap
    from pyramidcalc.layers.base import Layer

KINDS: dict[str, type[Layer]] = {"avg": AdaptiveAvgPool2d, "max": AdaptiveMaxPool2d}


class AdaptivePool(LayerSubject):
    """One adaptive pool: torch.nn.AdaptiveAvgPool2d or AdaptiveMaxPool2d.

    Gives the same number of bins for every input size; they overlap where the one does not divide the other.
    """

    name: str = "adaptive-pool"

    def params(self) -> list[click.Parameter]:
        return [
            click.Option(["--kind"], type=Choice(tuple(KINDS)), help="What a bin gives.  [default: avg]"),
            PairOption(
                ["--size", "--output-size", "output_size"],
                free="none",
                text="Output size; none keeps an axis, as in nonex7.  [default: 1]",
            ),
        ]

    def defaults(self) -> dict[str, Any]:
        return {"kind": "avg", "output_size": 1}

    def letters(self, axis_map: IndexMap) -> str:
        return "n" if axis_map is IDENTITY else super().letters(axis_map)

    def numbers(self, axis_map: IndexMap, n: int) -> str:
        return f"{n}, kept" if axis_map is IDENTITY else super().numbers(axis_map, n)

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        return KINDS[options["kind"]](output_size=options["output_size"])


def subject() -> AdaptivePool:
    """The layer as a subject."""
    return AdaptivePool()
