"""`pyramidcalc bins`: which rows and columns every bin of a pool reads."""

from __future__ import annotations

from typing import Any

import pytest

from tests import naive
from tests.cli.conftest import invoke, invoke_json


def pools(*args: str) -> dict[str, dict[str, Any]]:
    """The JSON of every pool, by layer."""
    return {pool["layer"]: pool for pool in invoke_json("bins", *args)["pools"]}


@pytest.mark.parametrize(("n", "m"), [(13, 4), (17, 6), (5, 8), (12, 3)])
def test_adaptive_bins_are_those_of_listing(n: int, m: int) -> None:
    """Ends, positions that several bins read, and none in the padding."""
    axis = pools("adaptive-pool", "--output-size", str(m), "--input", f"{n}x7")["adaptive-pool"]["height"]
    reads = naive.adaptive(n, m)
    assert axis["bins"] == [[read[0], read[-1]] for read in reads]
    assert axis["overlaps"] == [i for i in range(n) if sum(i in read for read in reads) > 1]
    assert (axis["size"], axis["unread"], axis["padding"]) == (n, [], [0, 0])


def test_spp_of_the_ports_reads_padding() -> None:
    """Caffe's rule on 13: four windows of 4 with padding 2, of which one position lies behind the map."""
    height = pools("spp", "--bins", "4", "2", "1")["bin4.pool"]["height"]
    assert (height["bins"], height["padding"]) == ([[-2, 1], [2, 5], [6, 9], [10, 13]], [2, 1])
    assert (height["overlaps"], height["unread"]) == ([], [])


def test_spp_of_the_paper_overlaps_and_leaves_a_tail() -> None:
    """Window ⌈n/3⌉, stride ⌊n/3⌋: on 13 two positions are read twice, on 17 the last one is not read."""
    pool = pools("spp", "--method", "window", "--bins", "3", "--input", "13x17")["bin3.pool"]
    assert (pool["height"]["overlaps"], pool["height"]["unread"]) == ([4, 8], [])
    assert (pool["width"]["overlaps"], pool["width"]["unread"]) == ([5, 10], [16])


def test_dspp_and_ppm_are_read_too() -> None:
    """DSPP's grid leaves a tail; PPM's bins take all."""
    assert pools("dspp", "--input", "15x23")["bin4.pool"]["width"]["unread"] == [20, 21, 22]
    assert [pool["height"]["unread"] for pool in pools("ppm").values()] == [[]] * 4


def test_resizes_and_pools_of_given_windows_are_no_bins(form: str) -> None:
    """A network without any says so."""
    assert pools("pool") == pools("resize") == pools("fpn-resnet", "--input", "64x96") == {}
    result = invoke("bins", "conv", "--format", form)
    assert (result.exit_code, "no pool with a number of bins" in result.stdout or form in ("json", "csv")) == (0, True)


def test_table_has_a_row_an_axis() -> None:
    """Ends of all bins, with what is read twice or never where there is any."""
    text = invoke("bins", "spp", "--method", "window", "--bins", "3", "--input", "13x17").stdout
    assert "bin3.pool  height    13     3  0–4, 4–8, 8–12    4, 8\n" in text
    assert "bin3.pool  width     17     3  0–5, 5–10, 10–15  5, 10            16\n" in text
    assert "in the padding" not in text


def test_too_many_bins_are_unknown() -> None:
    """A map of millions costs nothing."""
    axis = pools("adaptive-pool", "--input", "9000000")["adaptive-pool"]["width"]
    assert (axis["size"], axis["bins"], axis["unread"]) == (9000000, None, None)
    assert "unknown" in invoke("bins", "adaptive-pool", "--input", "9000000").stdout


def test_what_comes_before_a_failing_layer_is_told(form: str) -> None:
    """Exit code 1 and the reason."""
    result = invoke("bins", "dspp", "--bins", "2", "13", "--input", "4x12x16", "--format", form)
    assert (result.exit_code, "bin2.pool" in result.stdout) == (1, True)
    assert "13 bins on 12" in result.output or form == "csv"
