"""Proper names: told by capital letters, recognised in whatever form, in English, Russian and Kazakh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.names import lexicon, small_words, unknown_names


def unknown(text: str, source: str, language: str = "en") -> list[str]:
    """The names of a text that its source does not know."""
    return list(
        unknown_names(text, language, [lexicon(source, language)], lexicon(small_words(source), language))
    )


@pytest.mark.parametrize(
    ("text", "source", "language"),
    [
        ("he went to Kazakhstan’s capital", "Kazakhstan", "en"),
        ("the European states", "Europe", "en"),
        ("the Ukrainian side", "Ukraine", "en"),
        ("a Turkish offer", "Turkey", "en"),
        ("by Kassym-Jomart Tokayev", "KASSYM-JOMART TOKAYEV", "en"),
        ("in São Paulo", "in Sao Paulo", "en"),
        ("он сказал Токаеву в Москве", "Токаев приехал. Это Москва", "ru"),
        ("по словам Казахстана и Франции", "Казахстан и Франция", "ru"),
        ("страны Азии и Армения с Арменией", "Азия, Армении", "ru"),
        ("с Европой и Хельсинкским актом", "Европа, Хельсинки", "ru"),
        ("орталық Қазақстандағыларға Тоқаевтың сөзі", "Қазақстан, Тоқаев", "kk"),
        ("бүгін Алматыдағы Ресейдің елшісі", "Алматы, Ресей", "kk"),
    ],
)
def test_declined_names_are_known(text: str, source: str, language: str) -> None:
    """Possessives, adjectives, cases, accents and capitals do not make another name."""
    assert unknown(text, source, language) == []


@pytest.mark.parametrize(
    ("text", "source", "language", "expected"),
    [
        ("he went to Iran", "he went to Iraq", "en", "Iran"),
        ("he went to Austria", "he went to Australia", "en", "Austria"),
        ("he went to Warsaw", "there was a war", "en", "Warsaw"),
        ("with Mikhail Gorbachev", "with the president", "en", "Mikhail Gorbachev"),
        ("at the G20", "at the G8", "en", "G20"),
        ("он был в Ираке", "он был в Иране", "ru", "Ираке"),
        ("он был в Австрии", "он был в Австралии", "ru", "Австрии"),
        ("он был в Узбекистане", "он был в Казахстане", "ru", "Узбекистане"),
        ("ол Өзбекстанда болды", "ол Қазақстанда болды", "kk", "Өзбекстанда"),
    ],
)
def test_another_name_is_unknown(text: str, source: str, language: str, expected: str) -> None:
    """Also where it begins alike; neighbours make one name."""
    assert unknown(text, source, language) == [expected]


def test_acronyms_and_what_they_stand_for_are_one() -> None:
    """In either direction, in any language with capitals."""
    assert unknown("at the UN", "at the United Nations") == []
    assert unknown("the United Nations Security Council", "the UN Security Council") == []
    assert unknown("its SDGs", "Sustainable Development Goals") == []
    assert unknown("по линии ООН", "Организация Объединённых Наций", "ru") == []
    assert unknown("at NATO", "at the United Nations") == ["NATO"]


@pytest.mark.parametrize(
    "text",
    [
        "Rivers cross borders. Asking helps. Divided, they fall.",
        "However, it is so. What if? “Who knows?” Each has one:\nNobody.",
        "Water is scarce",
    ],
)
def test_a_word_that_opens_a_sentence_need_not_be_a_name(text: str) -> None:
    """Function words, plurals, words in -ing and -ed, and whatever the source writes small."""
    assert unknown(text, "there is little water") == []


def test_a_name_that_opens_a_sentence_is_seen_in_english() -> None:
    """In other languages too many words could stand there, so nothing is said."""
    assert unknown("Uzbekistan has offered it.", "Kazakhstan has offered it.") == ["Uzbekistan"]
    assert unknown("Узбекистан предложил это.", "Казахстан предложил это.", "ru") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Flüsse und die Seen in Europa", "de"),
        ("ნილოსი და თბილისი", "ka"),
        ("河流與邊界 في مصر", "zh"),
    ],
)
def test_nothing_is_said_where_capitals_tell_nothing(text: str, language: str) -> None:
    """German gives every noun one; many scripts have none."""
    assert unknown(text, "nothing of it", language) == []


def test_single_letters_and_roman_numbers_are_no_names() -> None:
    """“I”, initials, and a century."""
    assert unknown("then I met J. in the XXI century", "") == []


@given(st.text(max_size=80) | st.text("AaBbЖжҚқ. -’“”\n", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    """Each unknown name stands in the text, and a text knows all its own names."""
    for language in ("en", "ru", "kk"):
        assert all(name in text for name in unknown(text, "", language))
        assert unknown(text, text, language) == []
