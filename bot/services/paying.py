"""Messages beyond the free rate: the day's Stars as all processes of the bot have recorded them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

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
    purse: Purse

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

    def in_flight(self, rate: float, most: int) -> int:
        """How many may be on their way: at the free rate fewer, as they would only wait for their turn."""
        return most if self.purse.open or not self.purse.stars else min(most, in_flight(free(rate)))
