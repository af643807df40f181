"""Effective fields against autograd on a twin of averaging weights, weight by weight, on the real input.

The twin is one channel wide and in float64: every layer averages what it reads, merges add. Where some channels of a
map are read apart from others, the map has a value for each set of them.
"""

from __future__ import annotations

from functools import singledispatch
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import OracleError
from pyramidcalc.layers.convolution import Conv, ConvTranspose
from pyramidcalc.layers.linear import Flatten, Linear
from pyramidcalc.layers.pooling import MaxPool
from pyramidcalc.oracle.device import choose, memory_explained, torch, torch_version
from pyramidcalc.oracle.operations import Style, operation
from pyramidcalc.oracle.reach_checks import PLACES, positions
from pyramidcalc.oracle.results import Check, Verification
from pyramidcalc.oracle.twin import gradients, leaves, marks
from pyramidcalc.passes.effective_field import effective_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from torch import Tensor

    from pyramidcalc.layers.base import Layer, Shape
    from pyramidcalc.oracle.operations import Operation
    from pyramidcalc.passes.effective_field import EffectiveField
    from pyramidcalc.passes.shapes import AppliedLayer, Resolved

QUANTITY = "effective-field"
TOLERANCE = 1e-12
"""Of the largest weight: what float64 may leave of a sum over many layers."""
ONE_CHANNEL = Style(wide=False)


@singledispatch
def averaging(layer: Layer, shapes: tuple[Shape, ...]) -> Operation:
    """The layer as a mean of what it reads; merges add. By default the sum is one: a resize, an average, a pad."""
    return operation(layer, shapes, ONE_CHANNEL)


@averaging.register(Conv)
def convolution(layer: Conv, shapes: tuple[Shape, ...]) -> Operation:
    """The mean over all taps, those in the padding too."""
    run, taps = operation(layer, shapes, ONE_CHANNEL), prod(layer.attributes()["kernel_size"])
    return lambda x: run(x) / taps


@averaging.register(ConvTranspose)
@averaging.register(Flatten)
@averaging.register(Linear)
def mean(layer: Layer, shapes: tuple[Shape, ...]) -> Operation:
    """The sum over the number of values that each output reads."""
    run = operation(layer.replace(bias=False) if "bias" in layer.attributes() else layer, shapes, ONE_CHANNEL)
    return lambda x: run(x) / run(torch.ones_like(x[:1])).clamp(min=1)


@averaging.register(MaxPool)
def max_pool(layer: MaxPool, shapes: tuple[Shape, ...]) -> Operation:
    """The mean over the taps inside the padded map, as torch's average pools have it."""
    sums = operation(layer, shapes, ONE_CHANNEL)
    return lambda x: sums(x) / sums(torch.ones_like(x[:1]), edge=1.0)


class AveragingTwin:
    """The values of some nodes of a graph of averaging layers, ready for gradients: one sample a position to ask for.

    Raises OracleError where torch has no such layer.
    """

    def __init__(self, resolved: Resolved, names: Iterable[str], samples: int, device: torch.device) -> None:
        self.inputs = leaves(resolved, samples, device, ONE_CHANNEL)
        self.shapes = resolved.shapes
        # First what sets of channels are read of each node, then their values in order.
        wanted = {name: {every_channel(self.shapes[name])} for name in names}
        for applied in reversed(resolved.layers):
            for channels in wanted.get(applied.name, ()):
                for source, read in channels_read(applied, channels):
                    wanted.setdefault(source, set()).add(read)
        self.values = {(name, read): x for name, x in self.inputs.items() for read in wanted.get(name, ())}
        for applied in resolved.layers:
            for channels in wanted.get(applied.name, ()):
                given = [self.values[each] for each in channels_read(applied, channels)]
                nothing = torch.zeros((), dtype=torch.float64, device=device)
                value = averaging(applied.layer, applied.shapes)(*given) if given else nothing
                # A merge of which only the input that broadcasts is read.
                self.values[applied.name, channels] = value.expand(samples, 1, *applied.shape[1:])

    def gradients(self, name: str, places: Sequence[tuple[int, ...]]) -> dict[str, Tensor]:
        """For each input (samples, *spatial), the gradients of a node's values at one place a sample."""
        value = self.values[name, every_channel(self.shapes[name])]
        by_input = gradients(value, self.inputs, marks(value, places))
        return {key: gradient[:, 0] for key, gradient in by_input.items()}


