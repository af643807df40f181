"""Which modules give their own name to what they compute."""

from __future__ import annotations


def words(text: str) -> list[str]:
    """Names in a text, for tables that read."""
    return text.split()


FAMILIES = frozenset(
    words(
        """activation adaptive batchnorm channelshuffle conv distance dropout flatten fold instancenorm linear
    normalization padding pixelshuffle pooling sparse upsampling"""
    )
)
"""Modules of torch.nn.modules whose classes compute one thing."""
SEVERAL = frozenset(["MultiheadAttention"])
"""Classes of these that compute more."""


def is_leaf(kind: str) -> bool:
    """Whether a class, by its full name, is a layer of torch.nn that computes one thing."""
    home, _, name = kind.rpartition(".")
    return home.startswith("torch.nn.modules.") and home.rpartition(".")[2] in FAMILIES and name not in SEVERAL
