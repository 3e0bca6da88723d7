"""The page's side: state, events, what a person does, the clock, and faults for tests."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

from bot.sandbox.bot_api import BotApi, Fault, Pulse, read_params
from bot.sandbox.clock import ClockError, SandboxClock
from bot.sandbox.delivery import DeliveryWatch
from bot.sandbox.methods import shown_commands
from bot.sandbox.refusal import Json, Refusal
from bot.sandbox.rules import TEXT_LENGTH
from bot.sandbox.world import BOT, USERS, Query, World

ANSWER_SECONDS = 15.0
HEARTBEAT_SECONDS = 15.0
AFTER_DELIVERY = 0.5
LONGEST_DELAY = 60.0
LARGEST = 2**53
MOST_FAULTS = 1_000
_MODES = frozenset({"answer", "drop_before", "drop_after", "delay"})
_REQUIRED: Any = object()

Action = Callable[[Json], Awaitable[Json]]


def _field(body: Json, name: str, kinds: tuple[type, ...], default: Any = _REQUIRED) -> Any:
    value = body.get(name)
    if value is None and default is not _REQUIRED:
        return default
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise Refusal(400, f'Field "{name}" is missing or of the wrong type.')
    if isinstance(value, int | float) and not abs(value) <= LARGEST:
        raise Refusal(400, f'Field "{name}" is too large.')
    return value


class PageApi:
    """Everything below /api/. Refusals become `{"error": text}`."""

    def __init__(
        self, world: World, clock: SandboxClock, pulse: Pulse, bot_api: BotApi, status_url: str | None
    ) -> None:
        self.world = world
        self.clock = clock
        self.pulse = pulse
        self.bot_api = bot_api
        self.delivery = DeliveryWatch(status_url, self._log_clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page API."""
        actions = {
            "send": self._send,
            "press": self._press,
            "start": self._start,
            "block": self._block,
            "clock": self._move_clock,
            "faults": self._add_fault,
        }
        return [
            web.get("/api/state", self._state),
            web.get("/api/events", self._events),
            web.get("/api/calls", self._calls),
            web.delete("/api/calls", self._clear_calls),
            *(web.post(f"/api/{name}", _as_handler(action)) for name, action in actions.items()),
        ]

    async def _state(self, _request: web.Request) -> web.Response:
        await self.delivery.refresh()
        chats = self.world.chats.values()
        return web.json_response(
            {
                "bot": BOT,
                "users": list(USERS.values()),
                "chats": [chat.for_page() for chat in chats],
                "commands": shown_commands(self.world),
                "clock": self._clock(),
                "messages": {str(c.id): [m.for_page() for m in c.messages.values()] for c in chats},
                "bot_online": self.bot_api.online,
                "version": self.world.version,
            }
        )

    def _clock(self) -> Json:
        return {"now": self.clock.now(), "offset": self.clock.offset, "next": self.delivery.seconds}

    def _log_clock(self) -> None:
        self.world.log({"type": "clock", "clock": self._clock()})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Stream the events since a version; a comment every 15 s shows that the stream lives."""
        since = request.headers.get("Last-Event-ID") or request.query.get("since", "")
        version = int(since) if re.fullmatch(r"[0-9]{1,15}", since) else self.world.version
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream"})
        await response.prepare(request)
        heartbeat = b": the stream is open\n\n"
        try:
            await response.write(heartbeat)
            while not self.bot_api.closing:
                events = self.world.since(version)
                if events is None:
                    events = [(self.world.version, {"type": "reset"})]
                for number, event in events:
                    version = number
                    await response.write(f"id: {number}\ndata: {json.dumps(event)}\n\n".encode())
                if not events and not await self.pulse.wait(HEARTBEAT_SECONDS):
                    await response.write(heartbeat)
        except ConnectionError:
            pass  # the page was closed
        return response

    async def _calls(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.bot_api.calls))

    async def _clear_calls(self, _request: web.Request) -> web.Response:
        self.bot_api.calls.clear()
        return web.json_response({})

    async def _send(self, body: Json) -> Json:
        text = _field(body, "text", (str,))
        if len(text) > TEXT_LENGTH:
            raise Refusal(400, f"A message holds at most {TEXT_LENGTH} characters.")
        chat = self.world.member(_field(body, "user", (int,)), _field(body, "chat", (int,)))
        reply_to = _field(body, "reply_to", (int,), None)
        return {"message": self.world.say(body["user"], chat, text, self.clock.now(), reply_to).for_page()}

    async def _start(self, body: Json) -> Json:
        """Press START: opens the chat, unblocks the bot, and sends /start with the link's payload."""
        user, payload = _field(body, "user", (int,)), _field(body, "payload", (str,), "")
        chat = self.world.member(user, _field(body, "chat", (int,)))
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise Refusal(400, "A payload holds at most 64 of A-Z a-z 0-9 _ and -.")
        if chat.type == "private":
            self.world.block(user, self.clock.now(), blocked=False)
        command = "/start" if chat.type == "private" else f"/start@{BOT['username']}"
        return {"message": self.world.say(user, chat, f"{command} {payload}", self.clock.now()).for_page()}

    async def _press(self, body: Json) -> Json:
        user, data = _field(body, "user", (int,)), _field(body, "data", (str,))
        chat = self.world.member(user, _field(body, "chat", (int,)))
        message = chat.messages.get(_field(body, "message_id", (int,)))
        if message is None:
            raise Refusal(404, "This message is gone.")
        query = self.world.press(user, message, data)
        loop = asyncio.get_running_loop()
        loop.call_later(ANSWER_SECONDS, self.world.queries.pop, query.id, None)
        return await self._answer(query, loop.time() + ANSWER_SECONDS)

    async def _answer(self, query: Query, until: float) -> Json:
        loop = asyncio.get_running_loop()
        while query.answer is None:
            left = until - loop.time()
            if left <= 0 or self.bot_api.closing:
                raise Refusal(504, "The bot did not answer in time.")
            await self.pulse.wait(left)
        return query.answer

    async def _block(self, body: Json) -> Json:
        user, blocked = _field(body, "user", (int,)), _field(body, "blocked", (bool,))
        self.world.block(user, self.clock.now(), blocked=blocked)
        return {}

    async def _move_clock(self, body: Json) -> Json:
        try:
            self.clock.advance(await self._seconds_ahead(body))
        except ClockError as error:
            raise Refusal(400, str(error)) from None
        self.delivery.forget()
        self._log_clock()
        return {"clock": self._clock()}

    async def _seconds_ahead(self, body: Json) -> float:
        if "advance" in body:
            return float(_field(body, "advance", (int, float)))
        if "to" in body and body["to"] != "next":
            return float(_field(body, "to", (int, float))) - self.clock.now()
        if "to" in body:
            following = await self.delivery.refresh()
            if following is None:
                raise Refusal(409, "No delivery is planned: subscribe first, for example with /subscribe")
            return max(following + AFTER_DELIVERY - self.clock.now(), 0.0)
        if _field(body, "offset", (int, float)) != 0:
            raise Refusal(400, "The offset can only be set to 0, which is real time.")
        self.clock.reset()
        return 0.0

    async def _add_fault(self, body: Json) -> Json:
        mode = _field(body, "mode", (str,), "answer")
        times = _field(body, "times", (int,), 1)
        delay = float(_field(body, "delay", (int, float), 0))
        if mode not in _MODES or not 1 <= times <= MOST_FAULTS or not 0 <= delay <= LONGEST_DELAY:
            raise Refusal(
                400, "mode is answer, drop_before, drop_after or delay; times 1-1000; delay 0-60 s."
            )
        status = _field(body, "status", (int,), 500)
        if not 400 <= status <= 599:  # noqa: PLR2004 (the error statuses of HTTP)
            raise Refusal(400, "status must be from 400 to 599.")
        description = _field(body, "description", (str,), f"Fault {status}")
        refusal = Refusal(status, description, _field(body, "parameters", (dict,), None))
        method = _field(body, "method", (str,), "").lower()
        fault = Fault(method, _field(body, "chat", (int,), None), times, mode, refusal, delay)
        self.bot_api.faults = [*self.bot_api.faults, fault][-MOST_FAULTS:]
        return {}


def _as_handler(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(await action(await read_params(request)))

    return handler
