"""The figures of /stats: counted by a real store, in words and with a picture where there can be one."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram import Update
from telegram.ext import Application
from telegram.request import BaseRequest, RequestData

from bot.charts import draw
from bot.core.broadcast import Stage
from bot.core.delivery import Decision
from bot.core.library import Library
from bot.core.model import Chat, History, Kind, Pick, Preferences, State, Subscription
from bot.core.planning import plan
from bot.core.statistics import Statistics, text
from bot.ports import Store
from bot.services.statistics import Counting
from bot.telegram.operator import Operator
from tests.fakes import LIBRARY, NOW, FixedClock

NINE, SEVEN = Preferences(dt.time(9), 127, "Asia/Almaty"), Preferences(dt.time(7, 30), 127, "Europe/London")
ALMATY = "Asia/Almaty"
OWNER = "me"


def counting(store: Store, clock: FixedClock | None = None, library: Library = LIBRARY) -> Counting:
    """As operators ask."""
    return Counting(store, clock or FixedClock(), ALMATY, lambda: library)


async def test_nobody_yet(store: Store) -> None:
    """All figures are nought, and can be told."""
    figures = await counting(store).figures()

    assert (figures.subscribers, figures.paused, figures.themes) == (0, 0, ())
    assert "0 subscribers" in text(figures)


async def test_subscribers_by_kind_language_and_hour(store: Store) -> None:
    """Each chat once; those paused and those that rest are counted apart; readers without a subscription are not."""
    await store.speak(Chat(1), Kind.PRIVATE, "ru", NOW)
    await store.speak(Chat(-2, 5), Kind.GROUP, "kk", NOW)
    await store.speak(Chat(3), Kind.PRIVATE, "en", NOW)
    await store.mark_seen(Chat(4), "w1", NOW)
    await store.subscribe(Chat(1), NINE, NOW, NOW)
    await store.subscribe(Chat(-2, 5), SEVEN, NOW, NOW)
    await store.subscribe(Chat(5), NINE, NOW, NOW)
    await store.subscribe(
        Chat(6), Preferences(dt.time(9, 45), 127, ALMATY, resume=dt.date(2999, 1, 1)), NOW, NOW
    )
    await store.pause(5, "blocked", NOW)

    figures = await counting(store).figures()

    assert (figures.subscribers, figures.paused) == (4, 2)
    assert figures.kinds == {"private": 3, "group": 1}
    assert figures.languages == {"ru": 1, "kk": 1}
    assert {hour: number for hour, number in enumerate(figures.hours) if number} == {7: 1, 9: 3}


async def test_who_joined_and_left_by_day(store: Store) -> None:
    """A pause is an end until the chat returns; what is older than 30 days is not told."""
    for day in range(40):
        at = NOW - dt.timedelta(days=day)
        await store.subscribe(Chat(100 + day), NINE, NOW, at)
    await store.pause(100, "blocked", NOW)
    await store.unsubscribe(Chat(101), NOW)
    await store.forget(102, NOW)

    figures = await counting(store).figures()

    assert figures.change == (30, 3)
    assert figures.joined[0] == (NOW.date() - dt.timedelta(days=29), 1)
    assert figures.left == ((NOW.date(), 3),)
    assert figures.subscribers == 38


async def test_deliveries_by_what_became_of_them(store: Store) -> None:
    """Counted when they end, by whatever way, and still after they were purged or forgotten; what is open, now."""

    def planner(subscription: Subscription) -> Any:
        return plan(subscription, NOW, dt.timedelta(hours=6))

    def first(_wanted: Preferences, history: History) -> Pick:
        return Pick(None if history.seen else "w1", 1, 1)

    ends = [State.SENT, State.SENT, State.FAILED, State.UNKNOWN, State.DUE]
    for chat, _ in enumerate(ends, 1):
        await store.subscribe(Chat(chat), NINE, NOW, NOW)
    await store.subscribe(Chat(9), NINE, NOW - dt.timedelta(days=1), NOW)
    await store.plan(NOW, planner, 20)
    claimed = await store.claim(NOW, OWNER, 20, first)
    decisions = [Decision(each, end, 1, NOW) for each, end in zip(claimed, ends, strict=True)]
    await store.settle(decisions, OWNER, NOW)
    await store.forget(1, NOW)
    await store.purge(NOW.date() + dt.timedelta(days=9))

    figures = await counting(store).figures()

    assert dict(figures.deliveries) == {
        State.SENT: 2,
        State.FAILED: 1,
        State.UNKNOWN: 1,
        State.EXPIRED: 1,
        State.DUE: 1,
    }


async def test_what_a_broadcast_left_unsent_is_counted(store: Store) -> None:
    """Its chat left before its turn: that delivery has failed."""
    await store.subscribe(Chat(1), NINE, NOW + dt.timedelta(days=1), NOW)
    draft = await store.draft("Hello", 5, NOW)
    await store.queue(draft.id, NOW)
    assert (await store.broadcast(draft.id)).stage is Stage.QUEUED  # type: ignore[union-attr]
    await store.pause(1, "blocked", NOW)

    assert (await counting(store).figures()).deliveries[State.FAILED] == 1


async def test_the_most_read_themes_are_those_of_the_digests_read(store: Store) -> None:
    """Every reading counts, also by who was forgotten since; a digest that is no longer here has no theme."""
    for chat, digest in ((1, "w1"), (2, "w1"), (3, "t1"), (3, "w3"), (4, "gone")):
        await store.mark_seen(Chat(chat), digest, NOW)
    await store.mark_seen(Chat(5), "t1", NOW - dt.timedelta(days=31))
    await store.forget(1, NOW)

    assert (await counting(store).figures()).themes == (("water", 3), ("trade", 1))


async def test_figures_are_kept_for_a_minute(store: Store) -> None:
    """A second question does not count again; a later one does, and a clock that goes back does not freeze them."""
    clock = FixedClock()
    asked = counting(store, clock)
    first = await asked.figures()
    await store.subscribe(Chat(1), NINE, NOW, NOW)

    assert await asked.figures() is first
    clock.move(seconds=61)
    assert (await asked.figures()).subscribers == 1
    await store.subscribe(Chat(2), NINE, NOW, NOW)
    clock.move(hours=-5)
    assert (await asked.figures()).subscribers == 2


async def test_no_figure_names_a_chat(store: Store) -> None:
    """Neither the text nor the values behind it hold an id."""
    await store.subscribe(Chat(7_777_777_771), NINE, NOW, NOW)

    figures = await counting(store).figures()

    assert "7777777771" not in repr(figures) + text(figures)


# -- the answer -------------------------------------------------------------------------------------------


@dataclass
class Recorder(BaseRequest):
    """Takes calls and answers as Telegram does; `refused` are methods that it refuses."""

    refused: tuple[str, ...] = ()
    calls: list[tuple[str, dict[str, Any], list[Any]]] = field(default_factory=list)
    read_timeout: float = 5

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""

    async def do_request(self, url: str, *args: Any, **named: Any) -> tuple[int, bytes]:
        """Keep a call with the files that it carries."""
        name = url.rsplit("/", 1)[-1]
        if name == "getMe":
            return (
                200,
                b'{"ok": true, "result": {"id": 1, "is_bot": true, "first_name": "B", "username": "b"}}',
            )
        data: RequestData = named.get("request_data") or args[1]
        files: list[Any] = [part[1] for part in (data.multipart_data or {}).values()]
        self.calls.append((name, dict(data.parameters), files))
        if name in self.refused:
            return (
                400,
                b'{"ok": false, "error_code": 400, "description": "Bad Request: PHOTO_INVALID_DIMENSIONS"}',
            )
        return (
            200,
            b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}}}',
        )


def broken(_: Statistics) -> bytes:
    """A picture that cannot be drawn."""
    raise OSError("no font")


@pytest.mark.parametrize(
    ("refused", "drawing", "methods"),
    [
        ((), draw, ["sendPhoto"]),
        (("sendPhoto",), draw, ["sendPhoto", "sendMessage"]),
        ((), broken, ["sendMessage"]),
    ],
)
async def test_the_picture_with_its_caption_or_else_the_text(
    store: Store, refused: tuple[str, ...], drawing: Any, methods: list[str]
) -> None:
    """One answer: a picture that is refused, or cannot be drawn, leaves the text."""
    recorder = Recorder(refused)
    application = Application.builder().token("1:a").request(recorder).build()
    asked = counting(store)
    unused: Any = None
    Operator(unused, unused, asked.figures, drawing, (5,)).add_to(application)
    body = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1,
            "text": "/stats",
            "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
            "chat": {"id": 5, "type": "private"},
            "from": {"id": 5, "is_bot": False, "first_name": "O"},
        },
    }
    async with application:
        await application.process_update(Update.de_json(body, application.bot))

    assert [name for name, _, _ in recorder.calls] == methods
    name, parameters, files = recorder.calls[-1]
    told = parameters["caption" if name == "sendPhoto" else "text"]
    assert told == text(await asked.figures())
    assert parameters["parse_mode"] == "HTML"
    assert [file[:4] for file in files] == ([b"\x89PNG"] if name == "sendPhoto" else [])
