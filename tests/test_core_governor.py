"""The Governor's promises, in simulated time alone: budget, lanes, chats, holds."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.governor import Governor, HeldChats, Lane
from tests.fakes import NOW

BULK, INTERACTIVE = Lane.BULK, Lane.INTERACTIVE
RATES = st.sampled_from([0.5, 1, 2.5, 10, 25, 30, 31.5, 200, 1000])
LONG = 501
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Call:
    """Something to send from `at` on, in seconds."""

    at: float
    chat: int
    lane: Lane
    units: int = 0


CALLS = st.builds(
    Call,
    st.floats(0, 20) | st.sampled_from([0.0, 5.0, 5.0001]),
    st.integers(-3, 30),
    st.sampled_from([BULK, BULK, INTERACTIVE]),
    st.sampled_from([10, 500, LONG, 4096]),
)


def run(rate: float, calls: Sequence[Call], late: float = 0.0) -> list[tuple[float, Call]]:
    """When each call went, served as the limiter serves: in order, interactive first; timers are `late` seconds."""
    governor, now, went = Governor(rate), 0.0, list[tuple[float, Call]]()
    coming = sorted(calls, key=lambda call: call.at)
    waiting: dict[Lane, list[Call]] = {INTERACTIVE: [], BULK: []}
    while coming or any(waiting.values()):
        while coming and coming[0].at <= now:
            waiting[coming[0].lane].append(coming.pop(0))
        waits = [coming[0].at - now] if coming else []
        for lane, calls_ in waiting.items():
            for call in tuple(calls_):
                wait = governor.lane_wait(now, lane) or governor.chat_wait(now, call.chat, lane)
                if not wait:
                    governor.take(now, call.chat, lane, call.units)
                    went.append((now, call))
                    calls_.remove(call)
                elif not governor.lane_wait(now, lane):
                    waits.append(wait)
                else:
                    waits.append(wait)
                    break
        if waits:
            now += max(min(waits), TINY) + late
    return went


def most(times: Sequence[float], seconds: float) -> int:
    """How many lie in the fullest span of so many seconds, its end left out."""
    return max((bisect_left(times, at + seconds - TINY) - i for i, at in enumerate(times)), default=0)


# -- the budget -------------------------------------------------------------------------------------------


@given(RATES, st.lists(CALLS, max_size=120), st.sampled_from([0.0, 0.0007, 0.015]))
def test_no_second_holds_more_than_the_rate(rate: float, calls: list[Call], late: float) -> None:
    """Whatever comes when, at whatever cost, with timers on time or late: bulk by its rate, all by the budget."""
    went = run(rate, calls, late)
    assert len(went) == len(calls)
    assert most([at for at, call in went if call.lane is BULK], 1) <= max(1, -(-rate // 1))
    assert most([at for at, _ in went], 1) <= max(30, -(-rate // 1))


@pytest.mark.parametrize(
    ("rate", "late"), [(25, 0), (25, 0.002), (30, 0), (30, 0.002), (1000, 0), (1000, 0.0015)]
)
def test_a_backlog_goes_at_the_rate_and_evenly(rate: int, late: float) -> None:
    """99 % of the rate (rounded down) in every second, though each timer is late; free of charge never two at once."""
    went = [at for at, _ in run(rate, [Call(0, chat, BULK) for chat in range(4 * rate)], late)]
    for second in range(3):
        within = bisect_left(went, second + 1 - TINY) - bisect_left(went, second - TINY)
        assert int(0.99 * rate) <= within <= rate
    if rate <= 30:
        assert min(after - before for before, after in pairwise(went)) >= 0.013


def test_a_long_text_takes_the_place_of_six() -> None:
    """At 25 a second: 240 ms and a little; exactly 500 units are not long."""
    calls = [Call(0, chat, BULK, units) for chat, units in enumerate([500, LONG, 1, 1])]
    short, long, after, last = [at for at, _ in run(25, calls)]
    assert long - short == pytest.approx(0.0402 - 0.02)
    assert after - long == pytest.approx(6 * 0.0402)
    assert last - after == pytest.approx(0.0402)


def test_idleness_saves_up_nothing_for_bulk() -> None:
    """After an hour of rest the first second is a second like any other."""
    calls = [Call(3600 + at, chat, BULK) for chat, at in enumerate([0.0] * 40)]
    assert most([at for at, _ in run(25, calls)], 1) <= 25


# -- the lanes --------------------------------------------------------------------------------------------


@given(RATES, st.lists(st.floats(0, 10), max_size=25), st.integers(0, 300))
def test_a_reader_waits_a_second_at_most_whatever_the_backlog(
    rate: float, asked: list[float], backlog: int
) -> None:
    """Up to 25 readers ask within ten seconds, all at once if they like."""
    calls = [Call(0, 1000 + chat, BULK) for chat in range(backlog)]
    calls += [Call(at, chat, INTERACTIVE) for chat, at in enumerate(asked, 1)]
    for at, call in run(rate, calls):
        if call.lane is INTERACTIVE:
            assert at - call.at <= 1.02 + 2 * TINY


def test_bulk_calls_that_wait_do_not_delay_a_reader() -> None:
    """A thousand wait; the next places are the readers', in order."""
    calls = [Call(0, 1000 + chat, BULK) for chat in range(1000)]
    readers = [Call(5.123, chat, INTERACTIVE) for chat in range(1, 4)]
    went = [(at, call.chat) for at, call in run(25, calls + readers) if call.lane is INTERACTIVE]
    assert [chat for _, chat in went] == [1, 2, 3]
    assert went[0][0] - 5.123 <= 0.034
    assert went[-1][0] - 5.123 <= 0.102


