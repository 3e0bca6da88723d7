"""POST /telegram: who is let in, what is stored, and what strangers cannot make the bot do."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.ports import StoreError
from bot.web import server, webhook
from bot.web.server import serve
from bot.web.webhook import Webhook

SECRET = "s3cret_" * 5
UPDATE = {"update_id": 7, "message": {"text": "/start"}}
GOOD = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
BODY = json.dumps(UPDATE)
JSON = {"Content-Type": "application/json"}


@dataclass
class Inbox:
    """Takes updates; `full` refuses them as a full disk does, `gate` holds them up."""

    taken: list[Any] = field(default_factory=list)
    rounds: int = 0
    received: int = 0
    full: bool = False
    gate: asyncio.Event | None = None

    async def take(self, updates: list[Any]) -> None:
        """Store them."""
        self.rounds += 1
        if self.gate:
            await self.gate.wait()
        if self.full:
            raise StoreError("the disk is full: make room")
        self.taken += updates

    def heard(self) -> None:
        """A good request came."""
        self.received += 1


@pytest.fixture
def inbox() -> Inbox:
    """An empty one."""
    return Inbox()


@pytest.fixture
def hook(inbox: Inbox) -> Webhook:
    """The way in."""
    return Webhook(SecretStr(SECRET), inbox.take, inbox.heard)


@pytest.fixture
async def port(hook: Webhook) -> AsyncIterator[int]:
    """Where it listens."""
    runner = await serve(hook.routes(), "127.0.0.1", 0)
    yield runner.addresses[0][1]
    await runner.cleanup()


Post = Callable[..., Awaitable[int]]


@pytest.fixture
async def post(port: int) -> AsyncIterator[Post]:
    """Sends a request, by default a good one; its status."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:

        async def send(
            data: Any = BODY,
            headers: Any = GOOD | JSON,
            method: str = "POST",
            path: str = "/telegram",
        ) -> int:
            async with session.request(method, path, data=data, headers=headers) as answer:
                assert await answer.read() == b""
                return answer.status

        yield send


async def raw(port: int, request: bytes) -> bytes:
    """What comes back for these bytes, until the connection closes; b"" for a reset."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def head(secret: bytes = SECRET.encode(), *lines: bytes) -> bytes:
    """A request's head, so that its bytes can be odd."""
    first = [b"POST /telegram HTTP/1.1", b"Host: x", b"Content-Type: application/json"]
    return b"\r\n".join([*first, b"X-Telegram-Bot-Api-Secret-Token: " + secret, *lines, b"", b""])


async def test_an_update_is_stored_before_it_is_acknowledged(inbox: Inbox, post: Post) -> None:
    """The answer waits for the inbox, and every good request is a sign of life."""
    inbox.gate = asyncio.Event()
    answer = asyncio.ensure_future(post())
    await asyncio.sleep(0.1)
    assert (answer.done(), inbox.received) == (False, 0)
    inbox.gate.set()
    assert await answer == 200
    assert (inbox.taken, inbox.received) == ([UPDATE], 1)


async def test_what_cannot_be_stored_comes_again(inbox: Inbox, port: int) -> None:
    """503 with the time to wait: Telegram keeps the update."""
    inbox.full = True
    body = json.dumps(UPDATE).encode()
    with capture_logs() as logs:
        answer = await raw(
            port, head(SECRET.encode(), b"Connection: close", b"Content-Length: %d" % len(body)) + body
        )
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 2\r\n" in answer
    assert (inbox.taken, inbox.received) == ([], 0)
    assert [(line["event"], line["reason"]) for line in logs] == [
        ("webhook.unstored", "the disk is full: make room")
    ]


