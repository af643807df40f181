"""The house rules of the design, read from the source: arrows of imports, start-up, sizes of files, docstrings."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pyramidcalc
from pyramidcalc.catalog import find, names

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(pyramidcalc.__file__).parent
TESTS = Path(__file__).parent
ORDER = (
    {"errors"},
    {"records", "mistakes", "reading"},
    {"indexmap"},
    {"layers"},
    {"graph"},
    {"passes", "blocks", "operators"},
    {"networks"},
    {"catalog"},
    {"importing"},
    {"quantities"},
    {"layer_report"},
    {"report"},
    {"request"},
    {"comparing", "sweeping"},
    {"expectations"},
    {"solve"},
    {"oracle", "pictures"},
    {"cli"},
)
LEVEL = {part: level for level, parts in enumerate(ORDER) for part in parts}
HOMES = {
    "torch": (("oracle",), ("importing", "exported.py"), ("importing", "live.py")),
    "rich": (("cli",),),
    "click": (("cli",),),
    "tomlkit": (("cli", "checking"),),
    "matplotlib": (("pictures",),),
}
COMMON_OPTIONS = {
    *("input", "batch", "dtype", "depth", "format", "columns", "exact", "pager", "all_notes", "verify", "device"),
    *("help", "version", "expect", "picture"),
}
FILES = sorted(PACKAGE.rglob("*.py"))
INNER = [file for file in FILES if file.parent != PACKAGE or file.stem not in ("__init__", "__main__")]


def module_of(file: Path) -> str:
    """pyramidcalc.layers.base for its file; a package is named by its folder."""
    parts = ("pyramidcalc", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


@cache
def tree_of(file: Path) -> ast.Module:
    """The parsed source."""
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[str]:
    """Modules that a file imports, anywhere in it, for types too; `from package import module` is the module."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def own_imports(file: Path) -> set[str]:
    """Modules of the package that a file imports."""
    return {name for name in imports(file) if name.split(".")[0] == "pyramidcalc"}


def short(file: Path) -> str:
    """Test ids that read: the path inside the package."""
    return str(file.relative_to(PACKAGE))


@pytest.mark.parametrize("file", INNER, ids=short)
def test_imports_run_one_way(file: Path) -> None:
    """No file imports from a part after its own, or beside it: passes and blocks do not know each other."""
    part = module_of(file).split(".")[1]
    for imported in own_imports(file) - {"pyramidcalc"}:
        other = imported.split(".")[1]
        assert other == part or LEVEL[other] < LEVEL[part], f"{short(file)} imports {imported}"


def test_every_part_has_its_place() -> None:
    """A new file or folder at the top must be given a place in the order."""
    assert {module_of(file).split(".")[1] for file in INNER} <= set(LEVEL)


def test_only_the_version_is_imported_from_the_top() -> None:
    """Inside, names come from where they are defined; only the version number lives at the top."""
    for file in INNER:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ImportFrom) and node.module == "pyramidcalc":
                taken = {alias.name for alias in node.names if f"pyramidcalc.{alias.name}" not in MODULES}
                assert taken <= {"__version__"}, short(file)


def test_no_modules_import_each_other() -> None:
    """There is no circle of imports, not even of imports for types."""
    waiting = {module_of(file): own_imports(file) & set(map(module_of, INNER)) for file in INNER}
    while ready := [name for name, wanted in waiting.items() if not wanted & set(waiting) - {name}]:
        for name in ready:
            del waiting[name]
    assert waiting == {}


