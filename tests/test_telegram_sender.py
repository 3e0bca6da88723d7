"""Every answer of Telegram's, and every way of having none, as an outcome: real HTTP on a local server."""

import asyncio
import datetime as dt
import json
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from telegram.error import BadRequest, Conflict, TelegramError
from telegram.ext import ExtBot

from bot.core.delivery import (
    Ambiguous,
    Migrated,
    Missing,
    NotSent,
    Outcome,
    RateLimited,
    Refused,
    Restricted,
    Sent,
    Unauthorized,
    Unreachable,
)
from bot.core.model import Button, Chat, Message
from bot.ports import Meter
from bot.telegram.governor import GovernorLimiter
from bot.telegram.request import AiohttpRequest, NotSentError
from bot.telegram.sender import TelegramSender, arguments, classify
from tests.fakes import FixedClock, ForgottenHolds

TOKEN = "1000000001:test-token"
HELLO = Message("<b>Hello</b>", ((Button("Next", "next"), Button("Read", url="https://example.org/")),))
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def _timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program sets it."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@dataclass(slots=True)
class Server:
    """A Bot API server that does what it is told and keeps what it was sent."""

    handler: Handler | None = None
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    port: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method."""
        form: Any = {}
        if request.can_read_body:
            is_form = request.content_type.startswith("multipart")
            form = await (request.post() if is_form else request.json())
        self.received.append((request.path, dict(form)))
        assert self.handler is not None
        return await self.handler(request)

    def answers(self, status: int, body: Any) -> None:
        """The same answer to everything: JSON, or text as it is."""

        async def handler(_: web.Request) -> web.Response:
            text = body if isinstance(body, str) else json.dumps(body)
            return web.Response(status=status, text=text)

        self.handler = handler

    def refuses(self, code: int, description: str, **parameters: Any) -> None:
        """An error in the Bot API's form."""
        extra = {"parameters": parameters} if parameters else {}
        self.answers(code, {"ok": False, "error_code": code, "description": description, **extra})

    def takes(self) -> None:
        """A message was sent."""
        chat = {"id": 5, "type": "private", "first_name": "Reader"}
        self.answers(
            200, {"ok": True, "result": {"message_id": 4711, "date": 1, "chat": chat, "text": "Hello"}}
        )


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """On a free port."""
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@dataclass(slots=True)
class Impatient:
    """A bot's connection with short patience."""

    request: AiohttpRequest
    bot: ExtBot[Any]

    async def send(self, message: Message = HELLO, chat: Chat = Chat(5)) -> Outcome:  # noqa: B008
        """One attempt, as the sender does it."""
        return await TelegramSender(self.bot).send(chat, message)


def extbot(base_url: str, request: AiohttpRequest) -> ExtBot[Any]:
    """A bot behind a governor that is new, as each of these tests has its own chat's pace."""
    limiter = GovernorLimiter(1000, FixedClock(), ForgottenHolds(), {})
    return ExtBot(TOKEN, base_url, request=request, rate_limiter=limiter)


class ShortRequest(AiohttpRequest):
    """Waits a fifth of a second where the bot waits seconds."""

    async def do_request(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """With other limits."""
        return await super().do_request(*args, **{**options, "connect_timeout": 0.2, "read_timeout": 0.2})


def connect(port: int, request: AiohttpRequest) -> Impatient:
    """A bot that calls a local server."""
    return Impatient(request, extbot(f"http://127.0.0.1:{port}/bot", request))


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Impatient]:
    """Connected to the server, one connection at a time."""
    request = ShortRequest(1)
    await request.initialize()
    yield connect(server.port, request)
    await request.shutdown()


# -- what is sent -----------------------------------------------------------------------------------------


async def test_a_message_goes_out_as_it_is(server: Server, client: Impatient) -> None:
    """HTML, buttons and topic; no link preview; the message's id comes back."""
    server.takes()
    assert await client.send(chat=Chat(-100, 7)) == Sent(4711)
    ((path, sent),) = server.received
    assert path == f"/bot{TOKEN}/sendMessage"
    assert (sent["chat_id"], sent["message_thread_id"], sent["text"]) == (-100, 7, "<b>Hello</b>")
    assert (sent["parse_mode"], sent["link_preview_options"]) == ("HTML", {"is_disabled": True})
    keyboard = sent["reply_markup"]["inline_keyboard"]
    assert keyboard == [
        [{"text": "Next", "callback_data": "next"}, {"text": "Read", "url": "https://example.org/"}]
    ]


