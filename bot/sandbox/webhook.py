"""Updates brought to the bot's own address instead of being fetched, as tdlib's WebhookActor.cpp does it."""

import asyncio
import ipaddress
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import hdrs

from bot.sandbox.clock import SandboxClock
from bot.sandbox.parameters import flag, number, string, structure
from bot.sandbox.refusal import Json, Refusal, bad_request
from bot.sandbox.world import World

CONNECTIONS, MOST_CONNECTIONS = 40, 100
LONGEST_URL, LONGEST_SECRET = 500, 256
SET_AGAIN = 1.0
"""Seconds between two addresses."""
PATIENCE = 60.0
"""Seconds to wait for an answer."""
NO_CONNECTION = 1.0
"""Seconds until the next try where nobody listens."""
LONGEST_BACK_OFF, LONGEST_RETRY_AFTER = 60, 3600
_Where = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Address:
    """What setWebhook says; without a URL there is no webhook."""

    url: str = ""
    secret: str = ""
    connections: int = CONNECTIONS

    @classmethod
    def of(cls, params: Json) -> "Address":
        """Raises Refusal where Telegram would; this sandbox reaches its own machine alone, there without https too."""
        url, secret = string(params, "url").strip(), string(params, "secret_token")
        if not url:
            return cls()
        try:
            parts = urlsplit(url)
            known = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            known = False
        if not known or len(url) > LONGEST_URL:
            raise bad_request("invalid webhook URL specified")
        if not _is_loopback(parts.hostname or ""):
            if parts.scheme == "http":
                raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
            raise bad_request("bad webhook: this sandbox reaches addresses of its own machine alone")
        if len(secret) > LONGEST_SECRET:
            raise bad_request("secret token is too long")
        if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
            raise bad_request("secret token contains unallowed characters")
        most = number(params, "max_connections", CONNECTIONS)
        return cls(url, secret, min(max(most, 1), MOST_CONNECTIONS))


class Webhook:
    """Brings each update to the address, in order within a chat, until it is answered with 2xx.

    `shown` hears whether the bot is there.
    """

    def __init__(self, world: World, clock: SandboxClock, shown: Callable[[bool], None]) -> None:
        self.address = Address()
        self._world = world
        self._clock = clock
        self._shown = shown
        self._error: Json = {}
        self._set_again = 0.0
        self._task: asyncio.Task[None] | None = None

    async def set(self, params: Json) -> bool:
        """Take an address (setWebhook); the same one again changes nothing. Polls end."""
        address = Address.of(params)
        now = asyncio.get_running_loop().time()
        if address.url and now < self._set_again:
            raise Refusal(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        if address.url:
            self._set_again = now + SET_AGAIN
            allowed = structure(params, "allowed_updates", list)
            if allowed is not None:
                self._world.allowed = [str(kind) for kind in allowed]
        if flag(params, "drop_pending_updates"):
            self._world.updates.clear()
        if address != self.address:
            await self.stop()
            self.address, self._error = address, {}
            if address.url:
                self._task = asyncio.create_task(self._bring_all())
            self._world.pulse.beat()
        return True

    async def delete(self, params: Json) -> bool:
        """Take the address away (deleteWebhook)."""
        return await self.set(params | {"url": ""})

    async def info(self, _params: Json) -> Json:
        """Tell what there is (getWebhookInfo)."""
        about: Json = {
            "url": self.address.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._world.updates),
        }
        if self.address.url:
            about |= {"max_connections": self.address.connections, "ip_address": "127.0.0.1"} | self._error
        return about | ({"allowed_updates": self._world.allowed} if self._world.allowed else {})

    async def stop(self) -> None:
        """Bring nothing more."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _bring_all(self) -> None:
        """A task for each chat with something new; all together open so many connections at most."""
        seen, queues = 0, dict[_Where, deque[Json]]()
        slots = asyncio.Semaphore(self.address.connections)
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with aiohttp.ClientSession(timeout=timeout) as http, asyncio.TaskGroup() as chats:
            while True:
                for update in [each for each in self._world.updates if each["update_id"] > seen]:
                    seen, where = update["update_id"], _where(update)
                    queues.setdefault(where, deque()).append(update)
                    if len(queues[where]) == 1:
                        chats.create_task(self._bring(http, slots, queues, where))
                await self._world.pulse.wait(PATIENCE)

    async def _bring(
        self,
        http: aiohttp.ClientSession,
        slots: asyncio.Semaphore,
        queues: dict[_Where, deque[Json]],
        where: _Where,
    ) -> None:
        """The updates of one chat, one after another; one that is refused holds up the others."""
        queue, fails, delay = queues[where], 0, 1
        while queue:
            if queue[0] not in self._world.updates:  # taken, or dropped
                queue.popleft()
                fails, delay = 0, 1
                continue
            async with slots:
                refused = await self._try(http, queue[0])
            if refused is None:
                self._world.updates.remove(queue[0])
                continue
            wait = min(refused, LONGEST_RETRY_AFTER)
            if not wait and fails:
                wait = delay = min(2 * delay, LONGEST_BACK_OFF)
            fails += 1
            await asyncio.sleep(wait)
        del queues[where]

    async def _try(self, http: aiohttp.ClientSession, update: Json) -> float | None:
        """None: it was taken. Seconds to wait where it was not; 0: nobody said how long."""
        secret = {"X-Telegram-Bot-Api-Secret-Token": self.address.secret} if self.address.secret else {}
        try:
            # A certificate for this machine alone is nobody's word: it is not asked for.
            async with http.post(
                self.address.url, json=update, headers=secret, allow_redirects=False, ssl=False
            ) as answer:
                if answer.status // 100 == 2:  # noqa: PLR2004  (any 2xx)
                    self._shown(True)  # noqa: FBT003  (the one thing that it is told)
                    return None
                wait = answer.headers.get(hdrs.RETRY_AFTER, "")
                reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                return self._failed(reason, float(wait) if re.fullmatch(r"[0-9]{1,9}", wait) else 0.0)
        except aiohttp.ClientConnectorError:
            return self._failed("Connection refused", NO_CONNECTION)
        except TimeoutError:
            return self._failed("Read timeout expired", 0.0)
        except (aiohttp.ClientError, ValueError):
            return self._failed("Webhook connection closed", 0.0)

    def _failed(self, why: str, wait: float) -> float:
        self._shown(False)  # noqa: FBT003
        self._error = {"last_error_date": int(self._clock.now()), "last_error_message": why}
        return wait


def _where(update: Json) -> _Where:
    """What an update must stay in order with: those of its kind in its chat, or of its person."""
    kind, body = next((kind, body) for kind, body in update.items() if kind != "update_id")
    whose: Any = body.get("chat") or body.get("from") or {}
    return kind, whose.get("id", 0)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
