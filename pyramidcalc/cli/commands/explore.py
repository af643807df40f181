"""`pyramidcalc explore`: the page in a browser, live, answered by this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.command import Command, line_without
from pyramidcalc.cli.options import architecture_params
from pyramidcalc.cli.root import ArchitectureGroup
from pyramidcalc.cli.show import help_text
from pyramidcalc.cli.values import WholeNumber

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.catalog import Architecture
    from pyramidcalc.cli.sources import Source

HELP = """A page in the browser to explore architectures: what you change there is answered at once, by this process.

`pyramidcalc explore aspp --rate 6 12 18`: every option is a field, the command line stands on top, and the address
holds it. Pointing at an output pixel shows what it reads. Only this machine is served; Ctrl-C ends it.
"""
FIRST = "aspp --rate 6 12 18 --input 64x64"
"""What the page shows where nothing is asked."""


PARAMS: list[click.Parameter] = [
    click.Option(["--port"], type=WholeNumber(1, most=65535), metavar="N", help="The port; a free one if absent."),
    click.Option(["--no-browser"], is_flag=True, help="Only say the address, and open no browser."),
]


class Explore(ArchitectureGroup):
    """The command, with every architecture as a command of its own."""

    def __init__(self) -> None:
        super().__init__("explore", help=HELP, params=PARAMS, invoke_without_command=True, callback=self.begin)

    def begin(self, *, port: int | None, no_browser: bool) -> None:
        """Serves the page where no architecture is named."""
        ctx = click.get_current_context()
        if ctx.invoked_subcommand is None:
            serve(FIRST, port, browser=not no_browser)

    def command_of(self, architecture: Architecture | Source) -> click.Command:
        """The command that shows the page on an architecture."""
        text = f"A page in the browser to explore architectures.\n\n{help_text(architecture)}"
        return Command(architecture.name, explore, [*architecture_params(architecture), *PARAMS], text)


def explore(*, port: int | None, no_browser: bool, **_: Any) -> None:
    """Serves the page on the architecture of the command line."""
    ctx = click.get_current_context()
    assert ctx.parent is not None, "what stands before the architecture's name is the group's"
    outer = ctx.parent.params
    line = line_without(ctx, "--port", flags=["--no-browser"])
    serve(line, port or outer["port"], browser=not (no_browser or outer["no_browser"]))


def serve(line: str, port: int | None, *, browser: bool) -> None:
    """Serves the page, with `line` in its address, until Ctrl-C."""
    from threading import Thread
    from urllib.parse import quote
    from webbrowser import open as open_browser

    from pyramidcalc.cli.page.answers import Page
    from pyramidcalc.cli.page.lines import code_of
    from pyramidcalc.cli.page.server import LOOPBACK, Server

    page = Page(code_of(line))
    page.analysed(line)
    try:
        server = Server(port or 0, page)
    except OSError as error:
        ctx = click.get_current_context()
        reason = (
            f"port {port} cannot be used: {(error.strerror or str(error)).lower()}; leave out --port for a free one"
        )
        raise click.UsageError(reason, ctx) from None
    address = f"http://{LOOPBACK}:{server.port}/#{quote(line)}"
    try:
        click.echo(f"{address}\nCtrl-C ends it.")
        if browser:
            # A browser in the terminal would not return before the page is served.
            Thread(target=open_browser, args=(address,), daemon=True).start()
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo()
    finally:
        server.server_close()


COMMAND = Explore()
