"""A source -> the skeleton of an article: themes with names and emoji, and digests that wait for their text."""

import itertools
import re
import textwrap
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from anyascii import anyascii

from bot.content.drafting.dividing import divide, group
from bot.content.drafting.lexicon import Lexicon, stops, weigh, words
from bot.content.drafting.source import Source, UnreadableError
from bot.core.library import RESERVED_COMMANDS, Library

MAX_PARAGRAPHS = 2_000
"""With their hashes they fill the size that a content file may have."""
_HEADING_WORDS, _HEADING = 7, 64
"""Words and characters of a title. A longer heading would carry the article's sentences into the project."""
_COMMAND, _ID, _SENTENCES = 20, 40, 3
"""Characters of names, and sentences beside each digest."""
_EMOJI = Path(__file__).with_name("emoji.txt")
"""An emoji in each line, and beginnings of English, Russian and Kazakh words that it fits."""
_LONGEST_WORD = 20


@dataclass(frozen=True, slots=True)
class DigestSkeleton:
    """A digest to be written: the paragraphs (from 1) that it rests on, their key terms and key sentences."""

    id: str
    paragraphs: tuple[int, ...]
    terms: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThemeSkeleton:
    """A theme as it is proposed; the title is "" where the text gives none."""

    name: str
    title: str
    emoji: str
    terms: tuple[str, ...]
    digests: tuple[DigestSkeleton, ...]


@dataclass(frozen=True, slots=True)
class ArticleSkeleton:
    """An article as it is proposed: the source with its language, and key terms of each of its paragraphs."""

    id: str
    source: Source
    about: tuple[tuple[str, ...], ...]
    themes: tuple[ThemeSkeleton, ...]


def skeleton(source: Source, id_: str, stem: str, library: Library | None) -> ArticleSkeleton:
    """The skeleton of a source in a known language, called `id_`, or else after its title or its file's stem.

    Its names differ from those in `library`. Raises UnreadableError for a text that is too long.
    """
    if len(source.passages) > MAX_PARAGRAPHS:
        raise UnreadableError(f"more than {MAX_PARAGRAPHS:,} paragraphs are too many: draft it part by part")
    texts = [passage.text for passage in source.passages]
    lexicon = weigh(texts, source.language)
    known = library.themes if library else ()
    commands, ids = (
        {theme.name for theme in known},
        {digest.id for theme in known for digest in theme.digests},
    )
    naming = _Naming(source, texts, lexicon, commands | RESERVED_COMMANDS, ids, set())
    themes = tuple(map(naming.theme, divide(source.passages, lexicon)))
    about = tuple(tuple(lexicon.terms([index], 3)) for index in range(len(texts)))
    found = id_ or slug(source.title, "-", _ID) or slug(stem, "-", _ID) or "article"
    return ArticleSkeleton(found, source, about, themes)


@dataclass(frozen=True, slots=True)
class _Naming:
    """Gives each theme and digest a name that no other has."""

    source: Source
    texts: list[str]
    lexicon: Lexicon
    commands: set[str]
    ids: set[str]
    titles: set[str]

    def theme(self, span: range) -> ThemeSkeleton:
        opening = self.source.passages[span.start : min(span.start + 2, span.stop)]
        heading = next((passage.heading for passage in opening if passage.heading), "")
        terms = self.lexicon.terms(span, 4)
        name = self._command(heading, terms)
        digests = tuple(self._digest(name, paragraphs) for paragraphs in group(span, self.source.passages))
        fits = 0 < len(heading) <= _HEADING and len(heading.split()) <= _HEADING_WORDS
        title = heading if fits and heading not in self.titles else listed(terms[:3], _HEADING)
        self.titles.add(heading)
        sign = emoji([heading, *terms])
        return ThemeSkeleton(name, title[:1].upper() + title[1:], sign, tuple(terms), digests)

    def _command(self, heading: str, terms: list[str]) -> str:
        """A word or two: those of the heading that say something, else key terms."""
        silent = stops(self.source.language)
        said = [word for word in words(heading) if word.lower() not in silent and len(word) > 2]  # noqa: PLR2004
        options = [" ".join(said) if len(said) <= 2 else "", *terms, " ".join(terms[:2]), *said]  # noqa: PLR2004
        slugs = (re.sub("^[0-9_]+", "", slug(option, "_", _COMMAND)) for option in options)
        name = free(slugs, "theme", "_", self.commands)
        self.commands.add(name)
        return name

    def _digest(self, theme: str, span: range) -> DigestSkeleton:
        terms = self.lexicon.terms(span, 3)
        options = [slug(" ".join(some), "-", _ID) for some in (terms[:2], terms)]
        last = f"{theme.replace('_', '-')}-{span.start + 1}"
        id_ = free([*options, last], last, "-", self.ids)
        self.ids.add(id_)
        aids = self.lexicon.key_sentences(self.texts, span, _SENTENCES)
        return DigestSkeleton(id_, tuple(index + 1 for index in span), tuple(terms), tuple(aids))


def slug(text: str, separator: str, limit: int) -> str:
    """A text in a-z, 0-9 and the separator, cut between words; "" where nothing of it can be spoken."""
    parts = re.findall("[a-z0-9]+", re.sub("['`]", "", anyascii(text).lower()))
    if not all(len(part) <= _LONGEST_WORD and re.search("[aeiouy0-9]", part) for part in parts):
        return ""  # transcribed from a script without spaces or without vowels
    while len(separator.join(parts)) > limit:
        parts.pop()
    return separator.join(parts)


def free(candidates: Iterable[str], fallback: str, separator: str, taken: Collection[str]) -> str:
    """The first candidate that is not empty and not taken, or the fallback with the first free number."""
    numbered = (f"{fallback}{separator}{number}" for number in itertools.count(1))
    return next(name for name in itertools.chain(candidates, numbered) if name and name not in taken)


def listed(terms: Iterable[str], limit: int) -> str:
    """Terms in one line of at most so many characters, without the last ones where they do not fit."""
    return textwrap.shorten(", ".join(terms), limit, placeholder="").rstrip(",")


def emoji(terms: Iterable[str]) -> str:
    """One that fits the first word of which the table knows the beginning, or a neutral one."""
    lines = map(str.split, _EMOJI.read_text(encoding="utf-8").splitlines())
    starts = {start: sign for sign, *beginnings in lines for start in beginnings}
    found = words(" ".join(terms).lower())
    known = (starts.get(word[:length]) for word in found for length in range(len(word), 1, -1))
    return next(filter(None, known), "📌")
