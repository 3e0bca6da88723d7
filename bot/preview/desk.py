"""Loaded content -> what a preview shows, the same for the terminal and the page.

Each message is made by the renderer that readers' messages are made by, and put through the sandbox's reading of
Telegram's HTML: text and entities are those that Telegram would store.
"""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from bot.content.loader import Loaded
from bot.content.rules import FOOTER, MAX_MESSAGE, body
from bot.content.sheets import typed
from bot.core import render, texts
from bot.core.coverage import coverage
from bot.core.findings import Finding
from bot.core.language import ENGLISH, Language
from bot.core.library import Library
from bot.core.markdown import render as render_text
from bot.core.markdown import units
from bot.core.model import Article, Digest, Message, Pick, Theme
from bot.locales import load_languages
from bot.sandbox import Refusal, stored
from bot.telegram.sender import keyboard

Stored = dict[str, Any]
"""A message as Telegram keeps it: `text`, `entities`, and the keyboard as `reply_markup`."""


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding; `place` is `file:line:column`, `subject` the digest or theme that it belongs to."""

    severity: str
    place: str
    code: str
    message: str
    hint: str
    subject: str


@dataclass(frozen=True, slots=True)
class ShownDigest:
    """One digest as somebody sees it who reads it first of all.

    Attributes:
        units: What counts of the limit for a digest, in UTF-16 code units.
        publish: The day before which readers do not get it, if that lies ahead, else "".
        translated: Whether its words are in the language that is shown.
        message: As it is sent.
        unfolded: The same with its paragraphs, as a press on their button shows it.
        position: What a press on its number tells.
        refusal: Why Telegram would not take it, else "".
    """

    id: str
    title: str
    units: int
    words: int
    paragraphs: tuple[int, ...]
    publish: str
    translated: bool
    message: Stored
    unfolded: Stored
    position: str
    refusal: str
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class ShownTheme:
    """A theme with its digests, and the findings that belong to it as a whole."""

    name: str
    title: str
    emoji: str
    summary: str
    digests: tuple[ShownDigest, ...]
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True, slots=True)
class ShownParagraph:
    """A paragraph of the outline, and the ids of the digests that rest on it in this language."""

    number: int
    about: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An article in one language; `translation` says that it is not its own."""

    id: str
    title: str
    author: str
    publisher: str
    published: str
    translation: bool
    paragraphs: tuple[ShownParagraph, ...]
    themes: tuple[ShownTheme, ...]


