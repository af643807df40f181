"""`pyramidcalc conv`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.layer import LayerSubject
from pyramidcalc.cli.pairs import PairOption
from pyramidcalc.cli.values import Choice, Whole
from pyramidcalc.indexmap import PADDING_MODES
from pyramidcalc.layers.convolution import Conv2d

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pyramidcalc.layers.base import Layer


class Conv(LayerSubject):
    """One convolution: torch.nn.Conv2d.

    Where --out-channels is absent, as many as the input has.

    Source: Dumoulin & Visin, arXiv 1603.07285.
    """

    name: str = "conv"

    def params(self) -> list[click.Parameter]:
        return [
            PairOption(["--kernel", "--kernel-size", "kernel_size"], text="Kernel size.  [default: 3]"),
            PairOption(["--stride"], text="Stride.  [default: 1]"),
            PairOption(["--padding"], least=0, words=("same", "valid"), text="Padding on both sides.  [default: 0]"),
            PairOption(["--dilation"], text="Dilation rate: d − 1 zeros between taps.  [default: 1]"),
            click.Option(["--out-channels"], type=Whole(example=64), metavar="N", help="Output channels."),
            click.Option(["--groups"], type=Whole(), metavar="N", help="Groups of channels.  [default: 1]"),
            click.Option(["--bias/--no-bias"], default=True, show_default=True, help="A bias for each output channel."),
            click.Option(["--padding-mode"], type=Choice(PADDING_MODES), help="What padding holds.  [default: zeros]"),
        ]

    def defaults(self) -> dict[str, Any]:
        return {
            "out_channels": None,
            "kernel_size": 3,
            "stride": 1,
            "padding": 0,
            "dilation": 1,
            "groups": 1,
            "bias": True,
            "padding_mode": "zeros",
        }

    def layer(self, channels: int, options: Mapping[str, Any]) -> Layer:
        return Conv2d(**{"in_channels": channels, **options, "out_channels": options["out_channels"] or channels})


def subject() -> Conv:
    """The layer as a subject."""
    return Conv()
