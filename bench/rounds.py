"""Rounds and what they say: medians, ranges, ratios within a round, and goals."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.contestants.work import Figures

Round = Mapping[str, Figures]
"""What each contestant, by name, did in one round."""


def order(names: Sequence[str], number: int) -> list[str]:
    """Who goes when in a round: every other one begins from the other end, so that nobody is always the first."""
    return list(names if number % 2 == 0 else reversed(names))


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """The spread of at least one value."""
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1])


def figure(rounds: Sequence[Round], name: str, what: str) -> Spread:
    """What a contestant did."""
    return Spread.of(each[name][what] for each in rounds)


def ratio(rounds: Sequence[Round], one: str, other: str, what: str = "rate") -> Spread:
    """How many times as much one did as the other; each round by itself, as the machine changes between rounds."""
    return Spread.of(each[one][what] / each[other][what] for each in rounds)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is promised. `at_least`: more is better, else less is. `shown` writes a value with its unit."""

    what: str
    bound: float
    measured: Spread
    at_least: bool = True
    shown: Callable[[float], str] = "{:.2f}×".format

    @property
    def met(self) -> bool:
        """Whether the median keeps the promise."""
        return self._within(self.bound)

    @property
    def alarming(self) -> bool:
        """Whether it is missed by more than half: that is no noise."""
        return not self._within(self.bound / 2 if self.at_least else self.bound * 2)

    def _within(self, bound: float) -> bool:
        return self.measured.median >= bound if self.at_least else self.measured.median <= bound
