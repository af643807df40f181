"""Networks in TOML: written and read back the same, and every mistake as one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import layers as nn
from pyramidcalc.catalog import find, names
from pyramidcalc.errors import GraphError, LayerError, PyramidcalcError, UsageError
from pyramidcalc.graph import Builder, Graph, Node
from pyramidcalc.importing.toml import MAX_CHARACTERS, read_toml, to_toml
from pyramidcalc.oracle.configurations import configuration, drawn_kinds
from pyramidcalc.oracle.random_graphs import random_graph
from pyramidcalc.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyramidcalc.layers.base import Layer

INPUT = "[inputs]\nimage = [3, 20, 30]\n"


def assert_same(graph: Graph, inputs: Mapping[str, tuple[int, ...]]) -> None:
    """What is written is read back as the same graph on the same inputs."""
    imported = read_toml(to_toml(graph, inputs))
    assert imported.graph == graph
    assert imported.inputs == inputs
    assert list(imported.inputs) == [name for name, _ in graph.inputs]


def catalogue() -> list[tuple[str, dict[str, object]]]:
    """Every architecture with its defaults, and with each choice of each option that goes with them."""
    cases: list[tuple[str, dict[str, object]]] = []
    for name in names():
        cases.append((name, {}))
        for option in find(name).options:
            cases += [(name, {option.name: choice}) for choice in option.kind.choices or () if choice != option.default]
    return cases


@pytest.mark.parametrize(("name", "options"), catalogue(), ids=str)
def test_every_architecture_reads_back_the_same(name: str, options: dict[str, object]) -> None:
    """The whole catalogue, 1-D sequences and several inputs among it."""
    try:
        request = Request.of(find(name), None, 1, options)
        graph = request.graph()
    except (LayerError, UsageError):
        pytest.skip("this choice needs other options too")
    assert_same(graph, request.inputs)


@pytest.mark.parametrize("seed", range(100))
def test_random_graphs_read_back_the_same(seed: int) -> None:
    """Branches, merges and second inputs, legal on their inputs or not."""
    assert_same(*random_graph(seed))


@pytest.mark.parametrize("kind", sorted(drawn_kinds()))
def test_every_field_reads_back_the_same(kind: str) -> None:
    """Random configurations of each layer."""
    for seed in range(20):
        case = configuration(kind, seed)
        try:
            layer = nn.kinds()[kind](**case.arguments)
        except LayerError:
            continue
        if layer.arity in (None, len(case.shapes)) and case.shapes and min(map(min, case.shapes)) > 0:
            inputs = {f"input{index}": shape for index, shape in enumerate(case.shapes)}
            channels = tuple((name, shape[0]) for name, shape in inputs.items())
            assert_same(Graph(channels, (Node("layer", layer, tuple(inputs)),), (("out", "layer"),)), inputs)


LAYERS = {
    (4, 50): [
        nn.Conv1d(4, 6, 3, 2, 1, bias=False),
        nn.ConvTranspose1d(4, 6, 4, 2),
        nn.AvgPool1d(3, 1),
        nn.ZeroPad1d((3, 0)),
        nn.Upsample(None, 2.5, "linear", True),
        nn.AdaptiveMaxPool1d(7),
        nn.InstanceNorm1d(4, affine=True),
        nn.Slice(2, -10, None, 3),
    ],
    (4, 9, 10, 11): [
        nn.Conv3d(4, 6, (1, 2, 3), padding="same", padding_mode="reflect"),
        nn.AvgPool3d(2, divisor_override=5),
        nn.MaxPool3d((1, 2, 2), ceil_mode=True),
        nn.AdaptiveAvgPool3d((None, 3, None)),
        nn.ConstantPad3d((1, 2, 3, 4, 5, 6), float("-inf")),
        nn.BatchNorm3d(4, 1e-3, None),
        nn.Upsample((9, 20, 33), None, "trilinear"),
        nn.Split((1, 3), 1),
        nn.ChannelShuffle(2),
        nn.GELU("tanh"),
    ],
}


@pytest.mark.parametrize(("shape", "layer"), [(shape, layer) for shape, some in LAYERS.items() for layer in some])
def test_sequences_and_volumes_read_back_the_same(shape: tuple[int, ...], layer: Layer) -> None:
    """A Builder graph of one layer over one or three axes."""
    b = Builder()
    with b.scope("part"):
        value = b.add("it", layer, b.input("x", shape[0]))
    b.output("y", b.add("end", nn.ReLU(), value))
    assert_same(b.build(), {"x": shape})


@pytest.mark.parametrize(
    "name", ["a b", 'quo"te', "back\\slash", "line\nbreak", "tab\t", "é×", "del\x7f", "", "None", "😀"]
)
def test_any_name_reads_back_the_same(name: str) -> None:
    """Names are escaped, as keys and as values."""
    b = Builder()
    b.output(name, b.add(f"{name}2", nn.ReLU(), b.input(name, 3)))
    assert_same(b.build(), {name: (3, 4, 5)})


def test_what_is_written_is_short() -> None:
    """Defaults are left out, and so is what is read where it is the layer above."""
    b = Builder()
    x = b.input("image", 3)
    y = b.add("stem", nn.Conv2d(3, 8, (3, 5), padding=1, bias=False), x)
    z = b.add("keep", nn.AdaptiveAvgPool2d((None, 7)), y)
    b.output("sum", b.add("add", nn.Add(), z, y))
    assert to_toml(b.build(), {"image": (3, 20, 30)}) == (
        "[inputs]\nimage = [3, 20, 30]\n\n"
        '[[layer]]\nname = "stem"\nop = "Conv2d"\nin_channels = 3\nout_channels = 8\nkernel_size = [3, 5]\n'
        "padding = [1, 1]\nbias = false\n\n"
        '[[layer]]\nname = "keep"\nop = "AdaptiveAvgPool2d"\noutput_size = ["None", 7]\n\n'
        '[[layer]]\nname = "add"\nop = "Add"\nfrom = ["keep", "stem"]\n\n'
        '[outputs]\nsum = "add"\n'
    )


def test_what_is_left_out_is_inferred() -> None:
    """Channels follow the input, names the op, and the last layer is the output."""
    text = INPUT + '[[layer]]\nop = "Conv2d"\nout_channels = 8\nkernel_size = 3\n[[layer]]\nop = "BatchNorm2d"\n'
    graph = read_toml(text + '[[layer]]\nop = "Flatten"\n[[layer]]\nop = "Linear"\nout_features = 5\n').graph
    assert [(node.name, node.layer) for node in graph.nodes] == [
        ("conv1", nn.Conv2d(3, 8, 3)),
        ("batchnorm1", nn.BatchNorm2d(8)),
        ("flatten1", nn.Flatten()),
        ("linear1", nn.Linear(8 * 18 * 28, 5)),
    ]
    assert graph.outputs == (("output", "linear1"),)


def test_blocks_are_ops() -> None:
    """A block's options are fields; its outputs are read by name and label, its layers by their own names."""
    text = INPUT + (
        '[[layer]]\nname = "c2"\nop = "Conv2d"\nout_channels = 8\nkernel_size = 3\n'
        '[[layer]]\nname = "c3"\nop = "Conv2d"\nout_channels = 16\nkernel_size = 2\nstride = 2\n'
        '[[layer]]\nname = "neck"\nop = "fpn"\nout_channels = 4\nfrom = ["c2", "c3"]\n'
        '[[layer]]\nname = "head"\nop = "aspp"\nrate = [2, 3]\nchannels = 6\nfrom = "neck.p3"\n'
        '[[layer]]\nname = "skip"\nop = "ReLU"\nfrom = "head.rate2.conv"\n'
        '[outputs]\nmain = "head"\nfine = "neck"\nskip = "skip"\n'
    )
    graph = read_toml(text).graph
    inputs = {node.name: node.inputs for node in graph.nodes}
    assert (inputs["neck.lateral2"], inputs["neck.lateral3"]) == (("c2",), ("c3",))
    assert (inputs["head.conv1x1.conv"], inputs["skip"]) == (("neck.p3",), ("head.rate2.conv",))
    assert graph.outputs == (("main", "head.project.dropout"), ("fine", "neck.p2"), ("skip", "skip"))


