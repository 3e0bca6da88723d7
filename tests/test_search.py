"""Search over digests: what readers type finds what they mean, in the order and form that they would want."""

import html
import random
import re
import sqlite3
import string
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.loader import load_library
from bot.core.markdown import render
from bot.core.search import Entry
from bot.core.stems import STOPS, WORD
from bot.ports import StoreError
from bot.store.search import Index, make_table

CONTENT = Path(__file__).parents[1] / "content"
RUSSIAN = (
    Entry(
        "sea", "Обмеление моря", "Рыбаки ушли вслед за водой. Берег отступил на сорок километров.", "Природа"
    ),
    Entry(
        "water",
        "Вода для всех",
        "Реки не знают границ, и пять стран делят их поровну.",
        "Природа",
        "орошение",
    ),
    Entry(
        "powers", "Средние державы", "Не самые сильные, но и не слабые государства мирят соседей.", "Политика"
    ),
    Entry(
        "multipolar", "Многополярный мир", "Центров силы стало больше, и договариваться труднее.", "Политика"
    ),
    Entry("safety", "Биологическая безопасность", "Лаборатории обмениваются сведениями о вирусах.", "Наука"),
    Entry("school", "Сельская школа", "Учительница ведёт все уроки: детей в классе восемь.", "Общество"),
    Entry(
        "bread",
        "Хлеб и цены",
        "Урожай пшеницы собрали рано. Пекари надеются, что мука подешевеет.",
        "Хозяйство",
    ),
    Entry("trees", "Ёлки в степи", "Лесники посадили молодые деревья вдоль дорог.", "Природа"),
    Entry(
        "rail",
        "Железная дорога",
        "Поезда пойдут через перевал; на строительстве заняты тысячи рабочих.",
        "Хозяйство",
    ),
    Entry("treaty", "Договор о разоружении", "Переговоры о ядерном оружии длились девять лет.", "Политика"),
    Entry("choice", "Инициатива учёных", "Астрономы предложили выключать фонари после полуночи.", "Наука"),
    Entry("health", "Здоровье города", "Врачи советуют больше ходить пешком и меньше сидеть.", "Общество"),
)
KAZAKH = (
    Entry(
        "sea", "Теңіз тартылды", "Балықшылар судың соңынан көшті. Жаға қырық шақырымға шегінді.", "Табиғат"
    ),
    Entry(
        "water",
        "Су баршаға ортақ",
        "Өзендер шекараны білмейді, оларды бес көрші бөліседі.",
        "Табиғат",
        "суару",
    ),
    Entry(
        "powers",
        "Орта державалар",
        "Ең күшті емес, бірақ әлсіз де емес елдер көршілерді татуластырады.",
        "Саясат",
    ),
    Entry("safety", "Биологиялық қауіпсіздік", "Зертханалар вирустар жөнінде мәлімет алмасады.", "Ғылым"),
    Entry("school", "Ауыл мектебі", "Мұғалім барлық сабақты өзі береді: сыныпта сегіз бала бар.", "Қоғам"),
    Entry(
        "bread", "Нан мен баға", "Бидай ерте жиналды. Наубайшылар ұн арзандайды деп үміттенеді.", "Шаруашылық"
    ),
    Entry("trees", "Даладағы шыршалар", "Орманшылар жол бойына жас ағаштар отырғызды.", "Табиғат"),
    Entry(
        "rail", "Темір жол", "Пойыздар асудан өтеді; құрылыста мыңдаған жұмысшы еңбек етуде.", "Шаруашылық"
    ),
    Entry("treaty", "Қарусыздану шарты", "Ядролық қару туралы келіссөздер тоғыз жылға созылды.", "Саясат"),
    Entry("peace", "Бейбітшілік жолында", "Халықтар арасындағы достық сенімнен басталады.", "Саясат"),
    Entry(
        "choice",
        "Ғалымдардың бастамасы",
        "Астрономдар түн ортасынан кейін шамдарды сөндіруді ұсынды.",
        "Ғылым",
    ),
    Entry("health", "Қала денсаулығы", "Дәрігерлер көбірек жаяу жүруге кеңес береді.", "Қоғам"),
)
ENGLISH_CASES = {
    "one-water-summit": "water|Water|WATERS|watter|watr|wtaer|цфеук|wat|co-chaired|water summit|summit on water|"
    "desert|the water|France|franse|“water”|wаter",  # the last one with a Cyrillic letter
    "biosafety-agency": "man-made pandemics agency|international biosafety agency|bioterorrism|pandemcs agency",
    "un-sdg-center": "Afghanistan|afghanisan|sustainable development|SDGs|sdg|climate center region",
    "nuclear-disarmament": "nuclear|disarmament|disarmamnet|nucleer|proliferation|тгсдуфк",
    "armenia-azerbaijan-talks": "Armenia|azerbaijan|azerbajan|armenian|negotiate peace|peace talks armenia",
    "veto-and-trust": "veto trust decisions stuck",
    "helsinki-at-50": "helsinki anniversary|helsnki anniversary think",
    "in-demand": "geopolitical|geopolitcal turbulence|demand for solutions",
    "monumental-task": "monumental|monumentel",
}
RUSSIAN_CASES = {
    "water": "вода|воды|воде|водой|водный|ВОДА|djlf|djls|реки|река|границы|орошения|стран|пять стран",
    "powers": "держава|держав|державами|средняя держава|державный|средние джержавы|сосед|государство",
    "multipolar": "многополярный|мгогополярный|многополярность|многопол|многополярного мира|мир",
    "safety": "безопасность|безопастность|безопасности|вирус|лаборотория|биологическая безопастность",
    "school": "школа|школы|шкода сельская|урок|учительница ведет|сельской школе",
    "bread": "хлеб|[kt,|пшеница|пшиница|цена хлеба|муки",
    "trees": "елка|ёлка|елки|дерево вдоль|молодое дерево",
    "rail": "железнодорожный поезд|поезд|строительство|железная дорога|дорога через перевал",
    "treaty": "разоружение|разаружение|ядерное оружие|договоры",
    "choice": "инициатив|инициативы|ученый|астроном|астраном",
    "health": "здоровье|врач|город",
}
KAZAKH_CASES = {
    "water": "су|суы|судың|суды|суға|сулар|Су|ce|өзен|озен|өзендерді|суару|шекара|су ортақ",
    "sea": "теңіз|тениз|теңіздің|балықшы|теңз",
    "powers": "держава|державалардың|орта держава|орта державалар|елдер|ел|елдердің|еліміз|көршілер",
    "safety": "қауіпсіздік|қауіпсіздіктің|қауіпсіздікке|қауіпсіздикк|кауыпсыздык|кауипсиздик|"
    "биологиялык кауипсиздик|вирус",
    "school": "мектеп|мектептер|мектепке|мұғалімдер|мугалим|сабақтар|ауылдың мектебі",
    "bread": "нан|нанның|бидайдың|баға",
    "trees": "ағаш|агаш|шырша|шыршаны|дала",
    "rail": "пойыз|пойызд|темір жолы|темир жол|құрылыс|курылыс",
    "treaty": "қарусыздану|карусыздану|қару|ядролық|шарттың",
    "peace": "бейбітшілік|бейбитшилик|бейбітшіліктің|бейбіт|халық|халқы|достық|бейбтшілік",
    "choice": "бастама|бастамалар|ғалым|галым|астраном",
    "health": "денсаулық|денсаулык|дәрігер|дәригер|қалада",
}


