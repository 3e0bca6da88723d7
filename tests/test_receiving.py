"""Updates between their receipt and their handling: kept before they are confirmed, handled once and in their order."""

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from telegram import Update
from telegram.error import Conflict
from telegram.ext import TypeHandler
from telegram.request import RequestData

from bot.core.model import Chat
from bot.core.operator_texts import SECOND_POLLER
from bot.ports import StoreError
from bot.ports.inbox import Received
from bot.store import open_store
from bot.store.sql import SqlStore
from bot.telegram.application import build_application
from bot.telegram.gate import Gate
from bot.telegram.intake import UpdatesRequest
from bot.telegram.polling import Polling, polling
from bot.telegram.receiving import Receiving
from bot.web.server import serve
from bot.web.webhook import PATH, Webhook
from tests.fakes import FixedClock, ForgottenHolds, RecordingAlerts
from tests.fuzz_updates import Recorder, Unpaced
from tests.test_telegram_intake import PERSON, PRIVATE, Json, message, payload, update


class Scripted(UpdatesRequest):
    """Answers getUpdates by a script, then with nothing; keeps the offsets."""

    def __init__(self, *answers: bytes | Exception) -> None:
        super().__init__(1)
        self.answers = list(answers)
        self.offsets: list[int] = []

    async def do_request(
        self, *_: Any, request_data: RequestData | None = None, **__: Any
    ) -> tuple[int, bytes]:
        """One answer."""
        given: Json = request_data.parameters if request_data else {}
        self.offsets.append(given.get("offset", 0))
        if not self.answers:
            await asyncio.sleep(0.01)
        answer = self.answers.pop(0) if self.answers else payload()
        if isinstance(answer, Exception):
            raise answer
        return 200, answer


@dataclass
class Rig:
    """A process that receives, over a real store, with a handler that takes down what it handles."""

    store: SqlStore
    poll: Scripted = field(default_factory=Scripted)
    owner: str = "this one"
    handled: list[int] = field(default_factory=list)
    wait: Callable[[Update], Any] | None = None
    alerts: RecordingAlerts = field(default_factory=RecordingAlerts)

    def __post_init__(self) -> None:
        limiter = Unpaced(30, FixedClock(), ForgottenHolds(), {})
        self.application = build_application("1000000001:token", "http://127.0.0.1:9", limiter, 1)
        self.application.bot._request = (self.poll, Recorder())
        self.application.add_handler(TypeHandler(Update, self._handle))
        self.gate = Gate()
        self.receiving = Receiving(self.application, self.store, self.gate, FixedClock(), self.owner)
        self.poller = Polling(self.application, self.receiving.take, self.alerts)

    async def _handle(self, each: Update, _: Any) -> None:
        if self.wait:
            await self.wait(each)
        self.handled.append(each.update_id)

    async def take(self, *updates: Any) -> int:
        """Receive and handle."""
        highest = await self.receiving.take(list(updates))
        await self.receiving.settled()
        return highest


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """A real one."""
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    yield store
    await store.close()


@contextlib.asynccontextmanager
async def begun(store: SqlStore, *answers: bytes | Exception, owner: str = "this one") -> AsyncIterator[Rig]:
    """A process of the bot that is at work."""
    rig = Rig(store, Scripted(*answers), owner)
    async with rig.application:
        yield rig
        await rig.receiving.stop()


def said(number: int, person: int = 501, text: str = "/next") -> Json:
    """A command of somebody's."""
    about = message(text, PRIVATE | {"id": person}, PERSON | {"id": person, "last_name": "Serikova"})
    return update(number, message=about)


async def test_the_loop_goes_on_over_bad_updates_and_handles_the_good_ones_in_order(store: SqlStore) -> None:
    """Each batch is confirmed, and nothing is fetched twice."""
    answers = (
        payload(update(10), update(11, message=7), update("x"), update(12), update(2**70)),
        payload(update(13, callback_query=None, message=[])),
        payload(update(14)),
    )
    async with begun(store, *answers) as rig, polling(rig.poller):
        while 14 not in rig.handled:
            await asyncio.sleep(0.01)

    assert rig.handled == [10, 12, 14]
    assert rig.poll.offsets[:4] == [0, 13, 14, 15]


async def test_numbers_in_disorder_are_all_confirmed(store: SqlStore) -> None:
    """The next question begins after the highest, and each chat's are handled by their numbers."""
    async with begun(store) as rig:
        assert await rig.take(update(9), update(9), update(4)) == 9

    assert rig.handled == [4, 9]


