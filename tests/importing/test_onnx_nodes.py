"""ONNX's own node tests of the window family: shapes, and what each output reads by changing the inputs one by one."""

from __future__ import annotations

import random
import warnings
from itertools import product
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.importing.onnx import Translation
from pyramidcalc.importing.onnx_wire import Tensor, parse
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes
from tests.importing.onnx_cases import REASON, as_constant, node_tests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from onnx.backend.test.case.test_case import TestCase

    from pyramidcalc.importing.results import Imported

    Position = tuple[int, ...]

pytest.importorskip("onnx", reason=REASON)

FAMILY = {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "Resize",
          "Upsample", "Pad", "DepthToSpace", "SpaceToDepth", "LRN"}  # fmt: skip
POOLS = {"MaxPool", "AveragePool", "LpPool"}
NO_INDEX_MAP = {
    "antialias": 4,
    "tf_crop_and_resize": 4,
    "keep_aspect_ratio_policy": 4,
    "align_corners by a scale": 2,
    "half_pixel_symmetric by a scale": 2,
    "cubic, asymmetric": 1,
    "linear, pytorch_half_pixel": 1,
    "nearest, align_corners, floor": 1,
    "nearest, asymmetric, round_prefer_ceil": 1,
    "nearest, half_pixel, ceil": 1,
    "nearest, half_pixel, round_prefer_floor": 1,
}
"""Why Resize is not covered, and in how many of the tests: torch's resizes read other samples than these."""


def cases() -> dict[str, TestCase]:
    """Tests of one operator of the family."""
    return {
        case.name: case
        for case in node_tests()
        if case.model and len(case.model.graph.node) == 1 and case.model.graph.node[0].op_type in FAMILY
    }


def arrays(case: TestCase) -> list[Any]:
    """The inputs of a test; of pools, which the evaluator is slow on, one channel and a corner of the first."""
    assert case.model is not None
    assert case.data_sets is not None
    first, *rest = case.data_sets[0][0]
    if case.model.graph.node[0].op_type in POOLS:
        first = first[(slice(1), slice(1), *[slice(size) for size in (17, 15, 9)[: first.ndim - 2]])]
    return [first, *rest]


def imported(case: TestCase, inputs: Sequence[Any]) -> Imported:
    """The graph of a test: its first input is one, the others are constants; the file's own sizes are forgotten."""
    assert case.model is not None
    first, *rest = inputs
    model = parse(case.model.SerializeToString())
    names = model.inputs
    constants = {name: as_constant(array) for name, array in zip(names[1:], rest, strict=True)}
    given = {name: Tensor(name, each.dims, each.kind, each.values) for name, each in constants.items()}
    sizes = {names[0]: first.shape}
    bare = model.replace(weights=given, inputs=names[:1], outputs=model.outputs[:1], shapes=sizes)
    return Translation(bare, {}).run()


class Reference:
    """ONNX's reference evaluation of one test on random numbers."""

    def __init__(self, case: TestCase) -> None:
        import numpy
        from onnx.reference import ReferenceEvaluator

        assert case.model is not None
        rng = numpy.random.default_rng(3)
        names = [each.name for each in case.model.graph.input]
        self.name = names[0]
        self.feed = {
            name: rng.uniform(1, 2, array.shape).astype(array.dtype)
            if name == names[0] or (array.dtype.kind == "f" and array.ndim > 2)
            else array
            for name, array in zip(names, arrays(case), strict=True)
        }
        self.model = ReferenceEvaluator(case.model)
        self.before = self.run(self.feed)

    def run(self, feed: dict[str, Any]) -> Any:
        """The first output."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outputs: Any = self.model.run(None, feed)
        return outputs[0].astype(float)

    def changed(self, place: Position) -> set[Position]:
        """Output positions that change with the numbers of all channels at one place of the input."""
        import numpy

        other = self.feed[self.name].copy()
        inside: Any = (slice(None), slice(None), *place)
        other[inside] += 100
        different = numpy.abs(self.run(self.feed | {self.name: other}) - self.before) > 1e-3
        return set(map(tuple, numpy.argwhere(different.any(axis=(0, 1))).tolist()))


def masks(graph: Imported) -> dict[Position, dict[Position, int]]:
    """What each output position reads: by all axes but the last, the bit set of the last."""
    resolved = shapes(graph.graph, graph.inputs)
    (name,) = graph.inputs
    node = graph.graph.outputs[0][1]
    every = product(*map(range, resolved.shapes[node][1:]))
    return {position: reach(resolved, node, position).mask(name) for position in every}


def refusals() -> dict[str, str]:
    """Tests that are not covered, and why."""
    refused = {}
    for name, case in cases().items():
        graph = None
        try:
            graph = imported(case, arrays(case)).graph
        except ValueError as error:
            refused[name] = str(error)
        assert graph is None or not any(node.layer.opaque for node in graph.nodes), name
    return refused


def test_windows_and_pads_are_all_covered_and_resizes_where_torch_has_them() -> None:
    """Of every other test the reason is known."""
    refused = refusals()
    assert {cases()[name].model.graph.node[0].op_type for name in refused} == {"Resize"}  # type: ignore[union-attr]
    counts = {why: sum(f"Resize ({why}" in reason for reason in refused.values()) for why in NO_INDEX_MAP}
    assert counts == NO_INDEX_MAP
    assert sum(counts.values()) == len(refused)
    assert len(cases()) - len(refused) >= 90


def test_shapes_agree_with_the_node_tests_of_onnx() -> None:
    """Every covered test of the family gives ONNX's own shape."""
    refused = refusals()
    for name, case in cases().items():
        if name not in refused:
            assert case.data_sets is not None
            graph = imported(case, case.data_sets[0][0])
            resolved = shapes(graph.graph, graph.inputs)
            assert resolved.shapes[graph.graph.outputs[0][1]] == case.data_sets[0][1][0].shape[1:], name


def test_reads_agree_with_the_reference_evaluator() -> None:
    """An output position reads an input position where, and only where, ONNX's numbers change with it."""
    refused, rng = refusals(), random.Random(1)
    for name, case in cases().items():
        if name in refused:
            continue
        graph, reference = imported(case, arrays(case)), Reference(case)
        ((_, *sizes),) = graph.inputs.values()
        reads = masks(graph)
        # The evaluator is slow on large maps.
        inside = 0 if max(sizes) > 20 else 2
        corners = [(0,) * len(sizes), tuple(n - 1 for n in sizes)]
        for place in [*corners, *[tuple(rng.randrange(n) for n in sizes) for _ in range(inside)]]:
            readers = {at for at, mask in reads.items() if mask.get(place[:-1], 0) >> place[-1] & 1}
            assert readers == reference.changed(place), (name, place)