async def test_what_comes_meanwhile_is_stored_together(inbox: Inbox, post: Post) -> None:
    """One transaction for all that wait for one: a slow disk is waited for twice at most."""
    inbox.gate = asyncio.Event()
    bodies = [json.dumps({"update_id": number}) for number in range(1, 11)]
    answers = [asyncio.ensure_future(post(data=bodies[0]))]
    await asyncio.sleep(0.1)
    answers += [asyncio.ensure_future(post(data=body)) for body in bodies[1:]]
    await asyncio.sleep(0.1)
    inbox.gate.set()
    assert await asyncio.gather(*answers) == [200] * 10
    assert sorted(update["update_id"] for update in inbox.taken) == list(range(1, 11))
    assert (inbox.rounds, inbox.received) == (2, 10)


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        b"x",
        SECRET[:-1].encode(),
        SECRET.encode() + b"x",
        SECRET.upper().encode(),
        "секрет".encode(),
        b"\xff\xfe",
    ],
)
async def test_a_wrong_secret_is_refused_before_the_body(inbox: Inbox, port: int, secret: bytes) -> None:
    """403 at once, though the body never comes; the connection closes."""
    answer = await raw(port, head(secret, b"Content-Length: 100000000"))
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert answer.endswith(b"\r\n\r\n")
    assert (inbox.taken, inbox.received) == ([], 0)


async def test_a_missing_secret_is_refused(inbox: Inbox, post: Post) -> None:
    """Anybody could say that they are any reader."""
    assert await post(headers=JSON) == 403
    assert inbox.taken == []


