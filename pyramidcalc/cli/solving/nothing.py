"""What to say where no layer gives a size: what was searched, and what would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.cli.solving.words import NAMES, sides, text
from pyramidcalc.indexmap import most_pooled
from pyramidcalc.solve.elsewhere import changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyramidcalc.solve.windows import Ranges


def nothing(sort: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, ceil_mode: bool) -> str:
    """One sentence: the ranges as they were searched, and a way out."""
    name = "pool" if sort.endswith("pool") else sort
    told = [*searched(name, ranges), *["--ceil-mode"] * ceil_mode]
    options = f"{', '.join(told[:-1])} and {told[-1]}"
    way_out = elsewhere(sort, inputs, outputs, ranges, ceil_mode)
    return f"no {NAMES[name]} makes {sides(outputs)} of {sides(inputs)} with {options}; {way_out}"


def searched(name: str, ranges: Ranges) -> Iterator[str]:
    """Every option with what was tried for it."""
    yield f"--kernel {text(ranges.kernel)}"
    yield f"--stride {text(ranges.stride)}"
    yield f"--dilation {text(ranges.dilation)}"
    rule = " (torch takes half the kernel at most)" if name == "pool" else ""
    yield f"any --padding{rule}" if ranges.padding is None else f"--padding {text(ranges.padding)}{rule}"
    if name == "conv-transpose":
        extra = ranges.output_padding
        told = "any --output-padding" if extra is None else f"--output-padding {text(extra)}"
        yield f"{told} (torch takes less than the stride or the dilation)"


def elsewhere(sort: str, inputs: tuple[int, int], outputs: tuple[int, int], ranges: Ranges, ceil_mode: bool) -> str:
    """A way out: settings that give the size, or why there may be none."""
    found = changes(sort, inputs, outputs, ranges, ceil_mode=ceil_mode)
    if found:
        *most, last = [f"--{setting.replace('_', '-')} {value}" for setting, value in found.items()]
        return f"{', '.join(most)} or {last} would do, each by itself" if most else f"{last} would do"
    for n, m in zip(inputs, outputs, strict=True):
        if sort.endswith("pool") and m > most_pooled(n):
            return f"no pool makes more than {most_pooled(n)} of {n}; use conv-transpose, or put a pad before the pool"
    if len(set(inputs)) > 1 or len(set(outputs)) > 1:
        rows, columns = (f"--input {n} --output {m}" for n, m in zip(inputs, outputs, strict=True))
        return f"both axes share their settings here; solve for each by itself, {rows} and {columns}"
    return "no other value of one option alone was found to do; change several"
