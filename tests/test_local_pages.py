"""No web site reaches a local page through a visitor's browser: neither by a name that it rebinds, nor across sites.

Every case is sent over a bare socket, byte for byte, to every page of the sandbox, to the Editor, to the Bot API, to
the health check and to the metrics. Each page answers a good request, and refuses every one of these.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.preview.following import editor_page
from bot.sandbox import Sandbox, SandboxSettings
from bot.web.server import serve
from tests.conftest import TOKEN
from tests.conversation import SAMPLE, Conversation
from tests.fakes import NOW

Case = tuple[str, bytes]
READ = {
    "page": "/",
    "script": "/page/dom.js",
    "state": "/api/state",
    "events": "/api/events",
    "calls": "/api/calls",
    "menu": "/api/menu?user=501&chat=501",
    "tabs": "/api/pages",
    "editor": "/pages/editor/",
    "editor's changes": "/pages/editor/changes",
    "Bot API": f"/bot{TOKEN}/getMe",
    "Bot API, with effect": f"/bot{TOKEN}/sendMessage?chat_id=-1001000000001&text=x",
}
WRITTEN = {"send": "/api/send", "clock": "/api/clock", "faults": "/api/faults"}
SEND = json.dumps({"user": 501, "chat": 501, "text": "x"}).encode()


def hosts(port: int) -> list[str | None]:
    """What `Host` holds when a name was rebound, or somebody is too clever."""
    return [
        *(None, "", "*", "evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}"),
        *(
            f"localhost.evil.example:{port}",
            f"127.0.0.1.:{port}",
            f"localhost.:{port}",
            "127.0.0.1",
            "localhost",
        ),
        *(
            f"127.0.0.1:{port + 1}",
            "127.0.0.1:80",
            f"127.0.0.1:0{port}",
            f"127.0.0.1:{port}:80",
            f"127.0.0.1:{port}/",
        ),
        *(
            f"[::1]:{port}",
            f"[::]:{port}",
            f"[::ffff:127.0.0.1]:{port}",
            f"[::ffff:7f00:1]:{port}",
            f"::1:{port}",
        ),
        *(
            f"2130706433:{port}",
            f"0x7f000001:{port}",
            f"0x7f.0.0.1:{port}",
            f"0177.0.0.1:{port}",
            f"127.1:{port}",
        ),
        *(f"127.0.0.2:{port}", f"0.0.0.0:{port}", f"0:{port}", f"127.0.0.01:{port}", f"１２７.0.0.1:{port}"),
        *(f"user@127.0.0.1:{port}", f"127.0.0.1:{port}@evil.example", f"evil.example@127.0.0.1:{port}"),
        *(f"127.0.0.1:{port}, evil.example", f"127.0.0.1:{port} evil.example", f"http://127.0.0.1:{port}"),
    ]


def origins(port: int) -> list[str]:
    """Where a request comes from that is not the page's own."""
    return [
        *(
            "",
            "null",
            "file://",
            "https://evil.example",
            f"http://evil.example:{port}",
            "chrome-extension://abcdef",
        ),
        *(
            f"https://127.0.0.1:{port}",
            f"http://127.0.0.1:{port + 1}",
            "http://127.0.0.1",
            f"http://localhost:{port}",
        ),
        *(
            f"http://127.0.0.1:{port}.evil.example",
            f"http://127.0.0.1:{port}@evil.example",
            f"http://[::1]:{port}",
        ),
        *(f"http://127.0.0.1:{port}, https://evil.example", f"http://127.0.0.1:{port}/evil"),
    ]


