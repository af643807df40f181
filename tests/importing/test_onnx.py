"""ONNX files as graphs: windows, views, shape arithmetic, what is not covered, and files that are broken."""

from __future__ import annotations

import random
from fractions import Fraction
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.errors import GraphError, PyramidcalcError, UsageError
from pyramidcalc.importing.onnx import from_onnx
from pyramidcalc.importing.onnx_names import slashed
from pyramidcalc.passes.shapes import shapes
from tests.importing.onnx_cases import REASON, node_tests, stored_files
from tests.importing.onnx_nets import answers, op, read, written

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

pytest.importorskip("onnx", reason=REASON)


def conv(source: str, result: str, weight: str = "w3", **attributes: Any) -> Any:
    """A convolution."""
    return op("Conv", f"{source} {weight}", result, **attributes)


W3 = {"w3": (4, 4, 3, 3)}


def test_parallel_rates_after_a_convolution() -> None:
    """3×3, then three 3×3 at rates 6, 12 and 18, summed: 3 + 2·18."""
    rates = [conv("x", f"r{d}", dilations=[d, d], pads=[d] * 4) for d in (6, 12, 18)]
    net = written([conv("input", "x", pads=[1] * 4), *rates, op("Sum", "r6 r12 r18", "output")], (1, 4, 40, 44), W3)
    shape, field = answers(read(net))
    assert shape == (4, 40, 44)
    assert field.size == (39, 39)
    assert set(field.stride) == {1}


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
def test_auto_pad_follows_the_size(auto_pad: str) -> None:
    """Of 12 rows and 13 columns at stride 2, SAME adds 1 and 2; at other sizes what they need."""
    imported = read(written([conv("input", "output", strides=[2, 2], auto_pad=auto_pad)], (1, 4, 12, 13), W3))
    shape, field = answers(imported)
    assert shape == ((4, 5, 6) if auto_pad == "VALID" else (4, 6, 7))
    assert field.padding == {"SAME_UPPER": (0, 1), "SAME_LOWER": (1, 1), "VALID": (0, 0)}[auto_pad]
    other, _ = answers(imported, {"input": (4, 31, 30)})
    assert other == ((4, 15, 14) if auto_pad == "VALID" else (4, 16, 15))


def test_same_of_stride_1_needs_no_pad_layer() -> None:
    """An odd kernel at stride 1 pads both sides alike at every size."""
    imported = read(written([conv("input", "output", auto_pad="SAME_LOWER", dilations=[2, 1])], (1, 4, 12, 13), W3))
    assert [node.layer.attributes()["padding"] for node in imported.graph.nodes] == [(2, 1)]


def test_sides_of_their_own_with_ceil_mode() -> None:
    """Pads 0 and 2 above and below, ceil_mode: the last window starts inside the input or the padding before it."""
    pool = op("AveragePool", "input", "output", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0], ceil_mode=1)
    shape, field = answers(read(written([pool], (1, 4, 8, 8))))
    assert shape == (4, 4, 4)
    assert (field.size, field.padding) == ((3, 3), (0, 1))


def test_transposed_windows_by_output_shape_and_output_padding() -> None:
    """Both ask for 24 of 12: output_shape cuts one side more than the other."""
    weights = {"w": (4, 5, 3, 3)}
    by_shape = op("ConvTranspose", "input w", "output", strides=[2, 2], output_shape=[24, 24])
    by_padding = op("ConvTranspose", "input w", "output", strides=[2, 2], pads=[1] * 4, output_padding=[1, 1])
    for node in (by_shape, by_padding):
        shape, field = answers(read(written([node], (1, 4, 12, 12), weights)))
        assert shape == (5, 24, 24)
        assert field.size == (2, 2)
        assert field.stride == (Fraction(1, 2),) * 2


@pytest.mark.parametrize("rank", [1, 3])
def test_other_numbers_of_axes(rank: int) -> None:
    """Convolution, pool and global pool over one and three axes."""
    nodes = [
        op("Conv", "input w", "x", strides=[2] * rank, pads=[1] * 2 * rank),
        op("MaxPool", "x", "y", kernel_shape=[2] * rank, strides=[2] * rank),
        op("BatchNormalization", "y s s s s", "output"),
    ]
    shape, field = answers(read(written(nodes, (1, 3, *[16] * rank), {"w": (5, 3, *[3] * rank), "s": (5,)})))
    assert shape == (5, *[4] * rank)
    assert field.size == (5,) * rank
    assert field.stride == (4,) * rank


