"""The entry point: runs the command line and ends quietly, whatever happens to the terminal."""

from __future__ import annotations

import codecs
import gc
import os
import sys

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
CLOSED_PIPE = 141
"""128 + SIGPIPE: the reader went away, as with `| head -1`."""
PLAIN = {
    "×": "x",
    "–": "-",
    "−": "-",
    "─": "-",
    "·": "*",
    "…": "...",
    "→": "->",
    "≡": "=",
    "≠": "!=",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
    "²": "^2",
    "≥": ">=",
    "≤": "<=",
    "∞": "inf",
    **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*#@", strict=True)),
}
"""What stands for our own signs where an encoding lacks them."""
RARELY = 100_000
"""New objects between two searches for cycles; Python's 700 cost a short process a tenth of its time."""


def main() -> None:
    """Runs `pyramidcalc` with the process's arguments and exits."""
    gc.set_threshold(RARELY)
    try:
        prepare_streams()
        # Imported here so that an interrupt during the start ends quietly too.
        from pyramidcalc.cli.root import run

        code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = CLOSED_PIPE
    except OSError as error:
        print(f"Error: cannot write the result: {error.strerror}", file=sys.stderr)
        code = 1
    close_streams()
    # What is left goes with the process: no last search through it.
    gc.freeze()
    sys.exit(code)


def prepare_streams() -> None:
    """Lets output that cannot show × or – say x and -, and output that is closed go nowhere."""
    codecs.register_error("plain", plain)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # open until the exit
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")


def plain(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for signs that an encoding lacks; an escape for all but our own."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    if all(sign in PLAIN for sign in signs):
        return "".join(PLAIN[sign] for sign in signs), error.end
    return codecs.backslashreplace_errors(error)


def close_streams() -> None:
    """Flushes what is left; where the reader has gone, sends it nowhere so that the exit stays quiet."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
