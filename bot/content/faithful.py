"""A digest against the paragraphs that it rests on: quotations, figures, names, and what is word for word theirs."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice

from bot.content.figures import Figure, figures, values
from bot.content.names import Lexicon, lexicon, small_words, unknown_names
from bot.content.number_words import value_of
from bot.content.schema import ArticleFile, ThemeFile
from bot.content.sheets import Digests, Doubt, Folder, Sheet, is_todo, rendered
from bot.content.wording import LONGEST_RUN, Wording, is_quoted_from, quotations
from bot.core.findings import Finding

_YEARS = {  # words of a source that name the year after or before its own
    1: r"next year|следующ\w+ год|будущ\w+ год|келесі жыл|келер жыл",
    -1: r"last year|прошл\w+ год|былтыр|өткен жыл",
}
_SHORT = 3
"""Letters of the words that stay small in a title where every other word has a capital letter."""
_ACKNOWLEDGE = "if it is right, say so under `acknowledged` with a reason"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the source, prepared to be compared with."""

    text: str
    values: frozenset[Decimal]
    lexicon: Lexicon


_Claim = tuple[str, str, str, Callable[[Sequence[Paragraph]], bool]]
"""Words of a digest, the code and the message if they are not in its paragraphs, and how to tell that."""


@dataclass(frozen=True, slots=True)
class Original:
    """A source by paragraph. `ordinary` are the words that are written small.

    `heading` is what every digest may name: the article's title, author, publisher and day, and the names of the
    opening paragraph, which says who speaks: later “we” may be told as “Kazakhstan”.
    """

    language: str
    paragraphs: Mapping[int, Paragraph]
    heading: Paragraph
    wording: Wording
    ordinary: Lexicon


def primary(language: str) -> str:
    """`pt` for `pt-BR`."""
    return language.partition("-")[0]


def original(article: ArticleFile, folder: Folder, source: Mapping[int, str]) -> Original:
    """The source of a folder's article, by paragraph."""
    language, day = primary(article.language), article.published
    texts = {number: unicodedata.normalize("NFC", text) for number, text in source.items()}
    digests = (f"{item.title}\n{item.text}" for sheet in folder.themes for item in sheet.content.digests)
    opening = texts.get(article.outline[0].paragraph, "")
    names = f"{article.title}\n{article.author}\n{article.publisher}"
    date = frozenset(map(Decimal, (day.year, day.month, day.day)))
    return Original(
        language,
        {number: _paragraph(text, language, day.year) for number, text in texts.items()},
        Paragraph(names, values(names, language) | date, lexicon(f"{names}\n{day:%B}\n{opening}", language)),
        Wording.of([*texts.values()]),
        lexicon(small_words("\n".join((*texts.values(), *digests))), language),
    )


def _paragraph(text: str, language: str, year: int) -> Paragraph:
    implied = {Decimal(year + step) for step, said in _YEARS.items() if re.search(said, text, re.IGNORECASE)}
    return Paragraph(text, values(text, language) | implied, lexicon(text, language))


def copied_outline(sheet: Sheet[ArticleFile], source: Original) -> Iterator[Finding]:
    """What the outline has word for word from the source."""
    for index, item in enumerate(sheet.content.outline):
        for run in source.wording.copied(item.about):
            hint = "say it in your own words"
            yield sheet.finding(("outline", index, "about"), "copied-words", _copied(run), hint)


def doubtful_headings(sheet: Sheet[ThemeFile], source: Original) -> Iterator[Finding]:
    """What is doubtful in a theme's title and summary, which rest on the paragraphs of all its digests."""
    numbers = {
        number for item in sheet.content.digests for number in item.paragraphs
    } & source.paragraphs.keys()
    for key, text in (("title", sheet.content.title), ("summary", sheet.content.summary)):
        passage = _Passage(text, key == "title", source.language, source, tuple(sorted(numbers)))
        for _, code, message, _ in () if is_todo(text) else passage.suspicions():
            yield sheet.finding((key,), code, message, "correct it")


