"""Quotations, and words in a row that are another text's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.wording import Wording, is_quoted_from, quotations

SOURCE = [
    "It is time to act; the world’s rivers - as all know - must be shared by all who live along their banks.",
    "Nobody owns them.",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he says “time to act” today", ["time to act"]),
        ('he says "time to act" today', ["time to act"]),
        ("он говорит «время» и „дело“", ["время", "дело"]),
        ("er sagt „Zeit“ und »Ort« und ‚Tag‘", ["Zeit", "Ort", "Tag"]),
        ("hän sanoo ”aika” ja »paikka»", ["aika", "paikka"]),
        ("he says ‘time’, the world’s, the nations’ time", ["time"]),
        ("“the ‘shared’ rivers”", ["shared", "the ‘shared’ rivers"]),
        ("«он сказал „да“ им»", ["да", "он сказал „да“ им"]),
        ("“the ‘open rivers”", ["the ‘open rivers"]),
        ("the world's end, it's said", []),
        ("“never closed", []),
    ],
)
def test_quotations_of_all_styles_are_found(text: str, expected: list[str]) -> None:
    """Nested ones too; apostrophes are none."""
    assert list(quotations(text)) == expected


@pytest.mark.parametrize(
    "quotation",
    [
        "time to act",
        "Time to act!",
        "the world's rivers",
        "rivers – as all know – must",
        "It is time […] the world’s rivers",
        "it is time ... must be shared",
        "[They] must be shared",
        "time to act … Nobody owns them",
    ],
)
def test_a_quotation_is_exact_but_for_typography(quotation: str) -> None:
    """Case, quotes, dashes and punctuation vary; what is left out is marked, and the order holds."""
    assert is_quoted_from(quotation, SOURCE)


@pytest.mark.parametrize(
    "quotation",
    ["time for acting", "must be shared … time to act", "banks Nobody owns", "river", "time act"],
)
def test_other_words_are_no_quotation(quotation: str) -> None:
    """Another word, another order, across paragraphs, a part of a word, or something left out unmarked."""
    assert not is_quoted_from(quotation, SOURCE)


def copied(text: str, source: str) -> list[str]:
    """What a text has word for word from a source."""
    return list(Wording.of([source]).copied(text))


def test_eight_words_in_a_row_are_copied() -> None:
    """Seven are not; case and punctuation make no difference, and the whole run is told."""
    assert copied("all rivers must be shared by all who", SOURCE[0]) == []
    assert copied(
        "So rivers must be “shared by all who live” along", "x rivers must be shared by all who live along"
    ) == ["rivers must be “shared by all who live” along"]


def test_names_and_figures_do_not_make_a_run() -> None:
    """“International Center for …” has one name and cannot be said otherwise."""
    name = "the new Regional Center for Sustainable Development Goals of 2024 in Central Asia"
    assert copied(f"They plan {name} soon", f"We want {name} now") == []


def test_a_script_without_spaces_is_compared_by_characters() -> None:
    """Eighteen characters are a copied sentence, ten are not."""
    source = "世界各国应当共同努力保护河流和湖泊的环境与资源"
    assert copied("他说" + source[:10], source) == []
    assert copied("他说" + source[:20] + "吧", source) == [source[:20]]


@given(st.text(max_size=80) | st.text('ab “”‘’"«»„…[]', max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever it holds: quotations stand in it, and it is quoted from itself."""
    for quotation in quotations(text):
        assert quotation in text
    assert all(run in text for run in copied(text, text))
