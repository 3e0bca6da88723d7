import datetime as dt
from dataclasses import replace

import pytest

from bot.core.library import RESERVED_COMMANDS, Library, version, wording
from bot.core.model import (
    Article,
    Digest,
    Paragraph,
    Theme,
    TranslatedDigest,
    TranslatedTheme,
    Translation,
)

TODAY = dt.date(2026, 12, 1)


def digest(id_: str, publish: dt.date | None = None) -> Digest:
    """A digest of which only the id and the day matter."""
    return Digest(id_, id_.title(), "text", (1,), publish)


def of(article: str, digests: tuple[Digest, ...]) -> tuple[Digest, ...]:
    """The digests as an article has them."""
    return tuple(replace(item, article=article) for item in digests)


def article(id_: str, published: dt.date, **themes: tuple[Digest, ...]) -> Article:
    """An article of which only the order, and its themes by name, matter."""
    return Article(
        id_,
        id_.title(),
        "Author",
        "Publisher",
        published,
        "en",
        "licence",
        (),
        tuple(Theme(name, name.title(), "🤝", "summary", of(id_, shelf)) for name, shelf in themes.items()),
    )


OLD = article("old", dt.date(2025, 1, 1), water=(digest("w1"), digest("w2")))
NEW = article(
    "new",
    dt.date(2026, 1, 1),
    trade=(digest("t1"), digest("t2", TODAY), digest("t3", TODAY + dt.timedelta(1))),
    peace=(digest("p1"),),
)
OTHER = article("other", TODAY, other=())
LIBRARY = Library((OLD, NEW))


def test_the_newest_article_comes_first() -> None:
    """Articles stand by date of publication, their themes in their own order."""
    assert [item.id for item in LIBRARY.articles] == ["new", "old"]
    assert [theme.name for theme in LIBRARY.themes] == ["trade", "peace", "water"]


def test_what_is_in_the_library_is_found_by_name() -> None:
    """Articles, themes and digests, visible or not, are looked up by id; what is not there is None."""
    trade = NEW.themes[0]
    assert LIBRARY.theme("trade") == trade
    assert LIBRARY.digest("t3") == (trade, trade.digests[2])
    assert LIBRARY.article("old") == OLD
    assert {item.article for item in trade.digests} == {"new"}
    assert (LIBRARY.theme("x"), LIBRARY.digest("x"), LIBRARY.article("x")) == (None, None, None)


def test_a_digest_is_visible_from_its_day_on() -> None:
    """`publish` is the first day; a digest without it is always visible."""
    trade = NEW.themes[0]
    assert [item.id for item in LIBRARY.visible(trade, TODAY)] == ["t1", "t2"]
    assert [item.id for item in LIBRARY.visible(trade, TODAY - dt.timedelta(1))] == ["t1"]
    assert [item.id for item in LIBRARY.visible(trade, TODAY + dt.timedelta(1))] == ["t1", "t2", "t3"]


@pytest.mark.parametrize(
    ("chosen", "ids"),
    [
        ((), ("t1", "t2", "p1", "w1", "w2")),
        (("water", "trade"), ("t1", "t2", "w1", "w2")),
        (("gone", "peace"), ("p1",)),
        (("gone",), ("t1", "t2", "p1", "w1", "w2")),
    ],
)
def test_the_sequence_follows_the_library(chosen: tuple[str, ...], ids: tuple[str, ...]) -> None:
    """Chosen themes (none: all) give their visible digests in the library's order, not in the choice's."""
    assert LIBRARY.sequence(chosen, TODAY) == ids


MORE = article("more", dt.date(2025, 6, 1), peace=(digest("p2"),), water=(digest("w3"), digest("w4", TODAY)))
SHELF = Library((OLD, NEW, MORE))


def test_a_name_of_two_articles_is_one_command() -> None:
    """It is called as in the newest article, and pages over both, newest article first."""
    assert [theme.name for theme in SHELF.themes] == ["trade", "peace", "water"]
    named = replace(OLD, themes=(replace(OLD.themes[0], title="Old water", emoji="🌊", summary="Old"),))
    water = Library((named, NEW, MORE)).theme("water")
    assert water is not None
    assert (water.title, water.emoji, water.summary) == ("Water", "🤝", "summary")
    assert [(item.id, item.article) for item in water.digests] == [
        ("w3", "more"),
        ("w4", "more"),
        ("w1", "old"),
        ("w2", "old"),
    ]
    assert [item.id for item in SHELF.visible(water, TODAY - dt.timedelta(1))] == ["w3", "w1", "w2"]


def test_every_digest_leads_to_the_whole_command_and_to_its_own_article() -> None:
    """So a reader who opens one goes on through all of the name; articles keep their themes as they are."""
    found = SHELF.digest("w1")
    assert found is not None
    assert (found[0], found[1].article) == (SHELF.theme("water"), "old")
    assert SHELF.article("old") == OLD