@dataclass(frozen=True, slots=True)
class InLanguage:
    """All articles as readers of one language get them; what is not translated is in its own."""

    code: str
    articles: tuple[ShownArticle, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a preview shows. `limit` is what `units` are measured by; it begins with the first language."""

    limit: int
    languages: tuple[InLanguage, ...]
    findings: tuple[ShownFinding, ...]


def desk(loaded: Loaded, today: dt.date, first: str = "") -> Desk:
    """What there is to see of the content: what can be read, also where errors stand in the way of the rest.

    The language `first` comes first if it is there; then come the articles' own, and what they are translated to.
    """
    library = loaded.readable
    own = dict.fromkeys(article.language for article in library.articles)
    others = sorted(overlay.language for article in library.articles for overlay in article.translations)
    codes = tuple(dict.fromkeys((*own, *others)))
    languages, spoken = [], load_languages()
    for code in sorted(codes, key=lambda code: code != first):
        showing = _Showing(
            library.in_language(code),
            code,
            spoken.get(code, ENGLISH),
            today,
            _in_language(loaded, code),
            {folder.id: PurePath(typed(folder.path)) for folder in loaded.folders},
        )
        languages.append(InLanguage(code, tuple(map(showing.article, library.articles))))
    return Desk(MAX_MESSAGE, tuple(languages), tuple(map(_shown, loaded.findings)))


@dataclass(frozen=True, slots=True)
class _Showing:
    """A library in one language on one day."""

    library: Library
    language: str
    say: Language
    today: dt.date
    findings: tuple[Finding, ...]
    folders: dict[str, PurePath]

    def article(self, original: Article) -> ShownArticle:
        item = self.library.article(original.id) or original
        by_language = {each.language: each.paragraphs for each in coverage(original)}
        resting = by_language.get(self.language, {})
        return ShownArticle(
            id=item.id,
            title=item.title,
            author=item.author,
            publisher=item.publisher,
            published=self.say.day(item.published),
            translation=self.language != item.language,
            paragraphs=tuple(
                ShownParagraph(
                    each.number, each.about, tuple(at.digest for at in resting.get(each.number, ()))
                )
                for each in item.outline
            ),
            themes=tuple(self.theme(item, each) for each in item.themes),
        )

    def theme(self, article: Article, item: Theme) -> ShownTheme:
        """A theme of an article; its digests page over those of other articles, too, as they do for readers."""
        command = self.library.theme(item.name) or item
        digests = tuple(self.digest(article, command, digest) for digest in item.digests)
        folder = self.folders[article.id]
        found = self._about(item.name, folder)
        return ShownTheme(item.name, item.title, item.emoji, item.summary, digests, found)

    def digest(self, article: Article, theme: Theme, item: Digest) -> ShownDigest:
        """A digest on the first day on which it is shown, if that is still to come."""
        day = max(self.today, item.publish or self.today)
        shelf, total = self.library.visible(theme, day), len(self.library.sequence((), day))
        message = render.digest(self.say, theme, item, shelf, Pick(item.id, 1, total))
        known = {paragraph.number for paragraph in article.outline}
        rests = replace(item, paragraphs=tuple(number for number in item.paragraphs if number in known))
        plain = render_text(item.text).plain
        sent, refusal = _sent(message)
        return ShownDigest(
            id=item.id,
            title=item.title,
            units=units(body(theme.emoji, item.title, plain)) + FOOTER,
            words=len(plain.split()),
            paragraphs=item.paragraphs,
            publish=self.say.day(day) if day > self.today else "",
            translated=bool(item.original) or self.language == article.language,
            message=sent,
            unfolded=_sent(render.with_paragraphs(self.say, message, rests, shelf, article))[0],
            position=texts.position(self.say, shelf.index(item) + 1, len(shelf), len(shelf) - 1),
            refusal=refusal,
            findings=self._about(item.id),
        )

    def _about(self, subject: str, folder: PurePath | None = None) -> tuple[ShownFinding, ...]:
        """What was found about a digest, or about a theme in the folder of its article."""
        found = (each for each in self.findings if each.subject == subject)
        return tuple(
            _shown(each) for each in found if folder is None or PurePath(each.file).is_relative_to(folder)
        )


def _sent(message: Message) -> tuple[Stored, str]:
    """A message as Telegram stores it; of one that it refuses, the words, and the reason."""
    buttons = keyboard(message, inline=True)
    markup = buttons.to_dict() if buttons else {}
    try:
        return stored({"text": message.html, "parse_mode": "HTML", "reply_markup": markup}), ""
    except Refusal as refusal:
        plain = {"text": message.plain, "entities": [], "reply_markup": markup}
        return plain, refusal.description.removeprefix("Bad Request: ")


def _in_language(loaded: Loaded, code: str) -> tuple[Finding, ...]:
    """The findings that concern a language: not those in the translations to another one."""
    others = [
        PurePath(typed(folder.path), language)
        for folder in loaded.folders
        for language in folder.overlays
        if language != code
    ]
    return tuple(
        finding
        for finding in loaded.findings
        if not any(PurePath(finding.file).is_relative_to(other) for other in others)
    )


def _shown(finding: Finding) -> ShownFinding:
    place = f"{finding.file}:{finding.line}:{finding.column}"
    return ShownFinding(
        str(finding.severity), place, finding.code, finding.message, finding.hint, finding.subject
    )