def doubts(
    sheet: Digests, language: str, cited: Mapping[str, Sequence[int]], source: Original
) -> Iterator[Doubt]:
    """What is doubtful in the digests of a file; `cited` are the paragraphs that each rests on, by its id.

    In another language than the article's only figures are compared: names are written otherwise there. A digest
    is passed over while one of its paragraphs is not in the source: that is told of the outline.
    """
    for index, item in enumerate(sheet.content.digests):
        numbers = cited.get(item.id, ())
        if not numbers or not source.paragraphs.keys() >= set(numbers):
            continue
        texts = item.title, rendered(sheet, index).plain
        for text, is_title in zip(texts, (True, False), strict=True):
            passage = _Passage(
                unicodedata.normalize("NFC", text), is_title, primary(language), source, tuple(numbers)
            )
            for about, code, message, hint in () if is_todo(text) else passage.suspicions():
                yield Doubt(sheet, index, about, code, message, hint)


@dataclass(frozen=True, slots=True)
class _Passage:
    """A title or a text with the paragraphs that it rests on."""

    text: str
    is_title: bool
    language: str
    source: Original
    numbers: tuple[int, ...]

    def suspicions(self) -> Iterator[tuple[str, str, str, str]]:
        """What each is about, its code, message and hint."""
        paragraphs = self.source.paragraphs
        cited = [self.source.heading, *(paragraphs[number] for number in self.numbers)]
        where = f"paragraph{'s' * (len(self.numbers) > 1)} {', '.join(map(str, self.numbers))}"
        for about, code, said, holds in self._claims(cited):
            if not holds(cited):
                found = " or ".join(islice((str(n) for n, each in paragraphs.items() if holds([each])), 3))
                mend = f"add paragraph {found}, where it is, or correct it" if found else "correct it"
                yield about, code, f"{said} in {where}", f"{mend}; {_ACKNOWLEDGE}"
        if self.language == self.source.language:
            for run in self.source.wording.copied(self.text):
                hint = f"say it in your own words, or quote a few words of it; {_ACKNOWLEDGE}"
                yield run, "copied-words", _copied(run), hint

    def _claims(self, cited: Sequence[Paragraph]) -> Iterator[_Claim]:
        for figure in figures(self.text, self.language):
            if not figure.counted:
                said = f"`{figure.written}` is not"
                yield figure.written, "figure-not-in-source", said, partial(_has_figure, figure)
        if self.language == self.source.language:
            for quoted in quotations(self.text):
                yield quoted, "quote-not-in-source", f"“{quoted}” is not said so", partial(_has_words, quoted)
            text, lexicons = self._without_title_case(), [each.lexicon for each in cited]
            for name in unknown_names(text, self.language, lexicons, self.source.ordinary):
                if (value_of(name.casefold(), self.language) or 0) < 0:
                    continue  # a month is a figure
                yield name, "name-not-in-source", f"the name `{name}` is not", partial(_has_name, name)

    def _without_title_case(self) -> str:
        """The text, its title's first word written small; nothing of a title where all words have capitals."""
        if not self.is_title:
            return self.text
        capitals = [word[0].isupper() for word in re.findall(r"\w+", self.text)[1:] if len(word) > _SHORT]
        return "" if sum(capitals) * 4 > len(capitals) * 3 else self.text[:1].lower() + self.text[1:]


def _has_figure(figure: Figure, paragraphs: Sequence[Paragraph]) -> bool:
    return any(figure.is_among(each.values) for each in paragraphs)


def _has_words(quoted: str, paragraphs: Sequence[Paragraph]) -> bool:
    return is_quoted_from(quoted, [each.text for each in paragraphs])


def _has_name(name: str, paragraphs: Sequence[Paragraph]) -> bool:
    return all(any(each.lexicon.knows(word) for each in paragraphs) for word in name.split())


def _copied(run: str) -> str:
    return f"more than {LONGEST_RUN} words in a row are the article's own: “{' '.join(run.split())}”"