async def test_an_update_is_kept_before_it_is_handled_without_anybodys_name(store: SqlStore) -> None:
    """What a crash would lose otherwise; what it says is needed for that, and who says it only by number."""
    async with begun(store) as rig:
        seen: list[Sequence[Received]] = []

        async def look(_: Update) -> None:
            seen.append(await store.waiting("another one", (), 10))

        rig.wait = look
        await rig.take(said(7, text="/search water"))

    ((kept,),) = seen
    assert (kept.number, kept.chat_id) == (7, 501)
    assert json.loads(kept.payload)["message"]["text"] == "/search water"
    assert "Aigerim" not in kept.payload
    assert "Serikova" not in kept.payload


async def test_of_what_is_handled_nothing_but_the_number_stays(store: SqlStore) -> None:
    """And that for a day."""
    async with begun(store) as rig:
        await rig.take(said(7))
        assert await store.waiting("another one", (), 10) == ()
        assert await store.oldest_waiting() is None
        await rig.take(said(7))

    assert rig.handled == [7]


async def test_an_update_that_comes_again_is_handled_once(store: SqlStore) -> None:
    """A process that ended before it confirmed gets it once more, and knows it."""
    for owner in ("first", "second"):
        async with begun(store, owner=owner) as rig:
            await rig.take(said(7), said(8, 502))
            assert rig.handled == ([7, 8] if owner == "first" else [])


async def test_what_a_process_left_is_handled_by_the_next_before_anything_new(store: SqlStore) -> None:
    """In its order within the chat."""
    async with begun(store, owner="first") as first:
        first.wait = lambda _: asyncio.Event().wait()
        await first.receiving.take([said(1), said(2)])
        await asyncio.sleep(0.05)
        for task in first.receiving._tasks:
            task.cancel()
    assert first.handled == []

    async with begun(store, owner="second") as second:
        second.receiving.start()
        await second.take(said(3))

    assert second.handled == [1, 2, 3]


async def test_an_update_with_which_the_process_ended_ten_times_is_given_up(store: SqlStore) -> None:
    """It may be what ends it; the others are handled, also those that only waited."""
    two = [Received(number, 500 + number, json.dumps(said(number, 500 + number))) for number in (1, 2)]
    await store.receive(two, "0", FixedClock().now())
    for life in range(1, 11):
        assert [each.number for each in await store.waiting(str(life), (), 1)] == [1]

    async with begun(store, owner="last") as rig:
        rig.receiving.start()
        await rig.receiving.settled()

    assert rig.handled == [2]
    assert await store.waiting("next", (), 10) == ()


async def test_what_cannot_be_kept_is_not_confirmed(store: SqlStore) -> None:
    """The same is asked for again, a little later."""
    async with begun(store, payload(said(5)), payload(said(5))) as rig:
        keep, broken = rig.receiving.take, [True]

        async def take(updates: Any) -> int:
            if broken:
                broken.clear()
                raise StoreError("the disk is full")
            return await keep(updates)

        rig.poller.take = take
        assert await rig.poller.poll() > 0
        assert await rig.poller.poll() == 0
        await rig.receiving.settled()
        await rig.poller.poll()

    assert rig.handled == [5]
    assert rig.poll.offsets == [0, 0, 6]


async def test_a_flooders_updates_wait_for_nothing(store: SqlStore) -> None:
    """They are dropped while the chat's first update is still at work, and others go on beside it."""
    async with begun(store) as rig:
        gate = asyncio.Event()

        async def work(each: Update) -> None:
            if each.effective_user and each.effective_user.id == 501:
                await gate.wait()

        rig.wait = work
        await rig.receiving.take([said(number) for number in range(1, 101)])
        await rig.receiving.take([said(500, 502)])
        while rig.handled != [500] or len(rig.receiving._tasks) > 5:
            await asyncio.sleep(0.01)
        gate.set()
        await rig.receiving.settled()

    assert rig.handled == [500, 1, 2, 3, 4, 5]
    assert await store.waiting("next", (), 10) == ()


async def test_what_a_full_disk_refused_is_no_flood(store: SqlStore) -> None:
    """It comes again and again until it is kept, and counts as asked once; a flood in it stays one."""
    asked = [said(number) for number in range(1, 9)]
    async with begun(store) as rig:
        keep = store.receive

        async def refuse(updates: Sequence[Received], owner: str, now: dt.datetime) -> frozenset[int]:
            if not updates:
                return await keep(updates, owner, now)
            raise StoreError("the disk is full")

        store.receive = refuse  # type: ignore[method-assign]
        for _ in range(20):
            with pytest.raises(StoreError):
                await rig.receiving.take(asked)
        store.receive = keep  # type: ignore[method-assign]
        await rig.take(*asked)
        assert not rig.receiving._asked

    assert rig.handled == [1, 2, 3, 4, 5]


