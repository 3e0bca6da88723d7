"""Every method of the store's ports, called as the use cases call it, on the database of tests/crowd.py."""

import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.core.broadcast import Stage
from bot.core.delivery import (
    Ambiguous,
    OnAmbiguous,
    Outcome,
    RateLimited,
    Restricted,
    Sent,
    Unreachable,
    decide,
)
from bot.core.model import Chat, Delivery, History, Kind, Pick, Preferences, State, Subscription, Wanted
from bot.core.planning import plan
from bot.core.troubles import Trouble
from bot.ports import Store
from bot.ports.inbox import Received
from tests.crowd import FIRST
from tests.fakes import NOW

READER, OTHER, GROUP, NEW = Chat(FIRST + 1), Chat(FIRST + 2), Chat(-FIRST - 50), Chat(FIRST - 1)
OWNER, LATENESS, BATCH = "me", dt.timedelta(hours=6), 50
TODAY = NOW.date()
WANTED = Preferences(dt.time(9), 127, "UTC")
_OUTCOMES: tuple[Outcome, ...] = (
    Unreachable("Forbidden: bot was blocked by the user"),
    Restricted("Bad Request: not enough rights"),
    RateLimited(dt.timedelta(seconds=30)),
    Ambiguous("no answer in time"),
)
Work = Callable[[Store], Awaitable[Any]]


def _choose(wanted: Preferences, history: History) -> Pick:
    del wanted
    return Pick(None if "w2" in history.seen else "w2", len(history.seen), 2, "v1")


def _next(subscription: Subscription) -> dt.datetime:
    return (subscription.next_slot or NOW) + dt.timedelta(minutes=1)


async def _deliver(store: Store) -> None:
    """Rounds of the drain: digests and then the broadcast, with every kind of answer among them."""
    claimed: tuple[Delivery, ...] = ()
    for number in range(3):
        outcomes = [_OUTCOMES[each] if each < len(_OUTCOMES) else Sent(each) for each in range(len(claimed))]
        settled = [
            decide(delivery, outcome, NOW) for delivery, outcome in zip(claimed, outcomes, strict=True)
        ]
        claimed = await store.claim(NOW + number * dt.timedelta(seconds=1), OWNER, BATCH, _choose, settled)
    await store.settle([decide(delivery, Sent(1), NOW) for delivery in claimed], OWNER, NOW)


async def _correct(store: Store) -> None:
    await store.correct("w1", "v2", "Mended.\nIt was wrong.", 1, NOW)
    await store.correct("w1", "v2", "Mended.\nIt was wrong.", 1, NOW)


