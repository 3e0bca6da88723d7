"""Searching, sharing, and the links that lead to what was shared."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from bot.core import render, results, texts
from bot.core import search_texts as words
from bot.core.library import Library
from bot.core.links import DIGEST
from bot.core.markdown import render as render_text
from bot.core.model import Article, Chat, Digest, Message, Theme
from bot.core.results import Found, Shared
from bot.core.search import Entry
from bot.core.stems import WORD
from bot.ports.searching import Finder
from bot.services.reading import Page, Reading

_MOST = 50
"""Digests that a search finds at most; a reader who needs more of them needs other words."""
_INLINE = 20
"""Results in an answer to an inline query: three screens of a phone. Telegram takes 50."""
SEARCH = "search"
"""The payload of the link that explains how to search; no theme has this name."""


def entries(library: Library) -> Iterator[Entry]:
    """The digests of a library in one language for an index; also those that are shown later."""
    for theme in library.themes:
        for item in theme.digests:
            yield Entry(item.id, item.title, render_text(item.text).plain, theme.title)


@dataclass(frozen=True, slots=True)
class Searching:
    """Finds digests in one language; `finder` knows those of the library that `reading` reads from."""

    finder: Finder
    reading: Reading

    async def ready(self) -> None:
        """To be awaited before a search: the first one in a language takes longer."""
        await self.finder.ready()

    def search(self, query: str, page: int = 0) -> Message:
        """A page (from 0) of what is found, the last one where there are fewer; without words, how to search."""
        say, links, query = self.reading.say, self.reading.links, results.cleaned(query)
        example = self._example()
        if not example:
            return Message(say(texts.NOTHING_HERE))
        if not query:
            return results.how_to(say, example, links)
        found = self._found(query, (page + 1) * results.PAGE + 1)
        if not found:
            return results.nothing(say, query, links)
        return results.results(say, query, found, min(page, (len(found) - 1) // results.PAGE))

    def inline(self, query: str, offset: str) -> tuple[tuple[Shared, ...], str]:
        """Results for an inline query from an offset on, and the next offset, "" at the end.

        Without words these are the first digests in the library's order; `#ID` is the digest of that id.
        """
        start = int(offset) if offset.isascii() and offset.isdigit() else 0
        following = start + _INLINE
        found = self._wanted(results.cleaned(query), following + 1)
        shown = found[start:following]
        return tuple(map(self._shared, shown)), str(following) if following < len(found) else ""

    async def linked(self, chat: Chat, payload: str) -> Page | None:
        """What a link with this payload leads to: a digest, a theme, or how to search; None: it is not here."""
        payload = payload.casefold()
        if payload == SEARCH:
            return Page(self.search(""))
        digest = payload.removeprefix(DIGEST) if payload.startswith(DIGEST) else ""
        page = await self.reading.digest(chat, digest) if digest else None
        return page or await self.reading.theme(chat, payload)

    async def lost(self) -> Page:
        """The answer to a link that leads nowhere (any more)."""
        welcome = (await self.reading.welcome()).message
        html = f"{self.reading.say(words.LINK_GONE)}\n\n{welcome.html}"
        return Page(Message(html, welcome.buttons))

    async def is_new(self, chat: Chat) -> bool:
        """Whether nothing is known of a chat: it has read nothing here, nor chosen anything."""
        history = await self.reading.store.history(chat)
        return history.since is None and not history.seen

    def introduction(self, digest: str) -> Message:
        """What this bot is, for who has just seen that digest and nothing else."""
        library = self.reading.library
        found = library.digest(digest)
        article = self._article(found[1]) if found else library.articles[0]
        total = len(library.sequence((), self._today()))
        return results.introduction(self.reading.say, article.title, total)

    def _found(self, query: str, count: int) -> tuple[Found, ...]:
        """The best of what is found and may be shown today, so many if there are; many that may not cost a new try."""
        count = limit = min(count, _MOST)
        while True:
            hits = self.finder.find(query, limit)
            known = ((self._visible(hit.digest), hit.snippet) for hit in hits)
            found = [Found(*each, snippet) for each, snippet in known if each]
            if len(found) >= count or len(hits) < limit:
                return tuple(found[:count])
            limit *= 4

    def _wanted(self, query: str, count: int) -> tuple[Found, ...]:
        """What an inline query asks for."""
        if query and not query.startswith("#"):
            return self._found(query, count)
        wanted = (
            (query[1:].casefold(),) if query else self.reading.library.sequence((), self._today())[:_MOST]
        )
        visible = (self._visible(digest) for digest in wanted)
        return tuple(Found(*each, results.beginning(each[1])) for each in visible if each)

    def _shared(self, found: Found) -> Shared:
        theme, item, reading = found.theme, found.digest, self.reading
        message = render.shared(reading.say, theme, item, self._article(item), reading.links)
        return Shared(item.id, f"{theme.emoji} {item.title}", found.description, message)

    def _example(self) -> str:
        """A word that finds something: the longest of the first title; "" where there is nothing to find."""
        first = next(iter(self.reading.library.sequence((), self._today())), "")
        found = self._visible(first)
        return max(WORD.findall(found[1].title) or [found[1].title], key=len) if found else ""

    def _article(self, item: Digest) -> Article:
        library = self.reading.library
        return library.article(item.article) or library.articles[0]

    def _visible(self, digest: str) -> tuple[Theme, Digest] | None:
        """The digest of that id with its theme, if it may be shown today."""
        found = self.reading.library.digest(digest)
        return found if found and (found[1].publish or dt.date.min) <= self._today() else None

    def _today(self) -> dt.date:
        return self.reading.clock.now().date()
