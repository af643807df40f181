"""`pyramidcalc conv-transpose`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.layer import LayerSubject
from pyramidcalc.cli.pairs import PairOption
from pyramidcalc.cli.values import Whole
from pyramidcalc.layers.convolution import ConvTranspose2d

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.layers.base import Layer


class ConvTranspose(LayerSubject):
    """One transposed convolution: torch.nn.ConvTranspose2d.

    Where --out-channels is absent, as many as the input has.

    Source: Dumoulin & Visin, arXiv 1603.07285, section 4.
    """

    name: str = "conv-transpose"

    def params(self) -> list[click.Parameter]:
        return [
            PairOption(["--kernel", "--kernel-size", "kernel_size"], text="Kernel size.  [default: 4]"),
            PairOption(["--stride"], text="Stride.  [default: 2]"),
            PairOption(["--padding"], least=0, text="Padding that is cut off on both sides.  [default: 1]"),
            PairOption(["--output-padding"], least=0, text="Rows added at the end.  [default: 0]"),
            PairOption(["--dilation"], text="Dilation rate.  [default: 1]"),
            click.Option(["--out-channels"], type=Whole(example=64), metavar="N", help="Output channels."),
            click.Option(["--groups"], type=Whole(), metavar="N", help="Groups of channels.  [default: 1]"),
            click.Option(["--bias/--no-bias"], default=True, show_default=True, help="A bias for each output channel."),
        ]

    def defaults(self) -> dict[str, Any]:
        return {
            "out_channels": None,
            "kernel_size": 4,
            "stride": 2,
            "padding": 1,
            "output_padding": 0,
            "dilation": 1,
            "groups": 1,
            "bias": True,
        }

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        given = {"in_channels": channels, **options, "out_channels": options["out_channels"] or channels}
        return ConvTranspose2d(**given)


def subject() -> ConvTranspose:
    """The layer as a subject."""
    return ConvTranspose()
