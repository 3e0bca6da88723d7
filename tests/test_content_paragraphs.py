"""Plain text -> paragraphs: the rule by which outlines are numbered."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.paragraphs import paragraphs

FIRST = (
    "The river has moved twice since the town was built, and each time the bridge stayed where it was. " * 2
)
SECOND = "Nobody has asked the river why. The bridge, they say, is a good place to look at fields. " * 2
FLAT = (FIRST.strip(), SECOND.strip())


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(FLAT),
        "\n".join(FLAT),
        "\r\n \r\n".join(FLAT) + "\r\n",
        "\ufeff" + "\n\n\n".join(FLAT),
        "\n\n".join(textwrap.fill(item, 72) for item in FLAT),
        "\n\n* * *\n\n".join(FLAT),
    ],
    ids=["blank lines", "a line each", "Windows", "byte order mark", "wrapped", "ornaments"],
)
def test_two_paragraphs_in_every_form_of_a_plain_text(text: str) -> None:
    """However a text file marks its paragraphs, they are the same."""
    assert paragraphs(text) == FLAT


def test_one_wrapped_paragraph_is_one() -> None:
    """Lines that are filled to one width belong together though no blank line says so."""
    assert paragraphs(textwrap.fill(FIRST, 60)) == FLAT[:1]


def test_short_lines_without_blank_ones_are_paragraphs() -> None:
    """A list of remarks, a line each."""
    assert paragraphs("One.\nAnd two, which is longer.\nThree.") == (
        "One.",
        "And two, which is longer.",
        "Three.",
    )


def test_a_long_line_in_a_wrapped_text_changes_nothing() -> None:
    """An address that could not be wrapped does not make a paragraph of every line."""
    text = "\n\n".join([textwrap.fill(FIRST, 72)] * 5 + ["https://example.org/" + "x" * 200])

    assert len(paragraphs(text)) == 6


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "---\n\n***"])
def test_nothing_to_read(text: str) -> None:
    """Empty texts, white space and ornaments have no paragraph."""
    assert paragraphs(text) == ()


flat = st.text().map(lambda text: " ".join(text.replace("\ufeff", "").split()))


@given(st.lists(flat.filter(lambda text: any(map(str.isalnum, text)))))
def test_paragraphs_written_with_blank_lines_come_back(items: list[str]) -> None:
    """A text made of paragraphs has those paragraphs."""
    assert paragraphs("\n\n".join(items)) == tuple(items)