def test_bulk_gives_way() -> None:
    """Twenty readers a second leave nine a second to the broadcast, and it takes its rate again afterwards."""
    calls = [Call(0, 1000 + chat, BULK) for chat in range(400)]
    readers = [Call(2 + number / 20, number, INTERACTIVE) for number in range(1, 81)]
    went = run(25, calls + readers)
    bulk = [at for at, call in went if call.lane is BULK]
    assert 8 <= bisect_left(bulk, 5) - bisect_left(bulk, 4) <= 10
    assert bisect_left(bulk, 9) - bisect_left(bulk, 8) >= 24
    assert all(at - call.at <= 0.06 for at, call in went if call.lane is INTERACTIVE)


def test_more_readers_than_the_budget_are_served_in_order() -> None:
    """Ninety at once: thirty in each second, evenly."""
    went = run(25, [Call(0, chat, INTERACTIVE) for chat in range(1, 91)])
    assert [call.chat for _, call in went] == list(range(1, 91))
    assert went[-1][0] == pytest.approx(89 * 0.0335, abs=0.03)
    assert 29 <= most([at for at, _ in went], 1) <= 30


# -- the chats --------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(RATES, st.lists(CALLS, max_size=150))
def test_no_chat_gets_more_than_it_may(rate: float, calls: list[Call]) -> None:
    """In private one delivery a second after three at once; in a group twenty messages a minute after ten."""
    went = run(rate, calls)
    for chat in {call.chat for call in calls}:
        times = [at for at, call in went if call.chat == chat and (chat < 0 or call.lane is BULK)]
        for seconds in (0.5, 2, 10, 60):
            allowed = 10 + seconds * 10 / 60 if chat < 0 else 3 + seconds
            assert most(times, seconds) <= allowed
        assert chat >= 0 or most(times, 60) <= 20


@pytest.mark.parametrize(("chat", "lane", "last"), [(1, BULK, 58), (-1, INTERACTIVE, 6 * 51)])
def test_a_burst_then_evenly(chat: int, lane: Lane, last: float) -> None:
    """What one chat wants goes in order, with no more waiting than its limit asks for."""
    went = run(25, [Call(0, chat, lane, units) for units in range(61)])
    assert [call.units for _, call in went] == list(range(61))
    assert went[2][0] < 0.11
    assert went[-1][0] == pytest.approx(last, abs=0.05)


def test_a_reader_is_answered_as_often_as_asked() -> None:
    """Sixty questions of one reader in private: only the budget counts."""
    went = run(25, [Call(0, 1, INTERACTIVE) for _ in range(60)])
    assert went[-1][0] < 2.1


def test_a_slow_chat_does_not_delay_others() -> None:
    """Twenty for one chat stand first in the line: the rest go by."""
    calls = [Call(0, 1, BULK)] * 20 + [Call(0.001, 2 + chat, BULK) for chat in range(60)]
    went = [at for at, call in run(30, calls) if call.chat != 1]
    assert went[-1] < 2.3


def test_chats_at_rest_are_forgotten() -> None:
    """A million chats, one after another, take no more memory than those of the last seconds."""
    governor = Governor(1000)
    for number in range(1, 100_001):
        governor.take(number / 1000, number, BULK)
    assert len(governor._chats) < 5000


