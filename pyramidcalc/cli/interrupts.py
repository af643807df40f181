"""Ctrl-C that lets the work at hand be finished and written."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Within its block the first Ctrl-C or termination only sets `signal`; the second ends the work at once."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def exit_code(self) -> int:
        """128 + signal, as shells report it."""
        return 128 + (self.signal or 0)

    def __enter__(self) -> Self:
        self.handlers = {number: signal.signal(number, self.note) for number in SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def note(self, number: int, _: Any) -> None:
        """Takes the first signal; the next finds the handler that was there before."""
        self.signal = number
        for each, handler in self.handlers.items():
            signal.signal(each, handler)
