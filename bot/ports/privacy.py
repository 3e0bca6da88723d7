"""What is kept about a chat, and its end."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Kept = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by their table, each column by its name; moments are aware UTC."""


class Privacy(Protocol):
    """Shows and erases. Any method may raise StoreError."""

    async def kept(self, chat_id: int) -> Kept:
        """Every row about a chat, all its topics together.

        Besides, `elsewhere` is what this person has set up in other chats, and `broadcasts` what this operator wrote.
        """
        ...

    async def forget(self, chat_id: int, now: dt.datetime) -> None:
        """Erase all of that, also from the files; a backup of before cannot bring it back.

        When it raises, what is not erased yet is at the next opening, or nothing has begun.
        """
        ...

    async def forget_paused(self, before: dt.datetime) -> int:
        """Erase the chats of which all subscriptions have been paused since before that; how many there were."""
        ...

    async def scrub(self) -> None:
        """Take from the files what is erased and could not be taken yet, as somebody was reading them."""
        ...
