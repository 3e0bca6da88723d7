"""The lists of themes and articles: the reader's progress, what is new, what is not out yet, and pages."""

import datetime as dt
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.core import lists
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.model import Article, History, Message
from bot.core.progress import Progress
from tests.fakes import LIBRARY, NOW, article, digests
from tests.test_core_render import buttons, check, labels, plain

TODAY = NOW.date()
EARLIER = NOW - dt.timedelta(days=30)
NEW, OLD = (
    article("new", [("care", digests("n1", "n2")), ("only", digests("n3"))], dt.date(2026, 3, 1)),
    article("old", [("care", digests("o1"))], dt.date(2025, 3, 1)),
)
SHELF = Library((OLD, NEW))
"""Two articles, both with a theme of the name /care."""
LONG = 20


def of(library: Library, *seen: str, added: dict[str, dt.datetime] | None = None) -> Progress:
    """A reader of thirty days who has read this."""
    return Progress(library, History(set(seen), EARLIER), TODAY, added or {})


def lines(message: Message) -> list[str]:
    """What a reader sees, without the commands and the empty lines."""
    return [line for line in plain(message.html).split("\n") if line and not line.startswith("/")]


def test_themes_show_how_much_of_them_is_read() -> None:
    """A tick where all is; the heading counts everything."""
    found = lists.themes(ENGLISH, of(LIBRARY, "w1", "t1"))
    assert lines(found) == [
        "📚 Themes · 2/4 read",
        'rivers <& "friends">',
        '🤝 Water & "so" <on> · 1/3',
        '🤝 Trade & "so" <on> · ✓',
    ]


def test_a_theme_of_two_articles_stands_under_both_with_the_digests_of_each() -> None:
    """Newest article first; the heading counts no digest twice."""
    found = lists.themes(ENGLISH, of(SHELF, "n1", "o1"))
    assert [line.split(" · ")[1] for line in lines(found) if "·" in line] == ["2/4 read", "1/2", "0/1", "✓"]
    assert re.findall("(new|old) <", plain(found.html)) == ["new", "old"]


def test_what_came_since_the_reader_did_is_marked_until_it_is_read() -> None:
    """In the list of themes, in the list of articles and on the article's page."""
    added = {"n3": NOW}
    for show in (lists.themes, lists.articles):
        assert [line.endswith("🆕") for line in lines(show(ENGLISH, of(SHELF, added=added)))].count(True) == 1
        assert "🆕" not in show(ENGLISH, of(SHELF, "n3", added=added)).html
    assert "🆕" in lists.article(ENGLISH, of(SHELF, added=added), SHELF.articles[0]).html
    assert "🆕" not in lists.article(ENGLISH, of(SHELF, added=added), SHELF.articles[1]).html


def test_a_theme_of_which_nothing_is_out_says_when_it_begins() -> None:
    """A theme without digests says that; neither counts as read."""
    later = digests("soon", publish=dt.date(2026, 12, 1)) + digests("later", publish=dt.date(2027, 1, 1))
    library = Library((article("rivers", [("future", later), ("empty", ())], TODAY),))
    found = lines(lists.themes(ENGLISH, of(library)))
    assert found[2:] == ['🤝 Future & "so" <on> · from 1 December 2026', '🤝 Empty & "so" <on> · nothing yet']
    assert found[0].endswith("0/0 read")


def test_articles_are_listed_newest_first_with_a_button_each() -> None:
    """With author, date and progress."""
    found = lists.articles(ENGLISH, of(SHELF, "o1"))
    assert lines(found)[0] == "📰 2 articles · 1/4 read"
    assert lines(found)[2] == 'A. <b>Author</b> & "Co", 1 March 2026 · 0/3'
    assert lines(found)[4].endswith("· ✓")
    assert [button.data for button in buttons(found)] == ["a:new", "a:old"]


