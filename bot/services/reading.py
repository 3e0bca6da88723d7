"""Reading on request: a theme, the next digest, one digest, the lists."""

from dataclasses import dataclass, field, replace

from bot.core import article_texts, lists, render, texts
from bot.core.language import ENGLISH, Language
from bot.core.library import Library, version
from bot.core.links import ANY, Links
from bot.core.markdown import escape
from bot.core.model import Chat, Digest, History, Message, Pick, Theme
from bot.core.progress import Progress
from bot.core.rich import whole
from bot.core.sequence import Added, is_new, pick_on_request
from bot.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Page:
    """What to show, and the digest (with its version) that counts as read once it has been shown."""

    message: Message
    digest: str | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers readers' requests in one language, from the library as it reads in that.

    `added` is when this bot first had each digest. Nothing counts as read before the caller has shown it and says so.
    """

    store: Store
    library: Library
    clock: Clock
    say: Language = ENGLISH
    added: Added = field(default_factory=dict)
    links: Links = ANY

    async def welcome(self) -> Page:
        """The first message."""
        total = len(self.library.sequence((), self.clock.now().date()))
        return Page(
            render.welcome(self.say, self.library, total) if total else Message(self.say(texts.NOTHING_HERE))
        )

    async def theme(self, chat: Chat, name: str) -> Page | None:
        """A theme at the reader's first unread digest, or at its first; None: there is no such theme."""
        theme = self.library.theme(name)
        if theme is None:
            return None
        progress = await self._progress(chat)
        shelf = progress.shelf(theme)
        if not shelf:
            first, title = progress.first(theme), escape(theme.title)
            text = article_texts.BEGINS_LATER if first else article_texts.NO_DIGESTS
            return Page(Message(self.say(text, theme=title, day=first and self.say.day(first))))
        return self._page(theme, progress.on(shelf) or shelf[0], progress.history)

    async def next(self, chat: Chat) -> Page:
        """The next unread digest, or the end."""
        history = await self.store.history(chat)
        subscription = await self.store.subscription(chat)
        wanted = subscription.preferences if subscription else None
        pick = pick_on_request(self.library, wanted, history, self.clock.now().date(), self.added)
        if not pick.total:
            return Page(Message(self.say(texts.NOTHING_HERE)))
        found = self.library.digest(pick.digest) if pick.digest else None
        if found:
            return self._page(*found, history)
        return Page(render.all_read(self.say, pick, subscribed=subscription is not None))

    async def next_of(self, chat: Chat, article: str) -> Page | None:
        """The next unread digest of an article, or its end; None: there is no such article."""
        found, progress = self.library.article(article), await self._progress(chat)
        if found is None:
            return None
        shelf = progress.of((found,))
        following = progress.on(shelf)
        if following is None:
            return Page(lists.article_read(self.say, found, len(shelf)))
        return await self.digest(chat, following.id)

    async def digest(self, chat: Chat, digest: str) -> Page | None:
        """One digest by its id; None: it does not exist, or not yet."""
        found = self._visible(digest)
        return self._page(*found, await self.store.history(chat)) if found else None

    async def paragraphs(self, chat: Chat, digest: str) -> Page | None:
        """The same with the paragraphs that it rests on."""
        page, found = await self.digest(chat, digest), self._visible(digest)
        if page is None or found is None:
            return None
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        source = self.library.article(item.article)
        if source is None:
            return None
        unfolded = render.with_paragraphs(self.say, page.message, item, shelf, source, self.links)
        return replace(page, message=unfolded)

    async def position(self, chat: Chat, digest: str) -> str:
        """Where in its theme a digest stands, in one sentence."""
        found = self._visible(digest)
        if found is None:
            return self.say(texts.GONE)
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        seen = (await self.store.history(chat)).seen
        return texts.position(
            self.say, shelf.index(item) + 1, len(shelf), sum(each.id not in seen for each in shelf)
        )

    async def themes(self, chat: Chat, page: int = 0) -> Page:
        """All themes with the reader's progress, a page of them."""
        return Page(lists.themes(self.say, await self._progress(chat), page))

    async def articles(self, chat: Chat, page: int = 0) -> Page:
        """About the article; of several, a page of their list."""
        progress = await self._progress(chat)
        if len(self.library.articles) == 1:
            return Page(lists.article(self.say, progress, self.library.articles[0]))
        return Page(lists.articles(self.say, progress, page))

    async def article(self, chat: Chat, article: str) -> Page | None:
        """About one article; None: there is no such article."""
        found = self.library.article(article)
        return Page(lists.article(self.say, await self._progress(chat), found)) if found else None

    async def whole(self, chat: Chat, article: str) -> Message | None:
        """An article with all its digests as a rich message; None: there is no such article.

        They are folded, so none of them counts as read.
        """
        found = self.library.article(article)
        return whole(self.say, await self._progress(chat), found) if found else None

    async def changes(self, chat: Chat) -> Page:
        """What the chat has read in a wording that is not today's."""
        known = await self.store.versions(chat)
        found = ((self._visible(digest), seen) for digest, seen in known.items())
        changed = [item for item, seen in found if item and version(item[1]) != seen]
        return Page(
            render.changes(self.say, changed) if changed else Message(self.say(texts.NOTHING_CHANGED))
        )

    async def mark_read(self, chat: Chat, digest: str, shown: str = "", update: int = 0) -> None:
        """The chat has been shown a digest, in the version `shown`, as the answer to that update."""
        await self.store.mark_seen(chat, digest, self.clock.now(), shown, update)

    async def _progress(self, chat: Chat) -> Progress:
        return Progress(self.library, await self.store.history(chat), self.clock.now().date(), self.added)

    def _visible(self, digest: str) -> tuple[Theme, Digest] | None:
        found = self.library.digest(digest)
        if found is None or found[1] not in self.library.visible(found[0], self.clock.now().date()):
            return None
        return found

    def _page(self, theme: Theme, item: Digest, history: History) -> Page:
        today = self.clock.now().date()
        everything = self.library.sequence((), today)
        read = sum(digest in history.seen or digest == item.id for digest in everything)
        progress = Pick(item.id, read, len(everything), new=is_new(item, history, self.added))
        shelf = self.library.visible(theme, today)
        message = render.digest(self.say, theme, item, shelf, progress, self.links)
        return Page(message, item.id, version(item))
