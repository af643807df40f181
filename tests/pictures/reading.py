"""How drawn pictures are read back: the colour at the middle of every pixel, and every text with its frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Concat
from pyramidcalc.layers.pooling import AdaptiveAvgPool2d
from pyramidcalc.layers.resampling import Upsample
from pyramidcalc.pictures.sheet import styled
from tests.naive import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pyramidcalc.passes.shapes import Resolved

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in dots."""
WHITE = "#ffffff"


def drawn(draw: Callable[[], Figure]) -> Figure:
    """The figure, in our style and drawn at 200 dots an inch."""
    with styled():
        figure = draw()
        figure.set_dpi(200)
        FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    return figure


def colours(figure: Figure, axes: Axes, rows: int, columns: int) -> list[list[str]]:
    """The colour that a reader sees at the middle of each pixel, row by row."""
    image = figure.canvas.buffer_rgba()  # type: ignore[attr-defined]  # `drawn` gave it Agg's canvas
    height = image.shape[0]

    def colour(row: int, column: int) -> str:
        x, y = axes.transData.transform((column, row))
        red, green, blue = (image[round(height - 1 - y), round(x), channel] / 255 for channel in range(3))
        return to_hex((red, green, blue))

    return [[colour(row, column) for column in range(columns)] for row in range(rows)]


def texts(figure: Figure) -> Iterator[tuple[str, Box]]:
    """Every text that is seen, with its frame."""
    hidden = set()
    for axes in figure.axes:
        for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            for tick in axis.get_major_ticks():
                # Labels of ticks outside the view exist, but are not drawn.
                if not min(ends) <= tick.get_loc() <= max(ends) or not axes.axison:
                    hidden |= {tick.label1, tick.label2}
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden:
            yield text.get_text(), text.get_window_extent().extents


def branched() -> Graph:
    """Two dilated convolutions, a global pool and the input itself, joined and projected; H and W never alike."""
    b = Builder()
    x = b.input("input", 1)
    with b.scope("near"):
        near = b.add("act", ReLU(), b.add("conv", Conv2d(1, 1, (3, 5), padding=(2, 6), dilation=(2, 3)), x))
    with b.scope("far"):
        far = b.add("conv", Conv2d(1, 1, 3, padding=(4, 5), dilation=(4, 5)), x)
    with b.scope("pooling"):
        pooled = b.add("resize", Upsample((11, 17), None, "nearest"), b.add("pool", AdaptiveAvgPool2d(1), x))
    b.output("result", b.add("project", Conv2d(4, 1, 1), b.add("join", Concat(), near, far, pooled, x)))
    return b.build()


def read_naively(resolved: Resolved, node: str, position: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Positions of the one input, of one channel, that a pixel reads, by listing."""
    return {tuple(element[1:]) for _, element in Walk(resolved, clip=True).reads(node, (0, *position))}
