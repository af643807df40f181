"""SlidingPool, SAME for any number of axes, and LocalResponseNorm: sizes and reads."""

from __future__ import annotations

import pytest

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.layers.convolution import Conv1d, Conv3d
from pyramidcalc.layers.normalization import LocalResponseNorm
from pyramidcalc.layers.sized import SamePad1d, SamePad2d, SamePad3d
from pyramidcalc.layers.sliding import SlidingPool


def test_every_side_has_its_own_padding() -> None:
    """Rows: 3 of 2 apart over 1 + 9 + 0, stride 2. Columns: ceil_mode leaves out what starts behind the input."""
    pool = SlidingPool("LpPool", (3, 2), (2, 3), (2, 1), (1, 0), (0, 3), True)
    assert pool.output_shape((5, 9, 7)) == (5, 4, 3)
    rows, columns = pool.maps[1:]
    assert [list(rows.taps(9, i)) for i in range(4)] == [[1, 3], [1, 3, 5], [3, 5, 7], [5, 7]]
    assert [list(columns.taps(7, i)) for i in range(3)] == [[0, 1], [3, 4], [6]]


def test_a_pool_of_two_axes_takes_maps_only() -> None:
    """A sequence is refused, and so are numbers of different counts."""
    pool = SlidingPool("LpPool", (3, 2), (2, 3), (1, 1), (0, 0), (0, 0))
    with pytest.raises(ShapeError, match=r"needs a map \(C, H, W\), got 2 axes"):
        pool.output_shape((5, 9))
    with pytest.raises(LayerError, match="one number an axis"):
        SlidingPool("LpPool", (3, 2), (2,), (1, 1), (0, 0), (0, 0))


def test_same_gives_a_stride_th_of_any_size() -> None:
    """⌈n/stride⌉ over one and three axes, whichever side the odd position is on."""
    for n in range(4, 20):
        line = SamePad1d(4, 3).output_shape((2, n))
        assert Conv1d(2, 2, 4, 3).output_shape(line) == (2, (n + 2) // 3)
        volume = SamePad3d((2, 3, 4), (1, 2, 3), odd_first=True).output_shape((2, n, n + 1, n + 2))
        assert Conv3d(2, 2, (2, 3, 4), (1, 2, 3)).output_shape(volume) == (2, n, (n + 2) // 2, (n + 4) // 3)


def test_the_odd_position_of_same_comes_first_on_demand() -> None:
    """SAME_LOWER of ONNX: one more zero before the input than after it."""
    upper, lower = SamePad2d(3, 2).resolve((1, 8, 9)), SamePad2d(3, 2, odd_first=True).resolve((1, 8, 9))
    assert upper.attributes() == {"padding": (1, 1, 0, 1)}
    assert lower.attributes() == {"padding": (1, 1, 1, 0)}


@pytest.mark.torch
@pytest.mark.parametrize("size", [1, 3, 4])
def test_local_response_norm_reads_the_channels_that_torch_reads(size: int) -> None:
    """By torch's gradient; of an even number of channels, one more before."""
    torch = pytest.importorskip("torch", reason="torch is the reference here")
    layer = LocalResponseNorm(size)
    assert layer.output_shape((9, 2, 3)) == (9, 2, 3)
    for channel in range(9):
        x = torch.rand(1, 9, 2, 3, dtype=torch.float64, requires_grad=True)
        torch.nn.LocalResponseNorm(size, alpha=1.0)(x)[0, channel, 1, 1].backward()
        read = x.grad[0, :, 1, 1].nonzero().flatten().tolist()
        assert list(layer.axes((9, 2, 3))[0][0].taps(9, channel)) == read
