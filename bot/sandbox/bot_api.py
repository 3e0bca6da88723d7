"""The Bot API over HTTP: parameters in any encoding, long polling, faults, a record of the calls."""

import asyncio
import hmac
import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import hdrs, web

from bot.sandbox import rules
from bot.sandbox.clock import SandboxClock
from bot.sandbox.methods import METHODS, remember_allowed
from bot.sandbox.refusal import Json, Refusal, bad_request, conflict
from bot.sandbox.world import World

CALLS_KEPT = 1000
CALL_BYTES = 65_536
LONGEST_POLL = 50
UPDATES_AT_ONCE = 100
OFFLINE_AFTER = 5.0
"""Seconds without a poll after which the page shows that the bot is away."""
TOO_MANY_REQUESTS = 429
_UNREADABLE = (ValueError, LookupError, TypeError, RuntimeError, AssertionError)


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` matching calls. `method` "" and `chat` None match all.

    `mode` "answer" refuses; "drop_before" and "drop_after" close the connection without or with the effect;
    "delay" takes effect at once and answers after `delay` seconds, as a slow network does.
    """

    method: str
    chat: int | None
    times: int
    mode: str
    refusal: Refusal
    delay: float

    def hits(self, method: str, params: Json) -> bool:
        """Tell whether the call is one that should fail."""
        right_chat = self.chat is None or rules.string(params, "chat_id") == str(self.chat)
        return self.times > 0 and self.method in {"", method} and right_chat


class Pulse:
    """Wakes everyone who waits for the world to change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Wake all who wait now."""
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def wait(self, seconds: float) -> bool:
        """Return True at the next beat, False after seconds without one."""
        event = self._event
        try:
            async with asyncio.timeout(seconds):
                return await event.wait()
        except TimeoutError:
            return False


async def read_params(request: web.Request) -> Json:
    """Return the parameters of the query string and of a JSON, urlencoded or multipart body."""
    params: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            body = await request.read()
            more = json.loads(body) if body else {}
            if not isinstance(more, dict):
                raise bad_request("can't parse request: a JSON object is expected")
            params |= more
        else:
            form = await request.post()
            params |= {k: v if isinstance(v, str) else "<file>" for k, v in form.items()}
        # No NaN, no half surrogates, and no nesting so deep that the record of calls could not be written.
        json.dumps([[[[[params]]]]], ensure_ascii=False, allow_nan=False).encode()
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "Request Entity Too Large") from None
    except UnicodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except _UNREADABLE:
        raise bad_request("can't parse request") from None
    return params


class BotApi:
    """The calls of one bot. `closing` ends polls when the server stops."""

    def __init__(self, world: World, clock: SandboxClock, pulse: Pulse, token: str) -> None:
        self.world = world
        self.clock = clock
        self.pulse = pulse
        self.token = token
        self.calls: deque[Json] = deque(maxlen=CALLS_KEPT)
        self.faults: list[Fault] = []
        self.online = False
        self.closing = False
        self._poll = 0
        self._polling = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        loop = asyncio.get_running_loop()
        begun, method = loop.time(), request.match_info["method"]
        params: Json = {}
        fault: Fault | None = None
        try:
            self._authorise(request.match_info["token"])
            params = await read_params(request)
            fault = self._next_fault(method.lower(), params)
            if fault and fault.mode in {"answer", "drop_before"}:
                raise fault.refusal
            result = await self._dispatch(method.lower(), params)
            status, body = 200, {"ok": True, "result": result}
        except Refusal as refusal:
            status, body = refusal.status, refusal.answer()
        self._record(method, params, body, loop.time() - begun)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault and fault.mode.startswith("drop") and request.transport:
            request.transport.abort()
        headers = {}
        if status == TOO_MANY_REQUESTS and "retry_after" in body.get("parameters", {}):
            headers[hdrs.RETRY_AFTER] = str(rules.number(body["parameters"], "retry_after"))
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
        kept = params if len(json.dumps(params)) <= CALL_BYTES else {"": "too long to keep"}
        call = {"method": method, "params": kept, "status": body.get("error_code", 200)}
        call |= {
            "description": body.get("description"),
            "at": self.clock.now(),
            "ms": round(seconds * 1000, 3),
        }
        self.calls.append(call)

    async def _dispatch(self, method: str, params: Json) -> Any:
        if method == "getupdates":
            return await self._get_updates(params)
        carry_out = METHODS.get(method)
        if carry_out is None:
            raise Refusal(404, "Not Found: method not found")
        return carry_out(self.world, params, self.clock.now())

    async def _get_updates(self, params: Json) -> list[Json]:
        """Wait for updates. The older of two polls ends with a 409, as it does in Telegram."""
        self._refuse_with_webhook()
        limit = rules.number(params, "limit", UPDATES_AT_ONCE)
        limit = limit if 1 <= limit <= UPDATES_AT_ONCE else UPDATES_AT_ONCE
        timeout = min(max(rules.number(params, "timeout"), 0), LONGEST_POLL)
        remember_allowed(self.world, params)
        self._poll += 1
        mine = self._poll
        self._polling = True
        self._show_online(online=True)
        self.pulse.beat()
        try:
            return await self._wait_for_updates(mine, rules.number(params, "offset"), limit, timeout)
        finally:
            if mine == self._poll:
                self._polling = False
                asyncio.get_running_loop().call_later(OFFLINE_AFTER, self._notice_absence, mine)

    async def _wait_for_updates(self, mine: int, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            updates = self.world.pending(offset, limit)
            left = end - loop.time()
            if updates or left <= 0 or self.closing:
                return updates
            await self.pulse.wait(left)
            if mine != self._poll:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
            self._refuse_with_webhook()

    def _refuse_with_webhook(self) -> None:
        if self.world.webhook:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )

    def _notice_absence(self, mine: int) -> None:
        if mine == self._poll and not self._polling:
            self._show_online(online=False)

    def _show_online(self, *, online: bool) -> None:
        if online != self.online:
            self.online = online
            self.world.log({"type": "bot", "online": online})
