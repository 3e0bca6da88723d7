"""The Governor at the library's seam: turns, holds, and real 429s from a local server."""

import asyncio
import datetime as dt
import json
import selectors
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from telegram.error import BadRequest, RetryAfter
from telegram.ext import ExtBot

from bot.core.governor import Lane
from bot.ports import StoreError
from bot.telegram.governor import GovernorLimiter
from bot.telegram.request import AiohttpRequest, NotSentError
from tests.fakes import NOW, FixedClock

TOKEN = "1000000001:test-token"
SECOND = dt.timedelta(seconds=1)
Scenario = Callable[["Bench"], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program sets it."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass(slots=True)
class RecordingHolds:
    """Keeps what was to be remembered; broken, it takes nothing."""

    kept: list[tuple[int | None, dt.datetime]] = field(default_factory=list)
    broken: bool = False

    async def hold(self, chat_id: int | None, until: dt.datetime) -> None:
        """As the database does it."""
        if self.broken:
            raise StoreError("the disk is full")
        self.kept.append((chat_id, until))


# -- in simulated time ------------------------------------------------------------------------------------


class LeapingLoop(asyncio.SelectorEventLoop):
    """Where the program would wait, its clock leaps; a whole minute passes in no time."""

    def __init__(self) -> None:
        self.leapt = 0.0
        super().__init__(_Leaping(self))

    def time(self) -> float:
        """Seconds since the loop began."""
        return self.leapt


class _Leaping(selectors.SelectSelector):
    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits and nothing is going to happen"
        self._loop.leapt += max(timeout, 0)
        return super().select(0)


@dataclass(slots=True)
class Bench:
    """A limiter before a Telegram that answers by script: a wait in seconds is a 429, None an answer."""

    loop: LeapingLoop
    rate: float = 25
    held: dict[int | None, dt.datetime] = field(default_factory=dict)
    holds: RecordingHolds = field(default_factory=RecordingHolds)
    script: dict[int, list[float | None]] = field(default_factory=dict)
    went: list[tuple[float, int]] = field(default_factory=list)
    shift: dt.timedelta = dt.timedelta()
    limiter: GovernorLimiter = field(init=False)

    def __post_init__(self) -> None:
        self.limiter = GovernorLimiter(self.rate, self, self.holds, self.held)

    def now(self) -> dt.datetime:
        """Wall time: goes with the loop's, and can be moved."""
        return NOW + self.shift + dt.timedelta(seconds=self.loop.time())

    def at(self, seconds: float) -> dt.datetime:
        """A moment after the beginning."""
        return NOW + dt.timedelta(seconds=seconds)

    async def call(
        self, chat: int, lane: Lane | None = None, endpoint: str = "sendMessage", **data: Any
    ) -> bool:
        """One call of the bot's."""

        async def telegram() -> bool:
            self.went.append((self.loop.time(), chat))
            wait = self.script[chat].pop(0) if self.script.get(chat) else None
            if wait:
                raise RetryAfter(dt.timedelta(seconds=wait))
            return True

        data = {"chat_id": chat, "text": "Hello", **data}
        return bool(await self.limiter.process_request(telegram, (), {}, endpoint, data, lane))

    async def refused(self, chat: int, lane: Lane | None = None) -> dt.timedelta:
        """A call that ends with a RetryAfter; the wait that it names."""
        with pytest.raises(RetryAfter) as caught:
            await self.call(chat, lane)
        assert isinstance(caught.value.retry_after, dt.timedelta)
        return caught.value.retry_after


def simulate(scenario: Scenario, **options: Any) -> Bench:
    """Play a scenario to its end; nobody may be left waiting."""
    loop = LeapingLoop()
    bench = Bench(loop, **options)
    try:
        loop.run_until_complete(scenario(bench))
        assert not any(bench.limiter._waiting.values())
    finally:
        loop.close()
    return bench


def test_readers_go_before_a_broadcast_and_each_lane_in_order() -> None:
    """A hundred deliveries wait; ten readers come later and go first."""

    async def scenario(bench: Bench) -> None:
        bulk = [asyncio.create_task(bench.call(1000 + n, Lane.BULK)) for n in range(100)]
        await asyncio.sleep(2)
        before = len(bench.went)
        await asyncio.gather(*(bench.call(n) for n in range(1, 11)))
        assert len(bench.went) <= before + 12
        await asyncio.gather(*bulk)

    bench = simulate(scenario)
    assert [chat for _, chat in bench.went if chat < 1000] == list(range(1, 11))
    assert [chat for _, chat in bench.went if chat >= 1000] == list(range(1000, 1100))


def test_only_what_a_chat_sees_is_counted() -> None:
    """A member looked up, a button's toast: neither waits, whatever stands in the line."""

    async def scenario(bench: Bench) -> None:
        waiting = [asyncio.create_task(bench.call(-5)) for _ in range(12)]
        await asyncio.sleep(0.5)
        await bench.call(-5, endpoint="getChatMember")
        await bench.call(-5, endpoint="answerCallbackQuery", chat_id=None)
        assert bench.loop.time() == 0.5
        await bench.call(-5, endpoint="editMessageText")
        assert bench.loop.time() > 7
        await asyncio.gather(*waiting)

    simulate(scenario)


def test_a_long_text_costs_more_and_an_edit_without_a_chat_is_counted_too() -> None:
    """As the pure part says it."""

    async def scenario(bench: Bench) -> None:
        await bench.call(1, Lane.BULK, text="🤝" * 251)
        await bench.call(2, Lane.BULK)
        assert bench.loop.time() > 0.2
        await asyncio.gather(*(bench.call(0, endpoint="editMessageText", chat_id=None) for _ in range(31)))
        assert bench.loop.time() > 1

    simulate(scenario)


def test_who_gives_up_waiting_leaves_no_trace() -> None:
    """A cancelled call is not made, takes nothing of the budget, and the next one takes its place."""

    async def scenario(bench: Bench) -> None:
        calls = [asyncio.create_task(bench.call(5, Lane.BULK)) for _ in range(6)]
        await asyncio.sleep(0.5)
        for call in calls[3:5]:
            call.cancel()
        await bench.call(6)  # the line is served before those two have noticed
        await asyncio.wait(calls)
        assert [call.cancelled() for call in calls] == [False] * 3 + [True] * 2 + [False]

    bench = simulate(scenario)
    assert [chat for _, chat in bench.went] == [5, 5, 5, 6, 5]
    assert bench.went[-1][0] == pytest.approx(1)


def test_a_call_cancelled_while_the_line_is_served_is_no_harm() -> None:
    """In the very moment in which its turn comes, too."""

    async def scenario(bench: Bench) -> None:
        first = asyncio.create_task(bench.call(1))
        await asyncio.sleep(0)
        first.cancel()  # its turn has come, it has not gone on yet
        second = asyncio.create_task(bench.call(2))
        asyncio.get_running_loop().call_soon(second.cancel)
        await asyncio.wait([first, second])
        await bench.call(3)

    assert simulate(scenario).went[-1][1] == 3


def test_who_has_lost_its_lease_sends_nothing_that_still_waits() -> None:
    """Others send it; a reader who has asked here gets the answer from here."""

    async def scenario(bench: Bench) -> None:
        calls = [asyncio.create_task(bench.call(chat, Lane.BULK)) for chat in range(1, 6)]
        await asyncio.sleep(0.1)
        bench.limiter.alive = lambda: False
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in outcomes[-2:]] == [NotSentError, NotSentError]
        await bench.call(9)

    bench = simulate(scenario)
    assert [chat for _, chat in bench.went] == [1, 2, 3, 9]


