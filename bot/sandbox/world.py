"""The state of the sandbox: people, chats, messages, updates for the bot, and a log of events for the page.

A state machine without a clock and without I/O: `now` (seconds since 1970) comes in, refusals go out.
"""

import asyncio
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.refusal import Json, Refusal, bad_request, forbidden
from bot.sandbox.text import finish, is_empty

MESSAGES_KEPT = 1000
EVENTS_KEPT = 2000
UPDATES_KEPT = 2000
QUERIES_KEPT = 200
COMMAND_LISTS_KEPT = 200
BOT: Json = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
BOT_ID: int = BOT["id"]
USERS: dict[int, Json] = {
    501: {"id": 501, "is_bot": False, "first_name": "Aigerim", "language_code": "en"},
    502: {"id": 502, "is_bot": False, "first_name": "Daniel", "language_code": "en"},
}
GROUP = -1_001_000_000_001
CHANNEL = -1_001_000_000_002
_TO_THE_BOT = re.compile(
    rf"(?<![\w/@<>])/[A-Za-z0-9_]+(?:@{BOT['username']})?(?![\w@/<>])|(?<![\w@])@{BOT['username']}(?!\w)",
    re.IGNORECASE,
)
EVERYONE = '{"type": "default"}'
"""The audience of a bot's usual list of commands: a scope as JSON text, followed by the language if there is one."""


def _forget_oldest(kept: dict[Any, Any], most: int) -> None:
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


@dataclass(slots=True)
class Message:
    """A message as stored. The `id` is given by World.post; `sender` is a user or the bot, in a channel too."""

    id: int
    chat: "Chat"
    sender: int
    date: int
    text: str
    entities: list[Json]
    markup: Json | None = None
    reply_to: int | None = None
    edit_date: int | None = None

    def for_page(self) -> Json:
        """Return the message as the page reads it."""
        return {
            "message_id": self.id,
            "chat": self.chat.id,
            "from": None if self.chat.type == "channel" else self.sender,
            "date": self.date,
            "edit_date": self.edit_date,
            "text": self.text,
            "entities": self.entities,
            "reply_markup": self.markup,
            "reply_to": self.reply_to,
        }

    def for_bot(self, *, with_reply: bool = True) -> Json:
        """Return the message as a Bot API object."""
        chat = self.chat.for_bot()
        body: Json = {"message_id": self.id, "date": self.date, "chat": chat, "text": self.text}
        if self.chat.type == "channel":
            body["sender_chat"] = chat
        else:
            body["from"] = BOT if self.sender == BOT_ID else USERS[self.sender]
        extra = {"edit_date": self.edit_date, "entities": self.entities, "reply_markup": self.markup}
        body |= {name: value for name, value in extra.items() if value}
        if with_reply and (replied := self.chat.messages.get(self.reply_to or 0)):
            body["reply_to_message"] = replied.for_bot(with_reply=False)
        return body


@dataclass(slots=True)
class Chat:
    """A chat with its last messages. A private chat is `started` once its user wrote first."""

    id: int
    type: str
    title: str
    members: dict[int, str]
    started: bool = True
    blocked: bool = False
    last_id: int = 0
    messages: dict[int, Message] = field(default_factory=dict)

    def for_page(self) -> Json:
        """Return the chat as the page reads it."""
        return {
            "id": self.id,
            "type": self.type,
            "title": BOT["first_name"] if self.type == "private" else self.title,
            "members": [{"user": user, "status": status} for user, status in self.members.items()],
            "blocked": self.blocked,
        }

    def for_bot(self) -> Json:
        """Return the chat as a Bot API object."""
        name = "first_name" if self.type == "private" else "title"
        return {"id": self.id, "type": self.type, name: self.title}


