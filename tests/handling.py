"""The real handlers over a real store, and a Telegram in memory: one line for each update."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from telegram.ext import ApplicationBuilder

from bot.config import Settings
from bot.core.library import Library
from bot.core.model import Chat
from bot.core.screens import At
from bot.locales import load_languages
from bot.ports import Clock, Store
from bot.services.leading import Leadership
from bot.telegram.application import App
from bot.telegram.chats import ChatHandlers
from bot.telegram.question import Question, Reception
from bot.telegram.rights import TelegramDirectory
from bot.telegram.routes import add_routes
from bot.telegram.settings import TargetOf, own_chat
from bot.wiring import Wiring, finders
from tests.backend import Backend, Call, Json, message, press
from tests.conftest import TOKEN


@dataclass
class Desk:
    """Hands updates to the handlers, and gives back the calls that each led to."""

    application: App
    reception: Reception
    telegram: Backend

    async def hand(self, **update: Any) -> list[Call]:
        """One update."""
        self.telegram.take()
        await self.telegram.receive(self.application, **update)
        return self.telegram.take()

    async def press(self, user: int, chat: int, data: str, **more: Any) -> list[Call]:
        """A press on a button that carries `data`; negative chats are groups."""
        return await self.hand(callback_query=press(place(chat), person(user), data, **more))

    async def say(self, user: int, chat: int, text: str, **more: Any) -> list[Call]:
        """A message."""
        return await self.hand(message=message(place(chat), person(user), text, **more))

    def appoint(self, user: int, chat: int, status: str) -> None:
        """Make somebody a "creator" or a "member" of a chat."""
        member = {"status": status, "user": person(user)}
        self.telegram.members[chat, user] = member | ({"is_anonymous": False} if status == "creator" else {})


def person(user: int) -> Json:
    """A user as updates carry them."""
    return {"id": user, "is_bot": False, "first_name": "x", "language_code": "en"}


def place(chat: int) -> Json:
    """A chat as updates carry it."""
    return {"id": chat, "type": "private" if chat > 0 else "supergroup", "title": "x"}


def buttons(calls: list[Call]) -> list[str]:
    """What the buttons carry that the last message in these calls has."""
    markups = [params["reply_markup"] for _, params in calls if params.get("reply_markup")]
    markup = markups[-1] if isinstance(markups[-1], dict) else json.loads(markups[-1])
    return [key["callback_data"] for row in markup["inline_keyboard"] for key in row]


def toasts(calls: list[Call]) -> list[str | None]:
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


class _Anywhere(dict[int, Json]):
    """Every chat that is asked for is there."""

    def __missing__(self, chat: int) -> Json:
        return place(chat)

    def get(self, chat: int, _default: Any = None) -> Json:
        """As `[]`."""
        return self[chat]


@asynccontextmanager
async def at_work(
    store: Store, clock: Clock, library: Library, target_of: TargetOf = own_chat
) -> AsyncIterator[Desk]:
    """The handlers as the bot registers them, with an own rule for which chats a button may be about."""
    telegram, languages = Backend(_Anywhere(), {}), load_languages()
    application: App = (
        ApplicationBuilder()
        .token(TOKEN)
        .request(telegram)
        .get_updates_request(Backend({}, {}))
        .updater(None)
        .build()
    )

    class Targeting(ChatHandlers):
        async def target_of(self, question: Question, target: str) -> tuple[Chat, At] | str:
            return await target_of(question, target)

    async with application:
        wiring = Wiring(application, store, clock, Settings(), languages, Leadership(store, "me"))
        _, informing = await wiring.telling()
        reception = wiring.receive(TOKEN, ())
        reception.take(library, {}, finders(library, languages))
        chats = Targeting(reception, informing, TelegramDirectory(application.bot))
        add_routes(application, reception, chats, in_channels=False)
        yield Desk(application, reception, telegram)
