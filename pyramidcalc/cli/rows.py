"""Rows and columns of the layers' table: layers folded into units, stages or scopes, with sums."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Column
from pyramidcalc.cli.words import share
from pyramidcalc.layer_report import LayerGroup
from pyramidcalc.quantities import QUANTITIES, per_axis, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pyramidcalc.layer_report import LayerReport
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.valid_taps import ValidTaps
    from pyramidcalc.report import Report

OPENED = ("backbone", "features")
"""Scopes that hold a network of their own: its stages are rows, not the whole."""
MAX_IN_FULL = 4
"""A row of up to so many layers names each with its settings, a larger one counts kinds."""
IN_OTHER_COLUMNS = ("channels", "features")
"""Endings of fields that the output's shape and the parameters say already."""
SILENT = frozenset(("bias", "eps", "momentum", "affine", "elementwise_affine", "track_running_stats"))
"""Fields that change no size; parameters say whether there is a bias."""
SIZES = ("kernel_size", "output_size", "size")


def operations(group: LayerGroup) -> str:
    """What the layers of a row do."""
    if len(group.layers) <= MAX_IN_FULL:
        return " + ".join(operation(each.layer) for each in group.layers)
    kinds = Counter(each.op for each in group.layers)
    return ", ".join(f"{kind} ×{count}" if count > 1 else kind for kind, count in kinds.items())


def operation(layer: Layer) -> str:
    """`Conv2d 3×3, padding 6, dilation 6`: the layer and what is not its default."""
    sizes: list[str] = []
    settings: list[str] = []
    defaults = layer._defaults
    for name, value in layer.attributes().items():
        if name in SILENT or name.endswith(IN_OTHER_COLUMNS):
            continue
        default = defaults.get(name, ...)
        if value == default or (isinstance(value, tuple) and value == (default,) * len(value)):
            continue
        if name in SIZES:
            numbers = value if isinstance(value, tuple) else (value,)
            sizes.append(times("none" if item is None else item for item in numbers))
        else:
            settings.append(setting(name, value))
    return ", ".join([" ".join([layer.name, *sizes]), *settings])


def setting(name: str, value: Any) -> str:
    """`dilation 6`, `stride 2×1`, `ceil mode`, `bilinear`."""
    word = name.replace("_", " ")
    if value is True:
        return word
    if value is False:
        return f"no {word}"
    if name == "mode":
        return str(value)
    return f"{word} {per_axis(value) if isinstance(value, tuple) else value}"


def taps_inside(taps: ValidTaps) -> str:
    """`66.0% (52×52)`: share and number of positions."""
    ratio = taps.share
    return f"{share(ratio.numerator, ratio.denominator)} ({times(taps.positions)})"


def columns_of(report: Report, rows: Sequence[LayerGroup]) -> tuple[Column, ...]:
    """The columns of a report; one on dilated windows only where there are some."""
    # The input's too: where all rows are vectors, or none is there, the heading is still that of its maps.
    shapes = [report.input, *[row.output for row in rows]]
    measured = [quantity for quantity in QUANTITIES if quantity.in_table]
    columns = [
        Column("layer", lambda row: row.name),
        Column("operation", operations),
        *[Column(quantity.heading_for(shapes), quantity.cell, right=True) for quantity in measured],
    ]
    if any(row.valid_taps for row in rows):
        columns.append(
            Column("all taps inside", lambda row: taps_inside(row.valid_taps) if row.valid_taps else "", right=True)
        )
    return tuple(columns)


def fold(report: Report, depth: int | None, *, collapsed: bool) -> tuple[LayerGroup, ...]:
    """The rows of a report.

    With `depth`, layers with more than so many names share a row a scope, and all others stand
    alone. Without, units are rows, and where `collapsed` every scope is one, save that a backbone's
    scopes are rows each.
    """
    level = depth if depth is not None else 1 if collapsed else None
    heads = {} if depth is not None else units(report)
    groups: dict[tuple[bool, str], list[LayerReport]] = {}
    for layer in report.layers:
        names = layer.name.split(".")
        shown = None if level is None else level + (depth is None and names[0] in OPENED)
        if shown is not None and len(names) > shown:
            key = (True, ".".join(names[:shown]))
        else:
            key = (False, heads.get(layer.name, layer.name))
        groups.setdefault(key, []).append(layer)
    return tuple([LayerGroup.of(name, tuple(group)) for (_, name), group in groups.items()])


def units(report: Report) -> dict[str, str]:
    """Layer to the head of its unit: element-wise layers join the layer that only they read, in its scope."""
    if report.resolved is None:
        return {}
    readers = Counter(name for layer in report.layers for name in layer.inputs)
    readers.update(name for _, name in report.resolved.graph.outputs)
    heads: dict[str, str] = {}
    for layer in report.layers:
        source = layer.inputs[0]
        joins = (
            source in heads
            and layer.layer.elementwise
            and readers[source] == 1
            and layer.name.rpartition(".")[0] == source.rpartition(".")[0]
        )
        heads[layer.name] = heads[source] if joins else layer.name
    return heads
