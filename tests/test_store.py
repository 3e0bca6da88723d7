"""The store's contract, case by case, on both databases."""

import datetime as dt
import functools
from typing import Any

import pytest

from bot.core.delivery import Ambiguous, OnAmbiguous, Outcome, RateLimited, Refused, Sent, Unreachable, decide
from bot.core.library import Library
from bot.core.model import EVERY_DAY, Chat, Delivery, History, Outlook, Pick, Preferences, Subscription
from bot.core.planning import plan
from bot.core.schedule import next_slot
from bot.core.sequence import pick
from bot.ports import Choose, Store
from tests.databases import Database, on_both
from tests.fakes import LIBRARY, NOW, SHORT, article, digests

pytestmark = on_both
ALICE, BOB, TOPIC = Chat(1), Chat(2), Chat(1, 7)
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
DAY, HOUR, MINUTE = dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)
LATENESS = 6 * HOUR
TODAY = dt.date(2026, 11, 23)


def choose_from(library: Library) -> Choose:
    """What the use case hands to `claim`."""

    def choose(wanted: Preferences, history: History) -> Pick:
        return pick(library, wanted, history, TODAY)

    return choose


CHOOSE = choose_from(LIBRARY)


async def due(store: Store, *chats: Chat, at: dt.datetime = NOW, wanted: Preferences = WANTED) -> None:
    """Subscribe chats whose slot is `at`, and plan it."""
    for chat in chats:
        await store.subscribe(chat, wanted, at, NOW)
    await plan_at(store, at)


async def plan_at(store: Store, now: dt.datetime) -> int:
    """Plan what has come due; how many subscriptions that were."""
    planner = functools.partial(plan, now=now, max_lateness=LATENESS)
    total = 0
    while count := (await store.plan(now, planner, 100))[0]:
        total += count
    return total


async def claim(store: Store, now: dt.datetime = NOW, choose: Choose = CHOOSE) -> tuple[Delivery, ...]:
    """Claim all that is due."""
    return await store.claim(now, "me", 100, choose)


async def answer(store: Store, delivery: Delivery, outcome: Outcome, now: dt.datetime = NOW) -> None:
    """Settle a delivery by what Telegram answered."""
    await store.settle([decide(delivery, outcome, now)], "me", now)


async def deliver(store: Store, now: dt.datetime, choose: Choose = CHOOSE) -> list[str | None]:
    """Plan, claim and send all; which digests went out."""
    await plan_at(store, now)
    claimed = await claim(store, now, choose)
    for delivery in claimed:
        await answer(store, delivery, Sent(1), now)
    return [delivery.pick.digest for delivery in claimed]


@pytest.fixture
def rows(database: Database) -> Any:
    """Reads the tables past the store: `rows("state, code", "deliveries")`."""

    def read(columns: str, table: str = "deliveries") -> list[tuple[Any, ...]]:
        return database.rows(f"SELECT {columns} FROM {table} ORDER BY 1")  # noqa: S608

    return read


# -- subscriptions ----------------------------------------------------------------------------------------


async def test_a_subscription_is_kept_as_it_was_given(store: Store) -> None:
    """Time, days, zone, themes and the next slot; topics of one group are chats of their own."""
    wanted = Preferences(dt.time(7, 5), 0b0010101, "America/Argentina/Buenos_Aires", ("trade", "water"))
    await store.subscribe(ALICE, wanted, NOW, NOW)
    await store.subscribe(TOPIC, WANTED, NOW + DAY, NOW)
    assert await store.subscription(ALICE) == Subscription(ALICE, wanted, NOW)
    assert await store.subscription(TOPIC) == Subscription(TOPIC, WANTED, NOW + DAY)
    assert await store.subscription(BOB) is None


async def test_unsubscribing_ends_it_and_drops_what_is_owed(store: Store, rows: Any) -> None:
    """True once, then False; progress stays."""
    await due(store, ALICE, BOB)
    await store.mark_seen(ALICE, "w1", NOW)
    assert await store.unsubscribe(ALICE, NOW)
    assert not await store.unsubscribe(ALICE, NOW)
    assert await store.subscription(ALICE) is None
    assert [delivery.chat for delivery in await claim(store)] == [BOB]
    assert (await store.history(ALICE)).seen == {"w1"}
    assert len(rows("id")) == 1


