"""Size formulas turned round: the paddings with which n inputs make m outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.indexmap.windows import max_output_padding

if TYPE_CHECKING:
    from pyramidcalc.indexmap.windows import TransposedWindow, Window


def window_paddings(unpadded: Window, n: int, m: int) -> range:
    """Every padding, of both ends alike, with which a window makes m ≥ 1 of n."""
    s, span = unpadded.s, unpadded.span
    least, most = (m - 1) * s, m * s - 1
    if not unpadded.ceil_mode:
        # least ≤ n + 2p − span ≤ most.
        first, last = half_up(least - n + span), (most - n + span) // 2
    else:
        # least ≤ min(n + p − 1, n + 2p − 1 + s − span) ≤ most: neither is too small, and not both are too large.
        first = max(least - n + 1, half_up(least - n + 1 - s + span))
        last = max(most - n + 1, (most - n + 1 - s + span) // 2)
    return range(max(first, 0), last + 1)


def transposed_paddings(unpadded: TransposedWindow, n: int, m: int) -> tuple[range, int]:
    """Every padding with which a transposed window makes m of n, and the surplus that it has without any.

    A padding takes two outputs of the surplus away, an output padding puts one back: `output_paddings`.
    """
    surplus = unpadded.size(n) - m
    most = max_output_padding(unpadded.s, unpadded.d)
    return range(max(half_up(surplus), 0), (surplus + most) // 2 + 1), surplus


def output_paddings(paddings: range, surplus: int) -> range:
    """The output padding that goes with each padding: what the padding takes away beyond the surplus."""
    return range(2 * paddings.start - surplus, 2 * paddings.stop - surplus, 2 * paddings.step)


def padding_beside(output_padding: int, surplus: int) -> int:
    """The padding that goes with an output padding."""
    return (output_padding + surplus) // 2


def most_pooled(n: int) -> int:
    """The most outputs that any pool makes of n: n + 1, with an even kernel, half of it as padding and stride 1.

    Padding is at most half the kernel, so that ⌊n/s⌋ + 1 windows fit; ceil_mode adds one at most, and none at s = 1.
    """
    return n + 1


def half_up(number: int) -> int:
    """⌈number/2⌉."""
    return -(-number // 2)
