"""Outcome -> decision: the table of the design, row by row."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import (
    Ambiguous,
    Migrated,
    Missing,
    NotSent,
    OnAmbiguous,
    Outcome,
    RateLimited,
    Refused,
    Restricted,
    Sent,
    Unauthorized,
    Unreachable,
    decide,
    give_back,
    recover,
)
from bot.core.model import Chat, Delivery, Pick, Slot, State
from tests.fakes import NOW

SLOT = Slot(dt.date(2026, 11, 23), NOW)
FIRST, SECOND = (Delivery(1, Chat(5), SLOT, Pick("w1", 1, 4), attempt) for attempt in (1, 2))
LATER = dt.timedelta(hours=3)
ALL: list[Outcome] = [
    Sent(7),
    NotSent("no connection"),
    Ambiguous("no answer"),
    RateLimited(LATER),
    Unreachable("blocked"),
    Restricted("no rights"),
    Missing("chat not found"),
    Migrated(-100),
    Refused("can't parse entities"),
    Unauthorized(),
]


def test_what_telegram_took_is_sent() -> None:
    """The message's id is kept."""
    made = decide(FIRST, Sent(7), NOW)
    assert (made.state, made.attempt, made.message_id) == (State.SENT, 1, 7)


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (NotSent("no connection"), dt.timedelta(seconds=5)),
        (RateLimited(LATER), LATER),
        (Migrated(-100), dt.timedelta()),
        (Unauthorized(), dt.timedelta(minutes=5)),
    ],
)
def test_what_did_not_leave_stays_due_and_counts_no_attempt(outcome: Outcome, wait: dt.timedelta) -> None:
    """It is tried again as often as needed, after a wait that is a moment and not a sleep."""
    made = decide(FIRST, outcome, NOW)
    assert (made.state, made.attempt, made.not_before, made.pause) == (State.DUE, 0, NOW + wait, "")


def test_what_may_have_left_is_tried_once_more_and_then_listed() -> None:
    """At most two copies: the second ambiguous attempt is the last."""
    once, twice = decide(FIRST, Ambiguous("no answer"), NOW), decide(SECOND, Ambiguous("no answer"), NOW)
    assert (once.state, once.attempt) == (State.DUE, 1)
    assert once.not_before is not None
    assert once.not_before > NOW
    assert (twice.state, twice.attempt, twice.code) == (State.UNKNOWN, 2, "no answer")


def test_a_chat_that_cannot_be_reached_is_paused() -> None:
    """All of it, or the topic alone where the answer speaks of the topic."""
    made = decide(FIRST, Unreachable("blocked"), NOW)
    assert (made.state, made.pause, made.topic) == (State.FAILED, "blocked", False)
    assert decide(FIRST, Unreachable("TOPIC_CLOSED", topic=True), NOW).topic


@pytest.mark.parametrize(
    ("outcome", "dates"),
    [(Unreachable("blocked"), 1), (Missing("chat not found"), 3), (Restricted("no rights"), 7)],
)
def test_a_chat_is_given_up_after_so_many_dates(outcome: Outcome, dates: int) -> None:
    """A block counts at once; an unknown chat and lost rights may be a matter of days."""
    made = decide(FIRST, outcome, NOW)
    assert (made.state, made.pause_after, bool(made.pause)) == (State.FAILED, dates, True)


def test_what_may_have_left_is_not_tried_again_where_that_is_wished() -> None:
    """`never`: no second copy, and what a crash left is listed at once."""
    made = decide(FIRST, Ambiguous("no answer"), NOW, OnAmbiguous.NEVER)
    assert (made.state, made.code) == (State.UNKNOWN, "no answer")
    assert recover(1, OnAmbiguous.NEVER) is State.UNKNOWN


def test_a_plain_text_that_went_out_is_sent_and_says_why() -> None:
    """The reader has it."""
    made = decide(FIRST, Sent(7, refused="can't parse entities"), NOW)
    assert (made.state, made.code) == (State.SENT, "can't parse entities")


def test_a_delivery_given_back_counts_no_attempt() -> None:
    """Its turn comes in the next round."""
    made = give_back(SECOND, NOW)
    assert (made.state, made.attempt, made.not_before) == (State.DUE, 1, NOW)


def test_a_refused_message_is_not_the_chats_fault() -> None:
    """The delivery fails, the chat stays."""
    made = decide(FIRST, Refused("can't parse entities"), NOW)
    assert (made.state, made.pause, made.code) == (State.FAILED, "", "can't parse entities")


@pytest.mark.parametrize("outcome", [Unreachable("blocked"), Refused("bad")])
def test_a_refusal_does_not_hide_that_an_earlier_attempt_may_have_arrived(outcome: Outcome) -> None:
    """Every ambiguous send is listed, whatever the second attempt says."""
    assert decide(SECOND, outcome, NOW).state is State.UNKNOWN


def test_a_moved_group_is_named() -> None:
    """The new id is handed on."""
    assert decide(FIRST, Migrated(-100), NOW).moved_to == -100


def test_what_a_dead_process_left_is_given_back_once() -> None:
    """The first time it is tried again; the second time it is listed."""
    assert (recover(1), recover(2)) == (State.DUE, State.UNKNOWN)


@given(st.lists(st.sampled_from([*ALL, None]), max_size=30))
def test_no_history_makes_more_than_two_copies(history: list[Outcome | None]) -> None:
    """Whatever happens, crashes (None) included, at most two attempts may have left, and an end is an end."""
    attempt, copies, state = 0, 0, State.DUE
    for outcome in history:
        if state is not State.DUE:
            break
        delivery = Delivery(1, Chat(5), SLOT, Pick("w1", 1, 4), attempt + 1)
        if outcome is None:
            attempt, state, copies = attempt + 1, recover(attempt + 1), copies + 1
        else:
            made = decide(delivery, outcome, NOW)
            attempt, state = made.attempt, made.state
            copies += isinstance(outcome, Sent | Ambiguous)
        assert state is not State.SENDING
        assert copies <= 2
