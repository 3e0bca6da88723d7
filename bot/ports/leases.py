"""Which of the bot's processes are alive, and which one of them leads."""

import datetime as dt
from typing import Protocol


class Leases(Protocol):
    """Leases by the database's own clock. Any method may raise StoreError.

    Where one process has the database to itself it always leads, and none of this is written down.
    """

    @property
    def shared(self) -> bool:
        """Whether other processes of the bot's may be at work with the same database."""
        ...

    async def renew(self, owner: str, length: dt.timedelta, lately: dt.timedelta | None = None) -> int:
        """This process is alive for so long from now on; how many are, and have said so `lately`, it included."""
        ...

    async def lead(self, owner: str, length: dt.timedelta) -> bool:
        """Take the lead for so long, or keep it; False: another living process has it."""
        ...

    async def let_go(self, owner: str) -> None:
        """This process ends: others may take over at once."""
        ...
