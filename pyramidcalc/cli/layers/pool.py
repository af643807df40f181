"""`pyramidcalc pool`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.layer import LayerSubject
from pyramidcalc.cli.pairs import PairOption
from pyramidcalc.cli.values import Choice
from pyramidcalc.errors import UsageError
from pyramidcalc.layers.pooling import AvgPool2d, MaxPool2d

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.layers.base import Layer


class Pool(LayerSubject):
    """One pool: torch.nn.MaxPool2d or AvgPool2d.

    Where --stride is absent, the kernel size. Padding is at most half the undilated kernel, as in torch.
    """

    name: str = "pool"

    def params(self) -> list[click.Parameter]:
        return [
            click.Option(["--kind"], type=Choice(("max", "avg")), help="What a window gives.  [default: max]"),
            PairOption(["--kernel", "--kernel-size", "kernel_size"], text="Kernel size.  [default: 2]"),
            PairOption(["--stride"], text="Stride; the kernel size where absent."),
            PairOption(["--padding"], least=0, text="Padding on both sides.  [default: 0]"),
            PairOption(["--dilation"], text="Dilation rate, for max only.  [default: 1]"),
            click.Option(
                ["--ceil-mode/--no-ceil-mode"],
                default=False,
                show_default=True,
                help="Keep a last window that starts inside the input or its front padding.",
            ),
        ]

    def defaults(self) -> dict[str, Any]:
        return {"kind": "max", "kernel_size": 2, "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False}

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        given = {name: value for name, value in options.items() if name != "kind"}
        if options["kind"] == "max":
            return MaxPool2d(**given)
        if given.pop("dilation") not in (1, (1, 1)):
            raise UsageError("an average pool has no dilation", hint="leave --dilation out, or use --kind max")
        return AvgPool2d(**given)


def subject() -> Pool:
    """The layer as a subject."""
    return Pool()
