"""What Telegram answered to one attempt, and what becomes of the delivery."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from bot.core.model import Delivery, State

_AMBIGUOUS_PAUSE = dt.timedelta(seconds=5)
"""Second attempts go last; where nothing else is due, a server that stumbled has so long to get up."""
_NOT_SENT_PAUSE = dt.timedelta(seconds=5)
_UNAUTHORIZED_PAUSE = dt.timedelta(minutes=5)
_MOST_AMBIGUOUS = 2
"""Sends that may have left, at most: so no reader gets more than two copies."""
SECOND_ATTEMPTS = 8
"""Second attempts on their way at once, at most: what a crash interrupts of them is not tried again."""
MISSING_DATES = 3
RESTRICTED_DATES = 7
"""Dates in a row, each with its one attempt, before such a chat is taken for gone."""


class OnAmbiguous(StrEnum):
    """What follows a send that may or may not have arrived: a second copy at most, or a loss at most."""

    RETRY_ONCE = "retry_once"
    NEVER = "never"

    @property
    def attempts(self) -> int:
        """Sends that may have left, at most."""
        return _MOST_AMBIGUOUS if self is OnAmbiguous.RETRY_ONCE else 1


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram took the message; `refused` says why it took only its plain text."""

    message_id: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """The request is known not to have left: no connection, no name, no place in the pool."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The request may have left and no answer came: a time-out, a reset, a 5xx."""

    reason: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429: not before the given wait."""

    wait: dt.timedelta


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The chat, or only this `topic` of it, does not take the bot's messages: blocked, kicked, deleted."""

    code: str
    topic: bool = False


@dataclass(frozen=True, slots=True)
class Restricted:
    """The bot may not write in the chat: rights lost, or the reader asks to be paid."""

    code: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Telegram does not know the chat: a foreign id, or another bot's token."""

    code: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group became a supergroup with another id."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Telegram refuses the message itself; the chat is not to blame."""

    code: str


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The token is not valid any more: nothing can be sent."""


Outcome = (
    Sent
    | NotSent
    | Ambiguous
    | RateLimited
    | Unreachable
    | Restricted
    | Missing
    | Migrated
    | Refused
    | Unauthorized
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is recorded after an attempt.

    `attempt` counts the sends that may have left; `not_before` holds the row back, and with `hold` all else that
    goes to its chat; `pause` says why the
    chat (with `topic`: only this topic of it) gets nothing more until it returns, once it has been refused
    so on `pause_after` dates in a row; `moved_to` is its new id.
    """

    delivery: Delivery
    state: State
    attempt: int
    not_before: dt.datetime | None = None
    hold: bool = False
    code: str = ""
    message_id: int | None = None
    pause: str = ""
    pause_after: int = 1
    topic: bool = False
    moved_to: int | None = None

    @property
    def charged(self) -> bool:
        """Whether Telegram may have taken Stars for it: it does so only for what it took."""
        left = self.attempt == self.delivery.attempt and self.state is not State.FAILED
        return self.delivery.paid and left


def decide(  # noqa: C901, PLR0911  a table
    delivery: Delivery,
    outcome: Outcome,
    now: dt.datetime,
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE,
) -> Decision:
    """Turn an outcome into what becomes of the delivery; `delivery.attempt` counts this attempt already."""
    before = delivery.attempt - 1  # this attempt did not leave, so it does not count
    failed = State.UNKNOWN if before else State.FAILED  # what an earlier attempt did stays in doubt
    match outcome:
        case Sent(message_id, refused):
            return Decision(delivery, State.SENT, delivery.attempt, code=refused, message_id=message_id)
        case NotSent(reason):
            return Decision(delivery, State.DUE, before, now + _NOT_SENT_PAUSE, code=reason)
        case RateLimited(wait):
            return Decision(delivery, State.DUE, before, now + wait, hold=True, code="rate-limited")
        case Ambiguous(reason):
            if delivery.attempt >= on_ambiguous.attempts:
                return Decision(delivery, State.UNKNOWN, delivery.attempt, code=reason)
            return Decision(delivery, State.DUE, delivery.attempt, now + _AMBIGUOUS_PAUSE, code=reason)
        case Unreachable(code, topic):
            return Decision(delivery, failed, delivery.attempt, code=code, pause=code, topic=topic)
        case Restricted(code) | Missing(code):
            dates = MISSING_DATES if isinstance(outcome, Missing) else RESTRICTED_DATES
            return Decision(delivery, failed, delivery.attempt, code=code, pause=code, pause_after=dates)
        case Migrated(chat_id):
            return Decision(delivery, State.DUE, before, now, code="migrated", moved_to=chat_id)
        case Refused(code):
            return Decision(delivery, failed, delivery.attempt, code=code)
        case Unauthorized():
            return Decision(delivery, State.DUE, before, now + _UNAUTHORIZED_PAUSE, code="unauthorized")
    assert_never(outcome)


def give_back(delivery: Delivery, now: dt.datetime) -> Decision:
    """A claimed delivery whose turn has not come after all."""
    return Decision(delivery, State.DUE, delivery.attempt - 1, now, code="given back")


def recover(attempt: int, on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE) -> State:
    """What a row becomes that was in flight when its process died: tried once more at most."""
    return State.UNKNOWN if attempt >= on_ambiguous.attempts else State.DUE
