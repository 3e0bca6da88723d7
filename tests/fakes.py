"""The world as tests need it: a clock to move, a sender that answers by script, a small library."""

import asyncio
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.core.delivery import Outcome, Sent
from bot.core.library import Library
from bot.core.model import Article, Chat, Digest, Message, Paragraph, Theme
from bot.places import Places, zone_at, zone_name
from bot.ports.places import Atlas

NOW = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
"""A Monday, 09:00 in Almaty."""
ATLAS = Atlas(Places().find, zone_name, zone_at)
"""The real one; the first search reads it."""


@dataclass(slots=True)
class FixedClock:
    """Shows one moment until it is moved; with a `step` it moves by that much at every look."""

    moment: dt.datetime = NOW
    step: dt.timedelta = dt.timedelta()

    def now(self) -> dt.datetime:
        """The moment, aware, in UTC."""
        self.moment += self.step
        return self.moment

    def move(self, **distance: float) -> None:
        """Move by a timedelta's arguments: `hours=3`."""
        self.moment += dt.timedelta(**distance)


@dataclass
class RecordingSender:
    """Keeps what was sent and answers by `script`, then with `Sent`.

    `gate`, when set, holds every send until it is opened; `silent`: not even a harmless question is answered.
    """

    script: list[Outcome] = field(default_factory=list)
    sent: list[tuple[Chat, Message]] = field(default_factory=list)
    edited: list[tuple[Chat, int, Message]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    silent: bool = False

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """One attempt."""
        self.sent.append((chat, message))
        answer = self.script.pop(0) if self.script else Sent(len(self.sent))
        if self.gate is not None:
            await self.gate.wait()
        return answer

    async def edit(self, chat: Chat, message_id: int, message: Message) -> Outcome:
        """One edit; answered by the same script."""
        self.edited.append((chat, message_id, message))
        return self.script.pop(0) if self.script else Sent(message_id)

    async def reachable(self) -> bool:
        """Whether Telegram answers anything."""
        return not self.silent

    def titles(self) -> list[str]:
        """The first lines of what was sent."""
        return [message.html.partition("\n")[0] for _, message in self.sent]


@dataclass(slots=True)
class RecordingAlerts:
    """Keeps what the operator was told."""

    told: list[str] = field(default_factory=list)

    def tell(self, text: str) -> None:
        """One message."""
        self.told.append(text)


class ForgottenHolds:
    """Waits that nobody remembers."""

    async def hold(self, chat_id: int | None, until: dt.datetime) -> None:
        """Kept nowhere."""


def digests(*ids: str, publish: dt.date | None = None) -> tuple[Digest, ...]:
    """Digests whose text names them."""
    return tuple(Digest(id_, f"Title {id_}", f"The **text** of {id_}.", (1, 2), publish) for id_ in ids)


def article(id_: str, themes: Iterable[tuple[str, tuple[Digest, ...]]], published: dt.date) -> Article:
    """An article with the given themes, whose names hold every character that HTML minds."""
    return Article(
        id_,
        f'{id_} <& "friends">',
        'A. <b>Author</b> & "Co"',
        "Publisher <p>",
        published,
        "en",
        "Licence & <terms>",
        (Paragraph(1, "On <one> & all", "0" * 64), Paragraph(2, "On two", "1" * 64)),
        tuple(
            Theme(
                name,
                f'{name.title()} & "so" <on>',
                "🤝",
                f"About {name}",
                tuple(replace(item, article=id_) for item in shelf),
            )
            for name, shelf in themes
        ),
        "https://example.org/?a=1&b=2",
    )


WATER, TRADE = digests("w1", "w2", "w3"), digests("t1")
LIBRARY = Library((article("rivers", [("water", WATER), ("trade", TRADE)], dt.date(2024, 5, 28)),))
"""Three digests of /water and one of /trade."""
SHORT = Library((article("rivers", [("water", WATER[:1])], dt.date(2024, 5, 28)),))
"""One digest, soon read."""
