"""The cards of a broadcast: what they say of any state, and what cannot be sent."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import broadcast, operator_texts
from bot.core.broadcast import Broadcast, Speed, Stage, Tally, bar, problem, progress, summary
from bot.core.markdown import units

NOW = dt.datetime(2026, 11, 23, 14, 5, tzinfo=dt.timezone(dt.timedelta(hours=5)))
NUMBERS = st.integers(0, 2_000_000)
TALLIES = st.builds(Tally, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
ACTIVE = st.sampled_from([Stage.QUEUED, Stage.RUNNING, Stage.PAUSED, Stage.STOPPING])


def item(stage: Stage = Stage.RUNNING, html: str = "Hello", note: str = "") -> Broadcast:
    """A broadcast in a stage."""
    return Broadcast(12, html, stage, 501, 3, note)


@given(TALLIES)
def test_the_bar_is_full_when_all_are_settled_and_not_before(tally: Tally) -> None:
    """Ten cells, a whole percentage, never more; 100% and full are one thing."""
    shown = bar(tally.settled, tally.total)
    cells, percent = shown.split(" ")
    assert len(cells) == 10
    assert cells == "▓" * cells.count("▓") + "░" * cells.count("░")
    assert 0 <= int(percent.removesuffix("%")) <= 100
    assert ("100%" in shown) == ("░" not in cells) == (not tally.open)


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(1, 5000))
def test_the_bar_never_goes_back(one: int, other: int, total: int) -> None:
    """More settled is never less of a bar."""
    less, more = sorted((min(one, total), min(other, total)))
    assert bar(less, total).count("▓") <= bar(more, total).count("▓")


@given(TALLIES, ACTIVE, st.floats(0, 1000))
def test_the_progress_names_every_figure_in_a_message_that_telegram_takes(
    tally: Tally, stage: Stage, rate: float
) -> None:
    """Sent of total always; others where there are any; buttons fit their 64 bytes."""
    card = progress(item(stage), tally, rate, NOW)
    assert f"{tally.sent:,} of {tally.total:,} sent" in card.html
    for number, word in ((tally.failed, "failed"), (tally.unknown, "unknown"), (tally.expired, "not sent")):
        assert (f" · {number:,} {word}" in card.html) == (number > 0)
    assert units(card.plain) <= 4096
    assert all(len(button.data.encode()) <= 64 for row in card.buttons for button in row)
    assert ("takes" not in card.html) or stage is Stage.RUNNING


@given(st.integers(0, 10**7), st.floats(1, 1000))
def test_an_ending_is_later_for_more_and_never_in_the_past(number: int, rate: float) -> None:
    """The clock time shown is that of now and the duration."""
    text = operator_texts.ending(number, rate, NOW)
    end = NOW + dt.timedelta(seconds=number / rate)
    assert f"{end:%H:%M}" in text
    assert (end.date() == NOW.date()) == (f"until {end:%H:%M}." in text)


@given(st.timedeltas(dt.timedelta(), dt.timedelta(days=400)))
def test_a_duration_is_as_exact_as_it_is_long(length: dt.timedelta) -> None:
    """To half a minute below two days, to half a day above."""
    text = operator_texts.duration(length)
    if text == "less than a minute":
        assert length < dt.timedelta(minutes=1)
        return
    words = text.removeprefix("about ").split()
    said = sum(
        (
            dt.timedelta(**{{"h": "hours", "min": "minutes", "days": "days"}[unit]: int(number)})
            for number, unit in zip(words[::2], words[1::2], strict=True)
        ),
        dt.timedelta(),
    )
    assert abs(said - length) <= (dt.timedelta(days=0.54) if "days" in text else dt.timedelta(seconds=30))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "less than a minute"), (300, "about 5 min"), (9600, "about 2 h 40 min"), (7200, "about 2 h")],
)
def test_durations_in_words(seconds: int, text: str) -> None:
    """As people say them."""
    assert operator_texts.duration(dt.timedelta(seconds=seconds)) == text


def test_the_speed_is_that_of_the_last_minute() -> None:
    """Until ten seconds are seen it is the expected one; a standstill is told; a retry begins anew."""
    speed = Speed()
    assert speed.observe(0, 0, 25) == 25
    assert speed.observe(9, 90, 25) == 25
    assert speed.observe(20, 400, 25) == 20
    assert speed.observe(81, 400, 25) == 25  # the last minute holds one look
    assert speed.observe(100, 400, 25) == 0
    assert speed.observe(110, 100, 25) == 25
    assert "Nothing could be sent for a minute" in operator_texts.ending(10, 0, NOW)


def test_a_long_text_is_told_to_be_slow() -> None:
    """Above 500 characters the governor spends more on each."""
    slow = broadcast.ask(item(html="x" * 501), 1000, 25 / 6, NOW)
    assert "At 4.17/s that takes about 4 min, until 14:09." in slow.html
    assert operator_texts.BROADCAST_LONG in slow.html
    assert operator_texts.BROADCAST_LONG not in broadcast.ask(item(), 1000, 25, NOW).html


def test_nobody_to_send_to_leaves_no_button() -> None:
    """The question is not asked."""
    card = broadcast.ask(item(), 0, 25, NOW)
    assert (card.html, card.buttons) == (operator_texts.BROADCAST_NOBODY, ())


def test_a_note_stands_in_place_of_the_end() -> None:
    """Why it rests."""
    card = progress(item(Stage.PAUSED, note="Telegram refused it."), Tally(5, 5), 25, NOW)
    assert card.plain == (
        "📣 Broadcast 12 · paused\n\n▓▓▓▓▓░░░░░ 50%\n5 of 10 sent\n\n⚠️ Telegram refused it."
    )
    assert [button.label for row in card.buttons for button in row] == ["▶ Resume", "Cancel"]


def test_a_summary_offers_only_what_can_be_done() -> None:
    """Retry for those without it, a question for those in doubt, nothing for those who left."""
    over = item(Stage.FINISHED)
    assert summary(over, Tally(0, 10), 0, 0).buttons == ()
    card = summary(over, Tally(0, 5, 3, 2), 1, 2)
    assert "5 of 10 sent · 3 failed · 2 unknown" in card.html
    assert "2 readers blocked the bot, left or unsubscribed" in card.html
    assert [button.data for row in card.buttons for button in row] == ["b:retry:12", "b:doubt:12"]


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("", "no text"),
        (" <b> </b>\n", "no text"),
        ("x" * 4096, None),
        ("&amp;" * 4096, None),
        ("x" * 4097, "4,097 characters"),
        ("😀" * 2049, "4,098 characters"),
        ("<b>x</b>" * 4097, "4,097 characters"),
        ('<a href="https://example.org/' + "x" * 33_000 + '">x</a>', "formatting"),
    ],
)
def test_what_cannot_be_one_message_is_told(html: str, told: str | None) -> None:
    """1 to 4096 UTF-16 units after parsing."""
    found = problem(html)
    assert (found is None) if told is None else (found is not None and told in found)
