"""Reading on request."""

import datetime as dt

import pytest

from bot.core import texts
from bot.core.library import Library
from bot.core.model import EVERY_DAY, Chat, Digest, Preferences
from bot.ports import Store
from bot.services.reading import Page, Reading
from tests.fakes import LIBRARY, NOW, FixedClock, article, digests

READER = Chat(1)
TODAY = NOW.date()
EMPTY = Library((article("rivers", [("water", ())], TODAY),))


@pytest.fixture
def reading(store: Store) -> Reading:
    """Over the sample library."""
    return Reading(store, LIBRARY, FixedClock())


def title(page: Page | None) -> str:
    """The first line of a page."""
    assert page is not None
    return page.message.html.partition("\n")[0]


async def read(reading: Reading, page: Page | None) -> str:
    """Show a page as the caller does, and say so."""
    assert page is not None
    if page.digest is not None:
        await reading.mark_read(READER, page.digest)
    return page.digest or "end"


async def test_next_goes_through_everything_and_ends(reading: Reading) -> None:
    """Each digest once, then the end, as often as it is asked for."""
    shown = [await read(reading, await reading.next(READER)) for _ in range(6)]
    assert shown == ["w1", "w2", "w3", "t1", "end", "end"]


async def test_nothing_counts_as_read_before_it_was_shown(reading: Reading) -> None:
    """Asking again brings the same digest until the caller says that it was shown."""
    assert (await reading.next(READER)).digest == "w1"
    assert (await reading.next(READER)).digest == "w1"


async def test_next_begins_with_the_subscribed_themes(reading: Reading, store: Store) -> None:
    """And goes on with the others."""
    await store.subscribe(READER, Preferences(dt.time(9), EVERY_DAY, "UTC", ("trade",)), NOW, NOW)
    assert [await read(reading, await reading.next(READER)) for _ in range(2)] == ["t1", "w1"]


async def test_a_theme_opens_at_its_first_unread_digest(reading: Reading) -> None:
    """And at its first when all are read; a theme that does not exist is None."""
    shown = [await read(reading, await reading.theme(READER, "water")) for _ in range(4)]
    assert shown == ["w1", "w2", "w3", "w1"]
    assert await reading.theme(READER, "nothing") is None


async def test_a_page_shows_progress_over_everything(reading: Reading) -> None:
    """The digest itself counts, reading it again does not."""
    await reading.mark_read(READER, "t1")
    page = await reading.digest(READER, "w2")
    assert page is not None
    assert page.message.html.endswith("/water · 2/4 read</i>")
    again = await reading.digest(READER, "t1")
    assert again is not None
    assert again.message.html.endswith("/trade · 1/4 read</i>")


async def test_the_paragraphs_of_a_digest(reading: Reading) -> None:
    """The same page with its source below it; it counts as read as well."""
    plain, unfolded = await reading.digest(READER, "w1"), await reading.paragraphs(READER, "w1")
    assert plain is not None
    assert unfolded is not None
    assert unfolded.message.html.startswith(plain.message.html)
    assert unfolded.digest == "w1"


@pytest.mark.parametrize("publish", [None, TODAY + dt.timedelta(days=1)])
async def test_what_is_not_there_or_not_yet_is_not_shown(store: Store, publish: dt.date | None) -> None:
    """Neither the digest nor its source nor its place, whatever an old button asks for."""
    shelf: tuple[Digest, ...] = digests("w1") + (digests("soon", publish=publish) if publish else ())
    reading = Reading(store, Library((article("rivers", [("water", shelf)], TODAY),)), FixedClock())
    assert await reading.digest(READER, "soon") is None
    assert await reading.paragraphs(READER, "soon") is None
    assert await reading.position(READER, "soon") == texts.GONE
    assert (await reading.next(READER)).digest == "w1"


async def test_the_position_in_a_theme(reading: Reading) -> None:
    """The number, how many there are, how many are unread."""
    await reading.mark_read(READER, "w1")
    assert await reading.position(READER, "w3") == "Digest 3 of 3 in this theme, 2 still unread."


async def test_the_lists(reading: Reading) -> None:
    """Themes and article show the reader's progress; nothing in them counts as read."""
    await reading.mark_read(READER, "t1")
    themes, about = await reading.themes(READER), await reading.articles(READER)
    assert "✓\n/trade" in themes.message.html
    assert "1/4 read" in about.message.html
    assert (themes.digest, about.digest, (await reading.welcome()).digest) == (None, None, None)


async def test_starting_over(reading: Reading) -> None:
    """Everything is unread again, and the first digest comes next."""
    for _ in range(5):
        await read(reading, await reading.next(READER))
    await reading.store.start_over(READER)
    assert (await reading.next(READER)).digest == "w1"
    assert title(await reading.themes(READER)).endswith("0/4 read")
    assert "0/3\n/water" in (await reading.themes(READER)).message.html


