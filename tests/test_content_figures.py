"""Numbers in texts: digits, words and months as values, in English, Russian and Kazakh."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.figures import Figure, figures, values


def read(text: str, language: str = "en") -> dict[str, set[float]]:
    """The figures of a text as they are written, with their values."""
    return {figure.written: {float(value) for value in figure.values} for figure in figures(text, language)}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1,000", {1000, 1.0}),
        ("1.000", {1000, 1.0}),
        ("1\u202f000", {1000}),
        ("1\u2009000\u2009000", {1_000_000}),
        ("1’000", {1000}),
        ("1,000.5", {1000.5}),
        ("2.5", {2.5}),
        ("2,5", {2.5}),
        ("20%", {20}),
        ("50th", {50}),
        ("1990s", {1990}),
        ("٢٠٢٤", {2024}),
        ("XXI", {21}),
        ("XIX", {19}),
    ],
)
def test_digits_are_read_as_they_are_written_anywhere(written: str, expected: set[float]) -> None:
    """Separators differ by country: where a reading is open, both count."""
    (found,) = read(f"about {written} of them").values()
    assert found == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("two million people", "en", 2_000_000),
        ("2.5 million people", "en", 2_500_000),
        ("two hundred and fifty thousand", "en", 250_000),
        ("twenty-five states", "en", 25),
        ("the fiftieth anniversary", "en", 50),
        ("двадцать пять тысяч", "ru", 25_000),
        ("двухсот пятидесяти человек", "ru", 250),
        ("2,5 млн жителей", "ru", 2_500_000),
        ("пятидесятая годовщина", "ru", 50),
        ("в двадцатом веке", "ru", 20),
        ("сорока стран", "ru", 40),
        ("екі жүз елу мың", "kk", 250_000),
        ("елуінші мерейтой", "kk", 50),
        ("жиырма бес елдің", "kk", 25),
        ("3 миллион тұрғын", "kk", 3_000_000),
    ],
)
def test_words_count_as_digits_do(text: str, language: str, expected: int) -> None:
    """Declined, ordinal and compound ones too."""
    assert expected in {value for found in read(text, language).values() for value in found}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("столица стоит у реки, стая птиц и тысячелетие", "ru"),
        ("жүзеге асыру, іс жүзінде, оның елі", "kk"),
        ("the tension often weighs on many", "en"),
        ("elfzwanzig hundert", "de"),
        ("G20, COP29 and the F16", "en"),
    ],
)
def test_words_that_only_look_like_numbers_count_nothing(text: str, language: str) -> None:
    """Other words with the same beginning, names with digits, and words of languages that are not known here."""
    assert [figure for figure in figures(text, language) if not figure.counted] == []


def test_small_numbers_in_words_are_told_from_figures() -> None:
    """“Three answers” is what a text counts itself; `3` and “thirteen” are figures."""
    found = figures("three answers, the twelfth, 3 states, thirteen more", "en")
    assert [(figure.written, figure.counted) for figure in found] == [
        ("three", True),
        ("twelfth", True),
        ("3", False),
        ("thirteen", False),
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("on 28 May 2024", "en"),
        ("on May 28, 2024", "en"),
        ("on 28.05.2024", "en"),
        ("on 2024-05-28", "en"),
        ("28 мая 2024 года", "ru"),
        ("2024 жылғы 28 мамыр", "kk"),
        ("2024 жылғы 28 мамырда", "kk"),
    ],
)
def test_a_date_is_its_day_month_and_year(text: str, language: str) -> None:
    """However it is written."""
    found = {value for each in read(text, language).values() for value in each}
    assert found == {28, 5, 2024}


def test_a_month_by_itself_is_no_figure_of_a_digest_but_a_value_of_a_source() -> None:
    """“It may rain”: without a day or a year beside it nobody can tell."""
    assert read("It may rain in March") == {}
    assert values("It may rain in March", "en") == {5, 3}


@pytest.mark.parametrize(
    ("said", "source", "holds"),
    [
        ("millions of people", "3 million people", True),
        ("millions of people", "3,200,000 people", True),
        ("millions of people", "3 billion people", False),
        ("hundreds of thousands", "hundreds of thousands of people", True),
        ("hundreds of thousands", "300,000 people", True),
        ("hundreds of thousands", "300 people", False),
        ("2 million", "2 thousand", False),
        ("2 million", "two millions", True),
        ("50", "the fiftieth anniversary", True),
        ("in 2024 millions fled", "in 2024 millions fled", True),
    ],
)
def test_rough_numbers_are_said_of_any_of_that_size(said: str, source: str, holds: bool) -> None:  # noqa: FBT001
    """Exact ones only of the same."""
    there = values(source, "en")
    assert all(figure.is_among(there) for figure in figures(said, "en")) is holds


def test_languages_compare_by_value() -> None:
    """A translation's “сотни тысяч” and “жүздеген мың” are the original's “hundreds of thousands”."""
    there = values("hundreds of thousands of lives, two million homes", "en")
    for text, language in (
        ("сотни тысяч жизней, 2 млн домов", "ru"),
        ("жүздеген мың өмір, екі миллион үй", "kk"),
    ):
        assert [figure.written for figure in figures(text, language) if not figure.is_among(there)] == []


@given(st.text(max_size=60) | st.text("0123456789.,'/- \u202fIVXmilonthузеқ", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever it holds; each figure stands in it, and is among the text's own values."""
    for language in ("en", "ru", "kk", "fr"):
        there = values(text, language)
        for figure in figures(text, language):
            assert figure.written in text
            assert figure.values <= there


@given(st.integers(0, 10**12))
def test_a_number_is_itself_however_it_is_grouped(number: int) -> None:
    """Plain, with commas, and with narrow spaces."""
    for written in (f"{number}", f"{number:,}", f"{number:,}".replace(",", "\u202f")):
        assert Figure("", frozenset({Decimal(number)})).is_among(values(f"some {written} things", "en"))
