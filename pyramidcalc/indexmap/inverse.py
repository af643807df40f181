"""Size formulas turned round: the paddings with which n inputs make m outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramidcalc.indexmap.windows import Window


def window_paddings(unpadded: Window, n: int, m: int) -> range:
    """Every padding, of both ends alike, with which a window makes m of n; in ceil_mode a few others stand between.

    ⌊(n + 2p − span)/s⌋ + 1 is m, or m − 1 where ceil_mode adds a window: one at most, as a pool's padding is at most
    half its kernel.
    """
    missing = unpadded.span - n
    twice_least = (m - 1 - unpadded.ceil_mode) * unpadded.s + missing
    return range(max(-(-twice_least // 2), 0), (m * unpadded.s - 1 + missing) // 2 + 1)


def transposed_paddings(surplus: int, output_paddings: range) -> range:
    """Every padding that leaves none of a surplus of outputs, with one of some output paddings: 2p − surplus.

    A padding takes two outputs of a transposed window away, an output padding puts one back.
    """
    if not output_paddings:
        return range(0)
    return range(max(-(-(surplus + output_paddings[0]) // 2), 0), (surplus + output_paddings[-1]) // 2 + 1)