class World:
    """Everything that the sandbox knows. `pulse` beats after every event and every new update.

    `born` (seconds since 1970) begins the numbers of updates and events, so that neither the bot nor the page
    takes those of a new start for those that it has seen.
    """

    def __init__(self, born: float = 0.0) -> None:
        group = {501: "creator", 502: "member", BOT_ID: "member"}
        channel = {501: "administrator", BOT_ID: "administrator", 502: "member"}
        chats = [
            *(
                Chat(user, "private", USERS[user]["first_name"], {user: "member"}, started=False)
                for user in USERS
            ),
            Chat(GROUP, "supergroup", "Reading circle", group),
            Chat(CHANNEL, "channel", "Digests", channel),
        ]
        self.chats = {chat.id: chat for chat in chats}
        self.crowd: dict[int, Counter[str]] = {}  # by chat: how often each first line came
        self.crowd_copies = 0
        self.pulse = Pulse()
        self.updates: deque[Json] = deque(maxlen=UPDATES_KEPT)
        self.last_update = int(born)
        self.allowed: list[str] = []
        self.answers: dict[str, Json | None] = {}  # by callback query; None until the bot answers
        self.last_query = int(born) * 1000
        self.commands: dict[str, list[Json]] = {}
        self.events: deque[tuple[int, Json]] = deque(maxlen=EVENTS_KEPT)
        self.version = int(born) * 1000

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
        if not self.allowed or kind in self.allowed:
            self.last_update += 1
            self.updates.append({"update_id": self.last_update, kind: body})
            self.pulse.beat()

    def pending(self, offset: int, limit: int) -> list[Json]:
        """Forget the updates before offset and return the next ones."""
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        return list(self.updates)[:limit]

    # What the bot does

    def chat(self, reference: str) -> Chat:
        """Return the chat of a `chat_id`. Raises Refusal where Telegram would."""
        if not reference:
            raise bad_request("chat_id is empty")
        id_ = int(reference) if re.fullmatch(r"-?[0-9]{1,18}", reference) else 0
        if (copies := self.crowd.get(id_)) is not None:
            return Chat(id_, "private", "Reader", {id_: "member"}, last_id=copies.total())
        chat = self.chats.get(id_)
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def reachable(self, reference: str) -> Chat:
        """Return a chat to which the bot may write."""
        chat = self.chat(reference)
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        if not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def post(self, message: Message) -> Message:
        """Store a message under the chat's next id, and tell the page; a crowd's messages are only counted."""
        chat = message.chat
        chat.last_id = message.id = chat.last_id + 1
        if (copies := self.crowd.get(chat.id)) is not None:
            copies[message.text.partition("\n")[0]] += 1
            self.crowd_copies += 1
            return message
        chat.messages[message.id] = message
        _forget_oldest(chat.messages, MESSAGES_KEPT)
        self.log({"type": "message", "message": message.for_page()})
        return message

    def set_commands(self, audience: str, commands: list[Json]) -> None:
        """Replace a list of commands; the page shows the one for everyone."""
        before = self.commands.pop(audience, [])
        if commands:
            self.commands[audience] = commands
            _forget_oldest(self.commands, COMMAND_LISTS_KEPT)
        if audience == EVERYONE and commands != before:
            self.log({"type": "commands", "commands": commands})

    # What people do

    def member(self, user: int, chat_id: int) -> Chat:
        """Return a chat of which the user is a member. Raises Refusal with words for the page."""
        chat = self.chats.get(chat_id)
        if user not in USERS or chat is None or user not in chat.members:
            raise Refusal(404, "There is no such chat for this user.")
        return chat

    def say(self, user: int, chat: Chat, text: str, now: float, reply_to: int | None = None) -> Message:
        """Post a person's message, and pass it to the bot where the bot would see it."""
        if chat.blocked:
            raise Refusal(409, "You blocked this bot. Unblock it to write.")
        if chat.type == "channel" and chat.members[user] == "member":
            raise Refusal(403, "Only administrators post in this channel.")
        text, entities = finish(text, [])
        if is_empty(text):
            raise Refusal(400, "Write some text first.")
        chat.started = True
        message = self.post(Message(0, chat, user, int(now), text, entities, reply_to=reply_to))
        # Privacy mode in groups: commands, mentions of the bot and replies to it, and nothing else.
        replied = chat.messages.get(reply_to or 0)
        to_the_bot = _TO_THE_BOT.search(text) or (replied and replied.sender == BOT_ID)
        if chat.type != "supergroup" or to_the_bot:
            self.update("channel_post" if chat.type == "channel" else "message", message.for_bot())
        return message

    def press(self, user: int, chat: Chat, message_id: int, data: str) -> str:
        """Press a callback button; return the query's id. Raises Refusal when the message no longer has it."""
        message = chat.messages.get(message_id)
        rows = ((message and message.markup) or {}).get("inline_keyboard", [])
        if message is None or not any(button.get("callback_data") == data for row in rows for button in row):
            raise Refusal(404, "This button is gone: the message has changed.")
        if chat.blocked:
            raise Refusal(409, "You blocked this bot. Unblock it to press its buttons.")
        self.last_query += 1
        query = str(self.last_query)
        self.answers[query] = None
        _forget_oldest(self.answers, QUERIES_KEPT)
        body = {"id": query, "from": USERS[user], "message": message.for_bot(), "data": data}
        self.update("callback_query", body | {"chat_instance": str(chat.id)})
        return query

    def block(self, user: int, now: float, *, blocked: bool) -> None:
        """Block or unblock the bot in the user's private chat; a change is a my_chat_member update."""
        chat = self.member(user, user)
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        member: Json = {"status": "member", "user": BOT}
        kicked: Json = {"status": "kicked", "user": BOT, "until_date": 0}
        before, after = (member, kicked) if blocked else (kicked, member)
        body = {"chat": chat.for_bot(), "from": USERS[user], "date": int(now)}
        self.log({"type": "chat", "chat": chat.for_page()})
        self.update("my_chat_member", body | {"old_chat_member": before, "new_chat_member": after})
