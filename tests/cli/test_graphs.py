"""Mermaid and DOT: what the rows read of each other, as text that these tools read back, whatever names layers have."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from contextlib import redirect_stdout

import pytest

from pyramidcalc.cli.answer import Answer, write
from pyramidcalc.cli.drawing import drawing
from pyramidcalc.cli.rows import fold
from pyramidcalc.graph import Graph, Node
from pyramidcalc.layers import Add, Conv2d
from pyramidcalc.report import Report, analyze_graph
from pyramidcalc.request import analyze
from tests.cli.conftest import invoke

HOSTILE = [
    'say "hi"]',
    "back\\slash \\N \\",
    "<script>alert(1)</script>",
    "&lt; #quot; #35; &",
    "`code` %%{init: {}}%%",
    "style x: #a;",
    "end",
    "line\nbreak\ttab",
    "a..b.",
    "ασππ|}{)(;-->",
    "",
]
DOT_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
MERMAID_NODE = re.compile(r'^ *(n\d+)(?:\(\[|\[)"([^"\n]*)"(?:\]\)|\])(:::\w+)?$')


def written(report: Report, form: str, depth: int | None = None) -> str:
    """What a format says of a report."""
    answer = Answer((), fold(report, depth, collapsed=False), (), dict, report)
    with redirect_stdout(io.StringIO()) as out:
        write(answer, form)
    return out.getvalue()


def hostile() -> Report:
    """A row of convolutions of such names, and their sum."""
    nodes: list[Node] = []
    for name in HOSTILE:
        nodes.append(Node(name, Conv2d(3, 3, 3, padding=1), (nodes[-1].name if nodes else "in|put",)))
    nodes.append(Node("sum", Add(), (HOSTILE[0], HOSTILE[-1])))
    graph = Graph((("in|put", 3),), tuple(nodes), (('out"put', "sum"),))
    return analyze_graph(graph, {"in|put": (3, 7, 9)})


def test_edges_say_which_row_reads_which_and_what() -> None:
    """Every branch of ASPP leaves the input and joins in the concatenation, with its shape."""
    report = analyze("aspp", input=(16, 9, 7), rate=(2, 4), channels=8)
    graph = drawing(report, fold(report, None, collapsed=False))
    names = {box.key: box.name for box in graph.boxes}
    edges = {(names[source], names[target], text) for source, target, text in graph.edges}
    assert {edge for edge in edges if edge[1] == "concat"} == {
        (name, "concat", "8×9×7") for name in ("conv1x1.conv", "rate2.conv", "rate4.conv", "pooling.resize")
    }
    assert len([edge for edge in edges if edge[0] == "input"]) == 4
    assert ("project.conv", "project", "8×9×7") in edges


def test_scopes_are_clusters() -> None:
    """Rows of one scope stand together under its name; a scope with one row makes none."""
    text = invoke("aspp", "--format", "mermaid").stdout
    assert re.findall(r'subgraph \w+\["(.*)"\]', text) == ["pooling"]
    text = invoke("deeplabv3", "--depth", "3", "--format", "dot").stdout
    assert {"backbone", "layer1", "aspp", "pooling"} <= set(re.findall(r'^ *label="(.*)"$', text, re.MULTILINE))


def test_warnings_are_outlined() -> None:
    """The layer that a warning names, and no other."""
    text = invoke("aspp", "--rate", "6", "24", "--input", "33x33", "--format", "mermaid").stdout
    assert re.findall(r"<b>([\w.]+)</b>.*:::warning$", text, re.MULTILINE) == ["rate24.conv"]
    text = invoke("aspp", "--rate", "6", "24", "--input", "33x33", "--format", "dot").stdout
    assert re.findall(r'label="([\w.]+)\\n.*penwidth', text) == ["rate24.conv"]


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_a_failing_layer_is_red_and_last(form: str) -> None:
    """The graph ends at the layer that cannot work, with the reason; the exit code says so too."""
    result = invoke("dspp", "--input", "7x16", "--format", form)
    (line,) = [line for line in result.stdout.splitlines() if ":::failed" in line or "#fbe3e1" in line][:1]
    assert result.exit_code == 1
    assert "divide" in line or "bins" in line
    assert "256×" not in result.stdout.partition(line)[2]


@pytest.mark.parametrize("depth", [None, 1])
def test_dot_reads_hostile_names_back(depth: int | None) -> None:
    """Each name comes back whole from DOT's own rules of quoting, and nothing is left outside the quotes."""
    text = written(hostile(), "dot", depth)
    strings = [re.sub(r"\\(.)", r"\1", string.replace("\\n", "\n")) for string in DOT_STRING.findall(text)]
    outside = DOT_STRING.sub('""', text)
    assert re.fullmatch(r"[\w\s{}=\[\],.>;\"-]*", outside)
    shown = " ".join(strings).replace("&amp;", "&")
    for name in ('say "hi"]', "<script>alert(1)</script>", "&lt; #quot; #35; &", "ασπ", 'out"put'):
        assert name in shown


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's dot is not installed")
def test_graphviz_reads_hostile_names() -> None:
    """Graphviz itself draws every box, with its name as it is."""
    report = hostile()
    run = subprocess.run(
        ["dot", "-Tplain"], input=written(report, "dot", 9), capture_output=True, encoding="utf-8", check=True
    )
    drawn = [line for line in run.stdout.splitlines() if line.startswith("node ")]
    assert len(drawn) == len(HOSTILE) + 3
    assert run.stderr == ""


def test_mermaid_quotes_hostile_names() -> None:
    """Every box is one line of mermaid's grammar, whose text holds codes in place of all that it might read."""
    lines = written(hostile(), "mermaid", 9).splitlines()
    boxes = [match for line in lines if (match := MERMAID_NODE.match(line))]
    edges = [line for line in lines if re.fullmatch(r'  n\d+ -->\|"[\w×]+"\| n\d+', line)]
    frame = [
        line for line in lines if re.fullmatch(r' *(flowchart TD|end|subgraph s[\d_]+\["[^"]*"\]|classDef .*)', line)
    ]
    assert len(boxes) == len(HOSTILE) + 3
    assert len(boxes) + len(edges) + len(frame) == len(lines)
    texts = [re.sub("<b>|</b>|<br/>", " ", match[2]) for match in boxes]
    assert not any(re.search(r'[<>&`%:\\"|{}\[\]]', text) for text in texts)
    shown = " ".join(re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text) for text in texts)
    assert "<script>alert(1)</script>" in shown
    assert 'say "hi"]' in shown
    assert "line\\nbreak\\ttab" in shown


@pytest.mark.parametrize("form", ["mermaid", "dot", "toml"])
def test_questions_have_no_graph(form: str) -> None:
    """A format of networks is refused where there is none, with what to write instead."""
    for command in (["reach", "aspp"], ["sizes", "aspp"], ["list"]):
        result = invoke(*command, "--format", form)
        assert result.exit_code == 2
        assert f"`pyramidcalc aspp --format {form}`" in result.stderr


def test_options_that_make_no_network_have_no_graph() -> None:
    """What no input makes legal is told as the reason."""
    result = invoke("conv", "--kernel", "3", "--groups", "7", "--input", "8x9x9", "--format", "mermaid")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: there is no network to write: ")
    assert "groups" in result.stderr
