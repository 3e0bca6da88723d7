"""What a reader gets next: what is new, then the library's order, without what was read."""

import datetime as dt
import itertools
from collections.abc import Mapping
from types import MappingProxyType

from bot.core.library import Library, version
from bot.core.model import Digest, History, Pick, Preferences

Added = Mapping[str, dt.datetime]
"""When this bot first had a digest (aware UTC)."""
_NONE: Added = MappingProxyType({})
_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


def pick(
    library: Library, wanted: Preferences | None, history: History, today: dt.date, added: Added = _NONE
) -> Pick:
    """The first unread digest of what is wanted, new ones before all others, and the progress over everything.

    New is what came after the reader did: to a chat that is not known nothing is new. `wanted` None is everything.
    """
    everything = library.sequence((), today)
    read = sum(map(history.seen.__contains__, everything))
    chosen = library.sequence(wanted.themes, today, wanted.articles) if wanted else everything
    unread = tuple(itertools.filterfalse(history.seen.__contains__, chosen))
    fresh = None
    if history.since is not None and _newest(library, added) > history.since:  # for most readers nothing is
        fresh = next((digest for digest in unread if _came_later(library, digest, history, added)), None)
    following = fresh or next(iter(unread), None)
    found = library.digest(following) if following else None
    wording = version(found[1]) if found else ""
    return Pick(following, read + (following is not None), len(everything), wording, new=fresh is not None)


def _newest(library: Library, added: Added) -> dt.datetime:
    """No digest came, or is published, after this."""
    return max(max(added.values(), default=_EVER), _begun(library.last_published))


def pick_on_request(
    library: Library, wanted: Preferences | None, history: History, today: dt.date, added: Added = _NONE
) -> Pick:
    """As `pick`, but a reader who asks goes on with the others when what was chosen is read."""
    chosen = pick(library, wanted, history, today, added)
    return chosen if chosen.digest or wanted is None else pick(library, None, history, today, added)


def is_new(item: Digest, history: History, added: Added) -> bool:
    """Whether a digest came, or was published, after the reader did."""
    if history.since is None or item.id in history.seen:
        return False
    return max(added.get(item.id, _EVER), _begun(item.publish)) > history.since


def _begun(date: dt.date | None) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), dt.UTC) if date else _EVER


def _came_later(library: Library, digest: str, history: History, added: Added) -> bool:
    found = library.digest(digest)
    return found is not None and is_new(found[1], history, added)
