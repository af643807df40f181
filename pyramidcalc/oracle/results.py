"""What the oracle says of one graph: checks, each ours against torch's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any


class Check(Record):
    """One number of one layer: `expected` is pyramidcalc's, `got` torch's.

    `ok` is None where it was not checked; `note` says why, or what differs.
    """

    layer: str
    quantity: str
    expected: Any
    got: Any
    ok: bool | None
    note: str | None = None


class Verification(Record):
    """All checks of one graph on one input."""

    device: str
    torch: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no check failed."""
        return not self.failures

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
        return {
            "device": self.device,
            "torch": self.torch,
            "ok": self.ok,
            "checks": [check.to_dict() for check in self.checks],
        }