@pytest.mark.parametrize(
    ("themes", "articles", "ids"),
    [
        ((), (), "t1 t2 p1 p2 w3 w4 w1 w2"),
        (("water",), (), "w3 w4 w1 w2"),
        (("peace", "water"), (), "p1 p2 w3 w4 w1 w2"),
        ((), ("old",), "w1 w2"),
        ((), ("old", "more"), "p2 w3 w4 w1 w2"),
        (("water",), ("more", "new"), "w3 w4"),
        (("water",), ("gone",), "w3 w4 w1 w2"),
        (("gone",), ("more",), "p2 w3 w4"),
        (("trade",), ("old",), "w1 w2"),
    ],
)
def test_readers_follow_articles_and_themes(
    themes: tuple[str, ...], articles: tuple[str, ...], ids: str
) -> None:
    """Both choices hold at once, article by article; a choice that leaves nothing is none."""
    assert " ".join(SHELF.sequence(themes, TODAY, articles)) == ids


def test_articles_of_one_day_stand_by_id() -> None:
    """So the order does not depend on how files were read."""
    twins = article("b", TODAY), article("a", TODAY), article("c", TODAY - dt.timedelta(1))
    assert [item.id for item in Library(twins).articles] == ["a", "b", "c"]


RU = Translation(
    "ru",
    (
        TranslatedTheme(
            "water",
            "Вода",
            None,
            (
                TranslatedDigest("w1", "Первый", "Текст.", "0" * 16, "Не так."),
                TranslatedDigest("w2", "В", "Т", ""),
            ),
        ),
    ),
    title="Старая",
    licence="Лицензия",
    outline=((2, "Второй"), (9, "Чужой")),
)
OUTLINE = Paragraph(1, "One", "0"), Paragraph(2, "Two", "1")
CORRECTED = replace(
    OLD.themes[0], digests=of("old", (replace(digest("w1"), correction="Wrong."), digest("w2")))
)
TRANSLATED = Library((replace(OLD, outline=OUTLINE, themes=(CORRECTED,), translations=(RU,)), NEW))


def test_a_library_reads_in_a_language_as_far_as_it_is_translated() -> None:
    """Article, outline, themes and digests; what has no translation is the original."""
    russian = TRANSLATED.in_language("ru")
    old, water = russian.article("old"), russian.theme("water")
    assert old is not None
    assert water is not None
    assert (old.title, old.author, old.publisher, old.licence) == (
        "Старая",
        "Author",
        "Publisher",
        "Лицензия",
    )
    assert [(item.number, item.about, item.sha256) for item in old.outline] == [
        (1, "One", "0"),
        (2, "Второй", "1"),
    ]
    assert (water.title, water.summary) == ("Вода", "summary")
    assert [item.title for item in water.digests] == ["Первый", "В"]
    assert russian.article("new") == NEW
    assert russian.sequence((), TODAY) == TRANSLATED.sequence((), TODAY)


def test_the_original_is_read_in_its_own_language_and_in_unknown_ones() -> None:
    """Asking costs nothing: each language is made once, with the library."""
    assert TRANSLATED.in_language("en") is TRANSLATED
    assert TRANSLATED.in_language("kk") is TRANSLATED
    assert TRANSLATED.in_language("ru") is TRANSLATED.in_language("ru")


def test_a_translation_is_known_by_the_version_of_its_original() -> None:
    """So a reader who changes the language has read what was read; Telegram takes or refuses the words."""
    pairs = [(TRANSLATED.digest(id_), TRANSLATED.in_language("ru").digest(id_)) for id_ in ("w1", "w2", "t1")]
    found = [(original[1], read[1]) for original, read in pairs if original and read]
    assert [version(original) for original, _ in found] == [version(read) for _, read in found]
    assert [wording(original) == wording(read) for original, read in found] == [False, False, True]
    assert [wording(original) == version(original) for original, _ in found] == [True, True, True]


def test_a_correction_is_translated_where_the_original_has_one() -> None:
    """A translation alone corrects nothing that readers of the original were told."""
    without = TRANSLATED.articles[1]
    without = replace(without, themes=(replace(CORRECTED, digests=of("old", (digest("w1"), digest("w2")))),))
    for library, told in ((TRANSLATED, "Не так."), (Library((without, NEW)), "")):
        found = library.in_language("ru").digest("w1")
        assert found is not None
        assert found[1].correction == told


def test_one_command_of_two_articles_reads_in_a_language() -> None:
    """The digests of both, those of the article that is not translated in the original."""
    water = Library((*TRANSLATED.articles, MORE)).in_language("ru").theme("water")
    assert water is not None
    assert [item.title for item in water.digests] == ["W3", "W4", "Первый", "В"]


def test_an_empty_library_holds_nothing() -> None:
    """No articles: no themes and an empty sequence."""
    assert (Library(()).themes, Library(()).sequence((), TODAY)) == ((), ())


@pytest.mark.parametrize(
    "other",
    [
        article("new", TODAY),
        replace(OTHER, themes=OTHER.themes * 2),
        article("other", TODAY, other=(digest("t1"),)),
    ],
)
def test_a_doubled_name_is_refused(other: Article) -> None:
    """An id of an article, a command within it, and an id of a digest each stand for one thing."""
    with pytest.raises(ValueError, match="doubled"):
        Library((NEW, other))


def test_equal_articles_make_equal_libraries() -> None:
    """A library is a value: the order in which files are read does not count."""
    assert Library((NEW, OLD)) == LIBRARY
    assert hash(Library((NEW, OLD))) == hash(LIBRARY)


def test_words_of_the_subscribe_line_are_reserved() -> None:
    """A theme named `mon` or `all` could not be told from a day or from every theme."""
    assert {"start", "subscribe", "mon", "sun", "all", "daily", "cancel"} <= RESERVED_COMMANDS
