"""How much one person or chat may ask: a burst, one notice, then silence until they pause."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from bot.core.flood import CHAT, COMMANDS, INLINE, PRESSES, Flood, Limit, Verdict

GO, NOTICE, SILENCE = Verdict.GO, Verdict.NOTICE, Verdict.SILENCE
READER = 501
gaps = st.lists(st.floats(0, 100, allow_nan=False), max_size=200)


def asked(flood: Flood, times: list[float], key: int = READER) -> list[Verdict]:
    """The verdicts on asking at these seconds."""
    return [flood.ask(key, now) for now in times]


def test_five_commands_at_once_are_answered_then_there_is_one_notice_and_silence() -> None:
    """However long it goes on: 1,000 commands a second for a minute lead to six messages."""
    verdicts = asked(Flood(COMMANDS), [n / 1000 for n in range(60_000)])
    assert verdicts[:7] == [GO] * 5 + [NOTICE, SILENCE]
    assert set(verdicts[7:]) == {SILENCE}


def test_who_reads_at_ease_is_never_stopped() -> None:
    """A command every two seconds, for ever."""
    assert set(asked(Flood(COMMANDS), [2.0 * n for n in range(1000)])) == {GO}


def test_silence_ends_with_a_pause_and_every_word_before_it_prolongs_it() -> None:
    """Ten seconds without a command; then all five are there again."""
    flood = Flood(COMMANDS)
    asked(flood, [0.0] * 6)
    assert asked(flood, [9.0, 18.0, 27.0]) == [SILENCE] * 3
    assert asked(flood, [37.0] * 5) == [GO] * 5


def test_the_next_notice_comes_only_after_a_minute_of_quiet() -> None:
    """Somebody who has just been told is not told again."""
    flood = Flood(COMMANDS)
    assert asked(flood, [0.0] * 6)[-1] is NOTICE
    assert asked(flood, [20.0] * 6)[-1] is SILENCE
    assert asked(flood, [79.0] * 6)[-1] is SILENCE
    assert asked(flood, [139.0] * 6)[-1] is NOTICE


def test_leafing_through_a_theme_is_no_flood() -> None:
    """Three presses a second for five seconds, and again after a breath."""
    times = [n / 3 for n in range(15)] + [10 + n / 3 for n in range(15)]
    assert set(asked(Flood(PRESSES), times)) == {GO}


def test_presses_by_a_machine_are_stopped() -> None:
    """A thousand a second: a burst, and one notice."""
    verdicts = asked(Flood(PRESSES), [n / 1000 for n in range(10_000)])
    assert verdicts.count(GO) == 20
    assert verdicts.count(NOTICE) == 1


def test_typing_an_inline_query_is_no_flood() -> None:
    """Two key strokes a second for as long as one likes; after too many there is no penalty."""
    assert set(asked(Flood(INLINE), [n / 2 for n in range(200)])) == {GO}
    assert asked(Flood(INLINE), [0.0] * 21 + [0.6])[-2:] == [NOTICE, GO]


def test_a_busy_group_gets_its_share_without_a_pause() -> None:
    """Twenty a minute whatever happens: some may not silence the bot for all."""
    verdicts = asked(Flood(CHAT), [float(n) for n in range(600)])
    assert verdicts.count(NOTICE) == 1
    assert 215 <= verdicts.count(GO) <= 221


def test_one_flooder_does_not_count_for_another_reader() -> None:
    """Keys are counted apart."""
    flood = Flood(COMMANDS)
    asked(flood, [0.0] * 100)
    assert asked(flood, [0.0], key=READER + 1) == [GO]


def test_memory_is_bounded_and_those_who_ask_stay_in_it() -> None:
    """The one that asked longest ago is forgotten first."""
    flood = Flood(COMMANDS, most=100)
    for stranger in range(1_000):
        flood.ask(READER, 0.0)
        flood.ask(10_000 + stranger, 0.0)
    assert len(flood) == 100
    assert flood.ask(READER, 0.0) is SILENCE


@given(gaps, st.integers(1, 20), st.floats(1, 60), st.floats(0, 20))
def test_no_stretch_of_time_holds_more_than_its_share(
    waits: list[float], burst: int, seconds: float, pause: float
) -> None:
    """In any stretch of t seconds: at most burst + t * burst / seconds, and a notice at most every minute."""
    flood, now, went, told = Flood(Limit(burst, seconds, pause)), 0.0, [], []
    for wait in waits:
        now += wait
        match flood.ask(READER, now):
            case Verdict.GO:
                went.append(now)
            case Verdict.NOTICE:
                told.append(now)
    for first, begin in enumerate(went):
        for last in range(first, len(went)):
            assert last - first + 1 <= burst + (went[last] - begin) * burst / seconds + 1e-6
    assert all(later - earlier >= 60 - 1e-6 for earlier, later in itertools.pairwise(told))
