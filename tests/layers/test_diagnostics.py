"""What layers say of themselves: degenerate rates, unread input, bin counts, norms on one pixel."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc import layers
from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.indexmap import PADDING_MODES, Window
from tests import naive

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Diagnostic, Layer


def make(kind: str, *args: Any, **kwargs: Any) -> Layer:
    """A layer by its name."""
    return layers.kinds()[kind](*args, **kwargs)


def diagnosed(layer: Layer, shape: tuple[int, ...], batch: int = 1) -> list[Diagnostic]:
    """All diagnostics of a layer on one shape."""
    return list(layer.diagnose((shape,), layer.output_shape(shape, batch=batch), batch))


def codes(layer: Layer, shape: tuple[int, ...], batch: int = 1) -> list[tuple[str, str]]:
    """Codes and severities of all diagnostics."""
    return [(note.code, note.severity) for note in diagnosed(layer, shape, batch)]


def dilated(rate: int | tuple[int, int], **kwargs: Any) -> Layer:
    """A 3×3 that keeps the size."""
    return make("Conv2d", 5, 6, 3, padding=rate, dilation=rate, **kwargs)


@pytest.mark.parametrize(("rate", "degenerate"), [(1, False), (16, False), (17, True), (18, True), (33, True)])
def test_degenerate_rate_begins_where_no_window_fits(rate: int, degenerate: bool) -> None:
    """On 33×40 a 3×3 at rate r has all taps inside nowhere once 2r ≥ 33."""
    assert (("degenerate-rate", "warning") in codes(dilated(rate), (5, 33, 40))) == degenerate
    assert (Window(3, 1, rate, rate, rate).full_windows(33) == 0) == degenerate


def test_degenerate_rate_names_rate_span_and_size() -> None:
    """The message has the numbers, the hint the largest rate that helps."""
    (note,) = diagnosed(dilated(18), (5, 33, 40))
    assert note.message == "no position has all 3 taps inside: rate 18 spans 37 of 33 rows"
    assert note.hint == "use a rate below 17 here"


def test_degenerate_rate_names_columns() -> None:
    """Where the columns are too few it says so."""
    (note,) = diagnosed(dilated(18), (5, 40, 33))
    assert note.message == "no position has all 3 taps inside: rate 18 spans 37 of 33 columns"


@pytest.mark.parametrize(
    ("shape", "single"), [((5, 18, 18), True), ((5, 18, 19), False), ((5, 19, 18), False), ((5, 7, 3), True)]
)
def test_degenerate_rate_says_when_it_is_a_1x1(shape: tuple[int, int, int], single: bool) -> None:
    """At a rate of both sizes or more only one tap is ever inside: a 1×1 convolution."""
    (note,) = diagnosed(dilated(18), shape)
    assert ("this is a 1x1" in note.message) == single


def test_degenerate_rates_of_two_axes_are_told_with_their_sizes() -> None:
    """Where the rates differ, so do the sizes that they are held against."""
    (note,) = diagnosed(make("Conv2d", 5, 6, 3, padding=(18, 21), dilation=(18, 21)), (5, 18, 20))
    assert note.message == "rate 18x21 >= size 18x20: at most one tap is ever inside, this is a 1x1"


@pytest.mark.parametrize(
    "layer",
    [
        make("Conv2d", 5, 6, 2, padding=9, dilation=18),
        make("Conv2d", 5, 6, 3, padding=12, dilation=18),
        make("Conv2d", 5, 6, 3, padding=18, dilation=18, stride=2),
        make("Conv2d", 5, 6, 3, padding=18, dilation=18, padding_mode="replicate"),
    ],
)
def test_degenerate_rate_is_a_1x1_only_where_the_middle_tap_is_left(layer: Layer) -> None:
    """With an even kernel, another padding, a stride or samples in the padding it is no 1×1."""
    (note,) = [note for note in diagnosed(layer, (5, 18, 18)) if note.code == "degenerate-rate"]
    assert "1x1" not in note.message


@pytest.mark.parametrize(("size", "degenerate"), [(36, True), (37, False)])
def test_degenerate_rate_is_for_pools_too(size: int, degenerate: bool) -> None:
    """A dilated max pool is a dilated window as well: 3 at rate 18 spans 37."""
    assert codes(make("MaxPool2d", 3, 1, 1, 18), (5, 40, size)) == [("degenerate-rate", "warning")] * degenerate


def test_hint_of_a_degenerate_rate_is_the_bound() -> None:
    """The rate just below the hint's has full windows, the hint's own has none."""
    for n in range(3, 40):
        for k in (2, 3, 4):
            rate = 40
            window = Window(k, 1, rate, rate * k, rate * k)
            assert window.full_windows(n) == 0
            (note,) = diagnosed(make("Conv2d", 1, 1, (k, 1), padding=(rate * k, 0), dilation=(rate, 1)), (1, n, 50))
            if k > n:
                assert note.hint == f"no rate fits: a kernel of {k} needs a map of at least that size"
                continue
            bound = int((note.hint or "").split()[4])
            assert Window(k, 1, bound, 99, 99).full_windows(n) == 0
            assert bound == 1 or Window(k, 1, bound - 1, 99, 99).full_windows(n) > 0


def test_undilated_kernel_is_never_degenerate() -> None:
    """A plain kernel larger than the map, padded, is what published nets do."""
    assert codes(make("Conv2d", 5, 6, 7, padding=3), (5, 4, 6)) == []


@pytest.mark.parametrize(
    ("layer", "shape", "rows", "columns"),
    [
        (make("MaxPool2d", (3, 4)), (5, 13, 18), "last 1 of 13 rows", "last 2 of 18 columns"),
        (make("AvgPool2d", 5, (4, 3)), (5, 12, 16), "last 3 of 12 rows", "last 2 of 16 columns"),
        (make("Conv2d", 5, 6, 2, 2), (5, 7, 9), "last 1 of 7 rows", "last 1 of 9 columns"),
    ],
)
def test_unread_input_names_how_many(layer: Layer, shape: tuple[int, ...], rows: str, columns: str) -> None:
    """Rows and columns at the end that no window reaches are told, as info."""
    first, second = diagnosed(layer, shape)
    assert (first.code, first.severity, second.code, second.severity) == ("unread-input", "info") * 2
    assert rows in first.message
    assert columns in second.message


def windows_of(k: int, s: int, d: int, pad: int, mode: str) -> Layer | None:
    """A convolution, or with mode "floor" or "ceil" a pool, of one column; None where it is refused."""
    try:
        if mode in ("floor", "ceil"):
            return make("MaxPool2d", (k, 1), (s, 1), (pad, 0), (d, 1), ceil_mode=mode == "ceil")
        return make("Conv2d", 1, 1, (k, 1), (s, 1), (pad, 0), (d, 1), padding_mode=mode)
    except LayerError:
        return None


def rows_read(n: int, k: int, s: int, d: int, pad: int, mode: str) -> set[int]:
    """The rows that some window reads, stepped by hand."""
    plain = mode if mode in PADDING_MODES else "zeros"
    steps = naive.ceil_window(n, k, s, d, pad, pad) if mode == "ceil" else naive.window(n, k, s, d, pad, pad, plain)
    return set().union(*steps)


@pytest.mark.parametrize("mode", [*PADDING_MODES, "floor", "ceil"])
def test_what_unread_input_says_is_so(mode: str) -> None:
    """No window reads the last rows, one reads the row before; the hint's size is legal and read as it says."""
    noted = set()
    for k, s, d, pad, n in product((1, 2, 3, 5), (1, 2, 3, 5), (1, 2, 3), (0, 1, 2), range(1, 11)):
        layer = windows_of(k, s, d, pad, mode)
        with suppress(ShapeError):
            for note in diagnosed(layer, (1, n, 1)) if layer else ():
                if note.code != "unread-input":
                    continue
                left, fewer = int(note.message.split("last ")[1].split()[0]), int((note.hint or "").split()[0])
                known = rows_read(n, k, s, d, pad, mode)
                assert max(known, default=-1) == n - left - 1, (layer, n)
                known = rows_read(fewer, k, s, d, pad, mode)
                assert layer is not None
                assert layer.output_shape((1, fewer, 1))
                assert max(known) == fewer - 1, (layer, n)
                assert len(known) == fewer or "would all be read" not in (note.hint or ""), (layer, n)
                noted.add(d > 1)
    assert noted == (set() if mode == "ceil" else {False, True})


