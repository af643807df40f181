""".pt2 files: the same graph as the live module's, without torch; and files that are broken, hostile or foreign."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.importing import pt2
from pyramidcalc.importing.pt2 import from_pt2

torch = pytest.importorskip("torch", reason="torch writes the files")
pytestmark = pytest.mark.torch

from pyramidcalc.importing.exported import export  # noqa: E402
from pyramidcalc.importing.live import program_of  # noqa: E402
from pyramidcalc.importing.programs import imported  # noqa: E402
from tests.importing.cases import CASES  # noqa: E402
from tests.importing.open_cases import OPEN  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SAVED = ["residual", "in place on a slice", "filled zeros", "shuffle", "attention", "dict and tuple", "several inputs"]
SAVED += ["tied", "weight norm", "resize to another", "volume", "unbind"]


def saved(name: str, folder: Path) -> Path:
    """A case's file, as torch writes it."""
    path = folder / "net.pt2"
    torch.export.save(export(CASES[name].module(), CASES[name].inputs), path)
    return path


def content_of(path: Path) -> dict[str, Any]:
    """The JSON in a file."""
    with ZipFile(path) as archive:
        content: dict[str, Any] = json.loads(pt2.program_text(archive))
    return content


def written(content: object, path: Path, member: str = "net/models/model.json") -> Path:
    """A file that holds this JSON, or these bytes, and nothing else."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(member, content if isinstance(content, bytes) else json.dumps(content))
    return path


@pytest.fixture(scope="module")
def residual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small network."""
    return saved("residual", tmp_path_factory.mktemp("pt2"))


@pytest.mark.parametrize("name", SAVED)
def test_the_graph_is_the_live_modules(name: str, tmp_path: Path) -> None:
    """Nodes, names, shared parameters, outputs and notes."""
    live = imported(program_of(export(CASES[name].module(), CASES[name].inputs)))
    assert from_pt2(saved(name, tmp_path)) == live


def test_the_form_before_the_archive_is_read_too(residual: Path, tmp_path: Path) -> None:
    """The same JSON under the name that torch gave it before."""
    before = written(content_of(residual), tmp_path / "old.pt2", "serialized_exported_program.json")
    assert from_pt2(before) == from_pt2(residual)


def test_reading_needs_no_torch(residual: Path) -> None:
    """A fresh interpreter has not imported it, nor numpy."""
    code = (
        f"import sys; from pyramidcalc.importing.pt2 import from_pt2; from_pt2({str(residual)!r}); "
        "assert not {'torch', 'numpy', 'pickle'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def refusal(path: Path) -> str:
    """What is said of a file that is not read."""
    with pytest.raises(UsageError) as error:
        from_pt2(path)
    assert "\n" not in str(error.value)
    assert path.name in str(error.value)
    return str(error.value)


def test_other_schemas_are_named(residual: Path, tmp_path: Path) -> None:
    """A sentence with the schema, and which torch writes the one that is known."""
    content = content_of(residual) | {"schema_version": {"major": 5, "minor": 3}}
    assert "schema is 5.3" in refusal(written(content, tmp_path / "later.pt2"))


BROKEN: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("import torch"),
    "folder": lambda path: path.mkdir(),
    "missing": lambda path: path,
    "other archive": lambda path: written(b"x", path, "data.pkl"),
    "not JSON": lambda path: written(b"\x80\x02}q", path),
    "a list": lambda path: written([1, 2], path),
    "deep": lambda path: written(b"[" * 100_000, path),
    "no graph": lambda path: written({"schema_version": {"major": 8, "minor": 1}}, path),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_program_is_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    """Never a traceback of another kind."""
    path = tmp_path / "broken.pt2"
    BROKEN[kind](path)
    refusal(path)


def test_truncated_files_are_refused(residual: Path, tmp_path: Path) -> None:
    """Wherever the file ends."""
    whole, path = residual.read_bytes(), tmp_path / "cut.pt2"
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        refusal(path)


def test_a_bomb_is_not_unpacked(residual: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read than the largest program takes, whatever the archive says of its size."""
    monkeypatch.setattr(pt2, "MAX_BYTES", 1000)
    assert "more than" in refusal(written(b" " * 10_000_000, tmp_path / "bomb.pt2"))


def test_two_programs_are_one_too_many(residual: Path, tmp_path: Path) -> None:
    """Which of them is meant cannot be said."""
    path = written(content_of(residual), tmp_path / "two.pt2")
    with ZipFile(path, "a") as archive:
        archive.writestr("net/models/other.json", "{}")
    assert "2 exported programs" in refusal(path)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in nested JSON."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


HOSTILE: tuple[Any, ...] = (
    None,
    "(" * 999,
    "9" * 5000,
    "Mul(Mul(9, 9), s0)",
    -1,
    0,
    2**62,
    10**30,
    1.5,
    "",
    "x",
    [],
    {},
    [[]],
    True,
)


@pytest.fixture(scope="module")
def open_sizes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small network of any size."""
    path = tmp_path_factory.mktemp("pt2") / "open.pt2"
    torch.export.save(export(OPEN["feature pyramid"](), ((3, 16, 20),), dynamic=True), path)
    return path


def test_open_sizes_are_read_too(open_sizes: Path) -> None:
    """The graph is right for any size, as the live module's."""
    program = program_of(export(OPEN["feature pyramid"](), ((3, 16, 20),), dynamic=True))
    live = imported(program, any_size=True)
    assert from_pt2(open_sizes, any_size=True) == live
    assert live.known == ()


@pytest.mark.parametrize("seed", range(6))
def test_fuzzed_programs_give_a_graph_or_a_sentence(
    seed: int, residual: Path, open_sizes: Path, tmp_path: Path
) -> None:
    """Values anywhere replaced by others, entries dropped: no other exception, and no long search."""
    file = open_sizes if seed % 2 else residual
    rng, text, path = random.Random(seed), json.dumps(content_of(file)), tmp_path / "fuzz.pt2"
    for _ in range(60):
        content = json.loads(text)
        graph = content["graph_module"]
        for _ in range(rng.randint(1, 3)):
            container, key = rng.choice(list(places(graph)))
            if rng.random() < 0.2:
                del container[key]
            else:
                container[key] = rng.choice(HOSTILE)
        written(content, path)
        with suppress(PyramidcalcError):
            from_pt2(path)


def test_parameters_without_memory_may_be_tied(tmp_path: Path) -> None:
    """A file of a module on the meta device cannot tell tied weights from unused ones; another can."""
    note = "144 parameters are used by nothing here, or are tied to others: a.weight"
    for device, notes in (("meta", (note,)), ("cpu", ())):
        path = tmp_path / f"{device}.pt2"
        with torch.device(device):
            torch.export.save(export(CASES["tied"].module(), CASES["tied"].inputs), path)
        result = from_pt2(path)
        assert result.notes == notes
        assert sum(node.parameters for node in result.graph.nodes) == 4 * 4 * 9 + 2 * 4
