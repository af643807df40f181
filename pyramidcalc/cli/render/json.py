"""JSON: one key a line, and in lists of objects one object a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from json import dumps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pyramidcalc.cli.answer import Answer


def write(answer: Answer) -> None:
    """Writes the JSON object."""
    data = answer.data()
    for part in parts(data.items() if isinstance(data, Mapping) else data):
        sys.stdout.write(part)


def parts(items: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """The text piece by piece; an iterator among the values is written as it comes."""
    before = "{\n  "
    for key, value in items:
        yield f"{before}{dumps(key)}: "
        before = ",\n  "
        if isinstance(value, Iterator) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            comma = "\n    "
            yield "["
            for item in value:
                yield f"{comma}{dumps(item)}"
                comma = ",\n    "
            yield "\n  ]"
        else:
            yield dumps(value)
    yield "\n}\n"
