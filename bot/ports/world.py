"""The world outside the database: time, the operator, Telegram."""

import datetime as dt
from typing import Protocol

from bot.core.delivery import Outcome
from bot.core.model import Chat, Message


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
