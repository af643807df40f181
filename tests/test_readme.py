"""README.md and the pages below it show what the program prints, and the Python example runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from tests.readme import BLOCK, PAGES, README, ROOT, TABLE, rendered

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\((?!http)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_output_is_what_the_command_prints(page: Path) -> None:
    """No number in a console block was typed by hand; `python -m tests.readme` prints them anew."""
    text = page.read_text(encoding="utf-8")
    assert rendered(text) == text


def test_there_is_something_to_print() -> None:
    """The patterns above find the blocks and tables that readers see."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert sum(len(BLOCK.findall(text)) for text in texts) == sum(text.count("```console") for text in texts) >= 15
    assert sum(len(TABLE.findall(text)) for text in texts) == sum(text.count("<!-- pyramidcalc") for text in texts) >= 1


def test_readme_fits_a_reader() -> None:
    """It is read where it is at most 220 lines, and nothing is wider than a page."""
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 220
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    """What was moved is still found."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_python_example_runs() -> None:
    """The comments of the Python example are what its lines give."""
    text = README.read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(import pyramidcalc.*?)```", text, re.DOTALL)
    names: dict[str, object] = {"pc": pc}
    for line in example.splitlines():
        code, _, comment = line.partition("  # ")
        if comment and "=" not in code.split("(")[0]:
            assert repr(eval(code, names)) == comment.strip(), code
        elif code.strip() and "torch" not in line:
            exec(code, names)