async def test_an_edit_puts_a_message_in_the_place_of_an_earlier_one(
    server: Server, client: Impatient
) -> None:
    """The message's number, and all else as it is sent; nothing of a topic."""
    server.answers(200, {"ok": True, "result": True})

    assert await TelegramSender(client.bot).edit(Chat(-5, 7), 9, HELLO) == Sent(9)
    ((path, body),) = server.received
    assert path.endswith("/editMessageText")
    assert (body["chat_id"], body["message_id"], body["text"]) == (-5, 9, "<b>Hello</b>")
    assert "message_thread_id" not in body


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("Bad Request: message is not modified: specified new message content is the same", Sent(9)),
        ("Bad Request: message to edit not found", Refused("Message to edit not found")),
        ("Bad Request: message can't be edited", Refused("Message can't be edited")),
    ],
)
async def test_an_edit_that_changes_nothing_is_done(
    server: Server, client: Impatient, words: str, outcome: Outcome
) -> None:
    """The text stands there already; what cannot be edited is refused, and tried once."""
    server.refuses(400, words)
    assert await TelegramSender(client.bot).edit(Chat(-5), 9, HELLO) == outcome
    assert len(server.received) == 1


async def test_a_plain_chat_has_no_topic_and_a_bare_message_no_buttons(
    server: Server, client: Impatient
) -> None:
    """What is not there is not sent."""
    server.takes()
    await client.send(Message("Hello"))
    ((_, sent),) = server.received
    assert not {"message_thread_id", "reply_markup"} & set(sent)


async def test_of_a_message_that_was_sent_nothing_is_built_that_nobody_reads(
    server: Server, client: Impatient
) -> None:
    """Its number, its date and its chat; what has no such number is left whole."""
    chat = {"id": 5, "type": "private"}
    entities = [{"type": "bold", "offset": 0, "length": 5}]
    server.answers(
        200,
        {
            "ok": True,
            "result": {"message_id": 9, "date": 1, "chat": chat, "text": "Hello", "entities": entities},
        },
    )

    sent = await client.bot.send_message(5, "Hello")
    assert (sent.message_id, sent.chat.id, sent.text, sent.entities) == (9, 5, None, ())

    server.answers(
        200, {"ok": True, "result": {"id": 7, "is_bot": True, "first_name": "Bot", "username": "b"}}
    )
    assert (await client.bot.get_me()).username == "b"


async def test_what_is_sent_to_many_stays_as_it_is(server: Server, client: Impatient) -> None:
    """It is made once; a lane, a topic or a plain text of one reader's does not reach the next one."""
    server.refuses(400, "Bad Request: can't parse entities")
    await client.send(chat=Chat(5, 7))
    server.takes()
    await client.send(chat=Chat(6))
    await client.bot.send_message(7, **arguments(HELLO, inline=True))

    first, _, second, third = (sent for _, sent in server.received)
    assert "message_thread_id" not in second
    for field_ in ("text", "parse_mode", "reply_markup", "link_preview_options"):
        assert first[field_] == second[field_] == third[field_]


async def test_files_go_out_as_a_form(server: Server, client: Impatient) -> None:
    """The backend serves all of the library, not only messages."""
    server.takes()
    await client.bot.send_document(5, b"content", filename="a.txt", caption="About")
    ((path, form),) = server.received
    assert path.endswith("/sendDocument")
    assert (form["caption"], form["chat_id"]) == ("About", "5")
    assert form["document"].filename == "a.txt"


# -- what Telegram answers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "description",
    [
        "bot was blocked by the user",
        "user is deactivated",
        "bot was kicked from the supergroup chat",
        "bot is not a member of the channel chat",
        "the group chat was deleted",
        "bot can't initiate conversation with a user",
    ],
)
async def test_a_403_is_a_chat_that_cannot_be_reached(
    server: Server, client: Impatient, description: str
) -> None:
    """Until the user returns."""
    server.refuses(403, f"Forbidden: {description}")
    outcome = await client.send()
    assert isinstance(outcome, Unreachable)
    assert description in outcome.code.casefold()
    assert not outcome.topic


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("chat not found", Missing),
        ("private chat not found", Missing),
        ("CHAT_WRITE_FORBIDDEN", Restricted),
        ("CHAT_ADMIN_REQUIRED", Restricted),
        ("CHAT_GUEST_SEND_FORBIDDEN", Restricted),
        ("CHAT_RESTRICTED", Restricted),
        ("ALLOW_PAYMENT_REQUIRED_10", Restricted),
        ("have no write access to the chat", Restricted),
        ("not enough rights to send text messages to the chat", Restricted),
        ("need administrator rights in the channel chat", Restricted),
        ("TOPIC_CLOSED", Unreachable),
        ("TOPIC_DELETED", Unreachable),
        ("message thread not found", Unreachable),
    ],
)
async def test_a_400_that_speaks_of_the_chat_is_not_the_messages_fault(
    server: Server,
    client: Impatient,
    description: str,
    kind: type[Outcome],
) -> None:
    """Rights lost, payment wanted, or only the topic gone."""
    server.refuses(400, f"Bad Request: {description}")
    assert isinstance(await client.send(), kind)