def reads(path: str, port: int) -> list[Case]:
    """A page elsewhere that would read this one, open it, or have an effect by reading."""
    good = f"Host: 127.0.0.1:{port}"
    heads = [f"Host: {host}" if host is not None else "X-No: host" for host in hosts(port)]
    heads += [f"{good}\r\nHost: evil.example", f"Host: evil.example\r\n{good}", f"{good}\r\n{good}"]
    heads += [f"{good}\r\nOrigin: {origin}" for origin in origins(port)]
    heads += [f"{good}\r\nOrigin: http://127.0.0.1:{port}\r\nOrigin: https://evil.example"]
    for site in ("cross-site", "same-site", "evil"):
        for mode, dest in (
            ("no-cors", "image"),
            ("no-cors", "script"),
            ("navigate", "iframe"),
            ("cors", "empty"),
        ):
            heads.append(
                f"{good}\r\nSec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {dest}"
            )
    web_socket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    web_socket += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    stream = "Accept: text/event-stream\r\nCache-Control: no-cache"
    heads += [f"{good}\r\nOrigin: https://evil.example\r\n{more}" for more in (web_socket, stream)]
    return [(head, f"GET {path} HTTP/1.1\r\n{head}\r\n\r\n".encode()) for head in heads]


def writes(path: str, port: int) -> list[Case]:
    """A form or a script elsewhere that would have an effect here, with a good `Host`."""
    form, own = b"user=501&chat=501&text=x", f"Origin: http://127.0.0.1:{port}"
    cases = [
        *(
            (f"Content-Type: {kind}", form)
            for kind in ("application/x-www-form-urlencoded", "multipart/form-data")
        ),
        *(
            (f"Content-Type: {kind}", SEND)
            for kind in ("text/plain", "text/plain; application/json", "text/json", "")
        ),
        *(
            (f"{own}\r\nContent-Type: {kind}", SEND)
            for kind in ("text/plain", "application/x-www-form-urlencoded")
        ),
        ("Content-Type: application/json-patch", SEND),
        ("X-No: type", SEND),
        *((f"Content-Type: application/json\r\nOrigin: {origin}", SEND) for origin in origins(port)),
        *(
            (f"Content-Type: application/json\r\nSec-Fetch-Site: {site}\r\nSec-Fetch-Dest: document", SEND)
            for site in ("cross-site", "same-site")
        ),
        ("Content-Type: application/json\r\nHost: evil.example", SEND),
    ]
    start = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    sent = [
        (head, f"{start}{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        for head, body in cases
    ]
    asked = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type"
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "EVIL"):
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n{asked}\r\n\r\n"
        sent.append((method, head.encode()))
    # What a POST does is not to be had by a GET.
    return [*sent, ("GET", f"GET {path}?text=x HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())]


def machine_address() -> str:
    """An address of this machine that is not the loopback; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address beside the loopback")
        return str(probe.getsockname()[0])


async def answer(port: int, request: bytes, address: str = "127.0.0.1") -> tuple[int, str]:
    """Status and head of the answer; 400 where the connection is closed without one."""
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(request)
    try:
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
        return int(head.split()[1]), head
    except asyncio.IncompleteReadError:
        return 400, ""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def let_in(port: int, cases: list[Case]) -> list[str]:
    """The cases that are not refused, or are told that others may read the answer."""
    accepted = []
    for name, request in cases:
        status, head = await answer(port, request)
        if status not in {400, 403, 404, 405} or "access-control-" in head.casefold():
            accepted.append(f"{status}: {name}")
    return accepted


@pytest.fixture
async def demo() -> AsyncIterator[Sandbox]:
    """The sandbox with the Editor beside it, as `make demo` shows it."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN, pages=(editor_page(SAMPLE, NOW.date),)))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


def port_of(demo: Sandbox) -> int:
    """Where it listens."""
    return int(demo.url.rpartition(":")[2])


@pytest.mark.parametrize("page", READ)
async def test_no_other_site_reads_a_page_of_the_sandbox(demo: Sandbox, page: str) -> None:
    """Sixty ways to ask, sixty refusals; the page's own request is answered."""
    port, path = port_of(demo), READ[page]
    cases = reads(path, port)
    before = await Conversation(demo).call("/api/state")

    assert len(cases) >= 60
    assert await let_in(port, cases) == []
    assert (await Conversation(demo).call("/api/state"))["messages"] == before["messages"]
    assert (await answer(port, f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()))[0] == 200


@pytest.mark.parametrize("action", WRITTEN)
async def test_no_other_site_acts_in_the_sandbox(demo: Sandbox, action: str) -> None:
    """No form, no script, no method: nothing happens. The page's own script does it."""
    port, path = port_of(demo), WRITTEN[action]
    before = await Conversation(demo).call("/api/state")

    assert await let_in(port, writes(path, port)) == []
    after = await Conversation(demo).call("/api/state")
    assert (after["messages"], after["clock"]["offset"]) == (before["messages"], 0)
    await Conversation(demo).send("heard")


async def test_a_link_elsewhere_opens_the_page_and_nothing_else(demo: Sandbox) -> None:
    """In a tab of its own, where the page is in nobody's frame; the API is not opened so."""
    port = port_of(demo)
    head = f"Host: 127.0.0.1:{port}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: document"
    statuses = {
        path: (await answer(port, f"GET {path} HTTP/1.1\r\n{head}\r\n\r\n".encode()))[0]
        for path in READ.values()
    }

    assert {path for path, status in statuses.items() if status != 403} == {"/"}
    _, answered = await answer(port, f"GET / HTTP/1.1\r\n{head}\r\n\r\n".encode())
    assert "frame-ancestors 'self'" in answered


async def test_requests_that_browsers_never_send_are_no_way_in_either(demo: Sandbox) -> None:
    """An old version without `Host`, an address in the first line, a broken line."""
    port = port_of(demo)
    for start in (
        "GET /api/state HTTP/1.0\r\n",
        "GET /api/state\r\n",
        f"GET http://evil.example/api/state HTTP/1.1\r\nHost: evil.example:{port}\r\n",
        f"GET /api/state HTTP/1.1\r\nHost:\t127.0.0.1.evil.example:{port}\r\n",
        f"GET /api/state HTTP/1.1\nHost: evil.example:{port}\n",
        f"GET /api/state HTTP/1.1\r\nHost : 127.0.0.1:{port}\r\n",
    ):
        assert (await answer(port, f"{start}\r\n".encode()))[0] in {400, 403}


@pytest.fixture
async def bot() -> AsyncIterator[int]:
    """The port of the bot's own server, with one page beside the webhook."""

    async def page(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    runner = await serve([web.get("/healthz", page), web.post("/telegram", page)], "127.0.0.1", 0)
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_no_other_site_reads_the_health_and_the_metrics(bot: int) -> None:
    """The same sixty cases; what a health check and a scraper send is answered, and tells no site that it may read."""
    assert await let_in(bot, reads("/healthz", bot)) == []
    assert (
        await let_in(bot, [case for case in writes("/healthz", bot) if not case[0].startswith("GET")]) == []
    )
    for host in (f"127.0.0.1:{bot}", f"localhost:{bot}"):
        status, head = await answer(bot, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert status == 200
        assert "access-control-" not in head.casefold()


async def test_the_webhook_is_found_under_the_proxys_name(bot: int) -> None:
    """It has a secret of its own, and is the only thing that the world reaches."""
    request = "POST /telegram HTTP/1.1\r\nHost: bot.example.org\r\nContent-Length: 0\r\n\r\n"

    assert (await answer(bot, request.encode()))[0] == 200


async def test_over_another_address_the_server_may_have_any_name() -> None:
    """In a container it is scraped by its service's name; sites are refused there all the same."""

    async def page(_: web.Request) -> web.Response:
        return web.Response()

    runner = await serve([web.get("/metrics", page)], "0.0.0.0", 0)  # noqa: S104
    port = runner.addresses[0][1]
    start = "GET /metrics HTTP/1.1\r\nHost: bot:8081\r\n"
    over = machine_address()
    assert (await answer(port, f"{start}\r\n".encode(), over))[0] == 200
    assert (await answer(port, f"{start}Origin: https://evil.example\r\n\r\n".encode(), over))[0] == 403
    assert (await answer(port, f"{start}\r\n".encode()))[0] == 403
    await runner.cleanup()
