"""`verify = true` in a spec: torch is asked, and what it was not asked is told in every format."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import environment, invoke, invoke_json

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "[[check]]\nrun = 'conv --input 3x9x7'\n"
VERIFIED = PLAIN + "verify = true\n"
INVALID = "[[check]]\nrun = 'spp --input 5'\nallow = ['padding-too-large']\nverify = true\n"
NAME = "conv --input 3x9x7"
REASON = "receptive-field of conv: too large to enlarge"


@pytest.fixture
def in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch that agrees in one number, and is not asked another."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle.results import Check, Verification

    asked = Check("conv", "macs", 1, 1, ok=True)
    left = Check("conv", "receptive-field", 1, None, ok=None, note="too large to enlarge")
    monkeypatch.setattr(oracle, "verify", lambda *_, **__: Verification("cpu", "9.9", (asked, left)))


@pytest.mark.torch
@pytest.mark.usefixtures("in_part")
def test_what_torch_was_not_asked_is_told_in_the_table(spec: Path) -> None:
    """How many and why, in the words of the command itself; the check passes."""
    spec.write_text(VERIFIED + PLAIN)
    result = invoke("check")
    assert result.exit_code == 0
    assert [line.split(maxsplit=1) for line in result.stdout.splitlines()[-3:-1]] == [
        ["verified", f"{NAME}: torch 9.9 on cpu agrees in 1: 1 MACs; 1 not checked (pyramidcalc.toml:3)"],
        ["not", f"checked  {NAME}: {REASON} (pyramidcalc.toml:3)"],
    ]
    assert "2 of 2 passed; torch was asked in 1, in 1 of them not everything" in result.stdout
    alone = invoke("conv", "--input", "3x9x7", "--verify").stdout
    assert "agrees in 1: 1 MACs; 1 not checked" in alone
    assert REASON in alone


@pytest.mark.torch
@pytest.mark.usefixtures("in_part")
def test_what_torch_was_not_asked_is_counted_in_json(spec: Path) -> None:
    """With the reasons; a check that does not ask torch says so."""
    spec.write_text(VERIFIED + PLAIN)
    first, second = invoke_json("check")["checks"]
    assert (first["verify"], first["result"]) == (True, "passed")
    assert first["verification"] == {
        "device": "cpu",
        "torch": "9.9",
        "ok": True,
        "checks": 2,
        "agreed": 1,
        "not_checked": 1,
        "failed": 0,
        "reasons": [REASON],
    }
    assert (second["verify"], second["verification"]) == (False, None)


@pytest.mark.torch
@pytest.mark.usefixtures("in_part")
def test_what_torch_was_not_asked_is_told_to_servers(spec: Path) -> None:
    """As the output of the case, and as a notice at the line of `verify`."""
    spec.write_text(VERIFIED + PLAIN)
    told = "verified: torch 9.9 on cpu agrees in 1: 1 MACs; 1 not checked"
    verified, plain = ElementTree.fromstring(invoke("check", "--format", "junit").stdout).iter("testcase")
    assert verified.findtext("system-out") == f"{told}\nnot checked: {REASON}"
    assert len(plain) == 0
    assert invoke("check", "--format", "github").stdout.splitlines() == [
        f"::notice file=pyramidcalc.toml,line=3,title={NAME}::{told}; not checked: {REASON}",
        "pyramidcalc check: 2 of 2 passed; torch was asked in 1, in 1 of them not everything",
    ]


def test_an_invalid_architecture_that_is_let_pass_is_told_not_to_be_verified(spec: Path) -> None:
    """torch cannot run it, so nobody was asked."""
    spec.write_text(INVALID)
    told = "the architecture is invalid, which torch cannot run"
    result = invoke("check")
    assert result.exit_code == 0
    assert f"not verified  spp --input 5: {told} (pyramidcalc.toml:4)" in result.stdout
    assert f"line=4,title=spp --input 5::not verified: {told}\n" in invoke("check", "--format", "github").stdout
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    assert root.findtext(".//system-out") == f"not verified: {told}"
    (check,) = invoke_json("check")["checks"]
    assert (check["verify"], check["verification"]) == (True, None)


@pytest.mark.torch
def test_torch_itself_is_asked_what_it_can_be(spec: Path) -> None:
    """All numbers of one layer; of bins that do not divide the map not every receptive field."""
    spec.write_text(VERIFIED + "[[check]]\nrun = 'dspp --input 8x13x17'\nverify = true")
    whole, part = (check["verification"] for check in invoke_json("check")["checks"])
    assert (whole["agreed"], whole["not_checked"], whole["failed"], whole["reasons"]) == (5, 0, 0, [])
    assert part["agreed"] + part["not_checked"] == part["checks"]
    assert part["not_checked"] >= len(part["reasons"]) >= 1
    github = invoke("check", "--format", "github").stdout.splitlines()
    assert [line.partition(" ")[0] for line in github] == ["::notice", "pyramidcalc"]


@pytest.mark.torch
def test_verify_asks_torch(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes where torch agrees, fails where it does not, and is not asked of what is invalid."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle.results import Check, Verification

    spec.write_text(
        "[[check]]\nrun = 'conv --input 3x9x7'\nverify = true\n[[check]]\nrun = 'spp --input 5'\nverify = true"
    )
    first, second = invoke_json("check")["checks"]
    assert (first["result"], first["verification"]["ok"]) == ("passed", True)
    assert (second["result"], second["verification"]) == ("failed", None)
    wrong = Verification("cpu", "0", (Check("conv", "macs", 1, 2, ok=False),))
    monkeypatch.setattr(oracle, "verify", lambda *_, **__: wrong)
    result = invoke("check")
    assert result.exit_code == 1
    assert "macs of conv is 2 in torch, 1 here (pyramidcalc.toml:3)" in result.stdout


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
sys.argv = ["pyramidcalc", "check"]
from pyramidcalc.cli.main import main
main()
"""


def test_verify_without_torch_is_told(spec: Path) -> None:
    """Exit code 2 with the key and the extra to install, and the other checks run."""
    spec.write_text("[[check]]\nrun = 'conv'\nverify = true\n" + PLAIN)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert "conv: key `verify`: " in done.stdout
    assert "pip install 'pyramidcalc[torch]'" in done.stdout
    assert "1 of 2 passed" in done.stdout
    assert "not verified" not in done.stdout


def test_what_cannot_be_asked_at_all_is_told_once(spec: Path) -> None:
    """An error of `run` says enough: that torch was not asked either goes without saying."""
    spec.write_text(VERIFIED.replace("conv", "conf"))
    result = invoke("check")
    assert result.exit_code == 2
    assert "there is no architecture 'conf'" in result.stdout
    assert "verified" not in result.stdout