@pytest.mark.parametrize(
    "description",
    [
        "can't parse entities: unclosed start tag at byte offset 5",
        "message is too long",
        "ENTITY_BOUNDS_INVALID",
        "BUTTON_DATA_INVALID",
        "message text is empty",
        "something that nobody has seen yet",
    ],
)
async def test_any_other_400_is_the_messages_fault(
    server: Server, client: Impatient, description: str
) -> None:
    """The chat is never blamed for our content."""
    server.refuses(400, f"Bad Request: {description}")
    outcome = await client.send()
    assert isinstance(outcome, Refused)
    assert description.casefold() in outcome.code.casefold()


async def test_a_429_says_how_long_to_wait(server: Server, client: Impatient) -> None:
    """It can be hours."""
    server.refuses(429, "Too Many Requests: retry after 10072", retry_after=10072)
    assert await client.send() == RateLimited(dt.timedelta(seconds=10072))


@pytest.mark.parametrize(
    "body", ["<html>Slow down</html>", {"ok": False, "description": "Too Many Requests"}]
)
async def test_a_429_without_a_figure_waits_a_while(server: Server, client: Impatient, body: Any) -> None:
    """As a proxy on the way answers."""
    server.answers(429, body)
    assert await client.send() == RateLimited(dt.timedelta(seconds=5))


async def test_a_group_that_moved_names_its_new_id(server: Server, client: Impatient) -> None:
    """In the parameters of a 400."""
    server.refuses(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1001)
    assert await client.send() == Migrated(-1001)


@pytest.mark.parametrize("code", [401, 404])
async def test_a_refused_token_is_not_the_chats_fault(server: Server, client: Impatient, code: int) -> None:
    """Both codes mean that nothing can be sent at all."""
    server.refuses(code, "Unauthorized")
    assert await client.send() == Unauthorized()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}),
        (502, "<html>Bad Gateway</html>"),
        (503, ""),
        (504, "x"),
        (200, "<html>Welcome to this network</html>"),
        (200, ""),
        (302, ""),
        (200, {"ok": True, "result": {}}),
        (200, {"ok": True, "result": [1]}),
        (400, "<html>Bad Request</html>"),
        (403, "<html>This network forbids it</html>"),
    ],
)
async def test_an_answer_that_is_not_the_bot_apis_leaves_it_open(
    server: Server, client: Impatient, status: int, body: Any
) -> None:
    """A server in trouble, or a proxy on the way: it may have been sent, and no chat is blamed."""
    server.answers(status, body)
    assert isinstance(await client.send(), Ambiguous)
    assert len(server.received) == 1


async def test_a_redirect_is_not_followed(server: Server, client: Impatient) -> None:
    """It would carry the token to another address."""

    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{server.port}/elsewhere"})

    server.handler = elsewhere
    assert isinstance(await client.send(), Ambiguous)
    assert len(server.received) == 1


@pytest.mark.parametrize("error", [BadRequest("Chat not found"), Conflict("x"), TelegramError("x")])
def test_classes_are_not_causes(error: TelegramError) -> None:
    """A BadRequest is a NetworkError in the library, and yet not open."""
    expected = Missing if isinstance(error, BadRequest) else Ambiguous
    assert isinstance(classify(error), expected)


# -- when no answer comes ---------------------------------------------------------------------------------


async def test_a_server_that_hangs_leaves_it_open(server: Server, client: Impatient) -> None:
    """The request was received: who knows what became of it."""
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    server.handler = hang
    assert isinstance(await client.send(), Ambiguous)
    assert len(server.received) == 1
    release.set()


