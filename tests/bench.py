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
from pyramidcalc.passes.cost import cost
from pyramidcalc.passes.memory import memory
from pyramidcalc.passes.shapes import shapes

if TYPE_CHECKING:
    from collections.abc import Callable

PROCESS_RUNS = 21
CALL_RUNS = 7
SEVERAL = 5
"""Calls of ours in one sample, against one of the other's: a single one is too short to time well."""
CHECKS = 100
ASPP = ("aspp", "--rate", "6", "12", "18", "--input", "64x64")
SWEEP = ("sweep", "aspp --rate {r} --input {n}x{n}", "--set", "r=6,12,18", "--set", "n=33..165..2", "--format", "csv")
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


def processes(what: str, arguments: tuple[str, ...], bare: str) -> tuple[Row, Row]:
    """Time and peak memory of a command against bare imports, in turns."""
    run(COMMAND, *arguments)
    run(bare)
    pairs = [(run(COMMAND, *arguments), run(bare)) for _ in range(PROCESS_RUNS)]
    against = f'python -c "{bare}"'
    return (
        Row(f"whole process, {what}", against, fastest(pairs), 1.5),
        Row(f"peak memory, {what}", against, median(a.peak / b.peak for a, b in pairs), 1.3),
    )


def fastest(pairs: list[tuple[Run, Run]]) -> float:
    """Time of the fastest of the first runs over that of the second: what else a machine does only adds to a run."""
    return min(a.seconds for a, _ in pairs) / min(b.seconds for _, b in pairs)


def seconds_of(call: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def in_turns(one: Callable[[], object], other: Callable[[], object]) -> float:
    """Median ratio of two calls, in turns after one uncounted call of each."""
    one()
    other()
    return median([seconds_of(one) / seconds_of(other) for _ in range(CALL_RUNS)])


def largest() -> tuple[str, dict[str, Any], tuple[int, int, int]]:
    """(name, options, input) of DeepLab v3 where it is in the catalogue, else of the largest graph at hand."""
    if "deeplabv3" in catalog.names():
        return "deeplabv3", {"backbone": "resnet101"}, (3, 513, 513)
    reports = {name: pc.analyze(name) for name in catalog.names() if len(pc.build(name).inputs) == 1}
    name = max(reports, key=lambda name: len(reports[name].layers))
    channels, height, width = reports[name].input
    return name, {}, (channels, height, width)


def against_torchinfo() -> Row:
    """Analysis in process against torchinfo on the meta device, over the same net in torch."""
    import torchinfo

    name, options, shape = largest()
    module = pc.oracle.to_module(pc.build(name, **options)).eval().to("meta")

    def theirs() -> object:
        return torchinfo.summary(module, (1, *shape), device="meta", verbose=0)

    def ours() -> None:
        for _ in range(SEVERAL):
            pc.analyze(name, input=shape, **options)

    text = "".join(f", {key}={value!r}" for key, value in options.items())
    ratio = in_turns(ours, theirs) / SEVERAL
    return Row(f'analyze("{name}"{text}, input={shape})', "torchinfo on the meta device", ratio, 1 / 30)


def networks() -> Row:
    """Shapes to MACs, what torchinfo gives, of a built network: the one where we are slowest beside it."""
    import torchinfo

    rows = []
    for name in catalog.names("network"):
        graph, shape = pc.build(name), pc.analyze(name).input
        module = pc.oracle.to_module(graph).eval().to("meta")
        summarise = partial(torchinfo.summary, module, (1, *shape), device="meta", verbose=0)
        ratio = in_turns(partial(shapes_to_macs, graph, shape), summarise) / SEVERAL
        rows.append(Row(f"shapes to MACs of any network, worst {name}", "torchinfo on the meta device", ratio, 1 / 30))
    return max(rows, key=lambda row: row.ratio)


def shapes_to_macs(graph: pc.Graph, shape: tuple[int, ...]) -> None:
    """The passes whose results torchinfo gives too, several times."""
    for _ in range(SEVERAL):
        resolved = shapes(graph, {"input": shape})
        cost(resolved)
        memory(resolved)


def against_size() -> Row:
    """Analysis of a large input against a small one."""
    name, options, (channels, _, _) = largest()

    def on(side: int) -> Callable[[], object]:
        def analyze() -> None:
            for _ in range(20):
                pc.analyze(name, input=(channels, side, side), **options)

        return analyze

    return Row(f'analyze("{name}") at 4096x4096', "the same at 512x512", in_turns(on(4096), on(512)), 1.2)


def against_analyses() -> Row:
    """A spec of many checks against one of a single check and as many analyses in process."""
    sides = range(33, 33 + CHECKS)
    texts = [
        f'[[check]]\nname = "{n}"\nrun = "aspp --rate 6 12 18 --input {n}x{n}"\n'
        f'expect = ["output=256x{n}x{n}", "rate6.conv.receptive-field=13x13", "macs<=1000G"]\n'
        for n in sides
    ]

    def analyses() -> None:
        for n in sides:
            pc.analyze("aspp", input=(2048, n, n), rate=(6, 12, 18))

    with tempfile.TemporaryDirectory() as folder:
        one, many = os.path.join(folder, "one.toml"), os.path.join(folder, "many.toml")
        for path, parts in ((one, texts[:1]), (many, texts)):
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n".join(parts))
        run(COMMAND, "check", one)
        analyses()
        ratios = [
            run(COMMAND, "check", many).seconds / (run(COMMAND, "check", one).seconds + seconds_of(analyses))
            for _ in range(CALL_RUNS)
        ]
    return Row(f"check of {CHECKS} checks", f"check of one and {CHECKS} analyses in process", median(ratios), 2)


def sweep_rows() -> Row:
    """A whole sweep over aspp, start-up and all, against one run of aspp as a table."""
    run(COMMAND, *SWEEP)
    pairs = [(run(COMMAND, *SWEEP), run(COMMAND, *ASPP)) for _ in range(PROCESS_RUNS)]
    return Row("whole process, a sweep of 201 rows over aspp", "whole process, aspp as a table", fastest(pairs), 1.0)


def own_model() -> Row:
    """A whole process on an exported resnet50, against one that shows the catalogue's as a table."""
    from pyramidcalc.importing.exported import from_object
    from tests.networks.torchvision_models import torchvision_models

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.pt2")
        from_object(torchvision_models().resnet50, "resnet50", {"weights": None}, [(3, 224, 224)], {}, save=path)
        run(COMMAND, "model", path)
        run(COMMAND, "resnet")
        pairs = [(run(COMMAND, "model", path), run(COMMAND, "resnet")) for _ in range(PROCESS_RUNS)]
    return Row("whole process, model net.pt2 of resnet50", "whole process, resnet as a table", fastest(pairs), 2.0)


def main() -> int:
    """Measures all, prints all, and says whether all budgets hold."""
    rows = [
        *processes("aspp as a table", ASPP, "import click, rich.console, rich.table"),
        *processes("aspp --format json", (*ASPP, "--format", "json"), "import click"),
        against_torchinfo(),
        networks(),
        against_size(),
        against_analyses(),
        sweep_rows(),
        own_model(),
    ]
    for row in rows:
        mark = "ok  " if row.ratio <= row.budget else "OVER"
        print(f"{mark} {row.ratio:7.4f} of at most {row.budget:6.4f}  {row.what}  /  {row.against}")
    return 0 if all(row.ratio <= row.budget for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
