"""The receptive field block: branches whose kernels and dilation rates grow together."""

from typing import Literal, NamedTuple

from pyramidcalc.blocks._units import RELU, conv2d, foreign, normed, padded_conv, positive
from pyramidcalc.errors import LayerError
from pyramidcalc.graph import Builder, Value
from pyramidcalc.indexmap import same_pad
from pyramidcalc.layers.merging import Add, Concat

INPUT = (1024, 19, 19)
"""conv7 of RFB Net at 300×300."""

MOMENTUM = 0.01
"""Of every BatchNorm in the authors' code."""
PARTS = {"rfb": 8, "rfb-s": 4}
"""A branch is as wide as the input's channels divided by this, times a step's factor."""


class Step(NamedTuple):
    """One convolution of a branch: its width as (times, divided by) of the branch's, its kernel (rows, columns)."""

    width: tuple[int, int] = (1, 1)
    kernel_size: tuple[int, int] = (1, 1)
    rate: int = 1
    strided: bool = False


def rfb(
    b: Builder,
    x: Value,
    *,
    variant: Literal["rfb", "rfb-s"] = "rfb",
    visual: int | None = None,
    stride: Literal[1, 2] | None = None,
    out_channels: int | None = None,
) -> Value:
    """Receptive field block: branches of growing kernels end in dilated 3×3 of growing rates, beside a shortcut.

    rfb has three branches: 1×1, 3×3, and two 3×3 for a 5×5, before a 3×3 at rates v, v + 1 and 2v + 1 of `visual` v: 2,
    3 and 5 (the paper's figure has 1, 3 and 5). rfb-s, for small fields, has four, with 3×1 and 1×3 before rates 1, 3,
    3 and 5. The concatenated branches pass a 1×1; the input, through a 1×1 of its own, is added, and ReLU follows.
    Convolutions have BatchNorm and no bias, and ReLU but where a branch ends. The factor on the branches, 1 wherever
    the authors use the block, is left out.

    Options:
        variant: rfb or rfb-s.
        visual: what the rates of rfb follow from; 2 where absent.
        stride: stride of rfb, on a convolution of each branch and on the shortcut; 1 where absent.
        out_channels: output channels; the input's where absent.

    Source: Liu, Huang & Wang 2018, arXiv 1711.07767, section 3.2 and figure 4; the authors' code (RFBNet).
    """
    if variant == "rfb-s":
        foreign("rfb", "variant rfb", visual=visual, stride=stride)
    outputs = x.width if out_channels is None else positive("rfb", "out_channels", out_channels)
    steps = _branches(variant, positive("rfb", "visual", 2 if visual is None else visual))
    if x.width < 4 * PARTS[variant]:
        raise LayerError(
            f"rfb: {x.width} input channels are too few for branches of ⌊{x.width}/{PARTS[variant]}⌋ and parts of it",
            hint=f"use at least {4 * PARTS[variant]} channels",
        )
    maps = []
    for number, branch in enumerate(steps):
        with b.scope(f"branch{number}"):
            maps.append(_branch(b, x, branch, x.width // PARTS[variant], stride or 1))
    with b.scope("linear"):
        y = b.add("concat", Concat(), *maps)
        y = normed(b, y, padded_conv(y.width, outputs), "conv norm", momentum=MOMENTUM)
    with b.scope("shortcut"):
        x = normed(b, x, padded_conv(x.width, outputs, stride=stride or 1), "conv norm", momentum=MOMENTUM)
    return b.add("act", RELU, b.add("add", Add(), y, x))


def _branches(variant: str, visual: int) -> tuple[tuple[Step, ...], ...]:
    """The steps of each branch, the dilated 3×3 last."""
    square, tall, flat = (3, 3), (3, 1), (1, 3)
    if variant == "rfb-s":
        return (
            (Step(), Step(kernel_size=square)),
            (Step(), Step(kernel_size=tall), Step(kernel_size=square, rate=3)),
            (Step(), Step(kernel_size=flat), Step(kernel_size=square, rate=3)),
            (Step((1, 2)), Step((3, 4), flat), Step(kernel_size=tall), Step(kernel_size=square, rate=5)),
        )
    return (
        (Step((2, 1), strided=True), Step((2, 1), square, visual)),
        (Step(), Step((2, 1), square, strided=True), Step((2, 1), square, visual + 1)),
        (Step(), Step((3, 2), square), Step((2, 1), square, strided=True), Step((2, 1), square, 2 * visual + 1)),
    )


def _branch(b: Builder, x: Value, steps: tuple[Step, ...], width: int, stride: int) -> Value:
    """The steps in a row, padded to keep the size but for the stride: (C, H, W) → (·, H/stride, W/stride)."""
    for number, ((times, parts), kernel_size, rate, strided) in enumerate(steps):
        padding = tuple([same_pad(k, rate)[0] for k in kernel_size])
        steps_by = stride if strided else 1
        conv = conv2d(x.width, width // parts * times, kernel_size, steps_by, padding, rate, bias=False)
        names = "conv norm act" if number < len(steps) - 1 else "conv norm"
        with b.scope(f"{number}"):
            x = normed(b, x, conv, names, momentum=MOMENTUM)
    return x