def test_halves_of_a_concatenation_keep_their_own_fields() -> None:
    """x sliced back out of Concat(dilated convolution, x) reads one pixel."""
    nodes = [
        conv("input", "wide", dilations=[4, 4], pads=[4] * 4),
        op("Concat", "wide input", "both", axis=1),
        op("Slice", "both four eight one", "output"),
    ]
    _, field = answers(read(written(nodes, (1, 4, 12, 13), W3, {"four": [4], "eight": [8], "one": [1]})))
    assert field.size == (1, 1)


def test_channel_shuffle_is_an_order_of_channels() -> None:
    """Reshape, Transpose and Reshape make one ChannelShuffle."""
    nodes = [
        op("Reshape", "input five", "x"),
        op("Transpose", "x", "y", perm=[0, 2, 1, 3, 4]),
        op("Reshape", "y four", "output"),
    ]
    imported = read(written(nodes, (1, 6, 8, 9), tables={"five": [1, 2, 3, 8, 9], "four": [1, 6, 8, 9]}))
    assert [node.layer.to_dict() for node in imported.graph.nodes] == [{"groups": 2}]


def test_shape_arithmetic_is_folded_and_told() -> None:
    """A resize to a size that Shape, Slice, Cast, Mul and Concat compute, then a flatten by Shape and Gather."""
    nodes = [
        op("Shape", "input", "shape"),
        op("Slice", "shape two four zero", "sizes"),
        op("Cast", "sizes", "floats", to=1),
        op("Mul", "floats factor", "twice"),
        op("Floor", "twice", "floor"),
        op("Cast", "floor", "whole", to=7),
        op("Slice", "shape zero two zero", "head"),
        op("Concat", "head whole", "target", axis=0),
        op("Resize", "input . . target", "map", mode="linear"),
        op("Gather", "shape zero", "samples"),
        op("Concat", "samples rest", "flat", axis=0),
        op("Reshape", "map flat", "output"),
    ]
    tables: dict[str, list[float]] = {"zero": [0], "two": [2], "four": [4], "factor": [2.5, 1.5], "rest": [-1]}
    imported = read(written(nodes, (1, 4, 7, 9), tables=tables))
    assert [node.layer.name for node in imported.graph.nodes] == ["Upsample", "Flatten"]
    assert answers(imported)[0] == (4 * 17 * 13,)
    assert any("this input only" in note for note in imported.notes)


OPSETS = {
    "Squeeze": ((1, 4, 1, 9), {"axes": [2]}, 11, 13),
    "Unsqueeze": ((1, 4, 7), {"axes": [2]}, 11, 13),
    "Pad": ((1, 4, 7, 9), {"pads": [0, 0, 1, 2, 0, 0, 3, 4]}, 9, 13),
    "ReduceMax": ((1, 4, 7, 9), {"axes": [3]}, 11, 18),
}


@pytest.mark.parametrize("name", OPSETS)
def test_attributes_that_became_inputs(name: str) -> None:
    """The older and the newer spelling give one graph."""
    shape, attributes, old, new = OPSETS[name]
    ((field, numbers),) = attributes.items()
    before = read(written([op(name, "input", "output", **attributes)], shape, opset=old))
    after = read(written([op(name, f"input {field}", "output")], shape, tables={field: numbers}, opset=new))
    assert before.graph == after.graph


def test_an_operator_that_is_not_covered_is_unknown_from_there_on() -> None:
    """Its shape is the file's; the field names the operator, and so does that of what reads it."""
    nodes = [conv("input", "x"), op("GridSample", "x grid", "y"), op("Relu", "y", "output")]
    net = written(nodes, (1, 4, 12, 13), W3 | {"grid": (1, 5, 6, 2)}, sizes={"y": (1, 4, 5, 6)})
    shape, field = answers(read(net))
    assert shape == (4, 5, 6)
    assert field.size == (None, None)
    assert "GridSample" in str(field.reasons)


def test_without_its_shape_the_output_is_refused_by_name() -> None:
    """The sentence names the first operator that has no rule."""
    nodes = [conv("input", "x"), op("GridSample", "x w3", "y"), op("Relu", "y", "z"), op("Add", "z z", "output")]
    with pytest.raises(GraphError, match="`output` is not known: the file does not say what GridSample at"):
        read(written(nodes, (1, 4, 12, 13), W3))


def test_a_shape_that_contradicts_the_rule_is_never_a_number() -> None:
    """Where the file says another size than the operator makes, nothing is known from there on."""
    shape, field = answers(read(written([conv("input", "output")], (1, 4, 12, 13), W3, sizes={"output": (1, 4, 9, 9)})))
    assert shape == (4, 9, 9)
    assert "its rule makes (1, 4, 10, 11)" in str(field.reasons)


