"""What the page's server answers, and what it refuses, without a browser."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.page.answers import Page
from pyramidcalc.cli.page.lines import code_of
from pyramidcalc.cli.page.server import MAX_BODY, Server
from pyramidcalc.passes.effective_field import effective_field
from pyramidcalc.passes.reach import reach
from pyramidcalc.request import analyze
from tests.cli.conftest import environment, invoke
from tests.page.conftest import sent, told

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

LINE = "dense-aspp --rate 2 5 --input 33x41"


def rows_of(runs: list[Any]) -> dict[tuple[int, ...], int]:
    """Row to bit set of columns of a picture's rectangles."""
    rows: dict[tuple[int, ...], int] = {}
    for spans, columns in runs:
        bits = sum(1 << x for first, end in columns for x in range(first, end))
        rows.update({(y,): bits for first, end in spans for y in range(first, end)})
    return dict(sorted(rows.items()))


def test_the_answer_is_the_tables(server: Server) -> None:
    """Rows and totals are those of the command; what a row opens to adds up to it, level by level."""
    answer = told(server, "analyse", line="deeplabv3 --input 65x97")
    report = analyze("deeplabv3", input=(65, 97))
    column = [each["heading"] for each in answer["columns"]].index("MACs")
    cells = [row["cells"][column] for row in answer["rows"]]
    macs = [int(cell.get("exact", cell["text"]).replace(",", "")) for cell in cells]
    levels = [row["level"] for row in answer["rows"]]
    assert sum(count for count, level in zip(macs, levels, strict=True) if level == 0) == report.macs
    for place, row in enumerate(answer["rows"]):
        below = range(
            place + 1, next((i for i in range(place + 1, len(levels)) if levels[i] <= levels[place]), len(levels))
        )
        assert row["opens"] == bool(below)
        assert not below or sum(macs[i] for i in below if levels[i] == row["level"] + 1) == macs[place]
    assert {tile["label"]: tile["big"] for tile in answer["tiles"]}["output"] == "21×65×97"


@pytest.mark.parametrize("at", [[16, 20], [0, 40]])
def test_rectangles_are_what_reach_says(server: Server, at: list[int]) -> None:
    """All branches together read the pixels of the mask, no more and no fewer; hull and count agree."""
    answer = told(server, "reads", line=LINE, layer="concat5", at=at)
    resolved = analyze("dense-aspp", input=(33, 41), rate=(2, 5)).resolved
    assert resolved is not None
    whole = reach(resolved, "concat5", at)
    union: dict[tuple[int, ...], int] = {}
    for branch in answer["entries"]:
        for place, bits in rows_of(branch["runs"]).items():
            union[place] = union.get(place, 0) | bits
    assert dict(sorted(union.items())) == whole.mask("input")
    assert len(answer["entries"]) > 1
    assert sorted(each["paint"] for each in answer["entries"]) == [f"c{i}" for i in range(len(answer["entries"]))]
    assert answer["text"].startswith(f"{whole.pixels('input')} pixels read")


def test_weights_keep_the_order_of_the_effective_field(server: Server) -> None:
    """Bytes rise with the exact weights, the largest is 255, and the box is where they are."""
    from base64 import b64decode

    answer = told(server, "weights", line=LINE, layer="concat5", at=[16, 20])
    resolved = analyze("dense-aspp", input=(33, 41), rate=(2, 5)).resolved
    assert resolved is not None
    block = effective_field(resolved, "concat5", (16, 20)).blocks["input"]
    data = b64decode(answer["data"])
    assert answer["box"] == [*[axis.start for axis in block.axes], *block.sizes]
    assert max(data) == 255
    values = list(block.values())
    pairs = sorted(zip(values, data, strict=True))
    assert [byte for _, byte in pairs] == sorted(data)
    assert len(set(data)) == len(set(values)) > 2


