"""One of the bot's processes leads: it does what must be done once, and all of them send and answer."""

import asyncio
import datetime as dt
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.ports.leases import Leases

_log = structlog.get_logger(__name__)
LEASE = dt.timedelta(seconds=30)
"""After so long without a word a process counts as dead, and others take over what it had."""
_BEAT = dt.timedelta(seconds=1)
"""Between two words: who is killed is missed soon, and who comes anew is soon known."""
_SILENCE = 3
"""After so many words that did not come a process has no part in the budget, by its own clock and the others'."""


@dataclass(slots=True)
class Leadership:
    """What this process, `owner`, knows of its own leases, by its monotonic clock, which begins before the database's.

    So it stops sooner than others take over. `told` hears at each renewal how many processes share the budget: those
    that were heard of lately, for a process that was killed, or sleeps, must not cost the others their speed.
    """

    store: Leases
    owner: str
    length: dt.timedelta = LEASE
    told: Callable[[int], None] = lambda _: None
    monotonic: Callable[[], float] = time.monotonic
    _alive_from: float = math.inf
    _alive_until: float = -math.inf
    _leads_until: float = -math.inf
    _led: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def every(self) -> float:
        """Seconds between two renewals."""
        return min(_BEAT, self.length / _SILENCE).total_seconds()

    @property
    def alive(self) -> bool:
        """Whether this process has its part of the budget; if not, it must begin nothing new."""
        return not self.store.shared or self._alive_from <= self.monotonic() < self._alive_until

    @property
    def leads(self) -> bool:
        """Whether this process is the one that does what must be done once."""
        return not self.store.shared or self.monotonic() < self._leads_until

    async def wait(self) -> None:
        """Return when this process leads."""
        while not self.leads:
            self._led.clear()
            await self._led.wait()

    async def tick(self) -> None:
        """Renew the leases. Raises StoreError; those at hand then run out in their time."""
        led, now, silence = self.leads, self.monotonic(), _SILENCE * self.every
        replicas = await self.store.renew(self.owner, self.length, dt.timedelta(seconds=silence))
        if now >= self._alive_until:
            # A newcomer lets the others learn of it first, so that all together keep to the rate: by then each of
            # them has asked anew, or has no part any more.
            self._alive_from = now + (silence if replicas > 1 else 0)
        self._alive_until = now + silence
        self.told(replicas)
        if await self.store.lead(self.owner, self.length):
            self._leads_until = now + self.length.total_seconds()
            self._led.set()
        else:
            self._leads_until = -math.inf
        if led != self.leads:
            _log.info("replica.leads" if self.leads else "replica.follows", replicas=replicas)

    async def let_go(self) -> None:
        """Begin nothing new, and let others take over at once."""
        self._alive_until = self._leads_until = -math.inf
        await self.store.let_go(self.owner)

    def only(self, tick: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        """A tick that does its work while this process leads."""

        async def led() -> Any:
            return await tick() if self.leads else None

        return led
