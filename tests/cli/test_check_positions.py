"""On which lines of a spec its values stand, whatever TOML it is written in."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyramidcalc.cli.checking import spec as specs
from pyramidcalc.cli.checking.positions import DEEPEST, Scanner, lines_of
from tests.cli.conftest import invoke, invoke_json
from tests.cli.documents import documents
from tests.cli.test_check_random import DOCUMENTS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    Place = tuple[str | int, ...]

NESTED = """
a.b = 1 # [[check]]
c = '''
[[check]]
'''
[[check]]
x = [ 1,
  2, # [3,
  [4], # ]
  { y = 5 } ]
[[check.sub]]
z = 6
[[check]]
[check.t]
[[check.sub]]
"quoted.key" = 7
"""
CLOSING = """[[check]]
run = "aspp --rate 1 2 --input 16x33x33"
expect = ["output=256x33x33",
  "macs=1",

 "padding=3", "stride=5"]
"""
INLINE = """check = [
{name="a", run="conv", expect=["macs=1"]},
{name="b", run="conv", expect=[
"macs=2",
"output=3"]} ]
"""
LONG = '[tool.mypy]\nfiles = [\n{}]\n[[tool.pyramidcalc.check]]\nrun = "conv"\n\nexpect = [\n"macs=1"]\n'


def paths_of(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every path of a document that is short enough."""
    if path:
        yield path
    if len(path) < DEEPEST and isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths_of(inner, (*path, key))


def test_lines_of_every_value() -> None:
    """Nested arrays of tables, dotted keys, strings and arrays over several lines, comments that look like keys."""
    assert lines_of(NESTED) == {
        ("a",): 2,
        ("a", "b"): 2,
        ("c",): 3,
        ("check",): 6,
        ("check", 0): 6,
        ("check", 0, "x"): 7,
        ("check", 0, "x", 0): 7,
        ("check", 0, "x", 1): 8,
        ("check", 0, "x", 2): 9,
        ("check", 0, "x", 2, 0): 9,
        ("check", 0, "x", 3): 10,
        ("check", 0, "x", 3, "y"): 10,
        ("check", 0, "sub"): 11,
        ("check", 0, "sub", 0): 11,
        ("check", 0, "sub", 0, "z"): 12,
        ("check", 1): 13,
        ("check", 1, "t"): 14,
        ("check", 1, "sub"): 15,
        ("check", 1, "sub", 0): 15,
        ("check", 1, "sub", 0, "quoted.key"): 16,
    }


@settings(max_examples=300)
@given(documents())
def test_random_documents_have_the_lines_that_they_were_written_on(written: tuple[str, dict[Place, int]]) -> None:
    """Neither a path more nor one less, each on its line."""
    text, expected = written
    document = tomllib.loads(text)
    short = {path: line for path, line in expected.items() if len(path) <= DEEPEST}
    # What was noted while writing is what the text says.
    assert set(short) == set(paths_of(document))
    assert lines_of(text) == short


@given(st.one_of(DOCUMENTS.map(lambda data: data.decode(errors="replace")), st.text()))
def test_what_tomllib_reads_or_refuses_is_walked_to_an_end(text: str) -> None:
    """Every path of a document has a line in it; of what is none nothing is said but that it ends."""
    found = lines_of(text)
    assert all(1 <= line <= 1 + text.count("\n") for line in found.values())
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(found) == set(paths_of(document))


@pytest.mark.parametrize(
    "text", ["a", "a =", "[", "[[", "]", ",", "a = [", "a = {", 'a = "', 'a = {"', '"\\q" = 1', "=", "."]
)
def test_what_is_no_toml_is_walked_to_an_end(text: str) -> None:
    """Nothing is raised, and nothing hangs."""
    assert all(line == 1 for line in lines_of(text).values())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (CLOSING, [3, 4, 6, 6]),
        (CLOSING.replace("\n", "\r\n"), [3, 4, 6, 6]),
        (INLINE, [2, 4, 5]),
    ],
    ids=["closing line", "CRLF", "inline tables"],
)
def test_every_expectation_is_told_on_its_line(spec: Path, text: str, lines: list[int]) -> None:
    """On an array's closing line, and in inline tables over several lines."""
    spec.write_bytes(text.encode())
    checks = invoke_json("check")["checks"]
    assert [each["line"] for check in checks for each in check["expectations"]] == lines
    told = [problem["line"] for check in checks for problem in check["problems"]]
    assert told == [line for line, each in zip(lines, expectations(checks), strict=True) if not each["ok"]]


