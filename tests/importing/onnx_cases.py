"""ONNX models to read: the node tests and the nets that come with the onnx package."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.importing.onnx_call import Constant
from pyramidcalc.importing.onnx_wire import MAX_VALUES

if TYPE_CHECKING:
    from typing import Any

    from onnx import ModelProto
    from onnx.backend.test.case.test_case import TestCase

REASON = "ONNX's own package is the reference here"


@cache
def node_tests() -> tuple[TestCase, ...]:
    """ONNX's tests of single operators: a model, inputs and outputs each."""
    pytest.importorskip("onnx", reason=REASON)
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(collect_testcases(None))


@cache
def stored_files() -> tuple[Path, ...]:
    """The model files inside the onnx package: small nets, and nets of papers without their weights."""
    onnx = pytest.importorskip("onnx", reason=REASON)
    return tuple(sorted(Path(onnx.__file__).parent.rglob("*.onnx")))


def models() -> list[tuple[str, ModelProto]]:
    """Every model of the onnx package by name."""
    import onnx

    stored = [(file.parent.name, onnx.load(file)) for file in stored_files()]
    return [(case.name, case.model) for case in node_tests() if case.model] + stored


def as_constant(array: Any) -> Constant:
    """A numpy array of numbers as a constant."""
    from onnx.helper import np_dtype_to_tensor_dtype

    few = array.size <= MAX_VALUES and array.dtype.kind in "biuf"
    values = tuple(array.ravel().tolist()) if few else None
    return Constant(array.shape, values, int(np_dtype_to_tensor_dtype(array.dtype)))