@cache
def english() -> tuple[Entry, ...]:
    """All digests of the content folder as readers see them."""
    library = load_library(CONTENT).library
    assert library is not None
    return tuple(
        Entry(digest.id, digest.title, render(digest.text).plain, theme.title)
        for theme in library.themes
        for digest in theme.digests
    )


@cache
def index(language: str) -> Index:
    """The index of a language's entries."""
    return Index.build({"en": english(), "ru": RUSSIAN, "kk": KAZAKH}[language], language)


def cases(language: str, table: dict[str, str]) -> list[tuple[str, str, str]]:
    """Language, query and the digest expected first."""
    return [(language, query, digest) for digest, queries in table.items() for query in queries.split("|")]


@pytest.mark.parametrize(
    ("language", "query", "expected"),
    cases("en", ENGLISH_CASES) + cases("ru", RUSSIAN_CASES) + cases("kk", KAZAKH_CASES),
)
def test_a_query_finds_what_is_meant_first(language: str, query: str, expected: str) -> None:
    """In any form of the words, with errors, with the letters of another keyboard, or half typed."""
    hits = index(language).find(query, 5)

    assert [hit.digest for hit in hits][:1] == [expected], hits


def spoil(word: str, chance: random.Random) -> str:
    """A word with one error: a letter left out, doubled, swapped with the next, or another one in its place."""
    at = chance.randrange(1, len(word) - 1)
    letters = string.ascii_lowercase if word.isascii() else "абвгдежзиклмнопрстуфхцчшыэюя"
    kinds = (word[at + 1 :], word[at] * 2 + word[at + 1 :], word[at + 1] + word[at] + word[at + 2 :])
    return word[:at] + chance.choice((*kinds, chance.choice(letters) + word[at + 1 :]))


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_a_word_with_an_error_finds_its_digest(language: str) -> None:
    """Of all words of the titles from five letters up, spoilt in five ways each, nine of ten find their digest."""
    chance = random.Random(1)  # noqa: S311  a repeatable one
    entries = {"en": english(), "ru": RUSSIAN, "kk": KAZAKH}[language]
    asked = [
        (spoil(word.lower(), chance), entry.digest)
        for entry in entries
        for word in WORD.findall(entry.title)
        if len(word) >= 5 and word.lower() not in STOPS[language].split()
        for _ in range(5)
    ]

    missed = [
        query
        for query, digest in asked
        if digest not in {hit.digest for hit in index(language).find(query, 40)}
    ]

    assert len(missed) <= len(asked) / 10, missed


