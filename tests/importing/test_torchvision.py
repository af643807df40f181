"""torchvision's CNN families and vision transformers by torch.export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pyramidcalc.passes.channels import fields
from pyramidcalc.passes.receptive_field import receptive_fields
from pyramidcalc.passes.shapes import shapes
from pyramidcalc.report import analyze_graph

torch = pytest.importorskip("torch", reason="torchvision's nets are the reference here")
pytestmark = pytest.mark.torch

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from pyramidcalc.importing.exported import from_torch  # noqa: E402
from tests.networks.torchvision_models import torchvision_models  # noqa: E402

if TYPE_CHECKING:
    from torch import nn

    from pyramidcalc.passes.receptive_field import ReceptiveField

LARGEST = {
    "alexnet": 195,
    "convnext_tiny": 1688,
    "deeplabv3_mobilenet_v3_large": 1859,
    "densenet121": 2071,
    "efficientnet_b0": 851,
    "efficientnet_v2_s": 1487,
    "fcn_resnet50": 451,
    "googlenet": 379,
    "inception_v3": 1311,
    "lraspp_mobilenet_v3_large": 691,
    "mnasnet0_5": 843,
    "mobilenet_v2": 491,
    "mobilenet_v3_small": 639,
    "regnet_x_400mf": 975,
    "regnet_y_400mf": 575,
    "resnet18": 435,
    "resnext50_32x4d": 427,
    "shufflenet_v2_x0_5": 527,
    "squeezenet1_0": 155,
    "vgg11_bn": 150,
    "wide_resnet50_2": 427,
}
"""The families, each by its smallest member, and the largest field of its local paths.

Araujo et al., Distill 2019, table 1, have 195 for AlexNet and 1311 for Inception v3.
"""


def built(name: str) -> nn.Module:
    """A model without its weights, on the meta device where it can be built there."""
    models = torchvision_models()
    segments = hasattr(models.segmentation, name)
    make = getattr(models.segmentation if segments else models, name)
    given: dict[str, Any] = {"weights": None}
    given |= {"weights_backbone": None} if segments else {}
    given |= {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    try:
        with torch.device("meta"):
            module: nn.Module = make(**given)
    except NotImplementedError:
        module = make(**given).to("meta")
    return module.eval()


@pytest.mark.parametrize("name", LARGEST)
def test_convolutional_families_are_known(name: str) -> None:
    """Nothing is uncovered, every field is known, parameters and MACs are torch's."""
    module = built(name)
    result = from_torch(module, (3, 224, 224))
    resolved = shapes(result.graph, result.inputs)
    assert resolved.failure is None
    assert not [node.name for node in result.graph.nodes if node.layer.opaque]
    by_node = receptive_fields(resolved, fields(resolved))
    all_fields: list[ReceptiveField] = [field for by_input in by_node.values() for field in by_input.values()]
    assert {field.reason for field in all_fields} == {None}
    assert max(size for field in all_fields for size in field.local_size if size is not None) == LARGEST[name]
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, 3, 224, 224, device="meta"))
    report = analyze_graph(result.graph, result.inputs)
    assert 2 * report.macs == counter.get_total_flops()
    parameters, unused = sum(p.numel() for p in module.parameters()), parameters_told(result.notes)
    assert report.parameters + unused == parameters
    assert bool(unused) == (name in ("googlenet", "inception_v3"))


def parameters_told(notes: tuple[str, ...]) -> int:
    """How many parameters a note says are unused."""
    return sum(int(note.split(" ")[0].replace(",", "")) for note in notes)


@pytest.mark.parametrize("name", ["vit_b_32", "swin_t"])
def test_vision_transformers_end_in_unknown(name: str) -> None:
    """Their last map's field says which operator is not covered; parameters and shapes are torch's all the same."""
    module = built(name)
    result = from_torch(module, (3, 224, 224))
    resolved = shapes(result.graph, result.inputs)
    assert analyze_graph(result.graph, result.inputs).parameters == sum(p.numel() for p in module.parameters())
    output = result.graph.outputs[0][1]
    assert resolved.shapes[output] == (1000,)
    (field,) = receptive_fields(resolved, fields(resolved))[output].values()
    assert field.size == (None, None)
    assert not field.is_global
    assert "it is not known what the operator" in str(field.reason)
