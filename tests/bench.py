"""Budgets as ratios against a named alternative, measured in one run: `python -m tests.bench`.

Prints one row a budget and exits 1 where one is exceeded. No test: pytest does not collect it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import pyramidcalc as pc
from pyramidcalc import catalog
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.passes.reach import reach
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch

PROCESS_RUNS = 21
LONG_RUNS = 5
CALL_RUNS = 7
SEVERAL = 5
"""Calls of ours in one sample, against one of the other's: a single one is too short to time well."""
ASPP = ("aspp", "--rate", "6", "12", "18", "--input", "64x64")
SWEEP = (
    "sweep",
    "aspp --rate {r} --input {n}x{n}",
    "--set",
    "r=6,12,18,24",
    "--set",
    "n=33..131..2",
    "--format",
    "csv",
)
LARGEST, SHAPE = "deeplabv3", (3, 513, 513)
OPTIONS: dict[str, Any] = {"backbone": "resnet101"}
COMMAND = "import sys; from pyramidcalc.cli.main import main; sys.exit(main())"
# pip compiles what it installs; a checkout is compiled by the first, uncounted run.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Row(NamedTuple):
    """One budget: what was measured, against what, the ratio and how much it may be."""

    what: str
    against: str
    ratio: float
    budget: float


class Run(NamedTuple):
    """One finished process: wall seconds and peak memory in KiB."""

    seconds: float
    peak: int


def run(code: str, *arguments: str) -> Run:
    """Runs Python once in a process of its own."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=output, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"`{' '.join(arguments)}` ended with {process.returncode}, nothing to measure")
        return Run(seconds, usage.ru_maxrss)


def fastest(pairs: list[tuple[Run, Run]]) -> float:
    """Time of the fastest of the first runs over that of the second: what else a machine does only adds to a run."""
    return min(a.seconds for a, _ in pairs) / min(b.seconds for _, b in pairs)


def start_up() -> Iterator[Row]:
    """Time and peak memory of a table and of JSON against bare imports, in turns."""
    imports = {"table": "import click, rich.console, rich.table", "json": "import click"}
    for form, bare in imports.items():
        arguments = (*ASPP, "--format", form)
        run(COMMAND, *arguments)
        run(bare)
        pairs = [(run(COMMAND, *arguments), run(bare)) for _ in range(PROCESS_RUNS)]
        against = f'python -c "{bare}"'
        yield Row(f"whole process, aspp as {form}", against, fastest(pairs), 1.5)
        yield Row(f"peak memory, aspp as {form}", against, median(a.peak / b.peak for a, b in pairs), 1.3)


def commands() -> Iterator[Row]:
    """Commands that work long against one table of their architecture, start-up and all."""
    for what, arguments, table, budget in (
        ("sizes speed", ("sizes", "speed"), ("speed",), 12.0),
        ("a sweep of 200 rows over aspp", SWEEP, ASPP, 2.5),
    ):
        run(COMMAND, *arguments)
        pairs = [(run(COMMAND, *arguments), run(COMMAND, *table)) for _ in range(LONG_RUNS)]
        yield Row(f"whole process, {what}", f"whole process, {table[0]} as a table", fastest(pairs), budget)


def seconds_of(call: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(one: Callable[[], object], other: Callable[[], object], runs: int = CALL_RUNS) -> float:
    """Median ratio of two calls, in turns after one uncounted call of each."""
    one()
    other()
    return median([seconds_of(one) / seconds_of(other) for _ in range(runs)])


def times(count: int, call: Callable[[], object]) -> None:
    """Calls several times."""
    for _ in range(count):
        call()


def against_torchinfo() -> Iterator[Row]:
    """The whole analysis in process against torchinfo on the meta device: DeepLab v3, and the worst of all networks."""
    import torchinfo

    def row(name: str, budget: float, **options: Any) -> Row:
        ours = partial(pc.analyze, name, **options)
        module = pc.oracle.to_module(pc.build(name, **options)).eval().to("meta")
        theirs = partial(torchinfo.summary, module, (1, *ours().input), device="meta", verbose=0)
        ratio = in_turns(partial(times, SEVERAL, ours), theirs) / SEVERAL
        return Row(f"analyze of {name}, all of it", "torchinfo on the meta device", ratio, budget)

    yield row(LARGEST, 1 / 30, **OPTIONS)
    yield max((row(name, 1 / 20) for name in catalog.names("network")), key=lambda row: row.ratio)


def against_size() -> Iterator[Row]:
    """Analysis of a large input against a small one."""

    def on(side: int) -> Callable[[], None]:
        return partial(times, 4 * SEVERAL, partial(pc.analyze, LARGEST, input=side, **OPTIONS))

    yield Row(f"analyze of {LARGEST} at 4096x4096", "the same at 512x512", in_turns(on(4096), on(512)), 1.2)


def against_gradients() -> Iterator[Row]:
    """What one output pixel reads, and how much of it each input pixel makes up, against torch's forward and backward
    of the same net on the CPU."""
    import torch

    graph = pc.build(LARGEST, **OPTIONS)
    module = pc.oracle.to_module(graph).eval()

    def ours(question: Callable[..., object]) -> object:
        return question(shapes(graph, {"input": SHAPE}), graph.outputs[0][1], (256, 256))

    def theirs() -> torch.Tensor | None:
        pixels = torch.zeros(1, *SHAPE, requires_grad=True)
        module(pixels)[0, :, 256, 256].sum().backward()
        return pixels.grad

    for what, question, budget in (("reach", reach, 1 / 100), ("erf", effective_field, 1 / 20)):
        ratio = in_turns(partial(times, SEVERAL, partial(ours, question)), theirs, runs=2) / SEVERAL
        yield Row(f"{what} of {LARGEST}, in process", "torch's forward and backward", ratio, budget)


def own_model() -> Iterator[Row]:
    """A whole process on an exported resnet50, against one that shows the catalogue's as a table."""
    from pyramidcalc.importing.exported import from_object
    from tests.networks.torchvision_models import torchvision_models

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.pt2")
        from_object(torchvision_models().resnet50, "resnet50", {"weights": None}, [(3, 224, 224)], {}, save=path)
        run(COMMAND, "model", path)
        run(COMMAND, "resnet")
        pairs = [(run(COMMAND, "model", path), run(COMMAND, "resnet")) for _ in range(PROCESS_RUNS)]
    yield Row("whole process, model net.pt2 of resnet50", "whole process, resnet as a table", fastest(pairs), 2.0)


def main() -> int:
    """Measures all, prints all, and says whether all budgets hold."""
    rows = []
    for measure in (start_up, commands, against_torchinfo, against_size, against_gradients, own_model):
        for row in measure():
            rows.append(row)
            mark = "ok  " if row.ratio <= row.budget else "OVER"
            print(f"{mark} {row.ratio:7.4f} of at most {row.budget:6.4f}  {row.what}  /  {row.against}", flush=True)
    return 0 if all(row.ratio <= row.budget for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
