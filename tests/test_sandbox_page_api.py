"""The sandbox's side of the page: who may call it, what it shows, how time moves."""

import asyncio
import datetime as dt
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox import Sandbox, SandboxError, SandboxSettings
from bot.sandbox.state import EVENTS_KEPT, MESSAGES_KEPT, UPDATES_KEPT
from bot.sandbox.world import World

READER, OTHER, GROUP, CHANNEL = 501, 502, -1001000000001, -1001000000002
FORUM = -1001000000003
Json = dict[str, Any]
Ask = Callable[..., Coroutine[None, None, tuple[int, Any]]]


def asker(http: aiohttp.ClientSession, url: str) -> Ask:
    """Return a call of the page API: a body means POST; the answer is the status and the JSON."""

    async def ask(path: str, body: Any = None, method: str = "", **options: Any) -> tuple[int, Any]:
        kind = method or ("GET" if body is None else "POST")
        async with http.request(kind, f"{url}{path}", json=body, **options) as answer:
            return answer.status, await answer.json(content_type=None)

    return ask


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of bare HTTP."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def ask(sandbox: Sandbox, http: aiohttp.ClientSession) -> Ask:
    """Call the page API of a sandbox; `/bot/...` is the Bot API with the right token."""
    return asker(http, sandbox.url)


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """The path of the bot's calls."""
    return f"/bot{sandbox.settings.token}"


async def test_the_world_at_the_start(ask: Ask) -> None:
    """Four people of three languages, their private chats, a group, a channel and a forum."""
    status, state = await ask("/api/state")
    assert status == 200
    assert {user["id"]: user["language_code"] for user in state["users"]} == {
        READER: "en",
        OTHER: "en",
        503: "ru",
        504: "kk",
    }
    chats = {chat["id"]: chat["title"] for chat in state["chats"]}
    assert chats == dict.fromkeys((READER, OTHER, 503, 504), "Digest Bot") | {
        GROUP: "Reading circle",
        CHANNEL: "Digests",
        FORUM: "Forum",
    }
    topics = [topic["name"] for topic in state["chats"][-1]["topics"]]
    assert topics == ["General", "Water", "Technology"]
    assert [chat for chat, messages in state["messages"].items() if messages] == [str(FORUM)]
    assert (state["bot_online"], state["commands"], state["clock"]["offset"]) == (False, [], 0)


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/api/state", {"headers": {"Host": "sandbox.example"}}, 403),
        ("/", {"headers": {"Host": "127.0.0.1"}}, 403),
        ("/bot1:x/getMe", {"headers": {"Host": "sandbox.example"}}, 403),
        ("/api/block", {"body": {}, "headers": {"Origin": "https://example.org"}}, 403),
        ("/api/block", {"body": {}, "headers": {"Origin": "null"}}, 403),
        ("/api/block", {"body": {}, "headers": {"Content-Type": "text/plain"}}, 403),
        ("/api/calls", {"method": "DELETE", "headers": {"Origin": "https://example.org"}}, 403),
        ("/api/block", {"body": []}, 400),
        ("/api/block", {"body": {"user": True, "blocked": True}}, 400),
        ("/api/block", {"method": "PUT"}, 405),
        ("/api/nothing", {}, 404),
        ("/page/../server.py", {}, 404),
    ],
)
async def test_who_may_call(ask: Ask, path: str, options: Json, status: int) -> None:
    """Only the page itself may: exact Host, own Origin, JSON. Every refusal is JSON too."""
    answered, body = await ask(path, **options)
    assert answered == status
    assert body.keys() & {"error", "description"}


