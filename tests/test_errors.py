"""The kinds of failure: a message, a way out, a stable code."""

from __future__ import annotations

import pytest

from pyramidcalc import errors
from pyramidcalc.errors import GraphError, LayerError, ModelError, OracleError, PyramidcalcError, ShapeError, UsageError

KINDS = [
    (LayerError, ValueError),
    (ShapeError, ValueError),
    (GraphError, ValueError),
    (UsageError, ValueError),
    (OracleError, RuntimeError),
    (ModelError, ValueError),
]


def test_text_joins_message_and_hint() -> None:
    """str() is one sentence: what is wrong; what to do."""
    assert str(ShapeError("kernel 3 > input 2", hint="pad 1")) == "kernel 3 > input 2; pad 1"


def test_text_without_a_hint_is_the_message() -> None:
    """Where there is no way out there is no semicolon."""
    assert str(ShapeError("kernel 3 > input 2")) == "kernel 3 > input 2"


@pytest.mark.parametrize(("kind", "builtin"), KINDS)
def test_kinds_are_builtin_errors_too(kind: type[PyramidcalcError], builtin: type[Exception]) -> None:
    """Whoever catches ValueError or RuntimeError catches ours."""
    assert issubclass(kind, builtin)


def test_codes_differ_by_kind() -> None:
    """Each kind has its own stable code."""
    assert len({kind.code for kind, _ in KINDS}) == len(KINDS)


def test_code_can_be_narrowed() -> None:
    """One failure may have a code of its own; its kind keeps the general one."""
    assert ShapeError("wide", code="kernel-too-large").code == "kernel-too-large"
    assert ShapeError("wide").code == "invalid-shape"


def test_every_kind_is_tested_here() -> None:
    """A new kind of error belongs in the table above."""
    kinds = {item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, PyramidcalcError)}
    assert kinds == {kind for kind, _ in KINDS} | {PyramidcalcError}
