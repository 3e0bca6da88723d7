"""Sentences about articles and their themes, as Telegram HTML; names put in are escaped by the caller."""

import datetime as dt
from textwrap import shorten

from bot.core import texts
from bot.core.language import N_, Language

ARTICLE_GONE = N_("This article is no longer here. Try /article.")
NO_DIGESTS = N_("<b>{theme}</b> has no digests yet. /themes lists what there is.")
BEGINS_LATER = N_(
    "<b>{theme}</b> begins on {day}: its first digest comes then. Until then, /themes lists what there is."
)
ARTICLE_READ = N_(
    "🎉 <b>You have read all of “{title}”: {digests}.</b>\n\n/next goes on with what else is unread."
)
PROFILE = "📖 "
"""How the bot's descriptions begin: by that it knows one of its own, and never writes over an operator's."""


def welcome_to_several(say: Language, articles: list[tuple[str, str]], more: int, digests: int) -> str:
    """The first message where there are several articles: the titles and authors of the newest, and `more`."""
    lines = [f"• <b>{title}</b>, {author}" for title, author in articles]
    lines += [say.count("and {number} more: /article", "and {number} more: /article", more)] if more else []
    return say(
        "👋 {articles} in {digests}, the newest first:\n\n{lines}\n\n"
        "Each takes less than a minute, and you never get the same one twice.\n\n"
        "Read now with /next, choose from /themes or /article, or let me send you one a day with /subscribe.",
        articles=say.count("{number} article", "{number} articles", len(articles) + more),
        digests=texts.short_digests(say, digests),
        lines="\n".join(lines),
    )


def coverage(say: Language, themes: int, digests: int, covered: int, paragraphs: int) -> str:
    """What of the article is here."""
    return say(
        "{themes}, {digests}, resting on {covered} of its {paragraphs}.",
        themes=say.count("{number} theme", "{number} themes", themes),
        digests=say.count("{number} digest", "{number} digests", digests),
        covered=say.number(covered),
        paragraphs=say.count("{number} paragraph", "{number} paragraphs", paragraphs),
    )


def themes(say: Language, read: int, total: int) -> str:
    """The heading of the list of themes."""
    return f"📚 <b>{say(texts.THEMES)}</b> · {texts.read_of(say, read, total)}"


def articles(say: Language, number: int, read: int, total: int) -> str:
    """The heading of the list of articles."""
    heading = say.count("{number} article", "{number} articles", number)
    return f"📰 <b>{heading}</b> · {texts.read_of(say, read, total)}"


def not_yet(say: Language, first: dt.date | None) -> str:
    """A theme in the list of which nothing can be read yet; `first` is when its first digest comes."""
    return say("from {day}", day=say.day(first)) if first else say("nothing yet")


def more_digests(say: Language, more: int) -> str:
    """The end of a message that holds as many digests as fit."""
    return say.count(
        "And {number} more digest: /themes leads to it.",
        "And {number} more digests: /themes leads to them.",
        more,
    )


def description(say: Language, title: str, author: str) -> str:
    """What an empty chat with the bot says: at most 512 characters of plain text."""
    return PROFILE + say(
        "“{title}” by {author}, in short digests: each takes less than a minute. Read by theme, or let me send you "
        "one a day at your own hour.",
        title=shorten(title, 120, placeholder="…"),
        author=shorten(author, 80, placeholder="…"),
    )


def short_description(say: Language, title: str) -> str:
    """What the bot's profile says, and what goes along when it is shared: at most 120 characters of plain text."""
    return PROFILE + say("Short digests of “{title}”, one a day", title=shorten(title, 60, placeholder="…"))
