"""Random valid TOML documents, written piece by piece with the line of everything in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    Path = tuple[str | int, ...]

BLANKS = ["", "", " ", "\t"]
BREAKS = ["", "", " ", "\n", "\n\n", " # ], } and '''\n", '#"\n\t# x = 1\n']
SCALARS = [
    *("1", "0x1F", "1_000.5e-3", "inf", "true", "1979-05-27 07:32:00", "1979-05-27T07:32:00Z", "07:32:00"),
    *('""', "''", '"a # b"', "'a = [1'", r'"\\"', r'"\"]"', r"'\'", '"}"', "'\"'"),
    *('""""""', "''''''", '"""\n"""', "'''\n\n'''", '"""a\n[[check]]\nb = """', "'''\n# '' \\'''"),
    *('"""""a"""""', "'''''a'''''", '"""\\\n  \\"""\n"""', '"""\n\\\\"""'),
]
KEYS = ["{}", "k-{}_", '"k.{}"', "'k.{}'", '"k # {}]"', "'k = [{}'", '"k\\"{}"', '"k\\u005d{}"', '"k\\\\{}"', '"{} é"']
MEANT = ["{}", "k-{}_", "k.{}", "k.{}", "k # {}]", "k = [{}", 'k"{}', "k]{}", "k\\{}", "{} é"]


class Writer:
    """A document so far, and the lines of what stands in it."""

    def __init__(self, draw: Callable[..., object]) -> None:
        self.parts: list[str] = []
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.keys = 0
        self.draw = draw

    def write(self, text: str) -> None:
        """Adds a piece."""
        self.parts.append(text)
        self.line += text.count("\n")

    def pick(self, *choices: str) -> str:
        """One of some texts."""
        return str(self.draw(st.sampled_from(choices)))

    def number(self, most: int) -> int:
        """0 to `most`."""
        return int(str(self.draw(st.integers(0, most))))

    def key(self) -> str:
        """Writes a key that no other is equal to, and says what it means."""
        self.keys += 1
        style = self.number(len(KEYS) - 1)
        self.write(KEYS[style].format(self.keys))
        return MEANT[style].format(self.keys)

    def dotted(self, base: Path, parts: int) -> Path:
        """Writes a key of several parts; each is first spoken of here."""
        for number in range(parts):
            if number:
                self.write(f"{self.pick(*BLANKS)}.{self.pick(*BLANKS)}")
            base = (*base, self.key())
            self.lines[base] = self.line
        return base

    def pair(self, base: Path, depth: int) -> None:
        """Writes `key = value`."""
        path = self.dotted(base, 1 + self.number(2))
        self.write(f"{self.pick(*BLANKS)}={self.pick(*BLANKS)}")
        self.value(path, depth)

    def value(self, path: Path, depth: int) -> None:
        """Writes a value: an array, an inline table, or a scalar."""
        kind = self.number(3) if depth else 0
        if kind == 3:
            self.inline(path, depth)
        elif kind == 2:
            self.array(path, depth)
        else:
            self.write(self.pick(*SCALARS))

    def array(self, path: Path, depth: int) -> None:
        """Writes an array, perhaps over several lines and with a comma behind the last item."""
        self.write("[" + self.pick(*BREAKS))
        length = self.number(3)
        for index in range(length):
            self.lines[*path, index] = self.line
            self.value((*path, index), depth - 1)
            last = index == length - 1
            self.write(self.pick(*BREAKS) + self.pick(",", *[""] * last) + self.pick(*BREAKS))
        self.write("]")

    def inline(self, path: Path, depth: int) -> None:
        """Writes an inline table; only its values go on over several lines."""
        self.write("{" + self.pick(*BLANKS))
        for number in range(self.number(3)):
            self.write("," * (number > 0) + self.pick(*BLANKS))
            self.pair(path, depth - 1)
            self.write(self.pick(*BLANKS))
        self.write("}")

    def end(self) -> None:
        """Ends a line."""
        self.write(self.pick(*BLANKS) + self.pick("", "# [[check]] '''", "#") + self.pick("\n", "\n\n", '\n# "\n'))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int]]:
    """(text, path → line) of a valid document: pairs, tables, arrays of tables and tables in them."""
    writer = Writer(draw)
    for _ in range(writer.number(2)):
        writer.pair((), 3)
        writer.end()
    for _ in range(writer.number(3)):
        writer.write(writer.pick(*BLANKS))
        if writer.number(1):
            table(writer)
        else:
            tables(writer)
    text = "".join(writer.parts)
    return text.replace("\n", "\r\n") if writer.number(1) else text, writer.lines


def table(writer: Writer) -> None:
    """[a.b] with pairs, and sometimes [a] behind it, which is where `a` stands then."""
    start = writer.line
    writer.write("[ ")
    before = len(writer.parts)
    path = writer.dotted((), 1 + writer.number(1))
    written = "".join(writer.parts[before:])
    writer.write(" ]")
    body(writer, path)
    if len(path) == 2 and writer.number(1):
        first = next(part for part in writer.parts[before:] if written.startswith(part))
        assert writer.lines[path[:1]] == start
        writer.lines[path[:1]] = writer.line
        writer.write(f"[{first}]")
        body(writer, path[:1])


def tables(writer: Writer) -> None:
    """[[a]] some times, each with pairs, a table and an array of tables of its own."""
    writer.keys += 1
    name, start = f"t{writer.keys}", writer.line
    for index in range(1 + writer.number(2)):
        base: Path = (name, index)
        writer.lines[base] = writer.line
        writer.write(f"[[{name}]]")
        body(writer, base)
        if writer.number(1):
            writer.lines[*base, "sub"] = writer.line
            writer.write(f"[{name}. sub]")
            body(writer, (*base, "sub"))
        for inner in range(writer.number(2)):
            writer.lines.setdefault((*base, "each"), writer.line)
            writer.lines[*base, "each", inner] = writer.line
            writer.write(f'[[ {name} . "each" ]]')
            body(writer, (*base, "each", inner))
    writer.lines[name,] = start


def body(writer: Writer, base: Path) -> None:
    """The end of a header's line, and pairs."""
    writer.end()
    for _ in range(writer.number(2)):
        writer.pair(base, 2)
        writer.end()