def test_unread_input_is_silent_where_all_is_read() -> None:
    """Windows that reach the end, or ceil_mode, leave nothing."""
    assert codes(make("MaxPool2d", 3), (5, 12, 18)) == []
    assert codes(make("MaxPool2d", 3, ceil_mode=True), (5, 13, 17)) == []


def test_strided_1x1_is_no_unread_input() -> None:
    """Gaps between windows are what a strided 1×1 is for."""
    assert codes(make("Conv2d", 5, 6, 1, 2), (5, 8, 10)) == []


def test_batchnorm_on_one_pixel_is_told() -> None:
    """BatchNorm after image pooling trains with a batch of two or more only; that is info."""
    assert codes(make("BatchNorm2d", 5), (5, 1, 1)) == [("batchnorm-1x1", "info")]
    message = diagnosed(make("BatchNorm2d", 5), (5, 1, 1))[0].message
    assert message == "BatchNorm2d cannot train on 1x1 at batch 1: it needs more than one value per channel"
    assert "BatchNorm1d cannot train at batch 1" in diagnosed(make("BatchNorm1d", 5), (5,))[0].message


@pytest.mark.parametrize(("shape", "batch"), [((5, 1, 2), 1), ((5, 1, 1), 2)])
def test_batchnorm_on_more_is_silent(shape: tuple[int, ...], batch: int) -> None:
    """Two pixels or two samples are enough."""
    assert codes(make("BatchNorm2d", 5), shape, batch) == []


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (make("Conv1d", 5, 6, 3, dilation=9, padding=8), (5, 13), "rate 9 spans 19 of 13 positions"),
        (make("MaxPool1d", 3), (5, 13), "reads the last 1 of 13 positions"),
        (make("Conv3d", 1, 1, 3, padding=(1, 7, 1), dilation=(1, 7, 1)), (1, 5, 13, 6), "spans 15 of 13 rows"),
        (make("AvgPool3d", (2, 3, 4)), (5, 7, 9, 12), "reads the last 1 of 7 slices"),
    ],
)
def test_axes_of_sequences_and_volumes_have_names(layer: Layer, shape: tuple[int, ...], message: str) -> None:
    """Positions of a sequence; slices, rows and columns of a volume."""
    (note,) = diagnosed(layer, shape)
    assert message in note.message


