"""`pyramidcalc verify`: random layers and graphs of every kind, and the catalogue, against torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.answer import Answer, Column, Line, output_params, write
from pyramidcalc.cli.command import Command
from pyramidcalc.cli.main import INTERRUPTED
from pyramidcalc.cli.options import device_param
from pyramidcalc.cli.values import WholeNumber, did_you_mean, shown
from pyramidcalc.errors import OracleError
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pyramidcalc.oracle.results import KindResult

HELP = """Checks pyramidcalc against real torch layers: sizes, parameters, MACs, what is read, and what is refused.

NAMES are layers (Conv2d), graphs (random chains and merges), or blocks and networks (aspp, at its default input).
Without NAMES, layers of every kind and graphs are drawn at random, legal and illegal; --catalog runs every block and
network too. On a free core 400 configurations take some 6 seconds, 2,000 some 20, the blocks a minute and a half, the
networks some minutes.
"""
CONFIGURATIONS = 400
MAX_CONFIGURATIONS = 10_000_000
MAX_SHOWN = 5


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

    @property
    def refused(self) -> int:
        """Configurations that pyramidcalc refuses."""
        return self.configurations - self.accepted

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        wrong = [{"message": message, "command": command} for message, command in self.disagreements]
        return super().to_dict() | {"refused": self.refused, "disagreements": wrong}


COLUMNS = (
    Column("name", lambda row: row.name),
    Column("kind", lambda row: row.kind),
    Column("configurations", lambda row: row.configurations, right=True),
    Column("accepted", lambda row: row.accepted, right=True),
    Column("refused", lambda row: row.refused, right=True),
    Column("numbers compared", lambda row: row.compared, right=True),
    Column("not checked", lambda row: row.unchecked, right=True),
    Column("disagreements", lambda row: len(row.disagreements), right=True),
)


def callback(
    names: tuple[str, ...], count: int | None, seed: int | None, catalog: bool, device: str, form: str
) -> None:
    """Checks, writes a row a kind, and exits with the verdict; after Ctrl-C what is finished is written."""
    from pyramidcalc.cli.progress import progress

    ctx = click.get_current_context()
    kinds, architectures = chosen(names, count, seed, catalog, ctx)
    rows: list[Outcome] = []
    place, code = "", 0
    try:
        from pyramidcalc.oracle.device import choose, torch_version

        torch = torch_version(), choose(device).type
        with progress() as advance:

            def watched(done: int, total: int, text: str) -> None:
                nonlocal place
                place = f"{text}, {done:,} of {total:,}"
                if advance is not None:
                    advance(done, total, text)

            if kinds:
                from pyramidcalc.oracle import random_checks

                count = count or CONFIGURATIONS
                random_checks(count, seed or 0, kinds, device, watched, lambda row: rows.append(random_outcome(row)))
            for number, name in enumerate(architectures):
                watched(number, len(architectures), name)
                rows.append(catalogue_outcome(name, device))
            place = ""
    except OracleError as error:
        if not rows:
            raise click.ClickException(str(error)) from None
        place, code = f"{place}: {error}", 1
    except KeyboardInterrupt:
        if not place:
            raise
        code = INTERRUPTED
    wrong = any(row.disagreements for row in rows)
    head = {"schema": 1, "torch": torch[0], "device": torch[1], "seed": seed or 0, "interrupted": place or None}
    data = {**head, "ok": not wrong, "kinds": [row.to_dict() for row in rows]}
    write(Answer(COLUMNS, rows, list(lines(rows, torch, seed or 0, place)), lambda: data), form)
    ctx.exit(code or int(wrong))


def chosen(
    names: Sequence[str], count: int | None, seed: int | None, catalog: bool, ctx: click.Context
) -> tuple[list[str], list[str]]:
    """(kinds of random configurations, architectures). Raises UsageError for other names and idle options."""
    from pyramidcalc.catalog import names as catalogue
    from pyramidcalc.oracle import random_kinds

    kinds, architectures = {kind.lower(): kind for kind in random_kinds()}, catalogue()
    for name in names:
        if name.lower() not in kinds and name not in architectures:
            near = did_you_mean(name, [*kinds.values(), *architectures]) or "; `pyramidcalc list` shows architectures"
            raise click.UsageError(f"there is no layer or architecture {shown(name)} to verify{near}", ctx)
    drawn = list(dict.fromkeys(kinds[name.lower()] for name in names if name.lower() in kinds))
    if names and not drawn and (count, seed) != (None, None):
        option = "--seed" if count is None else "--random"
        alone = f"{', '.join(names)} run{'s' * (len(names) == 1)} at the default input alone"
        raise click.UsageError(f"{option} is for layers and graphs, {alone}; name a layer too, or leave it out", ctx)
    named = dict.fromkeys(name for name in (architectures if catalog else names) if name in architectures)
    return drawn if names else list(kinds.values()), list(named)


def random_outcome(row: KindResult) -> Outcome:
    """The row of one kind of layer."""
    wrong = tuple(
        (f"{each.quantity} of {each.configuration}: torch says {each.got}, expected {each.expected}", each.command)
        for each in row.disagreements
    )
    kind = "graph" if row.kind == "graphs" else "layer"
    return Outcome(row.kind, kind, row.configurations, row.accepted, row.compared, 0, wrong)


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
    result = verify(report.resolved, device)
    wrong = tuple(
        (f"{check.quantity} of {check.layer}: torch says {check.got}, expected {check.expected}", command)
        for check in result.failures
    )
    notes = tuple(line.text for line in not_checked(result))
    unchecked = len(result.unchecked)
    return Outcome(name, kind, 1, 1, len(result.checks) - unchecked, unchecked, wrong, notes)


def lines(rows: Sequence[Outcome], torch: tuple[str, str], seed: int, place: str) -> Iterator[Line]:
    """The count, where it was interrupted, and the first disagreements with the commands that reproduce them."""
    wrong = [each for row in rows for each in row.disagreements]
    compared, tried = (sum(numbers) for numbers in ([r.compared for r in rows], [r.configurations for r in rows]))
    verdict = f"{len(wrong):,} disagreement" + "s" * (len(wrong) > 1) if wrong else "no disagreement"
    asked = f"torch {torch[0]} on {torch[1]}, seed {seed}"
    text = f"{verdict} in {tried:,} configurations, {compared:,} numbers ({asked})"
    yield Line("error" if wrong else ("note" if place else "good"), "verified", text)
    if place:
        yield Line("error", "interrupted", f"in {place}; the rows above are finished")
    for row in rows:
        for note in row.notes:
            yield Line("note", "not checked", f"{row.name}: {note}")
    for message, command in wrong[:MAX_SHOWN]:
        yield Line("error", "disagrees", message)
        yield Line("error", "reproduce", command)


def complete_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Layers and architectures for the shell's completion."""
    from pyramidcalc.catalog import names
    from pyramidcalc.oracle import random_kinds

    return [name for name in (*random_kinds(), *names()) if name.lower().startswith(incomplete.lower())]


PARAMS: list[click.Parameter] = [
    click.Argument(["names"], nargs=-1, metavar="[NAMES]...", shell_complete=complete_names),
    click.Option(
        ["--random", "count"],
        type=WholeNumber(most=MAX_CONFIGURATIONS),
        metavar="N",
        help=f"Random configurations of all kinds, some 100 a second.  [default: {CONFIGURATIONS}]",
    ),
    click.Option(["--seed"], type=WholeNumber(0), metavar="S", help="Where drawing starts.  [default: 0]"),
    click.Option(["--catalog"], is_flag=True, help="Every block and network too, some minutes."),
    device_param(),
    *output_params(),
]
COMMAND = Command("verify", callback, PARAMS, HELP)
