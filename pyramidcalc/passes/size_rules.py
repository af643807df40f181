"""Rules of sizes in words: residues of a modulus from a least size on, and closed forms of the outputs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pyramidcalc.indexmap.laws import added
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from pyramidcalc.indexmap import FloorForm
    from pyramidcalc.passes.sizes import AxisSizes

MAX_RUNS = 12
"""More runs of sizes than this are no rule to read."""
MIN_REPEATS = 4
"""So often a pattern repeats before it is told of sizes that were only checked."""


class Rule(Record):
    """The sizes n ≥ `least` with n mod `modulus` among `residues`, and `others` below `least`.

    `checked` is the largest size that was tried where the rule is not proved for all.
    """

    modulus: int
    residues: tuple[int, ...]
    least: int
    others: tuple[int, ...]
    checked: int | None = None

    @property
    def proved(self) -> bool:
        """Whether the rule tells all sizes, not only those up to `checked`."""
        return self.checked is None

    def holds(self, n: int) -> bool:
        """Whether n is one of the sizes."""
        return (n >= self.least and n % self.modulus in self.residues) or n in self.others

    def text(self, letter: str) -> str:
        """`H ≡ 0 mod 16, H >= 128`."""
        pattern = f"{letter} ≡ {', '.join(runs(self.residues))} mod {self.modulus}" if self.modulus > 1 else ""
        # The bound goes without saying where it is the pattern's first size.
        bound = f"{letter} >= {self.least}" if self.modulus == 1 or self.least > self.modulus else ""
        parts = [", ".join(filter(None, (pattern, bound)))] if self.residues else []
        if self.others:
            listed = runs(self.others)
            few = len(listed) <= MAX_RUNS
            others = f"{letter} = {', '.join(listed)}" if few else f"{len(self.others)} without a pattern"
            parts.append(f"also {others}" if parts else others)
        said = "; ".join(parts) or f"no {letter}"
        return said if self.checked is None else f"{said}, checked up to {self.checked}"


def rule_of(holds: Callable[[int], bool], start: int, period: int) -> Rule:
    """The rule of what holds, where it repeats with `period` from `start` on."""
    of_period = {n % period for n in range(start, start + period) if holds(n)}
    divisors = (m for m in range(1, period + 1) if period % m == 0)
    modulus = next(m for m in divisors if all((n + m) % period in of_period for n in of_period))
    residues = tuple(sorted({n % modulus for n in of_period}))
    least = start
    while least > 1 and holds(least - 1) == ((least - 1) % modulus in residues):
        least -= 1
    others = tuple(n for n in range(1, least) if holds(n))
    first = next((n for n in range(least, start + period) if holds(n)), least)
    return Rule(modulus, residues, first, others)


def checked_rule(holds: Callable[[int], bool], checked: int) -> Rule:
    """The rule that all sizes up to `checked` follow; no pattern where none repeats often enough."""
    known = [holds(n) for n in range(1, checked + 1)]
    tail = known[checked // 2 :]
    for modulus in range(1, len(tail) // MIN_REPEATS):
        if all(one == other for one, other in zip(tail, tail[modulus:], strict=False)):
            rule = rule_of(holds, checked - modulus + 1, modulus)
            return rule.replace(checked=checked)
    return Rule(1, (), checked + 1, tuple(n for n in range(1, checked + 1) if holds(n)), checked)


def valid_rule(axis: AxisSizes) -> Rule:
    """The rule of the valid sizes."""
    if axis.proof is None:
        return checked_rule(axis.legal, axis.checked)
    return rule_of(axis.legal, axis.proof.start, axis.proof.period)


def aligned_rule(axis: AxisSizes, most: int) -> Rule:
    """The rule of the valid sizes up to `most` that keep every branch aligned; no law tells of larger ones."""
    return checked_rule(lambda n: axis.sizes[n - 1].aligned, most)


def output_texts(axis: AxisSizes, rule: Rule) -> dict[str, str | None]:
    """The closed form of each output's size on the valid sizes, by label; None where it is no map or has none."""
    return {
        label: output_text(axis, index, form, rule) for index, (label, form) in enumerate(axis.output_forms.items())
    }


def output_text(axis: AxisSizes, index: int, form: FloorForm | None, rule: Rule) -> str | None:
    """One output's size on the valid sizes."""
    outputs = {n: size.outputs[index] for n, size in enumerate(axis.sizes, 1) if size.outputs is not None}
    if not outputs or any(len(shape) == 1 for shape in outputs.values()):
        return None
    known = {n: shape[axis.axis] for n, shape in outputs.items()}
    if not rule.residues and len(set(known.values())) == 1:
        return str(next(iter(known.values())))
    proof = axis.proof
    if proof is None:
        right = form is not None and all(form.at(n) == m for n, m in known.items())
        return f"{form.text(axis.letter)}, checked up to {axis.checked}" if form and right else None
    rates = {n: rates[index] for n, rates in proof.rates.items() if n in known}
    if len(rule.residues) == 1 and rule.modulus > 1 and len(set(rates.values())) == 1:
        n, rate = next(iter(rates.items()))
        if rate is not None and all(m == known[n] + rate * (k - n) for k, m in known.items()):
            return line_text(axis.letter, n, known[n], rate)
    if form is None or any(form.slope != rate for rate in rates.values()) or form.factor * proof.period % form.divisor:
        return None
    wrong = [n for n, m in known.items() if form.at(n) != m]
    if not wrong:
        return form.text(axis.letter)
    first = next((n for n in known if n > wrong[-1]), None)
    return None if first is None else f"{form.text(axis.letter)} from {axis.letter} = {first} on"


def line_text(letter: str, n: int, m: int, rate: Fraction) -> str:
    """`(H − 1)/16 + 1`: the line through (n, m) of a rational slope, on the sizes where it is whole."""
    up, down = rate.as_integer_ratio()
    if not up:
        return str(m)
    scaled = letter if up == 1 else f"{up}·{letter}"
    steps, rest = divmod(down * m - up * n, down)
    if 2 * rest > down:
        steps, rest = steps + 1, rest - down
    if down == 1:
        return scaled + added(steps)
    return (f"({scaled}{added(rest)})/{down}" if rest else f"{scaled}/{down}") + added(steps)


def runs(numbers: Sequence[int]) -> list[str]:
    """`0–2`, `5`, … for ascending numbers, one text a run."""
    # All numbers of a run are as far from their index.
    groups = groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    listed = [[number for _, number in group] for _, group in groups]
    return [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in listed]
