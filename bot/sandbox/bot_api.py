"""The Bot API over HTTP: long polling, faults on demand, a record of the calls."""

import asyncio
import hmac
import json
import random
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import hdrs, web

from bot.sandbox.clock import SandboxClock
from bot.sandbox.methods import METHODS
from bot.sandbox.parameters import number, read_params, string, structure
from bot.sandbox.refusal import Json, Refusal
from bot.sandbox.webhook import Webhook
from bot.sandbox.world import World

CALLS_KEPT = 1000
CALL_BYTES = 65_536
LONGEST_POLL = 50
UPDATES_AT_ONCE = 100
OFFLINE_AFTER = 5.0
"""Seconds without a poll after which the page shows that the bot is away."""


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` matching calls. `method` "", `chat` None and `text` "" match all.

    `modulo` (n, r) matches chats whose id leaves r when divided by n; `text` is a part of the message's. Of the
    matching calls only a `share` (0 to 1) is hit, chosen by the `dice`.

    `mode` "answer" refuses; "drop_before" and "drop_after" close the connection without or with the effect;
    "delay" takes effect at once and answers after `delay` seconds, as a slow network does.
    """

    method: str
    chat: int | None
    times: int
    mode: str
    refusal: Refusal
    delay: float
    modulo: tuple[int, int] | None = None
    text: str = ""
    share: float = 1.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 (no secret: repeatable)

    def hits(self, method: str, params: Json) -> bool:
        """Tell whether the call is one that should fail."""
        chat = number(params, "chat_id")
        return (
            self.method in {"", method}
            and self.chat in {None, chat}
            and (self.modulo is None or chat % self.modulo[0] == self.modulo[1])
            and self.text in string(params, "text")
            and self.dice.random() < self.share
        )


class BotApi:
    """The calls of one bot. `closing` ends polls when the server stops."""

    def __init__(self, world: World, clock: SandboxClock, token: str) -> None:
        self.world = world
        self.clock = clock
        self.token = token
        self.calls: deque[Json] = deque(maxlen=CALLS_KEPT)
        self.faults: list[Fault] = []
        self.online = False
        self.closing = False
        self.webhook = Webhook(world, clock, lambda there: self._show_online(online=there))
        self._poll = 0
        self._absence: asyncio.TimerHandle | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        loop = asyncio.get_running_loop()
        begun, method = loop.time(), request.match_info["method"]
        params: Json = {}
        fault: Fault | None = None
        try:
            self._authorise(request.match_info["token"])
            params = await read_params(request, self.world.files.add)
            fault = self._next_fault(method.lower(), params)
            if fault and fault.mode in {"answer", "drop_before"}:
                raise fault.refusal
            result = await self._carry_out(method.lower(), params)
            status, body = 200, {"ok": True, "result": result}
        except Refusal as refusal:
            status, body = refusal.status, refusal.answer()
        self._record(method, params, body, loop.time() - begun)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.mode.startswith("drop") and request.transport:
            request.transport.abort()
        wait = number(body.get("parameters", {}), "retry_after")
        headers = {hdrs.RETRY_AFTER: str(wait)} if wait else {}
        return web.json_response(body, status=status, headers=headers)

    def _authorise(self, token: str) -> None:
        if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", token):
            raise Refusal(404, "Not Found")
        if not hmac.compare_digest(token, self.token):
            raise Refusal(401, "Unauthorized")

    def _next_fault(self, method: str, params: Json) -> Fault | None:
        fault = next((f for f in self.faults if f.hits(method, params)), None)
        if fault:
            fault.times -= 1
            self.faults = [f for f in self.faults if f.times > 0]
        return fault

    def _record(self, method: str, params: Json, body: Json, seconds: float) -> None:
        call = {
            "method": method,
            "params": params if len(json.dumps(params)) <= CALL_BYTES else {"": "too long to keep"},
            "status": body.get("error_code", 200),
            "description": body.get("description"),
            "at": self.clock.now(),
            "ms": round(seconds * 1000, 3),
        }
        self.calls.append(call)

    async def _carry_out(self, method: str, params: Json) -> Any:
        waiting = {
            "getupdates": self._get_updates,
            "setwebhook": self.webhook.set,
            "deletewebhook": self.webhook.delete,
            "getwebhookinfo": self.webhook.info,
        }
        if method in waiting:
            return await waiting[method](params)
        if method not in METHODS:
            raise Refusal(404, "Not Found: method not found")
        return METHODS[method](self.world, params, self.clock.now())

    async def _get_updates(self, params: Json) -> list[Json]:
        """Wait for updates. The older of two polls ends with a 409, as it does in Telegram."""
        if self.webhook.address.url:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        allowed = structure(params, "allowed_updates", list)
        if allowed is not None:
            self.world.allowed = [str(kind) for kind in allowed]  # an empty list means all
        self._poll += 1
        mine = self._poll
        if self._absence:
            self._absence.cancel()
        self._show_online(online=True)
        self.world.pulse.beat()
        try:
            return await self._wait_for_updates(mine, params)
        finally:
            if mine == self._poll:
                loop = asyncio.get_running_loop()
                self._absence = loop.call_later(OFFLINE_AFTER, lambda: self._show_online(online=False))

    async def _wait_for_updates(self, mine: int, params: Json) -> list[Json]:
        loop = asyncio.get_running_loop()
        limit = min(max(number(params, "limit", UPDATES_AT_ONCE), 1), UPDATES_AT_ONCE)
        end = loop.time() + min(number(params, "timeout"), LONGEST_POLL)
        while True:
            updates = self.world.pending(number(params, "offset"), limit)
            left = end - loop.time()
            if updates or left <= 0 or self.closing:
                return updates
            await self.world.pulse.wait(left)
            if self.webhook.address.url:
                raise Refusal(409, "Conflict: terminated by setWebhook request")
            if mine != self._poll:
                raise Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; "
                    "make sure that only one bot instance is running",
                )

    def _show_online(self, *, online: bool) -> None:
        if online != self.online:
            self.online = online
            self.world.log({"type": "bot", "online": online})
