"""The README's command outputs are printed by the program: `python -m tests.readme` writes them anew.

A block marked `console` holds a line `$ command` and what that command prints; what stands between
`<!-- command -->` and `<!-- end -->` is printed by that command too. Commands run in one folder of their own, which
holds pyproject.toml and the files that the README shows behind `<!-- file NAME -->`; those that need torch are skipped
where it is missing.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

README = Path(__file__).parent.parent / "README.md"
COMMAND = "import sys; from pyramidcalc.cli.main import main; sys.exit(main())"
TABLE = re.compile(r"(<!-- (pyramidcalc [^\n]*) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"(```console\n\$ (pyramidcalc [^\n]*)\n)(.*?)(```\n)", re.DOTALL)
FILE = re.compile(r"<!-- file (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
NEEDS_TORCH = re.compile(r"\w+\.py:|--verify|\.pt2|\.onnx")
"""Commands that need torch, or a file that one of these writes."""


def files_in(text: str, folder: Path) -> None:
    """Writes the files that commands of a text read."""
    (folder / "pyproject.toml").write_bytes((README.parent / "pyproject.toml").read_bytes())
    for name, content in FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")


def printed(command: str, folder: Path) -> str:
    """What a command line prints on both streams, through a pipe."""
    arguments = [sys.executable, "-c", COMMAND, *shlex.split(command)[1:]]
    run = subprocess.run(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(README.parent)},
    )
    return run.stdout


def rendered(text: str) -> str:
    """The README with every console block's and table's output printed anew."""
    from importlib.util import find_spec

    torch = find_spec("torch") is not None
    with TemporaryDirectory() as name:
        folder = Path(name)
        files_in(text, folder)

        def block(match: re.Match[str]) -> str:
            skipped = NEEDS_TORCH.search(match[2]) and not torch
            return match[0] if skipped else match[1] + printed(match[2], folder) + match[4]

        text = BLOCK.sub(block, text)
        return TABLE.sub(lambda match: f"{match[1]}\n{printed(match[2], folder)}\n{match[4]}", text)


def main() -> None:
    """Writes the README's outputs anew."""
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
