"""The words of an article: their language, stems and sentences, and what they weigh where."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sentencex
import stop_words
from Stemmer import Stemmer, algorithms

UNKNOWN = "und"
"""The code of ISO 639 for a language that nobody could tell."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_KAZAKH = re.compile("[қғұ]")
"""Letters that neither Russian nor another language with a list of stop words has."""
_KAZAKH_SHARE, _KNOWN_SHARE = 0.15, 0.08
"""Of the words of a text: a third of Kazakh ones hold such a letter, and a third are stop words of its language."""
_KAZAKH_STOPS = Path(__file__).with_name("kazakh.txt")
_PREFIX = 5
"""Letters that stand for a stem where no stemmer knows the language: endings in Kazakh and its kin come after."""
_MAX_SENTENCES = 20_000
"""Characters of one paragraph in which sentences are looked for."""
_SHORTEST = 3
"""Letters of a word that can be a key term."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|.{25}"
)
"""Letters of Thai, Chinese and other scripts that part no words, in which a whole clause would be a term."""


_RUNS = re.compile(r"([^\w\s'’-]+|\s[-–—]\s)")
_ONCE, _NAME = 0.6, 1.4
"""Factors of words that stand in the article once, and of those with a capital of their own."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The terms of an article: stems, and pairs of them that stand side by side."""

    language: str
    paragraphs: tuple[Counter[str], ...]
    """How often each term stands in each paragraph."""
    forms: dict[str, Counter[str]]
    """A term as it is written, and how often."""
    spread: Counter[str]
    """In how many paragraphs a term stands."""

    def terms(self, span: Sequence[int], number: int) -> list[str]:
        """So many key terms of these paragraphs, as they are written; fewer where there are not as many."""
        weights = self._weights(span)
        chosen: list[str] = []
        for term in sorted(weights, key=lambda term: -weights[term]):
            if len(chosen) == number:
                break
            if not {*term.split()} & {part for other in chosen for part in other.split()}:
                chosen.append(term)
        return [self.written(term) for term in chosen]

    def key_sentences(self, texts: Sequence[str], span: Sequence[int], number: int) -> list[str]:
        """The sentences of these paragraphs that hold most of their weight, in the order of the article."""
        weights = self._weights(span)
        found = [sentence for index in span for sentence in sentences(texts[index], self.language)]

        def weight(place: int) -> float:
            held = dict.fromkeys(term for term, _ in _terms(found[place], self.language))
            return sum(weights.get(term, 0.0) for term in held) / math.sqrt(8 + len(found[place].split()))

        best = sorted(range(len(found)), key=lambda place: -weight(place))[:number]
        return [found[place] for place in sorted(best)]

    def alike(self, before: Sequence[int], after: Sequence[int]) -> float:
        """How much two runs of paragraphs speak of the same: from 0 to 1."""
        one, other = self._total(before), self._total(after)
        norm = math.hypot(*one.values()) * math.hypot(*other.values())
        return sum(number * other[term] for term, number in one.items()) / norm if norm else 0.0

    def _total(self, span: Sequence[int]) -> Counter[str]:
        total: Counter[str] = Counter()
        for index in span:
            total.update(self.paragraphs[index])
        return total

    def _weights(self, span: Sequence[int]) -> dict[str, float]:
        """Terms that are frequent here, rare elsewhere, and in few paragraphs; names and usual pairs first."""
        return {
            term: number
            * math.sqrt(number / self.forms[term].total())
            * math.log(1 + len(self.paragraphs) / self.spread[term])
            * (1 + 0.5 * term.count(" "))
            * (_NAME if self.written(term)[0].isupper() else 1)
            * (_ONCE if self.forms[term].total() == 1 else 1)
            for term, number in self._total(span).items()
            if " " not in term or self.forms[term].total() > 1
        }

    def written(self, term: str) -> str:
        """A term in the shortest of its usual forms."""
        forms = self.forms[term]
        usual = [form for form, number in forms.items() if 3 * number >= max(forms.values())]
        return min(usual, key=lambda form: (len(form), form))  # of “Steppe” and “steppe” the name


def weigh(texts: Sequence[str], language: str) -> Lexicon:
    """The lexicon of an article with these paragraphs."""
    forms: dict[str, Counter[str]] = {}
    counts = []
    for text in texts:
        count: Counter[str] = Counter()
        for term, form in _terms(text, language):
            count[term] += 1
            forms.setdefault(term, Counter())[form] += 1
        counts.append(count)
    return Lexicon(language, tuple(counts), forms, Counter(term for count in counts for term in count))


def _terms(text: str, language: str) -> Iterator[tuple[str, str]]:
    """The terms of a text as stems, with their written forms: words, and pairs with nothing but a space between."""
    stem, stopped = stemmer(language), stops(language)
    opens = True
    for run in _RUNS.split(text):
        before = ("", "")
        for word in words(run):
            small = word.lower()
            if len(word) >= _SHORTEST and small not in stopped and not _UNSPACED.search(small):
                here = (stem(small), small if opens and not word.isupper() else word)
                yield here
                if before[0] and before[0] != here[0]:
                    yield f"{before[0]} {here[0]}", f"{before[1]} {here[1]}"
                before = here
            else:
                before = ("", "")
            opens = False
        opens = opens or bool(
            re.search("[.!?…]", run)
        )  # the capital that follows is the sentence's, not the word's


def detect(texts: Iterable[str], declared: str = "") -> str:
    """The language of texts: Kazakh by its letters, others by their stop words; `declared` where they do not tell."""
    found = Counter(word.lower() for text in texts for word in words(text))
    total = found.total() or 1
    if sum(number for word, number in found.items() if _KAZAKH.search(word)) / total >= _KAZAKH_SHARE:
        return "kk"
    codes = sorted(stop_words.LANGUAGE_MAPPING)
    share, best = max((sum(found[word] for word in stops(code)) / total, code) for code in codes)
    return best if share >= _KNOWN_SHARE else declared or UNKNOWN


@cache
def stops(language: str) -> frozenset[str]:
    """The words of a language that say nothing of a text's subject; none where it is not known."""
    if language == "kk":
        return frozenset(_KAZAKH_STOPS.read_text(encoding="utf-8").split())
    return frozenset(stop_words.get_stop_words(language) if language in stop_words.LANGUAGE_MAPPING else ())


def words(text: str) -> list[str]:
    """The words of a text as they stand, in NFC, without the English possessive."""
    return [re.sub("['’]s$", "", word) for word in _WORD.findall(unicodedata.normalize("NFC", text))]


def sentences(text: str, language: str) -> list[str]:
    """The sentences of a paragraph, as far as it is of a length to be read."""
    found: list[str] = []
    for item in sentencex.segment(language, text[:_MAX_SENTENCES]):
        if found and item[:1].islower():  # an abbreviation that is not known in this language
            found[-1] = f"{found[-1]} {item.strip()}"
        elif item.strip():
            found.append(item.strip())
    return found


@cache
def stemmer(language: str) -> Callable[[str], str]:
    """What brings the forms of a word in small letters together."""
    name = stop_words.LANGUAGE_MAPPING.get(language)
    if name in algorithms():
        return cache(Stemmer(name).stemWord)
    return lambda word: word[:_PREFIX]
