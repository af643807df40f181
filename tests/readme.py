"""The README's command outputs are printed by the program: `python -m tests.readme` writes them anew.

A block marked `console` holds a line `$ command` and what that command prints; what stands between
`<!-- command -->` and `<!-- end -->` is printed by that command too.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
COMMAND = "import sys; from pyramidcalc.cli.main import main; sys.exit(main())"
TABLE = re.compile(r"(<!-- (pyramidcalc [^\n]*) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
BLOCK = re.compile(r"(```console\n\$ (pyramidcalc [^\n]*)\n)(.*?)(```\n)", re.DOTALL)


def printed(command: str) -> str:
    """What a command line prints on both streams, through a pipe."""
    arguments = [sys.executable, "-c", COMMAND, *shlex.split(command)[1:]]
    run = subprocess.run(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=README.parent,
    )
    return run.stdout


def rendered(text: str) -> str:
    """The README with every console block's and table's output printed anew."""
    text = BLOCK.sub(lambda match: match[1] + printed(match[2]) + match[4], text)
    return TABLE.sub(lambda match: f"{match[1]}\n{printed(match[2])}\n{match[4]}", text)


def main() -> None:
    """Writes the README's outputs anew."""
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