def layer(text: str) -> str:
    """A file with one layer."""
    return f"{INPUT}[[layer]]\n{text}"


MISTAKES = [
    ("", "there is no input; write [inputs], then input = [3, 224, 224]"),
    ("inputs = 3", "`inputs` must be a table; write [inputs], then a line for each"),
    ("[inputs]\nx = 3", "[inputs]: input `x` (=3) must be one to four whole numbers, channels "
     "first; for example 3, 224, 224"),
    ("[input]\nx = [3]", "a network has no table `input`; did you mean inputs?"),
    (f"{INPUT}[layer]\nop = 'ReLU'", "`layer` must be tables; write [[layer]], in two brackets, before each layer"),
    (layer("name = 'a'"), "[[layer]] 1 `a`: it has no `op`; write the kind of layer, for example op = \"Conv2d\""),
    (layer("op = 'Conv2s'"), "[[layer]] 1 `Conv2s`: there is no op `Conv2s`; did you mean Conv2d or Conv3d?"),
    (layer("op = 'conv'"), "[[layer]] 1 `conv`: there is no op `conv`; did you mean Conv3d or Conv2d?"),
    (layer("op = 'ReLU'\n[[layer]]\nname = 'b'\nop = 'Conv2d'\nkernel = 3"),
     "[[layer]] 2 `b`: Conv2d has no field `kernel`; did you mean kernel_size?"),
    (layer("name = 'b'\nop = 'Conv2d'\nkernel_size = 3"),
     "[[layer]] 1 `b`: Conv2d needs `out_channels`; give out_channels=…"),
    (layer("name = 'b'\nop = 'MaxPool2d'\nkernel_size = 'x'"),
     "[[layer]] 1 `b`: MaxPool2d: `kernel_size` (='x') must be an integer"),
    (layer("op = 'MaxPool2d'\nkernel_size = 1979-05-27"),
     "[[layer]] 1 `MaxPool2d`: `kernel_size` must be a number, true, false, a text or a list of these"),
    (layer("op = 'ReLU'\nfrom = 'imag'"),
     "[[layer]] 1 `ReLU`: no input and no layer before it is called `imag`; did you mean image?"),
    (layer("op = 'ReLU'\nfrom = 3"),
     "[[layer]] 1 `ReLU`: no input and no layer before it is called `3`; give names in quotes"),
    (layer("op = 'ReLU'\nfrom = ['image', 'image']"), "[[layer]] 1 `ReLU`: ReLU reads 1 input, got 2"),
    (layer("op = 'ReLU'\nname = 3"), "[[layer]] 1 `3`: its `name` must be a text"),
    (layer("op = 'ReLU'\nname = 'image'"), "[[layer]] 1 `image`: `image` is used twice"),
    (layer("op = 'ReLU'\nshares = 'a'"), "[[layer]] 1 `ReLU`: no input and no layer before it is called `a`"),
    (layer("op = 'ReLU'\nlearned = 'a'"), "[[layer]] 1 `ReLU`: `learned` (='a') must be a whole number of at least 0"),
    (layer("op = 'Linear'\nout_features = 3\nbias = 'no'"),
     "[[layer]] 1 `Linear`: `bias` (='no') must be true or false"),
    (layer("op = 'Pointwise'"), "[[layer]] 1 `Pointwise`: Pointwise needs `op`; give op=…"),
    (layer("op = 'Along'\nop_ = 'sum'\nfactors = 3"),
     "[[layer]] 1 `Along`: Along cannot be made of these fields: 'int' object is not iterable"),
    (layer("op = 'aspp'\nrates = 6"), "[[layer]] 1 `aspp`: aspp has no option `rates`; did you mean rate?"),
    (layer("op = 'fpn'\nchannels = 3"),
     "[[layer]] 1 `fpn`: `channels` of fpn follows from what it reads; leave `channels` out"),
    (layer("op = 'ReLU'\n[outputs]\nend = 'relu'"),
     "[outputs] `end`: no input and no layer before it is called `relu`; did you mean relu1?"),
    (layer("op = 'ReLU"), "this is not valid TOML: Expected \"'\" (at end of document)"),
    ("x = " + "[" * 9999, "this is not valid TOML: too many nested brackets"),
    ("x = " + "9" * 9999, "this is not valid TOML: Exceeds the limit (4300 digits) for integer string conversion: "
     "value has 9999 digits; use sys.set_int_max_str_digits() to increase the limit"),
    ("'a'" + " . 'a'" * 50_000 + " = 1", "no text over several lines and no key of many parts belongs in a network"),
    ("x = \"\"\"\n\"\"\"", "no text over several lines and no key of many parts belongs in a network"),
    ("#" * (MAX_CHARACTERS + 1), f"a network in TOML has at most {MAX_CHARACTERS} characters"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[message[:50] for _, message in MISTAKES])
def test_a_mistake_is_one_sentence(text: str, message: str) -> None:
    """The sentence names the table, its number and its layer."""
    with pytest.raises(PyramidcalcError) as refusal:
        read_toml(text)
    assert str(refusal.value) == message


def refusal_of(text: str) -> str:
    """The sentence that a text is refused with, empty where it is read."""
    try:
        read_toml(text)
    except PyramidcalcError as refusal:
        return str(refusal)
    return ""


WHOLE = to_toml(find("dspp").build({"input": 32}, find("dspp").checked({})), {"input": (32, 24, 32)})
BITS = (
    "=",
    "[",
    "]",
    "[[layer]]",
    '"',
    "op",
    "from",
    "Conv2d",
    "1e400",
    "-1",
    "nan",
    "{a=1}",
    "1979-05-27",
    "[[1]]",
    ".",
)


@pytest.mark.parametrize("end", range(0, len(WHOLE), 37))
def test_a_truncated_file_is_one_sentence_or_a_smaller_network(end: int) -> None:
    """Cut anywhere."""
    assert "\n" not in refusal_of(WHOLE[:end])


@given(st.integers(0, len(WHOLE)), st.integers(0, 9), st.sampled_from(BITS) | st.text(max_size=9))
def test_a_broken_file_is_one_sentence_or_another_network(place: int, cut: int, bit: str) -> None:
    """Something else anywhere."""
    assert "\n" not in refusal_of(WHOLE[:place] + bit + WHOLE[place + cut :])


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    """A Path is a file; what is wrong with it names it."""
    good, bad, binary = tmp_path / "good.toml", tmp_path / "bad.toml", tmp_path / "binary.toml"
    good.write_text(WHOLE, encoding="utf-8")
    bad.write_text("x", encoding="utf-8")
    binary.write_bytes(b"\xff\x00")
    assert read_toml(good) == read_toml(WHOLE)
    with pytest.raises(UsageError, match=r"^`bad.toml`: this is not valid TOML: "):
        read_toml(bad)
    with pytest.raises(UsageError, match=r"^`binary.toml`: it is no text: byte 0 is not UTF-8$"):
        read_toml(binary)
    with pytest.raises(UsageError, match=r"^`none.toml`: it cannot be read: No such file or directory$"):
        read_toml(tmp_path / "none.toml")


def test_what_cannot_be_written_is_refused() -> None:
    """Two outputs of one label, and inputs that are not the graph's."""
    graph = Graph((("x", 3),), (), (("y", "x"), ("y", "x")))
    with pytest.raises(GraphError, match="two outputs share a label: y, y"):
        to_toml(graph, {"x": (3, 4, 5)})
    with pytest.raises(UsageError, match="the graph's inputs are x, got z"):
        to_toml(Graph((("x", 3),), (), (("y", "x"),)), {"z": (3, 4, 5)})
