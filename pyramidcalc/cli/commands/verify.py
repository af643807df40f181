"""`pyramidcalc verify`: random layers of every kind, and the whole catalogue, against torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command
from pyramidcalc.cli.show import FORMATS, device_param, format_param
from pyramidcalc.cli.values import Whole, did_you_mean, shown
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.cli.columns import Column
    from pyramidcalc.cli.render.progress import Advance
    from pyramidcalc.cli.summary import Line
    from pyramidcalc.oracle.results import RandomResult

HELP = """Checks pyramidcalc against real torch layers: sizes, parameters, MACs, what is read, and what is refused.

NAMES are layers (Conv2d), graphs (random chains and merges), or blocks and networks (aspp); all of them where absent.
Layers and graphs are drawn at random, legal and illegal; blocks and networks run at their default input.
"""
CONFIGURATIONS = 400
MOST = 10_000_000
MOST_SHOWN = 5


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
            "disagreements": [{"message": told, "command": command} for told, command in self.disagreements],
        }


def callback(names: tuple[str, ...], count: int, seed: int, device: str, form: str) -> None:
    """Checks, writes a row a kind, and exits with the verdict."""
    from pyramidcalc.cli.render.progress import progress

    ctx = click.get_current_context()
    kinds, architectures = sorted_names(names, ctx)
    outcomes: list[Outcome] = []
    with progress() as advance:
        if kinds:
            outcomes += random_outcomes(kinds, count, seed, device, advance)
        where = torch_in_use(device)
        for number, name in enumerate(architectures):
            if advance is not None:
                advance(number, len(architectures), name)
            outcomes.append(catalogue_outcome(name, device))
    write(outcomes, where, seed, form)
    ctx.exit(1 if any(outcome.disagreements for outcome in outcomes) else 0)


def sorted_names(names: Sequence[str], ctx: click.Context) -> tuple[list[str], list[str]]:
    """(kinds of random configurations, architectures) among the names. Raises UsageError for any other."""
    from pyramidcalc.catalog import names as catalogue
    from pyramidcalc.oracle import random_kinds

    kinds = {kind.lower(): kind for kind in random_kinds()}
    architectures = catalogue()
    if not names:
        return list(kinds.values()), list(architectures)
    for name in names:
        if name.lower() not in kinds and name not in architectures:
            near = did_you_mean(name, [*kinds.values(), *architectures]) or "; `pyramidcalc list` shows architectures"
            raise click.UsageError(f"there is no layer or architecture {shown(name)} to verify{near}", ctx)
    return (
        list(dict.fromkeys(kinds[name.lower()] for name in names if name.lower() in kinds)),
        list(dict.fromkeys(name for name in names if name in architectures)),
    )


def random_outcomes(
    kinds: Sequence[str], count: int, seed: int, device: str, advance: Advance | None
) -> Iterator[Outcome]:
    """One row a kind."""
    from pyramidcalc.oracle import random_checks

    result: RandomResult = random_checks(count, seed, kinds, device, advance)
    for row in result.kinds:
        wrong = tuple(
            (f"{each.quantity} of {each.configuration}: torch says {each.got}, expected {each.expected}", each.command)
            for each in row.disagreements
        )
        kind = "graph" if row.kind == "graphs" else "layer"
        yield Outcome(row.kind, kind, row.configurations, row.accepted, row.compared, 0, wrong)


def catalogue_outcome(name: str, device: str) -> Outcome:
    """The row of one architecture at its default input."""
    from pyramidcalc.catalog import find
    from pyramidcalc.cli.summary import not_checked
    from pyramidcalc.oracle import verify
    from pyramidcalc.report import analyze

    report, kind = analyze(name), find(name).kind
    command = f"pyramidcalc {name} --verify"
    if report.resolved is None or report.failed:
        return Outcome(name, kind, 1, 0, 0, 0, (("its default input is invalid", command),))
    found = verify(report.resolved, device)
    wrong = tuple(
        (f"{check.quantity} of {check.layer}: torch says {check.got}, expected {check.expected}", command)
        for check in found.failures
    )
    compared = len(found.checks) - len(found.unchecked)
    return Outcome(
        name, kind, 1, 1, compared, len(found.unchecked), wrong, tuple(line.text for line in not_checked(found))
    )


def torch_in_use(device: str) -> tuple[str, str]:
    """(version, device) of the torch that is asked."""
    from pyramidcalc.oracle.device import choose, torch_version

    return torch_version(), choose(device).type


def write(outcomes: Sequence[Outcome], where: tuple[str, str], seed: int, form: str) -> None:
    """Writes one row a kind, then the count and the first disagreements."""
    if form == "json":
        from pyramidcalc.cli.render.plain import json_text

        head = {"schema": 1, "torch": where[0], "device": where[1], "seed": seed}
        ok = not any(outcome.disagreements for outcome in outcomes)
        click.echo(json_text({**head, "ok": ok, "kinds": [outcome.to_dict() for outcome in outcomes]}))
        return
    from pyramidcalc.cli.tables import write_table

    write_table(columns(), outcomes, list(lines(outcomes, where, seed)), form)


def columns() -> tuple[Column, ...]:
    """One row a kind."""
    from pyramidcalc.cli.columns import Column

    return (
        Column("name", lambda row: row.name),
        Column("kind", lambda row: row.kind),
        Column("configurations", lambda row: row.configurations, right=True),
        Column("accepted", lambda row: row.accepted, right=True),
        Column("refused", lambda row: row.configurations - row.accepted, right=True),
        Column("numbers compared", lambda row: row.compared, right=True),
        Column("not checked", lambda row: row.unchecked, right=True),
        Column("disagreements", lambda row: len(row.disagreements), right=True),
    )


def lines(outcomes: Sequence[Outcome], where: tuple[str, str], seed: int) -> Iterator[Line]:
    """The count, and the first disagreements with the commands that reproduce them."""
    from pyramidcalc.cli.summary import Line

    wrong = [each for outcome in outcomes for each in outcome.disagreements]
    compared = sum(outcome.compared for outcome in outcomes)
    tried = sum(outcome.configurations for outcome in outcomes)
    asked = f"torch {where[0]} on {where[1]}, seed {seed}"
    verdict = f"{len(wrong):,} disagreement" + "s" * (len(wrong) > 1) if wrong else "no disagreement"
    yield Line(
        "error" if wrong else "good",
        "verified",
        f"{verdict} in {tried:,} configurations, {compared:,} numbers ({asked})",
    )
    for outcome in outcomes:
        for note in outcome.notes:
            yield Line("note", "not checked", f"{outcome.name}: {note}")
    for told, command in wrong[:MOST_SHOWN]:
        yield Line("error", "disagrees", told)
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
            type=Whole(most=MOST),
            default=CONFIGURATIONS,
            show_default=True,
            metavar="N",
            help="Random configurations, shared among the kinds of layers.",
        ),
        click.Option(
            ["--seed"], type=Whole(0), default=0, show_default=True, metavar="S", help="Where drawing starts."
        ),
        device_param(),
        format_param(FORMATS),
    ]
    return Command("verify", callback, params, HELP)
