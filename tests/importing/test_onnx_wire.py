"""The reader of ONNX's wire format against the onnx package, and on files that are broken or hostile."""

from __future__ import annotations

import random
import tracemalloc
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.errors import UsageError
from pyramidcalc.importing import protobuf
from pyramidcalc.importing.onnx_wire import MAX_VALUES, METADATA, Model, Operator, Tensor, load, parse
from pyramidcalc.records import Record
from tests.importing.onnx_cases import REASON, models, node_tests, stored_files

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from onnx import AttributeProto, GraphProto, TensorProto, ValueInfoProto

onnx = pytest.importorskip("onnx", reason=REASON)


def tensor_of(proto: TensorProto) -> Tensor:
    """What the reader makes of a tensor: its numbers where they are few and stored in the file."""
    from onnx import numpy_helper

    dims, values = tuple(proto.dims), None
    numeric = proto.data_type in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)
    half = proto.data_type == 10 and not proto.HasField("raw_data")
    count = 1
    for dim in dims:
        count *= dim
    if numeric and not half and count <= MAX_VALUES and proto.data_location != onnx.TensorProto.EXTERNAL:
        values = tuple(numpy_helper.to_array(proto).ravel().tolist())
    where = {entry.key: entry.value for entry in proto.external_data}
    external = (where["location"], where.get("offset", "0")) if where else None
    return Tensor(proto.name, dims, proto.data_type, values, external)


def attribute_of(proto: AttributeProto) -> Any:
    """What the reader makes of an attribute."""
    kinds = onnx.AttributeProto
    if proto.type == kinds.STRING:
        return proto.s.decode("utf-8", "backslashreplace")
    if proto.type == kinds.STRINGS:
        return tuple(text.decode("utf-8", "backslashreplace") for text in proto.strings)
    if proto.type == kinds.TENSOR:
        return tensor_of(proto.t)
    if proto.type in (kinds.FLOATS, kinds.INTS):
        return tuple(onnx.helper.get_attribute_value(proto))
    return onnx.helper.get_attribute_value(proto) if proto.type in (kinds.FLOAT, kinds.INT) else None


def sizes_of(infos: list[ValueInfoProto]) -> dict[str, Any]:
    """What the reader knows of the sizes of values."""
    known = {}
    for info in infos:
        if info.type.WhichOneof("value") == "tensor_type" and info.type.tensor_type.HasField("shape"):
            dims = info.type.tensor_type.shape.dim
            known[info.name] = tuple(
                getattr(dim, which) if (which := dim.WhichOneof("value")) else None for dim in dims
            )
    return known


def model_of(graph: GraphProto, producer: str, opsets: dict[str, int]) -> Model:
    """What the reader makes of a file, by the onnx package."""
    nodes = tuple(
        Operator(
            node.op_type,
            node.name,
            node.domain,
            tuple(node.input),
            tuple(node.output),
            {attribute.name: attribute_of(attribute) for attribute in node.attribute},
            {entry.key: entry.value for entry in node.metadata_props if entry.key in METADATA},
        )
        for node in graph.node
    )
    weights = {weight.name: tensor_of(weight) for weight in graph.initializer}
    weights |= {each.values.name: Tensor(each.values.name, tuple(each.dims), each.values.data_type, None)
                for each in graph.sparse_initializer}  # fmt: skip
    inputs = tuple(info.name for info in graph.input)
    outputs = tuple(info.name for info in graph.output)
    infos = [*graph.input, *graph.output, *graph.value_info]
    return Model(producer, opsets, nodes, weights, inputs, outputs, sizes_of(infos))


def plain(item: Any) -> Any:
    """Records as tuples, booleans as the integers that they are stored as."""
    if isinstance(item, Record):
        return plain(item.to_dict())
    if isinstance(item, dict):
        return sorted((name, plain(value)) for name, value in item.items())
    if isinstance(item, tuple):
        return [plain(each) for each in item]
    return int(item) if isinstance(item, bool) else item