async def test_security_headers(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """The page loads nothing from elsewhere, is not cached, and is open to no other origin."""
    for path in ("/", "/api/state", "/api/nothing"):
        async with http.get(f"{sandbox.url}{path}") as answer:
            assert answer.headers["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'self'"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("send", {"user": READER, "chat": READER, "text": " \n"}, 400, "Write some text first."),
        ("send", {"user": READER, "chat": READER, "text": "x" * 4097}, 400, "at most 4096"),
        ("send", {"user": READER, "chat": OTHER, "text": "x"}, 404, "no such chat"),
        ("send", {"user": OTHER, "chat": CHANNEL, "text": "x"}, 403, "Only administrators"),
        ("send", {"user": READER, "chat": READER}, 400, '"text" is missing'),
        ("send", {"user": 10**30, "chat": READER, "text": "x"}, 400, "too large"),
        ("start", {"user": READER, "chat": READER, "payload": "a b"}, 400, "payload"),
        ("press", {"user": READER, "chat": READER, "message_id": 1, "data": "x"}, 404, "gone"),
        ("press", {"user": READER, "chat": OTHER, "message_id": 1, "data": "x"}, 404, "no such chat"),
        ("clock", {"advance": -1}, 400, "only forward"),
        ("clock", {"advance": 1e12}, 400, "ten years"),
        ("clock", {"advance": 10**400}, 400, "too large"),
        (
            "clock",
            {"to": "next"},
            409,
            "No delivery is planned: subscribe first, for example with /subscribe",
        ),
        ("clock", {"to": 5}, 400, "only forward"),
        ("clock", {"offset": 7}, 400, "can only be set to 0"),
        ("clock", {}, 400, '"offset" is missing'),
        ("faults", {"mode": "explode"}, 400, "mode is"),
        ("faults", {"status": 200}, 400, "status"),
        ("faults", {"share": 1.5}, 400, "share"),
        ("faults", {"chat_modulo": [0, 1]}, 400, "chat_modulo"),
        ("faults", {"chat_modulo": [3]}, 400, "chat_modulo"),
        ("crowd", {"first": READER, "count": 5}, 400, "first is above 504"),
        ("crowd", {"first": 1000, "count": 2_000_000}, 400, "1000000 chats"),
    ],
)
async def test_refused_requests(ask: Ask, path: str, body: Json, status: int, words: str) -> None:
    """A request that makes no sense gets one sentence that says why."""
    answered, answer = await ask(f"/api/{path}", body)
    assert answered == status
    assert words in answer["error"]


async def test_a_blocked_bot(ask: Ask) -> None:
    """Who blocked the bot writes again only after unblocking; START unblocks."""
    await ask("/api/block", {"user": READER, "blocked": True})
    assert (await ask("/api/send", {"user": READER, "chat": READER, "text": "x"}))[0] == 409
    assert (await ask("/api/start", {"user": READER, "chat": READER}))[1]["message"]["text"] == "/start"
    assert [chat["blocked"] for chat in (await ask("/api/state"))[1]["chats"][:1]] == [False]


async def read_events(answer: aiohttp.ClientResponse, count: int) -> list[tuple[int, Json]]:
    """Read so many events off a stream."""
    events: list[tuple[int, Json]] = []
    number = 0
    async for line in answer.content:
        field, _, value = line.decode().strip().partition(": ")
        if field == "id":
            number = int(value)
        elif field == "data":
            events.append((number, json.loads(value)))
        if len(events) == count:
            break
    return events


async def test_events_tell_what_happens(
    sandbox: Sandbox, ask: Ask, http: aiohttp.ClientSession, token: str
) -> None:
    """Whoever reads the state and then the events since its version misses nothing."""
    version = (await ask("/api/state"))[1]["version"]
    async with http.get(f"{sandbox.url}/api/events?since={version}") as answer:
        await ask("/api/start", {"user": READER, "chat": READER, "payload": "x1"})
        sent = (await ask(f"{token}/sendMessage", {"chat_id": READER, "text": "<b>"}))[1]["result"]
        place = {"chat_id": READER, "message_id": sent["message_id"]}
        await ask(f"{token}/sendChatAction", {"chat_id": READER, "action": "typing"})
        await ask(f"{token}/editMessageText", place | {"text": "y"})
        await ask(f"{token}/deleteMessage", place)
        await ask(f"{token}/setMyCommands", {"commands": [{"command": "next", "description": "Next"}]})
        await ask(f"{token}/getUpdates", {"offset": -1})
        await ask("/api/block", {"user": READER, "blocked": True})
        await ask("/api/clock", {"advance": 60})
        events = await read_events(answer, 9)
    kinds = [event["type"] for _, event in events]
    assert kinds == ["message", "message", "typing", "edit", "delete", "commands", "bot", "chat", "clock"]
    assert [number for number, _ in events] == list(range(version + 1, version + 10))
    assert [event["message"]["text"] for _, event in events[:2]] == ["/start x1", "<b>"]
    async with http.get(f"{sandbox.url}/api/events", headers={"Last-Event-ID": str(version + 8)}) as answer:
        assert await read_events(answer, 1) == events[8:]


