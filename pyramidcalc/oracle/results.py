"""What the oracle says: checks of one graph, and disagreements on random configurations. Needs no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any


class Check(Record):
    """One number of one layer: `expected` is pyramidcalc's, `got` torch's.

    `quantity` is "shape", "parameters", "macs", "reach", "receptive-field" or "effective-field". `ok` is None where it
    was not checked; `note` says why, or what differs.
    """

    layer: str
    quantity: str
    expected: Any
    got: Any
    ok: bool | None
    note: str | None = None


class Verification(Record):
    """All checks of one graph on one input, by the torch of this version on this device ("cpu" or "cuda")."""

    device: str
    torch: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failures

    @property
    def agreed(self) -> tuple[Check, ...]:
        """Checks where torch says the same."""
        return tuple(check for check in self.checks if check.ok)

    @property
    def failures(self) -> tuple[Check, ...]:
        """Checks where torch disagrees."""
        return tuple(check for check in self.checks if check.ok is False)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """Checks that could not be done; their notes say why."""
        return tuple(check for check in self.checks if check.ok is None)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"device": self.device, "torch": self.torch, "ok": self.ok, "checks": [c.to_dict() for c in self.checks]}


class Disagreement(Record):
    """A random configuration on which torch says something else: `expected` is pyramidcalc's, `got` torch's."""

    kind: str
    seed: int
    configuration: str
    quantity: str
    expected: Any
    got: Any
    note: str | None = None

    @property
    def command(self) -> str:
        """The command that repeats this one configuration."""
        return f"pyramidcalc verify {self.kind} --random 1 --seed {self.seed}"


class KindResult(Record):
    """One summary row: configurations of one kind, those `accepted` by us, and the numbers `compared` with torch's."""

    kind: str
    configurations: int
    accepted: int
    compared: int
    disagreements: tuple[Disagreement, ...]


class RandomResult(Record):
    """Random configurations of several kinds, one row a kind."""

    device: str
    torch: str
    kinds: tuple[KindResult, ...]

    @property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Of all kinds, in order."""
        return tuple(each for row in self.kinds for each in row.disagreements)

    @property
    def ok(self) -> bool:
        """Whether torch agrees everywhere."""
        return not self.disagreements
