"""`model` and `chain`: every way in, every question and format, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import environment, invoke, invoke_json
from tests.importing.own import CHAIN, NET

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("folder")
needs_torch = pytest.mark.torch
PARAMETERS = 3 * 8 * 9 + 8 + 16 + 8 * 8 * 15 + 8 + 8 * 5 + 5
TOTALS = {"parameters": PARAMETERS, "output": [5, 16, 20]}
SIZE = ("--input", "3x32x40")
CHAINED = ("chain", CHAIN, *SIZE)


def totals(*args: str) -> dict[str, Any]:
    """Parameters and output."""
    report = invoke_json(*args)
    return {key: report[key] for key in TOTALS}


@needs_torch
@pytest.mark.parametrize("target", ["own_net:Net", "own_net.py:Net", "own_net.py:make", "./own_net.py:make"])
def test_classes_and_functions_are_called(target: str) -> None:
    """By module or file; `--arg` gives arguments, literals of Python or else texts."""
    assert totals("model", target, *SIZE) == TOTALS
    more = totals("model", target, *SIZE, "--arg", "classes=7")
    assert more == {"parameters": PARAMETERS + 18, "output": [7, 16, 20]}


@needs_torch
def test_a_module_is_taken_as_it_is() -> None:
    """With its own settings."""
    assert totals("model", "own_net.py:net", *SIZE) == {"parameters": PARAMETERS + 9, "output": [6, 16, 20]}


@needs_torch
def test_a_text_is_an_argument_too() -> None:
    """What is no literal."""
    assert totals("model", "own_net.py:Net", *SIZE, "--arg", "kind=wide") == TOTALS


@needs_torch
def test_a_module_that_looks_at_values_is_built_with_them() -> None:
    """Where the meta device does not do."""
    assert totals("model", "own_net.py:Fixed", "--input", "3x4x6") == {"parameters": 72 * 7 + 7, "output": [7]}


@needs_torch
@pytest.mark.parametrize(
    "sizes",
    [
        ("image=3x8x9", "depth=1x8x9"),
        ("depth=1x8x9", "image=3x8x9"),
        ("3x8x9", "1x8x9"),
    ],
)
def test_several_inputs_are_given_in_order_or_by_name(sizes: tuple[str, ...]) -> None:
    """Each with its own field; depth is read by a 1×1 alone."""
    given = [word for size in sizes for word in ("--input", size)]
    report = invoke_json("model", "own_net.py:Two", *given)
    assert sorted(report["inputs"].items()) == [("depth", [1, 8, 9]), ("image", [3, 8, 9])]
    fields = {name: field["size"] for name, field in report["receptive_fields"].items()}
    assert fields == {"image": [3, 3], "depth": [1, 1]}


@needs_torch
def test_a_saved_program_is_the_module_without_torch(program: Path) -> None:
    """The same answer but for the name, from an interpreter that cannot import torch."""
    live = invoke("model", "own_net.py:Net", *SIZE, "--format", "csv").stdout
    code = "import sys; sys.modules['torch'] = None; from pyramidcalc.cli.main import main; main()"
    arguments = [sys.executable, "-c", code, "model", str(program), "--format", "csv"]
    run = subprocess.run(
        arguments, capture_output=True, text=True, encoding="utf-8", env=environment(), check=False, timeout=60
    )
    assert (run.stdout, run.stderr, run.returncode) == (live, "", 0)


@needs_torch
def test_names_are_the_modules_own_and_rows_fold_by_them() -> None:
    """`--depth 1` has one row a child, a larger one every layer."""

    def names(depth: str) -> list[str]:
        lines = invoke("model", "own_net.py:Net", *SIZE, "--depth", depth, "--format", "csv").stdout.splitlines()
        return [line.partition(",")[0] for line in lines[1:]]

    assert names("1") == ["stem", "body", "add", "relu", "head"]
    assert names("9") == ["stem.0", "stem.1", "stem.2", "body", "add", "relu", "head"]


@needs_torch
def test_onnx_files_are_read(folder: Path) -> None:
    """The field of the dilated layer is exact."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    tensors = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 3, 9, 8]), ("y", None))]
    weight = helper.make_tensor("w", TensorProto.FLOAT, [4, 3, 3, 1], [0.0] * 36)
    node = helper.make_node("Conv", ["x", "w"], ["y"], dilations=[2, 1])
    onnx.save(helper.make_model(helper.make_graph([node], "g", tensors[:1], tensors[1:], [weight])), folder / "a.onnx")
    report = invoke_json("model", "a.onnx")
    assert (report["output"], report["receptive_field"]["size"], report["parameters"]) == ([4, 5, 8], [5, 1], 36)