def every_channel(shape: Shape) -> int:
    """The bit set of all channels."""
    return (1 << shape[0]) - 1


def channels_read(applied: AppliedLayer, channels: int) -> Iterator[tuple[str, int]]:
    """(name, set of its channels) of the inputs of which some channels of a node read any."""
    for source, maps, shape in zip(applied.inputs, applied.axes, applied.shapes, strict=True):
        if read := maps[0].gather(shape[0], channels):
            yield source, read


def effective_checks(resolved: Resolved, names: Sequence[str], device: torch.device) -> Iterator[Check]:
    """One check a node, in the order of `names`, at the centre, a corner and an edge."""
    twin = AveragingTwin(resolved, names, len(PLACES), device)
    for name in names:
        yield effective_check(resolved, twin, name, positions(resolved.shapes[name]))


def effective_check(resolved: Resolved, twin: AveragingTwin, name: str, places: Sequence[tuple[int, ...]]) -> Check:
    """Our sum of weights and torch's at each place; `note` says which weights differ."""
    ours = [effective_field(resolved, name, place) for place in places]
    reason = next((field.unknown for field in ours if field.unknown), None)
    if reason:
        return Check(name, QUANTITY, None, None, None, reason)
    torchs = twin.gradients(name, places)
    expected: dict[str, float] = {}
    got: dict[str, float] = {}
    notes = []
    for sample, field in enumerate(ours):
        place = PLACES[sample] if len(ours) > 1 else "pixel"
        for key in resolved.inputs:
            label = place if len(resolved.inputs) == 1 else f"{place} of {key}"
            weights, gradient = as_tensor(field, key), torchs[key][sample].cpu()
            expected[label], got[label] = float(weights.sum()), float(gradient.sum())
            if (apart := difference(weights, gradient)) > TOLERANCE:
                notes.append(f"{label} {field.position}: weights differ by {apart:.1e} of the largest")
    return Check(name, QUANTITY, expected, got, not notes, "; ".join(notes) or None)


def verify_effective_field(resolved: Resolved, field: EffectiveField, device: str = "auto") -> Verification:
    """One effective field by the measure mean against torch. Raises OracleError where torch cannot be asked."""
    chosen = choose(device)
    with memory_explained():
        try:
            twin = AveragingTwin(resolved, [field.node], 1, chosen)
            check = effective_check(resolved, twin, field.node, [field.position])
        except OracleError as error:
            check = Check(field.node, QUANTITY, None, None, None, field.unknown or str(error))
    return Verification(chosen.type, torch_version(), (check,))


def as_tensor(field: EffectiveField, name: str) -> Tensor:
    """The weights on an input (*spatial) as float64, each rounded once."""
    weights = torch.zeros(field.inputs[name][1:], dtype=torch.float64)
    hull = field.hull(name)
    if hull is not None:
        box = tuple([slice(first, last + 1) for first, last in hull])
        values = [value / field.denominator for row in field.weights(name).values() for value in row]
        weights[box] = torch.tensor(values, dtype=torch.float64).reshape(weights[box].shape)
    return weights


def difference(ours: Tensor, torchs: Tensor) -> float:
    """The greatest difference of two weights, over the greatest weight."""
    greatest = float(torch.maximum(ours.abs().max(), torchs.abs().max()))
    return float((ours - torchs).abs().max()) / greatest if greatest else 0.0
