"""What a reader gets next: the library's order, without what was read."""

import datetime as dt
from collections.abc import Set as AbstractSet

from bot.core.library import Library, version
from bot.core.model import Pick, Preferences


def pick(library: Library, themes: tuple[str, ...], seen: AbstractSet[str], today: dt.date) -> Pick:
    """The first unread digest of the chosen themes (none chosen: of all), and the progress over everything."""
    everything = library.sequence((), today)
    read = sum(digest in seen for digest in everything)
    unread = next((digest for digest in library.sequence(themes, today) if digest not in seen), None)
    found = library.digest(unread) if unread else None
    return Pick(unread, read + (unread is not None), len(everything), version(found[1]) if found else "")


def pick_on_request(
    library: Library, wanted: Preferences | None, seen: AbstractSet[str], today: dt.date
) -> Pick:
    """As `pick`, but a reader who asks goes on with the other themes when the chosen ones are read."""
    chosen = pick(library, wanted.themes if wanted else (), seen, today)
    return chosen if chosen.digest else pick(library, (), seen, today)
