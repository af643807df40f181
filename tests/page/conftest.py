"""The page's server in this process, and one browser a session where there is one."""

from __future__ import annotations

import json
import shutil
from http.client import HTTPConnection
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from pyramidcalc.cli.page.answers import Page
from pyramidcalc.cli.page.server import LOOPBACK, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that trusts no code."""
    with Server(0, Page()) as running:
        Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def sent(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the reply to a request; headers may replace the usual ones."""
    connection = HTTPConnection(LOOPBACK, server.port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Content-Type": "application/json"} | named)
    reply = connection.getresponse()
    result = reply.status, dict(reply.getheaders()), reply.read()
    connection.close()
    return result


def told(server: Server, question: str, **values: Any) -> dict[str, Any]:
    """The answer to a question."""
    status, _, body = sent(server, "POST", f"/ask/{question}", json.dumps(values).encode())
    assert status == 200, body
    answer: dict[str, Any] = json.loads(body)
    return answer


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, driven by playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra `browser`")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


PIXELS = """([rows, columns]) => {
  const canvas = document.getElementById("in"), c = canvas.getContext("2d");
  const data = c.getImageData(0, 0, canvas.width, canvas.height).data;
  const at = (i, n, size) => Math.floor((i + 0.5) * size / n);
  return Array.from({ length: rows }, (_, y) => Array.from({ length: columns }, (_, x) => {
    const i = 4 * (at(y, rows, canvas.height) * canvas.width + at(x, columns, canvas.width));
    return [data[i], data[i + 1], data[i + 2]].join();
  }));
}"""
"""The colour in the middle of every input pixel."""
GROUND = "255,255,255"


class Reader:
    """A page that is open, what it asked of whom, and what it complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.extend([message.text] * (message.type == "error")))
        page.on("request", lambda request: self.requests.append(request.url))

    def opened(self, address: str) -> Reader:
        """The page at an address, answered."""
        self.page.goto("about:blank")
        self.page.goto(address)
        self.page.wait_for_selector("body[data-answered]")
        return self

    def after(self, act: Any, *values: Any) -> None:
        """Does something on the page, and waits for the answer to it."""
        count = "+document.body.dataset.answered"
        before = self.page.evaluate(count)
        act(*values)
        self.until(f"before => {count} > before", before)

    def ask(self, line: str) -> None:
        """Types a command line."""
        self.after(self.page.fill, "#line", line)

    def said(self, words: str) -> None:
        """Waits until the text above the input says so."""
        self.until("words => document.getElementById('in-text').textContent.includes(words)", words)

    def drawn(self, layer: str, at: tuple[int, ...]) -> None:
        """Waits until the input's map shows what a pixel of a layer reads or weighs."""
        of = f"{layer} {','.join(map(str, at))}"
        self.until("of => document.getElementById('in').dataset.of === of", of)

    def until(self, condition: str, value: Any = None) -> None:
        """Waits until a function in the page holds; playwright's own waiting runs text as code, which the page's
        Content-Security-Policy forbids."""
        for _ in range(500):
            if self.page.evaluate(condition, value):
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"it never held within 10 seconds: {condition} of {value}")

    def pixels(self, rows: int, columns: int) -> list[list[str]]:
        """The colours of the input's map."""
        colours: list[list[str]] = self.page.evaluate(PIXELS, [rows, columns])
        return colours
