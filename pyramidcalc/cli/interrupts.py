"""Ctrl-C that lets the work at hand be finished and written."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Processes that are started within never hear Ctrl-C, which a terminal sends to all; this one hears it later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing.resource_tracker import ensure_running

    # The first process that is started starts this one, which lets signals through again.
    ensure_running()
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
