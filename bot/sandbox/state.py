"""The state of the sandbox: chats, updates for the bot, and a log of events for the page.

A state machine without a clock and without I/O: `now` (seconds since 1970) comes in, refusals go out.
"""

import asyncio
import re
from collections import Counter, deque
from typing import Any

from bot.sandbox.chats import ADMINISTRATORS, BOT_ID, CHANNEL, FORUM, GROUP, PEOPLE, Chat, Message, Topic
from bot.sandbox.files import Files
from bot.sandbox.refusal import Json, bad_request, forbidden

MESSAGES_KEPT = 1000
EVENTS_KEPT = 2000
UPDATES_KEPT = 2000
QUERIES_KEPT = 200
TEXTS_KEPT = 400
Audience = tuple[str, str]
"""Whom a text or a list of commands is for: what and who, then the language or ""."""
_ON_REQUEST = ("chat_member",)
"""Kinds of updates that come only to a bot that asks for them by name."""


def keep(kept: dict[Any, Any], name: Any, value: Any, most: int) -> None:
    """Put a value in; of too many, the oldest goes."""
    kept[name] = value
    if len(kept) > most:
        del kept[next(iter(kept))]


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


class State:
    """Everything that the sandbox knows. `pulse` beats after every event and every new update.

    `born` (seconds since 1970) begins the numbers of updates and events, so that neither the bot nor the page
    takes those of a new start for those that it has seen.
    """

    def __init__(self, born: float = 0.0) -> None:
        self.users: dict[int, Json] = {
            id_: {"id": id_, "is_bot": False, "first_name": name, "language_code": language}
            for id_, (name, language) in PEOPLE.items()
        }
        self.chats = {chat.id: chat for chat in self._first_chats()}
        self.crowd: dict[int, Counter[str]] = {}  # by chat: how often each first line came
        self.crowd_copies = 0
        self.pulse = Pulse()
        self.updates: deque[Json] = deque(maxlen=UPDATES_KEPT)
        self.last_update = int(born)
        self.allowed: list[str] = []
        self.answers: dict[str, Json | None] = {}  # by query, callback or inline; None until the bot answers
        self.asked: dict[str, tuple[int, str]] = {}  # by inline query: who asked, and what
        self.last_query = int(born) * 1000
        self.commands: dict[Audience, list[Json]] = {}
        self.texts: dict[Audience, str] = {}  # the bot's name and descriptions
        self.files = Files()
        self.events: deque[tuple[int, Json]] = deque(maxlen=EVENTS_KEPT)
        self.version = int(born) * 1000
        for name in ("Water", "Technology"):
            self.open_topic(self.chats[FORUM], self.users[501], name, born)

    def _first_chats(self) -> list[Chat]:
        aigerim, daniel, *others = self.users
        others_too = dict.fromkeys([*others, BOT_ID], "member")
        group = {aigerim: "creator", daniel: "member"} | others_too
        channel = {aigerim: "administrator", BOT_ID: "administrator", daniel: "member"}
        forum = {aigerim: "creator", daniel: "administrator"} | others_too
        names = {user: body["first_name"] for user, body in self.users.items()}
        return [
            *(Chat(user, "private", name, {user: "member"}, started=False) for user, name in names.items()),
            Chat(GROUP, "supergroup", "Reading circle", group),
            Chat(CHANNEL, "channel", "Digests", others_too | channel, username="digests_channel"),
            Chat(FORUM, "supergroup", "Forum", forum, topics={0: Topic("General")}),
        ]

    # Events and updates

    def log(self, event: Json) -> None:
        """Add an event for the page."""
        self.version += 1
        self.events.append((self.version, event))
        self.pulse.beat()

    def since(self, version: int) -> list[tuple[int, Json]] | None:
        """Return the events after a version; None when some are forgotten, or the version is unknown."""
        oldest = self.version - len(self.events)
        return [e for e in self.events if e[0] > version] if oldest <= version <= self.version else None

    def update(self, kind: str, body: Json) -> None:
        """Queue an update for the bot, unless it asked not to get this kind."""
        if kind in self.allowed or (not self.allowed and kind not in _ON_REQUEST):
            self.last_update += 1
            self.updates.append({"update_id": self.last_update, kind: body})
            self.pulse.beat()

    def pending(self, offset: int, limit: int) -> list[Json]:
        """Forget the updates before offset and return the next ones."""
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        return list(self.updates)[:limit]

    def ask_bot(self, kind: str, body: Json) -> str:
        """Queue a query that the bot is to answer; return its id."""
        self.last_query += 1
        query = str(self.last_query)
        keep(self.answers, query, None, QUERIES_KEPT)
        self.update(kind, {"id": query} | body)
        return query

    def answer(self, query: str, answer: Json) -> None:
        """Take the bot's answer. Raises Refusal for one that nobody waits for."""
        if query not in self.answers or self.answers[query] is not None:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.answers[query] = answer
        self.pulse.beat()

    def forget(self, query: str) -> None:
        """Refuse an answer from now on, where none has come."""
        if self.answers.get(query) is None:
            self.answers.pop(query, None)

    # Chats and messages

    def chat(self, reference: str) -> Chat:
        """Return the chat of a `chat_id`, or of a channel's @username. Raises Refusal where Telegram would."""
        if not reference:
            raise bad_request("chat_id is empty")
        id_ = int(reference) if re.fullmatch(r"-?[0-9]{1,18}", reference) else 0
        if (copies := self.crowd.get(id_)) is not None:
            return Chat(id_, "private", "Reader", {id_: "member"}, last_id=copies.total())
        name = reference[1:].lower() if reference.startswith("@") else None
        named = (chat for chat in self.chats.values() if name and chat.username.lower() == name)
        chat = self.chats.get(id_) or next(named, None)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def present(self, reference: str) -> Chat:
        """Return a chat in which the bot is."""
        chat = self.chat(reference)
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.type != "private" and not chat.has(BOT_ID):
            kicked = chat.has(BOT_ID, ("kicked",))
            raise forbidden(
                f"bot {'was kicked from' if kicked else 'is not a member of'} the {chat.type} chat"
            )
        return chat

    def reachable(self, reference: str) -> Chat:
        """Return a chat to which the bot may write."""
        chat = self.present(reference)
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        silent = BOT_ID in chat.silenced
        if chat.type == "channel" and (silent or not chat.has(BOT_ID, ADMINISTRATORS)):
            raise bad_request("need administrator rights in the channel chat")
        if silent:
            raise bad_request("not enough rights to send text messages to the chat")
        return chat

    def post(self, message: Message) -> Message:
        """Store a message under the chat's next id, and tell the page; a crowd's messages are only counted."""
        chat = message.chat
        chat.last_id = message.id = chat.last_id + 1
        if (copies := self.crowd.get(chat.id)) is not None:
            copies[message.text.partition("\n")[0]] += 1
            self.crowd_copies += 1
            return message
        keep(chat.messages, message.id, message, MESSAGES_KEPT)
        self.log({"type": "message", "message": message.for_page()})
        return message

    def open_topic(self, chat: Chat, author: Json, name: str, now: float) -> Message:
        """Open a topic with the message that says so; its id is the topic's."""
        created = {"forum_topic_created": {"name": name, "icon_color": 0x6FB9F0}}
        message = self.post(Message(0, chat, author, int(now), thread=chat.last_id + 1, content=created))
        chat.topics[message.id] = Topic(name)
        self.log({"type": "chat", "chat": chat.for_page()})
        return message