def assert_same(ours: Model, theirs: Model, name: str) -> None:
    """Field by field; NaN counts as equal to itself."""
    for field in ("producer", "opsets", "inputs", "outputs", "shapes"):
        assert getattr(ours, field) == getattr(theirs, field), (name, field)
    for field in ("nodes", "weights"):
        assert repr(plain(getattr(ours, field))) == repr(plain(getattr(theirs, field))), (name, field)


def test_every_model_of_the_onnx_package_reads_as_the_package_reads_it() -> None:
    """Operators, attributes, weights and sizes are those that protobuf gives."""
    read = models()
    assert len(read) > 1500
    for name, proto in read:
        theirs = model_of(proto.graph, proto.producer_name, {each.domain: each.version for each in proto.opset_import})
        assert_same(parse(proto.SerializeToString()), theirs, name)


def small_net() -> bytes:
    """An ONNX file with every kind of message that is read."""
    helper, kind = onnx.helper, onnx.TensorProto
    weight = helper.make_tensor("weight", kind.FLOAT, (4, 3, 3, 3), bytes(432), raw=True)
    sizes = helper.make_tensor("sizes", kind.INT64, (4,), [1, 4, 12, 14])
    nodes = [
        helper.make_node("Conv", ["input", "weight"], ["map"], "stem/conv", pads=[1, 1, 1, 1], auto_pad="NOTSET"),
        helper.make_node("Resize", ["map", "", "", "sizes"], ["output"], mode="cubic", cubic_coeff_a=-0.75),
    ]
    infos = [helper.make_tensor_value_info(name, kind.FLOAT, shape) for name, shape in
             (("input", (1, 3, "H", 7)), ("output", None), ("map", (1, 4, None, 7)))]  # fmt: skip
    graph = helper.make_graph(nodes, "net", infos[:1], infos[1:2], [weight, sizes], value_info=infos[2:])
    written: bytes = helper.make_model(graph, producer_name="hand").SerializeToString()
    return written


def test_names_attributes_and_open_sizes_are_kept() -> None:
    """What later readers rely on, spelt out."""
    model = parse(small_net())
    conv, resize = model.nodes
    assert (conv.op, conv.name, conv.inputs, conv.outputs) == ("Conv", "stem/conv", ("input", "weight"), ("map",))
    assert conv.attributes == {"pads": (1, 1, 1, 1), "auto_pad": "NOTSET"}
    assert resize.attributes == {"mode": "cubic", "cubic_coeff_a": -0.75}
    assert resize.inputs == ("map", "", "", "sizes")
    assert model.weights["sizes"].values == (1, 4, 12, 14)
    assert model.shapes == {"input": (1, 3, "H", 7), "map": (1, 4, None, 7)}
    assert (model.inputs, model.outputs, model.producer) == (("input",), ("output",), "hand")


def with_weight(numbers: int) -> bytes:
    """A model of one weight of so many zeros, stored in the file."""
    helper, kind = onnx.helper, onnx.TensorProto
    weight = helper.make_tensor("weight", kind.FLOAT, (numbers,), bytes(4 * numbers), raw=True)
    graph = helper.make_graph([], "net", [], [], [weight])
    written: bytes = helper.make_model(graph).SerializeToString()
    return written


