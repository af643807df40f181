"""Architectures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.quantities import plain
from pyramidcalc.records import Record
from pyramidcalc.report import Report, table
from pyramidcalc.request import analyze

if TYPE_CHECKING:
    from typing import Any


class Comparison(Record):
    """Reports by name."""

    reports: dict[str, Report]

    def rows(self) -> list[dict[str, Any]]:
        """One plain row a quantity, for pandas: its name, and its value of each architecture."""
        columns = {name: plain(report) for name, report in self.reports.items()}
        quantities = dict.fromkeys(quantity for values in columns.values() for quantity in values)
        return [
            {"quantity": quantity, **{name: values.get(quantity) for name, values in columns.items()}}
            for quantity in quantities
        ]

    def __getitem__(self, name: str) -> Report:
        return self.reports[name]

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(self.reports)}>"

    def __str__(self) -> str:
        return table("comparison", self)


def compare(*architectures: Report | Any, **named: Report | Any) -> Comparison:
    """Architectures side by side: reports, or what `analyze` takes without options; named, or by their own names.

    `compare("aspp", "ppm")`, `compare(plain=analyze("aspp"), wide=analyze("aspp", channels=512))`. Raises UsageError
    for fewer than two, and for two of one name.
    """
    reports: dict[str, Report] = {}
    for each in architectures:
        report = each if isinstance(each, Report) else analyze(each)
        if report.architecture in reports or report.architecture in named:
            hint = "name them: compare(first=…, second=…)"
            raise UsageError(f"two architectures are called {report.architecture}", hint=hint)
        reports[report.architecture] = report
    reports |= {name: each if isinstance(each, Report) else analyze(each) for name, each in named.items()}
    if len(reports) < 2:
        raise UsageError(f"compare takes at least two architectures, got {len(reports)}")
    return Comparison(reports)
