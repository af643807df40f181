"""A new number is one line of QUANTITIES and an attribute: every command then knows it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.conftest import environment

NEW = """
import json, sys
from pyramidcalc import quantities, report
quantities.QUANTITIES += (quantities.Quantity("sign-bytes", "signs (bytes)", "number", "sign_bytes"),)
for kind in (report.Report, report.LayerReport, report.LayerGroup):
    kind.sign_bytes = property(lambda self: 4 * self.parameters)
from click.testing import CliRunner
from pyramidcalc.cli.root import Root
print(json.dumps([CliRunner().invoke(Root(), args).stdout for args in json.load(sys.stdin)]))
"""
CONV = ["conv", "--input", "2x9x7", "--out-channels", "5"]
WEIGHTS = str(4 * (2 * 5 * 9 + 5))
COMMANDS = {
    "table": CONV,
    "csv": [*CONV, "--format", "csv"],
    "compare": ["compare", " ".join(CONV), "pool", "--format", "csv"],
    "sweep": ["sweep", "conv --kernel {k} --input 2x9x7 --out-channels 5", "--set", "k=3,1", "--format", "csv"],
    "expectation": [*CONV, "--expect", f"sign-bytes={WEIGHTS}", "--expect", f"conv.sign_bytes<{WEIGHTS}"],
    "json": [*CONV, "--format", "json"],
    "json of a sweep": ["sweep", "spp --input {n}", "--set", "n=3,4", "--format", "json"],
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """What each command prints where there is one more quantity."""
    done = subprocess.run(
        [sys.executable, "-c", NEW],
        input=json.dumps(list(COMMANDS.values())),
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return dict(zip(COMMANDS, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        ("table", ["signs (bytes)", f" {WEIGHTS}"]),
        ("csv", [",signs (bytes),", f",{WEIGHTS},"]),
        ("compare", [f"\nsigns (bytes),{WEIGHTS},0\n"]),
        ("sweep", [",signs (bytes),", f",{WEIGHTS},", ",60,"]),
        ("expectation", ["1 of 2 hold", f"layer conv: expected conv.sign_bytes<{WEIGHTS}, got {WEIGHTS}"]),
        ("json", [f'"sign_bytes": {WEIGHTS},\n  "layers"', f'"sign_bytes": {WEIGHTS}}}']),
        ("json of a sweep", ['"sign_bytes": null', '"sign_bytes": 0']),
    ],
)
def test_a_new_number_is_seen_everywhere(texts: dict[str, str], command: str, parts: list[str]) -> None:
    """In tables, CSV, comparisons, sweeps, expectations, and JSON of the whole and of layers."""
    assert [part for part in parts if part not in texts[command]] == []
