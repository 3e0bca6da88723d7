"""Numbers in texts, in digits or in words (English, Russian, Kazakh), as values that can be compared.

`1,000`, `1 000` and “thousand” are one value; so are `50th`, “fiftieth”, «пятидесятый» and «елуінші», and `XXI` and
`21`. In other languages digits alone are read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from bot.content.number_words import GREAT, value_of

_GAP = " \u00a0\u2009\u202f"
_TOKEN = re.compile(
    r"(?<![^\W_])\d{1,2}([./-])\d{1,2}\1\d{2,4}(?!\d)|(?<![^\W_])\d{4}-\d\d-\d\d(?!\d)"  # a date
    rf"|(?<![^\W_])(?:\d{{1,3}}(?:[{_GAP}.,'’]\d{{3}})+(?!\d)|\d+)(?:[.,]\d+)?"  # 1,000.5  1 000  2024
    r"|[^\W\d_]+"
)
_ROMAN = re.compile("(X{0,3})(IX|IV|V?I{0,3})")
_UNDER_TEN = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
COUNTED = 12
"""Number words up to this count what a text itself enumerates (“three answers”): they are no figures."""
_FOUR_DIGITS = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is written, and the values that it may stand for.

    Rough: “millions of people”, which is said of any number of that size. Counted: small, and in words.
    """

    written: str
    values: frozenset[Decimal]
    rough: bool = False
    counted: bool = False

    def is_among(self, values: frozenset[Decimal]) -> bool:
        """Whether one of the values is this number, or of its size if it is rough."""
        if self.rough:
            return any(low <= value < low * 1000 for low in self.values for value in values)
        return not self.values.isdisjoint(values)


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    values: frozenset[Decimal]
    word: bool = False
    month: bool = False

    @property
    def value(self) -> Decimal:
        return min(self.values)


def values(text: str, language: str) -> frozenset[Decimal]:
    """Every value that a text names, months included."""
    tokens = list(_tokens(text, language))
    months = (token.values for token in tokens if token.month)
    return frozenset().union(*months, *(_figure(text, run).values for run in _runs(text, tokens)))


def figures(text: str, language: str) -> list[Figure]:
    """The numbers of a text; a month is one where it stands beside a day or a year."""
    tokens = list(_tokens(text, language))
    found = [_figure(text, run) for run in _runs(text, tokens)]
    for one, other in pairwise(tokens):
        month, number = (one, other) if one.month else (other, one)
        if month.month and not number.word and not text[one.end : other.start].strip(_GAP + "\n,"):
            found.append(Figure(text[month.start : month.end], month.values))
    return found


def _tokens(text: str, language: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        written, start, end = match[0], *match.span()
        if match[1] or re.fullmatch(r"\d{4}-\d\d-\d\d", written):
            for part in re.finditer(r"\d+", written):
                yield _Token(start + part.start(), start + part.end(), frozenset({Decimal(part[0])}))
        elif written[0].isdecimal():
            yield _Token(start, end, frozenset(_readings(written)))
        elif len(written) > 1 and (roman := _ROMAN.fullmatch(written)):
            yield _Token(start, end, frozenset({Decimal(10 * len(roman[1]) + _UNDER_TEN.index(roman[2]))}))
        elif (value := value_of(written.casefold().replace("ё", "е"), language)) is not None:
            yield _Token(start, end, frozenset({Decimal(abs(value))}), word=True, month=value < 0)


def _readings(written: str) -> Iterator[Decimal]:
    """What digits with separators may mean: `1,500` is one and a half in another country."""
    whole, *groups = re.split("[.,]", re.sub(rf"[{_GAP}'’]", "", written))
    if all(len(group) == 3 for group in groups):  # noqa: PLR2004  a group of thousands
        yield Decimal("".join((whole, *groups)))
    if groups:
        yield Decimal(f"{''.join((whole, *groups[:-1]))}.{groups[-1]}")


def _runs(text: str, tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Tokens that make one number: “two” “million”, `2` “million”, “twenty” “five”."""
    run: list[_Token] = []
    for token in tokens:
        if token.month:
            continue
        if run and not _goes_on(run[-1], text[run[-1].end : token.start].strip(_GAP + "\n"), token):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _goes_on(last: _Token, between: str, token: _Token) -> bool:
    if not token.word:
        return False
    if token.value in GREAT:
        small = last.word or last.value < _FOUR_DIGITS
        return small and between == ("of" if last.word and last.value in GREAT and between else "")
    whole_tens = last.value >= GREAT[0] or (last.value >= 10 and last.value % 10 == 0 and token.value < 10)  # noqa: PLR2004
    return last.word and token.value < last.value and whole_tens and between in {"", "-", "and"}


def _figure(text: str, run: Sequence[_Token]) -> Figure:
    totals, current = {Decimal(0)}, set[Decimal]()
    for token in run:
        if not (token.word and token.value in GREAT):
            current = {had + value for had in current or {Decimal(0)} for value in token.values}
        elif token.value == GREAT[0]:
            current = {value * token.value for value in current or {Decimal(1)}}
        else:
            totals = {had + value * token.value for had in totals for value in current or {Decimal(1)}}
            current = set()
    found = frozenset(had + value for had in totals for value in current or {Decimal(0)})
    words = all(token.word for token in run)
    rough = run[0].word and run[0].value in GREAT
    return Figure(text[run[0].start : run[-1].end], found, rough, counted=words and max(found) <= COUNTED)
