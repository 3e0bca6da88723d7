"""What a reader gets next."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.core.library import Library
from bot.core.model import EVERY_DAY, Pick, Preferences
from bot.core.sequence import pick, pick_on_request
from tests.fakes import LIBRARY, WATER, article, digests

TODAY = dt.date(2026, 11, 23)
EVERYTHING = ("w1", "w2", "w3", "t1")


def wanting(*themes: str) -> Preferences:
    """Preferences for these themes."""
    return Preferences(dt.time(9), EVERY_DAY, "UTC", themes)


@given(st.sets(st.sampled_from([*EVERYTHING, "gone"])))
def test_nothing_comes_twice_until_all_were_shown(seen: set[str]) -> None:
    """Reading on from any state shows every unread digest once, in the library's order, then nothing."""
    read, shown = set(seen), []
    while (picked := pick(LIBRARY, (), read, TODAY)).digest:
        shown.append(picked.digest)
        read.add(picked.digest)
    assert shown == [digest for digest in EVERYTHING if digest not in seen]
    assert picked == Pick(None, 4, 4)


def test_progress_counts_the_digest_that_is_picked() -> None:
    """The footer says what is read once this one is; digests that are gone do not count."""
    assert pick(LIBRARY, (), {"gone"}, TODAY) == Pick("w1", 1, 4)
    assert pick(LIBRARY, (), {"w1", "t1"}, TODAY) == Pick("w2", 3, 4)


def test_only_chosen_themes_are_picked_from() -> None:
    """Progress counts everything, the pick comes from the themes chosen."""
    assert pick(LIBRARY, ("trade",), set(), TODAY) == Pick("t1", 1, 4)
    assert pick(LIBRARY, ("trade",), {"t1"}, TODAY) == Pick(None, 1, 4)


def test_who_asks_goes_on_with_the_other_themes() -> None:
    """On request the chosen themes come first; when they are read, the others follow."""
    assert pick_on_request(LIBRARY, wanting("trade"), set(), TODAY).digest == "t1"
    assert pick_on_request(LIBRARY, wanting("trade"), {"t1"}, TODAY).digest == "w1"
    assert pick_on_request(LIBRARY, None, {"w1"}, TODAY).digest == "w2"
    assert pick_on_request(LIBRARY, wanting("trade"), set(EVERYTHING), TODAY) == Pick(None, 4, 4)


def test_a_new_digest_is_picked_after_the_end() -> None:
    """Who had read all gets what is published later, on its day and not before."""
    later = (*WATER, *digests("w4", publish=TODAY))
    library = Library((article("rivers", [("water", later)], TODAY),))
    seen = {"w1", "w2", "w3"}
    assert pick(library, (), seen, TODAY - dt.timedelta(1)) == Pick(None, 3, 3)
    assert pick(library, (), seen, TODAY) == Pick("w4", 4, 4)
