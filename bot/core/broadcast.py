"""A broadcast: one message from the operator to every active chat, its stages, its figures, and when it ends."""

import datetime as dt
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core import operator_texts as texts
from bot.core.governor import cost
from bot.core.markdown import units
from bot.core.model import Button, Message

LONGEST = 4096
"""UTF-16 units of a message's text after parsing (Bot API, sendMessage)."""
_MOST_BYTES = 32_768
"""Of a message's source, markup and all: more is refused as too long (tdlib/telegram-bot-api, Client.cpp)."""
_BAR = 10
_WINDOW = 60.0
_SHORTEST = 10.0
"""Seconds of sending that are looked at for the speed, at most and at least."""


class Stage(StrEnum):
    """Where a broadcast is: only one is `RUNNING`; `FINISHED` is one of which nothing is open."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message (`html`) to every active chat, followed by `operator` in the message `card`.

    `note` says why it rests.
    """

    id: int
    html: str
    stage: Stage
    operator: int
    card: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks of the bot: `send` the `html` for `operator`, or a button's verb for `number`."""

    verb: str
    number: int = 0
    html: str = ""
    operator: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a broadcast's deliveries are open, and how the others ended."""

    open: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    expired: int = 0

    @property
    def settled(self) -> int:
        """Those that are over."""
        return self.sent + self.failed + self.unknown + self.expired

    @property
    def total(self) -> int:
        """All."""
        return self.open + self.settled


@dataclass(slots=True)
class Speed:
    """Messages a second, as the last minute shows it. Times are seconds of a monotonic clock."""

    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def observe(self, at: float, settled: int, expected: float) -> float:
        """Take in how many are settled; messages a second, or `expected` while too little was seen."""
        if self._samples and settled < self._samples[-1][1]:  # some were taken up again
            self._samples.clear()
        self._samples.append((at, settled))
        while self._samples[0][0] < at - _WINDOW:
            self._samples.popleft()
        first, before = self._samples[0]
        return expected if at - first < _SHORTEST else (settled - before) / (at - first)


def problem(html: str) -> str | None:
    """Why a text cannot be sent as one message, in a sentence; None: it can."""
    length = units(Message(html).plain.strip())
    if not length:
        return texts.BROADCAST_EMPTY
    if length > LONGEST:
        return texts.broadcast_too_long(length, LONGEST)
    if len(html.encode()) > _MOST_BYTES:
        return texts.BROADCAST_TOO_FORMATTED
    return None


def bar(settled: int, total: int) -> str:
    """`▓▓▓░░░░░░░ 34%`: full, and 100%, when all are settled and not before."""
    share = settled / total if total else 1.0
    return "▓" * int(share * _BAR) + "░" * (_BAR - int(share * _BAR)) + f" {int(share * 100)}%"


def line(item: Broadcast, tally: Tally) -> str:
    """All of it in one line, for a terminal."""
    stage = texts.broadcast_stage(item.stage)
    return f"Broadcast {item.id} · {stage} · {bar(tally.settled, tally.total)} · {_figures(tally)}"


def ask(item: Broadcast, recipients: int, rate: float, now: dt.datetime) -> Message:
    """The card below the preview: how many get it, until when, and the two ways on. `now` is local."""
    if not recipients:
        return Message(texts.BROADCAST_NOBODY)
    ends = texts.ending(recipients, rate, now)
    if cost(units(item.html)) > 1:
        ends = f"{ends}\n\n{texts.BROADCAST_LONG}"
    send = Button(texts.broadcast_send(recipients), f"b:send:{item.id}")
    return Message(
        texts.broadcast_ask(recipients, ends), ((send, Button(texts.CANCEL, f"b:discard:{item.id}")),)
    )


def progress(item: Broadcast, tally: Tally, rate: float, now: dt.datetime) -> Message:
    """The card while it is not over; `rate` is messages a second as seen, `now` is local."""
    lines = [
        texts.broadcast_title(item.id, item.stage),
        f"{bar(tally.settled, tally.total)}\n{_figures(tally)}",
    ]
    if item.note:
        lines.append(texts.broadcast_note(item.note))
    elif item.stage is Stage.RUNNING:
        lines.append(texts.ending(tally.open, rate, now))
    stop = Button(texts.CANCEL, f"b:stop:{item.id}")
    match item.stage:
        case Stage.RUNNING | Stage.QUEUED:
            buttons = ((Button(texts.PAUSE, f"b:pause:{item.id}"), stop),)
        case Stage.PAUSED:
            buttons = ((Button(texts.RESUME, f"b:resume:{item.id}"), stop),)
        case _:
            return Message("\n\n".join(lines))
    return Message("\n\n".join(lines), buttons)


def summary(item: Broadcast, tally: Tally, missed: int, doubtful: int) -> Message:
    """The card when it is over; `missed` and `doubtful` of those without it can be tried again."""
    lines = [texts.broadcast_title(item.id, item.stage), _figures(tally)]
    gone = tally.failed + tally.expired - missed
    if gone:
        lines.append(texts.broadcast_gone(gone))
    buttons = []
    if missed:
        buttons.append((Button(texts.broadcast_retry(missed), f"b:retry:{item.id}"),))
    if doubtful:
        buttons.append((Button(texts.broadcast_doubtful(doubtful), f"b:doubt:{item.id}"),))
    return Message("\n\n".join(lines), tuple(buttons))


def doubt(item: Broadcast, doubtful: int) -> Message:
    """What a second sending to those in doubt can do, before it is done."""
    again = Button(texts.BROADCAST_SECOND_COPY, f"b:again:{item.id}")
    return Message(
        texts.broadcast_second_copy(doubtful), ((again,), (Button(texts.BACK, f"b:show:{item.id}"),))
    )


def _figures(tally: Tally) -> str:
    rest = {"failed": tally.failed, "unknown": tally.unknown, "not sent": tally.expired}
    named = "".join(f" · {number:,} {name}" for name, number in rest.items() if number)
    return f"{tally.sent:,} of {tally.total:,} sent{named}"
