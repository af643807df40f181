"""Chains: the short form, torch.nn's spelling, and every mistake as one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramidcalc import layers as nn
from pyramidcalc.catalog import find
from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.importing.chain import chain
from pyramidcalc.report import analyze_graph

if TYPE_CHECKING:
    from pyramidcalc.layers.base import Layer

SHAPES = {0: (12,), 1: (12, 50), 2: (12, 40, 50), 3: (12, 9, 10, 11)}

ITEMS = [
    (2, "conv 64 k7 s2 p3", nn.Conv2d(12, 64, 7, 2, 3)),
    (2, "conv 64 7 2 3", nn.Conv2d(12, 64, 7, 2, 3)),
    (2, "conv 8 k3x5 s2x1 p1x2 d1x3 g4 nobias", nn.Conv2d(12, 8, (3, 5), (2, 1), (1, 2), (1, 3), 4, bias=False)),
    (2, "conv 8 k3 same reflect", nn.Conv2d(12, 8, 3, padding="same", padding_mode="reflect")),
    (2, "conv dw k3 p1", nn.Conv2d(12, 12, 3, padding=1, groups=12)),
    (2, "conv 24 k3 dw", nn.Conv2d(12, 24, 3, groups=12)),
    (2, "conv 8 kernel_size=3,5 bias=false", nn.Conv2d(12, 8, (3, 5), bias=False)),
    (1, "conv 8 k3", nn.Conv1d(12, 8, 3)),
    (3, "conv 8 k1x3x5", nn.Conv3d(12, 8, (1, 3, 5))),
    (3, "conv2d 8 k3", nn.Conv2d(12, 8, 3)),
    (2, "convt 8 k4 s2 p1 op1", nn.ConvTranspose2d(12, 8, 4, 2, 1, 1)),
    (1, "deconv 8 k4 s2", nn.ConvTranspose1d(12, 8, 4, 2)),
    (2, "maxpool 3 s2 p1", nn.MaxPool2d(3, 2, 1)),
    (1, "maxpool k3 ceil", nn.MaxPool1d(3, ceil_mode=True)),
    (3, "avgpool 2 nocount_include_pad", nn.AvgPool3d(2, count_include_pad=False)),
    (2, "adaptiveavgpool 7x5", nn.AdaptiveAvgPool2d((7, 5))),
    (2, "adaptivemaxpool (None,5)", nn.AdaptiveMaxPool2d((None, 5))),
    (2, "gap", nn.AdaptiveAvgPool2d(1)),
    (3, "gmp", nn.AdaptiveMaxPool3d(1)),
    (2, "up 2 bilinear", nn.Upsample(None, 2, "bilinear")),
    (2, "up 2x3 bicubic align_corners", nn.Upsample(None, (2, 3), "bicubic", True)),
    (1, "up 0.5", nn.Upsample(None, 0.5)),
    (2, "up size=64x32", nn.Upsample((64, 32))),
    (2, "bn", nn.BatchNorm2d(12)),
    (0, "bn", nn.BatchNorm1d(12)),
    (3, "bn noaffine momentum=None", nn.BatchNorm3d(12, momentum=None, affine=False)),
    (2, "gn 4 nobias", nn.GroupNorm(4, 12, bias=False)),
    (1, "in", nn.InstanceNorm1d(12)),
    (2, "ln", nn.LayerNorm2d(12)),
    (0, "linear 10 nobias", nn.Linear(12, 10, False)),
    (2, "linear 10 in_features=50", nn.Linear(50, 10)),
    (2, "flatten", nn.Flatten()),
    (2, "dropout 0.2", nn.Dropout(0.2)),
    (2, "dropout2d", nn.Dropout2d()),
    (2, "pad 1", nn.ZeroPad2d(1)),
    (2, "pad 1x2", nn.ZeroPad2d((2, 2, 1, 1))),
    (2, "pad 1,2,3,4", nn.ZeroPad2d((1, 2, 3, 4))),
    (1, "reflectionpad 4,0", nn.ReflectionPad1d((4, 0))),
    (2, "leakyrelu 0.2", nn.LeakyReLU(0.2)),
    (2, "gelu approximate=tanh", nn.GELU("tanh")),
    (2, "swish", nn.SiLU()),
    (2, "pixelshuffle 2", nn.PixelShuffle(2)),
    (2, "slice dim=1 end=6", nn.Slice(1, None, 6)),
    # torch.nn's own spelling, as it prints it or as it is written
    (2, "Conv2d(12, 8, kernel_size=(3, 5), stride=(1, 1), padding=same, bias=False)",
     nn.Conv2d(12, 8, (3, 5), padding="same", bias=False)),
    (2, "(0): Conv2d(12, 8, kernel_size=(3, 3), stride=(1, 1), padding_mode=circular)",
     nn.Conv2d(12, 8, 3, padding_mode="circular")),
    (2, "nn.Conv2d(12, 8, 3, padding=1),", nn.Conv2d(12, 8, 3, padding=1)),
    (2, "torch.nn.ReLU(inplace=True)", nn.ReLU()),
    (2, "BatchNorm2d(12, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", nn.BatchNorm2d(12)),
    (2, "GELU(approximate='tanh')", nn.GELU("tanh")),
    (2, "AdaptiveAvgPool2d(output_size=(None, 7))", nn.AdaptiveAvgPool2d((None, 7))),
    (2, "LayerNorm2d((12,), eps=1e-06, elementwise_affine=True)", nn.LayerNorm2d(12)),
    (2, "ConstantPad2d(padding=(1, 2, 3, 4), value=-inf)", nn.ConstantPad2d((1, 2, 3, 4), float("-inf"))),
    (2, "UpsamplingBilinear2d(scale_factor=2.0, mode='bilinear')", nn.Upsample(None, 2, "bilinear", True)),
    (1, "ZeroPad1d((1, 2))", nn.ZeroPad1d((1, 2))),
]  # fmt: skip


@pytest.mark.parametrize(("rank", "item", "layer"), ITEMS, ids=[f"{item}-{rank}d" for rank, item, _ in ITEMS])
def test_an_item_is_a_layer(rank: int, item: str, layer: Layer) -> None:
    """Each item makes one layer, whose channels and axes follow the input."""
    assert [node.layer for node in chain(item, SHAPES[rank]).graph.nodes] == [layer]


def test_channels_and_axes_follow_the_layers_before() -> None:
    """A chain reads as its author means it: channels, the number of axes and a vector's length are inferred."""
    imported = chain(
        "conv 64 k7 s2 p3; bn; relu\nmaxpool 3 s2 p1\n\n# the head\n gap; flatten; bn; linear 10;", (3, 65, 97)
    )
    assert [(node.name, node.layer) for node in imported.graph.nodes] == [
        ("conv1", nn.Conv2d(3, 64, 7, 2, 3)),
        ("bn1", nn.BatchNorm2d(64)),
        ("relu1", nn.ReLU()),
        ("maxpool1", nn.MaxPool2d(3, 2, 1)),
        ("gap1", nn.AdaptiveAvgPool2d(1)),
        ("flatten1", nn.Flatten()),
        ("bn2", nn.BatchNorm1d(64)),
        ("linear1", nn.Linear(64, 10)),
    ]
    assert imported.inputs == {"input": (3, 65, 97)}
    assert imported.graph.outputs == (("output", "linear1"),)


