"""Messages beyond the free rate: the day's Stars as all processes of the bot have recorded them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import InitVar, dataclass, field

import structlog

from bot.core import operator_texts
from bot.core.governor import free, in_flight
from bot.core.model import Delivery
from bot.core.paying import Purse
from bot.ports import Alerts, Store, StoreError

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Paying:
    """Keeps to the ceiling of the purse; the operator hears once a day that it is reached."""

    store: Store
    alerts: Alerts
    rate: float
    stars: InitVar[int]
    purse: Purse = field(init=False)

    def __post_init__(self, stars: int) -> None:
        """At a rate that is free nothing is paid."""
        self.purse = Purse(stars if free(self.rate) < self.rate else 0)

    async def look(self, today: dt.date, going: Iterable[Delivery]) -> None:
        """Take in what was paid for today, when all but what is `going` is recorded; not known, nothing is paid."""
        if not self.purse.stars:
            return
        try:
            recorded = await self.store.paid(today)
        except StoreError as error:
            _log.warning("delivery.stars_unknown", reason=str(error))
            self.purse.shut()
            return
        self.purse.look(today, recorded, sum(each.paid for each in going))
        if self.purse.emptied():
            _log.warning("delivery.stars_spent", stars=self.purse.stars)
            self.alerts.tell(operator_texts.stars_spent(self.purse.stars))

    def room(self, most: int, going: int) -> int:
        """How many more may go: of those at the free rate fewer at once, as they would only wait for their turn."""
        free_of_charge = self.purse.stars and not self.purse.open
        return max(0, (min(most, in_flight(free(self.rate))) if free_of_charge else most) - going)
