"""Random numbers as layers want them. Needs no torch."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Draw:
    """One stream of random numbers for each kind and seed."""

    def __init__(self, kind: str, seed: int) -> None:
        self.rng = Random(f"{kind} {seed}")

    def integer(self, least: int, most: int) -> int:
        """From `least` to `most`, both included."""
        return self.rng.randint(least, most)

    def one_of(self, *choices: Any) -> Any:
        """One of some values."""
        return self.rng.choice(choices)

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.rng.random() < share

    def pair(self, least: int, most: int) -> int | tuple[int, int]:
        """Mostly two different numbers, now and then one for both axes."""
        if most == least or self.chance(0.25):
            return self.integer(least, most)
        one, other = self.rng.sample(range(least, most + 1), 2)
        return one, other

    def spelt(self, least: int, most: int) -> Any:
        """A pair, now and then as one number in a tuple, which torch takes in most places."""
        return (self.integer(least, most),) if self.chance(0.03) else self.pair(least, most)

    def shape(self, channels: int, least: int = 1, most: int = 13) -> tuple[int, ...]:
        """A map whose height and width differ."""
        height, width = self.rng.sample(range(least, most + 1), 2)
        return channels, height, width

    def anything(self) -> tuple[int, ...]:
        """A map, now and then a vector."""
        return self.shape(self.integer(1, 6)) if self.chance(0.8) else (self.integer(1, 40),)
