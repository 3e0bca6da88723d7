"""What the use cases need of the world, as Protocols with written contracts."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from bot.core.broadcast import Broadcast, Stage, Tally
from bot.core.delivery import Decision, OnAmbiguous, Outcome
from bot.core.model import (
    Chat,
    Delivery,
    Entry,
    Message,
    Outlook,
    Pick,
    Post,
    Preferences,
    State,
    Subscription,
    Wanted,
)
from bot.core.planning import Planned


class StartError(Exception):
    """Something outside is not as it must be, so the bot cannot start; the message says what to do."""


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


class StoreBusyError(StoreError):
    """A running bot has the database."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""
        ...


class Alerts(Protocol):
    """Tells the operator."""

    def tell(self, text: str) -> None:
        """One message, to everybody who runs the bot, as soon as Telegram takes it; never raises."""
        ...


class Sender(Protocol):
    """Sends one message; every answer of Telegram's is a value, never an exception."""

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """One attempt, within the request's own time limit."""
        ...

    async def edit(self, chat: Chat, message_id: int, message: Message) -> Outcome:
        """Put a message in the place of an earlier one; `Sent` also where it stands there already."""
        ...

    async def reachable(self) -> bool:
        """Whether Telegram answers a question that changes nothing, within a few seconds."""
        ...


Choose = Callable[[Preferences, AbstractSet[str]], Pick]
"""What a chat gets next, from its preferences and the ids that it has read."""


class Outbox(Protocol):
    """Looks at the deliveries. Any method may raise StoreError."""

    async def counts(self) -> dict[State, int]:
        """How many deliveries there are in each state."""
        ...

    async def entries(self, wanted: Wanted, after: int, limit: int) -> tuple[Entry, ...]:
        """At most `limit` deliveries whose id is greater than `after`, by id."""
        ...

    async def matching(self, wanted: Wanted) -> tuple[int, int]:
        """How many there are, and how many of them belong to chats that take messages."""
        ...

    async def upcoming(self, before: dt.datetime) -> dict[dt.datetime, int]:
        """How many subscriptions come due in each hour (its beginning, UTC) until `before`."""
        ...

    async def close(self) -> None:
        """Let go of the database."""
        ...


class Broadcasts(Protocol):
    """The operator's messages to everybody. Their deliveries lie beside those of digests, and go after them."""

    async def recipients(self) -> int:
        """How many chats have a subscription that is not paused."""
        ...

    async def draft(self, html: str, operator: int, now: dt.datetime) -> Broadcast:
        """Keep a text until the operator has decided."""
        ...

    async def discard(self, number: int) -> bool:
        """Forget a draft; False: it is none (any more)."""
        ...

    async def queue(self, number: int, now: dt.datetime) -> bool:
        """Owe a draft to every recipient; False: it is none (any more)."""
        ...

    async def broadcast(self, number: int) -> Broadcast | None:
        """One of them."""
        ...

    async def unfinished(self) -> tuple[Broadcast, ...]:
        """Those between draft and finished, oldest first."""
        ...

    async def turn(
        self, number: int, before: Collection[Stage], after: Stage, now: dt.datetime, note: str = ""
    ) -> bool:
        """Go to another stage from one of those before; False: it stands at none of them."""
        ...

    async def finish(self, number: int) -> bool:
        """It is finished if nothing of it is open; False: it is not, or was already."""
        ...

    async def rest(self, before: dt.datetime, note: str) -> int:
        """Pause those to be sent that nobody has touched since `before`; how many there were."""
        ...

    async def watch(self, number: int, card: int) -> None:
        """Its progress is shown in this message of the operator's chat."""
        ...

    async def tally(self, number: int) -> Tally:
        """How its deliveries stand."""
        ...

    async def abandon(self, number: int) -> None:
        """Give up what is due of it: `expired`, or `unknown` where an attempt may have arrived."""
        ...

    async def missed(self, number: int, states: Collection[State]) -> int:
        """How many of its deliveries in these states belong to chats that take messages."""
        ...

    async def resend(self, number: int, states: Collection[State], now: dt.datetime) -> int:
        """A finished one waits for its turn again, with those deliveries due anew; how many there are."""
        ...


class Corrections(Protocol):
    """What chats know of digests whose wording has changed since."""

    async def versions(self, chat: Chat) -> dict[str, str]:
        """What the chat has read in which version, where that is known; the last read first."""
        ...

    async def correct(self, digest: str, version: str, html: str, operator: int, now: dt.datetime) -> int:
        """Owe a note to private readers who know another version, once for each version and last line; how many."""
        ...

    async def stale_posts(self, digest: str, version: str, since: dt.date, limit: int) -> tuple[Post, ...]:
        """Posts in groups and channels, of local dates from `since` on, in another version; next edits first."""
        ...

    async def edited(self, post: int, version: str) -> None:
        """A post stands in this version now."""
        ...

    async def edit_later(self, post: int, until: dt.datetime) -> None:
        """The next edit of a post has to wait."""
        ...


class Store(Broadcasts, Corrections, Outbox, Protocol):
    """Subscriptions, progress and deliveries.

    Every method is one transaction that is on disk when the method returns. Datetimes in and out are aware
    UTC. Any method may raise StoreError.
    """

    async def subscription(self, chat: Chat) -> Subscription | None:
        """The chat's subscription, None where there is none."""
        ...

    async def subscribe(self, chat: Chat, preferences: Preferences, next_slot: dt.datetime) -> None:
        """Begin or change a subscription; a paused one wakes up."""
        ...

    async def unsubscribe(self, chat: Chat) -> bool:
        """End the subscription and drop what it is still owed; False: there was none."""
        ...

    async def last_date(self, chat: Chat) -> dt.date | None:
        """The latest local date for which the chat has had a delivery planned."""
        ...

    async def seen(self, chat: Chat) -> frozenset[str]:
        """The ids of the digests that the chat has read."""
        ...

    async def mark_seen(self, chat: Chat, digest: str, now: dt.datetime, version: str = "") -> None:
        """Remember that the chat has read a digest, in that version; when it did so first stays."""
        ...

    async def start_over(self, chat: Chat) -> None:
        """Forget what the chat has read."""
        ...

    async def plan(
        self, now: dt.datetime, planner: Callable[[Subscription], Planned], limit: int
    ) -> tuple[int, int]:
        """Turn at most `limit` due subscriptions into deliveries and move their next slots.

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
    ) -> tuple[Delivery, ...]:
        """Record what was `settled`, then mark at most `limit` due deliveries as being sent by `owner`.

        Digests go first, then the broadcast. When `choose` picks nothing, the chat is told so once (a delivery
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

    async def recover(self, on_ambiguous: OnAmbiguous) -> int:
        """Give back what a dead process left in flight; how many rows that were."""
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

    async def stopped(self) -> dict[str, str]:
        """The stopped digests and the versions that were refused."""
        ...

    async def pause(self, chat_id: int, reason: str) -> None:
        """Stop deliveries to all subscriptions of a chat; settings and progress stay."""
        ...

    async def retime(self, version: str, planner: Callable[[Subscription], dt.datetime]) -> int:
        """Derive all next slots anew if they were derived with other time zone rules; how many there were."""
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
        """Delete settled deliveries of local dates before `before`; how many there were."""
        ...

    async def retry(self, wanted: Wanted, now: dt.datetime) -> int:
        """Set settled deliveries due again, as if never tried, where the chat takes messages; how many."""
        ...
