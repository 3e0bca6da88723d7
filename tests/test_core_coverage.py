"""Coverage: what of an article its digests rest on."""

import datetime as dt

from bot.core.coverage import Resting, coverage
from bot.core.model import Article, Digest, Paragraph, Theme, TranslatedDigest, TranslatedTheme, Translation

TRANSLATED = TranslatedDigest("a", "A", "a", ""), TranslatedDigest("gone", "G", "g", "")
RU = Translation("ru", (TranslatedTheme("rivers", None, None, TRANSLATED),))
RIVERS = Theme("rivers", "R", "🤝", "R", (Digest("a", "A", "a", (1,)), Digest("b", "B", "b", (1, 3))))
LAKES = Theme("lakes", "L", "🤝", "L", (Digest("c", "C", "c", (3, 9)),))
OUTLINE = tuple(Paragraph(number, "…", "") for number in (1, 2, 3, 4))
WATERS = Article("w", "W", "A", "P", dt.date(2026, 2, 1), "en", "…", OUTLINE, (RIVERS, LAKES), None, (RU,))


def test_each_paragraph_knows_its_digests() -> None:
    """In reading order; a paragraph that the outline lacks does not count."""
    english, _ = coverage(WATERS)
    assert english.language == "en"
    assert english.paragraphs == {
        1: (Resting("rivers", "a"), Resting("rivers", "b")),
        2: (),
        3: (Resting("rivers", "b"), Resting("lakes", "c")),
        4: (),
    }
    assert english.uncovered == (2, 4)


def test_a_language_covers_what_is_translated() -> None:
    """Of two digests on a paragraph one is translated: that is enough. A theme without a translation is not."""
    _, russian = coverage(WATERS)
    assert (russian.language, russian.uncovered) == ("ru", (2, 3, 4))


def test_the_share_is_of_paragraphs_or_of_words() -> None:
    """Half of the paragraphs may be most of the words; words of other paragraphs do not count."""
    english, russian = coverage(WATERS)
    assert (english.share, russian.share) == (0.5, 0.25)
    assert english.share_of_words({1: 60, 2: 10, 3: 30, 9: 500}) == 0.9
    assert english.share_of_words({}) == 0.0
