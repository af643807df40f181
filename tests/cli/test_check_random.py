"""No spec whatever makes a traceback, another exit code than 0, 1 or 2, a file, or a hang."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.cli.conftest import invoke

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 10.0
"""Far more than any spec takes, whatever else the machine does."""
KEYS = st.one_of(
    st.sampled_from(["name", "run", "expect", "allow", "verify", "check", "x", '"a b"', "a.b"]), st.text(max_size=4)
)
LINES = [
    *("aspp", "conv --input 3x9x7", "spp --input 5", "aspp --help", "aspp --rate", "reach conv", "$(touch made)", ""),
    *("macs", "macs=0", "output=1", "q.output=1", "no-warnings", "degenerate-rate", "conv; touch made", "-"),
]
TEXTS = st.one_of(
    st.sampled_from(LINES), st.text(st.characters(exclude_characters="'", exclude_categories=["Cs", "Cc"]), max_size=9)
).map("'{}'".format)
SCALARS = st.one_of(
    TEXTS,
    st.sampled_from(["false", "1", "-0x1", "1.5", "nan", "1e999", "1979-05-27", "07:32:00", '"\\u0000"', "{}"]),
    st.integers().map(str),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"), max_leaves=5
)
CHECKS = st.builds("[[check]]\nname = {}\nrun = {}\nexpect = [{}]".format, TEXTS, TEXTS, TEXTS)
BROKEN = ["[[check]]", "[check]", "[tool.pyramidcalc]", "[[check.x]]", "", "# c", "[[", "]", "'''", "check = ["]
STATEMENTS = st.one_of(
    CHECKS, CHECKS, st.sampled_from(BROKEN), st.builds("{} = {}".format, KEYS, VALUES), st.text(max_size=12)
)
DOCUMENTS = st.lists(STATEMENTS, max_size=6).map(lambda lines: "\n".join(lines).encode(errors="replace"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.one_of(
        st.lists(CHECKS, min_size=1, max_size=4).map("\n".join).map(str.encode), DOCUMENTS, st.binary(max_size=60)
    ),
    st.sampled_from(["table", "json", "junit", "github"]),
)
@example(b"[[check]]\nrun = 'aspp --input 999999999999x999999999999'\nexpect = ['macs=1']", "table")
@example(b"[[check]]\nrun = 'spp --bins 1000000000000 --input 1000000000000'", "table")
@example(b"\xef\xbb\xbf[[check]]\nrun = 'conv'", "github")
@example(b"[[check]]\rrun = 'conv'", "json")
@example(b"[[check]]\nrun = 'conv'\nexpect = ['\xc2\x85=1']", "junit")
def test_random_specs_end_in_0_1_or_2_without_a_traceback(spec: Path, data: bytes, form: str) -> None:
    """Each is run, or refused in one sentence that names the file."""
    spec.write_bytes(data)
    start = time.perf_counter()
    result = invoke("check", "--format", form)
    assert time.perf_counter() - start < SECONDS
    assert result.exit_code in (0, 1, 2)
    assert "Traceback" not in result.output
    assert [file.name for file in spec.parent.iterdir()] == ["pyramidcalc.toml"]
    if result.stderr:
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: pyramidcalc.toml:")
        assert len(result.stderr) < 1500
