"""Runs a sweep block by block, here or in processes, in order and in constant memory."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.sweeping.rows import Sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from pyramidcalc.cli.sweeping.rows import Done

BLOCK = 64
"""Rows that are worked out, sent and written at once."""
AHEAD = 4
"""Blocks in work for each process; the reader's speed limits how far they run ahead."""

worker: list[Sweep] = []
"""In a process of the pool: its sweep."""


def blocks(sweep: Sweep, settings: Sequence[str], form: str, jobs: int) -> Iterator[list[Done]]:
    """The rows of a sweep in order, some at a time."""
    starts = range(0, sweep.count, BLOCK)
    jobs = min(jobs, len(starts))
    if jobs > 1:
        yield from pooled(sweep, settings, form, jobs, starts)
        return
    for start in starts:
        yield sweep.rows(start, start + BLOCK, form)


def pooled(sweep: Sweep, settings: Sequence[str], form: str, jobs: int, starts: range) -> Iterator[list[Done]]:
    """`blocks` over processes. Raises click.ClickException where one of them dies."""
    from collections import deque
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # Fresh processes work everywhere; forks would copy a progress bar's thread in mid-step.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), begin, (sweep.line, tuple(settings)))
    waiting: deque[Future[list[Done]]] = deque()
    try:
        for start in starts:
            with interrupts_held():
                waiting.append(pool.submit(work, start, form))
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
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=follow_parent, daemon=True).start()
    worker[:] = [Sweep(line, settings)]


def follow_parent() -> None:
    """Ends this process when the one that started it is gone, however it went."""
    import os
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def work(start: int, form: str) -> list[Done]:
    """One block of rows, in a process of the pool."""
    return worker[0].rows(start, start + BLOCK, form)
