"""What the words of an article weigh where: key terms and key sentences of any run of paragraphs."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.content.drafting.language import sentences, stemmer, stops, words

_SHORTEST, _LONGEST = 3, 24
"""Letters of a word that can be a key term: longer ones come from writing without spaces between words."""
_OFTEN = 2
"""Times that two words must stand side by side in the article to be a term."""


_RUNS = re.compile(r"([^\w\s'’-]+|\s[-–—]\s)")
_ENDS = re.compile(r"[.!?…]")
_ONCE, _NAME = 0.6, 1.4
"""Factors of words that stand in the article once, and of those with a capital of their own."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The terms of an article: stems, and pairs of them that stand side by side more than once."""

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
        norm = math.sqrt(sum(map(_square, one.values())) * sum(map(_square, other.values())))
        return sum(number * other[term] for term, number in one.items()) / norm if norm else 0.0

    def _total(self, span: Sequence[int]) -> Counter[str]:
        total: Counter[str] = Counter()
        for index in span:
            total.update(self.paragraphs[index])
        return total

    def _weights(self, span: Sequence[int]) -> dict[str, float]:
        """Terms that are frequent here, rare elsewhere, and in few paragraphs; names and pairs of words first."""
        return {
            term: number
            * math.sqrt(number / self.forms[term].total())
            * math.log(1 + len(self.paragraphs) / self.spread[term])
            * (1 + 0.5 * term.count(" "))
            * (_NAME if self.written(term)[0].isupper() else 1)
            * (_ONCE if self.forms[term].total() == 1 else 1)
            for term, number in self._total(span).items()
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
    kept = tuple(
        Counter(
            {
                term: number
                for term, number in count.items()
                if " " not in term or forms[term].total() >= _OFTEN
            }
        )
        for count in counts
    )
    return Lexicon(language, kept, forms, Counter(term for count in kept for term in count))


def _terms(text: str, language: str) -> Iterator[tuple[str, str]]:
    """The terms of a text as stems, with their written forms: words, and pairs with nothing but a space between."""
    stem, stopped = stemmer(language), stops(language)
    opens = True
    for run in _RUNS.split(text):
        before = ("", "")
        for word in words(run):
            small = word.lower()
            if _SHORTEST <= len(word) <= _LONGEST and small not in stopped:
                here = (stem(small), small if opens and not word.isupper() else word)
                yield here
                if before[0] and before[0] != here[0]:
                    yield f"{before[0]} {here[0]}", f"{before[1]} {here[1]}"
                before = here
            else:
                before = ("", "")
            opens = False
        opens = opens or bool(_ENDS.search(run))  # the capital that follows is the sentence's, not the word's


def _square(number: float) -> float:
    return number * number
