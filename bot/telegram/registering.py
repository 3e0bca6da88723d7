"""The webhook as Telegram knows it: set at the start, looked at by the clock, taken away by a bot that polls."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from telegram import Bot, WebhookInfo
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.ports import Clock, StartError
from bot.telegram.application import ALLOWED_UPDATES

_log = structlog.get_logger(__name__)
_CONNECTIONS = 40
"""Telegram's default. It opens them as they are needed, and brings one update over each at a time."""
_TRIES = 3
_RECENT = dt.timedelta(minutes=5)
"""Telegram tries again after two minutes at most (tdlib, WebhookActor.cpp): an older error is over."""

_Answer = TypeVar("_Answer")


def _nothing() -> None:
    """What happens by default."""


class Registration:
    """One address for all updates of a bot.

    `received` hears that the address is ours and Telegram reaches it, as on a quiet night no update says so;
    `conflict` hears that it is somebody else's. Ours is then not set again: two installations would take the updates
    from each other for ever, and each would look well.
    """

    def __init__(
        self,
        bot: Bot,
        url: str,
        secret: SecretStr,
        clock: Clock,
        *,
        received: Callable[[], None],
        conflict: Callable[[], None] = _nothing,
    ) -> None:
        self._bot = bot
        self._url = url
        self._secret = secret
        self._clock = clock
        self._received = received
        self._conflict = conflict
        self._told: dt.datetime | None = None
        self._ours = True

    async def begin(self) -> None:
        """Set the address; what waits is kept. Raises StartError with what to do where Telegram does not take it."""
        before = await _asked(self._bot.get_webhook_info, self._url)
        await _asked(self._set, self._url)  # always: only Telegram knows which secret it has
        if _figures(before) != (self._url, _CONNECTIONS, set(ALLOWED_UPDATES)):
            _log.info("webhook.set", host=_host(self._url), before=_host(before.url) or "polling")
        self._told = before.last_error_date if before.url == self._url else None
        self._received()

    async def tick(self) -> None:
        """See that the address is still ours, and that Telegram can reach it."""
        try:
            info = await self._bot.get_webhook_info()
        except TelegramError as error:
            _log.warning("webhook.unchecked", reason=str(error))
            return
        ours = info.url == self._url
        if not ours and self._ours:
            _log.error(
                "webhook.conflict",
                host=_host(info.url) or "none",
                hint="another process receives with the same token: stop one of the two, then start the other again",
            )
        self._ours = ours
        if not ours:
            self._conflict()
        elif not self._failing(info):
            self._received()

    def _failing(self, info: WebhookInfo) -> bool:
        """Whether updates wait because Telegram cannot bring them. Each new error is told once."""
        if info.last_error_date is None:
            return False
        if info.last_error_date != self._told:
            self._told = info.last_error_date
            _log.warning("webhook.failing", reason=info.last_error_message, waiting=info.pending_update_count)
        return info.pending_update_count > 0 and self._clock.now() - info.last_error_date < _RECENT

    async def _set(self) -> bool:
        return await self._bot.set_webhook(
            self._url,
            secret_token=self._secret.get_secret_value(),
            allowed_updates=ALLOWED_UPDATES,
            max_connections=_CONNECTIONS,
        )


async def unregister(bot: Bot) -> None:
    """Take away what an earlier configuration set: beside a webhook nobody can poll. What waits is kept.

    Raises:
        StartError: Telegram cannot be asked.
    """
    info = await _asked(bot.get_webhook_info, "")
    if info.url:
        await _asked(bot.delete_webhook, "")
        _log.warning("webhook.removed", host=_host(info.url), waiting=info.pending_update_count)


async def _asked(call: Callable[[], Awaitable[_Answer]], url: str) -> _Answer:
    """The answer, after a wait or two where Telegram wants them."""
    attempt = 1
    while True:
        try:
            return await call()
        except BadRequest as error:
            raise StartError(
                f"Telegram does not take the webhook {url} (“{error}”): check telegram.webhook_url. It needs https on "
                "port 443, 80, 88 or 8443, and a name that everybody can look up"
            ) from error
        except (RetryAfter, NetworkError) as error:
            if attempt == _TRIES:
                raise StartError(
                    f"Telegram does not answer ({error}): check the network, then start again"
                ) from error
        except TelegramError as error:
            raise StartError(f"Telegram answered “{error}”: check the token and telegram.api_url") from error
        await asyncio.sleep(attempt)
        attempt += 1


def _figures(info: WebhookInfo) -> tuple[Any, ...]:
    return info.url, info.max_connections, set(info.allowed_updates)


def _host(url: str) -> str:
    """All that the log tells of an address: a path may be somebody's secret."""
    return urlsplit(url).netloc.rpartition("@")[2]
