"""Subscriptions, progress and deliveries."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from bot.core.delivery import Decision, OnAmbiguous
from bot.core.model import Chat, Delivery, History, Kind, Outlook, Pick, Preferences, Subscription, Wanted
from bot.core.planning import Planned
from bot.ports.inbox import Inbox
from bot.ports.leases import Leases
from bot.ports.outbox import Broadcasts, Corrections, Outbox
from bot.ports.owners import Owners
from bot.ports.privacy import Privacy
from bot.ports.statistics import Figures

Ids = Collection[int]
Choose = Callable[[Preferences, History], Pick]
"""What a chat gets next, from its preferences and what it has read."""
LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""No slot lies before it."""


class Readers(Protocol):
    """What is known of chats: their subscriptions, their language, what they have read."""

    async def subscription(self, chat: Chat) -> Subscription | None:
        """The chat's subscription, None where there is none."""
        ...

    async def subscribe(
        self, chat: Chat, preferences: Preferences, next_slot: dt.datetime, now: dt.datetime, owner: int = 0
    ) -> None:
        """Begin or change a subscription; a paused one wakes up. An `owner` of 0 leaves the one that is known."""
        ...

    async def postpone(self, chat: Chat) -> None:
        """Drop what the subscription is still owed; what may have arrived is listed as such."""
        ...

    async def unsubscribe(self, chat: Chat, now: dt.datetime) -> bool:
        """End the subscription and drop what it is still owed; False: there was none."""
        ...

    async def last_date(self, chat: Chat) -> dt.date | None:
        """The latest local date for which the chat has had a delivery planned."""
        ...

    async def history(self, chat: Chat) -> History:
        """What the chat has read, and since when it is known."""
        ...

    async def mark_seen(
        self, chat: Chat, digest: str, now: dt.datetime, version: str = "", update: int = 0
    ) -> None:
        """Remember that the chat has read a digest, in that version; when it did so first stays.

        In the same transaction the `update` that asked for it counts as handled; if it did already, nothing changes.
        """
        ...

    async def start_over(self, chat: Chat) -> None:
        """Forget what the chat has read."""
        ...

    async def language(self, chat: Chat) -> str:
        """The language that was chosen for the chat, or in which it subscribed; "" where there is none."""
        ...

    async def speak(self, chat: Chat, kind: Kind, language: str, now: dt.datetime) -> None:
        """Remember the chat's kind and language; since when it is known stays."""
        ...

    async def register(self, digests: Collection[str], now: dt.datetime) -> Mapping[str, dt.datetime]:
        """When this bot first had each digest: those that it did not know, now; all of the very first, 1970."""
        ...


class Store(Readers, Owners, Broadcasts, Corrections, Inbox, Leases, Outbox, Privacy, Figures, Protocol):
    """Subscriptions, progress and deliveries.

    Every method is one transaction that is on disk when the method returns. Datetimes in and out are aware
    UTC. Any method may raise StoreError.
    """

    async def plan(
        self, now: dt.datetime, planner: Callable[[Subscription], Planned], limit: int
    ) -> tuple[int, int]:
        """Turn at most `limit` due subscriptions into deliveries and move their next slots.

        The planner is asked once for all that are alike in time, days, zone, resumption and next slot.
        How many there were, and how many of them were too late. At most one delivery for each chat and local
        date, however often this is repeated.
        """
        ...

    async def claim(
        self,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        """Record what was `settled`, then mark at most `limit` due deliveries as being sent by `owner`.

        Digests go first, then the broadcast; those with a slot that lies before `before` do not go any more.
        When `choose` picks nothing, the chat is told so once (a delivery
        whose pick is None); later such slots end as `EMPTY` and are not returned. Those that may have gone out
        already come last.
        """
        ...

    async def expire(self, before: dt.datetime) -> int:
        """Give up the due deliveries whose slot lies before `before`; how many there were."""
        ...

    async def settle(self, decisions: Sequence[Decision], owner: str, now: dt.datetime) -> None:
        """Record what became of claimed deliveries; rows that `owner` does not hold stay as they are."""
        ...

    async def recover(self, on_ambiguous: OnAmbiguous, owner: str = "", held: Ids | None = None) -> int:
        """Give back what dead processes left in flight; how many rows that were. `owner` is not dead.

        With `held`, all that the owner has in flight is among these: what else is under its name goes back as well.
        """
        ...

    async def hold(self, chat_id: int | None, until: dt.datetime) -> None:
        """Telegram asked to wait with a chat (None: with all of them); remembered over a restart."""
        ...

    async def holds(self, now: dt.datetime) -> dict[int | None, dt.datetime]:
        """The holds that have not ended; those that have are forgotten."""
        ...

    async def stop_digest(self, digest: str, version: str) -> None:
        """This version of a digest is not delivered any more: Telegram refuses it."""
        ...

    async def paid(self, today: dt.date) -> int:
        """How many messages of this day (UTC) are recorded that Telegram may have charged for."""
        ...

    async def stopped(self) -> dict[str, str]:
        """The stopped digests and the versions that were refused."""
        ...

    async def pause(self, chat_id: int, reason: str, now: dt.datetime) -> tuple[int, ...]:
        """Stop deliveries to all subscriptions of a chat; settings and progress stay. Who has set them up."""
        ...

    async def retime(self, version: str, planner: Callable[[Subscription], dt.datetime]) -> int:
        """Derive all next slots anew if they were derived with other time zone rules; how many there were.

        The planner is asked as in `plan`.
        """
        ...

    async def paused(self, chat_id: int) -> tuple[Subscription, ...]:
        """The subscriptions of a chat that are paused."""
        ...

    async def move(self, old_id: int, new_id: int) -> None:
        """A group got a new id: all that was kept for it moves; what the new id has already wins."""
        ...

    async def outlook(self) -> Outlook:
        """What is due and when, for the health check; proves with a write that the disk takes one."""
        ...

    async def purge(self, before: dt.date) -> int:
        """Delete some settled deliveries of local dates before `before`, the oldest; how many, 0: all are gone."""
        ...

    async def retry(self, wanted: Wanted, now: dt.datetime) -> int:
        """Set settled deliveries due again, as if never tried, where the chat takes messages; how many."""
        ...
