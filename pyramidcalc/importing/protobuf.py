"""The wire format of protocol buffers, read without generated code: fields of a message, texts and numbers.

Source: https://protobuf.dev/programming-guides/encoding. What is not asked for is skipped by its length.
"""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap
    from typing import Any

    Buffer = bytes | mmap
    Span = tuple[int, int]
    """First byte of a message, and the one behind its last."""

MAX_FIELDS = 500_000
"""Fields that are read of one file; the largest CNNs have a tenth of it."""
MAX_TEXT = 65_536
"""Bytes of one name or one text."""

VARINT, EIGHT_BYTES, DELIMITED, FOUR_BYTES = 0, 1, 2, 5
FIXED = {EIGHT_BYTES: ("<d", 8), FOUR_BYTES: ("<f", 4)}


class Reader:
    """Reads messages of one file and counts their fields, so that no file costs more than so many."""

    __slots__ = ("data", "left")

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.left = MAX_FIELDS

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """A whole number of seven bits a byte, and where the next field begins."""
        data, value = self.data, 0
        for index in range(at, min(at + 10, end)):
            byte = data[index]
            value |= (byte & 127) << 7 * (index - at)
            if byte < 128:
                return value & (1 << 64) - 1, index + 1
        raise UsageError(f"it breaks off in a number at byte {at}" if end - at < 10 else f"no number at byte {at}")

    def fields(self, span: Span) -> Iterator[tuple[int, int, Any]]:
        """(field number, wire type, value) of one message; the value of a delimited field is its span."""
        at, end = span
        while at < end:
            self.left -= 1
            if self.left < 0:
                raise UsageError(f"it has more than {MAX_FIELDS} fields")
            start = at
            key, at = self.varint(at, end)
            number, kind = key >> 3, key & 7
            value: Any
            if kind == VARINT:
                value, at = self.varint(at, end)
            elif kind == DELIMITED:
                length, at = self.varint(at, end)
                value, at = (at, at + length), at + length
            elif kind in FIXED:
                code, length = FIXED[kind]
                if at + length > end:
                    raise UsageError(f"it breaks off at byte {start}")
                (value,), at = unpack_from(code, self.data, at), at + length
            else:
                raise UsageError(f"no field of protobuf at byte {start}")
            if at > end:
                raise UsageError(f"it breaks off at byte {start}, in a field of {length} bytes")
            if not number:
                raise UsageError(f"no field of protobuf at byte {start}")
            yield number, kind, value

    def message(self, kind: int, value: Any) -> Span:
        """The span of a field that must hold a message."""
        if kind != DELIMITED:
            raise UsageError("a field that ought to hold a message holds a number")
        span: Span = value
        return span

    def text(self, kind: int, value: Any) -> str:
        """The text of a field, which can be shown: what is no printable sign is escaped."""
        start, end = self.message(kind, value)
        if end - start > MAX_TEXT:
            raise UsageError(f"a name of {end - start} bytes at byte {start}")
        text = bytes(self.data[start:end]).decode("utf-8", "backslashreplace")
        return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")

    def integers(self, kind: int, value: Any) -> list[int]:
        """The integers of one field, packed or not."""
        if kind != DELIMITED:
            return [self.integer(kind, value)]
        (at, end), numbers = value, []
        while at < end:
            self.left -= 1
            if self.left < 0:
                raise UsageError(f"it has more than {MAX_FIELDS} fields")
            number, at = self.varint(at, end)
            numbers.append(signed(number))
        return numbers

    def integer(self, kind: int, value: Any) -> int:
        """The integer of a field that holds one."""
        if kind != VARINT:
            raise UsageError("a field that ought to hold an integer holds something else")
        return signed(value)

    def reals(self, kind: int, value: Any, code: str) -> list[float]:
        """The floats (code f) or doubles (d) of one field, packed or not."""
        if kind != DELIMITED:
            return [value]
        start, end = value
        count, rest = divmod(end - start, 8 if code == "d" else 4)
        if rest:
            raise UsageError(f"it breaks off within the numbers at byte {start}")
        self.left -= count
        return list(unpack_from(f"<{count}{code}", self.data, start))

    def within(self, span: Span, wanted: int) -> Iterator[Span]:
        """The messages that stand in one field of a message."""
        for number, kind, value in self.fields(span):
            if number == wanted:
                yield self.message(kind, value)


def signed(number: int) -> int:
    """A 64-bit integer from its unsigned bits."""
    return number - (1 << 64) if number >> 63 else number
