"""How tests run the command line: in process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import pyramidcalc
from pyramidcalc.cli.root import Root

if TYPE_CHECKING:
    from typing import Any

    from click.testing import Result

ROOT = Path(pyramidcalc.__file__).parents[1]


def invoke(*args: str) -> Result:
    """The result of `pyramidcalc args…`; an exception that is no exit fails the test."""
    result = CliRunner().invoke(Root(), list(args), prog_name="pyramidcalc")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def invoke_json(*args: str) -> dict[str, Any]:
    """The JSON object that `pyramidcalc args… --format json` prints."""
    made: dict[str, Any] = json.loads(invoke(*args, "--format", "json").stdout)
    return made


def environment(**changes: str) -> dict[str, str]:
    """A plain environment in which the package is found."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | changes


def process(*args: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """`python -m pyramidcalc args…` as a process, its output in pipes."""
    return subprocess.run(
        [sys.executable, "-m", "pyramidcalc", *args],
        env=environment(**changes),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.fixture(params=["table", "json", "csv", "markdown"])
def form(request: pytest.FixtureRequest) -> str:
    """Each output format."""
    made: str = request.param
    return made


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pyramidcalc.toml in a working folder of its own; the test writes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path / "pyramidcalc.toml"