def test_a_chat_is_not_forgotten_before_its_time() -> None:
    """What it had half a second ago still counts, however many came since."""
    governor = Governor(1000)
    governor.take(0, 1, INTERACTIVE)
    for chat in [*range(2, 5000), 1, 1]:
        governor.take(0.5, chat, BULK)
    assert governor.chat_wait(0.5, 1, BULK) == pytest.approx(0.5)


# -- holds ------------------------------------------------------------------------------------------------

SECOND = dt.timedelta(seconds=1)
WAITS = st.integers(1, 20_000_000).map(lambda milliseconds: dt.timedelta(milliseconds=milliseconds))


@given(WAITS, st.booleans())
def test_a_hold_ends_when_it_should_and_not_before(wait: dt.timedelta, restored: bool) -> None:  # noqa: FBT001
    """To the microsecond, for that chat alone; the same if it comes from an earlier run."""
    held = HeldChats(NOW, {5: NOW + wait} if restored else {})
    if not restored:
        assert held.refused(NOW, 5, wait) == {5: NOW + wait}
    assert held.remaining(NOW + wait - dt.timedelta(microseconds=1), 5) == dt.timedelta(microseconds=1)
    assert not held.remaining(NOW + wait, 5)
    assert not held.remaining(NOW, 6)
    assert not held.remaining(NOW, None)


def test_of_two_ends_the_later_counts() -> None:
    """A short wait does not cut a long one short."""
    held = HeldChats(NOW, {})
    held.refused(NOW, 5, 60 * SECOND)
    assert held.refused(NOW + SECOND, 5, 3 * SECOND) == {5: NOW + 60 * SECOND}
    assert held.refused(NOW + SECOND, 5, 90 * SECOND) == {5: NOW + 91 * SECOND}


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 4), WAITS), min_size=1, max_size=12))
def test_three_chats_within_two_seconds_hold_all(refusals: list[tuple[int, int, dt.timedelta]]) -> None:
    """Until the shortest of their waits; two chats never do, nor three that lie further apart."""
    refusals.sort(key=lambda refusal: refusal[0])
    held, expected = HeldChats(NOW, {}), NOW
    for number, (at, chat, wait) in enumerate(refusals):
        now = NOW + dt.timedelta(milliseconds=at)
        recent = {
            other: NOW + dt.timedelta(milliseconds=then) + asked
            for then, other, asked in refusals[: number + 1]
            if at - then <= 2000
        }
        made = held.refused(now, chat, wait)
        if len(recent) >= 3:
            expected = max(expected, min(recent.values()))
            assert made[None] == max(expected, now)
        assert (None in made) == (len(recent) >= 3)
        assert held.remaining(now, 99) == max(expected - now, dt.timedelta())


@pytest.mark.parametrize(("third", "halted"), [(2, True), (2.001, False), (-1, True), (-3600, False)])
def test_within_two_seconds_means_so_by_a_clock_that_steps_too(third: float, halted: bool) -> None:  # noqa: FBT001
    """The third of three refusals, in seconds from the first two."""
    held = HeldChats(NOW, {})
    held.refused(NOW, 1, SECOND)
    held.refused(NOW, 2, SECOND)
    assert (None in held.refused(NOW + third * SECOND, 3, SECOND)) == halted


def test_many_chats_of_many_more_hold_only_themselves() -> None:
    """A storm of 429s among messages that are taken is no halt, however many chats it meets."""
    held = HeldChats(NOW, {})
    for number in range(50):
        held.taken(NOW + number * SECOND / 25)
        held.taken(NOW + number * SECOND / 25)
        assert None not in held.refused(NOW + number * SECOND / 25, number, 60 * SECOND)


@given(WAITS, st.lists(st.integers(-86_400, 3600).map(lambda seconds: seconds * SECOND), max_size=5))
def test_a_clock_that_steps_never_makes_a_hold_longer_than_was_asked_for(
    wait: dt.timedelta, steps: list[dt.timedelta]
) -> None:
    """After each step back it begins anew at worst; it ends all the same."""
    held, now = HeldChats(NOW, {}), NOW
    held.refused(now, 5, wait)
    for step in steps:
        now += step
        assert held.remaining(now, 5) <= wait
    left = held.remaining(now, 5)
    assert not held.remaining(now + left, 5)


def test_holds_that_ended_are_forgotten() -> None:
    """A storm leaves nothing behind."""
    held = HeldChats(NOW, {})
    for number in range(1000):
        held.refused(NOW + number * 3 * SECOND, number, SECOND)
    assert len(held._holds) == 1
    assert len(held._refused) == 1
