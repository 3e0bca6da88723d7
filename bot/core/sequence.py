"""What a reader gets next: what is new, then the library's order, without what was read."""

import datetime as dt
from collections.abc import Mapping

from bot.core.library import Library, version
from bot.core.model import Digest, History, Pick, Preferences

Added = Mapping[str, dt.datetime]
"""When this bot first had a digest (aware UTC)."""


def pick(
    library: Library, wanted: Preferences | None, history: History, today: dt.date, added: Added
) -> Pick:
    """The first unread digest of what is wanted, new ones before all others, and the progress over everything.

    New is what came after the reader did: to a chat that is not known nothing is new. `wanted` None is everything.
    """
    everything = library.sequence((), today)
    read = sum(digest in history.seen for digest in everything)
    chosen = library.sequence(wanted.themes, today, wanted.articles) if wanted else everything
    unread = [digest for digest in chosen if digest not in history.seen]
    fresh = next((digest for digest in unread if _came_later(library, digest, history, added)), None)
    following = fresh or next(iter(unread), None)
    found = library.digest(following) if following else None
    wording = version(found[1]) if found else ""
    return Pick(following, read + (following is not None), len(everything), wording, new=fresh is not None)


def pick_on_request(
    library: Library, wanted: Preferences | None, history: History, today: dt.date, added: Added
) -> Pick:
    """As `pick`, but a reader who asks goes on with the others when what was chosen is read."""
    chosen = pick(library, wanted, history, today, added)
    return chosen if chosen.digest or wanted is None else pick(library, None, history, today, added)


def is_new(item: Digest, history: History, added: Added) -> bool:
    """Whether a digest came, or was published, after the reader did."""
    if history.since is None or item.id in history.seen:
        return False
    published = dt.datetime.combine(item.publish, dt.time(), dt.UTC) if item.publish else history.since
    return max(added.get(item.id, history.since), published) > history.since


def _came_later(library: Library, digest: str, history: History, added: Added) -> bool:
    found = library.digest(digest)
    return found is not None and is_new(found[1], history, added)
