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
    """The share of the positions that have so many taps inside, by rate; `histograms` is rate to taps to positions."""
    kinds = sorted({count for histogram in histograms.values() for count in histogram}, reverse=True)
    styles = [(COLOURS[index % len(COLOURS)], STYLES[index // len(COLOURS) % 3]) for index in range(len(kinds))]
    entries = [
        Line2D([], [], color=colour, ls=style, lw=1.2, label=f"{count} of {all_taps}")
        for count, (colour, style) in zip(kinds, styles, strict=True)
    ]
    sheet = Sheet(title, note, HEIGHT + BELOW, entries)
    axes = sheet.axes(LEFT, 0.03, WIDTH - LEFT - 0.12, HEIGHT - 0.03)
    rates = sorted(histograms)
    for count, (colour, style) in zip(kinds, styles, strict=True):
        shares = [histograms[rate].get(count, 0) / sum(histograms[rate].values()) for rate in rates]
        # Far from where it is above 0, a curve would only lie on the others.
        shown = [share if any(shares[max(index - 1, 0) : index + 2]) else nan for index, share in enumerate(shares)]
        marker = "o" if len(rates) < 16 else ""
        axes.plot(
            rates, shown, marker=marker, ms=2.5, color=colour, ls=style, lw=1.2, clip_on=False, gid=f"{count} taps"
        )
    axes.set_xlim(rates[0], max(rates[-1], rates[0] + 1))
    axes.set_ylim(0, 1)
    axes.set_xlabel("rate (dilation)")
    axes.set_ylabel("share of the positions")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    return sheet.figure
