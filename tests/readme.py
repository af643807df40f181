"""The outputs in README.md and the pages below it are the program's: `python -m tests.readme` prints them anew.

A block marked `console` holds a line `$ command` and what that command prints in a terminal of 100 columns; what
stands between `<!-- command -->` and `<!-- end -->` is printed by that command through a pipe. Commands run in one
folder of their own a page, which holds pyproject.toml and the files that the page shows behind `<!-- file NAME -->`;
those that need torch are skipped where it is missing. Pictures behind `<!-- picture command -->` are written by it.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, *(ROOT / "pyramidcalc" / part / "README.md" for part in ("blocks", "networks", "cli")))
COMMAND = "import sys; from pyramidcalc.cli.main import main; sys.exit(main())"
TABLE = re.compile(r"(<!-- (pyramidcalc [^\n]*) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"(```console\n\$ (pyramidcalc [^\n]*(?:\\\n[^\n]*)*)\n)(.*?)(```\n)", re.DOTALL)
FILE = re.compile(r"<!-- file (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
PICTURE = re.compile(r"<!-- picture (pyramidcalc [^\n]*?--picture (\S+)) -->")
NEEDS_TORCH = re.compile(r"\w+\.py:|--verify|\.pt2|\.onnx|\bverify ")
"""Commands that need torch, or a file that one of these writes."""
EXPORT = "export.py"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ROWS, COLUMNS = 24, 100


def files_in(text: str, folder: Path) -> None:
    """Writes the files that commands of a text read."""
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for name, content in FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")


def arguments(command: str) -> list[str]:
    """What the shell would start."""
    return [sys.executable, "-c", COMMAND, *shlex.split(command)[1:]]


def environment(**more: str) -> dict[str, str]:
    """This environment, without what changes the look of an output."""
    kept = {key: value for key, value in os.environ.items() if key not in ("CI", "COLUMNS", "LINES", "FORCE_COLOR")}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"} | more


def shown(command: str, folder: Path) -> str:
    """What a command line shows in a terminal, without styles."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # Without a keyboard no table goes through a pager.
    run = subprocess.Popen(
        arguments(command), stdin=subprocess.DEVNULL, stdout=far, stderr=far, cwd=folder, env=environment(TERM="xterm")
    )
    os.close(far)
    parts = []
    while True:
        try:
            part = os.read(near, 1 << 16)
        except OSError:  # Linux says EIO where the last writer has closed
            break
        if not part:
            break
        parts.append(part)
    os.close(near)
    run.wait()
    text = ESCAPE.sub("", b"".join(parts).decode("utf-8"))
    return "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in text.replace("\r\n", "\n").split("\n"))


def printed(command: str, folder: Path) -> str:
    """What a command line prints through a pipe."""
    run = subprocess.run(
        arguments(command), stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True, cwd=folder,
        env=environment(),
    )  # fmt: skip
    return run.stdout


def rendered(text: str) -> str:
    """A page with every console block's and table's output printed anew."""
    from importlib.util import find_spec

    torch = all(find_spec(name) is not None for name in ("torch", "onnxscript"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        files_in(text, folder)
        if torch and (folder / EXPORT).exists():
            subprocess.run([sys.executable, EXPORT], cwd=folder, env=environment(), check=True, capture_output=True)

        def block(match: re.Match[str]) -> str:
            skipped = NEEDS_TORCH.search(match[2]) and not torch
            return match[0] if skipped else match[1] + shown(match[2], folder) + match[4]

        text = BLOCK.sub(block, text)
        return TABLE.sub(lambda match: f"{match[1]}\n{printed(match[2], folder)}\n{match[4]}", text)


def main() -> None:
    """Writes the outputs and the pictures of every page anew."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(rendered(text), encoding="utf-8")
        for command, _ in PICTURE.findall(text):
            printed(command, ROOT)


if __name__ == "__main__":
    main()
