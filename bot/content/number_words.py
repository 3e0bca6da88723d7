"""The words that count, by language: stems and their values; a stem with `$` takes no ending.

Small numbers in words are never held against a digest (see `figures.COUNTED`), so their stems may be coarse; those
above must not match other words: «столица» is not a hundred, and «жүзеге» is not one either.
"""

from functools import lru_cache
from re import fullmatch

_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_EN_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_GREAT = {
    "en": "hundred$ hundreds$|thousand|million|billion|trillion",
    "ru": "сто$ ста$ сот$ сотн|тысяч|миллион млн$|миллиард млрд$|триллион трлн$",
    "kk": "жүз|мың|миллион млн$|миллиард млрд$|триллион трлн$",
}
_STEMS = {
    "ru": (
        "ноль$ ноля$ нулев|один одн перв|два$ две$ двух$ двум$ двумя$ двое втор|три$ трех$ трем$ тремя$ трое трет|"
        "четыр четверт|пять пяти$ пятый пятой пятая пятое пятую пятого|шест|сем седьм|восем восьм|девят|десят|"
        "одиннадцат|двенадцат|тринадцат|четырнадцат|пятнадцат|шестнадцат|семнадцат|восемнадцат|девятнадцат"
    ),
    "kk": "нөл|бір|екі|үш|төрт|бес|алты|жеті|сегіз|тоғыз|он",
}
_TENS = {
    "ru": (
        "двадцат|тридцат|сорок|пятьдесят пятидесят|шестьдесят шестидесят|семьдесят семидесят|"
        "восемьдесят восьмидесят|девяност"
    ),
    "kk": "жиырма|отыз|қырық|елу|алпыс|жетпіс|сексен|тоқсан",
}
_RU_HUNDREDS = (
    "двест двухсот двумст|трист трехсот|четырест четырехсот|пятьсот пятисот|шестьсот шестисот|семьсот семисот|"
    "восемьсот восьмисот|девятьсот девятисот"
)
_MONTHS = {
    "en": "january|february|march|april|may|june|july|august|september|october|november|december",
    "ru": "январ|феврал|март|апрел|май мая$ мае$|июн|июл|август|сентябр|октябр|ноябр|декабр",
    "kk": "қаңтар|ақпан|наурыз|сәуір|мамыр|маусым|шілде|тамыз|қыркүйек|қазан|қараша|желтоқсан",
}
_ENDINGS = {
    "en": "s|th",
    "ru": "[аеёиоуыьюяйгхмв]{1,3}|н[а-я]{1,3}|лет[а-я]{2,3}",
    "kk": "(?:[ыі]?нш[ыі]|даған|деген|лаған)?(?:[тдн][ыі]ң|ға|ге|қа|ке|[тдн][ае]н?|ғы|гі)?",
}
GREAT = (100, 10**3, 10**6, 10**9, 10**12)
"""Values that multiply what stands before them."""


def _numbered(lists: str, values: tuple[int, ...]) -> dict[str, int]:
    return {
        stem: value for stems, value in zip(lists.split("|"), values, strict=True) for stem in stems.split()
    }


def _table(language: str) -> dict[str, int]:
    tens = tuple(range(20, 100, 10))
    table = _numbered(_GREAT[language], GREAT) | _numbered(_MONTHS[language], tuple(range(-1, -13, -1)))
    if language == "en":
        table |= {
            f"{word}$": value
            for words in (_EN_SMALL, _EN_ORDINALS)
            for value, word in enumerate(words.split())
        }
        return table | _numbered("|".join(f"{word} {word[:-1]}ieth$" for word in _EN_TENS.split()), tens)
    stems = _STEMS[language]
    table |= _numbered(stems, tuple(range(stems.count("|") + 1))) | _numbered(_TENS[language], tens)
    return table | (_numbered(_RU_HUNDREDS, tuple(range(200, 1000, 100))) if language == "ru" else {})


_TABLES = {language: _table(language) for language in _MONTHS}


@lru_cache(4096)
def value_of(word: str, language: str) -> int | None:
    """What a word counts, months as -1 to -12; None where it counts nothing or the language is not known here."""
    table = _TABLES.get(language, {})
    if (value := table.get(f"{word}$")) is not None:
        return value
    for end in range(len(word), 1, -1):
        value = table.get(word[:end])
        if value is not None and (end == len(word) or fullmatch(_ENDINGS[language], word[end:])):
            return value
    return None