async def test_who_comes_back_the_same_day_gets_what_was_dropped(store: Store) -> None:
    """Today's digest never left, so subscribing again for later today brings it."""
    await due(store, ALICE)
    await store.unsubscribe(ALICE, NOW)
    assert await store.last_date(ALICE) is None
    await due(store, ALICE, at=NOW + HOUR, wanted=Preferences(dt.time(10), EVERY_DAY, "Asia/Almaty"))
    assert await deliver(store, NOW + HOUR) == ["w1"]


async def test_who_comes_back_the_same_day_gets_no_second_one(store: Store) -> None:
    """Today's digest was delivered: its date stays taken through the end of the subscription."""
    await due(store, ALICE)
    await deliver(store, NOW)
    await store.unsubscribe(ALICE, NOW)
    assert await store.last_date(ALICE) == TODAY
    later = Preferences(dt.time(21), EVERY_DAY, "Asia/Almaty")
    slot = next_slot(later, NOW, await store.last_date(ALICE))
    assert slot.date == TODAY + DAY


async def test_unsubscribing_with_one_in_doubt_lists_it(store: Store, rows: Any) -> None:
    """It may have arrived: it is listed, counts as read, and its date stays taken."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Ambiguous("no answer"))
    await store.unsubscribe(ALICE, NOW)
    assert rows("state, code") == [("unknown", "no answer")]
    assert (await store.history(ALICE)).seen == {"w1"}
    assert await store.last_date(ALICE) == TODAY


async def test_a_changed_time_brings_no_second_delivery_that_day(store: Store, rows: Any) -> None:
    """Even when the new slot was put on the same date, the unique key holds."""
    await due(store, ALICE)
    assert await deliver(store, NOW) == ["w1"]
    evening = NOW + 12 * HOUR
    await store.subscribe(ALICE, Preferences(dt.time(21), EVERY_DAY, "Asia/Almaty"), evening, NOW)
    assert await deliver(store, evening) == []
    assert len(rows("id")) == 1
    subscription = await store.subscription(ALICE)
    assert subscription is not None
    assert subscription.next_slot == evening + DAY


async def test_a_paused_chat_gets_nothing_and_keeps_everything(store: Store) -> None:
    """All of its topics; waking them brings what is still owed."""
    await due(store, ALICE, TOPIC, BOB)
    await store.pause(1, "kicked", NOW)
    assert [delivery.chat for delivery in await claim(store)] == [BOB]
    paused = await store.paused(1)
    assert {item.chat for item in paused} == {ALICE, TOPIC}
    assert all(item.preferences == WANTED and item.next_slot is None for item in paused)
    assert await plan_at(store, NOW + DAY) == 1  # the other chat's
    await store.subscribe(ALICE, WANTED, NOW + DAY, NOW)
    assert await store.paused(1) == tuple(item for item in paused if item.chat == TOPIC)
    assert [delivery.chat for delivery in await claim(store)] == [ALICE]


# -- planning ---------------------------------------------------------------------------------------------


async def test_planning_is_idempotent_and_bounded(store: Store, rows: Any) -> None:
    """At most `limit` at a time, each once, however often it is repeated."""
    for number in range(5):
        await store.subscribe(Chat(number), WANTED, NOW, NOW)
    planner = functools.partial(plan, now=NOW, max_lateness=LATENESS)
    assert [await store.plan(NOW, planner, 2) for _ in range(4)] == [(2, 0), (2, 0), (1, 0), (0, 0)]
    assert len(rows("id")) == 5


async def test_a_slot_ahead_is_not_planned(store: Store) -> None:
    """A minute before, nothing is due."""
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    assert await plan_at(store, NOW - MINUTE) == 0
    assert await plan_at(store, NOW) == 1


async def test_an_absence_leaves_a_row_for_every_missed_date(store: Store, rows: Any) -> None:
    """Expired ones are counted, today's is due."""
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    assert await plan_at(store, NOW + 2 * DAY + HOUR) == 3
    dates = [("2026-11-23", "expired"), ("2026-11-24", "expired"), ("2026-11-25", "due")]
    assert rows("local_date, state") == dates


