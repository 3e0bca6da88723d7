"""What depends on the language: telling it, sentences, stems, and words that say nothing of a subject."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

import sentencex
import snowballstemmer
import stop_words

UNKNOWN = "und"
"""The code of ISO 639 for a language that nobody could tell."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_KAZAKH = re.compile("[қғұ]")
"""Letters that neither Russian nor another language with a list of stop words has."""
_KAZAKH_SHARE = 0.15
"""Of the words of a Kazakh text a third hold such a letter; of a Russian one with Kazakh names, a few."""
_KNOWN_SHARE = 0.08
"""Of the words of a text a third and more are stop words of its language."""
_KAZAKH_STOPS = (
    "және мен бен пен да де та те бұл сол осы мына анау ол олар біз сіз сен оның оны оған одан онда олардың "
    "біздің менің сенің сіздің өз өзі өзінің бір бірақ бірге бірі барлық бәрі екі үш үшін туралы дейін кейін "
    "бері соң бойынша арқылы сияқты секілді ретінде қарай қазір қазіргі енді тағы тек қана ғана немесе әлде "
    "егер өйткені себебі сондықтан сонымен алайда дегенмен мысалы яғни еді екен емес жоқ бар болды болып болған "
    "болады болса болатын деп деген дейді деді еткен етіп етті жатыр тұр жүр отыр қалды кетті келді керек мүмкін "
    "өте ең көп аз жаңа үлкен кез әр әрбір кейбір неше қанша қандай қалай қашан қайда кім не неге сондай осындай "
    "мұндай бойы ішінде арасында жыл жылы жылдың күні кезде кезінде алды алып алған беріп берді шейін гөрі"
)
_PREFIX = 5
"""Letters that stand for a stem where no stemmer knows the language: endings in Kazakh and its kin come after."""
_MAX_SENTENCES = 20_000
"""Characters of one paragraph in which sentences are looked for."""


def detect(texts: Iterable[str], declared: str = "") -> str:
    """The language of texts: Kazakh by its letters, others by their stop words; `declared` where they do not tell."""
    found = Counter(word.lower() for text in texts for word in words(text))
    total = found.total() or 1
    if sum(number for word, number in found.items() if _KAZAKH.search(word)) / total >= _KAZAKH_SHARE:
        return "kk"
    shares = {
        code: sum(found[word] for word in stops(code)) / total for code in sorted(stop_words.LANGUAGE_MAPPING)
    }
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] >= _KNOWN_SHARE else declared or UNKNOWN


@cache
def stops(language: str) -> frozenset[str]:
    """The words of a language that say nothing of a text's subject; none where it is not known."""
    if language == "kk":
        return frozenset(_KAZAKH_STOPS.split())
    known = stop_words.LANGUAGE_MAPPING
    return frozenset(stop_words.get_stop_words(language)) if language in known else frozenset()


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
    if name in snowballstemmer.algorithms():
        return cache(snowballstemmer.stemmer(name).stemWord)
    return lambda word: word[:_PREFIX]
