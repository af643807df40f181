"""How many taps of a dilated kernel fall inside the map as its rate grows: Figure 4 of DeepLab v3, arXiv 1706.05587."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from pyramidcalc.pictures.sheet import BELOW, COLOURS, LEFT, WIDTH, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

HEIGHT = 1.75
STYLES = ("-", (0, (4, 1.5)), (0, (1, 1)))


def taps(histograms: Mapping[int, Mapping[int, int]], all_taps: int, title: str, note: str) -> Figure:
    """The share of the positions that have so many taps inside, by rate; `histograms` is rate to taps to positions.

    Curves that are the same at every rate are one.
    """
    rates, curves = sorted(histograms), dict[tuple[float, ...], list[int]]()
    for count in sorted({count for histogram in histograms.values() for count in histogram}, reverse=True):
        shares = tuple([histograms[rate].get(count, 0) / sum(histograms[rate].values()) for rate in rates])
        curves.setdefault(shares, []).append(count)
    lines = []
    for index, (shares, counts) in enumerate(curves.items()):
        # Far from where it is above 0, a curve would only lie on the others.
        shown = [share if any(shares[max(i - 1, 0) : i + 2]) else nan for i, share in enumerate(shares)]
        colour, style = COLOURS[index % len(COLOURS)], STYLES[index // len(COLOURS) % len(STYLES)]
        line = Line2D(rates, shown, color=colour, ls=style, lw=1.2, ms=2.5, clip_on=False)
        line.set_marker("o" if len(rates) < 16 else "")
        names = ", ".join(map(str, counts))
        line.set(label=f"{names} of {all_taps}", gid=f"{names} taps")
        lines.append(line)
    sheet = Sheet(title, note, HEIGHT + BELOW, lines)
    axes = sheet.axes(LEFT, 0.03, WIDTH - LEFT - 0.12, HEIGHT - 0.03)
    for line in lines:
        axes.add_line(line)
    axes.set_xlim(rates[0], max(rates[-1], rates[0] + 1))
    axes.set_ylim(0, 1)
    axes.set_xlabel("rate (dilation)")
    axes.set_ylabel("share of the positions")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return sheet.figure
