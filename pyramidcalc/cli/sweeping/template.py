"""A command line with variables in braces, parsed once: a row reads anew only the options that hold some."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.arguments import split
from pyramidcalc.cli.command import Command, SeveralOption
from pyramidcalc.cli.lines import refusals_of, subject_of
from pyramidcalc.cli.subjects import common_params
from pyramidcalc.cli.values import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from pyramidcalc.cli.subjects import Request, Subject
    from pyramidcalc.cli.sweeping.variables import Variable

HOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*)\}")
MOST_KEPT = 4096
"""Values of options that are kept once read; more are read again, so that memory stays constant."""


class Deferring(click.Command):
    """Leaves options that hold variables unread, and keeps their texts in `waiting`."""

    waiting: dict[click.Parameter, list[str]]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """click's parsing of all other options."""
        flags = {flag: param for param in self.get_params(ctx) if takes_value(param) for flag in param.opts}
        given: dict[click.Parameter, list[str]] = {}
        others: list[str] = []
        words = iter(args)
        for word in words:
            flag, equals, value = word.partition("=")
            if word == "--" or flag not in flags:
                others.append(word)
                if word == "--":
                    break
                continue
            following = value if equals else next(words, None)
            if following is None:
                others.append(word)
            else:
                given.setdefault(flags[flag], []).append(following)
        self.waiting = {param: texts for param, texts in given.items() if any(map(HOLE.search, texts))}
        read = [
            f"{param.opts[0]}={text}" for param, texts in given.items() if param not in self.waiting for text in texts
        ]
        return super().parse_args(ctx, [*read, *others, *words])


def takes_value(param: click.Parameter) -> bool:
    """Whether this is an option that a value follows."""
    return isinstance(param, click.Option) and not param.is_flag and not param.count


class Reader(Command, Deferring):
    """An architecture's command: it rewrites the words, then leaves variables unread."""


class Template:
    """An architecture's command line; `request` fills in the values of one row."""

    def __init__(self, line: str, variables: Sequence[Variable]) -> None:
        self.line = line
        self.subject, words = read(line)
        reader = Reader(self.subject.name, lambda **_: None, [*self.subject.params(), *common_params()], "")
        with refusals_of(line):
            self.ctx = reader.make_context(self.subject.name, words)
        self.fixed = dict(self.ctx.params)
        self.waiting = [Waiting(param, texts, self.ctx) for param, texts in reader.waiting.items()]
        self._options: dict[str, Any] | None = None
        self._options_of: dict[str, Any] = {}
        check_names(line, [name for each in self.waiting for name in each.names], variables)
        self.check_values(variables)

    def check_values(self, variables: Sequence[Variable]) -> None:
        """Raises click.UsageError for an option that can be read with none of its values.

        A value among others that can be read is no wrong usage: its rows say what is wrong with it.
        """
        for each in self.waiting:
            own = [variable for variable in variables if variable.name in each.names]
            each.check([variable.name for variable in own], product(*[variable.samples() for variable in own]))

    def request(self, values: Mapping[str, str]) -> Request:
        """The request of one row. Raises click.UsageError and UsageError for values that do not go together."""
        read = {each.name: each.read(values) for each in self.waiting}
        size = read.pop("input_size", self.fixed["input_size"])
        batch = read.pop("batch", self.fixed["batch"])
        # Rows that differ in the input alone share their options.
        if self._options is None or read != self._options_of:
            given = {name: value for name, value in (self.fixed | read).items() if name not in ("input_size", "batch")}
            self._options, self._options_of = self.subject.options(given), read
        return self.subject.asked(size, batch, self._options)


class Waiting:
    """One option that holds variables."""

    def __init__(self, param: click.Parameter, texts: Sequence[str], ctx: click.Context) -> None:
        assert param.name is not None
        self.name: str = param.name
        self.param = param
        self.texts = texts
        self.ctx = ctx
        self.names = tuple(dict.fromkeys(name for text in texts for name in HOLE.findall(text)))
        self._known: dict[tuple[str, ...], Any] = {}

    def check(self, names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
        """Raises click.UsageError where the option can be read in no row, unless there are too many to try."""
        refusal = None
        for tried, texts in enumerate(rows):
            try:
                self.read(dict(zip(names, texts, strict=True)))
            except click.UsageError as error:
                refusal = refusal or error
            else:
                return
            if tried > MOST_KEPT:
                return
        assert refusal is not None
        held = " and ".join([f"{{{name}}}" for name in names])
        said = f"{held} can be read with no value: {refusal.format_message()}"
        raise click.UsageError(said, click.get_current_context(silent=True))

    def read(self, values: Mapping[str, str]) -> Any:
        """The option's value where the variables have these. Raises click.UsageError."""
        key = tuple([values[name] for name in self.names])
        if key not in self._known:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[key] = self._read(values)
        return self._known[key]

    def _read(self, values: Mapping[str, str]) -> Any:
        filled = [HOLE.sub(lambda found: values[found[1]], text) for text in self.texts]
        if not isinstance(self.param, SeveralOption):
            return self.param.process_value(self.ctx, filled[-1])
        several = [word for text in filled for word in text.split()]
        return self.param.process_value(self.ctx, split(several) if self.param.splits_commas else several)


def read(line: str) -> tuple[Subject, list[str]]:
    """The architecture of a template and its words. Raises click.UsageError where the name itself is a variable."""
    name = line.split(maxsplit=1)[0] if line.split() else ""
    if HOLE.search(name):
        raise click.UsageError(f"the architecture {shown(name)} cannot be a variable; sweep over one at a time")
    subject, words = subject_of(line)
    for word in words:
        if word.startswith("-") and HOLE.search(word.partition("=")[0]):
            raise click.UsageError(f"{shown(word)} is no option; variables stand in values, as in --rate {{r}}")
    return subject, words


def check_names(line: str, used: Sequence[str], variables: Sequence[Variable]) -> None:
    """Refuses a variable that has no value, and one that the template does not have."""
    known = [variable.name for variable in variables]
    for name in used:
        if name not in known:
            near = did_you_mean(name, known) or f"; give them as --set {name}=6,12,18"
            raise click.UsageError(f"the variable {{{name}}} in {shown(line)} has no values{near}")
    for name in known:
        if name not in used:
            near = did_you_mean(name, list(used)) or f"; write it as {{{name}}}"
            raise click.UsageError(f"{shown(name)} is set but is not in {shown(line)}{near}")
