"""The shipped article, "Middle Powers": what readers are promised of its digests.

Where the source stands beside the project, the digests are compared with it; it is not shipped itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.content.loader import Loaded, load_library
from bot.content.provenance import paragraph_hash
from bot.core.markdown import render
from bot.core.model import Article, Digest
from bot.documents import read

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "content" / "middle-powers"
SOURCE = PROJECT.parent / "shared" / "article-middle-powers.txt"
BEFORE_THE_STANDFIRST = 2
"""Lines of the source with its title and its date, which are no paragraphs."""

DATED = {
    "2024": "the year of the date line, which `this year` means",
    "2025": "what `next year` means",
    "28": "the day of the date line",
}
"""Numbers that digests may name although their paragraphs do not, and why."""


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    """The content folder of the project, as the bot loads it."""
    return load_library(PROJECT / "content")


@pytest.fixture(scope="module")
def article(loaded: Loaded) -> Article:
    """The article by its id."""
    assert loaded.library is not None, loaded.findings
    found = loaded.library.article("middle-powers")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def paragraphs() -> list[str]:
    """The source's paragraphs: the standfirst is number 0."""
    if not SOURCE.exists():
        pytest.skip("the source text is not shipped; it is not beside the project to compare with")
    lines = [line for line in SOURCE.read_text(encoding="utf-8").splitlines() if line.strip()]
    return lines[BEFORE_THE_STANDFIRST:]


def digests(article: Article) -> list[Digest]:
    """The article's digests in reading order."""
    return [digest for theme in article.themes for digest in theme.digests]


def words(text: str) -> list[str]:
    """Casefolded words, without punctuation."""
    return re.findall(r"\w+", re.sub("['’]", "", text.casefold()))


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """All runs of so many consecutive words."""
    found = words(text)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


def numbers(text: str) -> set[str]:
    """Figures, and the words that count people."""
    return set(re.findall(r"\d+|(?:hundred|thousand|million|billion)s?\b", text.casefold()))


def strings(value: object) -> Iterator[str]:
    """Every string in nested lists and mappings."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def test_nothing_is_wrong_with_the_shipped_content(loaded: Loaded) -> None:
    """An editor who checks the shipped content gets no finding."""
    assert loaded.findings == ()


def test_there_is_enough_to_read_for_a_month(article: Article) -> None:
    """Themes and digests are many enough for a digest a day, and no two digests have one title."""
    titles = [digest.title for digest in digests(article)]
    assert len(article.themes) >= 8
    assert len(titles) >= 30
    assert len(set(titles)) == len(titles)


def test_the_initiatives_come_first(article: Article) -> None:
    """The theme that new readers are led to opens the reading order, with each initiative as a digest."""
    first = article.themes[0]
    assert first.name == "initiatives"
    assert {digest.id for digest in first.digests} >= {
        "biosafety-agency",
        "one-water-summit",
        "un-sdg-center",
        "nuclear-disarmament",
        "armenia-azerbaijan-talks",
    }


def test_every_paragraph_has_a_digest(article: Article) -> None:
    """Standfirst and body are covered as a whole, and the outline knows them all."""
    assert [item.number for item in article.outline] == list(range(23))
    assert {number for digest in digests(article) for number in digest.paragraphs} == set(range(23))


def test_a_digest_is_read_in_under_a_minute(article: Article) -> None:
    """A digest has 40 to 90 words."""
    lengths = {digest.id: len(render(digest.text).plain.split()) for digest in digests(article)}
    assert {id_: length for id_, length in lengths.items() if not 40 <= length <= 90} == {}


def test_titles_and_summaries_fit_one_line_of_a_phone(article: Article) -> None:
    """Digests' titles and themes' summaries have at most 60 characters, the outline's lines 90."""
    short = [digest.title for digest in digests(article)] + [theme.summary for theme in article.themes]
    assert [line for line in short if len(line) > 60] == []
    assert [item.about for item in article.outline if len(item.about) > 90] == []


def test_a_digest_stands_alone(article: Article) -> None:
    """Whichever digest a reader gets first, it says whose view it gives."""
    assert [digest.id for digest in digests(article) if "Tokayev" not in digest.text] == []


def test_the_outline_fits_the_source(article: Article, paragraphs: list[str]) -> None:
    """Each hash in the outline is that of the paragraph it stands for."""
    hashes = {item.number: item.sha256 for item in article.outline}
    assert hashes == {number: paragraph_hash(text) for number, text in enumerate(paragraphs)}


def test_the_digests_are_in_our_own_words(paragraphs: list[str]) -> None:
    """No text in any file shares eight consecutive words with the source."""
    taken = runs(" ".join(paragraphs), 8)
    files = {str(path.relative_to(FOLDER)): read(path, path.name).data for path in FOLDER.rglob("*.yaml")}
    shared = {name: [runs(text, 8) & taken for text in strings(data)] for name, data in files.items()}
    assert {name: found for name, hits in shared.items() if (found := [hit for hit in hits if hit])} == {}


def test_a_digest_names_only_numbers_of_its_paragraphs(article: Article, paragraphs: list[str]) -> None:
    """Figures and years come from the cited paragraphs, or follow from the date of the article."""
    strange = {}
    for digest in digests(article):
        cited = " ".join(paragraphs[number] for number in digest.paragraphs)
        strange[digest.id] = numbers(f"{digest.title} {digest.text}") - numbers(cited) - DATED.keys()
    assert {id_: found for id_, found in strange.items() if found} == {}


def test_a_quotation_is_short_and_exact(article: Article, paragraphs: list[str]) -> None:
    """What stands in quotation marks are at most a few words, as the cited paragraphs have them."""
    for digest in digests(article):
        cited = " ".join(paragraphs[number] for number in digest.paragraphs)
        for quotation in re.findall(r'"([^"]+)"', " ".join(digest.text.split())):
            assert quotation in cited, digest.id
            assert len(quotation.split()) <= 5, digest.id
