"""What may be spent on messages beyond the free rate: at most so many Stars on a day of UTC."""

import datetime as dt
from dataclasses import dataclass, field

_MESSAGES_A_STAR = 10
"""A message costs 0.1 Star (https://core.telegram.org/bots/api#paid-broadcasts)."""


@dataclass(slots=True)
class Purse:
    """Says which messages may be charged for; a ceiling of 0 Stars allows none.

    Every message that asks for it counts, though Telegram takes 30 a second for free: which ones, it does not say,
    so the ceiling holds in any case.
    """

    stars: int
    _left: int = field(default=0, init=False)
    _today: dt.date = field(default=dt.date.min, init=False)
    _opened: dt.date = field(default=dt.date.min, init=False)
    _told: dt.date = field(default=dt.date.min, init=False)

    def look(self, today: dt.date, recorded: int, going: int) -> None:
        """Take in how many messages are recorded as paid today, and how many are not recorded yet."""
        self._left, self._today = self.stars * _MESSAGES_A_STAR - recorded - going, today
        if self.open:
            self._opened = today

    def shut(self) -> None:
        """Pay for nothing until the next look."""
        self._left = 0

    @property
    def open(self) -> bool:
        """Whether another message may be charged for."""
        return self._left > 0

    def pay(self) -> bool:
        """Whether this message may be charged for; then it counts."""
        paid = self.open
        self._left -= paid
        return paid

    def emptied(self) -> bool:
        """Whether the day's Stars have just been spent: true once a day, and not of a day that began so."""
        emptied = not self.open and self._opened == self._today != self._told
        if emptied:
            self._told = self._today
        return emptied
