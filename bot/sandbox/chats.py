"""Who and what the sandbox holds: people, chats with their topics, messages; as the page and as the bot read them."""

from dataclasses import asdict, dataclass, field

from bot.sandbox.refusal import Json

BOT: Json = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
BOT_ID: int = BOT["id"]
ANONYMOUS: Json = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
ANONYMOUS["username"] = "GroupAnonymousBot"
"""The sender that Telegram names where an administrator writes as the group."""
PEOPLE = {501: ("Aigerim", "en"), 502: ("Daniel", "en"), 503: ("Ivan", "ru"), 504: ("Aibek", "kk")}
"""By id: first name and language."""
GROUP = -1_001_000_000_001
CHANNEL = -1_001_000_000_002
FORUM = -1_001_000_000_003
PRESENT = ("creator", "administrator", "member")
"""Who is in a chat; somebody who has left, or was removed, keeps a line in its list of members."""
ADMINISTRATORS = ("creator", "administrator")
_SHOWN = ("date", "edit_date", "text", "entities", "reply_to", "thread", "content", "silent", "via_bot")
_FILES = ("photo", "document")


@dataclass(slots=True)
class Message:
    """A message as stored. The `id` is given by State.post.

    Attributes:
        author: The person or the bot who sent it, in a channel too.
        content: What it holds beside its text, in the Bot API's fields: `photo`, `location`, `forum_topic_created`...
        via_bot: A person chose it from the bot's inline results.
    """

    id: int
    chat: "Chat"
    author: Json
    date: int
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    markup: Json | None = None
    reply_to: int | None = None
    thread: int | None = None
    content: Json = field(default_factory=dict)
    silent: bool = False
    anonymous: bool = False
    via_bot: bool = False
    edit_date: int | None = None

    @property
    def is_bots(self) -> bool:
        """Whether the bot itself sent it."""
        return bool(self.author["id"] == BOT_ID)

    @property
    def inline_id(self) -> str | None:
        """The `inline_message_id`, of a message that came from inline results and has buttons."""
        return f"{self.chat.id}.{self.id}" if self.via_bot and self.markup else None

    def for_page(self) -> Json:
        """Return the message as the page reads it."""
        author = ANONYMOUS if self.anonymous else self.author
        return {name: getattr(self, name) for name in _SHOWN} | {
            "message_id": self.id,
            "chat": self.chat.id,
            "author": self.author["id"],
            "from": None if self.chat.type == "channel" else author["id"],
            "reply_markup": self.markup,
        }

    def for_bot(self, *, with_reply: bool = True) -> Json:
        """Return the message as a Bot API object."""
        chat = self.chat.for_bot()
        body: Json = {"message_id": self.id, "date": self.date, "chat": chat} | self.content
        names = ("text", "entities")
        if body.keys() & set(_FILES):
            names = ("caption", "caption_entities")
        if self.chat.type != "channel":
            body["from"] = ANONYMOUS if self.anonymous else self.author
        if self.chat.type == "channel" or self.anonymous:
            body["sender_chat"] = chat
        extra: Json = dict(zip(names, (self.text, self.entities), strict=True))
        extra |= {
            "edit_date": self.edit_date,
            "message_thread_id": self.thread,
            "is_topic_message": self.thread is not None,
        }
        extra |= {"via_bot": BOT if self.via_bot else None}
        if self.markup and "inline_keyboard" in self.markup:
            extra["reply_markup"] = self.markup
        body |= {name: value for name, value in extra.items() if value}
        # In a topic, what answers nothing else answers the message that opened the topic.
        replied = self.chat.messages.get(self.reply_to or self.thread or 0)
        if with_reply and replied and replied is not self:
            body["reply_to_message"] = replied.for_bot(with_reply=False)
        return body


@dataclass(slots=True)
class Topic:
    """A topic of a forum. Its id is that of the message that opened it; 0 is General, which has none."""

    name: str
    closed: bool = False


@dataclass(slots=True)
class Chat:
    """A chat with its last messages. A private chat is `started` once its user wrote first.

    Attributes:
        members: By user, the bot among them: creator, administrator, member, left or kicked.
        topics: Of a forum; empty in other chats.
        silenced: Who is a member but may not post.
        anonymous: Administrators who write as the group.
    """

    id: int
    type: str
    title: str
    members: dict[int, str]
    started: bool = True
    blocked: bool = False
    last_id: int = 0
    messages: dict[int, Message] = field(default_factory=dict)
    username: str = ""
    topics: dict[int, Topic] = field(default_factory=dict)
    silenced: set[int] = field(default_factory=set)
    anonymous: set[int] = field(default_factory=set)

    def has(self, user: int, statuses: tuple[str, ...] = PRESENT) -> bool:
        """Tell whether a user, or the bot, has one of the statuses."""
        return self.members.get(user) in statuses

    def for_page(self) -> Json:
        """Return the chat as the page reads it."""
        members = [
            {
                "user": user,
                "status": status,
                "can_post": user not in self.silenced,
                "anonymous": user in self.anonymous,
            }
            for user, status in self.members.items()
        ]
        topics = [{"thread": thread or None} | asdict(topic) for thread, topic in self.topics.items()]
        title = BOT["first_name"] if self.type == "private" else self.title
        body: Json = {"id": self.id, "type": self.type, "title": title, "members": members, "topics": topics}
        return body | {"blocked": self.blocked, "username": self.username}

    def for_bot(self) -> Json:
        """Return the chat as a Bot API object."""
        name = "first_name" if self.type == "private" else "title"
        body: Json = {"id": self.id, "type": self.type, name: self.title}
        if self.username:
            body["username"] = self.username
        return body | ({"is_forum": True} if self.topics else {})
