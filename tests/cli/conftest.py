"""How tests run the command line: in process, and as a process of its own."""

from __future__ import annotations

import csv
import io
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
from tests.importing.own import CHAIN, NET, forget

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    result: dict[str, Any] = json.loads(invoke(*args, "--format", "json").stdout)
    return result


def invoke_csv(*args: str) -> list[dict[str, str]]:
    """The rows that `pyramidcalc args… --format csv` prints."""
    return list(csv.DictReader(io.StringIO(invoke(*args, "--format", "csv").stdout)))


def below(*args: str) -> dict[str, str]:
    """Label to text of the lines that `pyramidcalc args…` prints below its table."""
    lines = invoke(*args).stdout.rpartition("\n\n")[2].splitlines()
    return {label.strip(): text.strip() for label, _, text in (line.partition("  ") for line in lines)}


def environment(**changes: str) -> dict[str, str]:
    """A plain environment in which the package is found."""
    kept = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR")
    }
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


def read_all(descriptor: int) -> str:
    """All that is written to a pseudo-terminal until it closes."""
    parts = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode()


@pytest.fixture(params=["table", "json", "csv", "markdown"])
def form(request: pytest.FixtureRequest) -> str:
    """Each output format."""
    name: str = request.param
    return name


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pyramidcalc.toml in a working folder of its own; the test writes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path / "pyramidcalc.toml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder that holds own_net.py."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "own_net.py").write_text(NET)
    yield tmp_path
    forget(tmp_path)


@pytest.fixture(scope="session")
def saved_program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What `--save` writes of own_net.py:Net."""
    source = tmp_path_factory.mktemp("saved") / "own_net.py"
    source.write_text(NET)
    path = source.with_name("net.pt2")
    result = invoke("model", f"{source}:Net", "--input", "3x32x40", "--save", str(path))
    assert (result.exit_code, result.stderr) == (0, "")
    sys.path.remove(str(source.parent))
    forget(source.parent)
    return path.read_bytes()


@pytest.fixture
def program(folder: Path, saved_program: bytes) -> Path:
    """The program of own_net.py:Net, as `--save` writes it."""
    path = folder / "net.pt2"
    path.write_bytes(saved_program)
    return path


@pytest.fixture
def network(folder: Path) -> Path:
    """A chain as TOML."""
    path = folder / "net.toml"
    path.write_text(invoke("chain", CHAIN, "--input", "3x32x40", "--format", "toml").stdout)
    return path