async def test_a_notice_holds_up_nobody(store: SqlStore) -> None:
    """Taking does not wait until Telegram took it; who stops waits for it."""
    sent, gone = asyncio.Event(), asyncio.Event()

    async def notice(_: Update) -> None:
        await gone.wait()
        sent.set()

    async with begun(store) as rig:
        rig.gate.notice = notice
        await asyncio.wait_for(rig.receiving.take([said(number) for number in range(1, 9)]), 5)
        assert not sent.is_set()
        asyncio.get_running_loop().call_later(0.05, gone.set)

    assert sent.is_set()
    assert rig.handled == [1, 2, 3, 4, 5]


async def test_no_more_is_taken_than_there_is_room_for(store: SqlStore) -> None:
    """64 are at work and 1,000 in memory; what comes beyond waits with Telegram, which gets no answer until then."""
    opened, working = asyncio.Event(), list[int]()
    crowd = [said(number, 1_000 + number) for number in range(1, 1_101)]
    async with begun(store, payload(*crowd[:1_050])) as rig:

        async def work(each: Update) -> None:
            working.append(each.update_id)
            await opened.wait()

        rig.wait = work
        poll = asyncio.create_task(rig.poller.poll())
        hook = Webhook(SecretStr("s"), rig.receiving.take, lambda: None)
        runner = await serve(hook.routes(), "127.0.0.1", 0)
        head = {"X-Telegram-Bot-Api-Secret-Token": "s"}
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}", headers=head) as web:
            while len(working) < 64 or len(rig.receiving._tasks) < 1_000:
                await asyncio.sleep(0.01)
            posts = [asyncio.create_task(web.post(PATH, json=each)) for each in crowd[1_050:]]
            await asyncio.wait([poll, *posts], timeout=0.3, return_when=asyncio.FIRST_COMPLETED)
            assert not any(task.done() for task in (poll, *posts))
            assert (len(working), len(rig.receiving._tasks)) == (64, 1_000)
            opened.set()
            assert await poll == 0
            assert {answer.status for answer in await asyncio.gather(*posts)} == {200}
        await rig.receiving.settled()
        await runner.cleanup()

    assert sorted(rig.handled) == list(range(1, 1_101))


async def test_reading_takes_effect_once_for_each_update(store: SqlStore) -> None:
    """A crash after the effect and before its record is none: they are one transaction."""
    now, reader = FixedClock().now(), Chat(501)
    await store.receive([Received(1, 501, "{}")], "first", now)

    await store.mark_seen(reader, "springs", now, update=1)
    await store.mark_seen(reader, "seas", now, update=1)

    assert (await store.history(reader)).seen == {"springs"}
    assert await store.waiting("second", (), 10) == ()


async def test_a_second_poller_is_given_way_to_and_told_of_once(store: SqlStore) -> None:
    """Each question breaks the other's off: they come ever less often, and the operator hears of it."""
    conflicts = []
    async with begun(store, *[Conflict("terminated by other getUpdates request")] * 6) as rig:
        rig.poller.on_conflict = lambda: conflicts.append(1)
        waits = [await rig.poller.poll() for _ in range(7)]

    assert waits == [5, 10, 20, 30, 30, 30, 0]
    assert len(conflicts) == 6
    assert rig.alerts.told == [SECOND_POLLER]


async def test_who_is_forgotten_is_so_in_the_inbox_too(store: SqlStore) -> None:
    """Also where somebody else's update speaks of them; the numbers stay, so that they do not come again."""
    now = FixedClock().now()
    kept = [
        Received(n, chat, json.dumps(said(n, chat), separators=(",", ":")))
        for n, chat in ((1, 501), (2, 502))
    ]
    about = said(3, 502)
    about["message"]["reply_to_message"] = message(chat=PRIVATE, sender=PERSON)
    spoken = Received(3, 502, json.dumps(about, separators=(",", ":")))
    await store.receive([*kept, spoken], "this one", now)

    await store.forget(501, now)

    assert [each.number for each in await store.waiting("this one", (), 10)] == [2]
    assert await store.receive([*kept, spoken], "this one", now) == frozenset()