def test_a_delivery_to_a_held_chat_goes_back_at_once() -> None:
    """With the time that is left; others are not delayed; nothing goes before its time."""

    async def scenario(bench: Bench) -> None:
        assert await bench.refused(5, Lane.BULK) == 10_072 * SECOND
        await asyncio.sleep(72)
        assert await bench.refused(5, Lane.BULK) == 10_000 * SECOND
        assert bench.loop.time() == 72
        await bench.call(6, Lane.BULK)
        await asyncio.sleep(10_000)
        await bench.call(5, Lane.BULK)

    bench = simulate(scenario, script={5: [10_072]})
    assert bench.went == [(0, 5), (72, 6), (10_072, 5)]
    assert bench.holds.kept == []  # its wait is saved with the outcome


def test_a_reader_waits_out_a_short_hold_and_hears_of_a_long_one() -> None:
    """Five seconds are short; one more is not; a look at the chat's members waits as well."""

    async def scenario(bench: Bench) -> None:
        assert await bench.refused(6) == 6 * SECOND
        assert not bench.went
        await asyncio.gather(bench.call(5), bench.call(5, endpoint="getChatMember"))
        await bench.call(6)

    held = {5: NOW + 5 * SECOND, 6: NOW + 6 * SECOND, 7: NOW - SECOND}
    went = simulate(scenario, held=held).went
    assert [chat for _, chat in went] == [5, 5, 6]
    assert [at for at, _ in went] == pytest.approx([5, 5, 6])


