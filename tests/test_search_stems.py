"""The forms of a word come together; words that only look alike stay apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.stems import WORD, other_layout, plain, root, stemmer

PARADIGMS = [
    ("en", "water waters Water WATERS water’s"),
    ("en", "power powers"),
    ("en", "negotiate negotiated negotiates negotiating"),
    ("en", "naïve naive"),
    ("ru", "вода воды воде воду водой водою"),
    ("ru", "держава державы державе державу державой держав державам державах"),
    ("ru", "инициатива инициативы инициатив инициативам"),
    ("ru", "состав состава составом"),
    ("ru", "ёлка елка елки ёлкой"),
    ("ru", "вода вода\u0301 вoда"),  # with a stress, with a Latin o
    ("kk", "су суы судың суды суға суда судан сумен сулар сулардың суларда суымен"),
    ("kk", "ел елдер елдің елдердің елге елде елден елмен елі еліміз еліміздің елдегі"),
    ("kk", "қауіпсіздік қауіпсіздіктің қауіпсіздікке қауіпсіздігі қауіпсіздігін қауіпсіздігіне"),
    ("kk", "қауіпсіздік кауипсиздик кауыпсыздык"),
    ("kk", "халық халықтың халыққа халықтар халқы халқының халқымыз"),
    ("kk", "кітап кітаптар кітапты кітабы кітабын"),
    ("kk", "әлем әлемнің әлемге әлемде әлемдегі"),
    ("kk", "қорғау қорғауды қорғайды қорғады қорғаған"),
    ("kk", "бару барады барған"),
    ("kk", "өзен озен өзендер озендер өзеніне"),
    ("kk", "үкімет укимет үкіметтің укиметтин"),
]
FAMILIES = [
    ("en", "diplomat diplomatic diplomacy"),
    ("ru", "вода водный водные"),
    ("ru", "держава державный"),
    ("kk", "қауіп қауіпсіз қауіпсіздік"),
    ("kk", "бейбіт бейбітшілік бейбітшіліктің"),
    ("kk", "әлем әлемдік"),
]
STRANGERS = [
    ("en", "water", "winter"),
    ("ru", "вода", "год"),
    ("ru", "мир", "мера"),
    ("kk", "су", "суық"),
    ("kk", "орта", "орын"),
    ("kk", "орта", "орда"),
    ("kk", "ел", "елу"),
]


def stem(word: str, language: str) -> str:
    """The stem of a word as it is written."""
    return stemmer(language)(plain(word, language))


@pytest.mark.parametrize(("language", "forms"), PARADIGMS)
def test_forms_of_a_word_have_one_stem(language: str, forms: str) -> None:
    """Number, case, possession, and the way in which it is typed make no difference."""
    stems = {form: stem(form, language) for form in forms.split()}

    assert len(set(stems.values())) == 1, stems


@pytest.mark.parametrize(("language", "words"), FAMILIES)
def test_words_of_a_family_have_one_root(language: str, words: str) -> None:
    """They are found after the word itself."""
    roots = {word: root(stem(word, language), language) for word in words.split()}

    assert len(set(roots.values())) == 1, roots


@pytest.mark.parametrize(("language", "one", "other"), STRANGERS)
def test_words_that_look_alike_stay_apart(language: str, one: str, other: str) -> None:
    """A stemmer that cuts too much would find what was not asked for."""
    assert stem(one, language) != stem(other, language)


def test_the_stem_of_an_unknown_language_is_the_word() -> None:
    """Words are found as they are written, whatever their case."""
    assert stem("Gewässer", "de") == "gewässer"


@pytest.mark.parametrize(
    ("typed", "meant"), [("цфеук", "water"), ("djlf", "вода"), ("Ce", "су"), ("[kt,", "хлеб")]
)
def test_the_other_layout_is_what_the_keys_mean_there(typed: str, meant: str) -> None:
    """English and Russian keyboards; that of Kazakh has the Russian letters in the same places."""
    assert other_layout(typed) == meant


@given(st.text(), st.sampled_from(["en", "ru", "kk", "de"]))
def test_every_word_has_a_stem_and_a_root(text: str, language: str) -> None:
    """Of whatever letters it is: nothing is cut away entirely."""
    for word in WORD.findall(text):
        found = stem(word, language)
        assert found
        assert root(found, language)
