"""What can be expected of an architecture or of its layers, and where a report holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from fractions import Fraction

    from pyramidcalc.report import LayerReport, Report

GLOBAL = "global"


class Found(Record):
    """What a report says of a quantity.

    `numbers` is None where it is none, `text` says so or writes them as an expectation would;
    `known` is False where nothing holds of it, not even that it differs.
    """

    numbers: tuple[Fraction | int, ...] | None
    text: str
    layer: str | None = None
    known: bool = True
    is_global: bool = False


class Quantity(Record):
    """What can be expected: how its values are written, and where a report holds it.

    `find` takes the report and the layers of one name, or None for the whole architecture.
    """

    form: str
    find: Callable[[Report, tuple[LayerReport, ...] | None], Found]
    of_layers: bool = True


def joined(numbers: Iterable[Fraction | int | None]) -> str:
    """256x64x64."""
    return "x".join("-" if number is None else str(number) for number in numbers)


def last(report: Report, layers: tuple[LayerReport, ...] | None) -> LayerReport:
    """The layer whose output is meant; a valid architecture has a main one."""
    layer = report.main if layers is None else layers[-1]
    assert layer is not None
    return layer


def shape(report: Report, layers: tuple[LayerReport, ...] | None) -> Found:
    """C×H×W, or F."""
    layer = last(report, layers)
    return Found(layer.output, joined(layer.output), layer.name)


def field(report: Report, layers: tuple[LayerReport, ...] | None) -> Found:
    """The local size, and whether the field is global; with respect to the main input."""
    layer = last(report, layers)
    found = layer.receptive_field
    if found is None:
        return Found(None, f"none, {layer.main_input} is not read", layer.name)
    local = joined(found.local_size)
    missing = None in found.local_size
    told = local if found.local_size != (None, None) else ""
    text = f"{GLOBAL} ({told})" if found.is_global and told else GLOBAL if found.is_global else local
    text = f"unknown, {found.reason}" if found.reason else text
    return Found(
        None if missing else numbers_of(found.local_size), text, layer.name, found.reason is None, found.is_global
    )


def of_field(attribute: str) -> Callable[[Report, tuple[LayerReport, ...] | None], Found]:
    """A pair of the receptive field with respect to the main input: its stride or padding."""

    def find(report: Report, layers: tuple[LayerReport, ...] | None) -> Found:
        layer = last(report, layers)
        found = layer.receptive_field
        pair: tuple[Fraction | int | None, ...] = (None, None) if found is None else getattr(found, attribute)
        if None not in pair:
            return Found(numbers_of(pair), joined(pair[:1] if pair[0] == pair[1] else pair), layer.name)
        reason = found.reason if found else None
        text = f"unknown, {reason}" if reason else "none, or branches differ"
        return Found(None, text, layer.name, reason is None)

    return find


def numbers_of(pair: Iterable[Fraction | int | None]) -> tuple[Fraction | int, ...]:
    """The numbers that are there."""
    return tuple(number for number in pair if number is not None)


def total(attribute: str) -> Callable[[Report, tuple[LayerReport, ...] | None], Found]:
    """A sum of the report, or over some of its layers."""

    def find(report: Report, layers: tuple[LayerReport, ...] | None) -> Found:
        number: int = (
            getattr(report, attribute) if layers is None else sum(getattr(layer, attribute) for layer in layers)
        )
        return Found((number,), str(number))

    return find


QUANTITIES = {
    "output": Quantity("shape", shape),
    "receptive-field": Quantity("field", field),
    "stride": Quantity("stride", of_field("stride")),
    "padding": Quantity("padding", of_field("padding")),
    "parameters": Quantity("number", total("parameters")),
    "macs": Quantity("number", total("macs")),
    "input": Quantity("shape", lambda report, _: Found(report.input, joined(report.input)), False),
    "activations": Quantity("number", total("activations"), False),
    "peak-activation-bytes": Quantity("number", total("peak_activation_bytes"), False),
    "peak-memory": Quantity("number", total("peak_activation_bytes"), False),
}