@pytest.mark.parametrize(
    ("waits", "lane", "went"),
    [([5], None, [0, 5]), ([2, 3], None, [0, 2]), ([6], None, [0]), ([1], Lane.BULK, [0])],
)
def test_a_reader_s_call_is_made_once_more_after_a_short_429(
    waits: list[float], lane: Lane | None, went: list[float]
) -> None:
    """Once, after five seconds at most; a delivery's never: it has its own way of coming back."""

    async def scenario(bench: Bench) -> None:
        if waits == [5]:
            await bench.call(5, lane)
        else:
            left = waits[-1] * SECOND - await bench.refused(5, lane)
            assert dt.timedelta() <= left < SECOND / 20

    bench = simulate(scenario, script={5: list(waits)})
    assert [at for at, _ in bench.went] == pytest.approx(went, abs=0.05)
    assert len(bench.holds.kept) == (
        0 if lane is Lane.BULK else len(waits)
    )  # a delivery's is saved with its outcome


def test_a_delivery_waits_out_no_hold_however_short() -> None:
    """It would keep its worker from others."""

    async def scenario(bench: Bench) -> None:
        assert await bench.refused(5, Lane.BULK) == 2 * SECOND

    assert not simulate(scenario, held={5: NOW + 2 * SECOND}).went


def test_a_429_that_names_no_chat_is_not_tried_again() -> None:
    """There is nobody to hold until then."""

    async def scenario(bench: Bench) -> None:
        with pytest.raises(RetryAfter):
            await bench.call(0, endpoint="editMessageText", chat_id=None)

    assert len(simulate(scenario, script={0: [3]}).went) == 1


def test_three_chats_halt_all() -> None:
    """Those who wait are told at once; readers too, when it is long; afterwards all goes on."""

    async def scenario(bench: Bench) -> None:
        waiting = [asyncio.create_task(bench.call(100 + n, Lane.BULK)) for n in range(50)]
        for chat in (1, 2, 3):
            await bench.refused(chat, Lane.BULK if chat == 1 else None)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert bench.loop.time() < 2.2
        assert sum(isinstance(result, RetryAfter) for result in results) == 50 - len(bench.went) + 3
        assert await bench.refused(9) > 25 * SECOND
        await bench.call(9, endpoint="answerCallbackQuery", chat_id=None)  # no message: a halt is not for it
        await asyncio.sleep(300)
        await bench.call(9, Lane.BULK)

    bench = simulate(scenario, script={1: [300], 2: [30], 3: [60]})
    assert [chat for chat, _ in bench.holds.kept] == [2, 3, None]
    halted = bench.holds.kept[-1][1]
    assert halted == bench.holds.kept[0][1]  # the shortest: the other chats keep their own
    assert bench.at(bench.went[-1][0]) >= halted


def test_a_hold_that_comes_while_a_call_waits_keeps_it_too() -> None:
    """The second call stands in the line already when the first hears of the hold."""

    async def scenario(bench: Bench) -> None:
        await asyncio.gather(*(bench.call(5) for _ in range(5)), return_exceptions=True)

    bench = simulate(scenario, script={5: [None, None, 4]})
    assert [at for at, _ in bench.went] == pytest.approx([0, 0, 0, 4, 4, 4], abs=0.15)


def test_a_database_that_is_down_does_not_hide_a_429() -> None:
    """The hold counts for this process, and the maker of the call hears the truth."""

    async def scenario(bench: Bench) -> None:
        assert await bench.refused(5) > 59 * SECOND
        assert await bench.refused(5) > 59 * SECOND

    assert len(simulate(scenario, script={5: [60]}, holds=RecordingHolds(broken=True)).went) == 1


def test_a_clock_set_back_an_hour_does_not_stop_the_bot() -> None:
    """What was to last five seconds lasts five more at most; the pace knows nothing of it."""

    async def scenario(bench: Bench) -> None:
        bench.shift = -3600 * SECOND
        await asyncio.gather(bench.call(5), *(bench.call(n, Lane.BULK) for n in range(10, 40)))

    bench = simulate(scenario, held={5: NOW + 5 * SECOND})
    assert max(at for at, _ in bench.went) == pytest.approx(5)