def test_a_toml_network_is_what_was_written(network: Path) -> None:
    """The same numbers as the chain's, at other sizes too."""
    assert totals("model", str(network)) == totals(*CHAINED)
    assert invoke_json("model", str(network), "--input", "8x6")["output"] == [5, 4, 3]


def test_a_chain_comes_from_standard_input_too(folder: Path) -> None:
    """Where no argument gives it; lines stand for semicolons."""
    from click.testing import CliRunner

    from pyramidcalc.cli.root import Root

    text = CHAIN.replace("; ", "\n")
    result = CliRunner().invoke(Root(), ["chain", *SIZE], prog_name="pyramidcalc", input=text)
    assert result.exception is None, result.exception
    assert (result.stdout, result.stderr) == (invoke(*CHAINED).stdout, "")


def test_an_issues_chain_has_its_field() -> None:
    """A stem, a dilated layer and a pyramid."""
    text = "conv 64 k7 s2 p3; bn; relu; maxpool 3 s2 p1; conv 128 k3 d2 p2; aspp rate=6,12,18"
    report = invoke_json("chain", text, "--input", "3x224x224")
    assert report["output"] == [256, 56, 56]
    # 11 of the pool, 2·(3 − 1) steps of stride 4, and 36 steps of the largest rate.
    assert report["receptive_field"]["local_size"] == [11 + 4 * 4 + 36 * 4] * 2


OWN = ["model own_net.py:Net --input 3x32x40", "model net.pt2", "model net.toml", f"chain '{CHAIN}' --input 3x32x40"]


