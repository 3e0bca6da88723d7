"""Digests, themes and the article as messages: the same for a command, a button and a delivery."""

from collections.abc import Sequence

from bot.core import article_texts, search_texts, texts
from bot.core.language import Language
from bot.core.library import Library
from bot.core.links import ANY, Links
from bot.core.markdown import escape, render, units
from bot.core.model import Article, Button, Digest, Message, Pick, Theme

_MOST_CHANGES = 10
"""Digests that /changes lists at once: titles and corrections stay well under a message's 4,096 units."""
_LABEL = 64
"""Characters of a title on a button; phones show fewer."""
_COPY = 256
"""Characters that a button copies, at most (https://core.telegram.org/bots/api#copytextbutton)."""
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


def digest(
    say: Language,
    theme: Theme,
    item: Digest,
    shelf: tuple[Digest, ...],
    progress: Pick,
    links: Links = ANY,
) -> Message:
    """One digest of `shelf`, the visible digests of its theme; `progress` is what it says of the reader."""
    heading = _heading(theme, item)
    if progress.new:
        heading = f"🆕 <i>{say(texts.NEW)}</i>\n{heading}"
    foot = f"<i>{texts.footer(say, theme.name, escape(item.source), progress.read, progress.total)}</i>"
    source = Button(say("Source {paragraphs}", paragraphs=_paragraphs(item.paragraphs)), f"p:{item.id}")
    share = links.share(say(search_texts.SHARE), item)
    return Message(
        f"{heading}\n\n{render(item.text).html}\n\n{foot}", _rows(say, item, shelf, (source, share))
    )


def with_paragraphs(
    say: Language,
    message: Message,
    item: Digest,
    shelf: tuple[Digest, ...],
    article: Article,
    links: Links = ANY,
) -> Message:
    """The same digest with the outline of the paragraphs that it rests on folded below it."""
    outline = {paragraph.number: paragraph.about for paragraph in article.outline}
    lines = [f"¶ {number} · {escape(outline[number])}" for number in item.paragraphs]
    quote = "\n".join((f"<b>{_source(say, article)}</b>", *lines))
    about = (
        Button(say("Hide {paragraphs}", paragraphs=_paragraphs(item.paragraphs)), f"d:{item.id}"),
        Button(say(search_texts.CITATION), copy=citation(say, item, article, links)),
        links.share(say(search_texts.SHARE), item),
    )
    return Message(
        f"{message.html}\n\n<blockquote expandable>{quote}</blockquote>", _rows(say, item, shelf, about)
    )


def shared(say: Language, theme: Theme, item: Digest, article: Article, links: Links) -> Message:
    """A digest that stands in a chat without the bot: whole, with its source, and a button that leads to the bot."""
    source = f"{_source(say, article)}, {_paragraphs(item.paragraphs)}"
    button = Button(say(search_texts.READ_ON), url=links.digest(item.id))
    html = f"{_heading(theme, item)}\n\n{render(item.text).html}\n\n<i>{source}</i>"
    return Message(html, ((button,),))


def citation(say: Language, item: Digest, article: Article, links: Links) -> str:
    """Where a digest comes from, as plain text of at most 256 characters: what does not fit is left out, whole."""
    end = f"{say.day(article.published)}, {_paragraphs(item.paragraphs)}. {links.digest(item.id)}"
    origin = article.title, article.author, article.publisher
    for count in range(len(origin), -1, -1):
        text = f"{item.title} — {', '.join((*origin[:count], end))}"
        if units(text) <= _COPY:
            return text
    title = item.title
    while units(f"{title}… — {end}") > _COPY:
        title = title[:-1]
    return f"{title}… — {end}"


def all_read(say: Language, end: Pick, *, subscribed: bool) -> Message:
    """The end of what a reader follows, or of everything: a way to start over, and to what is left."""
    see = Button(say(texts.SEE_THEMES), "themes")
    if end.read < end.total:
        text = say(texts.FOLLOWED_READ, progress=texts.read_of(say, end.read, end.total))
        return Message(text, ((Button(say(texts.NEXT), "next"), see),))
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


def _heading(theme: Theme, item: Digest) -> str:
    return f"{escape(theme.emoji)} <b>{escape(item.title)}</b>"


def _source(say: Language, article: Article) -> str:
    return f"{escape(article.title)}, {escape(article.author)}, {say.day(article.published)}"


def _rows(
    say: Language, item: Digest, shelf: tuple[Digest, ...], about: tuple[Button, ...]
) -> tuple[tuple[Button, ...], ...]:
    """◀ position ▶ in a ring, so that no button leads nowhere; then what is about the digest; then the next one."""
    place = shelf.index(item)
    rows = about, (Button(say(texts.NEXT), "next"),)
    if len(shelf) == 1:
        return rows
    before, after = shelf[place - 1], shelf[(place + 1) % len(shelf)]
    middle = Button(f"{place + 1}/{len(shelf)}", f"n:{item.id}")
    return (Button("◀", f"d:{before.id}"), middle, Button("▶", f"d:{after.id}")), *rows


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
