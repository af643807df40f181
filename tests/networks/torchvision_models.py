"""torchvision's models, for tests; also where its compiled operators do not fit the torch that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

if TYPE_CHECKING:
    from types import ModuleType

OPERATORS = ("nms", "qnms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d")

REASON = "torchvision's nets are the reference here"
KEPT: list[torch.library.Library] = []
"""A library's definitions end with it."""


def torchvision_models() -> ModuleType:
    """torchvision.models; skips the test where torchvision is not installed.

    torchvision's Python refuses to be imported without its compiled operators, which must come from the same build
    as torch. No model here uses them, so where they are missing their bare names are enough.
    """
    if not operators_fit():
        define_operators()
    models: ModuleType = pytest.importorskip("torchvision.models", reason=REASON, exc_type=ModuleNotFoundError)
    return models


def operators_fit() -> bool:
    """Whether torchvision can be imported as it is, or is not there at all."""
    try:
        import torchvision  # noqa: F401  # only whether it can be imported
    except ModuleNotFoundError:
        return True
    except RuntimeError:
        return False
    return True


def define_operators() -> None:
    """The names of torchvision's operators, without anything behind them."""
    if KEPT:
        return
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch has no types there
    for operator in OPERATORS:
        for name in (operator, f"_{operator}_backward"):
            library.define(f"{name}(Tensor x) -> Tensor")  # type: ignore[no-untyped-call]  # torch has no types there
    KEPT.append(library)
