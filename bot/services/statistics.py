"""What an operator asks: how many read, what, when, and whether it arrives."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from bot.core.library import Library
from bot.core.statistics import Statistics
from bot.ports import Clock, Store

_FRESH = dt.timedelta(minutes=1)
"""How long the figures are told again without counting: a million subscriptions take a while."""


@dataclass(slots=True)
class Counting:
    """Counts for operators, in their `zone`; `library` gives the one that is read now."""

    store: Store
    clock: Clock
    zone: str
    library: Callable[[], Library]
    _last: Statistics | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def figures(self) -> Statistics:
        """As they stand, or stood within the last minute."""
        async with self._one_at_a_time:
            now = self.clock.now().astimezone(ZoneInfo(self.zone))
            if self._last is None or not dt.timedelta() <= now - self._last.now < _FRESH:
                counted, read = await self.store.statistics(now)
                themes: Counter[str] = Counter()
                library = self.library()
                for digest, number in read.items():
                    if found := library.digest(digest):  # what is no longer here has no theme
                        themes[found[0].name] += number
                self._last = replace(counted, themes=tuple(themes.most_common()))
            return self._last