async def test_an_answer_in_drops_does_not_hold_the_sender_for_ever(
    server: Server, client: Impatient
) -> None:
    """Each drop comes in time, the answer as a whole does not."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(200):
            await response.write(b" ")
            await asyncio.sleep(0.05)
        return response

    server.handler = drip
    async with asyncio.timeout(5):
        assert isinstance(await client.send(), Ambiguous)


async def test_a_connection_that_breaks_after_the_request_leaves_it_open(
    server: Server, client: Impatient
) -> None:
    """Reset while waiting for the answer; the request is not repeated behind the sender's back."""

    async def reset(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    server.handler = reset
    assert isinstance(await client.send(), Ambiguous)
    assert len(server.received) == 1


async def test_a_kept_connection_that_was_closed_is_not_a_second_request(
    server: Server, client: Impatient
) -> None:
    """The second request on a connection meets its end: it is open, and is not sent anew without a word."""
    server.takes()
    assert isinstance(await client.send(), Sent)

    async def close(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    server.handler = close
    assert isinstance(await client.send(), Ambiguous)
    assert len(server.received) == 2


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "http://no-such-host.invalid", "http://["])
async def test_what_finds_no_server_was_not_sent(address: str) -> None:
    """Refused, no such name, no such address: it may be tried again freely."""
    request = ShortRequest(1)
    await request.initialize()
    bot = extbot(f"{address.format(port=free_port())}/bot", request)
    assert isinstance(await TelegramSender(bot).send(Chat(5), HELLO), NotSent)
    await request.shutdown()


async def test_a_proxy_that_refuses_to_connect_was_not_passed(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when it is not there, nor when it says no."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(refuse, "127.0.0.1", 0)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for port in (proxy.sockets[0].getsockname()[1], free_port()):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        request = ShortRequest(1)
        await request.initialize()
        bot = extbot(f"https://127.0.0.1:{server.port}/bot", request)
        assert isinstance(await TelegramSender(bot).send(Chat(5), HELLO), NotSent)
        await request.shutdown()
    proxy.close()
    await proxy.wait_closed()
    assert server.received == []


async def test_no_free_connection_means_not_sent(server: Server, client: Impatient) -> None:
    """The only connection is taken: what waits for it too long never left."""
    release = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    server.handler = hang
    url = f"http://127.0.0.1:{server.port}/slow"
    busy = asyncio.create_task(AiohttpRequest.do_request(client.request, url, "POST", None, read_timeout=5))
    async with asyncio.timeout(5):
        while not server.received:
            await asyncio.sleep(0.001)
        with pytest.raises(NotSentError):
            await client.request.do_request(url, "POST")
    assert len(server.received) == 1
    busy.cancel()
    await asyncio.wait([busy])
    release.set()


async def test_a_fault_of_ours_is_an_outcome_too(client: Impatient) -> None:
    """The sender never raises: the delivery would be left hanging."""
    await client.request.shutdown()
    assert isinstance(await client.send(), NotSent | Ambiguous)


async def test_a_backend_that_was_not_opened_says_so() -> None:
    """A mistake of the program, told to its programmer."""
    with pytest.raises(RuntimeError, match="not initialized"):
        await AiohttpRequest(1).do_request("http://127.0.0.1/", "POST")


# -- the backend ------------------------------------------------------------------------------------------


class Answers(Meter):
    """Keeps what it is told of answers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Method and status."""
        assert 0 < seconds < 60
        self.told.append((method, status))


async def test_every_answer_is_told_and_also_that_none_came(server: Server) -> None:
    """By the method alone: the address holds the token."""
    answers = Answers()
    request = AiohttpRequest(1, answers)
    await request.initialize()
    await request.initialize()
    client = connect(server.port, request)
    server.takes()
    await client.send()
    server.refuses(409, "Conflict: terminated by other getUpdates request")
    await client.send()
    await connect(free_port(), request).send()
    await request.shutdown()
    await request.shutdown()
    assert answers.told == [("sendMessage", 200), ("sendMessage", 409), ("sendMessage", 0)]


async def test_the_token_is_not_in_an_error(client: Impatient) -> None:
    """Addresses hold the token, so errors do not hold addresses."""
    bot = extbot(f"http://127.0.0.1:{free_port()}/bot", client.request)
    with pytest.raises(NotSentError) as caught:
        await bot.send_message(5, "Hello")
    assert TOKEN not in str(caught.value)


# -- over TLS ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on PATH to make a certificate")
async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """Nothing is sent to who only claims to be Telegram."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    heard: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.json_response({"ok": True, "result": True})

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    request = ShortRequest(1)
    await request.initialize()
    bot = extbot(f"https://127.0.0.1:{runner.addresses[0][1]}/bot", request)
    outcome = await TelegramSender(bot).send(Chat(5), HELLO)
    await request.shutdown()
    await runner.cleanup()
    assert isinstance(outcome, NotSent)
    assert heard == []
