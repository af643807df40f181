"""Constant folding against ONNX's own node tests, and on numbers that no file ought to hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.importing.layouts import NoRuleError
from pyramidcalc.importing.onnx_call import Call, Constant
from pyramidcalc.importing.onnx_constants import RULES, fold
from pyramidcalc.importing.onnx_wire import Operator, parse
from tests.importing.onnx_cases import REASON, as_constant, node_tests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from onnx.backend.test.case.test_case import TestCase

pytest.importorskip("onnx", reason=REASON)


def covered() -> Iterator[tuple[TestCase, Operator, Any, Any]]:
    """Tests of one operator that has a rule, with inputs and output as arrays."""
    import numpy

    for case in node_tests():
        if case.model is None or len(case.model.graph.node) != 1 or case.model.graph.node[0].op_type not in RULES:
            continue
        (node,) = parse(case.model.SerializeToString()).nodes
        for inputs, outputs in case.data_sets or ():
            arrays = [
                numpy.asarray(given)
                for given in (*inputs, outputs[0])
                if isinstance(given, numpy.ndarray | numpy.generic)
            ]
            if len(arrays) == len(inputs) + 1:
                yield case, node, arrays[:-1], arrays[-1]


def folded(case: TestCase, node: Operator, inputs: Any) -> Constant:
    """The output that we fold."""
    assert case.model is not None
    arrays = dict(zip([each.name for each in case.model.graph.input], inputs, strict=True))
    known = [as_constant(arrays[name]) if name else None for name in node.inputs]
    return fold(Call(node.op, known, node.attributes, len(node.outputs), case.model.opset_import[0].version))


def test_folding_agrees_with_the_node_tests_of_onnx() -> None:
    """Sizes are always those of ONNX, numbers wherever they are known."""
    import numpy

    agreed, refused = Counter[str](), Counter[str]()
    for case, node, inputs, output in covered():
        try:
            ours = folded(case, node, inputs)
        except NoRuleError:
            refused[case.name] += 1
            continue
        assert ours.dims == output.shape, case.name
        if ours.values is not None and output.dtype.kind in "biuf":
            theirs = output.ravel().tolist()
            assert len(ours.values) == len(theirs), (case.name, ours)
            assert numpy.allclose(ours.values, theirs, rtol=1e-6, equal_nan=True), case.name
            agreed[node.op] += 1
    assert agreed.keys() == RULES.keys() - {"Cast", "CastLike"}
    assert refused.keys() == {
        "test_range_bfloat16_type_positive_delta",  # a type whose numbers are not read
        "test_reduce_max_empty_set",  # minus infinity, of no number
        "test_reduce_max_empty_set_bool",
        "test_reduce_min_empty_set",
    }
