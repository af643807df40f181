"""`verify = true` in a spec: torch is asked, and what it could not check is said in every format."""

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
AGREED = "torch 9.9 on cpu agrees in 1: 1 MACs; 1 not checked"
REASON = "receptive-field of conv: too large to enlarge"


@pytest.fixture
def in_part(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two checks, and a torch that agrees in one number of the first and cannot check another."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle.results import Check, Verification

    agreed = Check("conv", "macs", 1, 1, ok=True)
    left = Check("conv", "receptive-field", 1, None, ok=None, note="too large to enlarge")
    monkeypatch.setitem(vars(oracle), "verify", lambda *_, **__: Verification("cpu", "9.9", (agreed, left)))
    spec.write_text(VERIFIED + PLAIN)


@pytest.mark.usefixtures("in_part")
def test_what_torch_could_not_check_is_said_in_every_format() -> None:
    """How many and why; the check passes. Servers have it as the output of the case, or at the line of `verify`."""
    result = invoke("check")
    assert result.exit_code == 0
    assert result.stdout.endswith(
        f"verified     {NAME}: {AGREED} (pyramidcalc.toml:3)\n"
        f"not checked  {NAME}: {REASON} (pyramidcalc.toml:3)\n"
        "checks       2 of 2 passed\n"
    )
    verified, plain = ElementTree.fromstring(invoke("check", "--format", "junit").stdout).iter("testcase")
    assert verified.findtext("system-out") == f"verified: {AGREED}\nnot checked: {REASON}"
    assert len(plain) == 0
    assert invoke("check", "--format", "github").stdout.splitlines() == [
        f"::notice file=pyramidcalc.toml,line=3,title={NAME}::verified: {AGREED}; not checked: {REASON}",
        "pyramidcalc check: 2 of 2 passed",
    ]


@pytest.mark.usefixtures("in_part")
def test_json_counts_what_torch_could_not_check() -> None:
    """With the reasons; a check that does not ask torch says so."""
    first, second = invoke_json("check")["checks"]
    counts = {"checks": 2, "agreed": 1, "not_checked": 1, "failed": 0, "reasons": [REASON]}
    assert (first["verify"], first["result"]) == (True, "passed")
    assert first["verification"] == {"device": "cpu", "torch": "9.9", "ok": True, **counts}
    assert (second["verify"], second["verification"]) == (False, None)


def test_an_invalid_architecture_that_is_allowed_is_not_verified(spec: Path) -> None:
    """torch cannot run it, and every format for people says so."""
    spec.write_text(INVALID)
    reason = "the architecture is invalid, which torch cannot run"
    result = invoke("check")
    assert result.exit_code == 0
    assert f"not verified  spp --input 5: {reason} (pyramidcalc.toml:4)" in result.stdout
    assert f"line=4,title=spp --input 5::not verified: {reason}\n" in invoke("check", "--format", "github").stdout
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    assert root.findtext(".//system-out") == f"not verified: {reason}"
    (check,) = invoke_json("check")["checks"]
    assert (check["verify"], check["verification"]) == (True, None)


@pytest.mark.torch
def test_torch_itself_checks_what_it_can(spec: Path) -> None:
    """All numbers of one layer; of bins that do not divide the map not every receptive field."""
    spec.write_text(VERIFIED + "[[check]]\nrun = 'dspp --input 8x13x17'\nverify = true")
    whole, part = (check["verification"] for check in invoke_json("check")["checks"])
    assert (whole["ok"], whole["agreed"], whole["not_checked"], whole["reasons"]) == (True, 6, 0, [])
    assert part["agreed"] + part["not_checked"] == part["checks"]
    assert part["not_checked"] >= len(part["reasons"]) >= 1


def test_a_disagreement_fails_the_check(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the line of `verify`."""
    from pyramidcalc import oracle
    from pyramidcalc.oracle.results import Check, Verification

    wrong = Verification("cpu", "0", (Check("conv", "macs", 1, 2, ok=False),))
    monkeypatch.setitem(vars(oracle), "verify", lambda *_, **__: wrong)
    spec.write_text(VERIFIED)
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


def test_without_torch_the_extra_is_named(spec: Path) -> None:
    """Exit code 2 with the key, and the other checks run."""
    spec.write_text("[[check]]\nrun = 'conv'\nverify = true\n" + PLAIN)
    command = [sys.executable, "-c", WITHOUT_TORCH]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert "conv: key `verify`: " in done.stdout
    assert "pip install 'pyramidcalc[torch]'" in done.stdout
    assert "1 of 2 passed" in done.stdout
    assert "not verified" not in done.stdout


def test_a_command_line_that_cannot_be_read_is_not_verified(spec: Path) -> None:
    """Its error says enough."""
    spec.write_text(VERIFIED.replace("conv", "conf"))
    result = invoke("check")
    assert (result.exit_code, "verified" in result.stdout) == (2, False)
    assert "there is no architecture `conf`; did you mean conv?" in result.stdout
