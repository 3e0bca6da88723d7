"""Deliveries as operators see them, their broadcasts, and corrections."""

import datetime as dt
from collections.abc import Collection
from typing import Protocol

from bot.core.broadcast import Broadcast, Stage, Tally
from bot.core.model import Chat, Entry, Post, State, Wanted


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