async def test_what_waited_too_long_expires(store: Store, rows: Any) -> None:
    """Only what is due: what is being sent is left to its answer."""
    await due(store, ALICE)
    await claim(store)
    await due(store, BOB)
    assert await store.expire(NOW + MINUTE) == 1
    assert sorted(rows("state")) == [("expired",), ("sending",)]
    assert await store.expire(NOW + MINUTE) == 0


async def test_what_expires_in_doubt_is_listed(store: Store, rows: Any) -> None:
    """It may have arrived: not `expired`, which means never sent; and it does not come again."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Ambiguous("no answer"))
    assert await store.expire(NOW + HOUR) == 1
    assert rows("state") == [("unknown",)]
    assert await deliver(store, NOW + DAY) == ["w2"]


async def test_other_zone_rules_move_all_next_slots_once(store: Store) -> None:
    """A new tzdata version: all active slots are derived anew; the same version again: nothing."""
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    await store.subscribe(BOB, WANTED, NOW, NOW)
    await store.pause(2, "blocked", NOW)
    assert await store.retime("2026.6", lambda _: NOW + HOUR) == 1
    assert await store.retime("2026.6", lambda _: NOW + DAY) == 0
    assert (await store.outlook()).next_slot == NOW + HOUR
    assert await store.retime("2027.1", lambda _: NOW + DAY) == 1
    assert (await store.outlook()).next_slot == NOW + DAY
    assert (await store.paused(2))[0].next_slot is None


# -- claiming and settling --------------------------------------------------------------------------------


async def test_a_claimed_delivery_is_not_claimed_again(store: Store) -> None:
    """Not by the same owner, not by another, within the limit given."""
    await due(store, *(Chat(number) for number in range(5)))
    first = await store.claim(NOW, "me", 3, CHOOSE)
    second = await store.claim(NOW, "other", 3, CHOOSE)
    assert (len(first), len(second)) == (3, 2)
    assert len({delivery.id for delivery in first + second}) == 5
    assert await claim(store) == ()


async def test_of_second_attempts_eight_are_in_flight_at_most(store: Store) -> None:
    """A crash makes each of them the last, so first attempts go in any number, and these a few at a time."""
    await due(store, *(Chat(number) for number in range(12)))
    for delivery in await claim(store):
        await answer(store, delivery, Ambiguous("no answer"))
    await due(store, *(Chat(number) for number in range(20, 30)))
    later = NOW + dt.timedelta(minutes=1)
    claimed = await claim(store, later)
    assert [delivery.attempt for delivery in claimed] == [1] * 10 + [2] * 8
    assert await claim(store, later) == ()
    decisions = [decide(claimed[-1], Sent(1), later)]
    assert [each.attempt for each in await store.claim(later, "me", 100, CHOOSE, decisions)] == [2]


async def test_a_delivery_carries_its_digest_progress_and_slot(store: Store) -> None:
    """What the sender needs, the first attempt being 1."""
    await store.mark_seen(ALICE, "w1", NOW)
    await due(store, ALICE)
    (delivery,) = await claim(store)
    assert (delivery.chat, delivery.pick, delivery.attempt) == (ALICE, Pick("w2", 2, 4), 1)
    assert (delivery.slot.date, delivery.slot.at) == (TODAY, NOW)


async def test_what_was_sent_is_recorded_and_read(store: Store, rows: Any) -> None:
    """With the message's id; the next day goes on."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Sent(4711))
    assert rows("state, message_id, attempt") == [("sent", 4711, 1)]
    assert await deliver(store, NOW + DAY) == ["w2"]


@pytest.mark.parametrize("owner", ["me", "other"])
async def test_only_the_owner_of_the_attempt_settles_it(store: Store, rows: Any, owner: str) -> None:
    """A foreign owner or a stale attempt changes neither the row nor the progress nor the chat."""
    await due(store, ALICE)
    (stale,) = await claim(store)
    await answer(store, stale, Ambiguous("no answer"))
    (current,) = await claim(store, NOW + MINUTE)
    wrong = stale if owner == "me" else current
    for outcome in (Sent(1), Unreachable("blocked"), Refused("bad")):
        await store.settle([decide(wrong, outcome, NOW)], owner, NOW)
    assert rows("state, attempt") == [("sending", 2)]
    assert (await store.history(ALICE)).seen == frozenset()
    assert await store.paused(1) == ()
    await answer(store, current, Sent(1))
    assert rows("state") == [("sent",)]


