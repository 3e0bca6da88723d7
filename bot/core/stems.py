"""The words of a text for search: what a word is, how its forms come together, and how it may have been typed."""

import re
import unicodedata
from collections.abc import Callable

WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f]|['’](?=[^\W_]))*")
"""Letters and digits, with accents and apostrophes inside."""
STOPS = {
    "en": "a about an and are as at be by can do does for from how in is it of on or that the this to was what when "
    "where which who why will with",
    "ru": "а в во где для до ему и из или их к как какая какие какой какую когда кто ли на над не но о об от по под "
    "почему при про с со у что чем чему это этот",
    "kk": "бен бұл да де және қай қайда қалай қандай кім мен ма ме не неге неліктен пен осы туралы үшін",
}
"""Words that are left out of a query that has others."""
_STRESS = "\u0301"

_LATIN_KEYS = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_CYRILLIC_KEYS = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_OTHER_KEYS = str.maketrans(_LATIN_KEYS + _CYRILLIC_KEYS, _CYRILLIC_KEYS + _LATIN_KEYS)
_LATIN_TWINS, _CYRILLIC_TWINS = "aceopxykmthb", "асеорхукмтнв"
_TO_CYRILLIC = str.maketrans(_LATIN_TWINS + "i", _CYRILLIC_TWINS + "і")
_TO_LATIN = str.maketrans(_CYRILLIC_TWINS, _LATIN_TWINS)
_LATIN, _CYRILLIC = re.compile("[a-z]"), re.compile("[а-яёі]")

_PLAIN_KAZAKH = str.maketrans("әіыңғүұқөһ", "аиингуукох")
"""Kazakh letters as people type them on a Russian keyboard; і and ы are one, for both are typed as и and as ы."""
_KAZAKH = re.compile(
    r"""
    (су|ел|ис|уй|ой|ай|ат|ту | .{3,}?)
    (?: (?<=...) (?: у | (?:м[ае])?йди | (?<=^...)[ае]ди | [аей]тин | [гк][ае]н ) )?  # -у, -йды, -ады, -атын, -ған
    (?: [лдт][ае]р )?                                                        # -лар, -дар, -тар
    (?: с?и (?: н[ае]? | нд[ае](?:н|ги)? | н[ае]н | нин | мен )?             # -ы, -сы; -ын, -ына, -ында, -ының
      | и?[мн]из (?: дин | ди | г[ае] | д[ае](?:н|ги)? | бен )?              # -ымыз, -ыңыз; -ымыздың, -ымызға
      | [ндт]ин | [ндт]и | [гк][ае] | [дт][ае](?:н|ги)? | н[ае]н | [мбп]ен   # a case: -ның, -ны, -ға, -да, -дан, -мен
    )?
    """,
    re.VERBOSE,
)
"""A stem and its endings in plain letters: those of verbs, then number, possession, case. The shortest stem is taken,
of three letters at least, so that орта and орда stay whole, but for the commonest short words: water, country, …"""
_NARROW = re.compile("([аеоуэюя].*[^аеиоуэюя])и([^аеиоуэюя])$")
"""The vowel that comes and goes in халық and халқы, орын and орны."""
_VOICED = str.maketrans("гб", "кп")
"""A last consonant before an ending that begins with a vowel: қауіпсіздік and қауіпсіздігі, кітап and кітабы."""
_LIKE_GERUND = re.compile("..[аяиы]в$")
"""Nouns as держав and состав, of which Snowball would cut the end of a gerund, as it does of сделав."""
_DERIVED = {
    "en": re.compile("(?<=....)(?:ac|at|ic|i|al)+$"),  # diplomat, diplomacy
    "ru": re.compile("(?<=...)(?:ск|ств|ен|н)+$"),  # вода, водный; держава, державный
    "kk": re.compile("(?<=...)(?:ши)?(?:си?з)?(?:[лдт]и?к)?$"),  # қауіп, қауіпсіз, қауіпсіздік; әлем, әлемдік
}
"""Endings that make a new word of the same family: such words are found after the one that was asked for."""


def plain(word: str, language: str) -> str:
    """A word without what people leave out or mix up: capitals, stresses, ё, twins of letters in the other script."""
    small = unicodedata.normalize("NFKC", word).casefold().replace("’", "'").replace(_STRESS, "")
    if _LATIN.search(small) and _CYRILLIC.search(small):
        small = small.translate(_TO_LATIN if language == "en" else _TO_CYRILLIC)
    if language == "en":
        return "".join(
            letter for letter in unicodedata.normalize("NFKD", small) if not "\u0300" <= letter <= "\u036f"
        )
    small = small.replace("ё", "е")
    return small.translate(_PLAIN_KAZAKH) if language == "kk" else small


def stemmer(language: str) -> Callable[[str], str]:
    """What brings the plain forms of a word together; a word of a language that is not known is its own stem.

    For one thread at a time: Snowball's stemmers keep the word that they are at.
    """
    if language == "kk":
        return _kazakh
    if language not in {"en", "ru"}:
        return str
    from Stemmer import Stemmer  # noqa: PLC0415  1 MB, for those who search

    name = "english" if language == "en" else "russian"
    stem: Callable[[str], str] = Stemmer(name).stemWord
    return stem if language == "en" else lambda word: stem(word + "а" if _LIKE_GERUND.search(word) else word)


def root(stem: str, language: str) -> str:
    """What the words of a family share."""
    if language not in _DERIVED:
        return stem
    short = _DERIVED[language].sub("", stem)
    return _squeezed(short) if language == "kk" else short


def other_layout(text: str) -> str:
    """What the same keys give when the keyboard is switched between English and Russian: цфеук for water."""
    return text.lower().translate(_OTHER_KEYS)


def _kazakh(word: str) -> str:
    match = _KAZAKH.fullmatch(word)
    stem = match[1] if match else word
    return _squeezed(stem[:-1] + stem[-1:].translate(_VOICED))


def _squeezed(stem: str) -> str:
    return _NARROW.sub(r"\1\2", stem)
