"""Names that a machine can propose: slugs for ids, commands that can be typed, and an emoji that fits."""

import itertools
import re
from collections.abc import Collection, Iterable

from anyascii import anyascii

_NEUTRAL = "📌"
_EMOJI = {  # beginnings of words, in English, Russian and Kazakh
    "🍎": "apple fruit orchard garden vineyard яблок яблон сад сады садов фрукт алма бақ жеміс",
    "💧": "water river lake rain flood вода воды воде водо река реки озер дожд паводк өзен көл жаңбыр суы құдық колод",
    "🌾": "farm harvest wheat grain crop фермер урожа пшениц зерн сельск егін бидай ауыл астық",
    "🐑": "sheep horse cattle herd animal овц овец лошад конь скот живот қой жылқы мал",
    "🌳": "forest tree nature environment climate лес дерев природ климат эколог орман ағаш табиғат климат",
    "🌉": "bridge road railway мост дорог жол көпір",
    "🏙️": "city town street build город улиц строит қала көше құрылыс",
    "🎓": "school student education teacher university школ учен образован учител универс мектеп оқушы білім мұғалім",
    "🩺": "health doctor hospital medic disease здоров врач больниц медиц болезн денсаулық дәрігер аурухана",
    "🔬": "science research laborator scientist biolog наук исследован учёны лаборатор ғылым зерттеу",
    "💻": "computer digital internet software artificial компьют цифров интернет программ цифрлық жасанды",
    "⚡": "energy electric power solar энерг электр қуат",
    "💰": "econom money market trade financ invest эконом деньг рынок рынк торгов финанс ақша нарық сауда қаржы",
    "⚖️": "court judge justice rights legal судья суде закон права право заңды сот құқық",
    "🏛️": "government parliament president minist правительств парламент президент министр үкімет мемлекет",
    "🕊️": "peace conflict weapon nuclear мирн войн оруж конфликт ядерн бейбіт соғыс қару",
    "🤝": "cooperat partner agreement diplom сотруднич партнёр партнер договор диплом ынтымақ серіктес келісім",
    "🌍": "global planet countr international мировой планет стран международн әлем елдер халықаралық",
    "📜": "history ancient centur archiv истор древн век архив тарих ежелгі ғасыр",
    "🎨": "culture art paint museum культур искусств музе мәдениет өнер",
    "🎵": "song sing sound concert песн музык звук концерт ән әнші дыбыс",
    "🍞": "bread food cook kitchen хлеб пищ кухн нан тамақ",
    "👪": "famil child parent people семь дети детей родител отбасы бала ата-ана",
}
_VOWEL = re.compile("[aeiouy]")
_LONGEST_WORD = 20


def slug(text: str, separator: str, limit: int) -> str:
    """A text in a-z, 0-9 and the separator, cut between words; "" where nothing of it can be spoken."""
    parts = re.findall("[a-z0-9]+", re.sub("['`]", "", anyascii(text).lower()))
    if any(len(part) > _LONGEST_WORD or not (part.isdigit() or _VOWEL.search(part)) for part in parts):
        return ""  # transcribed from a script without spaces or without vowels
    found = ""
    for part in parts:
        longer = f"{found}{separator}{part}" if found else part
        if len(longer) > limit:
            break
        found = longer
    return found


def free(candidates: Iterable[str], fallback: str, separator: str, taken: Collection[str]) -> str:
    """The first candidate that is not empty and not taken, or the fallback with the first free number."""
    numbered = (f"{fallback}{separator}{number}" for number in itertools.count(1))
    return next(name for name in itertools.chain(candidates, numbered) if name and name not in taken)


def listed(terms: Iterable[str], limit: int) -> str:
    """Terms in one line of at most so many characters, without the last ones where they do not fit."""
    found = list(terms)
    while len(", ".join(found)) > limit:
        found.pop()
    return ", ".join(found)


def emoji(terms: Iterable[str]) -> str:
    """One that fits the first term of which the table knows the beginning, or a neutral one."""
    starts = {start: sign for sign, words in _EMOJI.items() for start in words.split()}
    for word in " ".join(terms).lower().split():
        for length in range(len(word), 2, -1):
            if sign := starts.get(word[:length]):
                return sign
    return _NEUTRAL