async def test_readers_do_not_share_progress(reading: Reading) -> None:
    """Nor do topics of one group."""
    await reading.mark_read(READER, "w1")
    assert (await reading.next(Chat(2))).digest == "w1"
    assert (await reading.next(Chat(1, 5))).digest == "w1"


async def test_before_anything_is_published(store: Store) -> None:
    """Every request gets a friendly sentence."""
    reading = Reading(store, EMPTY, FixedClock())
    for page in (await reading.welcome(), await reading.next(READER)):
        assert page.message.html == texts.NOTHING_HERE
    theme = await reading.theme(READER, "water")
    assert theme is not None
    assert "has no digests yet" in theme.message.html


async def test_a_theme_that_begins_later_says_when(store: Store) -> None:
    """And what there is to read until then."""
    shelf = digests("soon", publish=dt.date(2026, 12, 1))
    reading = Reading(store, Library((article("rivers", [("water", shelf)], TODAY),)), FixedClock())
    page = await reading.theme(READER, "water")
    assert page is not None
    assert "begins on 1 December 2026" in page.message.html
    assert "/themes" in page.message.html
    assert page.digest is None


async def test_the_end_tells_a_subscriber_to_wait_and_others_to_subscribe(store: Store) -> None:
    """As often as the end is asked for."""
    reading = Reading(store, LIBRARY, FixedClock())
    for digest in LIBRARY.ids:
        await reading.mark_read(READER, digest)
    assert "s" in [button.data for row in (await reading.next(READER)).message.buttons for button in row]
    await store.subscribe(READER, Preferences(dt.time(9), EVERY_DAY, "UTC"), NOW, NOW)
    assert "s" not in [button.data for row in (await reading.next(READER)).message.buttons for button in row]


# -- several articles -------------------------------------------------------------------------------------

NEWER = article("newer", [("care", digests("n1", "n2")), ("only", digests("n3"))], dt.date(2026, 3, 1))
OLDER = article("older", [("care", digests("o1"))], dt.date(2025, 3, 1))
SHELF = Library((OLDER, NEWER))


async def test_a_command_of_two_articles_pages_over_both(store: Store) -> None:
    """Newest article first; the position counts all; each names its article."""
    reading = Reading(store, SHELF, FixedClock())
    shown = [await read(reading, await reading.theme(READER, "care")) for _ in range(3)]
    assert shown == ["n1", "n2", "o1"]
    assert await reading.position(READER, "o1") == "Digest 3 of 3 in this theme, all read."
    page = await reading.digest(READER, "o1")
    assert page is not None
    assert '/care · older &lt;&amp; "friends"&gt; · 3/4 read' in page.message.html


async def test_reading_one_article_of_several(store: Store) -> None:
    """Its digests in order whatever else is unread; then its end, which leads on."""
    reading = Reading(store, SHELF, FixedClock())
    assert await read(reading, await reading.next_of(READER, "older")) == "o1"
    end = await reading.next_of(READER, "older")
    assert end is not None
    assert end.digest is None
    assert "You have read all of “older" in end.message.html
    assert await reading.next_of(READER, "gone") is None


async def test_articles_are_a_list_and_a_page_each(store: Store) -> None:
    """One that is not there is None, as a page and as a rich message."""
    reading = Reading(store, SHELF, FixedClock())
    assert "2 articles" in (await reading.articles(READER)).message.html
    page, whole = await reading.article(READER, "older"), await reading.whole(READER, "older")
    assert page is not None
    assert whole is not None
    assert page.message.buttons == whole.buttons
    assert (await reading.article(READER, "gone"), await reading.whole(READER, "gone")) == (None, None)


async def test_new_digests_come_first_and_say_so(store: Store) -> None:
    """By /next, by the theme's command and by the article's button, until they are read."""
    early = NOW - dt.timedelta(days=9)
    await store.subscribe(READER, Preferences(dt.time(9), EVERY_DAY, "UTC"), NOW, early)
    reading = Reading(store, SHELF, FixedClock(), added={"n2": NOW, "o1": NOW})
    for page in (
        await reading.next(READER),
        await reading.theme(READER, "care"),
        await reading.next_of(READER, "newer"),
    ):
        assert page is not None
        assert page.digest == "n2"
        assert title(page) == "🆕 <i>New digest</i>"
    await reading.mark_read(READER, "n2")
    assert (await reading.next(READER)).digest == "o1"


async def test_a_subscriber_of_one_article_reads_that_first_by_request(store: Store) -> None:
    """Then the others."""
    wanted = Preferences(dt.time(9), EVERY_DAY, "UTC", articles=("older",))
    await store.subscribe(READER, wanted, NOW, NOW)
    reading = Reading(store, SHELF, FixedClock())
    assert [await read(reading, await reading.next(READER)) for _ in range(2)] == ["o1", "n1"]