def expectations(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of all checks."""
    return [each for check in checks for each in check["expectations"]]


@pytest.mark.parametrize("length", [200, 5000])
def test_long_arrays_of_others_leave_the_lines_right(spec: Path, length: int) -> None:
    """As pyproject.toml has them."""
    spec.with_name("pyproject.toml").write_text(LONG.format('  "src/package/some_module_of_a_length.py",\n' * length))
    (check,) = invoke_json("check")["checks"]
    assert (check["line"], check["expectations"][0]["line"]) == (length + 4, length + 8)


@pytest.mark.parametrize(
    "pieces",
    [
        ["x = [\n", *["'abcde',\n"] * 110_000, "]"],
        ["x = 1 ", *["# comment = [\n"] * 70_000],
        [f"x{number} = [1, 2] # {number}\n" for number in range(45_000)],
        ["[[check]]\nrun = 'conv'\nexpect = [\n'macs=1',\n]\n"] * 22_000,
        [f'"a\\t{number}".b . c = """""\n\\"\\\\"" """\n' for number in range(30_000)],
        [f"x{number} = {'[' * 60}{']' * 60}\n" for number in range(8_000)],
        ["x = [", *["{a = [], 'b' = {c = '''\n'''}}, "] * 30_000, "]"],
    ],
    ids=["array", "comments", "statements", "tables", "strings", "nested", "inline"],
)
def test_a_megabyte_is_walked_once(pieces: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sign is taken once, in few steps, and tomllib reads nothing but keys with escapes."""
    text = "".join(pieces)
    assert len(text) > 900_000
    steps = taken = parsed = 0
    take, loads = Scanner.take, tomllib.loads

    def counted(scanner: Scanner, pattern: re.Pattern[str]) -> str:
        nonlocal steps, taken
        found = take(scanner, pattern)
        steps, taken = steps + 1, taken + len(found)
        return found

    def read(text: str) -> dict[str, Any]:
        nonlocal parsed
        parsed += len(text)
        return loads(text)

    monkeypatch.setattr(Scanner, "take", counted)
    monkeypatch.setattr(tomllib, "loads", read)
    assert lines_of(text)
    assert taken == len(text)
    assert steps <= 4 * len(text)
    assert parsed <= len(text)


def test_no_line_is_invented(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not known the file stands alone, in every format."""
    spec.write_text(CLOSING + "[[check]]\nrun = 'conf'")
    monkeypatch.setattr(specs, "lines_of", lambda _: {})
    assert "(pyramidcalc.toml)" in invoke("check").stdout
    made = invoke("check", "--format", "github").stdout
    assert made.startswith("::error file=pyramidcalc.toml,title=")
    root = ElementTree.fromstring(invoke("check", "--format", "junit").stdout)
    assert [case.get("line") for case in root.iter("testcase")] == [None, None]
    assert (root.findtext(".//failure") or "").splitlines()[1].startswith("pyramidcalc.toml: ")
    found = json.loads(invoke("check", "--format", "json").stdout)["checks"]
    assert {check["line"] for check in found} | {
        problem["line"] for check in found for problem in check["problems"]
    } == {None}
    assert {each["line"] for each in expectations(found)} == {None}
    spec.write_text("[[check]]")
    assert invoke("check").stderr.startswith("Error: pyramidcalc.toml: check 1: key `run` is missing")


def test_what_is_wrong_with_a_whole_file_has_no_line(spec: Path) -> None:
    """Neither in words nor as an annotation."""
    spec.write_text("# nothing\n")
    result = invoke("check", "--format", "github")
    assert result.stdout.startswith("::error file=pyramidcalc.toml,title=pyramidcalc check::there is nothing to check")
    assert result.stderr.startswith("Error: pyramidcalc.toml: there is nothing to check")
