"""`--picture FILE`: what a command's answer looks like, saved as a file; matplotlib is imported by then only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from pyramidcalc.cli.values import Value, shown
from pyramidcalc.quantities import times

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.request import Request

ENDINGS = ("svg", "pdf", "png")


class PictureFile(Value):
    """A file that a picture can be written to; all that can be known is checked before anything is worked out."""

    name = "picture"

    def read(self, text: str) -> str:
        from importlib.util import find_spec

        ending = text.rpartition(".")[2].lower()
        if ending not in ENDINGS or ending == text.lower():
            self.fail(f"{shown(text)} does not end in .svg, .pdf or .png")
        if reason := unwritable(text):
            self.fail(f"{shown(text)} cannot be written: {reason}")
        if find_spec("matplotlib") is None:
            self.fail("pictures need matplotlib; pip install 'pyramidcalc[plot]' installs it")
        return text

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """Files, by the shell itself."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


def unwritable(path: str) -> str | None:
    """Why no file can be written there, as far as that can be told without trying."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {shown(folder)}"
    if os.path.isdir(path):
        return "it is a folder"
    return None if os.access(path if os.path.exists(path) else folder, os.W_OK) else "permission denied"


PICTURE = click.Option(
    ["--picture"],
    type=PictureFile(),
    metavar="FILE",
    help="Draw the answer too, for a paper: an .svg, .pdf or .png file.  [needs the extra `plot`]",
)


def save(draw: Callable[[], Any] | None, path: str) -> None:
    """Writes the figure that `draw` makes. Raises ClickException where there is none, or the file cannot be written."""
    if draw is None:
        raise click.ClickException(f"{shown(path)} is not written, as there is nothing to draw: see above")
    from pyramidcalc.pictures.sheet import encoded

    content = encoded(draw, path.rpartition(".")[2].lower())
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"{shown(path)} cannot be written: {error.strerror}") from None


def caption(request: Request) -> str:
    """`aspp --rate 6 12 18 on 64×64`: the command line that a picture is of, less what is as usual."""
    words = [request.architecture.name]
    for option in request.architecture.options:
        value = request.options.get(option.name)
        if value is None or value == option.default:
            continue
        if isinstance(value, bool):
            words.append(option.flag if value else f"--no-{option.flag[2:]}")
        else:
            values = value if isinstance(value, tuple | list) else (value,)
            words += [option.flag, *map(str, values)]
    return f"{' '.join(words)} on {spatial(request)}"


def spatial(request: Request) -> str:
    """`64×64`, the size of the input without its channels; of several inputs each with its name."""
    sizes = {name: times(shape[1:] or shape) for name, shape in request.inputs.items()}
    return ", ".join(sizes.values() if len(sizes) == 1 else [f"{name} {size}" for name, size in sizes.items()])
