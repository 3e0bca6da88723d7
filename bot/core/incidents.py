"""When sending has to pause or stop: rules over the latest outcomes, and one incident for each cause."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.delivery import Ambiguous, Missing, NotSent, Outcome, Refused, Sent, Unauthorized
from bot.core.model import Delivery

_STRANGERS_WINDOW = 100
_MOST_STRANGERS = 5
"""Of so many sends: a wrong token makes every chat unknown, and none of them is to blame."""
_NETWORK_WINDOW = 60.0
_NETWORK_MOST = 1000
"""Of so many sends, in so many seconds, those without an answer are counted: a bot at work sends for months."""
_FEWEST = 4
_IN_A_ROW = 8
"""Sends without an answer, one after another: the network is down, however well the minute began."""
_AMBIGUOUS_HOLD = 30.0
_NOT_SENT_HOLD = 3.0
_MOST_REFUSED = 3
"""Chats that Telegram may refuse one digest for, before the digest is stopped."""


class Cause(StrEnum):
    """What an incident is about."""

    TOKEN = "token"  # noqa: S105  a word, not a secret
    STRANGERS = "strangers"
    NETWORK = "network"
    CONTENT = "content"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Incident:
    """Told to the operator once, however many chats it touches. `digest` where content is the cause."""

    cause: Cause
    detail: str
    digest: str = ""


@dataclass(slots=True)
class Watch:
    """Looks at outcomes one after another. Times are seconds of a monotonic clock: the wall clock may jump."""

    halted: Cause | None = None
    _held_until: float = 0.0
    _silent: bool = False
    _strangers: deque[bool] = field(default_factory=lambda: deque(maxlen=_STRANGERS_WINDOW))
    _network: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=_NETWORK_MOST))
    _refused: dict[str, set[int]] = field(default_factory=dict)
    _taken: set[str | None] = field(default_factory=lambda: {None})
    _told: set[Cause] = field(default_factory=set)

    def may_send(self, at: float) -> bool:
        """Whether sending may go on: not after a halt, and not while the network is down."""
        return self.halted is None and at >= self._held_until

    def pauses(self, at: float) -> bool:
        """Whether sending waits for the network, so that it is worth asking Telegram something harmless."""
        return self.halted is None and at < self._held_until

    def asked(self, answered: bool, at: float) -> None:  # noqa: FBT001  it is the answer
        """A harmless question was asked in a pause: an answer after silence shows that the network is back.

        An answer at once shows nothing: then it is only sends that fail, and the pause takes its time.
        """
        if answered and self._silent:
            self._held_until = at
        self._silent = not answered

    def first(self, claimed: Sequence[Delivery], flying: Iterable[Delivery]) -> tuple[Delivery, ...]:
        """Those to send now: a digest that Telegram has not taken yet goes to three chats before all others."""
        tried: Counter[str | None] = Counter({digest: len(chats) for digest, chats in self._refused.items()})
        tried.update(delivery.content for delivery in flying)
        chosen = []
        for delivery in claimed:
            digest = delivery.content
            if digest in self._taken or tried[digest] < _MOST_REFUSED:
                chosen.append(delivery)
                tried[digest] += 1
        return tuple(chosen)

    def forget(self, digests: Collection[str]) -> None:
        """Other texts stand in the place of these: Telegram has neither taken nor refused them yet."""
        self._taken.difference_update(digests)
        for digest in digests:
            self._refused.pop(digest, None)

    def observe(
        self, delivery: Delivery, outcome: Outcome, at: float, began: float | None = None
    ) -> Incident | None:
        """Take in the outcome of a send that began earlier, or just now; the incident that it opens, if any."""
        match outcome:
            case Unauthorized():
                self.halted = Cause.TOKEN
                return self._once(Cause.TOKEN, "")
            case Refused(code) | Sent(refused=code) if code:
                return self._content(delivery, code)
            case Ambiguous(reason) | NotSent(reason):
                if began is not None and began < self._held_until:
                    return None  # it went out before the pause, and says nothing about the network after it
                hold = _NOT_SENT_HOLD if isinstance(outcome, NotSent) else _AMBIGUOUS_HOLD
                return self._lost(reason, at, hold)
        if isinstance(outcome, Sent):
            self._taken.add(delivery.content)
        self._strangers.append(isinstance(outcome, Missing))
        if sum(self._strangers) > _MOST_STRANGERS:
            self.halted = Cause.STRANGERS
            return self._once(Cause.STRANGERS, "")
        self._network.append((at, False))
        self._told.discard(Cause.NETWORK)
        return None

    def _content(self, delivery: Delivery, code: str) -> Incident | None:
        digest = delivery.content or ""
        chats = self._refused.setdefault(digest, set())
        already = len(chats) >= _MOST_REFUSED
        chats.add(delivery.chat.id)
        if already or len(chats) < _MOST_REFUSED:
            return None
        if delivery.broadcast:  # it is paused, and the operator may insist: then three more try it
            chats.clear()
        return Incident(Cause.CONTENT, code, digest)

    def _lost(self, reason: str, at: float, hold: float) -> Incident | None:
        """Too many sends got no answer: pause rather than spend every row's single retry."""
        self._network.append((at, True))
        while self._network[0][0] < at - _NETWORK_WINDOW:
            self._network.popleft()
        lost = [bad for _, bad in self._network]
        half = sum(lost) * 2 >= len(lost) >= _FEWEST
        if not half and not (len(lost) >= _IN_A_ROW and all(lost[-_IN_A_ROW:])):
            return None
        self._network.clear()
        self._silent = False
        self._held_until = at + hold
        return self._once(Cause.NETWORK, reason)

    def _once(self, cause: Cause, detail: str) -> Incident | None:
        if cause in self._told:
            return None
        self._told.add(cause)
        return Incident(cause, detail)
