"""How much one person or one chat may ask in a while. Pure: the time is an argument, in seconds that only grow."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

_QUIET = 60.0
"""Seconds without a word after which somebody may be told once more."""
MOST = 10_000
"""Keys remembered by one `Flood`: the ones that asked last. Forgotten ones begin anew."""


class Verdict(Enum):
    """What happens to what was asked: answered; refused with one notice; refused in silence."""

    GO = auto()
    NOTICE = auto()
    SILENCE = auto()


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, and as many again in every `seconds`.

    Who oversteps it is refused until `pause` seconds have passed without a word; with 0 only until it is their
    turn again.
    """

    burst: int
    seconds: float
    pause: float = 0.0


COMMANDS = Limit(burst=5, seconds=10, pause=10)
"""For one person. Two in a row are a slip, five a look around; more is nobody who reads."""
PRESSES = Limit(burst=20, seconds=10, pause=5)
"""For one person: three a second for five seconds is somebody who leafs through a theme."""
INLINE = Limit(burst=20, seconds=10)
"""For one person: an inline query comes with every key stroke."""
CHAT = Limit(burst=20, seconds=60)
"""For a group or channel: what Telegram takes of a bot there (core.telegram.org/bots/faq). It has no pause, or one
busy minute would silence the bot for everybody who goes on."""


@dataclass(slots=True)
class _Account:
    """`left` may still be asked; `last` is when something was asked."""

    left: float
    last: float
    refused: bool = False
    told: bool = False


class Flood:
    """Counts by key; remembers `most` keys at once, at most."""

    def __init__(self, limit: Limit, most: int = MOST) -> None:
        self._limit = limit
        self._most = most
        self._accounts: OrderedDict[int, _Account] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def ask(self, key: int, now: float) -> Verdict:
        """Something is asked at `now`."""
        limit, account = self._limit, self._account(key, now)
        quiet, account.last = now - account.last, now
        account.told = account.told and quiet < _QUIET
        account.left = min(limit.burst, account.left + quiet * limit.burst / limit.seconds)
        if account.refused and quiet < limit.pause:
            account.left = 0.0
        elif account.left >= 1:
            account.left -= 1
            account.refused = False
            return Verdict.GO
        account.refused = True
        if account.told:
            return Verdict.SILENCE
        account.told = True
        return Verdict.NOTICE

    def _account(self, key: int, now: float) -> _Account:
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account(self._limit.burst, now)
            if len(self._accounts) > self._most:
                self._accounts.popitem(last=False)
        else:
            self._accounts.move_to_end(key)
        return account
