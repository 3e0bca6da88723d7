"""POST /telegram: updates as Telegram brings them. What is answered with 200 has been stored."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.ports import StoreError
from bot.web.server import Refusals

_log = structlog.get_logger(__name__)
PATH = "/telegram"
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (a header's name, core.telegram.org/bots/api#setwebhook)
_LARGEST = 2**20
"""Bytes of a body; an update has a few thousand."""
_PATIENCE = 10.0
"""Seconds for a body to come."""
_LATER = {"Retry-After": "2"}
"""Telegram waits as long as it is told (tdlib, WebhookActor.cpp)."""

Take = Callable[[list[Any]], Awaitable[object]]


class Webhook:
    """Lets Telegram alone in.

    `take` stores updates, and raises StoreError where it cannot; `received` hears of every good request. While
    `is_open` is false nothing is taken, and Telegram comes again; `refusals` counts what was sent away.
    """

    def __init__(self, secret: SecretStr, take: Take, received: Callable[[], None]) -> None:
        self.is_open = True
        self.refusals = Refusals("webhook.refused")
        self._secret = secret.get_secret_value().encode()
        self._take = take
        self._received = received
        self._coming: list[Any] = []
        self._round: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """The one route."""
        return [web.post(PATH, self._answer)]

    async def _answer(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return self._refuse(*refusal)
        if not self.is_open:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=_LATER)
        try:
            async with asyncio.timeout(_PATIENCE):
                body = await request.read()
        except web.HTTPRequestEntityTooLarge:  # it came in pieces, and did not say how many
            return self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        except TimeoutError:
            return self._refuse(HTTPStatus.REQUEST_TIMEOUT, "too slow")
        except (ConnectionError, web.RequestPayloadError):
            return self._refuse(HTTPStatus.BAD_REQUEST, "broken off")
        return await self._stored(body)

    def _refusal(self, request: web.Request) -> tuple[HTTPStatus, str] | None:
        """What the head alone decides: nothing of a stranger's body is read."""
        given = request.headers.get(_SECRET, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return HTTPStatus.FORBIDDEN, "wrong secret" if given else "no secret"
        if request.content_type != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not JSON"
        if (request.content_length or 0) > _LARGEST:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large"
        return None

    async def _stored(self, body: bytes) -> web.Response:
        """200 even for what will never be good: Telegram would bring it again for a day, and hold the chat up."""
        update = _update(body)
        if update is None:
            _log.error("webhook.malformed", bytes=len(body))
            return web.Response()
        try:
            await asyncio.shield(self._in_a_round(update))
        except StoreError as error:
            _log.error("webhook.unstored", reason=str(error))
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=_LATER)
        self._received()
        return web.Response()

    def _in_a_round(self, update: Any) -> asyncio.Task[None]:
        """Takes it with those that come until its turn: one transaction for all, so that nobody waits for many."""
        self._coming.append(update)
        if self._round is None:
            self._round = asyncio.create_task(self._take_round())
        return self._round

    async def _take_round(self) -> None:
        async with self._turn:
            updates, self._coming, self._round = self._coming, [], None
            await self._take(updates)

    def _refuse(self, status: HTTPStatus, reason: str) -> web.Response:
        """An answer without a word; the connection closes, and what else comes over it is not read."""
        self.refusals.add(reason)
        response = web.Response(status=status)
        response.force_close()
        return response


def _update(body: bytes) -> dict[str, Any] | None:
    """An update by whose number it can be known again (32 bits: tdlib, TQueue.h); None: it is none."""
    try:
        update = orjson.loads(body)
    except ValueError:
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return update if type(number) is int and 0 < number < 2**31 else None  # not isinstance: true is no number