@pytest.mark.parametrize("file", FILES, ids=short)
def test_torch_rich_click_and_tomlkit_stay_in_their_place(file: Path) -> None:
    """torch is for oracle/ and the live importer, rich and click for cli/, tomlkit for cli/checking/; no others."""
    folders = file.relative_to(PACKAGE).parts
    for imported in {name.split(".")[0] for name in imports(file)} - {"pyramidcalc", "__future__"}:
        homes = HOMES.get(imported, ())
        at_home = any(folders[: len(home)] == home for home in homes)
        assert at_home if homes else imported in sys.stdlib_module_names, imported


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after some code."""
    tail = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", f"{code}\n{tail}"], capture_output=True, text=True, check=True)
    return set(run.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import pyramidcalc",
        "import pyramidcalc; pyramidcalc.analyze('aspp')",
        "import pyramidcalc; pyramidcalc.build('fpn')",
    ],
)
def test_python_use_loads_neither_click_rich_nor_torch(code: str) -> None:
    """The package is cold, and stays so while it analyses."""
    assert not loaded_after(code) & {"click", "rich", "torch", "numpy", "dataclasses"}


@pytest.mark.parametrize(("format_", "absent"), [("table", {"torch", "numpy"}), ("json", {"rich", "torch", "numpy"})])
def test_commands_load_what_they_need(format_: str, absent: set[str]) -> None:
    """A table needs no torch, JSON no rich either."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['pyramidcalc', 'aspp', '--format', '{format_}']\n"
        "try: runpy.run_module('pyramidcalc', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code"
    )
    assert not loaded_after(code) & absent


@pytest.mark.parametrize(
    "file", [*FILES, *sorted(TESTS.rglob("*.py"))], ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_files_stay_under_300_lines(file: Path) -> None:
    """A file has one reason to change, and can be read in one go."""
    assert len(file.read_text(encoding="utf-8").splitlines()) < 300


def described() -> set[str]:
    """Names of methods that some class of the package documents: an override need not say it again."""
    return {
        item.name
        for file in FILES
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and ast.get_docstring(item)
    }


def undocumented(body: list[ast.stmt], prefix: str, known: set[str]) -> Iterator[str]:
    """Public functions, classes and methods without a docstring."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and node.name not in known:
            yield f"{prefix}{node.name}"
        if isinstance(node, ast.ClassDef):
            # A method that a class from outside calls (click's, torch's) is described there.
            outside = any(isinstance(base, ast.Attribute) for base in node.bases)
            yield from () if outside else undocumented(node.body, f"{prefix}{node.name}.", known)


@pytest.mark.parametrize("file", FILES, ids=short)
def test_public_names_have_docstrings(file: Path) -> None:
    """Every module, public class and function says what it is; an overriding method may leave it to its base."""
    assert ast.get_docstring(tree_of(file)), "the module has no docstring"
    assert list(undocumented(tree_of(file).body, "", described())) == []


def divides(node: ast.AST) -> bool:
    """Whether this is a floor division."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv)


def size_formulas(tree: ast.AST) -> Iterator[int]:
    """Lines with `a // b + 1`, the size of a window, or `-(-a // b)`, that of a SAME window."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            sides = (node.left, node.right)
            ones = [side for side in sides if isinstance(side, ast.Constant) and side.value == 1]
            if ones and any(map(divides, sides)):
                yield node.lineno
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and divides(node.operand):
            yield node.lineno


@pytest.mark.parametrize("file", INNER, ids=short)
def test_size_formulas_live_in_indexmap_only(file: Path) -> None:
    """Nothing outside indexmap computes ⌊…/s⌋ + 1 or ⌈…/s⌉, but for the oracle's search for a canvas large enough."""
    lines = list(size_formulas(tree_of(file)))
    assert lines == [] or module_of(file).split(".")[1] in ("indexmap", "oracle")


def test_the_guard_of_size_formulas_sees_them() -> None:
    """The guard finds the formulas where they do live."""
    assert any(size_formulas(tree_of(PACKAGE / "indexmap" / "windows.py")))
    assert any(size_formulas(tree_of(PACKAGE / "indexmap" / "sizing.py")))


def test_options_leave_the_common_ones_alone() -> None:
    """No block or network has an option that every command has."""
    assert {name: COMMON_OPTIONS & {option.name for option in find(name).options} for name in names()} == {
        name: set() for name in names()
    }
