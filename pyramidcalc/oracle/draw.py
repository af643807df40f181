"""Random numbers, shapes and choices, the same for a kind and seed. Needs no torch."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Shape

    Arguments = dict[str, Any]

MAX_SIZES = {1: 24, 2: 13, 3: 7}
"""Largest size of a map by its number of spatial axes, so that each of its values can be asked for."""


class Draw(Random):
    """One stream of random numbers for each kind and seed; `rank` is the number of spatial axes."""

    def __init__(self, kind: str, seed: int, rank: int = 2) -> None:
        super().__init__(f"{kind} {seed}")
        self.rank = rank

    def one_of(self, *choices: Any) -> Any:
        """One of some values."""
        return self.choice(choices)

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random() < share

    def flag(self) -> bool:
        """True or False."""
        return self.chance(0.5)

    def different(self, least: int, most: int) -> tuple[int, ...]:
        """One number an axis, all different as far as there are enough."""
        numbers = range(least, most + 1)
        enough = len(numbers) >= self.rank
        return tuple(self.sample(numbers, self.rank) if enough else self.choices(numbers, k=self.rank))

    def per_axis(self, least: int, most: int) -> int | tuple[int, ...]:
        """Mostly one number an axis, now and then one for all, rarely one in a tuple, which torch mostly takes too."""
        if self.chance(0.25):
            return self.randint(least, most)
        return (self.randint(least, most),) if self.chance(0.04) else self.different(least, most)

    def shape(self, ranks: tuple[int, ...]) -> Shape:
        """A map of `rank` axes whose sizes differ, now and then of one position; or a vector, where that is taken."""
        if 0 in ranks and (len(ranks) == 1 or self.chance(0.2)):
            return (self.randint(1, 40),)
        sizes = (1,) * self.rank if self.chance(0.05) else self.different(self.one_of(1, 3), MAX_SIZES[self.rank])
        return self.randint(1, 9), *sizes

    def divisor(self, number: int) -> int:
        """Mostly 1, else any other number that divides."""
        divisor: int = self.one_of(1, *[each for each in range(1, number + 1) if number % each == 0])
        return divisor