async def test_an_answer_after_the_end_changes_nothing(store: Store, rows: Any) -> None:
    """A settled row stays settled, whoever speaks."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Sent(1))
    await answer(store, delivery, Unreachable("blocked"))
    assert rows("state") == [("sent",)]
    assert await store.paused(1) == ()


async def test_a_wait_that_telegram_asks_for_is_kept_on_disk(store: Store) -> None:
    """Nothing goes to that chat before; others go on."""
    await due(store, ALICE, BOB)
    first, second = await claim(store)
    await answer(store, first, RateLimited(3 * HOUR))
    await answer(store, second, Sent(1))
    assert await claim(store, NOW + 3 * HOUR - MINUTE) == ()
    (again,) = await claim(store, NOW + 3 * HOUR)
    assert (again.chat, again.attempt) == (first.chat, 1)


async def test_what_may_have_arrived_comes_last(store: Store) -> None:
    """After all first attempts, whatever their slot."""
    await due(store, ALICE)
    (doubtful,) = await claim(store)
    await answer(store, doubtful, Ambiguous("no answer"))
    a_minute_later = Preferences(dt.time(9, 1), EVERY_DAY, "Asia/Almaty")
    await due(store, BOB, Chat(3), at=NOW + MINUTE, wanted=a_minute_later)
    claimed = await claim(store, NOW + MINUTE)
    assert [delivery.chat for delivery in claimed] == [BOB, Chat(3), ALICE]
    assert claimed[-1].attempt == 2


async def test_twice_in_doubt_is_listed_and_counts_as_read(store: Store, rows: Any) -> None:
    """No third copy, neither today nor tomorrow."""
    await due(store, ALICE)
    for minutes in (0, 1):
        (delivery,) = await claim(store, NOW + minutes * MINUTE)
        await answer(store, delivery, Ambiguous("no answer"), NOW + minutes * MINUTE)
    assert rows("state, attempt, code") == [("unknown", 2, "no answer")]
    assert await deliver(store, NOW + DAY) == ["w2"]


async def test_two_dates_of_a_chat_never_bring_the_same_digest(store: Store) -> None:
    """Held back yesterday and due today: one after the other, each with its own digest."""
    await due(store, ALICE)
    await due(store, ALICE, at=NOW + DAY)
    (first,) = await claim(store, NOW + DAY)
    assert await claim(store, NOW + DAY) == ()
    await answer(store, first, Sent(1), NOW + DAY)
    (second,) = await claim(store, NOW + DAY)
    assert (first.pick.digest, second.pick.digest) == ("w1", "w2")


async def test_while_one_is_in_doubt_the_next_date_waits(store: Store) -> None:
    """It would pick the same digest and could make a third copy."""
    await due(store, ALICE)
    (doubtful,) = await claim(store)
    await answer(store, doubtful, Ambiguous("no answer"))
    await due(store, ALICE, at=NOW + DAY)
    (again,) = await claim(store, NOW + DAY)
    assert (again.id, again.pick.digest, again.attempt) == (doubtful.id, "w1", 2)


async def test_themes_changed_while_one_is_in_doubt(store: Store) -> None:
    """What may have arrived counts as read when the second attempt carries something else."""
    await due(store, ALICE)
    (doubtful,) = await claim(store)
    await answer(store, doubtful, Ambiguous("no answer"))
    await store.subscribe(
        ALICE, Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty", ("trade",)), NOW + DAY, NOW
    )
    (again,) = await claim(store, NOW + MINUTE)
    assert again.pick.digest == "t1"
    assert (await store.history(ALICE)).seen == {"w1"}


async def test_a_chat_that_refuses_is_paused_with_all_its_topics(store: Store, rows: Any) -> None:
    """The settings stay, the reason is kept."""
    await due(store, ALICE)
    await store.subscribe(TOPIC, WANTED, NOW + DAY, NOW)
    (delivery,) = await claim(store)
    await answer(store, delivery, Unreachable("bot was kicked"))
    assert rows("state, code") == [("failed", "bot was kicked")]
    assert {item.chat for item in await store.paused(1)} == {ALICE, TOPIC}


async def test_a_closed_topic_pauses_that_topic_alone(store: Store) -> None:
    """The group's other topics go on."""
    await due(store, TOPIC)
    await store.subscribe(ALICE, WANTED, NOW + DAY, NOW)
    (delivery,) = await claim(store)
    await answer(store, delivery, Unreachable("TOPIC_CLOSED", topic=True))
    assert [item.chat for item in await store.paused(1)] == [TOPIC]


