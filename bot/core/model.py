"""The words of the design as values: article, theme, digest, subscription, delivery, outcome, message."""

import datetime as dt
import html
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum

EVERY_DAY, WEEKDAYS, WEEKENDS = 0b1111111, 0b0011111, 0b1100000
"""Weekdays as a bit mask: bit 0 is Monday, bit 6 is Sunday."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of an article's outline: what it says in our words, and the hash of its source text."""

    number: int
    about: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Digest:
    """One short text of a theme (`text` is Markdown), with the numbers of the paragraphs that it rests on.

    `correction` says what was wrong with an earlier wording, where readers should know; `article` is the article's id,
    `source` its short name in a library of several; `original` is the version that a translation is of, else "".
    """

    id: str
    title: str
    text: str
    paragraphs: tuple[int, ...]
    publish: dt.date | None = None
    correction: str = ""
    article: str = ""
    original: str = field(default="", compare=False)
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class TranslatedDigest:
    """A digest in another language; `of` is the version of the original that it was made from."""

    id: str
    title: str
    text: str
    of: str
    correction: str = ""


@dataclass(frozen=True, slots=True)
class TranslatedTheme:
    """A theme in another language."""

    name: str
    title: str | None
    summary: str | None
    digests: tuple[TranslatedDigest, ...]


@dataclass(frozen=True, slots=True)
class Translation:
    """An article in another language: what is None, or is not here, stays as in the original.

    `outline` says what paragraphs say, by their numbers.
    """

    language: str
    themes: tuple[TranslatedTheme, ...] = ()
    title: str | None = None
    author: str | None = None
    publisher: str | None = None
    licence: str | None = None
    outline: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Theme:
    """A topic; its name is the command. Digests stand in the order in which they are read."""

    name: str
    title: str
    emoji: str
    summary: str
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """A source text, known by its outline: the text itself is not shipped. `language` is that of the original."""

    id: str
    title: str
    author: str
    publisher: str
    published: dt.date
    language: str
    licence: str
    outline: tuple[Paragraph, ...]
    themes: tuple[Theme, ...]
    url: str | None = None
    translations: tuple[Translation, ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """Where the bot talks. `thread` is a topic of a forum group, 0 where there is none."""

    id: int
    thread: int = 0


class Kind(StrEnum):
    """What a chat is; `UNKNOWN` is one of which nothing has been heard since kinds are kept."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Preferences:
    """When and what a chat wants: wall time, weekdays (bit mask), IANA zone, themes and articles (none means all).

    `silent` messages come without a sound; nothing comes before the local date `resume`.
    """

    time: dt.time
    days: int
    zone: str
    themes: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    silent: bool = False
    resume: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat's standing order. `next_slot` is aware UTC; None while the chat cannot be reached.

    `owner` is who set up a group or channel and is told when it cannot be reached; 0 in a private chat.
    """

    chat: Chat
    preferences: Preferences
    next_slot: dt.datetime | None
    owner: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What a chat has read, and since when it is known here (aware UTC; None: it is not)."""

    seen: AbstractSet[str] = frozenset()
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One due moment of a subscription: the reader's local date, and the instant in UTC."""

    date: dt.date
    at: dt.datetime


class State(StrEnum):
    """The states of a delivery; `EMPTY` is a slot for which nothing unread was left."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    EXPIRED = "expired"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Pick:
    """What a reader gets next (None: nothing is unread), and the progress once that is read.

    `version` is the digest's wording; it is still the same pick in another one. `new`: it came after the reader.
    """

    digest: str | None
    read: int
    total: int
    version: str = field(default="", compare=False)
    new: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is owed to a chat for a slot, claimed for one attempt: a digest, or a broadcast's `html`.

    A pick of None says that all are read; a broadcast picks nothing. `language` "" is not known.
    """

    id: int
    chat: Chat
    slot: Slot
    pick: Pick
    attempt: int
    broadcast: int = 0
    html: str = ""
    language: str = ""
    silent: bool = False
    kind: Kind = Kind.UNKNOWN
    paid: bool = False

    @property
    def content(self) -> str | None:
        """What is sent, by name: what the rules about refused texts count by."""
        return f"broadcast {self.broadcast}" if self.broadcast else self.pick.digest


@dataclass(frozen=True, slots=True)
class Post:
    """A digest that stands in a group or channel in an earlier wording.

    `not_before` is when its next edit may be tried; `read` is what the chat had read when it came, itself included.
    """

    id: int
    chat: Chat
    message_id: int
    not_before: dt.datetime
    read: frozenset[str]
    language: str = ""
    kind: Kind = Kind.UNKNOWN


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery as the operator sees it in the outbox, `broadcast` 0 being a digest; moments are aware UTC."""

    id: int
    state: State
    chat: int
    thread: int
    date: dt.date
    broadcast: int
    digest: str | None
    attempt: int
    code: str
    message_id: int | None
    due: dt.datetime
    not_before: dt.datetime
    updated: dt.datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries of the outbox: no states are all of them."""

    states: tuple[State, ...] = ()
    chat: int | None = None
    date: dt.date | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """The state of delivery at one moment: the nearest slot, and the oldest delivery that is due; aware UTC."""

    next_slot: dt.datetime | None
    oldest_due: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: a press sends `data` (at most 64 bytes), opens `url`, copies `copy` (256) or writes a query."""

    label: str
    data: str = ""
    url: str = ""
    copy: str = ""
    share: str = (
        ""  # an inline query, into a chat of choice; channels refuse such buttons and get `url` instead
    )
    here: str = ""  # the same, into this chat


@dataclass(frozen=True, slots=True)
class Message:
    """What a reader sees: Telegram HTML and rows of buttons."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = field(default=())
    silent: bool = False
    state: str = ""  # what the buttons were made from: one that changes something holds as long as that is so
    paid: bool = False  # Telegram may charge for it, so that it goes beyond the free rate

    @property
    def plain(self) -> str:
        """The text without its markup."""
        return html.unescape(re.sub(r"<[^>]*>", "", self.html))
