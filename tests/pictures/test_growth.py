"""The picture of growth: a dot a layer, at its depth along the graph and the size of its receptive field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from matplotlib.colors import to_hex
from matplotlib.patches import Polygon, Rectangle

import pyramidcalc as pc
from pyramidcalc.cli.rows import fold
from pyramidcalc.pictures.growth import BEYOND, growth
from pyramidcalc.pictures.sheet import COLOURS
from tests.naive import Walk
from tests.pictures.reading import branched, drawn

if TYPE_CHECKING:
    from typing import Any

    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    from pyramidcalc.report import Report


def figure_of(report: Report) -> Figure:
    """The picture as a command draws it."""
    return drawn(lambda: growth(report, fold(report, None, collapsed=True), "a test"))


def dots(figure: Figure) -> dict[str, Line2D]:
    """The dots by their layers; of several curves the last one's."""
    return {str(line.get_gid()): line for line in figure.axes[0].lines if line.get_gid()}


def place(line: Line2D) -> tuple[Any, Any]:
    """Where a dot stands."""
    ((x, y),) = line.get_xydata().tolist()  # type: ignore[union-attr]
    return x, y


def places(figure: Figure) -> dict[str, tuple[Any, Any]]:
    """Layer to the place of its dot."""
    return {name: place(line) for name, line in dots(figure).items()}


def test_dots_stand_at_what_listing_counts() -> None:
    """Depth: windows and resizes along the longest way. Size: the extent that an output's elements really read."""
    report = pc.analyze_graph(branched(), {"input": (1, 11, 17)})
    assert report.resolved is not None
    walk = Walk(report.resolved, clip=False)
    sizes = {}
    for name in ("near.conv", "far.conv"):
        rows, columns = zip(*[element[1:] for _, element in walk.reads(name, (0, 5, 8))], strict=True)
        sizes[name] = (max(rows) - min(rows) + 1, max(columns) - min(columns) + 1)
    figure = figure_of(report)
    curves = [[place(line) for line in figure.axes[0].lines if line.get_gid() == name] for name in sizes]
    assert curves == [[(1, height), (1, width)] for height, width in sizes.values()]
    assert sizes == {"near.conv": (5, 13), "far.conv": (9, 11)}


def test_published_fields_are_where_they_belong() -> None:
    """VGG-16 ends at 212 after 18 layers that read more than one place, 5 of them pools."""
    found = places(figure_of(pc.analyze("vgg16")))
    assert list(found.values())[-1] == (18, 212)
    assert list(found.values())[:3] == [(1, 3), (2, 5), (3, 6)]


def test_depth_is_along_the_graph() -> None:
    """Parallel branches stand above each other, whatever their order in the list."""
    found = places(figure_of(pc.analyze("aspp", rate=(6, 12, 18), input=64)))
    assert found == {
        "rate6.conv": (1, 13),
        "rate12.conv": (1, 25),
        "rate18.conv": (1, 37),
        "pooling.pool": (1, 1),  # of the axes' height: it has no size
        "pooling.resize": (2, 1),
    }


def test_what_reads_everything_is_hollow() -> None:
    """Dilated layers are diamonds, those with a global path hollow, those with no other triangles at the top."""
    shapes = {
        name: (dot.get_marker(), to_hex(dot.get_markerfacecolor()))
        for name, dot in dots(figure_of(pc.analyze("deeplabv3"))).items()
    }
    assert shapes["aspp.rate6.conv"] == ("D", COLOURS[0].lower())
    assert shapes["backbone.conv1"] == ("o", COLOURS[0].lower())
    assert shapes["aspp.pooling.pool"] == ("^", "#ffffff")
    assert shapes["classifier.resize"] == ("o", "#ffffff")


def test_the_band_begins_at_the_input() -> None:
    """Where the field is larger than the input, on either axis."""
    axes = figure_of(pc.analyze("resnet", variant=18, input=(160, 224))).axes[0]
    bands = [patch for patch in axes.patches if to_hex(patch.get_facecolor()) == BEYOND.lower()]
    starts = [patch.get_y() for patch in bands if isinstance(patch, Rectangle)]
    starts += [patch.get_xy()[:, 1].min() for patch in bands if isinstance(patch, Polygon)]
    assert sorted(starts) == [160, 224]


def test_axes_that_differ_have_a_curve_each() -> None:
    """And so have inputs."""
    labels = [text.get_text() for text in figure_of(pc.analyze("conv", kernel_size=(3, 7))).legends[0].get_texts()]
    assert labels == ["height (224)", "width (224)", "layer"]
    legend = figure_of(pc.analyze("fpn", input=(24, 32))).legends[0]
    assert [text.get_text() for text in legend.get_texts()][:2] == ["c2 (24×32)", "c3 (12×16)"]


def test_of_several_curves_those_that_reach_the_inputs_size_show_it() -> None:
    """A dashed line a size, in the curve's colour; lines far above all curves would crowd them."""
    report = pc.analyze("conv", kernel_size=(3, 7), input=(5, 11))
    figure = figure_of(report)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["height (5)", "width (11)", "layer"]
    figure = figure_of(pc.analyze("conv", kernel_size=(3, 7), padding=(1, 3), input=(5, 7)))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["height (5)", "width (7, dashed)", "layer"]
    dashed = [str(line.get_ydata()) for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert dashed == ["[7, 7]"]


def test_scopes_stand_below_their_layers() -> None:
    """A bar a row of the folded table, with its name."""
    names = [text.get_text() for text in figure_of(pc.analyze("deeplabv3")).texts]
    assert {"conv1", "maxpool", "layer1", "layer2", "layer3", "layer4", "aspp", "classifier"} <= set(names)


def test_scopes_of_the_same_depths_share_a_bar() -> None:
    """Parallel branches stand in one line, the first and the last one's names where all of them are too long."""
    names = [text.get_text() for text in figure_of(pc.analyze("aspp", rate=(6, 12, 18))).texts]
    assert "rate6, rate12, rate18" in names
    names = [text.get_text() for text in figure_of(pc.analyze("aspp", rate=tuple(range(1, 13)))).texts]
    assert {"rate1 … rate12", "pooling"} <= set(names)
