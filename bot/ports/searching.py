"""Finding digests by words."""

from typing import Protocol

from bot.core.search import Hit


class Finder(Protocol):
    """The digests of one library in one language; it does not change, and is asked by one thread at a time."""

    async def ready(self) -> None:
        """Prepare what `find` needs in a thread: answers go on meanwhile. Without it the first `find` does it."""
        ...

    def find(self, query: str, limit: int) -> tuple[Hit, ...]:
        """At most `limit` digests, the best first; any text is a query, and one without words finds none.

        Those whose day is still to come are among them. Never raises, and takes 20 ms at most.
        """
        ...