async def test_a_refused_message_pauses_nobody(store: Store, rows: Any) -> None:
    """Our content is to blame."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Refused("can't parse entities"))
    assert rows("state, code") == [("failed", "can't parse entities")]
    assert await store.paused(1) == ()
    assert (await store.history(ALICE)).seen == frozenset()


async def test_very_long_reasons_are_cut(store: Store, rows: Any) -> None:
    """A proxy's page of HTML does not end up in the database."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Unreachable("x" * 5000))
    assert rows("length(code)") == [(200,)]
    assert rows("length(paused)", "subscriptions") == [(64,)]


# -- the end of the sequence ------------------------------------------------------------------------------


async def test_the_end_is_told_once_and_again_after_new_content(store: Store, rows: Any) -> None:
    """Then silence, whose slots are accounted for; what is new comes, and its end is told again."""
    short, longer = (
        choose_from(SHORT),
        choose_from(Library((article("rivers", [("water", digests("w1", "w4"))], TODAY),))),
    )
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    days = [short, short, short, short, longer, longer, longer]
    told = [await deliver(store, NOW + day * DAY, choose) for day, choose in enumerate(days)]
    assert told == [["w1"], [None], [], [], ["w4"], [None], []]
    states = [state for _, state in rows("local_date, state")]
    assert states == ["sent", "sent", "empty", "empty", "sent", "sent", "empty"]


async def test_who_starts_over_hears_of_the_end_again(store: Store) -> None:
    """Starting over forgets progress and that the end was told."""
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    told = [await deliver(store, NOW + day * DAY, choose_from(SHORT)) for day in (0, 1, 2)]
    await store.start_over(ALICE)
    assert (await store.history(ALICE)).seen == frozenset()
    told += [await deliver(store, NOW + day * DAY, choose_from(SHORT)) for day in (3, 4, 5)]
    assert told == [["w1"], [None], [], ["w1"], [None], []]


async def test_empty_slots_do_not_hide_others(store: Store) -> None:
    """A claim goes on past slots with nothing to say until it finds some, or none is left."""
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    for day in (0, 1):
        await deliver(store, NOW + day * DAY, choose_from(SHORT))
    await due(store, BOB, at=NOW + 2 * DAY)
    (only,) = await store.claim(NOW + 2 * DAY, "me", 1, choose_from(SHORT))
    assert only.chat == BOB


async def test_reading_counts_once(store: Store, rows: Any) -> None:
    """Repeating it changes nothing, not even the moment; topics of one group read apart."""
    await store.mark_seen(ALICE, "w1", NOW)
    await store.mark_seen(ALICE, "w1", NOW + DAY)
    await store.mark_seen(TOPIC, "w2", NOW)
    assert (await store.history(ALICE)).seen == {"w1"}
    assert (await store.history(TOPIC)).seen == {"w2"}
    assert len(rows("seen", "progress")) == 2


# -- crashes ----------------------------------------------------------------------------------------------


async def test_what_a_crash_left_is_given_back_once_and_then_listed(store: Store, rows: Any) -> None:
    """At most one more attempt; what was not in flight is not touched."""
    await due(store, ALICE)
    assert len(await claim(store)) == 1
    await due(store, BOB)
    assert await store.recover(OnAmbiguous.RETRY_ONCE) == 1
    assert await store.recover(OnAmbiguous.RETRY_ONCE) == 0
    claimed = await claim(store)
    assert [(delivery.chat, delivery.attempt) for delivery in claimed] == [(BOB, 1), (ALICE, 2)]
    await answer(store, claimed[0], Sent(1))
    assert await store.recover(OnAmbiguous.RETRY_ONCE) == 1
    assert sorted(rows("state, code")) == [("sent", ""), ("unknown", "crashed")]
    assert (await store.history(ALICE)).seen == {"w1"}
    assert await claim(store, NOW + DAY) == ()


async def test_the_dead_process_cannot_settle_what_was_given_back(store: Store, rows: Any) -> None:
    """Its owner is forgotten, and the next attempt has another number."""
    await due(store, ALICE)
    (dead,) = await claim(store)
    await store.recover(OnAmbiguous.RETRY_ONCE)
    await answer(store, dead, Sent(1))
    assert rows("state, owner") == [("due", None)]