def test_an_articles_page_tells_what_it_is_and_leads_into_it() -> None:
    """Title, author, date, publisher, what is covered, progress, licence; to read, its themes, its source, back."""
    found = lists.article(ENGLISH, of(SHELF, "n1"), SHELF.articles[0])
    seen = plain(found.html)
    for part in ('new <& "friends">', "1 March 2026", "Publisher <p>", "1/3 read", "Licence & <terms>"):
        assert part in seen
    assert "2 themes, 3 digests, resting on 2 of its 2 paragraphs." in seen
    assert labels(found) == ["Read ▸", "Themes", "Read the article", "‹ Back"]
    assert [button.data for button in buttons(found)] == ["read:new", "themes:0", "", "articles:0"]


def test_the_page_of_the_only_article_has_nothing_to_go_back_to() -> None:
    """And reads on in everything, which is the same."""
    found = lists.article(ENGLISH, of(LIBRARY), LIBRARY.articles[0])
    assert [button.data for button in buttons(found)] == ["next", "themes", ""]


def long_library() -> Library:
    """Twenty articles with five themes each and the longest names that the content may have."""
    return Library(
        tuple(
            article(
                f"a{number:02}" + "x" * 37,
                [(f"t{number:02}{theme}{'y' * 28}", digests(f"d{number}-{theme}")) for theme in range(5)],
                dt.date(2026, 1, 1) - dt.timedelta(days=number),
            )
            for number in range(LONG)
        )
    )


def test_twenty_articles_of_a_hundred_themes_are_paged() -> None:
    """Each page is what Telegram takes, and together they hold every article and every theme once."""
    progress = of(long_library())
    commands: list[str] = []
    opened: list[str] = []
    for page in range(10):
        found = lists.themes(ENGLISH, progress, page)
        check(found)
        commands += re.findall(r"^/(\w+)", plain(found.html), re.MULTILINE)
        assert labels(found) == ["‹ Articles", "Next unread ▸", "◀", f"{page + 1}/10", "▶"]
    for page in range(4):
        found = lists.articles(ENGLISH, progress, page)
        check(found)
        opened += [button.data for button in buttons(found) if button.data.startswith("a:")]
    assert commands == [theme.name for theme in progress.library.themes]
    assert opened == [f"a:{item.id}" for item in progress.library.articles]


def test_the_longest_names_fit_a_page() -> None:
    """Titles of 200 characters and themes of 64, all beyond the basic plane, each theme of another article."""
    wide = "𝄞" * 100
    library = Library(
        tuple(
            with_names(article(f"a{number}", [(f"t{number}" + "y" * 29, digests(f"d{number}"))], TODAY), wide)
            for number in range(12)
        )
    )
    check(lists.themes(ENGLISH, of(library)))
    check(lists.articles(ENGLISH, of(library)))
    check(lists.article(ENGLISH, of(library), library.articles[0]))


def with_names(item: Article, wide: str) -> Article:
    """The article with names as long as they may be."""
    themes = tuple(replace(each, title=wide[:32]) for each in item.themes)
    return replace(item, title=wide, author=wide, publisher=wide, licence=wide * 5, themes=themes)


def test_pages_are_a_ring_and_an_article_leads_to_the_page_of_its_themes() -> None:
    """◀ on the first page is the last one; the 16th theme stands on the second page, its article on the first."""
    progress = of(long_library())
    leaves = lists.themes(ENGLISH, progress).buttons[-1]
    assert [button.data for button in leaves] == ["themes:9", "themes:0", "themes:1"]
    ways = [button.data for button in buttons(lists.article(ENGLISH, progress, progress.library.articles[3]))]
    assert ways[1:] == ["themes:1", "", "articles:0"]


@given(st.integers(-5, 20))
def test_a_page_that_there_is_not_is_the_nearest(page: int) -> None:
    """Whatever a forged or an old button asks for."""
    found = lists.themes(ENGLISH, of(long_library()), page)
    assert found == lists.themes(ENGLISH, of(long_library()), min(max(page, 0), 9))