@pytest.mark.parametrize(
    ("line", "layer", "at", "size"), [("tcn", "level7.relu", [392], [1, 784]), ("spp", "concat", [], [13, 13])]
)
def test_sequences_and_vectors_have_maps(server: Server, line: str, layer: str, at: list[int], size: list[int]) -> None:
    """A sequence is one row of pixels, a vector one pixel."""
    for question in ("reads", "weights"):
        assert told(server, question, line=line, layer=layer, at=at)["size"] == size


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"line": "aspp --rat 6"}, ["--rat", "--rate"]),
        ({"line": "asp"}, ["aspp"]),
        ({"line": ""}, ["names no architecture"]),
        ({"line": "aspp 'a"}, ["no command line"]),
        ({"line": "aspp --input 0x7"}, ["'0'", "from 1"]),
        ({"line": "chain --input 3x9x9"}, ["layers"]),
    ],
)
def test_mistakes_are_told_as_at_the_prompt(server: Server, values: dict[str, str], words: list[str]) -> None:
    """One sentence, with the value and a way out."""
    answer = told(server, "analyse", **values)
    text = f"{answer['error']} {answer.get('hint')}"
    assert all(word in text for word in words), text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("layer", "at", "words"), [("nowhere", [0, 0], "nowhere"), ("concat5", [33, 0], "33,0"), ("concat5", [1], "1")]
)
def test_wrong_layers_and_pixels_are_told(server: Server, layer: str, at: list[int], words: str) -> None:
    """A link or a script may ask for what is not there."""
    for question in ("reads", "weights"):
        assert words in told(server, question, line=LINE, layer=layer, at=at)["error"]


def test_too_large_an_input_is_told(server: Server) -> None:
    """Millions of pixels cost a sentence, and no memory; volumes have no flat picture."""
    for question in ("reads", "weights"):
        huge = told(server, question, line="conv --input 60000x50000", layer="conv", at=[7, 9])
        assert "3,000,000,000 pixels" in huge["unknown"]
        volume = told(server, question, line="conv --dims 3 --input 2x7x8x9", layer="conv", at=[3, 4, 5])
        assert "volume" in volume["unknown"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.:{port}", ""]
)
def test_a_spoofed_host_is_refused(server: Server, host: str) -> None:
    """A name elsewhere that is pointed at this machine gets no file and no answer."""
    for method, path in (("GET", "/"), ("POST", "/ask/catalogue")):
        status, _, body = sent(server, method, path, b"{}", Host=host.format(port=server.port))
        assert (status, b"pyramid" in body) == (403, False)


def test_a_tunnel_may_lead_here_from_another_port(server: Server) -> None:
    """As with `ssh -L 9000:localhost:8000`, where the browser's port is not the server's."""
    assert sent(server, "GET", "/", Host="localhost:9000")[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/ask/analyse", b"{", {}, 400),
        ("/ask/analyse", b"[" * 20000, {}, 400),
        ("/ask/analyse", b"\xff", {}, 400),
        ("/ask/analyse", b"[]", {}, 400),
        ("/ask/analyse", b'{"line": 3}', {}, 400),
        ("/ask/analyse", b'{"lime": "aspp"}', {}, 400),
        ("/ask/reads", b'{"line": "aspp", "layer": "concat", "at": [1.5, true]}', {}, 400),
        ("/ask/answer", b"{}", {}, 404),
        ("/ask/analyse", b'{"line": "aspp"}', {"Content_Type": "text/plain"}, 415),
        ("/ask/analyse", b"{}", {"Content_Length": "-2"}, 411),
        ("/ask/analyse", b"", {"Content_Length": str(MAX_BODY + 1)}, 413),
        ("/ask/analyse", b"", {"Content_Length": "9" * 5000}, 413),
    ],
)
def test_what_is_no_question_is_refused(
    server: Server, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """One sentence and the proper status; other sites cannot send JSON without being asked for leave."""
    got, _, text = sent(server, "POST", path, body, **headers)
    assert got == status, text
    assert text.count(b"\n") == 1


def test_a_browser_that_goes_away_leaves_no_trace(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """A connection that is reset in the middle of a question is forgotten; the next one is answered."""
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"POST /ask/analyse HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        half.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert told(server, "analyse", line="spp")["name"] == "spp"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/../server.py", "/server.py", "/page.css/", "//etc/passwd", "/%2e%2e/answers.py"])
def test_no_other_file_is_served(server: Server, path: str) -> None:
    """Only the page's own files."""
    assert sent(server, "GET", path)[0] == 404