def test_weights_are_skipped_by_their_length(tmp_path: Path) -> None:
    """Reading 64 MB of weights takes none of that memory."""
    file = tmp_path / "large.onnx"
    file.write_bytes(with_weight(1 << 24))
    tracemalloc.start()
    model = load(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert model.weights["weight"] == Tensor("weight", (1 << 24,), 1, None)
    assert peak < 1 << 20


def test_external_data_need_not_be_there(tmp_path: Path) -> None:
    """Sizes of weights are read though the file that holds their numbers is missing."""
    net = onnx.load_from_string(small_net())
    onnx.external_data_helper.convert_model_to_external_data(net, location="weights.bin", size_threshold=0)
    file = tmp_path / "net.onnx"
    onnx.save(net, file)
    (tmp_path / "weights.bin").unlink()
    weight = load(file).weights["weight"]
    assert (weight.dims, weight.values, weight.external) == ((4, 3, 3, 3), None, ("weights.bin", "0"))


def key(number: int, kind: int) -> bytes:
    """The key of a field."""
    return bytes([number << 3 | kind])


def delimited(number: int, content: bytes) -> bytes:
    """A delimited field."""
    length, count = b"", len(content)
    while count > 127:
        length, count = length + bytes([count & 127 | 128]), count >> 7
    return key(number, 2) + length + bytes([count]) + content


ENDLESS = b"\xff" * 9 + b"\x7f"
HOSTILE = {
    "nothing": b"",
    "a text": b"hello, this is a plain text\n",
    "an archive": b"PK\x03\x04" + bytes(60),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "no graph": delimited(2, b"somebody"),
    "the graph is a number": key(7, 0) + b"\x05",
    "a length past the end": key(7, 2) + b"\x20" + bytes(4),
    "a length of 2^63": key(7, 2) + b"\x80" * 9 + b"\x01",
    "a number that never ends": key(1, 0) + b"\xff" * 64,
    "a number cut off": key(1, 0) + b"\xff\xff",
    "field 0": b"\x00\x01",
    "a group": key(7, 3) + key(7, 4),
    "a float cut off": delimited(7, delimited(1, delimited(5, key(2, 5) + b"\x00"))),
    "a name that is a number": delimited(7, delimited(1, key(3, 0) + b"\x01")),
    "a negative size": delimited(7, delimited(5, key(1, 0) + b"\xff" * 9 + b"\x01")),
    "very many sizes": delimited(7, delimited(5, delimited(1, b"\x7f" * 100_000))),
    "a name of 100 kB": delimited(7, delimited(1, delimited(3, b"a" * 100_000))),
    "sizes of a value beyond reason": delimited(7, delimited(13, delimited(2, delimited(1, delimited(2, b"".join(
        [delimited(1, key(1, 0) + ENDLESS)] * 1000)))))),
}  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_onnx_file_is_told_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    """One UsageError that names the file, without a line break."""
    file = tmp_path / "net.onnx"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"net\.onnx") as raised:
        load(file)
    assert "\n" not in raised.value.message
    assert len(raised.value.message) < 400


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path: Path) -> None:
    """A missing file, and a folder in its place."""
    for path in (tmp_path, tmp_path / "none.onnx"):
        with pytest.raises(UsageError, match="there is no file"):
            load(path)


def test_a_file_of_nothing_but_empty_nodes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes a node: it is refused after so many fields, before it has filled the memory."""
    monkeypatch.setattr(protobuf, "MAX_FIELDS", 1000)
    empty = delimited(1, b"")
    assert len(parse(delimited(7, empty * 900)).nodes) == 900
    with pytest.raises(UsageError, match="more than 1000 fields"):
        parse(delimited(7, empty * 1100))


def refusal(content: bytes) -> str | None:
    """The sentence that a file is refused with; None where it is read."""
    try:
        parse(content)
    except UsageError as error:
        return error.message
    return None


def test_every_truncation_is_told() -> None:
    """A file cut off anywhere is refused, but between the fields of its outermost message, after the graph."""
    whole = small_net()
    told = [refusal(whole[:length]) for length in range(len(whole))]
    assert all(told[: whole.index(b"stem/conv")])
    assert told.count(None) <= 2


def test_random_damage_is_read_or_told() -> None:
    """Bytes changed, put in and taken out at random: no other failure, and none takes long."""
    rng = random.Random(5)
    nets = [small_net(), *[case.model.SerializeToString() for case in node_tests()[::97] if case.model]]
    for _ in range(3000):
        damaged = bytearray(rng.choice(nets)[:4096])
        for _ in range(rng.choice((1, 1, 2, 8))):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.choice((0, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 5)))
        start = perf_counter()
        told = refusal(bytes(damaged))
        assert told is None or "\n" not in told
        assert perf_counter() - start < 5


def test_files_of_the_package_are_read_from_the_disk() -> None:
    """By memory map, as by bytes."""
    for file in stored_files()[::10]:
        assert load(file) == parse(file.read_bytes())
