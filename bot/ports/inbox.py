"""Updates between their receipt and their handling."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Received:
    """An update as it is kept: `number` is its update_id, `payload` JSON without names of people and chats.

    `chat_id` is the chat, or where there is none the person, whose updates are handled one after another.
    `attempt` counts how often its handling was begun again.
    """

    number: int
    chat_id: int
    payload: str
    attempt: int = 0


class Inbox(Protocol):
    """Keeps updates until they are handled, and their numbers for a day, so that none takes effect twice.

    `owner` is the process that handles. Any method may raise StoreError; then nothing has changed.
    """

    async def receive(self, updates: Sequence[Received], owner: str, now: dt.datetime) -> frozenset[int]:
        """Keep them; the numbers of those that are new and this owner's to handle.

        Where another living owner still handles an update of the same chat, a new one is left to it.
        """
        ...

    async def waiting(self, owner: str, held: Collection[int], limit: int) -> tuple[Received, ...]:
        """At most `limit` updates by number: those of this owner that it does not hold, and those that a dead one left.

        All of them are its own then, with one more attempt.
        """
        ...

    async def handled(self, numbers: Collection[int], owner: str) -> None:
        """Nothing but the numbers of these is kept from now on."""
        ...

    async def oldest_waiting(self) -> dt.datetime | None:
        """When the oldest update that waits was received."""
        ...

    async def purge_inbox(self, before: dt.datetime) -> None:
        """Forget the numbers of what was received and handled before."""
        ...

    async def empty_log(self) -> None:
        """Take what was handled from the database's log as well, unless somebody reads it now; never raises."""
        ...
