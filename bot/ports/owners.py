"""Groups and channels, and those who have set them up."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Protocol

from bot.core.model import Chat, Subscription
from bot.core.troubles import Found, Obstacle, Trouble


class Owners(Protocol):
    """What the store knows of them. Any method may raise StoreError."""

    async def standing(self, chat_id: int) -> tuple[Subscription, ...]:
        """All subscriptions of a chat and its topics; those that are paused have no next slot."""
        ...

    async def channels_of(self, user: int) -> tuple[int, ...]:
        """The channels that a person has set up."""
        ...

    async def lose(self, chat_id: int, thread: int | None, trouble: Trouble) -> tuple[Subscription, ...]:
        """Nothing reaches a chat (a topic of it; None: the whole): the subscriptions whose owners do not know yet."""
        ...

    async def regain(self, chat_id: int, thread: int | None) -> tuple[Subscription, ...]:
        """It does again: the subscriptions whose owners had been told; of the whole, but for closed topics."""
        ...

    async def lost(self) -> frozenset[Chat]:
        """The chats of whose loss the owners have been told."""
        ...

    async def owe(self, chat: Chat, date: dt.date, now: dt.datetime) -> bool:
        """Owe the chat the digest of this local date now; False: that date has had its own."""
        ...

    async def listed(self) -> Mapping[str, int]:
        """The channels that the configuration named when it was last applied, and their ids."""
        ...

    async def list_channels(self, channels: Mapping[str, int]) -> None:
        """Remember that."""
        ...


class Notices(Protocol):
    """Tells single persons in private, as soon as Telegram takes it; those who have blocked the bot hear nothing."""

    def inform(self, user: int, chat_id: int, text: Callable[[str], str], title: str = "") -> None:
        """`text` makes the message (HTML) of the chat's title, which is looked up unless given, and escaped.

        A `user` of 0 is everybody who runs the bot. Never raises, never waits; of too many the oldest are dropped.
        """
        ...


class Directory(Protocol):
    """Asks Telegram about channels."""

    async def channel(self, name: int | str, user: int | None) -> Found | Obstacle:
        """A channel by id or @name, where the bot may post and, unless None, this user too. Never raises."""
        ...

    async def title(self, chat_id: int) -> str:
        """A chat's title, "" where it is not to be had. Never raises."""
        ...
