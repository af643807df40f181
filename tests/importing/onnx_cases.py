"""ONNX models to read: the node tests and the nets that come with the onnx package."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
