"""What others copy to run the checks: the pre-commit hook, and the README's YAML for it and for GitHub."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING

from tests.cli.conftest import ROOT, invoke
from tests.readme import PAGES

if TYPE_CHECKING:
    from pathlib import Path

FIELD = re.compile(r"^ *(?:- )?(\w+): *(.*)$", re.MULTILINE)
JUDGED = ("pyramidcalc.toml", "pyproject.toml")
OTHERS = ("nets/pyramidcalc.toml", "nets/pyproject.toml", "my-pyproject.toml", "pyproject_toml", "pyproject.toml.orig")


def fields(text: str) -> dict[str, str]:
    """The last value of every key in some YAML."""
    return dict(FIELD.findall(text))


def hook() -> dict[str, str]:
    """The one hook of this repository."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert text.count("- id:") == 1
    return fields(text)


def examples(key: str) -> list[str]:
    """The YAML blocks of the pages in which a key is used."""
    blocks: list[str] = re.findall(
        r"```yaml\n(.*?)```", "".join(page.read_text(encoding="utf-8") for page in PAGES), re.DOTALL
    )
    examples = [block for block in blocks if key in fields(block)]
    assert examples
    return examples


def test_the_hook_runs_for_the_specs_that_it_judges() -> None:
    """It judges the root's spec and no other: names are not passed on, so that the program looks there alone."""
    assert hook()["pass_filenames"] == "false"
    assert [path for path in (*JUDGED, *OTHERS) if re.search(hook()["files"], path)] == list(JUDGED)


def test_the_hook_runs_the_installed_program(spec: Path) -> None:
    """Its entry is a script of this project with a command that passes and fails as checks do."""
    program, *args = shlex.split(hook()["entry"])
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert program in scripts
    assert hook()["language"] == "python"
    spec.write_text("[[check]]\nrun = 'conv'\nexpect = ['parameters=84']")
    assert invoke(*args).exit_code == 0
    spec.write_text("[[check]]\nrun = 'conv'\nexpect = ['parameters=83']")
    assert invoke(*args).exit_code == 1


def test_the_hook_says_what_to_write_where_there_is_no_spec(spec: Path) -> None:
    """A pyproject.toml of other tools alone: exit code 2 and the tables that are looked for."""
    spec.with_name("pyproject.toml").write_text("[project]\nname = 'x'")
    result = invoke(*shlex.split(hook()["entry"])[1:])
    assert result.exit_code == 2
    assert "write [[check]] tables in pyramidcalc.toml, or [[tool.pyramidcalc.check]] tables in pyp" in result.stderr


def test_the_readme_names_the_hook() -> None:
    """Everywhere by its id."""
    assert {fields(block)["id"] for block in examples("id")} == {hook()["id"]}
    assert [fields(block)["repo"] for block in examples("repo")] == ["<URL>"]


def test_the_readmes_hook_for_another_folder_runs_for_its_spec(spec: Path) -> None:
    """Its pattern fits the file that it names, and that file is what is judged."""
    (example,) = map(fields, examples("args"))
    (path,) = example["args"].strip("[]").split(", ")
    assert re.search(example["files"], path)
    assert [other for other in (*JUDGED, *OTHERS) if re.search(example["files"], other)] == [path]
    (spec.parent / path).parent.mkdir()
    (spec.parent / path).write_text("[[check]]\nrun = 'conv'\nexpect = ['parameters=83']")
    assert invoke(*shlex.split(hook()["entry"])[1:], path).exit_code == 1


def test_the_readmes_github_job_runs(spec: Path) -> None:
    """Its last step is a command of the program."""
    (example,) = examples("run")
    program, *args = shlex.split(fields(example)["run"])
    assert program == "pyramidcalc"
    spec.write_text("[[check]]\nrun = 'conv'")
    result = invoke(*args)
    assert (result.exit_code, result.stdout) == (0, "pyramidcalc check: 1 of 1 passed\n")
