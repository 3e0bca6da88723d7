"""What a due subscription turns into."""

import datetime as dt

import pytest

from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Preferences, Slot, State, Subscription
from bot.core.planning import plan

HOUR = dt.timedelta(hours=1)
SIX_HOURS = 6 * HOUR
DUE = dt.datetime(2026, 11, 27, 4, tzinfo=dt.UTC)
"""Friday, 09:00 in Almaty."""


def due(at: dt.datetime | None, days: int = EVERY_DAY, zone: str = "Asia/Almaty") -> Subscription:
    """A subscription at 09:00 whose slot is `at`."""
    return Subscription(Chat(1), Preferences(dt.time(9), days, zone), at)


def test_a_slot_in_time_is_due_and_the_next_one_follows() -> None:
    """The delivery is for the slot's local date; the subscription moves to the next chosen weekday."""
    planned = plan(due(DUE, WEEKDAYS), DUE, SIX_HOURS)
    assert planned.slot == Slot(dt.date(2026, 11, 27), DUE)
    assert planned.state is State.DUE
    assert planned.next_slot == DUE + dt.timedelta(days=3)


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (dt.timedelta(), State.DUE),
        (SIX_HOURS, State.DUE),
        (SIX_HOURS + dt.timedelta(seconds=1), State.EXPIRED),
    ],
)
def test_a_slot_that_is_too_late_expires(late: dt.timedelta, state: State) -> None:
    """Up to the largest lateness it is sent; after it, counted and never sent."""
    assert plan(due(DUE), DUE + late, SIX_HOURS).state is state


def test_after_a_long_absence_each_missed_slot_is_accounted_for() -> None:
    """Three days away: two expired slots, one after the other, and today's is due."""
    now, subscription, seen = DUE + dt.timedelta(days=2, hours=1), due(DUE), []
    while subscription.next_slot is not None and subscription.next_slot <= now:
        planned = plan(subscription, now, SIX_HOURS)
        seen.append((planned.slot.date.day, planned.state))
        subscription = due(planned.next_slot)
    assert seen == [(27, State.EXPIRED), (28, State.EXPIRED), (29, State.DUE)]


def test_a_slot_that_new_zone_rules_moved_ahead_is_only_moved() -> None:
    """The stored slot came by old rules; by those in force it is an hour ahead: nothing is due yet."""
    planned = plan(due(DUE - HOUR), DUE - HOUR, SIX_HOURS)
    assert (planned.state, planned.next_slot) == (None, DUE)


def test_a_slot_that_a_gap_pushed_past_midnight_keeps_its_date() -> None:
    """The local date is the schedule's: 23:30 in a gap until 00:30 is still the evening's digest."""
    late = Preferences(dt.time(23, 30), EVERY_DAY, "America/Scoresbysund")
    slot = dt.datetime(2026, 3, 29, 1, tzinfo=dt.UTC)
    planned = plan(Subscription(Chat(1), late, slot), slot, SIX_HOURS)
    assert (planned.slot.date, planned.slot.at) == (dt.date(2026, 3, 28), slot)
    assert planned.next_slot == dt.datetime(2026, 3, 30, 0, 30, tzinfo=dt.UTC)


def test_a_paused_subscription_cannot_be_planned() -> None:
    """Without a next slot there is nothing to plan."""
    with pytest.raises(ValueError, match="paused"):
        plan(due(None), DUE, SIX_HOURS)
