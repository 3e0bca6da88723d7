"""Search over digests, without the index itself: what is looked for, which known words may be meant, what is shown."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice, takewhile

from bot.core.markdown import escape
from bot.core.stems import STOPS, WORD, other_layout, plain, root, stemmer

MAX_QUERY = 256
"""Characters of a query that are looked at: as many as Telegram lets people type in inline mode
(https://core.telegram.org/bots/api#inlinequery)."""
_MAX_WORDS, _MAX_CORRECTED = 6, 3
"""Words of a query that are looked at, and of those that are not known, in which errors are looked for."""
_MAX_MEANT = 12
"""Words that the beginning of a word may stand for: the most frequent ones."""
_SHORTEST_BEGINNING, _SHORTEST = 2, 4
"""Letters of a word that may go on, and of one in which errors are looked for."""
_TWO_ERRORS = 8
"""Letters from which on a word may have two errors; a letter left out, put in, changed or swapped is one."""
_ONE_BYTE = {letter: letter - 0x370 for letter in range(0x430, 0x450)}
"""Russian letters in the place of Latin capitals, which no stem has: rapidfuzz is four times as fast in one byte."""
_SNIPPET, _BEFORE = 120, 40
"""Visible characters of a snippet, and those of them that may stand before the first match."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A digest as search knows it: plain text without markup, and the title of its theme, in one language."""

    digest: str
    title: str
    text: str
    theme: str
    keywords: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A digest that was found. `snippet` is one line of Telegram HTML; within an answer, a higher score is better."""

    digest: str
    snippet: str
    score: float


@dataclass(frozen=True, slots=True)
class Sought:
    """A word of a query, and the numbers of the stems it stands for: `wide` holds `exact`, and more.

    `exact`: the word in any of its forms. `wide`: also words of its family, and, where the word may go on, those that
    begin with it.
    """

    form: str
    exact: frozenset[int]
    wide: frozenset[int]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to look: a digest needs a stem of each group of numbers, or of any if `every` is not set."""

    groups: tuple[frozenset[int], ...]
    every: bool = True


Lengths = dict[int, list[str]]
"""Words or stems, each letter of one byte, by their length."""


class Vocabulary:
    """All words of all entries, by the number of their stem. `number` adds to it; queries come after `close`."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._stem = stemmer(language)
        self._stops = frozenset(plain(word, language) for word in STOPS.get(language, "").split())
        self._written: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._forms: dict[str, int] = {}
        self._frequency: Counter[int] = Counter()
        self._sorted: list[str] = []
        self._lengths: tuple[Lengths, Lengths] = defaultdict(list), defaultdict(list)
        self._numbers: dict[str, int] = {}
        self._families: dict[str, list[int]] = defaultdict(list)

    def number(self, word: str) -> int:
        """The number of a word's stem, a new one if need be."""
        found = self._written.get(word)
        if found is None:
            form = plain(word, self._language)
            found = self._stems.setdefault(self._stem(form), len(self._stems))
            self._written[word] = self._forms[form] = found
        self._frequency[found] += 1
        return found

    def close(self) -> None:
        """Make ready for queries."""
        self._sorted = sorted(self._forms)
        words, stems = self._lengths
        shortest = {self._forms[form]: form for form in sorted(self._forms, key=len, reverse=True)}
        for stem, number in self._stems.items():
            self._families[root(stem, self._language)].append(number)
            pools = {shortest[number]: words, stem: stems}  # once, where the word is its own stem
            for word, lengths in pools.items():
                same = word.translate(_ONE_BYTE)
                self._numbers.setdefault(same, number)
                lengths[len(same)].append(same)

    def steps(self, query: str) -> Iterator[Step]:
        """How to look for a query, the strictest way first; each later step is for when those before find nothing.

        What is typed is read as of the other keyboard, if more of its words are known then.
        """
        query = query[:MAX_QUERY]
        readings = self._read(query), self._read(other_layout(query))
        words = max(readings, key=lambda words: sum(bool(word.wide) for word in words))
        yield Step(tuple(word.exact for word in words))
        yield Step(tuple(word.wide for word in words))
        unknown = [word.form for word in words if not word.wide][:_MAX_CORRECTED]
        meant = {form: self._near(form) for form in unknown}
        near = tuple(word.wide or meant.get(word.form, frozenset()) for word in words)
        yield Step(near)
        yield Step(tuple(word.exact or group for word, group in zip(words, near, strict=True)), every=False)

    def marks(self, text: str) -> list[tuple[int, int, int]]:
        """Start, end and number of each word of a text that stands in an entry."""
        return [(match.start(), match.end(), self._written[match[0]]) for match in WORD.finditer(text)]

    def _read(self, query: str) -> list[Sought]:
        typed = dict.fromkeys(plain(word, self._language) for word in WORD.findall(query))
        forms = ([form for form in typed if form not in self._stops] or [*typed])[:_MAX_WORDS]
        return [self._sought(form, last=form == forms[-1]) for form in forms]

    def _sought(self, form: str, *, last: bool) -> Sought:
        stem = self._stem(form)
        number = self._stems.get(stem)
        exact = frozenset(() if number is None else (number,))
        family = self._families.get(root(stem, self._language), ())
        goes_on = last and len(form) >= _SHORTEST_BEGINNING
        return Sought(form, exact, exact.union(family, self._beginning(form) if goes_on else ()))

    def _beginning(self, start: str) -> list[int]:
        """The most frequent of the words that begin so."""
        following = islice(self._sorted, bisect_left(self._sorted, start), None)
        found = {self._forms[form] for form in takewhile(lambda form: form.startswith(start), following)}
        return sorted(found, key=lambda number: (-self._frequency[number], number))[:_MAX_MEANT]

    def _near(self, form: str) -> frozenset[int]:
        """The words in their shortest form, and the stems, with the fewest errors for their length."""
        from rapidfuzz.distance import OSA  # noqa: PLC0415  3 MB, for those who mistype
        from rapidfuzz.process import extract  # noqa: PLC0415

        words, stems = self._lengths
        stem = self._stem(form)
        found: dict[int, float] = {}
        for typed, known in (form, words), (form, stems), (stem, stems if stem != form else {}):
            errors = 0 if len(typed) < _SHORTEST else 1 if len(typed) < _TWO_ERRORS else 2
            same = typed.translate(_ONE_BYTE)
            for length in range(len(typed) - errors, len(typed) + errors + 1) if errors else ():
                some = known.get(length, ())
                meant = extract(same, some, scorer=OSA.distance, score_cutoff=errors, limit=None)
                for word, distance, _ in meant:
                    number = self._numbers[word]
                    found[number] = min(distance / len(typed), found.get(number, 1.0))
        least = min(found.values(), default=0.0)
        return frozenset(number for number, share in found.items() if share == least)


def snippet(text: str, marks: Sequence[tuple[int, int, int]], wanted: AbstractSet[int]) -> str:
    """The part of a text (one line) that holds most of what is wanted, as Telegram HTML with the matches in bold."""
    found = [(start, number) for start, _, number in marks if number in wanted]
    start, end = 0, len(text)
    if end > _SNIPPET:
        windows = [_window(text, marks, at) for at, _ in found] or [_window(text, marks, 0)]
        start, end = max(
            windows, key=lambda window: len({number for at, number in found if window[0] <= at < window[1]})
        )
    pieces, done = ["…" if start else ""], start
    for first, last, number in marks:
        if number in wanted and start <= first and last <= end:
            pieces += escape(text[done:first]), "<b>", escape(text[first:last]), "</b>"
            done = last
    return "".join([*pieces, escape(text[done:end]).rstrip(), "…" if end < len(text) else ""])


def _window(text: str, marks: Sequence[tuple[int, int, int]], match: int) -> tuple[int, int]:
    """Start and end of a snippet around a match, at words, with room for two dots."""
    room = _SNIPPET - 2
    earliest = min(match - _BEFORE, len(text) - room)
    start = 0 if earliest <= 0 else next((at for at, _, _ in marks if at >= earliest), match)
    if len(text) - start <= room:
        return start, len(text)
    ends = [end for _, end, _ in marks if start < end <= start + room]
    return start, ends[-1] if ends else start + room
