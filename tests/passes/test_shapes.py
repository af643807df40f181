"""The shapes pass: sizes through a graph, up to the first layer that refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from pyramidcalc.errors import UsageError
from pyramidcalc.graph import Builder, Graph
from pyramidcalc.layers.activation import ReLU
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.merging import Add, Concat
from pyramidcalc.layers.normalization import BatchNorm2d
from pyramidcalc.layers.pooling import AdaptiveMaxPool2d, MaxPool2d
from pyramidcalc.layers.resampling import ResizeTo, Upsample
from pyramidcalc.layers.sized import SpatialPyramidPool2d
from pyramidcalc.passes.shapes import shapes
from tests.strategies import chains


def branches(*paddings: int) -> Graph:
    """A 3×3 a padding, concatenated, then a ReLU."""
    builder = Builder()
    image = builder.input("image", 3)
    values = [builder.add(f"branch{p}", Conv2d(3, 4 + p, 3, padding=p), image) for p in paddings]
    builder.output("out", builder.add("act", ReLU(), builder.add("concat", Concat(), *values)))
    return builder.build()


def test_shapes_follow_the_graph() -> None:
    """Each layer has the shapes that it reads and the one that it makes."""
    resolved = shapes(branches(1), {"image": (3, 9, 12)})
    assert [(applied.name, applied.shapes, applied.shape) for applied in resolved.layers] == [
        ("branch1", ((3, 9, 12),), (5, 9, 12)),
        ("concat", ((5, 9, 12),), (5, 9, 12)),
        ("act", ((5, 9, 12),), (5, 9, 12)),
    ]
    assert resolved.failure is None


def test_shapes_names_inputs_and_nodes() -> None:
    """One table of name to shape, inputs first."""
    assert shapes(branches(2), {"image": (3, 9, 12)}).shapes == {
        "image": (3, 9, 12),
        "branch2": (6, 11, 14),
        "concat": (6, 11, 14),
        "act": (6, 11, 14),
    }


def test_one_graph_works_on_many_sizes() -> None:
    """A graph does not depend on the input; an SPP level resolves to another window for each."""
    builder = Builder()
    builder.output("out", builder.add("level", SpatialPyramidPool2d(4), builder.input("image", 3)))
    graph = builder.build()
    small, large = (shapes(graph, {"image": (3, n, n + 3)}).layers[0] for n in (13, 29))
    assert small.layer == MaxPool2d(4, 4, (2, 0))
    assert large.layer == MaxPool2d(8, 8, (2, 0))
    assert small.node.layer == large.node.layer == SpatialPyramidPool2d(4)
    assert small.shape == large.shape == (3, 4, 4)


def test_applied_layers_keep_only_what_the_plain_layer_reads() -> None:
    """A resize to another tensor's size reads the first input only; the second gave its size."""
    builder = Builder()
    image, guide = builder.input("image", 3), builder.input("guide", 5)
    builder.output("out", builder.add("resize", ResizeTo(), image, guide))
    (applied,) = shapes(builder.build(), {"image": (3, 4, 6), "guide": (5, 9, 7)}).layers
    assert (applied.inputs, applied.shapes, applied.shape) == (("image",), ((3, 4, 6),), (3, 9, 7))
    assert applied.layer == Upsample((9, 7), None, "bilinear")
    assert applied.node.inputs == ("image", "guide")


def test_failure_leaves_the_layers_before_it() -> None:
    """The first layer that refuses ends the layers and becomes an error diagnostic of its name."""
    builder = Builder()
    value = builder.add("conv", Conv2d(3, 8, 3, padding=1), builder.input("image", 3))
    value = builder.add("wide", Conv2d(8, 4, 3, dilation=24), value)
    builder.output("out", builder.add("act", ReLU(), value))
    resolved = shapes(builder.build(), {"image": (3, 33, 40)})
    assert [applied.name for applied in resolved.layers] == ["conv"]
    assert resolved.failure is not None
    assert resolved.failure.to_dict() == {
        "code": "kernel-too-large",
        "severity": "error",
        "message": "Conv2d: height: kernel 3 at dilation 24 spans 49 > padded input 33",
        "hint": "pad 24 keeps the size, or use an input of at least 49",
        "layer": "wide",
    }


def test_resolving_may_fail_too() -> None:
    """A layer that follows the size and cannot is a failure like any other."""
    builder = Builder()
    builder.output("out", builder.add("level", SpatialPyramidPool2d(4), builder.input("image", 3)))
    failure = shapes(builder.build(), {"image": (3, 12, 5)}).failure
    assert failure is not None
    assert (failure.code, failure.layer) == ("padding-too-large", "level")
    assert failure.message.startswith("SpatialPyramidPool2d: width: 4 bins on 5")


def test_shape_mismatch_names_the_branch_that_differs() -> None:
    """The odd branch among equals is named, with its shape and a branch it should equal."""
    failure = shapes(branches(1, 0), {"image": (3, 9, 12)}).failure
    assert failure is not None
    assert (failure.code, failure.layer) == ("shape-mismatch", "concat")
    assert failure.message == "Concat: `branch0` is 4x7x10 but `branch1` is 5x9x12"