def test_a_title_weighs_more_than_a_text() -> None:
    """And a theme's title more than a text, whatever the order of the entries."""
    entries = [
        Entry("text", "One", "The lake is deep and quiet here.", "Two"),
        Entry("theme", "One", "It is deep and quiet here again.", "Lakes"),
        Entry("title", "The lake", "It is deep and quiet here again.", "Two"),
        Entry("none", "One", "Nothing of it.", "Two"),
    ]

    hits = Index.build(entries, "en").find("lake", 10)

    assert [hit.digest for hit in hits] == ["title", "theme", "text"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_equals_come_in_the_order_of_the_entries() -> None:
    """The same query has the same answer every time."""
    entries = [Entry(f"d{number}", "Lake", "The same words.", "Theme") for number in range(20)]

    found = Index.build(entries, "en").find("lake", 5)

    assert [hit.digest for hit in found] == ["d0", "d1", "d2", "d3", "d4"]


def test_all_words_are_wanted_before_any() -> None:
    """Digests with some of the words are found only where none has them all."""
    both, one = Entry("both", "Rivers", "Some snow.", ""), Entry("one", "Rivers and rivers", "", "")

    assert [hit.digest for hit in Index.build([one, both], "en").find("snow rivers", 5)] == ["both"]
    assert [hit.digest for hit in Index.build([one], "en").find("snow rivers", 5)] == ["one"]


def test_the_word_itself_comes_before_its_family_and_longer_words() -> None:
    """A reader who types on sees more and more of what is meant."""
    entries = [Entry("way", "Waterways", "", ""), Entry("it", "Much text", "One of the waters it is.", "")]
    built = Index.build(entries, "en")

    assert [hit.digest for hit in built.find("water", 5)] == ["it", "way"]
    assert [hit.digest for hit in built.find("waterw", 5)] == ["way"]
    assert [hit.digest for hit in built.find("water", 1)] == ["it"]


@pytest.mark.parametrize(
    ("language", "asked", "title"),
    [("ru", "вода", "Водный путь"), ("ru", "водный", "Без воды"), ("kk", "қауіпсіздік", "Қауіп бар")],
)
def test_words_of_the_family_are_found_too(language: str, asked: str, title: str) -> None:
    """A noun and its adjective are one matter to a reader."""
    assert Index.build([Entry("it", title, "", "")], language).find(asked, 5)


def test_words_that_say_nothing_are_left_out() -> None:
    """A question is asked about its subject; by itself such a word is searched."""
    entries = [Entry("lake", "The lake", "", ""), Entry("what", "What is it about?", "", "")]
    built = Index.build(entries, "en")

    assert [hit.digest for hit in built.find("What is it with the lakes?", 5)] == ["lake"]
    assert [hit.digest for hit in built.find("what", 5)] == ["what"]


def test_long_words_may_have_two_errors() -> None:
    """Of the words that may be meant, those with the fewest errors are taken."""
    entries = [Entry("deeds", "Handlungen", "", ""), Entry("turns", "Wandlungen", "", "")]
    built = Index.build(entries, "de")

    assert [hit.digest for hit in built.find("Handlunger", 5)] == ["deeds"]
    assert [hit.digest for hit in built.find("Hamdlunger", 5)] == ["deeds"]
    assert built.find("Hamtlunger", 5) == ()


def test_short_words_are_not_put_right() -> None:
    """Of three letters, another word is as likely as an error."""
    assert Index.build([Entry("sun", "The sun", "", "")], "en").find("sum", 5) == ()


@pytest.mark.parametrize(
    ("language", "word"), [("de", "Gewässer"), ("ja", "水"), ("ar", "ماء"), ("hi", "पानी")]
)
def test_other_languages_are_searched_by_plain_words(language: str, word: str) -> None:
    """Without forms, but without faults."""
    entries = [Entry("other", "?", "1", ""), Entry("it", word, word, "")]

    assert [hit.digest for hit in Index.build(entries, language).find(word.upper(), 5)] == ["it"]


def test_a_snippet_shows_the_match_in_bold() -> None:
    """In the words of the digest, on one line, with dots where it goes on."""
    text = "Far away from here. " * 10 + "Then come\nrivers & <lakes> of the steppe. " + "So it goes. " * 10

    (hit,) = Index.build([Entry("it", "It", text, "")], "en").find("river lake", 5)

    assert "come <b>rivers</b> &amp; &lt;<b>lakes</b>&gt; of the steppe." in hit.snippet
    assert hit.snippet[0] == hit.snippet[-1] == "…"


@pytest.mark.parametrize("place", range(0, 100, 3))
def test_a_snippet_uses_its_room(place: int) -> None:
    """Wherever the match stands: from 100 to 120 visible characters of whole words."""
    text = " ".join("found" if number == place else f"word{number}" for number in range(100))

    (hit,) = Index.build([Entry("it", "", text, "")], "en").find("found", 1)

    shown = hit.snippet.replace("<b>found</b>", "found")
    assert shown != hit.snippet
    assert 100 <= len(shown) <= 120
    assert f" {shown.strip('…')} " in f" {text} "


def test_a_snippet_of_a_match_in_the_title_is_the_beginning_of_the_text() -> None:
    """It says what the digest is about."""
    (hit,) = Index.build([Entry("it", "Lakes", "Short and plain.", "")], "en").find("lakes", 5)

    assert hit.snippet == "Short and plain."


TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(" \n.,<&lake"), max_size=400)


