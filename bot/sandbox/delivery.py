"""When the bot will deliver next: asked of its status page, for the page's clock."""

import asyncio
import datetime as dt
from collections.abc import Callable

from aiohttp import ClientError, ClientSession, ClientTimeout

CACHED_SECONDS = 1.0
WATCH_SECONDS = 2.0
_TIMEOUT = ClientTimeout(total=2)


class DeliveryWatch:
    """Reads `next_delivery` (ISO 8601, UTC) from the bot's `/healthz`: `seconds` since 1970, or None."""

    def __init__(self, url: str | None, changed: Callable[[], None]) -> None:
        self.url = url
        self.seconds: float | None = None
        self._changed = changed
        self._asked = float("-inf")
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask every two seconds, and tell of changes."""
        if self.url:
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop asking."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def forget(self) -> None:
        """Ask again at the next occasion: the clock has moved."""
        self._asked = float("-inf")

    async def refresh(self) -> float | None:
        """Return the next delivery, as the bot reported it within the last second."""
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if self.url and now - self._asked >= CACHED_SECONDS:
                self.seconds = await self._ask(self.url)
                self._asked = now
        return self.seconds

    async def _ask(self, url: str) -> float | None:
        try:
            async with ClientSession(timeout=_TIMEOUT) as session, session.get(url) as answer:
                body = await answer.json(content_type=None)
                moment = dt.datetime.fromisoformat(body["next_delivery"])
        except (ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError):
            return None  # the bot is away, or plans nothing
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()

    async def _watch(self) -> None:
        while True:
            before = self.seconds
            if await self.refresh() != before:
                self._changed()
            await asyncio.sleep(WATCH_SECONDS)
