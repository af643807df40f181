"""Layers, sizes and ranges as people read them."""

from __future__ import annotations

NAMES = {"conv": "convolution", "pool": "pool", "conv-transpose": "transposed convolution"}


def sides(sizes: tuple[int, int]) -> str:
    """64, or 64×65."""
    return str(sizes[0]) if sizes[0] == sizes[1] else f"{sizes[0]}×{sizes[1]}"


def text(values: range) -> str:
    """`1..7`, `1..7..2`, `3`."""
    step = f"..{values.step}" if values.step > 1 else ""
    return f"{values[0]}..{values[-1]}{step}" if len(values) > 1 else str(values[0])