async def test_the_log_is_told_once_a_minute_and_never_the_value(
    hook: Webhook, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of forgeries must not fill the disk; what was tried stays out of the log."""
    forged = {"X-Telegram-Bot-Api-Secret-Token": "tell-nobody"} | JSON
    with capture_logs() as logs:
        assert [await post(headers=forged) for _ in range(3)] == [403] * 3
        monkeypatch.setattr(server, "_TOLD_AGAIN", 0.0)
        assert await post(headers=forged) == 403
    assert [(line["event"], line["reason"], line["count"]) for line in logs] == [
        ("webhook.refused", "wrong secret", 1),
        ("webhook.refused", "wrong secret", 3),
    ]
    assert hook.refusals.counts == {"wrong secret": 4}
    assert "tell-nobody" not in str(logs)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "GET"}, 405),
        ({"method": "PUT"}, 405),
        ({"path": "/"}, 404),
        ({"path": "/telegram/"}, 404),
        ({"path": "/healthz"}, 404),
        ({"headers": GOOD | {"Content-Type": "text/plain"}}, 415),
        ({"headers": GOOD | {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
    ],
)
async def test_only_json_of_a_size_posted_to_the_one_path(
    inbox: Inbox, post: Post, request_: dict[str, Any], status: int
) -> None:
    """Everything else is turned away by its head."""
    assert await post(**request_) == status
    assert inbox.taken == []


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(inbox: Inbox, port: int) -> None:
    """413 by the head alone, with the right secret too."""
    answer = await raw(port, head(SECRET.encode(), b"Content-Length: 1048577"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert inbox.taken == []


async def test_a_body_that_grows_too_large_on_the_way_is_refused(inbox: Inbox, port: int) -> None:
    """Chunked, it did not say how long it is."""
    piece = b"10000\r\n" + b" " * 2**16 + b"\r\n"
    answer = await raw(port, head(SECRET.encode(), b"Transfer-Encoding: chunked") + piece * 20)
    assert answer.startswith((b"HTTP/1.1 413 ", b""))
    assert inbox.taken == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 5000,
        b'{"update_id": NaN}',
        b"null",
        b"[]",
        b'{"update_id": true}',
        b'{"update_id": 0}',
        b'{"update_id": 2147483648}',
        b"\x1f\x8b\x08\x00gzip",
    ],
)
async def test_a_bad_body_with_the_right_secret_does_not_come_again(
    inbox: Inbox, post: Post, body: bytes
) -> None:
    """Telegram would repeat it for a day, and the chat's other updates would wait behind it."""
    with capture_logs() as logs:
        assert await post(data=body) == 200
    assert [line["event"] for line in logs] == ["webhook.malformed"]
    assert inbox.taken == []


async def test_a_compressed_body_is_not_unpacked(inbox: Inbox, post: Post) -> None:
    """Telegram sends none, and a small one could hold a gigabyte."""
    assert await post(data=b"\x1f\x8b", headers=GOOD | JSON | {"Content-Encoding": "gzip"}) == 200
    assert inbox.taken == []


async def test_what_is_no_http_is_refused_without_a_traceback(inbox: Inbox, port: int) -> None:
    """Header bombs and garbage: a short answer, one line in the log, and none of it in memory."""
    many = [b"X-%d: y" % number for number in range(60)]
    with capture_logs() as logs:
        for request in (
            b"\x16\x03\x01\x02",
            head(SECRET.encode(), *many),
            head(b"x" * 5000),
            b"GET / HTTP/9\r\n\r\n",
        ):
            assert b" 400 " in (await raw(port, request)).partition(b"\r\n")[0]
    assert {line["event"] for line in logs} == {"http.malformed"}
    assert inbox.taken == []


async def test_a_slow_body_is_given_up(inbox: Inbox, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """408: Telegram comes again."""
    monkeypatch.setattr(webhook, "_PATIENCE", 0.1)
    answer = await raw(port, head(SECRET.encode(), b"Content-Length: 10") + b'{"upd')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert inbox.taken == []


async def test_a_body_that_breaks_off_is_told_in_one_line(hook: Webhook, inbox: Inbox, port: int) -> None:
    """The other side has gone, or its chunks make no sense: no traceback."""
    with capture_logs() as logs:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head(SECRET.encode(), b"Content-Length: 10") + b'{"upd')
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await raw(port, head(SECRET.encode(), b"Transfer-Encoding: chunked") + b"zz\r\n")
        await asyncio.sleep(0.1)
    assert hook.refusals.counts["broken off"] >= 1
    assert {line["event"] for line in logs} <= {"webhook.refused", "http.malformed"}
    assert inbox.taken == []


async def test_half_a_head_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a connection on which nothing ever comes."""
    monkeypatch.setattr(server, "_SILENCE", 0.1)
    assert await raw(port, b"POST /telegram HTTP/1.1\r\nHost: x\r\n") == b""
    assert await raw(port, b"") == b""


@pytest.mark.parametrize(("chance", "count"), [(0.0, 150), (60.0, 450)])
async def test_slow_connections_do_not_keep_good_ones_out(
    inbox: Inbox, port: int, post: Post, monkeypatch: pytest.MonkeyPatch, chance: float, count: int
) -> None:
    """At the bound those that have waited longest give way, in a rush at a higher one; the newest are still there."""
    monkeypatch.setattr(server, "_CHANCE", chance)
    slow = await crowd(port, count)
    assert await post() == 200
    await asyncio.sleep(0.1)
    gone = [reader.at_eof() for reader, _ in slow]
    assert (all(gone[:50]), any(gone[60:])) == (True, False)
    await leave(slow)
    assert inbox.taken == [UPDATE]


Crowd = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]


async def leave(slow: Crowd) -> None:
    """All of them go."""
    for _, writer in slow:
        writer.transport.abort()
    await asyncio.sleep(0.05)


async def crowd(port: int, count: int) -> Crowd:
    """So many connections, one after another, each with half a head."""
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(count)]
    for _, writer in slow:
        writer.write(b"POST /telegram HTTP/1.1\r\nX-")
    return slow


async def test_requests_under_way_are_not_closed_for_others(
    inbox: Inbox, port: int, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They belong to Telegram, and end soon."""
    monkeypatch.setattr(server, "_CONNECTIONS", 5)
    monkeypatch.setattr(server, "_MOST", 5)
    inbox.gate = asyncio.Event()
    under_way = [asyncio.ensure_future(post()) for _ in range(5)]
    await asyncio.sleep(0.1)
    others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]
    inbox.gate.set()
    assert await asyncio.gather(*under_way) == [200] * 5
    await leave(others)


async def test_while_stopping_new_ones_wait_and_old_ones_end(hook: Webhook, inbox: Inbox) -> None:
    """Closed, it answers 503 to what comes, and what is under way is stored and acknowledged."""
    runner = await serve(hook.routes(), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
    inbox.gate = asyncio.Event()
    async with aiohttp.ClientSession(headers=GOOD) as session:
        first = asyncio.ensure_future(session.post(url, json=UPDATE))
        await asyncio.sleep(0.1)
        hook.is_open = False
        async with session.post(url, json=UPDATE) as late:
            assert (late.status, late.headers["Retry-After"]) == (503, "2")
        end = asyncio.ensure_future(runner.cleanup())
        await asyncio.sleep(0.1)
        inbox.gate.set()
        assert (await first).status == 200
        await end
    assert inbox.taken == [UPDATE]
