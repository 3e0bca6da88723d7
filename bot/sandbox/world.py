"""The state of the sandbox: people, chats, messages, updates for the bot, and a log of events for the page.

A state machine without a clock and without I/O: `now` (seconds since 1970) comes in, refusals go out.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.sandbox.refusal import Json, Refusal, bad_request, forbidden
from bot.sandbox.text import finish, is_empty

MESSAGES_KEPT = 1000
EVENTS_KEPT = 2000
UPDATES_KEPT = 2000
QUERIES_KEPT = 200
BOT: Json = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
BOT_ID: int = BOT["id"]
USERS: dict[int, Json] = {
    501: {"id": 501, "is_bot": False, "first_name": "Aigerim", "language_code": "en"},
    502: {"id": 502, "is_bot": False, "first_name": "Daniel", "language_code": "en"},
}
GROUP = -1_001_000_000_001
CHANNEL = -1_001_000_000_002
_ADDRESSED = re.compile(r"/[A-Za-z0-9_]+(?:@(?P<bot>[A-Za-z0-9_]+))?")


@dataclass(slots=True)
class Message:
    """A message as stored. `sender` is None for a channel's post; `by_bot` tells who may edit it."""

    id: int
    chat: "Chat"
    sender: int | None
    by_bot: bool
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
            "from": self.sender,
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
        body: Json = {"message_id": self.id, "date": self.date, "chat": chat}
        if self.sender is None:
            body["sender_chat"] = chat
        else:
            body["from"] = BOT if self.sender == BOT_ID else USERS[self.sender]
        extra = {"edit_date": self.edit_date, "entities": self.entities, "reply_markup": self.markup}
        body |= {name: value for name, value in extra.items() if value} | {"text": self.text}
        replied = self.chat.messages.get(self.reply_to or 0)
        if replied and with_reply:
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
        members = [{"user": user, "status": status} for user, status in self.members.items()]
        return {
            "id": self.id,
            "type": self.type,
            "title": BOT["first_name"] if self.type == "private" else self.title,
            "members": members,
            "blocked": self.blocked,
        }

    def for_bot(self) -> Json:
        """Return the chat as a Bot API object."""
        name = "first_name" if self.type == "private" else "title"
        return {"id": self.id, "type": self.type, name: self.title}


@dataclass(slots=True)
class Query:
    """A press of a button that the bot has to answer once."""

    id: str
    answer: Json | None = None


class World:
    """Everything that the sandbox knows. `changed` is called after every event and every new update.

    `born` (seconds since 1970) begins the numbers of updates and events, so that neither the bot nor the page
    takes those of a new start for those that it has seen.
    """

    def __init__(self, changed: Callable[[], None] = lambda: None, born: float = 0.0) -> None:
        self.changed = changed
        chats = [
            Chat(i, "private", user["first_name"], {i: "member"}, started=False) for i, user in USERS.items()
        ]
        admins = {501: "administrator", BOT_ID: "administrator"}
        chats.append(
            Chat(GROUP, "supergroup", "Reading circle", {501: "creator", 502: "member", BOT_ID: "member"})
        )
        chats.append(Chat(CHANNEL, "channel", "Digests", admins | {502: "member"}))
        self.chats = {chat.id: chat for chat in chats}
        self.updates: deque[Json] = deque(maxlen=UPDATES_KEPT)
        self.last_update = int(born)
        self.allowed: frozenset[str] = frozenset()
        self.webhook: Json = {}
        self.last_query = int(born) * 1000
        self.queries: dict[str, Query] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.events: deque[tuple[int, Json]] = deque(maxlen=EVENTS_KEPT)
        self.version = int(born) * 1000

    # Events and updates

    def log(self, event: Json) -> None:
        """Add an event for the page."""
        self.version += 1
        self.events.append((self.version, event))
        self.changed()

    def since(self, version: int) -> list[tuple[int, Json]] | None:
        """Return the events after a version; None when some are forgotten, or the version is unknown."""
        oldest = self.version - len(self.events)
        return [e for e in self.events if e[0] > version] if oldest <= version <= self.version else None

    def update(self, kind: str, body: Json) -> None:
        """Queue an update for the bot, unless it asked not to get this kind."""
        if not self.allowed or kind in self.allowed:
            self.last_update += 1
            self.updates.append({"update_id": self.last_update, kind: body})
            self.changed()

    def pending(self, offset: int, limit: int) -> list[Json]:
        """Forget the updates before offset (a negative one counts from the end) and return the next ones."""
        if offset < 0:
            offset = self.updates[max(offset, -len(self.updates))]["update_id"] if self.updates else 0
        while self.updates and self.updates[0]["update_id"] < offset:
            self.updates.popleft()
        return list(self.updates)[:limit]

    # What the bot does

    def chat(self, reference: str) -> Chat:
        """Return the chat of a `chat_id`. Raises Refusal where Telegram would."""
        if not reference:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(int(reference)) if re.fullmatch(r"-?[0-9]{1,18}", reference) else None
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

    def post(self, chat: Chat, sender: int | None, text: str, entities: list[Json], now: float) -> Message:
        """Store a message under the chat's next id. `now` becomes its date; nothing is announced yet."""
        chat.last_id += 1
        by_bot = sender == BOT_ID
        shown = None if chat.type == "channel" else sender
        message = Message(chat.last_id, chat, shown, by_bot, int(now), text, entities)
        chat.messages[message.id] = message
        if len(chat.messages) > MESSAGES_KEPT:
            del chat.messages[next(iter(chat.messages))]
        return message

    def announce(self, kind: str, message: Message) -> None:
        """Tell the page of a new ("message") or a changed ("edit") message."""
        self.log({"type": kind, "message": message.for_page()})

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
        if reply_to is not None and reply_to not in chat.messages:
            raise Refusal(404, "The message that you reply to is gone.")
        text, entities = finish(text, [])
        if is_empty(text):
            raise Refusal(400, "Write some text first.")
        chat.started = True
        message = self.post(chat, user, text, entities, now)
        message.reply_to = reply_to
        self.announce("message", message)
        if self._seen_by_bot(message):
            self.update("channel_post" if chat.type == "channel" else "message", message.for_bot())
        return message

    def _seen_by_bot(self, message: Message) -> bool:
        """Privacy mode in groups: commands, mentions of the bot and replies to it, and nothing else."""
        if message.chat.type != "supergroup":
            return True
        replied = message.chat.messages.get(message.reply_to or 0)
        units = message.text.encode("utf-16-le")
        for entity in message.entities:
            piece = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode(
                "utf-16-le"
            )
            command = _ADDRESSED.fullmatch(piece) if entity["type"] == "bot_command" else None
            to = command["bot"] or BOT["username"] if command else piece.removeprefix("@")
            if entity["type"] in {"bot_command", "mention"} and to.lower() == BOT["username"]:
                return True
        return replied is not None and replied.by_bot

    def press(self, user: int, message: Message, data: str) -> Query:
        """Press a callback button. Raises Refusal when the message no longer has it."""
        rows = (message.markup or {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == data for row in rows for button in row):
            raise Refusal(404, "This button is gone: the message has changed.")
        if message.chat.blocked:
            raise Refusal(409, "You blocked this bot. Unblock it to press its buttons.")
        self.last_query += 1
        query = Query(str(self.last_query))
        self.queries[query.id] = query
        if len(self.queries) > QUERIES_KEPT:
            del self.queries[next(iter(self.queries))]
        body = {"id": query.id, "from": USERS[user], "message": message.for_bot(), "data": data}
        self.update("callback_query", body | {"chat_instance": str(message.chat.id)})
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
