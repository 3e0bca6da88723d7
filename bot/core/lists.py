"""The lists of themes and articles, and the page of one article: with the reader's progress, page by page."""

from collections.abc import Sequence

from bot.core import article_texts, texts
from bot.core.language import Language
from bot.core.markdown import escape
from bot.core.model import Article, Button, Message, Theme
from bot.core.progress import Progress

_THEMES = 10
_ARTICLES = 6
"""Entries on a page: with the longest names that the content may have it stays below Telegram's 4,096 units."""
_LABEL = 64
Row = tuple[Button, ...]


def themes(say: Language, progress: Progress, page: int = 0) -> Message:
    """All themes by article, each with its command and how much of it is read; what is new is marked.

    A theme of several articles stands under each of them, with that article's digests. A `page` that there is not
    is the nearest one.
    """
    articles = progress.library.articles
    entries = [(article, theme) for article in articles for theme in article.themes]
    page, pages = _within(page, len(entries), _THEMES)
    everything = progress.of(articles)
    blocks = [article_texts.themes(say, progress.read(everything), len(everything))]
    above: Article | None = None
    for article, theme in entries[page * _THEMES : (page + 1) * _THEMES]:
        title = f"\n<b>{escape(article.title)}</b>\n\n" if article is not above else ""
        blocks.append(title + _theme(say, progress, theme))
        above = article
    back = (Button(say(texts.ARTICLES), "articles:0"),) if len(articles) > 1 else ()
    rows = ((*back, Button(say(texts.NEXT), "next")), *_leaves("themes", page, pages))
    return Message("\n\n".join(blocks), rows)


def articles(say: Language, progress: Progress, page: int = 0) -> Message:
    """All articles, the newest first, each with its author, the reader's progress and a button to its page."""
    page, pages = _within(page, len(progress.library.articles), _ARTICLES)
    shown = progress.library.articles[page * _ARTICLES : (page + 1) * _ARTICLES]
    everything = progress.of(progress.library.articles)
    heading = article_texts.articles(
        say, len(progress.library.articles), progress.read(everything), len(everything)
    )
    blocks = [_listed(say, progress, item) for item in shown]
    buttons = tuple((Button(item.title[:_LABEL], f"a:{item.id}"),) for item in shown)
    return Message("\n\n".join((heading, *blocks)), (*buttons, *_leaves("articles", page, pages)))


def article(say: Language, progress: Progress, item: Article) -> Message:
    """What an article is, what is covered of it, how far the reader is, and ways into it."""
    shelf = progress.of((item,))
    lines = (
        f"📰 <b>{escape(item.title)}</b>",
        f"{escape(item.author)}\n{escape(item.publisher)}, {say.day(item.published)}",
        _covered(say, item, len(shelf)),
        f"<b>{texts.read_of(say, progress.read(shelf), len(shelf))}</b>" + _mark_of_news(progress, item),
        f"<i>{escape(item.licence)}</i>",
    )
    return Message("\n\n".join(lines), ways(say, progress, item))


def article_read(say: Language, item: Article, digests: int) -> Message:
    """The end of one article of several; of one that has nothing out yet, that there is nothing."""
    buttons = ((Button(say(texts.NEXT), "next"),), (Button(say(texts.BACK), f"a:{item.id}"),))
    if not digests:
        return Message(say(article_texts.NO_DIGESTS, theme=escape(item.title)), buttons)
    read = texts.digests(say, digests)
    return Message(say(article_texts.ARTICLE_READ, title=escape(item.title), digests=read), buttons)


def ways(say: Language, progress: Progress, item: Article) -> tuple[Row, ...]:
    """Read on in the article, its themes, its source; and back to the list where there is one."""
    place = progress.library.articles.index(item)
    before = sum(len(other.themes) for other in progress.library.articles[:place])
    several = len(progress.library.articles) > 1
    reading = Button(say(texts.READ), f"read:{item.id}" if several else "next")
    seeing = Button(say(texts.THEMES), f"themes:{before // _THEMES}" if several else "themes")
    link = ((Button(say(texts.READ_ARTICLE), url=item.url),),) if item.url else ()
    back = ((Button(say(texts.BACK), f"articles:{place // _ARTICLES}"),),) if several else ()
    return ((reading, seeing), *link, *back)


def _theme(say: Language, progress: Progress, theme: Theme) -> str:
    shelf = progress.shelf(theme)
    read = texts.mark(say, progress.read(shelf), len(shelf))
    state = read if shelf else article_texts.not_yet(say, progress.first(theme))
    new = " 🆕" if progress.news(shelf) else ""
    return f"{escape(theme.emoji)} {escape(theme.title)} · {state}{new}\n/{theme.name}"


def _listed(say: Language, progress: Progress, item: Article) -> str:
    shelf = progress.of((item,))
    state = texts.mark(say, progress.read(shelf), len(shelf)) if shelf else article_texts.not_yet(say, None)
    about = f"{escape(item.author)}, {say.day(item.published)}"
    return f"<b>{escape(item.title)}</b>\n{about} · {state}{_mark_of_news(progress, item)}"


def _covered(say: Language, item: Article, digests: int) -> str:
    known = {paragraph.number for paragraph in item.outline}
    covered = {number for theme in item.themes for digest in theme.digests for number in digest.paragraphs}
    return article_texts.coverage(say, len(item.themes), digests, len(covered & known), len(known))


def _mark_of_news(progress: Progress, item: Article) -> str:
    return " 🆕" if progress.news(progress.of((item,))) else ""


def _within(page: int, entries: int, size: int) -> tuple[int, int]:
    """The page that there is nearest to `page`, and how many there are."""
    pages = max(1, -(-entries // size))
    return min(max(page, 0), pages - 1), pages


def _leaves(name: str, page: int, pages: int) -> Sequence[Row]:
    """◀ page ▶ in a ring, as in a digest; nothing where all fits on one page."""
    if pages == 1:
        return ()
    before, after = (page - 1) % pages, (page + 1) % pages
    return (
        (
            Button("◀", f"{name}:{before}"),
            Button(f"{page + 1}/{pages}", f"{name}:{page}"),
            Button("▶", f"{name}:{after}"),
        ),
    )
