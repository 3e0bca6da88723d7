"""What of an article its digests rest on: by paragraph, theme and language."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.model import Article


@dataclass(frozen=True, slots=True)
class Resting:
    """A digest that rests on a paragraph."""

    theme: str
    digest: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which digests rest on each paragraph of an outline (by number, in its order) in one language."""

    language: str
    paragraphs: dict[int, tuple[Resting, ...]]

    @property
    def uncovered(self) -> tuple[int, ...]:
        """Paragraphs that no digest rests on."""
        return tuple(number for number, digests in self.paragraphs.items() if not digests)

    @property
    def share(self) -> float:
        """The covered share of the paragraphs, 0 to 1."""
        return self.share_of_words(dict.fromkeys(self.paragraphs, 1))

    def share_of_words(self, words: Mapping[int, int]) -> float:
        """The covered share of the source's words, 0 to 1; `words` counts those of each paragraph."""
        covered = sum(words.get(number, 0) for number, digests in self.paragraphs.items() if digests)
        total = sum(words.get(number, 0) for number in self.paragraphs)
        return covered / total if total else 0.0


def coverage(article: Article) -> tuple[Coverage, ...]:
    """The coverage in the article's own language, then in each language that it is translated to, by code.

    A translation covers what its translated digests rest on. Paragraphs that the outline lacks do not count.
    """
    languages = sorted({overlay.language for overlay in article.translations})
    return (_coverage(article, None), *(_coverage(article, language) for language in languages))


def _coverage(article: Article, language: str | None) -> Coverage:
    resting: dict[int, list[Resting]] = {paragraph.number: [] for paragraph in article.outline}
    overlays = (item for item in article.translations if item.language == language)
    translated = {digest.id for item in overlays for theme in item.themes for digest in theme.digests}
    for theme in article.themes:
        for digest in theme.digests:
            if language is None or digest.id in translated:
                for number in resting.keys() & digest.paragraphs:
                    resting[number].append(Resting(theme.name, digest.id))
    return Coverage(language or article.language, {number: tuple(each) for number, each in resting.items()})
