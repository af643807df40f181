"""Reach: the exact set of input pixels that one output pixel reads, borders and dilation holes included.

The set is a union of products channel set × row set × column set, one per path; each set is an int
whose bits are positions. One reverse sweep over the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.indexmap import positions_of
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from pyramidcalc.passes.shapes import Resolved, Step

    Product = tuple[int, int, int]

MOST_PRODUCTS = 1024
LONGEST_AXIS = 1 << 16


class Reach(Record):
    """What one output pixel, all its channels together, reads of each input.

    `products` holds bit sets (channels, rows, columns) for each input; their union is the reach.
    `unknown` says why there is none.
    """

    node: str
    position: tuple[int, int]
    inputs: dict[str, tuple[int, ...]]
    products: dict[str, tuple[Product, ...]]
    unknown: str | None = None

    def mask(self, name: str) -> list[int]:
        """For each row of the input, the bit set of the columns that are read in any channel."""
        height = self.inputs[name][1]
        rows = [0] * height
        for _, row_set, column_set in self.products[name]:
            for row in positions_of(row_set):
                rows[row] |= column_set
        return rows

    def pixels(self, name: str) -> int:
        """Number of input pixels (row, column) that are read."""
        return sum(row.bit_count() for row in self.mask(name))

    def hull(self, name: str) -> tuple[int, int, int, int] | None:
        """(top, bottom, left, right) of what is read, all inclusive; None when nothing is."""
        rows = columns = 0
        for _, row_set, column_set in self.products[name]:
            rows |= row_set
            columns |= column_set
        if not rows:
            return None
        return lowest(rows), rows.bit_length() - 1, lowest(columns), columns.bit_length() - 1

    def coverage(self, name: str) -> float | None:
        """Pixels that are read over pixels of their hull; None when nothing is read."""
        hull = self.hull(name)
        if hull is None:
            return None
        top, bottom, left, right = hull
        return self.pixels(name) / ((bottom - top + 1) * (right - left + 1))


def lowest(bits: int) -> int:
    """The lowest position in a set that is not empty."""
    return (bits & -bits).bit_length() - 1


def reach(resolved: Resolved, node: str, row: int, column: int) -> Reach:
    """What the pixel (row, column) of a node reads of every input.

    Raises UsageError where there is no such node or pixel.
    """
    names = [step.name for step in resolved.steps]
    if node not in names:
        raise UsageError(f"no layer `{node}` to ask the reach of", hint=f"layers are {', '.join(names[:8])} …")
    steps = resolved.steps[: names.index(node) + 1]
    channels, height, width = (*steps[-1].shape, 1, 1)[:3]
    if not (0 <= row < height and 0 <= column < width):
        raise UsageError(f"`{node}` is {height}x{width} (H x W), so it has no position {row},{column}")
    longest = max(max(shape) for shape in resolved.shapes.values())
    if longest > LONGEST_AXIS:
        too_long = f"an axis of {longest} positions is over the limit of {LONGEST_AXIS}"
        return Reach(node, (row, column), resolved.inputs, {}, too_long)
    start = ((1 << channels) - 1, 1 << row, 1 << column)
    found, reason = sweep(steps, {node: [start]})
    if reason is not None:
        return Reach(node, (row, column), resolved.inputs, {}, reason)
    read = {name: tuple(found.get(name, ())) for name in resolved.inputs}
    return Reach(node, (row, column), resolved.inputs, read)


def sweep(steps: tuple[Step, ...], wanted: dict[str, list[Product]]) -> tuple[dict[str, list[Product]], str | None]:
    """Carries products from outputs to inputs; gives what is wanted of each name, or why it is unknown."""
    for step in reversed(steps):
        products = wanted.pop(step.name, None)
        if not products:
            continue
        for source, maps in step.layer.terms(*step.shapes):
            name, shape = step.inputs[source], step.shapes[source]
            height, width = shape[1:] if len(shape) == 3 else (1, 1)
            reached = wanted.setdefault(name, [])
            for channels, rows, columns in products:
                product = (
                    maps[0].gather(shape[0], channels),
                    maps[1].gather(height, rows),
                    maps[2].gather(width, columns),
                )
                if all(product):
                    absorb(reached, product)
            if len(reached) > MOST_PRODUCTS:
                return {}, f"`{name}` is read in more than {MOST_PRODUCTS} separate blocks"
    return wanted, None


def absorb(products: list[Product], new: Product) -> None:
    """Adds a product unless one contains it; drops those that it contains."""
    if any(contains(product, new) for product in products):
        return
    products[:] = [product for product in products if not contains(new, product)]
    products.append(new)


def contains(outer: Product, inner: Product) -> bool:
    """Whether every pixel of `inner` is one of `outer`."""
    return all(small & ~large == 0 for large, small in zip(outer, inner, strict=True))