@pytest.mark.parametrize("kind", ["InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"])
def test_instance_norm_tells_that_statistics_do_not_count_as_reading(kind: str) -> None:
    """Unless it has running averages."""
    shape = (6, *(4, 5, 7)[: int(kind[-2])])
    assert codes(make(kind, 6), shape) == [("norm-statistics", "info")]
    assert codes(make(kind, 6, track_running_stats=True), shape) == []


def test_group_norm_tells_that_statistics_do_not_count_as_reading() -> None:
    """GroupNorm mixes the whole map; receptive fields leave that out, and say so."""
    assert codes(make("GroupNorm", 2, 6), (6, 12, 17)) == [("norm-statistics", "info")]


@pytest.mark.parametrize("kind", ["LayerNorm2d", "BatchNorm2d"])
def test_other_norms_are_silent(kind: str) -> None:
    """Norms of one position, or of running averages, mix no positions."""
    assert codes(make(kind, 6), (6, 12, 17)) == []


def test_spp_bin_count_names_what_came_instead() -> None:
    """By window, 10 rows in 6 bins make 9; the vector's length depends on the input."""
    notes = diagnosed(make("SpatialPyramidPool2d", 6, "window"), (5, 10, 12))
    assert [note.code for note in notes] == ["spp-bin-count"]
    assert notes[0].message.startswith("window ⌈10/6⌉, stride ⌊10/6⌋ make 9 rows of bins, not 6")


def test_spp_by_window_warns_of_unread_input() -> None:
    """By window, 11 columns in 3 bins (window 4, stride 3) leave the last unread: a warning."""
    notes = diagnosed(make("SpatialPyramidPool2d", 3, "window"), (5, 12, 11))
    assert [(note.code, note.severity) for note in notes] == [("unread-input", "warning")]
    assert "last 1 of 11 columns" in notes[0].message


@pytest.mark.parametrize("method", ["pad", "adaptive"])
def test_spp_by_other_methods_is_silent(method: str) -> None:
    """Pad and adaptive always make the bins and read everything."""
    assert codes(make("SpatialPyramidPool2d", 4, method), (5, 13, 17)) == []


def test_dspp_grid_names_the_grid() -> None:
    """Write-up error 3: 8 bins on 12×16 are a grid of 12×8."""
    (note,) = diagnosed(make("GridAvgPool2d", 8), (5, 12, 16))
    assert (note.code, note.severity) == ("dspp-grid", "warning")
    assert note.message == "the grid of 8 bins on 12x16 is 12x8, not 8x8"


def test_dspp_warns_of_unread_input() -> None:
    """4 bins on 14 rows: windows of 3 leave the last 2 rows unread."""
    notes = diagnosed(make("GridAvgPool2d", 4), (5, 14, 16))
    assert [(note.code, note.severity) for note in notes] == [("unread-input", "warning")]
    assert "last 2 of 14 rows" in notes[0].message


@pytest.mark.parametrize("bins", [1, 2, 4])
def test_dspp_is_silent_where_bins_divide(bins: int) -> None:
    """Bins that divide both sizes give their grid and read everything."""
    assert codes(make("GridAvgPool2d", bins), (5, 12, 16)) == []
