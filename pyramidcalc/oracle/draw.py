"""One stream of random numbers a configuration. Needs no torch."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Shape

MAX_SIZES = {1: 24, 2: 13, 3: 7}
"""Largest size of a map by its number of spatial axes, so that each of its values can be asked for."""


class Draw:
    """One stream of random numbers for each kind and seed; `rank` is the number of spatial axes."""

    def __init__(self, kind: str, seed: int, rank: int = 2) -> None:
        self.rng = Random(f"{kind} {seed}")
        self.rank = rank

    def integer(self, least: int, most: int) -> int:
        """From `least` to `most`, both included."""
        return self.rng.randint(least, most)

    def one_of(self, *choices: Any) -> Any:
        """One of some values."""
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rng.random() < share

    def different(self, least: int, most: int) -> tuple[int, ...]:
        """One number an axis, all different as far as there are enough."""
        numbers = range(least, most + 1)
        enough = len(numbers) >= self.rank
        return tuple(self.rng.sample(numbers, self.rank) if enough else self.rng.choices(numbers, k=self.rank))

    def per_axis(self, least: int, most: int) -> int | tuple[int, ...]:
        """Mostly one number an axis, now and then one for all, rarely one in a tuple, which torch mostly takes too."""
        if self.chance(0.25):
            return self.integer(least, most)
        return (self.integer(least, most),) if self.chance(0.04) else self.different(least, most)

    def shape(self, ranks: tuple[int, ...]) -> Shape:
        """A map of `rank` axes whose sizes differ, now and then of one position; or a vector, where that is taken."""
        if 0 in ranks and self.chance(0.2):
            return (self.integer(1, 40),)
        sizes = (1,) * self.rank if self.chance(0.05) else self.different(self.one_of(1, 3), MAX_SIZES[self.rank])
        return self.integer(1, 9), *sizes

    def divisor(self, number: int) -> int:
        """Mostly 1, else any other number that divides."""
        divisors = [each for each in range(1, number + 1) if number % each == 0]
        divisor: int = self.one_of(1, *divisors)
        return divisor
