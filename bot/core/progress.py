"""Where a reader stands in a library: what is out, what of it is read, and what is new."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.core.library import Library
from bot.core.model import Article, Digest, History, Theme
from bot.core.sequence import Added, is_new


@dataclass(frozen=True, slots=True)
class Progress:
    """One reader on one day; `added` is when this bot first had each digest."""

    library: Library
    history: History
    today: dt.date
    added: Added = field(default_factory=dict)

    def shelf(self, theme: Theme) -> tuple[Digest, ...]:
        """What is out of a theme; of one that an article calls its own, that article's digests alone."""
        return self.library.visible(theme, self.today)

    def of(self, articles: Iterable[Article]) -> tuple[Digest, ...]:
        """What is out of these articles."""
        return tuple(item for article in articles for theme in article.themes for item in self.shelf(theme))

    def read(self, digests: Iterable[Digest]) -> int:
        """How many of these digests are read."""
        return sum(item.id in self.history.seen for item in digests)

    def on(self, shelf: Iterable[Digest]) -> Digest | None:
        """With which of these digests the reader goes on: new ones first; None: all are read."""
        unread = [item for item in shelf if item.id not in self.history.seen]
        return next((item for item in unread if self.news((item,))), next(iter(unread), None))

    def news(self, digests: Iterable[Digest]) -> bool:
        """Whether one of these digests came after the reader did, and is unread."""
        return any(is_new(item, self.history, self.added) for item in digests)

    def first(self, theme: Theme) -> dt.date | None:
        """When the first digest of a theme comes of which nothing is out; None: nobody knows."""
        return min((item.publish for item in theme.digests if item.publish), default=None)
