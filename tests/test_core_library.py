import datetime as dt

import pytest

from bot.core.library import RESERVED_COMMANDS, Library
from bot.core.model import Article, Digest, Theme

TODAY = dt.date(2026, 12, 1)


def digest(id_: str, publish: dt.date | None = None) -> Digest:
    """A digest of which only the id and the day matter."""
    return Digest(id_, id_.title(), "text", (1,), publish)


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
        tuple(Theme(name, name.title(), "🤝", "summary", id_, digests) for name, digests in themes.items()),
    )


OLD = article("old", dt.date(2025, 1, 1), water=(digest("w1"), digest("w2")))
NEW = article(
    "new",
    dt.date(2026, 1, 1),
    trade=(digest("t1"), digest("t2", TODAY), digest("t3", TODAY + dt.timedelta(1))),
    peace=(digest("p1"),),
)
LIBRARY = Library((OLD, NEW))


def test_the_newest_article_comes_first() -> None:
    """Articles stand by date of publication, their themes in their own order."""
    assert [item.id for item in LIBRARY.articles] == ["new", "old"]
    assert [theme.name for theme in LIBRARY.themes] == ["trade", "peace", "water"]


def test_what_is_in_the_library_is_found_by_name() -> None:
    """Articles, themes and digests, visible or not, are looked up by id; what is not there is None."""
    trade = NEW.themes[0]
    assert LIBRARY.theme("trade") is trade
    assert LIBRARY.digest("t3") == (trade, trade.digests[2])
    assert LIBRARY.article("old") is OLD
    assert LIBRARY.article_of(trade) is NEW
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


def test_an_empty_library_holds_nothing() -> None:
    """No articles: no themes and an empty sequence."""
    assert (Library(()).themes, Library(()).sequence((), TODAY)) == ((), ())


@pytest.mark.parametrize(
    "other",
    [
        article("new", TODAY),
        article("other", TODAY, trade=(digest("o1"),)),
        article("other", TODAY, other=(digest("t1"),)),
    ],
)
def test_a_doubled_name_is_refused(other: Article) -> None:
    """An id of an article, a command and an id of a digest each stand for one thing."""
    with pytest.raises(ValueError, match="doubled"):
        Library((NEW, other))


def test_equal_articles_make_equal_libraries() -> None:
    """A library is a value: the order in which files are read does not count."""
    assert Library((NEW, OLD)) == LIBRARY
    assert hash(Library((NEW, OLD))) == hash(LIBRARY)


def test_words_of_the_subscribe_line_are_reserved() -> None:
    """A theme named `mon` or `all` could not be told from a day or from every theme."""
    assert {"start", "subscribe", "mon", "sun", "all", "daily", "cancel"} <= RESERVED_COMMANDS
