"""Reading on request: a theme, the next digest, one digest, the lists."""

from dataclasses import dataclass, replace

from bot.core import render, texts
from bot.core.library import Library, version
from bot.core.model import Chat, Digest, Message, Theme
from bot.core.sequence import pick_on_request
from bot.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Page:
    """What to show, and the digest (with its version) that counts as read once it has been shown."""

    message: Message
    digest: str | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers readers' requests. Nothing counts as read before the caller has shown it and says so."""

    store: Store
    library: Library
    clock: Clock

    async def welcome(self) -> Page:
        """The first message."""
        total = len(self.library.sequence((), self.clock.now().date()))
        return Page(render.welcome(self.library, total) if total else Message(texts.NOTHING_HERE))

    async def theme(self, chat: Chat, name: str) -> Page | None:
        """A theme at the reader's first unread digest, or at its first; None: there is no such theme."""
        theme = self.library.theme(name)
        if theme is None:
            return None
        shelf = self.library.visible(theme, self.clock.now().date())
        if not shelf:
            return Page(Message(texts.NOTHING_HERE))
        seen = await self.store.seen(chat)
        item = next((item for item in shelf if item.id not in seen), shelf[0])
        return self._page(theme, item, seen)

    async def next(self, chat: Chat) -> Page:
        """The next unread digest, or the end."""
        seen = await self.store.seen(chat)
        subscription = await self.store.subscription(chat)
        wanted = subscription.preferences if subscription else None
        pick = pick_on_request(self.library, wanted, seen, self.clock.now().date())
        if not pick.total:
            return Page(Message(texts.NOTHING_HERE))
        found = self.library.digest(pick.digest) if pick.digest else None
        return self._page(*found, seen) if found else Page(render.all_read(pick.total))

    async def digest(self, chat: Chat, digest: str) -> Page | None:
        """One digest by its id; None: it does not exist, or not yet."""
        found = self._visible(digest)
        return self._page(*found, await self.store.seen(chat)) if found else None

    async def paragraphs(self, chat: Chat, digest: str) -> Page | None:
        """The same with the paragraphs that it rests on."""
        page, found = await self.digest(chat, digest), self._visible(digest)
        if page is None or found is None:
            return None
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        source = self.library.article(item.article)
        unfolded = render.with_paragraphs(page.message, item, shelf, source) if source else None
        return replace(page, message=unfolded) if unfolded else None

    async def position(self, chat: Chat, digest: str) -> str:
        """Where in its theme a digest stands, in one sentence."""
        found = self._visible(digest)
        if found is None:
            return texts.GONE
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        seen = await self.store.seen(chat)
        return texts.position(shelf.index(item) + 1, len(shelf), sum(each.id not in seen for each in shelf))

    async def themes(self, chat: Chat) -> Page:
        """All themes with the reader's progress."""
        today = self.clock.now().date()
        shelves = {theme.name: self.library.visible(theme, today) for theme in self.library.themes}
        return Page(render.themes(self.library, shelves, await self.store.seen(chat)))

    async def article(self, chat: Chat) -> Page:
        """About the newest article."""
        today, seen = self.clock.now().date(), await self.store.seen(chat)
        article = self.library.articles[0]
        digests = [item.id for theme in article.themes for item in self.library.visible(theme, today)]
        return Page(render.article(article, sum(item in seen for item in digests), len(digests)))

    async def changes(self, chat: Chat) -> Page:
        """What the chat has read in a wording that is not today's."""
        known = await self.store.versions(chat)
        found = ((self._visible(digest), seen) for digest, seen in known.items())
        changed = [item for item, seen in found if item and version(item[1]) != seen]
        return Page(render.changes(changed) if changed else Message(texts.NOTHING_CHANGED))

    async def mark_read(self, chat: Chat, digest: str, shown: str = "") -> None:
        """The chat has been shown a digest, in the version `shown`."""
        await self.store.mark_seen(chat, digest, self.clock.now(), shown)

    async def start_over(self, chat: Chat) -> Page:
        """Forget what was read, and begin with the first digest."""
        await self.store.start_over(chat)
        return await self.next(chat)

    def _visible(self, digest: str) -> tuple[Theme, Digest] | None:
        found = self.library.digest(digest)
        if found is None or found[1] not in self.library.visible(found[0], self.clock.now().date()):
            return None
        return found

    def _page(self, theme: Theme, item: Digest, seen: frozenset[str]) -> Page:
        today = self.clock.now().date()
        everything = self.library.sequence((), today)
        read = sum(digest in seen or digest == item.id for digest in everything)
        shelf = self.library.visible(theme, today)
        return Page(render.digest(theme, item, shelf, read, len(everything)), item.id, version(item))
