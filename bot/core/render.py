"""Digests, themes and the article as messages: the same for a command, a button and a delivery."""

from collections.abc import Sequence

from bot.core import article_texts, texts
from bot.core.language import Language
from bot.core.library import Library
from bot.core.markdown import escape, render
from bot.core.model import Article, Button, Digest, Message, Pick, Theme

_MOST_CHANGES = 10
"""Digests that /changes lists at once: titles and corrections stay well under a message's 4,096 units."""
_LABEL = 64
"""Characters of a title on a button; phones show fewer."""
_MOST_ARTICLES = 5
"""Articles that the first message names."""


def welcome(say: Language, library: Library, digests: int) -> Message:
    """The answer to /start."""
    titles = [(escape(item.title), escape(item.author)) for item in library.articles]
    if len(titles) == 1:
        text = texts.welcome(say, *titles[0], library.articles[0].published, digests)
    else:
        text = article_texts.welcome_to_several(
            say, titles[:_MOST_ARTICLES], len(titles[_MOST_ARTICLES:]), digests
        )
    reading = Button(say(texts.START_READING), "next"), Button(say(texts.SUBSCRIBE), "s")
    return Message(text, (reading, (Button(say(texts.SEE_THEMES), "themes"),)))


def digest(say: Language, theme: Theme, item: Digest, shelf: tuple[Digest, ...], progress: Pick) -> Message:
    """One digest of `shelf`, the visible digests of its theme; `progress` is what it says of the reader."""
    heading = f"{escape(theme.emoji)} <b>{escape(item.title)}</b>"
    if progress.new:
        heading = f"🆕 <i>{say(texts.NEW)}</i>\n{heading}"
    foot = f"<i>{texts.footer(say, theme.name, escape(item.source), progress.read, progress.total)}</i>"
    source = Button(say("Source {paragraphs}", paragraphs=_paragraphs(item.paragraphs)), f"p:{item.id}")
    return Message(f"{heading}\n\n{render(item.text).html}\n\n{foot}", _rows(say, item, shelf, source))


def with_paragraphs(
    say: Language, message: Message, item: Digest, shelf: tuple[Digest, ...], article: Article
) -> Message:
    """The same digest with the outline of the paragraphs that it rests on folded below it."""
    outline = {paragraph.number: paragraph.about for paragraph in article.outline}
    lines = [f"¶ {number} · {escape(outline[number])}" for number in item.paragraphs]
    source = f"{escape(article.title)}, {escape(article.author)}, {say.day(article.published)}"
    quote = "\n".join((f"<b>{source}</b>", *lines))
    close = Button(say("Hide {paragraphs}", paragraphs=_paragraphs(item.paragraphs)), f"d:{item.id}")
    return Message(
        f"{message.html}\n\n<blockquote expandable>{quote}</blockquote>", _rows(say, item, shelf, close)
    )


def all_read(say: Language, end: Pick, *, subscribed: bool) -> Message:
    """The end of what a reader follows, or of everything: a way to start over, and to what is left."""
    see = Button(say(texts.SEE_THEMES), "themes")
    if end.read < end.total:
        return Message(
            texts.followed_read(say, end.read, end.total), ((Button(say(texts.NEXT), "next"), see),)
        )
    over = Button(say(texts.START_OVER), "over")
    rows = ((over, see),) if subscribed else ((Button(say(texts.SUBSCRIBE), "s"), over), (see,))
    return Message(texts.all_read(say, end.total, subscribed=subscribed), rows)


def changes(say: Language, items: Sequence[tuple[Theme, Digest]]) -> Message:
    """Digests whose text is another one since they were read, each with a button to read it again."""
    shown = items[:_MOST_CHANGES]
    lines = [(escape(item.title), escape(item.correction)) for _, item in shown]
    buttons = tuple(
        (Button(f"{theme.emoji} {item.title}"[:_LABEL], f"r:{item.id}"),) for theme, item in shown
    )
    return Message(texts.changes(say, lines, len(items) - len(shown)), buttons)


def note(say: Language, html: str, digest_id: str | None) -> Message:
    """A message to many readers; where it is about a digest, with a button to read that again."""
    return Message(html, ((Button(say(texts.READ_AGAIN), f"r:{digest_id}"),),) if digest_id else ())


def _rows(
    say: Language, item: Digest, shelf: tuple[Digest, ...], source: Button
) -> tuple[tuple[Button, ...], ...]:
    """◀ position ▶ in a ring, so that no button leads nowhere; then the source and the next unread one."""
    place = shelf.index(item)
    last = (source, Button(say(texts.NEXT), "next"))
    if len(shelf) == 1:
        return (last,)
    before, after = shelf[place - 1], shelf[(place + 1) % len(shelf)]
    middle = Button(f"{place + 1}/{len(shelf)}", f"n:{item.id}")
    return (Button("◀", f"d:{before.id}"), middle, Button("▶", f"d:{after.id}")), last


def _paragraphs(numbers: tuple[int, ...]) -> str:
    """`¶ 12`, `¶ 9–11`, `¶ 2, 14`: runs are drawn together, and a long list is cut."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    spans = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    return "¶ " + ", ".join(spans if len(spans) <= 4 else [*spans[:3], "…"])  # noqa: PLR2004  a button is narrow
