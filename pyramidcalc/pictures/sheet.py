"""What all pictures share: one column of a paper wide, put together in inches, and saved the same bytes every time."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.style import context
from matplotlib.textpath import text_to_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#F0E442", "#000000")
"""Okabe and Ito's, which people of any colour vision tell apart: jfly.uni-koeln.de/color."""
BLUE, VERMILION = COLOURS[0], COLOURS[4]
TINT = "#E3EAF1"
"""What fills the whole input."""
GREY = "#595959"
WIDTH = 3.4
"""Inches: a column of a page of two."""
MARGIN = 0.04
LEFT = 0.56
"""Inches left of an axis, for its numbers and its name."""
BELOW = 0.36
"""Inches below an axis, for its numbers and its name."""
TITLE, TEXT, SMALL = 8.0, 7.0, 6.5
"""Sizes of type in points."""
LINE = 1.3 / 72
"""Inches of a line of type of one point."""
HANDLE = 0.27
"""Inches of a legend's sign and the gap behind it."""
ROW = 0.145
"""Inches of a legend's row."""
SPACE = 0.06
"""Inches between a body and its legend."""
STYLE = {
    "font.family": "DejaVu Sans",  # it comes with matplotlib, so that texts are as wide everywhere
    "font.size": TEXT,
    "axes.labelsize": TEXT,
    "axes.linewidth": 0.6,
    "axes.edgecolor": GREY,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": TEXT,
    "legend.frameon": False,
    "legend.borderpad": 0.0,
    "legend.borderaxespad": 0.0,
    "legend.labelspacing": ROW * 72 / TEXT - 1.16,
    "legend.handlelength": 1.3,
    "legend.handleheight": 0.8,
    "legend.handletextpad": 0.6,
    "legend.columnspacing": 1.0,
    "hatch.linewidth": 0.5,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "pyramidcalc",
    "pdf.fonttype": 42,
}
NAMELESS = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}
"""What the formats would tell of time and program: nothing, so that the same picture is the same file."""

DOTS = {"svg": 120, "pdf": 300, "png": 300}
"""Dots an inch of images; an .svg is for screens, and small."""


@contextmanager
def styled() -> Iterator[None]:
    """matplotlib's defaults with our style, whatever the user's settings; figures are made and saved inside."""
    with catch_warnings(), context(["default", STYLE]):
        filterwarnings("ignore", "Glyph .* missing")  # a layer's name in a script that the font lacks
        yield


def encoded(draw: Callable[[], Figure], form: str) -> bytes:
    """The picture that `draw` makes as a file: "svg", "png" or "pdf"."""
    buffer = BytesIO()
    with styled():
        draw().savefig(buffer, format=form, metadata=NAMELESS[form], dpi=DOTS[form])
    return buffer.getvalue()


def measured(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """Inches of the widest line of a text in our font."""
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    widths = [text_to_path.get_text_width_height_descent(line, font, ismath=False)[0] for line in text.split("\n")]
    return max(widths) / 72


def wrapped(text: str, inches: float, size: float = TEXT, *, bold: bool = False) -> str:
    """The text in lines of some width; what has no blank to break at is broken anywhere."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measured(longer, size, bold=bold) <= inches:
            lines[-1] = longer
            continue
        lines.append("")
        for sign in word:
            if measured(lines[-1] + sign, size, bold=bold) > inches:
                lines.append("")
            lines[-1] += sign
    return "\n".join(lines)


def lines_of(text: str) -> int:
    """How many lines a text has."""
    return text.count("\n") + 1 if text else 0


class Sheet:
    """A figure with a title, a note on how it was made, a body of `height` inches for axes, and a legend below."""

    def __init__(self, title: str, note: str, height: float, entries: Sequence[Artist] = ()) -> None:
        room = WIDTH - 2 * MARGIN
        title, note = wrapped(title, room, TITLE, bold=True), wrapped(note, room)
        first, second = lines_of(title) * TITLE * LINE, lines_of(note) * TEXT * LINE
        self._top = MARGIN + first + second + 0.07
        columns, below = legend_size(entries, room)
        self._tall = self._top + height + below + MARGIN
        self.figure = Figure(figsize=(WIDTH, self._tall))
        self.text(MARGIN, MARGIN - self._top, title, size=TITLE, weight="bold")
        self.text(MARGIN, MARGIN + first - self._top, note, color=GREY)
        if entries:
            corner = MARGIN / WIDTH, (below + MARGIN - SPACE) / self._tall
            self.figure.legend(handles=entries, loc="upper left", bbox_to_anchor=corner, ncols=columns)

    def text(self, left: float, top: float, text: str, **style: Any) -> None:
        """A text with its upper left corner so many inches from the body's."""
        settings: dict[str, Any] = {"va": "top", "size": TEXT, "linespacing": LINE * 72 / 1.16} | style
        self.figure.text(left / WIDTH, self._up(top), text, **settings)

    def line(self, left: float, right: float, top: float) -> None:
        """A thick level line, so many inches from the body's upper left corner."""
        ends = [left / WIDTH, right / WIDTH], [self._up(top)] * 2
        self.figure.add_artist(Line2D(*ends, color="#999999", lw=2, solid_capstyle="butt"))

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes with their upper left corner so many inches from the body's."""
        return self.figure.add_axes((left / WIDTH, self._up(top + height), width / WIDTH, height / self._tall))

    def _up(self, top: float) -> float:
        """matplotlib's share of the figure's height, from below."""
        return 1 - (self._top + top) / self._tall


def legend_size(entries: Sequence[Artist], room: float) -> tuple[int, float]:
    """Columns of a legend that has some inches of room, and its height; labels are folded to fit."""
    if not entries:
        return 1, 0.0
    labels = [wrapped(str(entry.get_label()), room - HANDLE - 0.05) for entry in entries]
    for entry, label in zip(entries, labels, strict=True):
        entry.set_label(label)
    widest, tallest = max(map(measured, labels)), max(map(lines_of, labels))
    columns = min(len(labels), int(room / (widest + HANDLE + 0.1))) if tallest == 1 else 1
    rows = [labels[start::columns] for start in range(columns)] if columns > 1 else [labels]
    return max(columns, 1), SPACE + max(sum(ROW + (lines_of(label) - 1) * TEXT * LINE for label in row) for row in rows)
