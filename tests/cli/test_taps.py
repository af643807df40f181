"""`pyramidcalc taps`: how many taps of a dilated kernel fall inside the map."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

import pytest

from tests.cli.conftest import below, invoke, invoke_json


def counted(kernel: tuple[int, ...], rate: int, sizes: tuple[int, ...]) -> dict[int, int]:
    """Taps to positions, tap by tap and position by position."""
    found: Counter[int] = Counter()
    for place in product(*map(range, sizes)):
        taps = product(*map(range, kernel))
        inside = 0
        for tap in taps:
            starts = [i - rate * (k - 1) // 2 for i, k in zip(place, kernel, strict=True)]
            inside += all(0 <= s + t * rate < n for s, t, n in zip(starts, tap, sizes, strict=True))
        found[inside] += 1
    return found


def histograms(*args: str) -> dict[int, dict[int, int]]:
    """Rate to taps to positions, of the JSON."""
    rows = invoke_json("taps", *args)["rates"]
    return {row["rate"]: {int(taps): count for taps, count in row["taps"].items()} for row in rows}


def test_figure_4_of_deeplab_v3() -> None:
    """While 2r < 65, ((65 − 2r)/65)² of the positions have all nine taps; from rate 65 on all have one alone."""
    found = histograms("--kernel", "3", "--rate", "1..96", "--input", "65x65")
    assert list(found) == list(range(1, 97))
    for rate, histogram in found.items():
        assert histogram.get(9, 0) == max(0, 65 - 2 * rate) ** 2
        assert sum(histogram.values()) == 65**2
        assert (histogram == {1: 65**2}) == (rate >= 65)


@pytest.mark.parametrize(
    ("kernel", "sizes", "rates"),
    [
        ((3, 3), (13, 8), (2, 5, 7, 11)),
        ((5, 2), (9, 12), (1, 3)),
        ((3,), (11,), (4, 6)),
        ((2, 3, 1), (4, 5, 3), (2, 3)),
    ],
)
def test_counts_are_those_of_listing(kernel: tuple[int, ...], sizes: tuple[int, ...], rates: tuple[int, ...]) -> None:
    """Every position, every tap, on one to three axes; a 3×3 on a map that is no square has 3 taps somewhere."""
    texts = ("x".join(map(str, kernel)), "x".join(map(str, sizes)), *map(str, rates))
    found = histograms("--kernel", texts[0], "--input", texts[1], "--rate", *texts[2:], "--dims", str(len(sizes)))
    assert found == {rate: counted(kernel, rate, sizes) for rate in rates}
    assert all(sum(histogram.values()) == prod(sizes) for histogram in found.values())


def test_table_says_from_which_rate_on_something_is_lost() -> None:
    """A column a number of taps, a row a rate; then where all taps are no longer inside, and where one is left."""
    args = ("taps", "--rate", "6", "18..30..12", "--input", "33x20")
    lines = invoke(*args).stdout.splitlines()
    assert lines[0].split("  ")[:2] == ["rate", "9 taps"]
    assert [line.split()[0] for line in lines[2:5]] == ["6", "18", "30"]
    assert below(*args) == {
        "positions": "660 of a 3×3 that keeps 33×20",
        "all inside": "at no position from rate 10 on",
        "one at most": "at every position from rate 33 on",
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--rate", "0"), "'0' is no rate"),
        (("--rate", "0..5"), "holds rates below 1"),
        (("--rate", "9..5"), "holds no number"),
        (("--rate", "1..1000000", "--input", "65"), "over the limit"),
        (("--input", "100000x100000"), "over the limit"),
        (("--kernel", "3x3x3", "--input", "65x65"), "65×65 has not one number an axis of 3"),
        (("--kernel", "x"), "is not"),
    ],
)
def test_wrong_questions_are_wrong_usage(args: tuple[str, ...], message: str) -> None:
    """Exit code 2, one sentence."""
    result = invoke("taps", *args)
    assert (result.exit_code, result.stdout, message in result.stderr) == (2, "", True)
