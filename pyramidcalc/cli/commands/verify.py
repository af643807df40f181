"""`pyramidcalc verify`: random layers and graphs of every kind, and the catalogue, against torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.options import device_param
from pyramidcalc.cli.values import Whole, did_you_mean, shown
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.progress import Advance

HELP = """Checks pyramidcalc against real torch layers: sizes, parameters, MACs, what is read, and what is refused.

NAMES are layers (Conv2d), graphs (random chains and merges), or blocks and networks (aspp, at its default input).
Without NAMES, layers of every kind and graphs are drawn at random, legal and illegal; --catalog runs every block and
network too. On two cores 400 configurations take some ten seconds, the catalogue a few minutes.
"""
CONFIGURATIONS = 400
MAX_CONFIGURATIONS = 10_000_000
MAX_SHOWN = 5
INTERRUPTED = 130


class Outcome(Record):
    """One row: a kind of layer, or an architecture; `disagreements` are (what, command that reproduces it).

    `notes` say what was not checked, and why.
    """

    name: str
    kind: str
    configurations: int
    accepted: int
    compared: int
    unchecked: int
    disagreements: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return super().to_dict() | {
            "refused": self.configurations - self.accepted,
            "disagreements": [{"message": text, "command": command} for text, command in self.disagreements],
        }


def callback(names: tuple[str, ...], count: int | None, catalog: bool, seed: int, device: str, form: str) -> None:
    """Checks, writes a row a kind, and exits with the verdict."""
    from pyramidcalc.cli.progress import progress

    ctx = click.get_current_context()
    kinds, architectures = sorted_names(names, catalog, ctx)
    if count is not None and not kinds:
        raise click.UsageError(
            f"--random draws layers and graphs, not {', '.join(names)}; name one, or leave it out", ctx
        )
    where = torch_in_use(device)
    outcomes: list[Outcome] = []
    count = CONFIGURATIONS if count is None else count
    interrupted = ""
    try:
        with progress() as advance:
            # One by one: an interrupt leaves those that are done.
            for outcome in checked(kinds, architectures, count, seed, device, advance):
                outcomes += [outcome]
    except KeyboardInterrupt:
        interrupted = f"after {len(outcomes)} of {len(kinds) + len(architectures)} rows"
        click.echo(f"interrupted {interrupted}", err=True)
    write(answer(outcomes, where, seed, interrupted), form)
    ctx.exit(INTERRUPTED if interrupted else 1 if any(outcome.disagreements for outcome in outcomes) else 0)


def sorted_names(names: Sequence[str], catalog: bool, ctx: click.Context) -> tuple[list[str], list[str]]:
    """(kinds of random configurations, architectures) among the names. Raises UsageError for any other."""
    from pyramidcalc.catalog import names as catalogue
    from pyramidcalc.oracle import random_kinds

    kinds = {kind.lower(): kind for kind in random_kinds()}
    architectures = catalogue()
    for name in names:
        if name.lower() not in kinds and name not in architectures:
            near = did_you_mean(name, [*kinds.values(), *architectures]) or "; `pyramidcalc list` shows architectures"
            raise click.UsageError(f"there is no layer or architecture {shown(name)} to verify{near}", ctx)
    wanted = dict.fromkeys(kinds[name.lower()] for name in names if name.lower() in kinds)
    named = dict.fromkeys(name for name in names if name in architectures)
    return list(wanted) if names else list(kinds.values()), list(architectures if catalog else named)


def checked(
    kinds: Sequence[str], architectures: Sequence[str], count: int, seed: int, device: str, advance: Advance | None
) -> Iterator[Outcome]:
    """The rows, each when it is done; `count` configurations are shared evenly among the kinds."""
    total = (count if kinds else 0) + len(architectures)
    done = 0
    for index, kind in enumerate(kinds):
        share = count // len(kinds) + (index < count % len(kinds))
        if share:
            yield random_outcome(kind, share, seed, device, moved(advance, done, total))
        done += share
    for number, name in enumerate(architectures, done):
        if advance is not None:
            advance(number, total, name)
        yield catalogue_outcome(name, device)


def moved(advance: Advance | None, before: int, total: int) -> Advance | None:
    """The same bar for a part of the work."""
    return None if advance is None else lambda done, _, text: advance(before + done, total, text)


def random_outcome(kind: str, count: int, seed: int, device: str, advance: Advance | None) -> Outcome:
    """The row of one kind."""
    from pyramidcalc.oracle import random_checks

    (row,) = random_checks(count, seed, [kind], device, advance).kinds
    wrong = tuple(
        (f"{each.quantity} of {each.configuration}: torch says {each.got}, expected {each.expected}", each.command)
        for each in row.disagreements
    )
    group = "graph" if kind == "graphs" else "layer"
    return Outcome(row.kind, group, row.configurations, row.accepted, row.compared, 0, wrong)


def catalogue_outcome(name: str, device: str) -> Outcome:
    """The row of one architecture at its default input."""
    from pyramidcalc.catalog import find
    from pyramidcalc.cli.summary import not_checked
    from pyramidcalc.oracle import verify
    from pyramidcalc.request import analyze

    report, kind = analyze(name), find(name).kind
    command = f"pyramidcalc {name} --verify"
    if report.resolved is None or report.failed:
        return Outcome(name, kind, 1, 0, 0, 0, (("its default input is invalid", command),))
    verification = verify(report.resolved, device)
    wrong = tuple(
        (f"{check.quantity} of {check.layer}: torch says {check.got}, expected {check.expected}", command)
        for check in verification.failures
    )
    unchecked = len(verification.unchecked)
    notes = tuple(line.text for line in not_checked(verification))
    return Outcome(name, kind, 1, 1, len(verification.checks) - unchecked, unchecked, wrong, notes)


def torch_in_use(device: str) -> tuple[str, str]:
    """(version, device) of the torch that is asked. Raises OracleError where there is none."""
    from pyramidcalc.oracle.device import choose, torch_version

    return torch_version(), choose(device).type


COLUMNS = (
    Column("name", lambda row: row.name),
    Column("kind", lambda row: row.kind),
    Column("configurations", lambda row: row.configurations, right=True),
    Column("accepted", lambda row: row.accepted, right=True),
    Column("refused", lambda row: row.configurations - row.accepted, right=True),
    Column("numbers compared", lambda row: row.compared, right=True),
    Column("not checked", lambda row: row.unchecked, right=True),
    Column("disagreements", lambda row: len(row.disagreements), right=True),
)


def answer(outcomes: Sequence[Outcome], where: tuple[str, str], seed: int, interrupted: str) -> Answer:
    """One row a kind, then the count and the first disagreements."""

    def to_dict() -> dict[str, Any]:
        ok = not any(outcome.disagreements for outcome in outcomes)
        head = {"schema": 1, "torch": where[0], "device": where[1], "seed": seed, "ok": ok}
        stopped = {"interrupted": interrupted} if interrupted else {}
        return {**head, **stopped, "kinds": [outcome.to_dict() for outcome in outcomes]}

    return Answer(COLUMNS, outcomes, list(lines(outcomes, where, seed, interrupted)), to_dict)


def lines(outcomes: Sequence[Outcome], where: tuple[str, str], seed: int, interrupted: str) -> Iterator[Line]:
    """The count, and the first disagreements with the commands that reproduce them."""
    wrong = [each for outcome in outcomes for each in outcome.disagreements]
    compared = sum(outcome.compared for outcome in outcomes)
    tried = sum(outcome.configurations for outcome in outcomes)
    verdict = f"{len(wrong):,} disagreement" + "s" * (len(wrong) > 1) if wrong else "no disagreement"
    text = f"{verdict} in {tried:,} configurations, {compared:,} numbers (torch {where[0]} on {where[1]}, seed {seed})"
    yield Line("error" if wrong else "good", "verified", text)
    if interrupted:
        yield Line("error", "interrupted", interrupted)
    for outcome in outcomes:
        for note in outcome.notes:
            yield Line("note", "not checked", f"{outcome.name}: {note}")
    for message, command in wrong[:MAX_SHOWN]:
        yield Line("error", "disagrees", message)
        yield Line("error", "reproduce", command)


def complete_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Layers and architectures for the shell's completion."""
    from pyramidcalc.catalog import names
    from pyramidcalc.oracle import random_kinds

    return [name for name in (*random_kinds(), *names()) if name.lower().startswith(incomplete.lower())]


def command() -> click.Command:
    """The command."""
    params: list[click.Parameter] = [
        click.Argument(["names"], nargs=-1, metavar="[NAMES]...", shell_complete=complete_names),
        click.Option(
            ["--random", "count"],
            type=Whole(most=MAX_CONFIGURATIONS),
            metavar="N",
            help=f"Random configurations, shared among the kinds of layers.  [default: {CONFIGURATIONS}]",
        ),
        click.Option(["--catalog"], is_flag=True, help="Every block and network at its default input, too."),
        click.Option(
            ["--seed"], type=Whole(0), default=0, show_default=True, metavar="S", help="Where drawing starts."
        ),
        device_param(),
        *output_params(),
    ]
    return Command("verify", callback, params, HELP)
