"""What a person does on the page, as JSON over HTTP: one action each, below /api/."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from bot.sandbox import profile
from bot.sandbox.bot_api import BotApi
from bot.sandbox.chats import BOT, BOT_ID, PRESENT, Chat, Message
from bot.sandbox.clock import SandboxClock
from bot.sandbox.parameters import field, number
from bot.sandbox.refusal import Json, Refusal
from bot.sandbox.rules import TEXT_LENGTH
from bot.sandbox.world import RoleChange, World

ANSWER_SECONDS = 15.0
QUERY_LENGTH = 256

Action = Callable[[Json], Awaitable[Json]]


class PersonApi:
    """The actions of people. Refusals become `{"error": text}`."""

    def __init__(self, world: World, clock: SandboxClock, bot_api: BotApi) -> None:
        self.world = world
        self.clock = clock
        self.bot_api = bot_api

    def actions(self) -> dict[str, Action]:
        """Return the actions by name: each is a POST of JSON."""
        return {
            "send": self._send,
            "press": self._press,
            "start": self._start,
            "block": self._block,
            "language": self._language,
            "topic": self._topic,
            "role": self._role,
            "chat": self._chat,
            "inline": self._inline,
            "choose": self._choose,
            "location": self._location,
            "share": self._share,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return what is only read."""
        return [web.get("/api/menu", self._menu), web.get("/api/files/{id}", self._file)]

    def _user_and_chat(self, body: Json) -> tuple[int, Chat]:
        user = field(body, "user", int)
        return user, self.world.member(user, field(body, "chat", int))

    def _draft(self, body: Json) -> Message:
        """Return an empty message of the person in the chat and topic that the body names."""
        user, chat = self._user_and_chat(body)
        thread = field(body, "thread", int, default=None) or None
        return Message(0, chat, self.world.users[user], int(self.clock.now()), thread=thread)

    async def _send(self, body: Json) -> Json:
        text, reply_to = field(body, "text", str), field(body, "reply_to", int, default=None)
        if len(text) > TEXT_LENGTH:
            raise Refusal(400, f"A message holds at most {TEXT_LENGTH} characters.")
        user, chat = self._user_and_chat(body)
        thread = field(body, "thread", int, default=None) or None
        return {"message": self.world.say(user, chat, text, self.clock.now(), reply_to, thread).for_page()}

    async def _start(self, body: Json) -> Json:
        """Press START: unblocks the bot in the private chat, and sends /start with the link's payload there.

        With a group, as a `?startgroup=` link: the bot is added to it first, and the command names the bot.
        """
        user, payload = field(body, "user", int), field(body, "payload", str, default="")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise Refusal(400, "A payload holds at most 64 of A-Z a-z 0-9 _ and -.")
        chat, now, name = self.world.member(user, field(body, "chat", int)), self.clock.now(), ""
        if chat.type == "private":
            self.world.block(user, now, blocked=False)
        else:
            name = f"@{BOT['username']}"
            if not chat.has(BOT_ID):
                self.world.change_role(self.world.users[user], chat, BOT_ID, RoleChange("member"), now)
        return {"message": self.world.say(user, chat, f"/start{name} {payload}", now).for_page()}

    async def _press(self, body: Json) -> Json:
        data, message_id = field(body, "data", str), field(body, "message_id", int)
        user, chat = self._user_and_chat(body)
        return await self._answer_to(self.world.press(user, chat, message_id, data))

    async def _answer_to(self, query: str) -> Json:
        """Wait for the bot's answer to a query."""
        loop = asyncio.get_running_loop()
        until = loop.time() + ANSWER_SECONDS
        loop.call_later(ANSWER_SECONDS, self.world.forget, query)
        while (answer := self.world.answers.get(query)) is None:
            left = until - loop.time()
            if left <= 0 or self.bot_api.closing:
                raise Refusal(504, "The bot did not answer in time.")
            await self.world.pulse.wait(left)
        return answer

    async def _block(self, body: Json) -> Json:
        user, blocked = field(body, "user", int), field(body, "blocked", bool)
        self.world.block(user, self.clock.now(), blocked=blocked)
        return {}

    async def _language(self, body: Json) -> Json:
        """Change the language of a person's app, which their next updates carry."""
        user, language = field(body, "user", int), field(body, "language", str)
        if user not in self.world.users or not re.fullmatch(r"(?:[a-z]{2,3}(?:-[A-Za-z]{2,4})?)?", language):
            raise Refusal(400, "A language is a code such as en, ru, kk or pt-br, or nothing.")
        changed = self.world.users[user] | {"language_code": language}
        if not language:
            del changed["language_code"]
        self.world.users[user] = changed
        self.world.log({"type": "users", "users": list(self.world.users.values())})
        return {}

    async def _topic(self, body: Json) -> Json:
        user, chat = self._user_and_chat(body)
        if "name" in body:
            return {"thread": self.world.new_topic(user, chat, field(body, "name", str), self.clock.now())}
        thread, closed = field(body, "thread", int, default=None), field(body, "closed", bool)
        self.world.close_topic(user, chat, thread, self.clock.now(), closed=closed)
        return {}

    async def _role(self, body: Json) -> Json:
        user, chat = field(body, "user", int), self.world.chats.get(field(body, "chat", int))
        if user not in self.world.users or chat is None:
            raise Refusal(404, "There is no such chat for this user.")
        kinds: Json = {"status": str, "can_post": bool, "anonymous": bool}
        change = RoleChange(**{name: field(body, name, kind, default=None) for name, kind in kinds.items()})
        by, member = self.world.users[user], field(body, "member", int)
        self.world.change_role(by, chat, member, change, self.clock.now())
        return {}

    async def _chat(self, body: Json) -> Json:
        user, kind = field(body, "user", int), field(body, "type", str)
        self.world.member(user, user)
        bot = field(body, "bot", str, default="administrator" if kind == "channel" else "member")
        if bot not in {"left", *PRESENT[1:]}:
            raise Refusal(400, "The bot is added as administrator or member, or left out.")
        title, forum = field(body, "title", str), field(body, "forum", bool, default=False)
        chat = self.world.new_chat(user, kind, title, self.clock.now(), forum=forum, bot=bot)
        return {"chat": chat.id}

    async def _inline(self, body: Json) -> Json:
        """Ask the bot for inline results, and wait for them."""
        query, offset = field(body, "query", str), field(body, "offset", str, default="")
        user, chat = self._user_and_chat(body)
        id_ = self.world.ask_inline(user, chat, query.strip()[:QUERY_LENGTH], offset)
        answer = await self._answer_to(id_)
        results = [{name: one[name] for name in ("id", "title", "description")} for one in answer["results"]]
        return answer | {"query_id": id_, "results": results}

    async def _choose(self, body: Json) -> Json:
        query, result = field(body, "query_id", str), field(body, "result", str)
        return {"message": self.world.choose(self._draft(body), query, result).for_page()}

    async def _location(self, body: Json) -> Json:
        """Share a place."""
        place = {name: float(field(body, name, int, float)) for name in ("latitude", "longitude")}
        if abs(place["latitude"]) > 90 or abs(place["longitude"]) > 180:  # noqa: PLR2004 (degrees)
            raise Refusal(400, "Latitude is from -90 to 90, longitude from -180 to 180.")
        draft = self._draft(body)
        draft.content = {"location": place}
        return {"message": self.world.write(draft).for_page()}

    async def _share(self, body: Json) -> Json:
        """Answer a button that asks for a chat; without `chosen`, tell which chats fit."""
        draft, wanted = self._draft(body), field(body, "request_id", int)
        markups = [message.markup for message in draft.chat.messages.values() if message.markup]
        rows: list[list[Json]] = next(
            (markup["keyboard"] for markup in reversed(markups) if "keyboard" in markup), []
        )
        keys = [key for row in rows for key in row]
        requests = [key["request_chat"] for key in keys if "request_chat" in key]
        request = next((one for one in requests if one["request_id"] == wanted), None)
        if request is None:
            raise Refusal(404, "No button here asks for that.")
        chosen = field(body, "chosen", int, default=None)
        if chosen is None:
            return {"chats": [chat.id for chat in self.world.fitting(draft.author["id"], request)]}
        chat = self.world.member(draft.author["id"], chosen)
        return {"message": self.world.share(draft, request, chat).for_page()}

    async def _menu(self, request: web.Request) -> web.Response:
        """Tell the commands and the description that a person sees in a chat."""
        user, chat = number(dict(request.query), "user"), number(dict(request.query), "chat")
        return web.json_response(profile.menu(self.world, user, self.world.member(user, chat)))

    async def _file(self, request: web.Request) -> web.Response:
        file = self.world.files.get(request.match_info["id"])
        if file is None:
            raise Refusal(404, "This file is no longer kept.")
        name = re.sub(r"[^\w.-]+", "_", file.name, flags=re.ASCII) or "file"
        kind, media_type = (
            ("inline", "image/png") if file.size else ("attachment", "application/octet-stream")
        )
        headers = {hdrs.CONTENT_DISPOSITION: f'{kind}; filename="{name}"'}
        return web.Response(body=file.data, content_type=media_type, headers=headers)
