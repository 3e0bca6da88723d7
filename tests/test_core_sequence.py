"""What a reader gets next."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.core.library import Library
from bot.core.model import EVERY_DAY, History, Pick, Preferences
from bot.core.sequence import pick, pick_on_request
from tests.fakes import LIBRARY, NOW, WATER, article, digests

TODAY = dt.date(2026, 11, 23)
EVERYTHING = ("w1", "w2", "w3", "t1")


def wanting(*themes: str) -> Preferences:
    """Preferences for these themes."""
    return Preferences(dt.time(9), EVERY_DAY, "UTC", themes)


@given(st.sets(st.sampled_from([*EVERYTHING, "gone"])))
def test_nothing_comes_twice_until_all_were_shown(seen: set[str]) -> None:
    """Reading on from any state shows every unread digest once, in the library's order, then nothing."""
    read, shown = set(seen), []
    while (picked := pick(LIBRARY, None, History(read), TODAY)).digest:
        shown.append(picked.digest)
        read.add(picked.digest)
    assert shown == [digest for digest in EVERYTHING if digest not in seen]
    assert picked == Pick(None, 4, 4)


def test_progress_counts_the_digest_that_is_picked() -> None:
    """The footer says what is read once this one is; digests that are gone do not count."""
    assert pick(LIBRARY, None, History({"gone"}), TODAY) == Pick("w1", 1, 4)
    assert pick(LIBRARY, None, History({"w1", "t1"}), TODAY) == Pick("w2", 3, 4)


def test_only_chosen_themes_are_picked_from() -> None:
    """Progress counts everything, the pick comes from the themes chosen."""
    assert pick(LIBRARY, wanting("trade"), History(), TODAY) == Pick("t1", 1, 4)
    assert pick(LIBRARY, wanting("trade"), History({"t1"}), TODAY) == Pick(None, 1, 4)


def test_who_asks_goes_on_with_the_other_themes() -> None:
    """On request the chosen themes come first; when they are read, the others follow."""
    assert pick_on_request(LIBRARY, wanting("trade"), History(), TODAY).digest == "t1"
    assert pick_on_request(LIBRARY, wanting("trade"), History({"t1"}), TODAY).digest == "w1"
    assert pick_on_request(LIBRARY, None, History({"w1"}), TODAY).digest == "w2"
    assert pick_on_request(LIBRARY, wanting("trade"), History(set(EVERYTHING)), TODAY) == Pick(None, 4, 4)


def test_a_new_digest_is_picked_after_the_end() -> None:
    """Who had read all gets what is published later, on its day and not before."""
    later = (*WATER, *digests("w4", publish=TODAY))
    library = Library((article("rivers", [("water", later)], TODAY),))
    seen = {"w1", "w2", "w3"}
    assert pick(library, None, History(seen), TODAY - dt.timedelta(1)) == Pick(None, 3, 3)
    assert pick(library, None, History(seen), TODAY) == Pick("w4", 4, 4)


def test_what_came_after_the_reader_goes_first() -> None:
    """New digests are picked before the rest of the sequence, in the library's order, and are called new."""
    joined, later = NOW, NOW + dt.timedelta(days=1)
    added = {"w1": NOW, "w2": later, "t1": later}
    history = History({"w1"}, joined)
    assert pick(LIBRARY, None, history, TODAY, added) == Pick("w2", 2, 4)
    assert pick(LIBRARY, None, history, TODAY, added).new
    after = History({"w1", "w2", "t1"}, joined)
    assert pick(LIBRARY, None, after, TODAY, added) == Pick("w3", 4, 4)
    assert not pick(LIBRARY, None, after, TODAY, added).new


def test_to_a_newcomer_nothing_is_new() -> None:
    """Who is not known yet, or came later than a digest, reads in the library's order."""
    added = {"w1": NOW, "t1": NOW + dt.timedelta(days=1)}
    for since in (None, NOW + dt.timedelta(days=2)):
        picked = pick(LIBRARY, None, History(frozenset(), since), TODAY, added)
        assert (picked.digest, picked.new) == ("w1", False)


def test_a_digest_is_new_once_it_is_published() -> None:
    """One that waited in the library for its day is news on that day."""
    waiting = (*WATER, *digests("w4", publish=TODAY))
    library = Library((article("rivers", [("water", waiting)], TODAY),))
    history = History(frozenset(), NOW - dt.timedelta(days=3))
    added = dict.fromkeys(("w1", "w2", "w3", "w4"), NOW - dt.timedelta(days=9))
    assert pick(library, None, history, TODAY - dt.timedelta(days=1), added).digest == "w1"
    assert pick(library, None, history, TODAY, added).digest == "w4"
