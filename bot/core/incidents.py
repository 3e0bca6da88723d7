"""When sending has to pause or stop: rules over the latest outcomes, and one incident for each cause."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.delivery import Ambiguous, Missing, NotSent, Outcome, Refused, Sent, Unauthorized
from bot.core.model import Delivery

_STRANGERS_WINDOW = 100
_MOST_STRANGERS = 5
"""Of so many sends: a wrong token makes every chat unknown, and none of them is to blame."""
_NETWORK_WINDOW = 60.0
_FEWEST = 4
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
    _strangers: deque[bool] = field(default_factory=lambda: deque(maxlen=_STRANGERS_WINDOW))
    _network: deque[tuple[float, bool]] = field(default_factory=deque)
    _refused: dict[str, set[int]] = field(default_factory=dict)
    _taken: set[str | None] = field(default_factory=lambda: {None})
    _told: set[Cause] = field(default_factory=set)

    def may_send(self, at: float) -> bool:
        """Whether sending may go on: not after a halt, and not while the network is down."""
        return self.halted is None and at >= self._held_until

    def first(self, claimed: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Those to send now: a digest that Telegram has not taken yet goes to three chats before all others."""
        tried: Counter[str | None] = Counter({digest: len(chats) for digest, chats in self._refused.items()})
        chosen = []
        for delivery in claimed:
            digest = delivery.content
            if digest in self._taken or tried[digest] < _MOST_REFUSED:
                chosen.append(delivery)
                tried[digest] += 1
        return tuple(chosen)

    def observe(self, delivery: Delivery, outcome: Outcome, at: float) -> Incident | None:
        """Take in one outcome; the incident that it opens, if it opens one."""
        match outcome:
            case Unauthorized():
                self.halted = Cause.TOKEN
                return self._once(Cause.TOKEN, "")
            case Refused(code) | Sent(refused=code) if code:
                return self._content(delivery, code)
            case Ambiguous(reason) | NotSent(reason):
                return self._lost(
                    reason, at, _NOT_SENT_HOLD if isinstance(outcome, NotSent) else _AMBIGUOUS_HOLD
                )
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
        """Half of the last minute's sends got no answer: pause rather than spend every row's single retry."""
        self._network.append((at, True))
        while self._network[0][0] < at - _NETWORK_WINDOW:
            self._network.popleft()
        if len(self._network) < _FEWEST or sum(bad for _, bad in self._network) * 2 < len(self._network):
            return None
        self._network.clear()
        self._held_until = at + hold
        return self._once(Cause.NETWORK, reason)

    def _once(self, cause: Cause, detail: str) -> Incident | None:
        if cause in self._told:
            return None
        self._told.add(cause)
        return Incident(cause, detail)
