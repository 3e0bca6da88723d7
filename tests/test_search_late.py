"""The index that is made when a language is first searched in: what is found is the same, and it is made once."""

import asyncio
from collections.abc import Iterator

from bot.core.search import Entry
from bot.store.search import Index, LateIndex

ENTRIES = (
    Entry("one", "The sea", "A ship on the sea.", "Water"),
    Entry("two", "Ships", "Many ships.", "Water"),
)


class Counted:
    """Entries that know how often they were asked for."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Iterator[Entry]:
        """All of them."""
        self.times += 1
        return iter(ENTRIES)


def test_nothing_is_made_before_a_search() -> None:
    """A language that nobody searches in takes no memory."""
    entries = Counted()

    LateIndex(entries, "en")

    assert entries.times == 0


async def test_those_who_search_at_once_wait_for_one_index() -> None:
    """It is made once, and finds what an index that was there before finds."""
    entries = Counted()
    late = LateIndex(entries, "en")

    await asyncio.gather(*(late.ready() for _ in range(5)))

    assert late.find("ship", 5) == Index.build(ENTRIES, "en").find("ship", 5) != ()
    assert entries.times == 1


def test_a_search_that_has_not_waited_finds_the_same() -> None:
    """`ready` only keeps others from waiting."""
    entries = Counted()
    late = LateIndex(entries, "en")

    assert late.find("sea", 5) == late.find("sea", 5) == Index.build(ENTRIES, "en").find("sea", 5) != ()
    assert entries.times == 1
