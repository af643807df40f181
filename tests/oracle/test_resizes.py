"""Every resize of small sizes, and by common factors, against torch's own kernels of one, two and three axes."""

from __future__ import annotations

from math import floor

import pytest
import torch

from pyramidcalc.indexmap import Resize
from pyramidcalc.layers.resampling import INTERPOLATIONS, ON_AXES

pytestmark = pytest.mark.torch
SIZES = range(1, 25)
SCALES = (0.37, 0.5, 0.6, 1 / 3, 1.0, 1.2, 1.25, 1.5, 1.7, 2.0, 2.2, 2.3, 2.5, 3.0)
HARD = [(2, 41), (2, 47), (2, 83), (3, 123)]
"""Sizes at which single precision takes another sample than exact arithmetic, or than another number of axes."""
CASES = [
    (mode, rank, corners)
    for mode, ranks in ON_AXES.items()
    for rank in ranks
    for corners in ((None, True) if mode.endswith(("linear", "cubic")) else (None,))
    if mode != "area"
]


def torchs_reads(mode: str, rank: int, corners: bool | None, n: int, m: int | None, scale: float) -> list[list[int]]:
    """What each output of torch's resize of the first axis reads."""
    nearest = mode.startswith("nearest")
    # Nearest takes its samples in the precision of the image.
    line = torch.arange(n, dtype=torch.float32)[None] if nearest else torch.eye(n, dtype=torch.float64)
    size = None if m is None else (m, *[2] * (rank - 1))
    factors = (scale, *[1.0] * (rank - 1)) if m is None else None
    x = line.reshape(-1, 1, n, *[1] * (rank - 1)).expand(-1, 2, -1, *[2] * (rank - 1)).contiguous()
    resized = torch.nn.functional.interpolate(x, size, factors, mode, corners)
    resized = resized.flatten(3)[:, 0, :, 0] if rank > 1 else resized[:, 0]
    if nearest:
        return [[int(source)] for source in resized[0]]
    return [(resized[:, i].abs() > 1e-9).nonzero().flatten().tolist() for i in range(resized.shape[1])]


@pytest.mark.parametrize(("mode", "rank", "corners"), CASES)
def test_taps_are_torchs(mode: str, rank: int, corners: bool | None) -> None:
    """To every size and by every factor, rounding included."""
    pairs = [(n, m, 1.0) for n in SIZES for m in SIZES] + [(n, m, 1.0) for n, m in HARD]
    for n, m, scale in [*pairs, *[(n, None, scale) for n in SIZES for scale in SCALES if floor(n * scale)]]:
        axis = Resize(INTERPOLATIONS.get(mode, mode), bool(corners), m, None if m else scale, rank == 2)
        ours = [list(axis.taps(n, i)) for i in range(axis.size(n))]
        assert ours == torchs_reads(mode, rank, corners, n, m, scale), (n, m, scale)