def test_open_sizes_are_asked_for() -> None:
    """A batch without a number is one sample; other sizes must be given."""
    net = written([conv("input", "output")], ("N", 4, "H", None), W3)
    with pytest.raises(UsageError, match=r"open sizes \(N, 4, H, \?\)"):
        read(net)
    assert answers(read(net, {"input": (4, 20, 22)}))[0] == (4, 18, 20)
    with pytest.raises(UsageError, match="no input image"):
        read(net, {"image": (4, 20, 22)})


def test_a_weight_that_is_used_twice_counts_once() -> None:
    """The second convolution shares the parameters of the first."""
    imported = read(written([conv("input", "x"), conv("x", "output")], (1, 4, 12, 13), W3))
    assert [node.parameters for node in imported.graph.nodes] == [144, 0]
    assert imported.graph.nodes[1].shares == imported.graph.nodes[0].name


def test_module_paths_of_the_older_exporter() -> None:
    """Children of containers have the container's name in theirs."""
    assert slashed("/layer1/layer1.0/conv1/Conv") == "layer1.0.conv1"
    assert slashed("/stage/stage.0/branch/branch.1/Conv_3") == "stage.0.branch.1"
    assert slashed("/layer1/layer1.0/Add") == "layer1.0.Add"
    assert slashed("/Add") == "Add"


PUBLISHED = {
    "light_resnet50": ((1000,), 4_089_184_256, 25_557_032),
    "light_vgg19": ((1000,), 19_632_062_464, 143_667_240),
    "light_squeezenet": ((1000, 1, 1), 349_151_936, 1_235_496),
}
"""Output, MACs and parameters of torchvision's nets of the same papers."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_nets_of_papers_that_come_with_onnx(name: str) -> None:
    """Shapes, MACs and parameters, whose weights are filled in by operators here."""
    imported = from_onnx(next(file for file in stored_files() if file.stem == name))
    resolved = shapes(imported.graph, imported.inputs)
    assert resolved.failure is None
    output = resolved.shapes[imported.graph.outputs[0][1]]
    macs = sum(layer.macs for layer in resolved.layers)
    assert (output, macs, sum(node.parameters for node in imported.graph.nodes)) == PUBLISHED[name]


def test_every_net_of_papers_is_covered() -> None:
    """Nothing is unknown in the nets that come with ONNX."""
    nets = [file for file in stored_files() if file.stem.startswith("light_")]
    unknown = {file.stem: [node.name for node in from_onnx(file).graph.nodes if node.layer.opaque] for file in nets}
    assert unknown == {file.stem: [] for file in nets}


def test_damaged_files_are_read_or_told() -> None:
    """Bytes changed at random: a graph or one sentence, and none takes long."""
    rng = random.Random(7)
    nets = [case.model.SerializeToString() for case in node_tests() if case.model and len(case.model.graph.node) == 1]
    nets = [net for net in nets if len(net) < 2000]
    refusals: list[str] = []
    for _ in range(1000):
        damaged = bytearray(rng.choice(nets))
        for _ in range(rng.choice((1, 1, 2, 4))):
            damaged[rng.randrange(len(damaged))] = rng.choice((0, 1, 2, 127, 128, 255, rng.randrange(256)))
        start = perf_counter()
        try:
            read(bytes(damaged))
        except PyramidcalcError as error:
            refusals.append(error.message)
        assert perf_counter() - start < 5
    assert len(refusals) > 250
    assert not any("\n" in message for message in refusals)


def test_a_file_by_its_path(tmp_path: Path) -> None:
    """The path is all that is needed; a missing file is told."""
    file = tmp_path / "net.onnx"
    file.write_bytes(written([conv("input", "output")], (1, 4, 12, 13), W3))
    assert from_onnx(file).inputs == {"input": (4, 12, 13)}
    with pytest.raises(UsageError, match="there is no file"):
        from_onnx(tmp_path / "other.onnx")


def test_other_sizes_of_a_file(tmp_path: Path) -> None:
    """The graph is right for any where it is the same at others; a size that is written down is right for one."""
    file = tmp_path / "net.onnx"
    file.write_bytes(written([conv("input", "output")], (1, 4, 12, 13), W3))
    assert from_onnx(file, any_size=True).known == ()
    file.write_bytes(written([op("Reshape", "input s", "output")], (1, 4, 12, 13), tables={"s": (1, 4, 6, 26)}))
    fixed = from_onnx(file, any_size=True)
    assert "a view as (1, 4, 6, 26) of another number" in fixed.conditions[0].reason
    with pytest.raises(UsageError, match="input `input` has 4 channels, got 5"):
        from_onnx(file, {"input": (5, 12, 13)})
