"""What is counted of the work with Telegram."""

from bot.core.delivery import Outcome


class Meter:
    """Counts what happens; never raises. This one counts nothing."""

    def received(self, count: int = 1) -> None:
        """So many updates came."""

    def handled(self, seconds: float) -> None:
        """An update was handled, well or badly, and took so long."""

    def failed(self) -> None:
        """Handling an update ended in an error."""

    def answered(self, method: str, status: int, seconds: float) -> None:
        """A call of the Bot API was answered with an HTTP status after so long; 0: it was not answered."""

    def told_to_wait(self, seconds: float) -> None:
        """Telegram answered 429, and wants nothing for so long."""

    def attempted(self, outcome: Outcome) -> None:
        """A delivery was tried."""
