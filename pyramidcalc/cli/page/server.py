"""Serves the page to this machine alone, and answers what it asks, by the standard library's http.server."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.cli.page.answers import Page

LOOPBACK = "127.0.0.1"
FILES = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
QUESTIONS = ("catalogue", "analyse", "reads", "weights")
MAX_BODY = 1 << 16
"""Bytes of a question."""
PATIENCE = 60
"""Seconds that a connection may say nothing."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Server(ThreadingTCPServer):
    """A server on the loopback address, with the page whose questions it answers."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, page: Page) -> None:
        """Raises OSError where the port is taken."""
        self.page = page
        super().__init__((LOOPBACK, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a browser that went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "pyramidcalc"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def do_GET(self) -> None:
        """A file of the page."""
        if not self.is_local():
            return
        name, kind = FILES.get(urlsplit(self.path).path, ("", ""))
        if not name:
            self.refuse(404, "there is no such file")
            return
        self.reply(200, kind, files(__package__).joinpath(name).read_bytes())

    def do_POST(self) -> None:
        """A question: its name in the path, its values as a JSON object in the body."""
        if not self.is_local():
            return
        question = self.path.removeprefix("/ask/")
        size = self.headers.get("Content-Length", "")
        if question not in QUESTIONS or not self.path.startswith("/ask/"):
            self.refuse(404, "there is no such question")
        elif self.headers.get_content_type() != "application/json":
            self.refuse(415, "a question is application/json")
        elif not (size.isascii() and size.isdigit()):
            self.refuse(411, "a question says its length")
        elif len(size) > len(str(MAX_BODY)) or int(size) > MAX_BODY:
            self.refuse(413, f"a question has at most {MAX_BODY} bytes")
        else:
            self.ask(question, self.rfile.read(int(size)))

    def ask(self, question: str, body: bytes) -> None:
        """Answers a question that is a JSON object of the right values."""
        try:
            values = json.loads(body)
        except (ValueError, RecursionError):
            self.refuse(400, "the question is no JSON")
            return
        if not isinstance(values, dict) or not fits(values):
            self.refuse(400, "the question is no JSON object of line, layer, at and input")
            return
        try:
            answer = self.server.page.answer(question, values)
        except TypeError:
            self.refuse(400, f"these values are not those of the question {question}")
            return
        except Exception as error:  # the page tells it, and goes on with the next line
            self.refuse(500, f"this line cannot be answered: {type(error).__name__}: {error}")
            return
        self.reply(200, "application/json", json.dumps(answer).encode())

    def is_local(self) -> bool:
        """Whether the page was asked for by this machine's own name; tells others so.

        A page from elsewhere may point a name of its own at this address, and then reads no answer. The port may be
        another one, where a tunnel leads here.
        """
        if self.headers.get("Host", "").partition(":")[0] in (LOOPBACK, "localhost"):
            return True
        self.refuse(403, f"this server answers to {LOOPBACK} and localhost alone")
        return False

    def refuse(self, status: int, reason: str) -> None:
        """One sentence in place of an answer; what is left of the request is not read."""
        self.close_connection = True
        self.reply(status, "text/plain", f"{reason}\n".encode())

    def reply(self, status: int, kind: str, body: bytes) -> None:
        """Sends an answer."""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            # The page was closed, or has asked something newer.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's own name
        """Says nothing: the terminal is the user's."""


def fits(values: dict[str, Any]) -> bool:
    """Whether every value is of its own kind."""
    line, layer, at = values.get("line", ""), values.get("layer", ""), values.get("at", [])
    return (
        isinstance(line, str)
        and isinstance(layer, str)
        and isinstance(values.get("input", ""), str | None)
        and isinstance(at, list)
        and all(type(number) is int for number in at)
    )
