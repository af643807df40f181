"""torchvision's CNN families and vision transformers by torch.export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc.passes.cost import cost
from pyramidcalc.passes.receptive_field import fields, receptive_fields
from pyramidcalc.passes.shapes import shapes

torch = pytest.importorskip("torch", reason="torchvision's nets are the reference here")
pytestmark = pytest.mark.torch

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from pyramidcalc.importing.exported import from_torch  # noqa: E402
from tests.networks.torchvision_models import torchvision_models  # noqa: E402

if TYPE_CHECKING:
    from pyramidcalc.passes.receptive_field import ReceptiveField

LARGEST: dict[str, int | None] = {
    "alexnet": 195,
    "convnext_tiny": 1688,
    "deeplabv3_mobilenet_v3_large": None,
    "densenet121": 2071,
    "efficientnet_b0": None,
    "efficientnet_v2_s": None,
    "fcn_resnet50": 2000,
    "googlenet": None,
    "inception_v3": 1311,
    "lraspp_mobilenet_v3_large": None,
    "mnasnet0_5": 843,
    "mobilenet_v2": 491,
    "mobilenet_v3_small": None,
    "regnet_x_400mf": None,
    "regnet_y_400mf": None,
    "resnet18": 435,
    "resnext50_32x4d": 427,
    "shufflenet_v2_x0_5": 527,
    "squeezenet1_0": 155,
    "vgg11_bn": 150,
    "wide_resnet50_2": 427,
}
"""The 21 families, each by its smallest member, and the largest field before a global pool; None where one is inside."""