def test_the_page_allows_itself_alone(server: Server) -> None:
    """Scripts and styles come from the page's own files; no other site may show it or read it."""
    for path in ("/", "/page.js", "/page.css"):
        status, headers, _ = sent(server, "GET", path)
        assert status == 200
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in headers


def test_the_page_runs_no_code_and_writes_no_file(server: Server, tmp_path: Path) -> None:
    """A link to the page cannot run a file of Python, nor write one."""
    code, saved = tmp_path / "net.py", tmp_path / "net.pt2"
    code.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Net: pass\n")
    line = f"model {code}:Net --input 3x32x40"
    assert "no Python code" in told(server, "analyse", line=line)["error"]
    assert "no Python code" in told(server, "reads", line=line, layer="x", at=[0])["error"]
    assert "no files" in told(server, "analyse", line=f"{line} --save {saved}")["error"]
    assert os.listdir(tmp_path) == ["net.py"]


def test_code_of_the_command_line_may_be_asked_again_as_it_was() -> None:
    """The target that the user named, with its arguments; only inputs and batch may change."""
    line = "model net.py:Net --arg classes=5 --input 3x32x40"
    page = Page(code_of(line))
    for other in ("model net.py:Other --arg classes=5", "model net.py:Net --arg classes=6", "model net.py:Net"):
        assert "no Python code" in page.answer("analyse", {"line": f"{other} --input 3x32x40"})["error"]
    # The file is not there, so that is what is told: it was looked for.
    for same in (line, line.replace("32x40", "64x48"), f"{line} --batch 2"):
        assert "net.py" in page.answer("analyse", {"line": same})["error"]
        assert "no Python code" not in page.answer("analyse", {"line": same})["error"]
    assert code_of("aspp --rate 6") is None


def started(*args: str) -> tuple[subprocess.Popen[str], str]:
    """`pyramidcalc explore args…` and its address."""
    run = subprocess.Popen(
        [sys.executable, "-m", "pyramidcalc", "explore", *args, "--no-browser"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    return run, run.stdout.readline().strip()


def test_the_address_holds_the_command_and_ctrl_c_ends_it_quietly() -> None:
    """The options of explore itself are no part of the line; nothing is said at the end, and the exit code is 0."""
    run, address = started("aspp", "--port", free_port(), "--rate", "6", "12", "--input", "64x48")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#aspp%20--rate%206%2012%20--input%2064x48", address)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert (run.returncode, errors) == (0, "")


def free_port() -> str:
    """A port that was free a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def test_a_port_in_use_is_told(server: Server) -> None:
    """One sentence that names it, and a way out."""
    result = invoke("explore", "aspp", "--port", str(server.port), "--no-browser")
    assert result.exit_code == 2
    assert re.search(rf"Error: port {server.port} cannot be used: .*in use; leave out --port", result.stderr)


@pytest.mark.parametrize("args", [["aspp", "--rat", "6"], ["asp"], ["--port", "99999"], ["spp", "--input", "0"]])
def test_mistakes_on_the_command_line_start_no_server(args: list[str]) -> None:
    """They are told as for every command."""
    result = invoke("explore", *args, "--no-browser")
    assert result.exit_code == 2
    assert "Error: " in result.stderr


def test_the_pages_files_are_small() -> None:
    """A page of plain JavaScript and CSS that loads at once."""
    from importlib.resources import files

    folder = files("pyramidcalc.cli.page")
    assert sum(len(folder.joinpath(name).read_bytes()) for name in ("page.js", "page.css")) <= 23_000


def test_every_architecture_makes_json(server: Server) -> None:
    """Forms, tables and graphs of the whole catalogue can be sent; a name alone gives no option a value."""
    from pyramidcalc.catalog import names

    for name in names():
        answer = told(server, "analyse", line=name)
        assert "error" not in answer, name
        assert all(field["value"] == "" for field in answer["form"])
        assert json.dumps(answer["graph"])