def test_a_flattened_map_gives_its_length() -> None:
    """The features of the first linear layer follow the size of the map."""
    nodes = chain("conv 8 k3 s2; flatten; linear 10", (3, 33, 65)).graph.nodes
    assert nodes[-1].layer == nn.Linear(8 * 16 * 32, 10)


@pytest.mark.parametrize(
    ("item", "options"),
    [
        ("aspp rate=6,12", {"rate": (6, 12)}),
        (
            "aspp variant=separable channels=32 dropout=False",
            {"variant": "separable", "channels": 32, "dropout": False},
        ),
        ("resnet variant=18", {"variant": 18}),
        ("resnet output-stride=8", {"output_stride": 8}),
        ("spp bins=4", {"bins": (4,)}),
    ],
)
def test_blocks_are_those_of_the_catalogue(item: str, options: dict[str, object]) -> None:
    """A block by name with its options is the catalogue's, under its numbered name."""
    name = item.split()[0]
    block = find(name)
    expected = block.build({"input": 16}, block.checked(options)).nodes
    nodes = chain(item, (16, 33, 47)).graph.nodes
    assert [node.name for node in nodes] == [f"{name}1.{node.name}" for node in expected]
    assert [node.layer for node in nodes] == [node.layer for node in expected]


def test_a_chain_goes_on_behind_a_block() -> None:
    """The main output of a block is what the next layer reads."""
    nodes = chain("conv 8 k3; aspp channels=24; aspp channels=16; conv 4 k1", (3, 40, 40)).graph.nodes
    assert (nodes[-1].layer, nodes[-1].inputs) == (nn.Conv2d(16, 4, 1), ("aspp2.project.dropout",))


