"""`pyramidcalc resize`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.layer import LayerSubject
from pyramidcalc.cli.pairs import PairOption
from pyramidcalc.cli.values import Choice
from pyramidcalc.layers.resampling import MODES, Upsample

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.layers.base import Layer

SCALE = 2.0


class Resize(LayerSubject):
    """One interpolation: torch.nn.Upsample, to a size or by a factor.

    Where both --size and --scale are absent, by 2. With a factor the size is ⌊n·scale⌋ in double precision and
    source samples lie 1/scale apart, as in torch.
    """

    name: str = "resize"

    def params(self) -> list[click.Parameter]:
        return [
            PairOption(["--size"], text="Output size."),
            PairOption(["--scale", "--scale-factor", "scale_factor"], real=True, text="Factor of each side."),
            click.Option(["--mode"], type=Choice(MODES), help="How samples are found.  [default: bilinear]"),
            click.Option(
                ["--align-corners/--no-align-corners"],
                default=None,
                help="Corners of input and output coincide (bilinear and bicubic).",
            ),
        ]

    def defaults(self) -> dict[str, Any]:
        return {"size": None, "scale_factor": None, "mode": "bilinear", "align_corners": None}

    def complete(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = super().complete(values)
        absent = found["size"] is None and found["scale_factor"] is None
        return found | {"scale_factor": SCALE} if absent else found

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        return Upsample(**options)


def subject() -> Resize:
    """The layer as a subject."""
    return Resize()