@needs_torch
@pytest.mark.usefixtures("program", "network")
@pytest.mark.parametrize("line", OWN)
@pytest.mark.parametrize("question", ["", "reach", "sizes", "compare", "sweep"])
def test_every_question_takes_it(line: str, question: str, form: str) -> None:
    """In every format."""
    from shlex import split

    words = {
        "": split(line),
        "reach": ["reach", *split(line)],
        "sizes": ["sizes", *split(line)],
        "compare": ["compare", line, "resnet"],
        "sweep": ["sweep", line + " --batch {n}", "--set", "n=1,2"],
    }[question]
    result = invoke(*words, "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


@needs_torch
@pytest.mark.parametrize("target", ["own_net.py:Net", "net.pt2"])
@pytest.mark.usefixtures("program")
def test_sizes_and_sweeps_follow_other_inputs(target: str) -> None:
    """A saved program has open sizes, as the module itself."""
    line = f"model {target} --input 3x{{n}}x40"
    rows = invoke("sweep", line, "--set", "n=31,32,33", "--format", "csv").stdout.splitlines()
    assert [row.split(",")[1:4] for row in rows[1:]] == [["5", height, "20"] for height in ("16", "16", "17")]
    assert "⌊(H + 1)/2⌋" in invoke("sizes", "model", target, *SIZE).stdout
    assert invoke_json("model", target, "--input", "3x33x70")["output"] == [5, 17, 35]


@needs_torch
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_sweep_runs_the_users_code_once(folder: Path, jobs: int) -> None:
    """However many sizes it asks for: in each of its processes, and for the headings."""
    (folder / "own_net.py").write_text(NET + "open('imported', 'a').write('x')\n")
    result = invoke("sweep", "model own_net.py:Net --input 3x{n}x{n}", "--set", "n=32..40", "--jobs", str(jobs))
    assert "9 of 9 combinations valid" in result.stdout
    assert len((folder / "imported").read_text()) <= (jobs if jobs == 1 else jobs + 1)


@needs_torch
def test_what_takes_one_size_is_saved_for_it(folder: Path) -> None:
    """A note says why; `sizes` answers for it and for the open axis, other inputs are refused with a way out."""
    line = ("model", "own_net.py:Placed", "--input", "3x4x6")
    number = 1 + NET.splitlines().index("        return x + self.place")
    assert f"the export fixes H (own_net.py, line {number})" in invoke(*line, "--save", "placed.pt2").stdout
    assert (folder / "placed.pt2").exists()
    for target, where in ((line[1], f" (own_net.py, line {number})"), ("placed.pt2", "")):
        answer = invoke_json("sizes", "model", target, "--input", "3x4x6", "--near", "5")
        assert (answer["height"]["valid"], answer["height"]["nearest"]) == ([4], [4])
        assert answer["height"]["unknown"] == [f"the export fixes H{where}"]
        assert (answer["width"]["rule"], answer["width"]["unknown"]) == ("W >= 1", [])
    other = invoke("model", "placed.pt2", "--input", "3x8x6")
    assert other.exit_code == 1
    assert "was exported for x (3, 4, 6), not (3, 8, 6): the export fixes H; export it again" in other.stderr
    assert invoke_json("model", "placed.pt2", "--input", "3x4x8")["output"] == [3, 4, 8]


@needs_torch
@pytest.mark.parametrize("save", [(), ("--save", "fixed.pt2")])
def test_layers_say_which_sizes_they_refuse(save: tuple[str, ...], form: str) -> None:
    """A Linear takes one number of features, of a module and of its file; every format answers."""
    target = "own_net.py:Fixed"
    if save:
        assert invoke("model", target, "--input", "3x4x6", *save).exit_code == 0
        target = save[1]
    result = invoke("sizes", "model", target, "--input", "3x4x6", "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    if form == "table":
        assert "height H  H = 4" in result.stdout
        assert "7 features" in result.stdout
        assert "flat: Linear: `in_features` (=72) does not match the input's last axis 90" in result.stdout
    rows = invoke("sweep", f"model {target} --input 3x{{n}}x6", "--set", "n=3,4,5", "--format", "csv").stdout
    assert [row.split(",")[1] for row in rows.splitlines()[2:3]] == ["7"]
    assert "72" in rows.splitlines()[1]


@pytest.mark.parametrize(("expectation", "code"), [("output=5x16x20", 0), ("receptive-field=9x9", 1)])
def test_expectations_hold_or_exit_1(network: Path, expectation: str, code: int) -> None:
    """For files and chains alike."""
    assert invoke("model", str(network), "--expect", expectation).exit_code == code
    assert invoke(*CHAINED, "--expect", expectation).exit_code == code


def test_checks_read_files_of_data(network: Path, spec: Path) -> None:
    """Without a flag: they run no code."""
    spec.write_text(f"[[check]]\nrun = 'model {network}'\nexpect = ['output=5x16x20']\n")
    result = invoke("check")
    assert (result.exit_code, "1 of 1 passed" in result.stdout) == (0, True)


@needs_torch
def test_checks_run_code_only_where_that_is_allowed(folder: Path, spec: Path) -> None:
    """Nothing of it is imported else."""
    (folder / "own_net.py").write_text(NET + "open('imported', 'w').close()\n")
    spec.write_text("[[check]]\nrun = 'model own_net.py:Net --input 3x32x40'\nexpect = ['output=5x16x20']\n")
    refused = invoke("check")
    assert refused.exit_code == 2
    assert "Python code, which would run" in refused.stdout
    assert "--allow-import" in refused.stdout
    assert not (folder / "imported").exists()
    assert invoke("check", "--allow-import").exit_code == 0
    assert (folder / "imported").exists()


@needs_torch
def test_operators_without_a_rule_are_unknown_or_refused() -> None:
    """A line says which; `--strict` exits 1."""
    line = ("model", "own_net.py:Sorted", "--input", "3x8x9")
    result = invoke(*line)
    assert result.exit_code == 0
    assert "unknown" in result.stdout
    assert "the operator cummax" in result.stdout
    strict = invoke(*line, "--strict")
    assert (strict.exit_code, strict.stdout) == (1, "")
    assert strict.stderr == "Error: own_net.py:Sorted has 1 operator without a rule: cummax\n"
    assert invoke("model", "own_net.py:Net", *SIZE, "--strict").exit_code == 0


@needs_torch
def test_verify_runs_the_users_own_module() -> None:
    """Parameters and MACs of the whole, shapes of every node and of the output, and what each node reads."""
    checks = invoke_json("model", "own_net.py:Net", *SIZE, "--verify")["verification"]
    assert checks["ok"]
    counts = {each["quantity"]: 0 for each in checks["checks"]}
    for each in checks["checks"]:
        counts[each["quantity"]] += 1
    assert counts == {"parameters": 1, "macs": 1, "shape": 8, "reach": 7}
    assert (
        invoke("model", "own_net.py:Two", "--input", "depth=1x8x9", "--input", "image=3x8x9", "--verify").exit_code == 0
    )


@needs_torch
def test_a_file_of_data_is_verified_by_the_layers_of_its_graph(program: Path) -> None:
    """Each of them is run, and asked for what it reads."""
    checks = invoke_json("model", str(program), "--verify")["verification"]
    assert checks["ok"]
    assert {each["quantity"] for each in checks["checks"] if each["ok"]} == {
        *("shape", "parameters", "macs", "reach", "receptive-field", "effective-field")
    }


@needs_torch
def test_a_check_verifies_the_users_own_module(spec: Path) -> None:
    """Where its code may run."""
    spec.write_text("[[check]]\nrun = 'model own_net.py:Net --input 3x32x40'\nverify = true\n")
    result = invoke("check", "--allow-import")
    assert result.exit_code == 0
    assert "agrees in 17" in result.stdout