PRINTED = """Sequential(
  (stem): Sequential(
    (0): Conv2d(3, 16, kernel_size=(3, 5), stride=(2, 1), padding=(1, 2), bias=False)
    (1): ReLU(inplace=True)
  )
  (pool): AvgPool2d(kernel_size=2, stride=2, padding=0)
  (up): Upsample(scale_factor=2.0, mode='bilinear')
)"""


def test_a_printed_sequential_keeps_its_names() -> None:
    """Nested names are joined by dots, and what torch does not print is said."""
    imported = chain(PRINTED, (3, 32, 32))
    assert [node.name for node in imported.graph.nodes] == ["stem.0", "stem.1", "pool", "up"]
    assert imported.notes == (
        "torch prints no ceil_mode of AvgPool2d: it is taken as False",
        "torch prints no align_corners of Upsample: it is taken as None",
    )


def test_short_form_has_no_notes() -> None:
    """What a chain leaves out is torch's default, which is no guess."""
    assert chain("avgpool 2; up 2 bilinear", (3, 32, 32)).notes == ()


def test_a_layer_that_refuses_its_input_is_left_to_the_report() -> None:
    """The graph is whole, and the report shows it up to the layer that cannot work."""
    imported = chain("conv 8 k3; conv 8 k99; bn; relu", (3, 20, 30))
    report = analyze_graph(imported.graph, imported.inputs)
    assert len(imported.graph.nodes) == 4
    assert ([row.name for row in report.layers], report.failed) == (["conv1"], True)


