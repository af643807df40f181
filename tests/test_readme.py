"""The README shows what the program prints, and its Python example runs."""

from __future__ import annotations

import re

import pyramidcalc as pc
from tests.readme import BLOCK, README, TABLE, rendered


def test_every_output_is_what_the_command_prints() -> None:
    """No number in a console block was typed by hand; `python -m tests.readme` prints them anew."""
    text = README.read_text(encoding="utf-8")
    assert len(BLOCK.findall(text)) >= 5
    assert len(TABLE.findall(text)) == 1
    assert rendered(text) == text


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
