"""How fast messages may go: one budget with two lanes, a pace for each chat, and chats that a 429 holds.

Nothing is reserved before it goes, so a call that waits never stands in the way of one that comes later and
goes first. The limits: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import datetime as dt
import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

_BUDGET = 30
"""Messages a second over all chats, free of charge; a higher `rate` is itself the budget."""
_FREE = 25
"""What bulk takes of it where a higher `rate` is not paid for: the rest is for answers."""
_SECOND = 1.005
"""A little longer than it is: what leaves within a second may arrive in a shorter time."""
_TOLERANCE = 0.02
"""Seconds that a late timer may catch up on."""
_BURST = 3
_BURST_IN_A_GROUP = 10
_IN_A_GROUP = 60 / (20 - _BURST_IN_A_GROUP)
"""Seconds from message to message, so that a burst and what follows it make 20 a minute; in private it is 1."""
_LONG_TEXT = 500
_LONG_COST = 6
"""Longer texts "hit limits sooner" (Telegram's bot support, without a figure). The one figure known from a
bot at work, LaunchBot's, is 6; a 429 costs more than a slow broadcast, and digests are shorter anyway."""
_ANSWER = 0.15
"""Seconds that Telegram takes to answer, from afar; as long again is there for recording answers in rounds."""
_LEAST_IN_FLIGHT, _MOST_IN_FLIGHT = 8, 256
_TOGETHER = dt.timedelta(seconds=2)
_NOTHING = dt.timedelta()
_MANY_CHATS = 3
"""A 429 does not say whether it is meant for the chat or for the bot. So many chats within 2 s, and fewer
messages taken in them than refused, mean the bot."""


class Lane(StrEnum):
    """Who waits for a message: a reader who has just asked, or nobody in particular. The first goes first.

    What is paid for is bulk, too, and goes as fast as `rate` says.
    """

    INTERACTIVE = "interactive"
    BULK = "bulk"
    PAID = "paid"


def free(rate: float) -> float:
    """What of a bulk lane's `rate` costs nothing (https://core.telegram.org/bots/api#paid-broadcasts)."""
    return rate if rate <= _BUDGET else _FREE


def cost(units: int) -> int:
    """How many short messages of the bulk lane one of so many UTF-16 units is worth."""
    return _LONG_COST if units > _LONG_TEXT else 1


def in_flight(rate: float) -> int:
    """How many messages on their way at once keep up `rate` a second, though some answers take their time."""
    return min(_MOST_IN_FLIGHT, max(_LEAST_IN_FLIGHT, math.ceil(2 * rate * _ANSWER)))


@dataclass(slots=True)
class _Schedule:
    """One every `interval` seconds, at most `burst` of them at once (ITU-T I.371: GCRA)."""

    interval: float
    burst: int = 1
    late: float = 0
    next: float = -math.inf

    def wait(self, now: float) -> float:
        ahead = (self.burst - 1) * self.interval + self.late
        return max(0, self.next - ahead - now)

    def take(self, now: float, amount: int = 1) -> None:
        self.next = max(self.next, now) + amount * self.interval


class _Budget:
    """So many a second, evenly; what a late timer catches up on makes no second fuller than that."""

    def __init__(self, rate: float) -> None:
        self._schedule = _Schedule(0, late=_TOLERANCE)
        self._went: deque[float] = deque()
        self.change(rate)

    def change(self, rate: float) -> None:
        self._schedule.interval = _SECOND / rate
        self._went = deque(self._went, maxlen=max(1, int(rate)))

    def wait(self, now: float) -> float:
        full = len(self._went) == self._went.maxlen
        return max(self._schedule.wait(now), self._went[0] + _SECOND - now if full else 0)

    def take(self, now: float, amount: int = 1) -> None:
        self._schedule.take(now, amount)
        self._went.append(now)


class Governor:
    """The budget. `rate` is the bulk lane's, in messages a second; `now` is monotonic, in seconds.

    Bulk goes evenly, never more than `rate` in any second (one at least). All together keep within 30 a second,
    or within `rate` where that is more: what interactive calls take of it beyond the difference, bulk lacks.
    With a `free` rate bulk keeps within that, and only what is paid for within `rate`.
    A reader's own chat does not pace the answers: they are as many as the reader's questions.
    """

    def __init__(self, rate: float, free: float | None = None) -> None:
        self._rates = {Lane.BULK: free or rate, Lane.PAID: rate}
        self._all = _Budget(max(_BUDGET, math.ceil(rate)))
        self._bulk = {lane: _Budget(most) for lane, most in self._rates.items()}
        self._chats: dict[int, _Schedule] = {}
        self._many = 0

    def share(self, processes: int) -> None:
        """So many processes send for the same bot, each with an equal part of the budget."""
        self._all.change(max(_BUDGET, math.ceil(self._rates[Lane.PAID])) / processes)
        for lane, rate in self._rates.items():
            self._bulk[lane].change(rate / processes)

    def lane_wait(self, now: float, lane: Lane) -> float:
        """Seconds until the lane's next message may go, if no other takes its place; 0: now."""
        return max(self._all.wait(now), self._bulk[lane].wait(now) if lane in self._bulk else 0)

    def chat_wait(self, now: float, chat: int | None, lane: Lane) -> float:
        """Seconds until the chat may get its next message; 0: now."""
        if chat is None or (chat > 0 and lane is Lane.INTERACTIVE):
            return 0
        schedule = self._chats.get(chat)
        return schedule.wait(now) if schedule else 0

    def take(self, now: float, chat: int | None, lane: Lane, units: int = 0) -> None:
        """A message of so many UTF-16 units goes now, as neither its lane nor its chat has to wait."""
        self._all.take(now)
        if lane in self._bulk:
            self._bulk[lane].take(now, cost(units))
        if chat is None:
            return
        if len(self._chats) >= self._many:  # those whose schedules are as good as new are forgotten
            self._chats = {known: schedule for known, schedule in self._chats.items() if schedule.next > now}
            self._many = 1000 + 2 * len(self._chats)
        # Channels, too, have negative ids.
        pace = _Schedule(_IN_A_GROUP, _BURST_IN_A_GROUP) if chat < 0 else _Schedule(1, _BURST)
        self._chats.setdefault(chat, pace).take(now)

    def forget(self, chat: int) -> None:
        """Let the chat be one that was never heard of."""
        self._chats.pop(chat, None)


class HeldChats:
    """Chats that Telegram wants left alone until a moment of wall time; the chat None stands for all of them.

    A clock that steps back makes a hold begin anew at worst: it never lasts longer than was asked for.
    """

    def __init__(self, now: dt.datetime, held: dict[int | None, dt.datetime]) -> None:
        self._holds = {chat: (until, until - now) for chat, until in held.items()}
        self._refused: dict[int, tuple[dt.datetime, dt.datetime]] = {}
        self._taken: deque[dt.datetime] = deque()

    def taken(self, now: dt.datetime) -> None:
        """Telegram took a message: as long as most are taken, a 429 is the chat's own."""
        self._taken.append(now)
        while abs(now - self._taken[0]) > _TOGETHER:
            self._taken.popleft()

    def refused(self, now: dt.datetime, chat: int, wait: dt.timedelta) -> dict[int | None, dt.datetime]:
        """A 429 came for a chat: what is held because of it, and until when. Of two ends the later counts."""
        recent = {other: times for other, times in self._refused.items() if abs(now - times[0]) <= _TOGETHER}
        self._refused = {**recent, chat: (now, now + wait)}
        made: dict[int | None, dt.datetime] = {chat: now + wait}
        taken = sum(abs(now - moment) <= _TOGETHER for moment in self._taken)
        if len(self._refused) >= _MANY_CHATS and len(self._refused) > taken:
            # The shortest of their waits: each chat keeps its own, and a halt that goes on is renewed.
            made[None] = min(until for _, until in self._refused.values())
        made = {held: max(until, now + self._left(now, held)) for held, until in made.items()}
        self._holds = {held: hold for held, hold in self._holds.items() if hold[0] > now}
        self._holds |= {held: (until, until - now) for held, until in made.items()}
        return made

    def forget(self, chat: int) -> None:
        """Let the chat be one that was never heard of."""
        self._holds.pop(chat, None)
        self._refused.pop(chat, None)

    def remaining(self, now: dt.datetime, chat: int | None) -> dt.timedelta:
        """How long nothing may go to a chat; zero: it is not held."""
        if not self._holds:  # nearly always
            return _NOTHING
        return max(self._left(now, None), self._left(now, chat))

    def _left(self, now: dt.datetime, chat: int | None) -> dt.timedelta:
        until, length = self._holds.get(chat, (now, _NOTHING))
        if until - now > length:  # the clock stepped back
            until = now + length
            self._holds[chat] = until, length
        return max(until - now, _NOTHING)
