"""When the bot will deliver next: asked of its status page, for the page's clock."""

import asyncio
import datetime as dt
from collections.abc import Callable

from aiohttp import ClientError, ClientSession, ClientTimeout

WATCH_SECONDS = 0.5
_TIMEOUT = ClientTimeout(total=2)


class DeliveryWatch:
    """Reads `next_delivery` (ISO 8601 with an offset) from the bot's `/healthz`, twice a second.

    Attributes:
        url: The status page; None where there is none to ask.
        seconds: The last answer, since 1970; None: the bot is away, or plans nothing.
    """

    def __init__(self, url: str | None, changed: Callable[[], None]) -> None:
        self.url = url
        self.seconds: float | None = None
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask, and tell of changes."""
        if self.url:
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop asking."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self) -> float | None:
        """Return the answer of this moment, as `seconds` does."""
        if self.url is None:
            return None
        before = self.seconds
        try:
            async with ClientSession(timeout=_TIMEOUT) as session, session.get(self.url) as answer:
                body = await answer.json(content_type=None)
                self.seconds = dt.datetime.fromisoformat(body["next_delivery"]).timestamp()
        except (ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError):
            self.seconds = None
        if self.seconds != before:
            self._changed()
        return self.seconds

    async def _watch(self) -> None:
        while True:
            await self.ask()
            await asyncio.sleep(WATCH_SECONDS)
