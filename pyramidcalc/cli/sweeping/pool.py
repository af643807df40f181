"""The rows of a sweep worked out by several processes, in order.

All imports stand at the top: an interrupt in the midst of an import can get lost, so they are done before the first
row is asked for.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.sweeping.rows import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from pyramidcalc.cli.sweeping.rows import Done

AHEAD = 4
"""Blocks in work for each process; the reader's speed limits how far they run ahead."""

worker: list[Sweep] = []
"""In a process of the pool: its sweep."""


def pooled(sweep: Sweep, settings: Sequence[str], form: str, jobs: int, starts: range) -> Iterator[list[Done]]:
    """The rows from each start up to the next, over processes. Raises click.ClickException where one of them dies."""
    # Fresh processes work everywhere; forks would copy a progress bar's thread in mid-step.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), begin, (sweep.line, tuple(settings)))
    waiting: deque[Future[list[Done]]] = deque()
    try:
        for start in starts:
            with interrupts_held():
                waiting.append(pool.submit(work, start, start + starts.step, form))
            if len(waiting) >= jobs * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise click.ClickException("a process of the sweep was ended from outside; try fewer --jobs") from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back while processes start: they inherit that and leave it to this one, which ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(line: str, settings: Sequence[str]) -> None:
    """Readies a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=follow_parent, daemon=True).start()
    worker[:] = [Sweep(line, settings)]


def follow_parent() -> None:
    """Ends this process when the one that started it is gone, however it went."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def work(start: int, stop: int, form: str) -> list[Done]:
    """One block of rows, in a process of the pool."""
    return worker[0].rows(start, stop, form)
