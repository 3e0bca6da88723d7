"""Telling those who have set up a group, a topic or a channel what became of it: once, and once more when it works."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from bot.core import chats_texts as texts
from bot.core.delivery import Decision
from bot.core.language import ENGLISH, Language, nearest
from bot.core.model import Chat, State, Subscription
from bot.core.troubles import Trouble, trouble_of
from bot.ports import Notices, Store

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Informing:
    """What was told stands in the database, so that a restart tells nothing twice; `_lost` only saves looking there.

    Channels of the configuration (`listed`) have no owner: of them the operators hear.
    """

    store: Store
    notices: Notices
    languages: Mapping[str, Language] = field(default_factory=lambda: {"en": ENGLISH})
    default: str = "en"
    listed: set[int] = field(default_factory=set)
    _lost: set[Chat] = field(default_factory=set)

    async def recover(self) -> None:
        """Remember what was told before the last end."""
        self._lost = set(await self.store.lost())
        self.listed = set((await self.store.listed()).values())

    async def observe(self, decisions: Iterable[Decision]) -> None:
        """See in recorded attempts which groups and channels get nothing any more, and which do again."""
        for decision in decisions:
            chat = decision.delivery.chat
            if chat.id > 0:  # a private chat, which has nobody else
                continue
            if trouble := trouble_of(decision):
                await self.lost(chat, trouble)
            elif decision.state is State.SENT and chat in self._lost:
                await self.works(chat)

    async def lost(self, chat: Chat, trouble: Trouble, title: str = "") -> None:
        """Nothing reaches a topic, or with any other trouble the whole chat; nothing that was told is told again."""
        if trouble is Trouble.MISSING and not await self._given_up(chat):
            return  # a single date of it may be Telegram's own slip
        thread = chat.thread if trouble is Trouble.TOPIC else None
        subscriptions = await self.store.lose(chat.id, thread, trouble)
        self._lost.update(each.chat for each in subscriptions)
        if subscriptions:
            _log.warning("chat.lost", chat=chat.id, thread=chat.thread, trouble=trouble)
        await self._tell(subscriptions, title, texts.LOST[trouble])

    async def works(self, chat: Chat, *, whole: bool = False, title: str = "") -> None:
        """A topic, or the whole chat, takes messages again."""
        subscriptions = await self.store.regain(chat.id, None if whole else chat.thread)
        self._lost.difference_update(each.chat for each in subscriptions)
        await self._tell(subscriptions, title, texts.WORKS_AGAIN)

    async def _given_up(self, chat: Chat) -> bool:
        subscription = await self.store.subscription(chat)
        return subscription is not None and subscription.next_slot is None

    async def _tell(self, subscriptions: Iterable[Subscription], title: str, text: str) -> None:
        """Each owner once, however many topics it was."""
        told: dict[int, Chat] = {}
        for each in subscriptions:
            if each.owner or each.chat.id in self.listed:
                told.setdefault(each.owner, each.chat)
        for owner, chat in told.items():
            chosen = await self.store.language(Chat(owner)) if owner else "en"
            say = self.languages[nearest((chosen, await self.store.language(chat)), self.default)]
            self.notices.inform(owner, chat.id, _about(say, chat.id, text), title)


def _about(say: Language, chat_id: int, text: str) -> Callable[[str], str]:
    """The text about a chat of that title."""
    return lambda title: say(
        text, place=say(texts.PLACE if title else texts.NAMELESS_PLACE, title=title, id=chat_id)
    )
