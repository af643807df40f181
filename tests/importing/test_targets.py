"""What a user names as a model: files by their ends, objects of Python code by module or file."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

import pyramidcalc as pc
from pyramidcalc.errors import ModelError, UsageError
from pyramidcalc.importing.chain import chain
from pyramidcalc.importing.targets import from_file, named_object
from pyramidcalc.importing.toml import to_toml
from tests.importing.own import CHAIN, forget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = "class Thing:\n    size = 3\n    class Part: ...\nthing = Thing()\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder; what a test imports is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    forget(tmp_path)


def test_objects_are_named_by_file_or_module(here: Path) -> None:
    """Both import from the working directory; parts of an object follow dots."""
    (here / "own_things.py").write_text(CODE)
    assert named_object("own_things.py:thing").size == 3
    assert named_object("own_things:thing").size == 3
    assert named_object("own_things:Thing.Part").__name__ == "Part"


def test_what_code_prints_stays_out_of_the_answer(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr; warnings go nowhere."""
    (here / "own_talk.py").write_text("import warnings\nprint('hello')\nwarnings.warn('old')\nx = 1\n")
    assert named_object("own_talk.py:x") == 1
    assert capsys.readouterr() == ("", "hello\n")


def test_a_file_finds_the_modules_beside_it(here: Path) -> None:
    """As `python folder/net.py` would."""
    (here / "nets").mkdir()
    (here / "nets" / "own_parts.py").write_text("width = 8\n")
    (here / "nets" / "own_net.py").write_text("from own_parts import width\n")
    assert named_object("nets/own_net.py:width") == 8


@pytest.mark.parametrize("name", ["random", "json", "click"])
def test_a_file_named_like_another_module_takes_no_ones_place(here: Path, name: str) -> None:
    """Python's own and installed ones stay what they are, for the file itself too."""
    before = import_module(name)
    (here / f"{name}.py").write_text("import random\nwidth = random.randint(3, 3)\n")
    assert named_object(f"{name}.py:width") == 3
    assert sys.modules.get(name) is before


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("own_things.py:Thin", "own_things.py has no 'Thin'; did you mean Thing or thing?"),
        ("own_things.py:Thing.Pat", "own_things.py has no 'Thing.Pat'; did you mean Part?"),
        ("own_thing.py:Thing", "there is no file own_thing.py; did you mean own_things.py?"),
        (
            "absent_things:Thing",
            "absent_things cannot be imported: ModuleNotFoundError: No module named 'absent_things'",
        ),
        ("fails.py:x", "fails.py cannot be imported: ZeroDivisionError: division by zero (fails.py, line 3)"),
        ("quits.py:x", "quits.py cannot be imported: SystemExit: 3 (quits.py, line 1)"),
        ("broken.py:x", "broken.py cannot be imported: SyntaxError: '(' was never closed (broken.py, line 1)"),
        ("empty.py:x", "empty.py cannot be imported: KeyError (empty.py, line 1)"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(here: Path, target: str, sentence: str) -> None:
    """The reason, and the user's own line; the nearest name where there is none of that name."""
    (here / "own_things.py").write_text(CODE)
    (here / "fails.py").write_text("def f():\n    import json\n    return 1 / 0\nf()\n")
    (here / "quits.py").write_text("raise SystemExit(3)\n")
    (here / "broken.py").write_text("f(\n")
    (here / "empty.py").write_text("raise KeyError\n")
    with pytest.raises(ModelError) as error:
        named_object(target)
    assert str(error.value) == sentence


@pytest.mark.parametrize("target", ["net.py", "net", ":Net", "net:", ""])
def test_what_names_no_object_is_wrong_usage(target: str) -> None:
    """The sentence shows the ways to name a model."""
    with pytest.raises(UsageError, match=r"names no model; write MODULE:NAME, FILE.py:NAME or a .pt2, .onnx, .toml"):
        named_object(target)


def test_a_missing_file_names_the_nearest(here: Path) -> None:
    """Of the same kind."""
    (here / "small.toml").write_text("")
    with pytest.raises(ModelError, match=r"there is no file smal.toml; did you mean small.toml\?"):
        from_file("smal.toml")


@pytest.mark.parametrize("suffix", [".pt2", ".onnx", ".toml"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff" * 100, b"PK\x03\x04", b"[[layer]]\nop = 3\n", b"\x08\x08:\xff\xff"]
)
def test_foreign_files_are_refused_in_one_sentence(here: Path, suffix: str, content: bytes) -> None:
    """Whatever the end of their name says."""
    path = here / f"net{suffix}"
    path.write_bytes(content)
    with pytest.raises(ModelError) as error:
        from_file(path)
    assert "\n" not in str(error.value)
    assert "net" in str(error.value)


def test_other_kinds_of_file_are_refused(here: Path) -> None:
    """The sentence says which there are."""
    with pytest.raises(ModelError, match=r"net.h5 is no file of a network; those end in .pt2, .onnx, .toml"):
        from_file(here / "net.h5")


def test_a_toml_network_takes_other_sizes(here: Path) -> None:
    """Those of the file where none are given; a text or a path names it."""
    imported = chain(CHAIN, (3, 32, 40))
    path = here / "net.toml"
    path.write_text(to_toml(imported.graph, imported.inputs))
    (name,) = imported.inputs
    assert from_file(str(path)).inputs == {name: (3, 32, 40)}
    assert from_file(path, {name: (3, 8, 6)}).inputs == {name: (3, 8, 6)}
    assert pc.from_file is from_file
