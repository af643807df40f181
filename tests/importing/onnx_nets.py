"""Small ONNX nets written by hand, and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.onnx import Translation
from pyramidcalc.importing.onnx_wire import parse
from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape
    from pyramidcalc.passes.receptive_field import ReceptiveField


def op(name: str, inputs: str, outputs: str, **attributes: Any) -> Any:
    """A node; a dot stands for an input that is left out."""
    from onnx.helper import make_node

    given = [each.strip(".") for each in inputs.split()]
    return make_node(name, given, outputs.split(), name=f"{name}_{outputs.split()[0]}", **attributes)


def written(
    nodes: Sequence[Any],
    shape: Sequence[int | str | None],
    weights: Mapping[str, Sequence[int]] | None = None,
    tables: Mapping[str, Sequence[float]] | None = None,
    sizes: Mapping[str, Sequence[int]] | None = None,
    outputs: str = "output",
    opset: int = 20,
) -> bytes:
    """An ONNX file: input `input`, float weights by shape, tables of numbers, known sizes of values."""
    from onnx import TensorProto
    from onnx.helper import (
        make_graph,
        make_model,
        make_opsetid,
        make_tensor,
        make_tensor_value_info,
    )

    floats = [make_tensor(name, TensorProto.FLOAT, dims, bytes(4 * count(dims)), raw=True)
              for name, dims in (weights or {}).items()]  # fmt: skip
    lists = []
    for name, numbers in (tables or {}).items():
        kind = TensorProto.INT64 if all(isinstance(number, int) for number in numbers) else TensorProto.FLOAT
        lists.append(make_tensor(name, kind, (len(numbers),), numbers))
    infos = [make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in (sizes or {}).items()]
    graph = make_graph(
        list(nodes),
        "net",
        [make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs.split()],
        [*floats, *lists],
        value_info=infos,
    )
    content: bytes = make_model(graph, opset_imports=[make_opsetid("", opset)]).SerializeToString()
    return content


def count(dims: Sequence[int]) -> int:
    """Numbers in a tensor."""
    total = 1
    for n in dims:
        total *= n
    return total


def read(content: bytes, inputs: Mapping[str, Shape] | None = None) -> Imported:
    """The graph of a file's bytes."""
    return Translation(parse(content), inputs or {}).run()


def answers(imported: Imported, sizes: Mapping[str, Shape] | None = None) -> tuple[Shape, ReceptiveField]:
    """Shape and receptive field of the first output."""
    resolved = shapes(imported.graph, sizes or imported.inputs)
    assert resolved.failure is None, resolved.failure
    node = imported.graph.outputs[0][1]
    field = receptive_fields(resolved, fields(resolved))[node]
    return resolved.shapes[node], next(iter(field.values()))
