"""All loaded articles, and the order in which their digests are read."""

import datetime as dt
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bot.core.model import Article, Digest, Theme

_WORDS = (
    "start help themes next search article subscribe unsubscribe settings language privacy mydata forgetme "
    "stats broadcast outbox changes cancel all daily everyday weekdays workdays weekends weekend "
    "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "at in on every day and to for utc"
)
RESERVED_COMMANDS = frozenset(_WORDS.split())
"""Names that no theme may take: built-in commands, and the words of the /subscribe line."""


def version(digest: Digest) -> str:
    """What tells one wording of a digest from another: 16 hexadecimal digits."""
    return sha256(f"{digest.title}\n{digest.text}".encode()).hexdigest()[:16]


def translated(theme: Theme, language: str) -> Theme:
    """The theme as it reads in a language; what has no translation is the original."""
    overlay = next((item for item in theme.translations if item.language == language), None)
    if overlay is None:
        return theme
    texts = {item.id: item for item in overlay.digests}
    return replace(
        theme,
        title=overlay.title or theme.title,
        summary=overlay.summary or theme.summary,
        digests=tuple(
            replace(digest, title=found.title, text=found.text) if (found := texts.get(digest.id)) else digest
            for digest in theme.digests
        ),
    )


@dataclass(frozen=True, slots=True)
class Library:
    """All loaded articles, newest first whatever the order given; look-ups are by index.

    Raises ValueError where two articles, commands or digests have one name: the loader reports that with
    places before it comes here.
    """

    articles: tuple[Article, ...]
    themes: tuple[Theme, ...] = field(init=False, repr=False, compare=False)
    _articles: dict[str, Article] = field(init=False, repr=False, compare=False)
    _themes: dict[str, Theme] = field(init=False, repr=False, compare=False)
    _digests: dict[str, tuple[Theme, Digest]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        articles = tuple(sorted(self.articles, key=lambda item: (-item.published.toordinal(), item.id)))
        themes = tuple(theme for article in articles for theme in article.themes)
        digests = tuple((theme, digest) for theme in themes for digest in theme.digests)
        indexes = {
            "articles": articles,
            "themes": themes,
            "_articles": {article.id: article for article in articles},
            "_themes": {theme.name: theme for theme in themes},
            "_digests": {digest.id: (theme, digest) for theme, digest in digests},
        }
        for name, value in indexes.items():
            object.__setattr__(self, name, value)
        if (len(self._articles), len(self._themes), len(self._digests)) != tuple(
            map(len, (articles, themes, digests))
        ):
            raise ValueError("doubled article, command or digest id")

    def article(self, id_: str) -> Article | None:
        """The article of that id."""
        return self._articles.get(id_)

    def article_of(self, theme: Theme) -> Article:
        """The article that a theme of this library belongs to."""
        return self._articles[theme.article]

    def theme(self, name: str) -> Theme | None:
        """The theme whose command is `/name`."""
        return self._themes.get(name)

    def digest(self, id_: str) -> tuple[Theme, Digest] | None:
        """The digest of that id, whether visible or not, with its theme."""
        return self._digests.get(id_)

    def digest_in(self, language: str, id_: str) -> tuple[Theme, Digest] | None:
        """As `digest`, in a language as far as there is a translation, else in the original."""
        if (found := self.digest(id_)) is None:
            return None
        theme = translated(found[0], language)
        return theme, next(digest for digest in theme.digests if digest.id == id_)

    def visible(self, theme: Theme, today: dt.date) -> tuple[Digest, ...]:
        """The digests of a theme that may be shown on `today`, in reading order."""
        return tuple(item for item in theme.digests if item.publish is None or item.publish <= today)

    def sequence(self, themes: tuple[str, ...], today: dt.date) -> tuple[str, ...]:
        """Ids of the visible digests of the chosen themes (none chosen: all), in the library's order.

        Chosen names that the library does not hold (any more) are passed over; if that leaves none, it is all.
        """
        known = self._themes.keys() & themes
        chosen = (theme for theme in self.themes if not known or theme.name in known)
        return tuple(digest.id for theme in chosen for digest in self.visible(theme, today))
