"""What one layer reads with its real channels, against torch: all channels of a pixel, and one alone."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.indexmap import positions_of
from pyramidcalc.oracle.device import torch
from pyramidcalc.oracle.positive import Style
from pyramidcalc.oracle.reading import SMALLEST, Part, Twin
from pyramidcalc.passes.reach import reach

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from torch import Tensor

    from pyramidcalc.oracle.draws import Draw
    from pyramidcalc.passes.shapes import Resolved, Step

    Place = tuple[int, int, int]
    Mismatch = tuple[str, Any, Any, str | None]
    """(quantity, ours, torch's, note)"""

FIXED = (
    *("MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d"),
    *("SpatialPyramidPool2d", "GridAvgPool2d", "SamePad2d", "ResizeTo", "Upsample", "PixelShuffle"),
    *("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d", "Concat", "Add"),
)
"""Layers without weights, whose answer to single ones says what they read; no twin is needed."""


def read_mismatches(
    resolved: Resolved, kind: str, module: torch.nn.Module, d: Draw, device: torch.device
) -> list[Mismatch]:
    """Compares a random position of the one layer of `resolved`; `module` is torch's own."""
    step = resolved.steps[0]
    shape = (*step.shape, 1, 1)[:3]
    channel, row, column = (d.integer(0, n - 1) for n in shape)
    ask: Callable[[int | None], list[set[Place]]]
    if kind in FIXED and not step.layer.attributes().get("mode", "").startswith("nearest"):
        ask = partial(one_hot, resolved, module.double(), device, row, column)
    else:
        parts = [Part(step.name, step.layer, step.inputs, step.shapes)]
        twin = Twin(parts, resolved.inputs, 1, device, Style(wide=True))
        ask = partial(by_gradient, twin, step, row, column)
    found = compare(all_channels(resolved, row, column), ask(None), (row, column))
    if len(step.shape) == len(step.shapes[0]):
        place = channel, row, column
        found += compare(one_channel(resolved, place), ask(channel), place)
    return found


def compare(ours: list[set[Place]], theirs: list[set[Place]], position: tuple[int, ...]) -> list[Mismatch]:
    """One mismatch for each input that is read otherwise; the first value that differs is told."""
    found: list[Mismatch] = []
    for index, (expected, got) in enumerate(zip(ours, theirs, strict=True)):
        if expected != got:
            odd = min(expected ^ got)
            who = "we read" if odd in expected else "torch reads"
            note = f"at {position}, only {who} {odd} of input {index}"
            found.append(("reach", len(expected), len(got), note))
    return found


def all_channels(resolved: Resolved, row: int, column: int) -> list[set[Place]]:
    """Our values (channel, row, column) of each input that a pixel reads, from the pass."""
    found = reach(resolved, resolved.steps[0].name, row, column)
    return [
        {
            (c, i, j)
            for channels, rows, columns in found.products[name]
            for c in positions_of(channels)
            for i in positions_of(rows)
            for j in positions_of(columns)
        }
        for name in resolved.inputs
    ]


def one_channel(resolved: Resolved, place: Place) -> list[set[Place]]:
    """Our values of each input that one output value reads, from the index maps."""
    step = resolved.steps[0]
    found: list[set[Place]] = [set() for _ in resolved.inputs]  # of which a layer that follows a size reads one
    for source, maps in step.layer.terms(*step.shapes):
        sizes = (*step.shapes[source], 1, 1)[:3]
        channels, rows, columns = (
            tuple(axis_map.taps(n, i)) for axis_map, n, i in zip(maps, sizes, place, strict=True)
        )
        found[source] |= {(c, i, j) for c in channels for i in rows for j in columns}
    return found


def by_gradient(twin: Twin, step: Step, row: int, column: int, channel: int | None) -> list[set[Place]]:
    """torch's values of each input that one pixel reads, in all its channels or one."""
    seeds = torch.zeros_like(twin.values[step.name])
    if seeds.dim() == 4:
        seeds[0, slice(None) if channel is None else channel, row, column] = 1
    else:
        seeds[0, slice(None) if channel is None else channel] = 1
    return [places(mask[0]) for mask in twin.reads(step.name, seeds).values()]


def one_hot(
    resolved: Resolved, module: torch.nn.Module, device: torch.device, row: int, column: int, channel: int | None
) -> list[set[Place]]:
    """The same, asked of torch's own layer: the single ones among zeros that change the output."""
    found = []
    for name, shape in resolved.inputs.items():
        images = {
            key: torch.zeros(prod(shape), *other, dtype=torch.float64, device=device)
            for key, other in resolved.inputs.items()
        }
        images[name] = torch.eye(prod(shape), dtype=torch.float64, device=device).reshape(-1, *shape)
        changed = module(*images.values())
        images[name] = torch.zeros_like(images[name][:1])
        # A max pool over padding alone gives minus infinity whatever it is fed: no change, which nan > 0 denies too.
        answer = (changed - module(*(x[:1] for x in images.values()))).abs() > SMALLEST
        answer = answer if channel is None else answer[:, channel : channel + 1]
        seen = answer[:, :, row, column] if answer.dim() == 4 else answer
        found.append(places(seen.any(1).reshape(shape)))
    return found


def places(mask: Tensor) -> set[Place]:
    """Indices of a map's or vector's true values, with rows and columns 0 for a vector."""
    return {(*index, 0, 0)[:3] for index in map(tuple, torch.nonzero(mask).tolist())}