WORK: Mapping[str, Work] = {
    # what the parts of a drain do
    "plan": lambda s: s.plan(NOW, functools.partial(plan, now=NOW, max_lateness=LATENESS), BATCH),
    "expire": lambda s: s.expire(NOW - LATENESS),
    "claim": _deliver,
    "settle": _deliver,
    "hold": lambda s: s.hold(READER.id, NOW),
    "holds": lambda s: s.holds(NOW),
    "stop_digest": lambda s: s.stop_digest("w3", "v1"),
    "stopped": lambda s: s.stopped(),
    "outlook": lambda s: s.outlook(),
    "volume": lambda s: s.volume(),
    "renew": lambda s: s.renew(OWNER, dt.timedelta(seconds=30)),
    "lead": lambda s: s.lead(OWNER, dt.timedelta(seconds=30)),
    # updates
    "receive": lambda s: s.receive(
        [Received(10**7 + n, FIRST + n, '{"id":1}') for n in range(3)], OWNER, NOW
    ),
    "waiting": lambda s: s.waiting(OWNER, [10**7], 4),
    "handled": lambda s: s.handled([10**7, 10**7 + 1], OWNER),
    "oldest_waiting": lambda s: s.oldest_waiting(),
    "purge_inbox": lambda s: s.purge_inbox(NOW - dt.timedelta(days=1)),
    "empty_log": lambda s: s.empty_log(),
    # readers
    "subscription": lambda s: s.subscription(READER),
    "language": lambda s: s.language(READER),
    "speak": lambda s: s.speak(NEW, Kind.PRIVATE, "en", NOW),
    "subscribe": lambda s: s.subscribe(NEW, WANTED, NOW, NOW),
    "last_date": lambda s: s.last_date(READER),
    "history": lambda s: s.history(READER),
    "versions": lambda s: s.versions(READER),
    "mark_seen": lambda s: s.mark_seen(READER, "w3", NOW, "v1", 10**7 + 2),
    "postpone": lambda s: s.postpone(Chat(FIRST + 3)),
    "start_over": lambda s: s.start_over(READER),
    "register": lambda s: s.register(["w1", "w9"], NOW),
    "unsubscribe": lambda s: s.unsubscribe(Chat(FIRST + 6), NOW),
    "kept": lambda s: s.kept(READER.id),
    "forget": lambda s: s.forget(READER.id, NOW),
    # groups and channels
    "standing": lambda s: s.standing(GROUP.id),
    "channels_of": lambda s: s.channels_of(FIRST + 51),
    "lose": lambda s: s.lose(GROUP.id, None, Trouble.REMOVED),
    "lost": lambda s: s.lost(),
    "regain": lambda s: s.regain(GROUP.id, None),
    "owe": lambda s: s.owe(GROUP, TODAY + dt.timedelta(days=1), NOW),
    "listed": lambda s: s.listed(),
    "list_channels": lambda s: s.list_channels({"@news": -100}),
    "pause": lambda s: s.pause(OTHER.id, "blocked", NOW),
    "paused": lambda s: s.paused(OTHER.id),
    "move": lambda s: s.move(GROUP.id, -1_000_000_000_001),
    # corrections
    "stale_posts": lambda s: s.stale_posts("w1", "v2", TODAY - dt.timedelta(days=30), 100),
    "edited": lambda s: s.edited(50, "v2"),
    "edit_later": lambda s: s.edit_later(50, NOW),
    "correct": _correct,
    # the hour's and the start's housekeeping
    "recover": lambda s: s.recover(OnAmbiguous.RETRY_ONCE, OWNER),
    "paid": lambda s: s.paid(TODAY),
    "purge": lambda s: s.purge(TODAY - dt.timedelta(days=90)),
    "forget_paused": lambda s: s.forget_paused(NOW - dt.timedelta(days=1)),
    "scrub": lambda s: s.scrub(),
    "retime": lambda s: s.retime("2026.2", _next),
    # operators
    "statistics": lambda s: s.statistics(NOW),
    "counts": lambda s: s.counts(),
    "upcoming": lambda s: s.upcoming(NOW + dt.timedelta(hours=24)),
    "entries": lambda s: s.entries(Wanted((State.FAILED,)), 0, 50),
    "matching": lambda s: s.matching(Wanted((State.FAILED,))),
    "recipients": lambda s: s.recipients(),
    "unfinished": lambda s: s.unfinished(),
    "broadcast": lambda s: s.broadcast(1),
    "tally": lambda s: s.tally(1),
    "finish": lambda s: s.finish(1),
    "missed": lambda s: s.missed(2, (State.FAILED,)),
    "resend": lambda s: s.resend(2, (State.FAILED,), NOW),
    "retry": lambda s: s.retry(Wanted((State.FAILED,), chat=FIRST + 30), NOW),
    "draft": lambda s: s.draft("hello", 1, NOW),
    "watch": lambda s: s.watch(3, 1),
    "queue": lambda s: s.queue(3, NOW),
    "discard": lambda s: s.discard(4),
    "rest": lambda s: s.rest(NOW - LATENESS, "away"),
    "turn": lambda s: s.turn(1, (Stage.RUNNING,), Stage.STOPPING, NOW),
    "abandon": lambda s: s.abandon(1),
    "let_go": lambda s: s.let_go(OWNER),
}
"""By method, in an order in which each finds something to do."""
