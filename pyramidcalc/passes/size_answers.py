"""What is said of the valid sizes of each axis: rules, lists, the nearest, and the outputs' sizes as formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.passes.size_rules import aligned_rule, output_texts, valid_rule
from pyramidcalc.passes.sizes import sizes
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Diagnostic, Shape
    from pyramidcalc.passes.shapes import Family
    from pyramidcalc.passes.size_rules import Rule
    from pyramidcalc.passes.sizes import AxisSizes

SPAN = 128
"""How far around `near` is looked where there is no proof."""


class SizeAnswer(Record):
    """One axis: the `rule` of the sizes that work, that of those that keep every branch aligned, the size of each
    output as a formula (None where there is none), and the nearest to the size that was asked about."""

    sizes: AxisSizes
    rule: Rule
    aligned_rule: Rule
    limits: tuple[int, int]
    outputs: dict[str, str | None]
    nearest: tuple[int, ...] | None

    @property
    def valid(self) -> tuple[int, ...]:
        """The valid sizes within the limits."""
        return self.sizes.valid(*self.limits)

    @property
    def beside(self) -> int | list[int] | None:
        """The size of the other axis, or of the others; a sequence has none."""
        others = [n for axis, n in enumerate(self.sizes.beside) if axis not in (0, self.sizes.axis)]
        return others[0] if len(others) == 1 else others or None

    @property
    def refusal(self) -> Diagnostic | None:
        """What refuses the size after the last valid one, where there is a last one."""
        resolved = None if self.rule.residues or not self.rule.others else self.sizes.at(self.rule.others[-1] + 1)
        return None if resolved is None else resolved.failure

    def __str__(self) -> str:
        return self.rule.text(self.sizes.letter)

    def __repr__(self) -> str:
        return f"<SizeAnswer of the {self.sizes.name}: {self}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON of one axis."""
        axis, letter = self.sizes, self.sizes.letter
        least, most = self.limits
        return {
            "valid": list(self.valid),
            "rule": self.rule.text(letter),
            "output": next(iter(self.outputs.values())),
            "outputs": self.outputs,
            "nearest": None if self.nearest is None else list(self.nearest),
            "refusal": None if self.refusal is None else self.refusal.to_dict(),
            "unknown": list(axis.unknown),
            "aligned": {
                "valid": [n for n in range(least, most + 1) if axis.sizes[n - 1].aligned],
                "rule": self.aligned_rule.text(letter),
                "proved": self.aligned_rule.proved,
            },
            "proved": axis.proof is not None,
            "period": None if axis.proof is None else axis.proof.period,
            "repeats_from": None if axis.proof is None else axis.proof.start,
            "checked": axis.checked,
            "beside": self.beside,
        }


def size_answers(
    family: Family, given: Shape, *, least: int, most: int, near: int | None
) -> tuple[SizeAnswer, ...] | None:
    """Every spatial axis of the first input, listed from `least` to `most`; None where no size works at all."""
    axes = sizes(family, given, most=most)
    if axes is None:
        return None
    answers = []
    for axis in axes:
        rule, nearest = valid_rule(axis), None if near is None else axis.nearest(near, SPAN)
        aligned = aligned_rule(axis, most)
        answers.append(SizeAnswer(axis, rule, aligned, (least, most), output_texts(axis, rule), nearest))
    return tuple(answers)
