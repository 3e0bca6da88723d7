"""What a due subscription turns into: a delivery for its slot, and its next slot."""

import datetime as dt
from dataclasses import dataclass

from bot.core.model import Slot, State, Subscription
from bot.core.schedule import next_slot


@dataclass(frozen=True, slots=True)
class Planned:
    """The delivery for the slot that came due and the slot after it.

    `state` is `DUE`, or `EXPIRED` when it is too late, or None when a change of the zone's rules has moved the
    slot into the future: then only `next_slot` counts.
    """

    subscription: Subscription
    slot: Slot
    state: State | None
    next_slot: dt.datetime


def plan(subscription: Subscription, now: dt.datetime, max_lateness: dt.timedelta) -> Planned:
    """Settle what becomes of a subscription whose `next_slot` has come.

    Raises:
        ValueError: The subscription has no next slot.
    """
    due = subscription.next_slot
    if due is None:
        raise ValueError("a paused subscription has nothing to plan")
    # The slot's local date is asked of the schedule, not of the instant: a gap may push it past midnight.
    slot = next_slot(subscription.preferences, due - dt.timedelta(microseconds=1))
    if slot.at > now:
        return Planned(subscription, slot, None, slot.at)
    state = State.DUE if now - slot.at <= max_lateness else State.EXPIRED
    return Planned(subscription, slot, state, next_slot(subscription.preferences, slot.at, slot.date).at)
