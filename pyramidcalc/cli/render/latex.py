"""LaTeX: a tabular of booktabs, exact, with what stands below it as comments."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyramidcalc.cli.answer import Answer

SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "×": r"$\times$",
    "·": r"$\cdot$",
    "≡": r"$\equiv$",
    "≥": r"$\ge$",
    "≤": r"$\le$",
    "→": r"$\to$",
    "²": r"$^2$",
    "−": "$-$",
    "⌊": r"$\lfloor$",
    "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$",
    "⌉": r"$\rceil$",
    "–": "--",
    "…": r"\dots{}",
}
"""Signs of LaTeX's own, and those that text fonts lack."""


def write(answer: Answer) -> None:
    """Writes the rows as they come."""
    columns = answer.chosen()
    if columns:
        alignment = "".join("r" if column.right else "l" for column in columns)
        print(f"% \\usepackage{{booktabs}}\n\\begin{{tabular}}{{{alignment}}}\n\\toprule")
        print(row_of(column.heading for column in columns) + "\n\\midrule")
        for row in answer.rows:
            print(row_of(column.text(row) for column in columns))
        print("\\bottomrule\n\\end{tabular}")
    for line in answer.notes():
        sys.stdout.write(f"% {line.label}: {' '.join(line.text.splitlines())}\n")


def row_of(cells: Iterable[str]) -> str:
    """One row of a tabular."""
    return " & ".join(map(escaped, cells)) + r" \\"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(SIGNS.get(sign, sign) for sign in text.replace("\n", " "))
