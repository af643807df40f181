"""Numbers that an ONNX file keeps in another file beside it; only short tables of integers are fetched from there.

Source: https://onnx.ai/onnx/repo-docs/ExternalData.html.
"""

from __future__ import annotations

from math import prod
from pathlib import PurePosixPath
from struct import calcsize, unpack
from typing import TYPE_CHECKING

from pyramidcalc.importing.onnx_wire import FLOATING, MAX_VALUES, RAW

if TYPE_CHECKING:
    from pathlib import Path

    from pyramidcalc.importing.onnx_wire import Model, Tensor


def with_external(model: Model, folder: Path) -> Model:
    """The model with the numbers of its short external tables, where their file is there."""
    fetched = {name: fetch(weight, folder) for name, weight in model.weights.items() if weight.external}
    return model.replace(weights=model.weights | fetched)


def fetch(weight: Tensor, folder: Path) -> Tensor:
    """The tensor with its numbers; as it is where they are learned, many, or not there."""
    location, offset = weight.external or ("", "")
    path, code = PurePosixPath(location), RAW.get(weight.kind)
    count = prod(weight.dims)
    outside = path.is_absolute() or ".." in path.parts
    if weight.kind in FLOATING or not code or count > MAX_VALUES or outside or not offset.isdecimal():
        return weight
    file, layout = folder / path, f"<{count}{code}"
    try:
        if not file.is_file():
            return weight
        with file.open("rb") as content:
            content.seek(int(offset))
            numbers = content.read(calcsize(layout))
    except (OSError, ValueError, OverflowError):
        return weight
    return weight.replace(values=unpack(layout, numbers)) if len(numbers) == calcsize(layout) else weight
