"""The default input of single layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

INPUTS = {1: (3, 16000), 2: (3, 224, 224), 3: (3, 16, 112, 112)}
"""A second of sound, an image and a clip of the usual sizes, by the number of axes."""


def default_input(options: dict[str, Any]) -> tuple[int, ...]:
    """An input of the usual size; layers have no default of their own."""
    return INPUTS[options["dims"]]
