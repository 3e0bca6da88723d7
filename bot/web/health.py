"""/healthz: does the bot receive and send? 200 or 503, with reasons as JSON."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.ports import Clock, Store, StoreError

_POLL_SILENCE = 120.0
"""Seconds without a good getUpdates after which nothing is being received."""
_OVERDUE = dt.timedelta(minutes=10)


@dataclass(slots=True)
class Health:
    """What the health check knows. Ages are taken from the monotonic clock: the wall clock may jump."""

    store: Store
    clock: Clock
    _last_poll: float | None = field(default=None)
    halted: Callable[[], str | None] = lambda: None

    def polled(self) -> None:
        """A getUpdates was answered."""
        self._last_poll = time.monotonic()

    async def report(self) -> dict[str, object]:
        """`status` (`ok` or `failing`), `reasons` in words, and `next_delivery` (ISO 8601 in UTC or null)."""
        reasons: list[str] = []
        silence = None if self._last_poll is None else time.monotonic() - self._last_poll
        if silence is None:
            reasons.append("no answer from Telegram to getUpdates yet")
        elif silence > _POLL_SILENCE:
            reasons.append(f"no answer from Telegram to getUpdates for {silence:.0f} s")
        if cause := self.halted():
            reasons.append(f"sending has stopped ({cause}): see the log")
        upcoming = None
        try:
            outlook = await self.store.outlook()
        except StoreError as error:
            reasons.append(str(error))
        else:
            upcoming = min((at for at in (outlook.next_slot, outlook.oldest_due) if at), default=None)
            late = self.clock.now() - outlook.oldest_due if outlook.oldest_due else dt.timedelta()
            if late > _OVERDUE:
                reasons.append(f"the oldest unsent digest is {late.total_seconds():.0f} s late")
        return {
            "status": "failing" if reasons else "ok",
            "reasons": reasons,
            "last_poll_seconds": None if silence is None else round(silence, 1),
            "next_delivery": upcoming.isoformat() if upcoming else None,
        }

    def routes(self) -> list[web.RouteDef]:
        """What a container's health check and an operator ask."""
        return [web.get("/healthz", self._healthz)]

    async def _healthz(self, _request: web.Request) -> web.Response:
        report = await self.report()
        return web.json_response(report, status=503 if report["reasons"] else 200)
