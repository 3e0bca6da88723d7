"""The page's side: state, events, the clock, and faults for tests. What a person does is in person_api."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from bot.sandbox.bot_api import BotApi, Fault
from bot.sandbox.chats import BOT, PEOPLE
from bot.sandbox.clock import SandboxClock
from bot.sandbox.delivery import DeliveryWatch
from bot.sandbox.parameters import field, read_params
from bot.sandbox.person_api import Action, PersonApi
from bot.sandbox.profile import EVERYONE
from bot.sandbox.refusal import Json, Refusal
from bot.sandbox.world import World

HEARTBEAT_SECONDS = 15.0
AFTER_DELIVERY = 0.5
"""Seconds past a delivery's moment at which a jump ends, so that it is due beyond doubt."""
CATCH_UP_SECONDS = 4.0
ASK_AGAIN_SECONDS = 0.1
LONGEST_DELAY = 60.0
MOST_FAULTS = 1_000
MOST_TIMES = 1_000_000
LARGEST_CROWD = 1_000_000
_MODES = ("answer", "drop_before", "drop_after", "delay")


class PageApi:
    """Everything below /api/. Refusals become `{"error": text}`."""

    def __init__(self, world: World, clock: SandboxClock, bot_api: BotApi, status_url: str | None) -> None:
        self.world = world
        self.clock = clock
        self.bot_api = bot_api
        self.people = PersonApi(world, clock, bot_api)
        self.delivery = DeliveryWatch(status_url, self._log_clock)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page API."""
        actions = {
            **self.people.actions(),
            "clock": self._move_clock,
            "faults": self._add_fault,
            "crowd": self._gather,
        }
        return [
            web.get("/api/state", self._state),
            web.get("/api/events", self._events),
            web.get("/api/calls", self._calls),
            web.delete("/api/calls", self._clear_calls),
            web.delete("/api/faults", self._clear_faults),
            web.get("/api/crowd", self._crowd),
            web.get("/api/copies", self._copies),
            *self.people.routes(),
            *(web.post(f"/api/{name}", _as_handler(action)) for name, action in actions.items()),
        ]

    async def _state(self, _request: web.Request) -> web.Response:
        chats = self.world.chats.values()
        return web.json_response(
            {
                "bot": BOT,
                "users": list(self.world.users.values()),
                "chats": [chat.for_page() for chat in chats],
                "commands": self.world.commands.get(EVERYONE, []),
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
                if not events and not await self.world.pulse.wait(HEARTBEAT_SECONDS):
                    await response.write(heartbeat)
        except ConnectionError:
            pass  # the page was closed
        return response

    async def _calls(self, _request: web.Request) -> web.Response:
        return web.json_response(list(self.bot_api.calls))

    async def _clear_calls(self, _request: web.Request) -> web.Response:
        self.bot_api.calls.clear()
        return web.json_response({})

    async def _move_clock(self, body: Json) -> Json:
        self.clock.advance(await self._seconds_ahead(body))
        self._log_clock()
        return {"clock": self._clock()}

    async def _seconds_ahead(self, body: Json) -> float:
        if "advance" in body:
            return float(field(body, "advance", int, float))
        if body.get("to") == "next":
            return await self._next_delivery() + AFTER_DELIVERY - self.clock.now()
        if "to" in body:
            return float(field(body, "to", int, float)) - self.clock.now()
        if field(body, "offset", int, float) != 0:
            raise Refusal(400, "The offset can only be set to 0, which is real time.")
        self.clock.reset()
        return 0.0

    async def _next_delivery(self) -> float:
        """Wait for a delivery that lies ahead: the bot may have just been told to, or still be sending the last.

        Every answer is compared with the clock as it is then, so that of two presses at once each moves it.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + CATCH_UP_SECONDS
        while True:
            following = await self.delivery.ask()
            if following is not None and following > self.clock.now():
                return following
            if self.delivery.url is None or self.bot_api.closing or loop.time() >= until:
                break
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        if following is None:
            raise Refusal(409, "No delivery is planned: subscribe first, for example with /subscribe")
        raise Refusal(409, "The bot has not sent the last digest yet: try again in a moment")

    async def _add_fault(self, body: Json) -> Json:
        mode, delay = (
            field(body, "mode", str, default="answer"),
            field(body, "delay", int, float, default=0),
        )
        times, status = field(body, "times", int, default=1), field(body, "status", int, default=500)
        if mode not in _MODES or not 1 <= times <= MOST_TIMES or not 0 <= delay <= LONGEST_DELAY:
            raise Refusal(400, f"mode is one of {', '.join(_MODES)}; times 1-{MOST_TIMES}; delay 0-60 s.")
        if not 400 <= status <= 599:  # noqa: PLR2004 (the error statuses of HTTP)
            raise Refusal(400, "status must be from 400 to 599.")
        description = field(body, "description", str, default=f"Fault {status}")
        refusal = Refusal(status, description, field(body, "parameters", dict, default=None))
        method, chat = field(body, "method", str, default=""), field(body, "chat", int, default=None)
        fault = Fault(method.lower(), chat, times, mode, refusal, delay, *_which(body))
        self.bot_api.faults = [*self.bot_api.faults, fault][-MOST_FAULTS:]
        return {}

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self.bot_api.faults = []
        return web.json_response({})

    async def _gather(self, body: Json) -> Json:
        """Let in private chats for load: they have pressed start, and what they get is counted and not kept."""
        first, count = field(body, "first", int), field(body, "count", int)
        if first <= max(PEOPLE) or not 1 <= count <= LARGEST_CROWD - len(self.world.crowd):
            raise Refusal(400, f"first is above {max(PEOPLE)}; a crowd holds 1 to {LARGEST_CROWD} chats.")
        self.world.crowd |= {id_: Counter() for id_ in range(first, first + count)}
        return {}

    async def _crowd(self, _request: web.Request) -> web.Response:
        return web.json_response({"count": len(self.world.crowd), "copies": self.world.crowd_copies})

    async def _copies(self, _request: web.Request) -> web.Response:
        return web.json_response(self.world.crowd)


def _which(body: Json) -> tuple[tuple[int, int] | None, str, float, random.Random]:
    """Which calls a fault hits: rest of the chat's id, part of the text, share, dice."""
    share = field(body, "share", int, float, default=1)
    if not 0 <= share <= 1:
        raise Refusal(400, "share must be from 0 to 1.")
    match field(body, "chat_modulo", list, default=None):
        case None:
            modulo = None
        case [int(divisor), int(rest)] if divisor > 0:
            modulo = divisor, rest
        case _:
            raise Refusal(400, "chat_modulo is two whole numbers, [divisor, rest].")
    dice = random.Random(field(body, "seed", int, default=0))  # noqa: S311 (no secret: repeatable)
    return modulo, field(body, "text", str, default=""), share, dice


def _as_handler(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(await action(await read_params(request)))

    return handler
