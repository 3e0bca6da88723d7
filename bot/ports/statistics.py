"""What operators may count."""

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

from bot.core.statistics import Statistics, Volume


class Figures(Protocol):
    """Counts. Any method may raise StoreError."""

    async def statistics(self, now: dt.datetime) -> tuple[Statistics, Mapping[str, int]]:
        """The figures as they stand at `now`, but for the themes; and how often each digest was read, in 30 days."""
        ...

    async def volume(self) -> Volume:
        """How much work there is; with a million digests due it takes a third of a second."""
        ...
