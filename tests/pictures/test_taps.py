"""The picture of valid taps: curves that are the counts, Figure 4 of DeepLab v3."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import isnan

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

from pyramidcalc.pictures.taps import taps
from tests.pictures.reading import drawn


def counted(rate: int, rows: int, columns: int) -> Counter[int]:
    """Taps inside the map to positions, of a 3×3 kernel with padding = rate, one by one."""
    taps_of = [[sum(0 <= i + t * rate < n for t in (-1, 0, 1)) for i in range(n)] for n in (rows, columns)]
    return Counter(a * b for a, b in product(*taps_of))


def test_curves_are_the_counts() -> None:
    """Every point of every curve; all nine taps are inside in ((65 − 2r)/65)² of the positions."""
    rates = range(1, 97)
    figure = drawn(lambda: taps({rate: counted(rate, 65, 65) for rate in rates}, 9, "Taps inside", "a test"))
    curves = {str(line.get_gid()): line for line in figure.axes[0].lines}
    assert set(curves) == {f"{count} taps" for count in (9, 6, 4, 2, 1)}
    for gid, line in curves.items():
        for rate, share in line.get_xydata().tolist():  # type: ignore[union-attr]
            expected = counted(int(rate), 65, 65)[int(gid.split()[0])] / 65**2
            assert share == expected or (expected == 0 and isnan(share))
    nine = dict(curves["9 taps"].get_xydata().tolist())  # type: ignore[union-attr]
    assert all(nine[rate] == pytest.approx(((65 - 2 * rate) / 65) ** 2) for rate in rates if 2 * rate < 65)


def test_the_legend_names_each_curve() -> None:
    """As many taps as there are of how many."""
    figure = drawn(lambda: taps({rate: counted(rate, 9, 12) for rate in (1, 3, 5)}, 9, "Taps inside", "a test"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [f"{n} of 9" for n in (9, 6, 4, 3, 2)]


def test_curves_that_are_the_same_are_one() -> None:
    """Their numbers of taps stand together, in the legend and as the curve's name."""
    figure = drawn(lambda: taps({1: {6: 2, 3: 2, 2: 4}, 4: {6: 3, 3: 3, 2: 1}}, 9, "Taps inside", "a test"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["6, 3 of 9", "2 of 9"]
    six, two = figure.axes[0].lines
    assert (six.get_gid(), six.get_xydata().tolist()) == ("6, 3 taps", [[1, 2 / 8], [4, 3 / 7]])  # type: ignore[union-attr]
    assert (two.get_gid(), two.get_xydata().tolist()) == ("2 taps", [[1, 4 / 8], [4, 1 / 7]])  # type: ignore[union-attr]
