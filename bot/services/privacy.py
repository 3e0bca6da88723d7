"""What is kept about a chat, as a file that people and programs can read; and its end."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core import privacy_texts as texts
from bot.core.language import ENGLISH, Language
from bot.core.model import Button, Chat, Message
from bot.ports import Clock, Store

FILE_NAME = "mydata.json"
FORGET, KEEP = "!forget", "keep"
"""The data of the question's buttons; the first erases."""
_SECTIONS = {
    "chats": "chat",
    "subscriptions": "subscriptions",
    "progress": "read",
    "deliveries": "deliveries",
    "holds": "waits",
    "elsewhere": "set_up_in_other_chats",
    "broadcasts": "announcements",
}
_NAMES = {
    "chat_id": "chat",
    "thread_id": "topic",
    "since": "known_since",
    "next_slot": "next_digest_at",
    "paused": "not_sent_because",
    "paused_since": "not_sent_since",
    "lost": "loss_told_to_who_set_up",
    "told_end": "told_that_all_is_read",
    "resume": "resting_until",
    "seen": "first_read",
    "version": "wording",
    "broadcast_id": "announcement",
    "slot": "due",
    "updated": "last_change",
    "code": "answer_of_telegram",
    "message_id": "message",
    "not_before": "not_sent_before",
    "html": "text",
}
"""Columns whose own names say too little."""
_OWNERS = {"subscriptions": "set_up_by", "deliveries": "sent_by_process"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Privacy:
    """Tells, shows and erases; whether the asker may is the caller's to check.

    `memories` are what this process knows of chats besides the store: each is told to forget one.
    """

    store: Store
    clock: Clock
    say: Language = ENGLISH
    memories: Sequence[Callable[[int], None]] = ()

    def told(self) -> Message:
        """What is kept, for how long, and how to see and erase it."""
        return Message(texts.privacy(self.say))

    async def file(self, chat_id: int) -> bytes:
        """All that is kept about a chat, as JSON in UTF-8; moments are UTC."""
        kept = await self.store.kept(chat_id)
        about = f"All that this bot keeps about chat {chat_id}. Moments are in UTC; an empty list: nothing."
        sections = {
            name: [_readable(table, row) for row in kept.get(table, ())] for table, name in _SECTIONS.items()
        }
        document = {"about": about, "made": _value("", self.clock.now()), **sections}
        return json.dumps(document, ensure_ascii=False, indent=2).encode()

    async def question(self, chat: Chat) -> Message:
        """Whether to erase it."""
        yes, no = Button(self.say(texts.FORGET), FORGET), Button(self.say(texts.KEEP), KEEP)
        return Message(self.say(texts.FORGETTING), ((yes,), (no,)), state=await self.state(chat))

    async def state(self, chat: Chat) -> str:
        """What that question holds for: the chat as it is known now, not one that has come back since."""
        since = (await self.store.history(chat)).since
        return since.isoformat() if since else ""

    async def forget(self, chat_id: int) -> Message:
        """Erase it."""
        await self.store.forget(chat_id, self.clock.now())
        for forget in self.memories:
            forget(chat_id)
        return Message(self.say(texts.FORGOTTEN))

    def kept(self) -> Message:
        """The reader has thought better of it."""
        return Message(self.say(texts.KEPT_ALL))


def _readable(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _OWNERS.get(table, column) if column == "owner" else _NAMES.get(column, column): _value(column, value)
        for column, value in row.items()
    }


def _value(column: str, value: Any) -> Any:
    match column:
        case "days":
            return [name for number, name in enumerate(_DAYS) if value >> number & 1]
        case "themes" | "articles":
            return [name for name in value.split(",") if name]
        case "silent" | "told_end":
            return bool(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value
