"""All loaded articles, and the order in which their digests are read."""

import datetime as dt
from dataclasses import dataclass, field, replace
from hashlib import sha256
from textwrap import shorten

from bot.core.model import Article, Digest, Theme, TranslatedDigest, TranslatedTheme, Translation

_WORDS = (
    "start help themes next search article subscribe unsubscribe settings language privacy mydata forgetme channels "
    "stats broadcast outbox changes cancel all daily everyday weekdays workdays weekends weekend "
    "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "at in on every day and to for utc"
)
RESERVED_COMMANDS = frozenset(_WORDS.split())
"""Names that no theme may take: built-in commands, and the words of the /subscribe line."""
_SHORT = 24
"""Characters of a short title: a digest's last line holds it besides the command and the progress."""
_KEPT = 256
"""Sequences that are remembered."""


def version(digest: Digest) -> str:
    """What tells one wording of a digest from another: 16 hexadecimal digits, in every language the original's."""
    return digest.original or wording(digest)


def wording(digest: Digest) -> str:
    """As `version`, of the words as they stand in this language: what Telegram takes or refuses."""
    return sha256(f"{digest.title}\n{digest.text}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Library:
    """All loaded articles, newest first whatever the order given; look-ups are by index.

    `themes` are those of all articles, one for each command: of a name that several articles use, it is called as
    in the newest, and holds the digests of all, newest article first. `last_published` is the latest of the dates
    before which digests are not shown.

    Raises ValueError where two articles, two digests, or two themes of an article have one name: the loader reports
    that with places before it comes here.
    """

    articles: tuple[Article, ...]
    themes: tuple[Theme, ...] = field(init=False, repr=False, compare=False)
    last_published: dt.date | None = field(init=False, repr=False, compare=False)
    _articles: dict[str, Article] = field(init=False, repr=False, compare=False)
    _themes: dict[str, Theme] = field(init=False, repr=False, compare=False)
    _digests: dict[str, tuple[Theme, Digest]] = field(init=False, repr=False, compare=False)
    _languages: dict[str, "Library"] = field(init=False, repr=False, compare=False)
    _sequences: dict[tuple[object, ...], tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        articles = tuple(sorted(self.articles, key=lambda item: (-item.published.toordinal(), item.id)))
        articles = tuple(
            _signed(item, short_title(item.title) if len(articles) > 1 else "") for item in articles
        )
        themes: dict[str, Theme] = {}
        for theme in (theme for article in articles for theme in article.themes):
            first = themes.get(theme.name)
            themes[theme.name] = replace(first, digests=first.digests + theme.digests) if first else theme
        languages = sorted({item.language for article in articles for item in article.translations})
        indexes = {
            "articles": articles,
            "themes": tuple(themes.values()),
            "last_published": max(
                (each.publish for theme in themes.values() for each in theme.digests if each.publish),
                default=None,
            ),
            "_articles": {article.id: article for article in articles},
            "_themes": themes,
            "_digests": {digest.id: (theme, digest) for theme in themes.values() for digest in theme.digests},
            "_sequences": {},
            "_languages": {
                code: Library(tuple(_read(each, code) for each in articles)) for code in languages
            },
        }
        for name, value in indexes.items():
            object.__setattr__(self, name, value)
        names = [(article.id, theme.name) for article in articles for theme in article.themes]
        digests = sum(len(theme.digests) for theme in self.themes)
        if (len(self._articles), len(set(names)), len(self._digests)) != (len(articles), len(names), digests):
            raise ValueError("doubled article, command or digest id")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all digests, visible or not."""
        return tuple(self._digests)

    def article(self, id_: str) -> Article | None:
        """The article of that id."""
        return self._articles.get(id_)

    def theme(self, name: str) -> Theme | None:
        """The theme whose command is `/name`, with the digests of all articles."""
        return self._themes.get(name)

    def digest(self, id_: str) -> tuple[Theme, Digest] | None:
        """The digest of that id, whether visible or not, with its theme as `theme` gives it."""
        return self._digests.get(id_)

    def in_language(self, code: str) -> "Library":
        """The library as it reads in a language; what has no translation, and all if none has, is the original.

        That is a library of its own, which was made with this one, and has no further languages.
        """
        return self._languages.get(code, self)

    def visible(self, theme: Theme, today: dt.date) -> tuple[Digest, ...]:
        """The digests of a theme that may be shown on `today`, in reading order."""
        return tuple(item for item in theme.digests if item.publish is None or item.publish <= today)

    def sequence(
        self, themes: tuple[str, ...], today: dt.date, articles: tuple[str, ...] = ()
    ) -> tuple[str, ...]:
        """Ids of the visible digests that are of the chosen themes and of the chosen articles (none chosen: all).

        They stand in the library's order: article by article, in each its own order of themes. Chosen names that
        the library does not hold (any more) are passed over, as are themes that no chosen article has; if that
        leaves none, it is all.
        """
        wanted = themes, today, articles
        found = self._sequences.get(wanted)  # the same for most readers of a day
        if found is None:
            followed = [item for item in self.articles if item.id in articles] or self.articles
            shelves = [theme for article in followed for theme in article.themes]
            chosen = [theme for theme in shelves if theme.name in themes] or shelves
            if len(self._sequences) >= _KEPT:
                self._sequences.clear()
            found = tuple(digest.id for theme in chosen for digest in self.visible(theme, today))
            self._sequences[wanted] = found
        return found


def short_title(title: str) -> str:
    """What an article is called where there is little room: before a colon, or in as many words as fit."""
    return shorten(title.partition(": ")[0], _SHORT, placeholder="…")


def _signed(article: Article, name: str) -> Article:
    """The article with digests that tell its name."""
    themes = (
        replace(theme, digests=tuple(replace(item, source=name) for item in theme.digests))
        for theme in article.themes
    )
    return replace(article, themes=tuple(themes))


def _read(article: Article, language: str) -> Article:
    """The article as it reads in a language."""
    overlay = next(
        (item for item in article.translations if item.language == language), Translation(language)
    )
    themes = {item.name: item for item in overlay.themes}
    about = dict(overlay.outline)
    return replace(
        article,
        title=overlay.title or article.title,
        author=overlay.author or article.author,
        publisher=overlay.publisher or article.publisher,
        licence=overlay.licence or article.licence,
        outline=tuple(replace(item, about=about.get(item.number, item.about)) for item in article.outline),
        themes=tuple(_translated(item, themes.get(item.name)) for item in article.themes),
        translations=(),
    )


def _translated(theme: Theme, overlay: TranslatedTheme | None) -> Theme:
    if overlay is None:
        return theme
    texts = {item.id: item for item in overlay.digests}
    digests = tuple(_in_words_of(item, texts.get(item.id)) for item in theme.digests)
    title, summary = overlay.title or theme.title, overlay.summary or theme.summary
    return replace(theme, title=title, summary=summary, digests=digests)


def _in_words_of(digest: Digest, overlay: TranslatedDigest | None) -> Digest:
    """The digest as translated; a correction that the original does not have reaches nobody."""
    if overlay is None:
        return digest
    return replace(
        digest,
        title=overlay.title,
        text=overlay.text,
        correction=digest.correction and (overlay.correction or digest.correction),
        original=version(digest),
    )
