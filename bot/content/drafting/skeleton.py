"""A source -> the skeleton of an article: themes with names and emoji, and digests that wait for their text."""

import re
from dataclasses import dataclass, field

from bot.content.drafting.dividing import divide, group
from bot.content.drafting.language import stops, words
from bot.content.drafting.lexicon import Lexicon, weigh
from bot.content.drafting.naming import emoji, free, listed, slug
from bot.content.drafting.source import Source, UnreadableError
from bot.core.library import RESERVED_COMMANDS

MAX_PARAGRAPHS = 2_000
"""With their hashes they fill the size that a content file may have."""
_HEADING_WORDS, _HEADING = 7, 64
"""Words and characters of a title. A longer heading would carry the article's sentences into the project."""
_COMMAND, _ID = 20, 40
_SENTENCES = 3


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


@dataclass(frozen=True, slots=True)
class Taken:
    """Names that other articles of the library have."""

    commands: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)


def skeleton(source: Source, id_: str, stem: str, taken: Taken) -> ArticleSkeleton:
    """The skeleton of a source in a known language, called `id_`, or else after its title or its file's stem.

    Raises UnreadableError for a text that is too long.
    """
    if len(source.passages) > MAX_PARAGRAPHS:
        many = f"{len(source.passages):,} paragraphs are more than the {MAX_PARAGRAPHS:,} that fit into one article"
        raise UnreadableError(f"{many}: draft it part by part")
    texts = [passage.text for passage in source.passages]
    lexicon = weigh(texts, source.language)
    naming = _Naming(source, texts, lexicon, taken.commands | RESERVED_COMMANDS, set(taken.digests))
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

    def theme(self, span: range) -> ThemeSkeleton:
        opening = self.source.passages[span.start : min(span.start + 2, span.stop)]
        heading = next((passage.heading for passage in opening if passage.heading), "")
        terms = self.lexicon.terms(span, 4)
        name = self._command(heading, terms)
        digests = tuple(self._digest(name, paragraphs) for paragraphs in group(span, self.source.passages))
        short = len(heading) <= _HEADING and len(heading.split()) <= _HEADING_WORDS
        title = heading if short and heading else listed(terms[:3], _HEADING)
        return ThemeSkeleton(
            name, title[:1].upper() + title[1:], emoji([heading, *terms]), tuple(terms), digests
        )

    def _command(self, heading: str, terms: list[str]) -> str:
        """A word or two: those of the heading that say something, else key terms."""
        silent = stops(self.source.language)
        said = [word for word in words(heading) if word.lower() not in silent and len(word) > 2]  # noqa: PLR2004
        pairs = [" ".join(said)] if len(said) <= 2 else []  # noqa: PLR2004
        options = [*pairs, *terms, " ".join(terms[:2]), *said]
        slugs = (re.sub("^[0-9_]+", "", slug(option, "_", _COMMAND)) for option in options)
        name = free(slugs, "theme", "_", self.commands)
        self.commands.add(name)
        return name

    def _digest(self, theme: str, span: range) -> DigestSkeleton:
        terms = self.lexicon.terms(span, 3)
        options = (slug(" ".join(some), "-", _ID) for some in (terms[:2], terms))
        id_ = free(options, f"{theme.replace('_', '-')}-{span.start + 1}", "-", self.ids)
        self.ids.add(id_)
        aids = self.lexicon.key_sentences(self.texts, span, _SENTENCES)
        return DigestSkeleton(id_, tuple(index + 1 for index in span), tuple(terms), tuple(aids))
