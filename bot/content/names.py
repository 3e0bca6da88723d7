"""Proper names in texts, as far as capital letters and endings tell them.

Names are compared word by word with a declension tolerated: «Казахстану», «Қазақстанның» and “Kazakhstani” are
“Kazakhstan” in their languages. What this cannot tell: names in scripts without capitals, in German (every noun
has one), at the beginning of a sentence in other languages than English, and Niger from Nigeria.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_NOUNS_HAVE_CAPITALS = {"de", "lb"}
_ENDING = {"en": 4}
_LONG_ENDING = 10
"""Letters that may follow a name: few in English (“Europe”, “European”), many in Kazakh («Қазақстандағы»)."""
_CHANGED_ENDING = re.compile("[aeiouyаеиоуыэюяіүұөә].{0,2}|ь|ск.{0,3}")
_STEM = {"en": 4}
_CONNECTORS = {"of", "and", "the", "for", "on", "in", "de", "и", "по", "мен", "және"}
_BEFORE_A_SENTENCE = ".!?…:;\n"
_BETWEEN = " –—\"“”„‘’«»‹›'([{"
_QUOTES = set('"“„«‘‹')
_PLAIN_ENDINGS = ("s", "ing", "ed", "ly")
_LONGEST_ACRONYM = 8
_OPENERS_EN = (
    "a about above across after against all along also although always am amid among an and another any anybody "
    "anyone anything are around as at away be because been before behind below beneath beside between beyond both "
    "but can could despite do down during each either enough even ever every everybody everyone everything except "
    "far few fewer first for from had half have he hence her here how however if in inside instead into it just "
    "last less let like little long many may maybe me might mine more most much must my near neither never next "
    "no nobody none nor not nothing now of off often on once one only onto or other otherwise our out over "
    "perhaps quite rather same second several shall she should since so some somebody someone something soon "
    "still such than that the their them then there these they third this those though three through throughout "
    "till to today together tomorrow too toward two under unlike until up upon us very was we well were what "
    "whatever when whenever where whereas wherever whether which while who whoever whom whose why will with "
    "within without would yes yesterday yet you your"
)
_OPENERS = frozenset(_OPENERS_EN.split())
"""Words that open English sentences."""


@dataclass(frozen=True, slots=True)
class Name:
    """A word with a capital letter; `opens` says whether it stands where any word would have one."""

    start: int
    end: int
    word: str
    opens: bool


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a text, to look names up in: by their first letters, with acronyms and the initials of names."""

    language: str
    words: dict[str, frozenset[str]]
    acronyms: frozenset[str]
    initials: frozenset[str]

    def knows(self, name: str) -> bool:
        """Whether a word of the text is this one, in whatever form, or the initials of a name in it."""
        word = plain(name)
        near = self.words.get(word[:3], frozenset())
        spelled = name.removesuffix("s").isupper() and word.removesuffix("s") in self.initials
        return word in near or spelled or any(self._alike(word, other) for other in near)

    def _alike(self, one: str, other: str) -> bool:
        """Whether two words that begin alike differ in their endings alone."""
        short, long = sorted((one, other), key=len)
        if any(map(str.isdigit, one)):
            return False
        if long.startswith(short):
            limit = _ENDING.get(self.language, _LONG_ENDING) if len(short) > 3 else 2  # noqa: PLR2004  Mao, Maos
            return len(long) - len(short) <= limit
        stem = next(place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b)
        rests = short[stem:], long[stem:]
        return stem >= _STEM.get(self.language, 3) and all(map(_CHANGED_ENDING.fullmatch, rests))


def lexicon(text: str, language: str) -> Lexicon:
    """The words, acronyms and initials of a text in a language."""
    found: dict[str, set[str]] = {}
    for match in _WORD.finditer(text):
        found.setdefault(plain(match[0])[:3], set()).add(plain(match[0]))
    capitals = list(names(text))
    acronyms = frozenset(plain(name.word) for name in capitals if name.word.isupper())
    initials = frozenset(each for run in _runs(text, capitals) for each in _initials(run))
    return Lexicon(language, {key: frozenset(each) for key, each in found.items()}, acronyms, initials)


def small_words(text: str) -> str:
    """The words of a text that are written without a capital letter."""
    return " ".join(match[0] for match in _WORD.finditer(text) if match[0][0].islower())


@lru_cache(16_384)
def plain(word: str) -> str:
    """A word without case, possessive ending, apostrophes and accents."""
    word = re.sub("['’ʼ]", "", re.sub("['’ʼ]s$", "", word))
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def unknown_names(text: str, language: str, known: Sequence[Lexicon], ordinary: Lexicon) -> Iterator[str]:
    """The proper names of a text that none of the lexicons knows, neighbours together.

    `ordinary` knows the words that are written small: one of those that opens a sentence is no name.
    """
    if language in _NOUNS_HAVE_CAPITALS:
        return
    found = list(names(text))
    acronyms = frozenset().union(*(each.acronyms for each in known))
    spelled = {start for run in _runs(text, found) for start in _spelled(run, acronyms)}
    begin = end = -1
    for name in found:
        unsure = name.opens and (language != "en" or _may_be_ordinary(plain(name.word), ordinary))
        if unsure or name.start in spelled or any(each.knows(name.word) for each in known):
            continue
        if end >= 0 and text[end : name.start] not in {" ", "-", "‑"}:
            yield text[begin:end]
            begin = -1
        begin, end = (name.start if begin < 0 else begin), name.end
    if end >= 0:
        yield text[begin:end]


def names(text: str) -> Iterator[Name]:
    """All words of a text that begin with a capital letter, but for single letters and Roman numbers."""
    for match in _WORD.finditer(text):
        word, start = match[0], match.start()
        if word[0].isupper() and len(word) > 1 and not re.fullmatch("[IVX]+", word):
            before = text[max(0, start - 80) : start].rstrip(_BETWEEN)
            opens = (
                not before or before[-1] in _BEFORE_A_SENTENCE or text[max(0, start - 1) : start] in _QUOTES
            )
            yield Name(start, match.end(), word, opens)


def _may_be_ordinary(word: str, ordinary: Lexicon) -> bool:
    return word in _OPENERS or word.endswith(_PLAIN_ENDINGS) or ordinary.knows(word)


def _runs(text: str, found: Sequence[Name]) -> Iterator[list[Name]]:
    """Words with capitals that stand together, small connecting words between them left out."""
    run: list[Name] = []
    for name in found:
        between = text[run[-1].end : name.start].split() if run else []
        if run and not _CONNECTORS.issuperset(between):
            yield run
            run = []
        run.append(name)
    if run:
        yield run


def _initials(run: Sequence[Name]) -> Iterator[str]:
    """`un`, `unsc` and so on for “United Nations Security Council”."""
    letters = "".join(plain(name.word)[:1] for name in run)
    for start in range(len(letters)):
        yield from (
            letters[start:end] for end in range(start + 2, min(len(letters), start + _LONGEST_ACRONYM) + 1)
        )


def _spelled(run: Sequence[Name], acronyms: Iterable[str]) -> Iterator[int]:
    """Where the words of a run begin whose initials are an acronym of the other text: “United Nations” for `UN`."""
    letters = "".join(plain(name.word)[:1] for name in run)
    for acronym in acronyms:
        if (place := letters.find(acronym)) >= 0:
            yield from (name.start for name in run[place : place + len(acronym)])