# -- groups that move -------------------------------------------------------------------------------------


async def test_a_moved_group_takes_everything_along(store: Store) -> None:
    """Subscription, topics, what is owed and what was read; nothing stays behind."""
    await due(store, ALICE)
    await store.subscribe(TOPIC, WANTED, NOW + DAY, NOW)
    await store.mark_seen(ALICE, "w1", NOW)
    await store.move(1, -100)
    assert await store.subscription(ALICE) is None
    assert await store.subscription(Chat(-100, 7)) == Subscription(Chat(-100, 7), WANTED, NOW + DAY)
    (delivery,) = await claim(store)
    assert (delivery.chat, delivery.pick.digest) == (Chat(-100), "w2")
    assert (await store.history(ALICE)).seen == frozenset()
    assert (await store.history(Chat(-100))).seen == {"w1"}


async def test_what_the_new_id_has_already_wins(store: Store, rows: Any) -> None:
    """Somebody subscribed anew before the move was known: one subscription, one delivery a date, all progress."""
    new = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty", ("trade",))
    await due(store, ALICE)
    await due(store, BOB, wanted=new)
    await store.mark_seen(ALICE, "w1", NOW)
    await store.mark_seen(BOB, "w2", NOW)
    await store.move(1, 2)
    moved = await store.subscription(BOB)
    assert moved is not None
    assert moved.preferences == new
    assert rows("chat_id, state") == [(2, "due")]
    assert (await store.history(BOB)).seen == {"w1", "w2"}
    await store.move(1, 2)


async def test_a_move_does_not_lose_the_answer_to_what_is_in_flight(store: Store, rows: Any) -> None:
    """Sent to the old id, settled after the move: the new id has read it."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await store.move(1, -100)
    await answer(store, delivery, Sent(1))
    assert rows("chat_id, state") == [(-100, "sent")]
    assert (await store.history(Chat(-100))).seen == {"w1"}


# -- the database itself ----------------------------------------------------------------------------------


async def test_the_outlook_shows_what_is_due_and_when(store: Store) -> None:
    """The nearest slot and the oldest delivery not yet settled."""
    assert await store.outlook() == Outlook(None, None)
    await due(store, ALICE)
    assert await store.outlook() == Outlook(NOW + DAY, NOW)
    (delivery,) = await claim(store)
    assert (await store.outlook()).oldest_due == NOW
    await answer(store, delivery, Sent(1))
    assert await store.outlook() == Outlook(NOW + DAY, None)


async def test_what_telegram_holds_back_is_not_late_before_its_time(store: Store) -> None:
    """One chat's wait of hours is no reason to call the bot ill."""
    await due(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, RateLimited(dt.timedelta(hours=3)))
    assert (await store.outlook()).oldest_due == NOW + dt.timedelta(hours=3)


async def test_the_outlook_leaves_out_who_cannot_be_reached(store: Store) -> None:
    """One paused group does not make the bot look ill."""
    await due(store, ALICE)
    await store.pause(1, "kicked", NOW)
    assert await store.outlook() == Outlook(None, None)


async def test_old_settled_deliveries_are_purged(store: Store, rows: Any) -> None:
    """Open ones stay however old, and so does progress."""
    await due(store, ALICE)
    await deliver(store, NOW)
    await due(store, BOB)
    assert await store.purge(TODAY) == 0
    assert await store.purge(TODAY + DAY) == 1
    assert rows("chat_id") == [(2,)]
    assert (await store.history(ALICE)).seen == {"w1"}


async def test_moments_survive_to_the_millisecond(store: Store) -> None:
    """Aware UTC in, aware UTC out, also before 1970 and far ahead."""
    for moment in (
        NOW.replace(microsecond=123000),
        dt.datetime(1969, 12, 31, 23, 59, tzinfo=dt.UTC),
        dt.datetime(2999, 1, 1, tzinfo=dt.UTC),
        NOW.astimezone(dt.timezone(5 * HOUR)),
    ):
        await store.subscribe(ALICE, WANTED, moment, NOW)
        found = await store.subscription(ALICE)
        assert found is not None
        assert found.next_slot == moment
        assert found.next_slot.tzinfo is dt.UTC
