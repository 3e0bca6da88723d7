"""Correcting: posts in groups and channels are edited in place, private readers get one note if it matters."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from bot.core import posts, render, texts
from bot.core.delivery import Ambiguous, NotSent, Outcome, RateLimited, Refused, Sent, Unauthorized
from bot.core.language import ENGLISH, Language
from bot.core.library import Library, version
from bot.core.links import ANY, Links
from bot.core.markdown import escape
from bot.core.model import Digest, Kind, Message, Pick, Post, Theme
from bot.ports import Clock, Sender, Store

_log = structlog.get_logger(__name__)
_BATCH = 100
"""Posts edited in one tick, at most."""
_KEPT = dt.timedelta(days=90)
_LOOK_AGAIN = dt.timedelta(minutes=10)
"""What was on its way when the text changed is recorded after it."""
_SOON, _LATER = dt.timedelta(minutes=1), dt.timedelta(days=1)
"""When an edit is tried again that had no answer, and one in a chat that does not let the bot write."""


@dataclass(slots=True)
class Correcting:
    """Compares today's library with what chats know; `operator` follows the notes (0: nobody does).

    All that is owed stands in the database. This process only remembers what it need not look at: `_current` holds
    until when no post of a digest's version is looked for, and `_told` the notes that are owed or sent.
    """

    store: Store
    sender: Sender
    clock: Clock
    operator: int = 0
    languages: Mapping[str, Language] = field(default_factory=lambda: {"en": ENGLISH})
    links: Links = ANY
    _current: dict[tuple[str, str], dt.datetime] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)

    async def tick(self, library: Library) -> int:
        """Owe notes on corrections, then edit what is out of date; how many edits were tried.

        Raises StoreError when the database does not answer; the next tick goes on.
        """
        now, tried = self.clock.now(), 0
        for theme in library.themes:
            for item in library.visible(theme, now.date()):
                wording = version(item)
                if item.correction and (item.id, wording) not in self._told:
                    await self._owe(item, wording, now)
                if self._current.get((item.id, wording), now) <= now and tried < _BATCH:
                    count, going = await self._edit_posts(library, theme, item, _BATCH - tried)
                    tried += count
                    if not going:
                        return tried
        return tried

    async def _owe(self, item: Digest, wording: str, now: dt.datetime) -> None:
        html = texts.corrected(ENGLISH, escape(item.title), escape(item.correction))
        if readers := await self.store.correct(item.id, wording, html, self.operator, now):
            _log.info("correction.queued", digest=item.id, version=wording, readers=readers)
        self._told.add((item.id, wording))

    async def _edit_posts(self, library: Library, theme: Theme, item: Digest, limit: int) -> tuple[int, bool]:
        """How many edits were tried, and whether more may follow now."""
        wording, now = version(item), self.clock.now()
        posts = await self.store.stale_posts(item.id, wording, (now - _KEPT).date(), limit)
        if not posts:
            self._current[item.id, wording] = now + _LOOK_AGAIN
        ready = [post for post in posts if post.not_before <= now]
        everything = library.sequence((), now.date())
        for count, post in enumerate(ready, 1):
            read = sum(digest in post.read for digest in everything)
            message = self._post(library, (theme, item), post, Pick(item.id, read, len(everything)))
            outcome = await self.sender.edit(post.chat, post.message_id, message)
            await self._record(post, wording, outcome)
            if isinstance(outcome, NotSent | Unauthorized):  # no network, no token, or the bot stops
                return count, False
        return len(ready), True

    def _post(self, library: Library, original: tuple[Theme, Digest], post: Post, progress: Pick) -> Message:
        say = self.languages.get(post.language, self.languages["en"])
        shelves = library.in_language(say.code)
        theme, item = shelves.digest(original[1].id) or original
        shelf = shelves.visible(theme, self.clock.now().date())
        if post.kind is Kind.CHANNEL:
            return posts.post(say, theme, item, shelf, self.links.digest)
        return render.digest(say, theme, item, shelf, progress, self.links)

    async def _record(self, post: Post, wording: str, outcome: Outcome) -> None:
        match outcome:
            case Sent() | Refused():  # refused: it is not there any more, or cannot be edited
                await self.store.edited(post.id, wording)
            case RateLimited(wait):
                await self.store.edit_later(post.id, self.clock.now() + wait)
            case NotSent() | Ambiguous() | Unauthorized():
                await self.store.edit_later(post.id, self.clock.now() + _SOON)
            case _:
                await self.store.edit_later(post.id, self.clock.now() + _LATER)