@given(TEXTS, st.sampled_from(["en", "ru", "kk", "de"]), st.randoms())
def test_a_snippet_is_a_piece_of_the_text(text: str, language: str, chance: random.Random) -> None:
    """At most 120 visible characters, escaped, of the text itself, whatever it is made of."""
    words = WORD.findall(text) or ["none"]

    for hit in Index.build([Entry("it", "", text, "")], language).find(chance.choice(words), 1):
        assert "\n" not in hit.snippet
        assert not re.search("<(?!/?b>)|&(?!amp;|lt;|gt;|quot;)", hit.snippet)
        assert hit.snippet.count("<b>") == hit.snippet.count("</b>")
        shown = html.unescape(re.sub("</?b>", "", hit.snippet))
        assert len(shown) <= 120
        assert shown.strip("…") in unicodedata.normalize("NFC", " ".join(text.split()))


HARD = [
    "",
    " ",
    "\0",
    '"',
    '"""',
    "'; DROP TABLE entries; --",
    "NEAR(water sea, 2)",
    "water AND",
    "OR OR OR",
    "NOT water",
    "title:water",
    "wat*",
    "^water",
    "{title} : +-()",
    "\ud800 water \udfff",
    "🌊",
    "مياه",
    "\u202ewater",
    "w" * 256,
    "a b " * 200,
    "é" * 300,
    "\u0301\u0301",
    "’’’’",
    "١٢٣",
    "ﷺ",
    "İ",
]


@pytest.mark.parametrize("query", HARD)
@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_signs_and_syntax_are_only_text(query: str, language: str) -> None:
    """Nothing that is typed reaches the syntax of the database."""
    assert isinstance(index(language).find(query, 5), tuple)


@given(
    st.text(st.characters() | st.sampled_from("\"'*^:(){}-+ \0watersuвода"), max_size=300)
    | st.lists(st.sampled_from([*HARD, "water", "вода", "су", "AND", "NEAR"])).map(" ".join),
    st.integers(-1, 20),
    st.sampled_from(["en", "ru", "kk"]),
)
def test_any_query_has_an_answer(query: str, limit: int, language: str) -> None:
    """At most as many hits as asked for, no digest twice, the best first."""
    hits = index(language).find(query, limit)

    assert len(hits) <= max(limit, 0)
    assert len({hit.digest for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_an_index_of_nothing_finds_nothing() -> None:
    """A library may be empty in a language."""
    assert Index.build([], "en").find("water", 5) == ()


def test_an_index_that_a_thread_has_built_answers_here() -> None:
    """A reload builds it beside the event loop."""
    with ThreadPoolExecutor(1) as pool:
        built = pool.submit(Index.build, KAZAKH, "kk").result()

    assert [hit.digest for hit in built.find("су", 1)] == ["water"]


def test_a_python_without_full_text_search_is_told_apart() -> None:
    """The operator reads what is missing and where to get it."""
    connection = sqlite3.connect(":memory:")

    with pytest.raises(StoreError, match=r"needs SQLite with FTS5.*no such module: fts0.*use a Python"):
        make_table(connection, "fts0")

    connection.close()
