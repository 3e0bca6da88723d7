"""The real handlers over a real store, and a Telegram that takes everything: for tests of many updates."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from telegram import Update
from telegram.ext import ApplicationBuilder
from telegram.request import BaseRequest, RequestData

from bot.config import Settings
from bot.core.library import Library
from bot.core.model import Chat
from bot.core.screens import At
from bot.locales import load_languages
from bot.ports import Clock, Store
from bot.telegram.application import App
from bot.telegram.chats import ChatHandlers
from bot.telegram.question import Question, Reception
from bot.telegram.rights import TelegramDirectory
from bot.telegram.routes import add_routes
from bot.telegram.settings import TargetOf, own_chat
from bot.wiring import Wiring, finders

TOKEN = "1000000001:test-token"
BOT = {"id": 1000000001, "is_bot": True, "first_name": "Digests", "username": "digest_bot"}
Json = dict[str, Any]


class Taking(BaseRequest):
    """Answers every call of the bot's as Telegram does when all is well, and keeps it.

    `roles` are the users' roles in all groups; a user who is not there is a member.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.roles: dict[int, str] = {}
        self._ids = itertools.count(1000)

    @property
    def read_timeout(self) -> float:
        """Seconds; nothing waits here."""
        return 1.0

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """One call."""
        name = url.rsplit("/", 1)[-1]
        params: Json = dict(request_data.parameters) if request_data else {}
        self.calls.append((name, params))
        assert method == "POST"
        return 200, json.dumps({"ok": True, "result": self._result(name, params)}).encode()

    def _result(self, name: str, params: Json) -> Any:
        match name:
            case "getMe":
                return BOT
            case "getChatMember":
                user = params["user_id"]
                person = {"id": user, "is_bot": False, "first_name": "x"}
                status = self.roles.get(user, "member")
                return {"status": status, "user": person} | (
                    {"is_anonymous": False} if status == "creator" else {}
                )
            case "sendMessage":
                chat = {"id": params["chat_id"], "type": "private"}
                return {"message_id": next(self._ids), "date": 0, "chat": chat, "text": params["text"]}
        return True


@dataclass
class Desk:
    """Hands updates to the handlers, and looks at what they did."""

    application: App
    reception: Reception
    telegram: Taking
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def hand(self, **update: Any) -> list[tuple[str, Json]]:
        """One update; the calls that it led to."""
        before = len(self.telegram.calls)
        made = Update.de_json({"update_id": next(self._ids), **update}, self.application.bot)
        await self.application.process_update(made)
        return self.telegram.calls[before:]

    async def press(self, user: int, chat: int, data: str, **message: Any) -> list[tuple[str, Json]]:
        """A press on a button that carries `data`; negative chats are groups."""
        query = {"id": "1", "from": person(user), "chat_instance": "1", "data": data}
        return await self.hand(callback_query=query | {"message": below(chat, **message)})

    async def say(self, user: int, chat: int, text: str, **message: Any) -> list[tuple[str, Json]]:
        """A message."""
        length = len(text.split(maxsplit=1)[0]) if text.startswith("/") else 0
        entities = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
        return await self.hand(
            message=below(chat, **{"from": person(user), "text": text, "entities": entities, **message})
        )


def person(user: int, language: str = "en") -> Json:
    """A user as updates carry them."""
    return {"id": user, "is_bot": False, "first_name": "x", "language_code": language}


def below(chat: int, **message: Any) -> Json:
    """A message in a chat, from the bot unless it says otherwise."""
    place = {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "x"}
    return {"message_id": 7, "date": 1, "chat": place, "from": BOT, "text": "x", **message}


def buttons(calls: list[tuple[str, Json]]) -> list[str]:
    """What the buttons carry that the last message in these calls has."""
    markups = [params["reply_markup"] for _, params in calls if params.get("reply_markup")]
    markup = markups[-1] if isinstance(markups[-1], dict) else json.loads(markups[-1])
    return [key["callback_data"] for row in markup["inline_keyboard"] for key in row]


def toasts(calls: list[tuple[str, Json]]) -> list[str | None]:
    """How presses were answered."""
    return [params.get("text") for name, params in calls if name == "answerCallbackQuery"]


class Remembering:
    """A store in front of a real one: what was read is remembered until something is written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._read: dict[tuple[str, Chat], Any] = {}

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in ("language", "subscription", "history"):
            self._read.clear()
            return real

        async def remembered(chat: Chat) -> Any:
            if (name, chat) not in self._read:
                self._read[name, chat] = await real(chat)
            return self._read[name, chat]

        return remembered


@asynccontextmanager
async def at_work(
    store: Store, clock: Clock, library: Library, target_of: TargetOf = own_chat
) -> AsyncIterator[Desk]:
    """The handlers as the bot registers them, with an own rule for which chats a button may be about."""
    telegram = Taking()
    languages = load_languages()
    application: App = (
        ApplicationBuilder()
        .token(TOKEN)
        .request(telegram)
        .get_updates_request(Taking())
        .updater(None)
        .build()
    )

    class Targeting(ChatHandlers):
        async def target_of(self, question: Question, target: str) -> tuple[Chat, At] | str:
            return await target_of(question, target)

    async with application:
        wiring = Wiring(application, store, clock, Settings(), languages)
        _, informing = await wiring.telling()
        reception = wiring.receive(TOKEN, ())
        reception.take(library, {}, await finders(library, languages))
        chats = Targeting(reception, informing, TelegramDirectory(application.bot))
        add_routes(application, reception, chats, in_channels=False)
        yield Desk(application, reception, telegram)