# -- with the library and real HTTP -----------------------------------------------------------------------


@dataclass(slots=True)
class Telegram:
    """A Bot API server: answers by script, else takes every message."""

    script: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    received: list[tuple[str, Any]] = field(default_factory=list)
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        """Any method."""
        form = await request.json()
        self.received.append((request.path.rsplit("/", 1)[1], form.get("chat_id")))
        status, parameters = self.script.pop(0) if self.script else (200, {})
        chat = {"id": form.get("chat_id"), "type": "private"}
        result = {"message_id": len(self.received), "date": 1, "chat": chat, "text": "Hello"}
        body = {
            "ok": status == 200,
            "error_code": status,
            "description": "So it is",
            "parameters": parameters,
        }
        return web.Response(status=status, text=json.dumps({**body, "result": result}))


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    """On a free port."""
    server, app = Telegram(), web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@dataclass(slots=True)
class Connected:
    """A bot with its governor."""

    bot: ExtBot[str]
    holds: RecordingHolds
    clock: FixedClock


@pytest.fixture
async def connected(telegram: Telegram) -> AsyncIterator[Connected]:
    """The library's bot, paced, on the local server."""
    request, holds, clock = AiohttpRequest(8), RecordingHolds(), FixedClock()
    limiter = GovernorLimiter(1000, clock, holds, {})
    address = f"http://127.0.0.1:{telegram.port}/bot"
    bot = ExtBot[str](TOKEN, address, request=request, rate_limiter=limiter)
    await request.initialize()
    await limiter.initialize()
    yield Connected(bot, holds, clock)
    await limiter.shutdown()
    await request.shutdown()


async def test_the_lane_is_for_the_governor_alone(telegram: Telegram, connected: Connected) -> None:
    """The library hands it over, and Telegram never sees it."""
    sent = await connected.bot.send_message(5, "Hello", rate_limit_args=Lane.BULK)
    assert sent.message_id == 1
    assert telegram.received == [("sendMessage", 5)]
    with pytest.raises(ValueError, match="express"):
        await connected.bot.send_message(5, "Hello", rate_limit_args="express")


async def test_a_429_keeps_the_chat_from_further_requests(telegram: Telegram, connected: Connected) -> None:
    """Until its time is over, by the wall clock; other chats are served, other errors hold nobody."""
    telegram.script = [(400, {}), (429, {"retry_after": 10_072})]
    with pytest.raises(BadRequest):
        await connected.bot.send_message(5, "Hello", rate_limit_args=Lane.BULK)
    for lane in (Lane.BULK, Lane.BULK, Lane.INTERACTIVE):
        with pytest.raises(RetryAfter) as caught:
            await connected.bot.send_message(5, "Hello", rate_limit_args=lane)
        assert caught.value.retry_after == dt.timedelta(seconds=10_072)
    await connected.bot.send_message(6, "Hello")
    connected.clock.move(seconds=10_072)
    await connected.bot.send_message(5, "Hello", rate_limit_args=Lane.BULK)
    assert [chat for _, chat in telegram.received] == [5, 5, 6, 5]


async def test_a_storm_reaches_no_held_chat(telegram: Telegram, connected: Connected) -> None:
    """Of a hundred deliveries the first two meet a 429: two holds, 98 messages, nothing twice."""
    telegram.script = [(429, {"retry_after": 7}), (429, {"retry_after": 9})]
    calls = [connected.bot.send_message(chat, "Hello", rate_limit_args=Lane.BULK) for chat in range(1, 101)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, RetryAfter) for result in results) == 2
    assert len(telegram.received) == len(set(telegram.received)) == 100
    for chat, _ in connected.holds.kept:
        assert chat is not None
        with pytest.raises(RetryAfter):
            await connected.bot.send_message(chat, "Hello", rate_limit_args=Lane.BULK)
    assert len(telegram.received) == 100


async def test_a_429_for_no_chat_holds_nobody(telegram: Telegram, connected: Connected) -> None:
    """The command menu has a limit of its own."""
    telegram.script = [(429, {"retry_after": 3600})]
    with pytest.raises(RetryAfter):
        await connected.bot.set_my_commands([("start", "Begin")])
    await connected.bot.send_message(5, "Hello")
    assert connected.holds.kept == []