async def test_a_page_of_an_earlier_start_begins_anew(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """A version that this server never gave is answered with a reset."""
    for since in ("1", "999999999999999"):
        async with http.get(f"{sandbox.url}/api/events?since={since}") as answer:
            assert [event for _, event in await read_events(answer, 1)] == [{"type": "reset"}]


async def test_an_unanswered_press_times_out_when_the_server_stops(
    sandbox: Sandbox, ask: Ask, token: str, http: aiohttp.ClientSession
) -> None:
    """Nothing that waits holds up the end: a press, a poll and a stream all end."""
    await ask("/api/start", {"user": READER, "chat": READER})
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    await ask(f"{token}/sendMessage", {"chat_id": READER, "text": "x", "reply_markup": markup})
    button = {"user": READER, "chat": READER, "message_id": 2, "data": "y"}
    press = asyncio.create_task(ask("/api/press", button))
    poll = asyncio.create_task(ask(f"{token}/getUpdates", {"offset": 2**31 - 1, "timeout": 50}))
    async with http.get(f"{sandbox.url}/api/events") as stream:
        await asyncio.sleep(0.2)
        await sandbox.stop()
        await stream.read()
    assert (await press)[0] == 504
    assert (await poll)[1]["result"] == []


async def test_calls_are_recorded(ask: Ask, token: str) -> None:
    """Every call of the bot is listed with its parameters, known or not, and its outcome."""
    await ask(f"{token}/sendMessage?silly=1", {"chat_id": READER, "text": "x"})
    calls = (await ask("/api/calls"))[1]
    assert [(call["method"], call["params"], call["status"], call["description"]) for call in calls] == [
        (
            "sendMessage",
            {"silly": "1", "chat_id": READER, "text": "x"},
            403,
            "Forbidden: bot can't initiate conversation with a user",
        )
    ]
    assert await ask("/api/calls", method="DELETE") == (200, {})
    assert (await ask("/api/calls"))[1] == []


async def test_a_crowd_is_counted_and_not_kept(ask: Ask, token: str) -> None:
    """Its chats have pressed start; what they get stands in the counts and nowhere else."""
    assert await ask("/api/crowd", {"first": 1000, "count": 3}) == (200, {})
    for chat, text in ((1000, "Springs\n\nA text."), (1000, "Springs\n\nAnother."), (1002, "Seas")):
        status, body = await ask(f"{token}/sendMessage", {"chat_id": chat, "text": text})
        assert (status, body["result"]["chat"]["id"]) == (200, chat)

    assert (await ask("/api/copies"))[1] == {"1000": {"Springs": 2}, "1001": {}, "1002": {"Seas": 1}}
    assert (await ask("/api/crowd"))[1] == {"count": 3, "copies": 3}
    assert "1000" not in (await ask("/api/state"))[1]["messages"]
    assert (await ask(f"{token}/sendMessage", {"chat_id": 1003, "text": "x"}))[0] == 400


async def test_a_fault_hits_the_calls_that_it_names(ask: Ask, token: str) -> None:
    """By a part of the text, by the chat's id divided, by a share that a seed decides; until all are cleared."""
    await ask("/api/crowd", {"first": 1000, "count": 200})

    async def refused(text: str = "x") -> list[int]:
        calls = [(chat, {"chat_id": chat, "text": text}) for chat in range(1000, 1200)]
        return [chat for chat, body in calls if (await ask(f"{token}/sendMessage", body))[0] == 500]

    await ask("/api/faults", {"times": 1000, "text": "Springs"})
    assert (len(await refused("Springs")), await refused("Seas")) == (200, [])
    assert await ask("/api/faults", method="DELETE") == (200, {})
    await ask("/api/faults", {"times": 1000, "chat_modulo": [20, 3]})
    assert await refused() == list(range(1003, 1200, 20))
    await ask("/api/faults", method="DELETE")
    shares = []
    for _ in range(2):
        await ask("/api/faults", {"times": 1000, "share": 0.2, "seed": 7})
        shares.append(await refused())
        await ask("/api/faults", method="DELETE")
    assert shares[0] == shares[1]
    assert 20 < len(shares[0]) < 60


NEXT = dt.datetime(2035, 1, 1, 7, 30, tzinfo=dt.UTC)
DAY = 86_400.0


class StatusPage:
    """A bot's status page that is not content; each answer is the next of `plan`, and the last one remains."""

    def __init__(self) -> None:
        self.url = ""
        self.plan: list[dt.datetime | None] = [NEXT]

    async def answer(self, _request: web.Request) -> web.Response:
        """Answer /healthz."""
        moment = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        return web.json_response({"next_delivery": moment and moment.isoformat()}, status=503)


@pytest.fixture
async def healthz() -> AsyncIterator[StatusPage]:
    """A status page on a free port."""
    page = StatusPage()
    app = web.Application()
    app.router.add_get("/healthz", page.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page.url = f"http://127.0.0.1:{runner.addresses[0][1]}/healthz"
    yield page
    await runner.cleanup()


@pytest.fixture
async def ahead(tmp_path: Path, healthz: StatusPage, http: aiohttp.ClientSession) -> AsyncIterator[Ask]:
    """Call the page API of a sandbox with a clock file and a bot's status page."""
    sandbox = Sandbox(SandboxSettings(port=0, clock_file=tmp_path / "clock", status_url=healthz.url))
    await sandbox.start()
    yield asker(http, sandbox.url)
    await sandbox.stop()


async def test_the_clock_moves_and_is_written_down(ahead: Ask, tmp_path: Path) -> None:
    """The offset is in the file at every moment; messages bear the shifted time; 0 brings back real time."""
    file = tmp_path / "clock"
    assert float(file.read_text()) == 0
    real = (await ahead("/api/state"))[1]["clock"]["now"]
    assert (await ahead("/api/clock", {"advance": 86400}))[1]["clock"]["offset"] == 86400
    await ahead("/api/clock", {"to": real + 2 * 86400})
    assert 86400 < float(file.read_text()) <= 2 * 86400
    sent = (await ahead("/api/send", {"user": READER, "chat": READER, "text": "x"}))[1]["message"]
    assert sent["date"] >= int(real) + 2 * 86400
    assert (await ahead("/api/clock", {"offset": 0}))[1]["clock"]["offset"] == 0
    assert float(file.read_text()) == 0


async def test_the_clock_goes_to_the_next_delivery(ahead: Ask) -> None:
    """The bot's status page tells when it delivers next: the page shows it, and the clock lands just behind it."""
    while (await ahead("/api/state"))[1]["clock"]["next"] != NEXT.timestamp():
        await asyncio.sleep(0.02)
    assert 0.5 <= (await ahead("/api/clock", {"to": "next"}))[1]["clock"]["now"] - NEXT.timestamp() < 60


async def test_every_jump_goes_to_a_delivery_that_lies_ahead(ahead: Ask, healthz: StatusPage) -> None:
    """A delivery that the bot has not yet recorded is waited for: two jumps one after another are two days."""
    following = NEXT + dt.timedelta(days=1)
    await ahead("/api/clock", {"to": "next"})
    healthz.plan = [NEXT, NEXT, following]
    assert (await ahead("/api/clock", {"to": "next"}))[1]["clock"]["now"] > following.timestamp()


async def test_two_jumps_at_once_are_two_jumps(ahead: Ask, healthz: StatusPage) -> None:
    """The second of two presses waits for the delivery after the first."""
    healthz.plan = [NEXT, NEXT, NEXT, *(NEXT + dt.timedelta(days=days) for days in (1, 2))]
    answers = await asyncio.gather(*(ahead("/api/clock", {"to": "next"}) for _ in range(2)))
    assert [status for status, _ in answers] == [200, 200]
    assert max(body["clock"]["now"] for _, body in answers) > NEXT.timestamp() + DAY


async def test_a_jump_right_after_subscribing(ahead: Ask, healthz: StatusPage) -> None:
    """The jump waits for the bot to have planned what was just ordered."""
    healthz.plan = [None, None, NEXT]
    assert (await ahead("/api/clock", {"to": "next"}))[1]["clock"]["now"] > NEXT.timestamp()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "No delivery is planned: subscribe first, for example with /subscribe"),
        (
            dt.datetime(2001, 1, 1, tzinfo=dt.UTC),
            "The bot has not sent the last digest yet: try again in a moment",
        ),
    ],
)
async def test_a_jump_without_a_delivery_ahead(
    ahead: Ask, healthz: StatusPage, moment: dt.datetime | None, words: str
) -> None:
    """When the bot goes on naming no delivery, or one that is past, the jump is refused and nothing moves."""
    healthz.plan = [moment]
    assert await ahead("/api/clock", {"to": "next"}) == (409, {"error": words})
    assert (await ahead("/api/state"))[1]["clock"]["offset"] == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (SandboxSettings(token="secret", port=0), "token must look like"),
        (SandboxSettings(port=99999), "choose another port"),
        (SandboxSettings(clock_file=Path("/nowhere/clock"), port=0), "clock file cannot be written"),
    ],
)
async def test_what_stops_the_sandbox_from_starting(settings: SandboxSettings, words: str) -> None:
    """A setting that cannot work is named, with what to do."""
    with pytest.raises(SandboxError, match=words):
        await Sandbox(settings).start()


async def test_a_taken_port_is_named(sandbox: Sandbox) -> None:
    """Two sandboxes cannot share a port."""
    port = int(sandbox.url.rpartition(":")[2])
    with pytest.raises(SandboxError, match=f"Port {port} cannot be used"):
        await Sandbox(SandboxSettings(port=port)).start()


def test_the_program_alone() -> None:
    """`python -m bot.sandbox` says where it listens, and ends at a signal without a word."""
    command = [sys.executable, "-m", "bot.sandbox", "--port", "0"]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Sandbox ready: http://127.0.0.1:")
        process.terminate()
        assert process.communicate() == ("", "")
    assert process.returncode == 0


def test_memory_is_bounded() -> None:
    """Only the last messages, events and updates are kept, however long the bot talks."""
    world = World()
    chat = world.chats[READER]
    for number in range(2500):
        world.say(READER, chat, f"{number}", 0)
    assert (len(chat.messages), len(world.events), len(world.updates)) == (
        MESSAGES_KEPT,
        EVENTS_KEPT,
        UPDATES_KEPT,
    )
    assert next(reversed(chat.messages)) == 2500
    assert world.since(0) is None