MISTAKES = [
    ("conv 8 k3; cnov 64 k3", "item 2 `cnov 64 k3`: there is no layer or block `cnov`; did you mean conv or convt?"),
    ("Conv2dd(3, 8, 3)", "item 1 `Conv2dd(3, 8, 3)`: there is no layer or block `Conv2dd`; "
     "did you mean Conv2d or Conv3d?"),
    ("conv 64", "item 1 `conv 64`: Conv2d needs `kernel_size`; give kernel_size=…"),
    ("conv k3", "item 1 `conv k3`: Conv2d needs `out_channels`; give out_channels=…"),
    ("conv 64 k0", "item 1 `conv 64 k0`: Conv2d: `kernel_size` (=0) must be at least 1"),
    ("conv 8 k3 k5", "item 1 `conv 8 k3 k5`: Conv2d is given `kernel_size` twice, the second time as `k5`"),
    ("conv 8 k3 dilatoin=2", "item 1 `conv 8 k3 dilatoin=2`: Conv2d does not take `dilatoin=2`; "
     "did you mean dilation?"),
    ("up 2 biliner", "item 1 `up 2 biliner`: Upsample has no setting `biliner`; did you mean bilinear or linear?"),
    ("relu 3", "item 1 `relu 3`: ReLU does not take `3`; it has no settings"),
    ("maxpool 3 g2", "item 1 `maxpool 3 g2`: MaxPool2d does not take `g2`; its settings are k (kernel_size), "
     "s (stride), p (padding), d (dilation), return_indices, ceil_mode"),
    ("conv 8 k(3", "item 1 `conv 8 k(3`: `k(3` is no number, word or tuple of them; write several as 3x5 or 6,12,18"),
    ("gap; linear 4", "item 2 `linear 4`: `in_features` is not inferred from (3, 1, 1), of which only the last axis "
     "would be multiplied; flatten it first, or give in_features=1"),
    ("conv 8 k99; flatten; linear 3", "item 3 `linear 3`: `in_features` cannot be inferred, as `conv1` refuses its "
     "input: Conv2d: height: kernel 99 > padded input 20"),
    ("conv 8 k3 bias=no", "item 1 `conv 8 k3 bias=no`: `bias` (='no') must be true or false"),
    ("aspp rate 6", "item 1 `aspp rate 6`: aspp takes options as name=value, got `rate`"),
    ("aspp rates=6", "item 1 `aspp rates=6`: aspp has no option `rates`; did you mean rate?"),
    ("resnet variant=19", "item 1 `resnet variant=19`: `variant` (=19) must be one of 18, 34, 50, 101, 152"),
    ("add", "item 1 `add`: Add does not read one layer, as in a chain; write the network in TOML"),
    ("(a): relu; (a): relu", "item 2 `(a): relu`: `a` is used twice"),
    ("Bottleneck(\n(0): ReLU()\n)", "item 1 `Bottleneck(`: the print of a `Bottleneck` does not say how its parts are "
     "wired; paste a Sequential, or read the module itself"),
    ("relu; )", "item 2 `)`: it closes nothing; paste the `Sequential(` as a whole"),
    ("Sequential(\n(0): ReLU()", "the chain ends inside a `Sequential(`; paste it as a whole, with its last `)`"),
    (" ;\n", "the chain has no layer; write layers, for example `conv 64 k3 p1; relu`"),
    ("relu " + "9" * 2000, "item 1 `relu 99999999999999999999999999999999999 … 999999999999999`: an item has at most "
     "1000 characters, this one 2005"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES, ids=[text[:40] for text, _ in MISTAKES])
def test_a_mistake_is_one_sentence(text: str, message: str) -> None:
    """The sentence names the item, its number, the rule and the nearest word."""
    with pytest.raises(PyramidcalcError) as refusal:
        chain(text, (3, 20, 30))
    assert str(refusal.value) == message


@pytest.mark.parametrize("shape", [(), (0, 4), (3, 4, 5, 6, 7), (3.5, 4), (True, 4), "3x4", None, (3, 2**64)])
def test_a_shape_that_is_none_is_refused(shape: object) -> None:
    """The input is one to four whole numbers."""
    with pytest.raises(UsageError, match="`input`"):
        chain("relu", shape)  # type: ignore[arg-type]  # that is the mistake


WORDS = (
    "conv 64 k3 s2 ( ) 3x5 bn ; # aspp rate=6 Conv2d(3,8,3) Sequential( (0): dw up 2 none = x [1 k 1e9 nobias gap"
    " flatten linear pad 1,2 same resnet × ' tcn gn slice split concat resizeto , 0x1 -1 é"
)


def refusal_of(text: str, shape: tuple[int, ...]) -> str:
    """The sentence that a chain is refused with, empty where it is read."""
    try:
        chain(text, shape)
    except PyramidcalcError as refusal:
        return str(refusal)
    return ""


@given(
    st.lists(st.sampled_from([*WORDS.split(), "\n"])).map(" ".join) | st.text(max_size=40),
    st.sampled_from([*SHAPES.values()]),
)
def test_any_text_is_read_or_refused_in_one_line(text: str, shape: tuple[int, ...]) -> None:
    """Nothing but a sentence ever comes out."""
    assert "\n" not in refusal_of(text, shape)
