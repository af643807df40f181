"""Rows and columns of the layers' table: layers folded into units, stages or scopes, with sums."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyramidcalc.cli.answer import Column
from pyramidcalc.cli.words import share
from pyramidcalc.layer_report import LayerGroup
from pyramidcalc.quantities import QUANTITIES, per_axis, times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.layer_report import LayerReport
    from pyramidcalc.layers.base import Layer
    from pyramidcalc.passes.valid_taps import ValidTaps
    from pyramidcalc.quantities import Quantity
    from pyramidcalc.report import Report

OPENED = ("backbone", "features")
"""Scopes that hold a network of their own: its stages are rows, not the whole."""
MAX_IN_FULL = 4
"""A row of up to so many layers names each with its settings, a larger one counts kinds."""
IN_OTHER_COLUMNS = ("channels", "features")
"""Endings of fields that the output's shape and the parameters say already."""
SILENT = frozenset(("bias", "eps", "momentum", "affine", "elementwise_affine", "track_running_stats"))
"""Fields that change no size; parameters say whether there is a bias."""
NOUNS = {
    "ConvTranspose": "transposed convolution",
    "Conv": "convolution",
    "Pool": "pool",
    "Pad": "pad",
    "Linear": "linear layer",
    "Attention": "attention layer",
    "Upsample": "resize",
    "Resize": "resize",
    "Concat": "concatenation",
    "Add": "sum",
    "Multiply": "product",
}
"""Part of a class's name → what a row that counts calls it."""
MIN_NAME, MIN_FIELDS, MIN_TEXT = 16, 10, 24
"""Widths down to which names, fields of several inputs, and texts fold in a narrow terminal."""
SIZES = ("kernel_size", "output_size", "size")


def operations(group: LayerGroup) -> str:
    """What the layers of a row do."""
    if len(group.layers) <= MAX_IN_FULL:
        return " + ".join(operation(each.layer) for each in group.layers)
    counted = [each for each in group.layers if not (each.layer.elementwise or each.layer.view)] or group.layers
    counts = Counter(noun(each.layer) for each in counted)
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for word, count in counts.items())


def noun(layer: Layer) -> str:
    """`convolution` for Conv2d and its like, the class's own name where it has no word."""
    return next((word for part, word in NOUNS.items() if part in layer.name), layer.name)


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


def taps_share(taps: ValidTaps) -> str:
    """`66.0%`."""
    return share(*taps.share.as_integer_ratio())


def columns_of(report: Report, rows: Sequence[LayerGroup]) -> tuple[Column, ...]:
    """The columns of a report; one on dilated windows only where there are some."""
    # The input's too: where all rows are vectors, or none is there, the heading is still that of its maps.
    shapes = [report.input, *[row.output for row in rows]]
    columns = [
        Column("layer", lambda row: row.name, folds=MIN_NAME),
        *[quantity_column(each, shapes, report.input_names) for each in QUANTITIES if each.of_layers],
    ]
    if any(row.valid_taps for row in rows):
        columns.append(taps_column())
    return (*columns, Column("operation", operations, folds=MIN_TEXT))


def quantity_column(
    quantity: Quantity,
    shapes: Sequence[tuple[int, ...]],
    inputs: Sequence[str],
    of: Callable[[Any], Any] = lambda row: row,
) -> Column:
    """The column of a quantity of what `of` gives for a row, for maps of these shapes and inputs of these names.

    Without `inputs`, CSV has the receptive field of the main input alone. Where `of` gives None, cells are empty.
    """

    def cell(rule: Callable[[Any], Any], nothing: Any = "") -> Callable[[Any], Any]:
        return lambda row: nothing if (subject := of(row)) is None else rule(subject)

    several = len(inputs) > 1 and quantity.form in ("field", "axes")
    numbers = quantity.numbers({len(shape) - 1 for shape in shapes}, inputs)
    return Column(
        quantity.heading_for(shapes),
        cell(quantity.cell),
        right=True,
        folds=MIN_FIELDS if several else 0,
        extra=not quantity.in_table,
        key=quantity.key,
        glance=cell(quantity.glance),
        numbers=tuple([Column(each.heading, cell(each.value, None)) for each in numbers]),
    )


def taps_column() -> Column:
    """The column of dilated windows: at which share of their positions all taps are inside, `66.0% (52×52)`."""

    def cell(rule: Callable[[ValidTaps], Any]) -> Callable[[LayerGroup], Any]:
        return lambda row: rule(row.valid_taps) if row.valid_taps else ""

    exact = cell(lambda taps: f"{taps_share(taps)} ({times(taps.positions)})")
    numbers = (Column("taps inside", cell(lambda taps: float(taps.share))),)
    return Column("taps inside", exact, right=True, key="taps", glance=cell(taps_share), numbers=numbers)


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