def test_shape_mismatch_names_the_odd_one_of_three() -> None:
    """Of three branches the one that differs from the other two is named, wherever it stands."""
    for order in ((0, 1, 2), (1, 0, 2), (1, 2, 0)):
        builder = Builder()
        image = builder.input("image", 3)
        kernels = {0: 2, 1: 3, 2: 3}
        values = [builder.add(f"branch{i}", Conv2d(3, 4 + i, kernels[i]), image) for i in order]
        builder.output("out", builder.add("concat", Concat(), *values))
        failure = shapes(builder.build(), {"image": (3, 9, 12)}).failure
        assert failure is not None
        assert failure.message.startswith("Concat: `branch0` is 4x8x11 but `branch"), order


def test_added_branches_are_named_too() -> None:
    """An addition of different sizes is a mismatch by name."""
    builder = Builder()
    image = builder.input("image", 3)
    pooled = builder.add("pooled", MaxPool2d(2), image)
    builder.output("out", builder.add("sum", Add(), image, pooled))
    failure = shapes(builder.build(), {"image": (3, 9, 12)}).failure
    assert failure is not None
    assert failure.message == "Add: `pooled` is 3x4x6 but `image` is 3x9x12"


def test_vectors_follow_flatten() -> None:
    """After a flatten shapes are vectors; a linear layer of another width fails with the width to use."""
    builder = Builder()
    value = builder.add("pool", AdaptiveMaxPool2d((2, 3)), builder.input("image", 5))
    value = builder.add("flat", Flatten(), value)
    builder.output("out", builder.add("dense", Linear(31, 4), value))
    resolved = shapes(builder.build(), {"image": (5, 9, 12)})
    assert resolved.shapes["flat"] == (30,)
    assert resolved.failure is not None
    assert resolved.failure.hint == "set in_features=30"


def test_inputs_of_another_number_of_axes_fail_at_the_first_layer_that_minds() -> None:
    """A sequence is an input like any other, and no map."""
    failure = shapes(branches(1), {"image": (3, 9)}).failure
    assert failure is not None
    assert (failure.layer, failure.message) == (
        "branch1",
        "Conv2d: needs a map (C, H, W), got 2 axes of shape (3, 9)",
    )


def test_batch_reaches_the_layers() -> None:
    """Statistics of one value are refused for batch 1 and fine for batch 2."""
    builder = Builder()
    layer = BatchNorm2d(5, track_running_stats=False)
    builder.output("out", builder.add("norm", layer, builder.input("image", 5)))
    alone, pair = (shapes(builder.build(), {"image": (5, 1, 1)}, batch) for batch in (1, 2))
    assert alone.failure is not None
    assert pair.failure is None


@pytest.mark.parametrize(
    ("inputs", "batch", "message"),
    [
        ({}, 1, "the graph's inputs are image, got none"),
        ({"picture": (3, 9, 12)}, 1, "the graph's inputs are image, got picture"),
        ({"image": (3, 9, 12), "more": (3, 9, 12)}, 1, "got image, more"),
        ({"image": (4, 9, 12)}, 1, "input `image` has 4 channels, the graph was built for 3"),
        ({"image": (3, 9, 9, 9, 9)}, 1, r"input `image` \(3, 9, 9, 9, 9\) must be \(C, H, W\), or \(C, L\)"),
        ({"image": (3, 0, 12)}, 1, "every size at least 1"),
        ({"image": (3, -9, 12)}, 1, "every size at least 1"),
        ({"image": (3, 9.0, 12)}, 1, r"\(3, 9.0, 12\) must be .* integers"),
        ({"image": (3, float("nan"), 12)}, 1, "integers"),
        ({"image": (3, True, 12)}, 1, "integers"),
        ({"image": (3, 2**63, 12)}, 1, "over torch's largest size"),
        ({"image": ()}, 1, r"must be \(C, H, W\)"),
        ({"image": (3, 9, 12)}, 0, r"batch \(=0\) must be a whole number of at least 1"),
    ],
)
def test_wrong_inputs_are_usage_errors(inputs: dict[str, Any], batch: int, message: str) -> None:
    """Inputs that are not the graph's are no failure of the graph, but of whoever asks."""
    with pytest.raises(UsageError, match=message):
        shapes(branches(1), inputs, batch)


def test_huge_input_costs_nothing() -> None:
    """Sizes of 10**12 are arithmetic."""
    assert shapes(branches(1), {"image": (3, 10**12, 7)}).shapes["act"] == (5, 10**12, 7)


@given(chains())
def test_each_layer_starts_where_the_one_before_ended(chain: tuple[Graph, tuple[int, int, int]]) -> None:
    """Along a chain the shapes connect, and none is empty."""
    graph, shape = chain
    resolved = shapes(graph, {"input": shape})
    assert resolved.failure is None
    current: tuple[int, ...] = shape
    for applied in resolved.layers:
        assert applied.shapes == (current,)
        current = applied.shape
        assert min(current) >= 1
