"""A reader at the sandbox, and the real bot as a process beside it: what end-to-end tests are made of."""

import asyncio
import functools
import os
import signal
import socket
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.sandbox import Sandbox
from tests.forking import Forked, command
from tests.token_scan import search, secrets_of

READER, OTHER = 501, 502
GROUP, CHANNEL = -1001000000001, -1001000000002
SAMPLE = Path(__file__).parent / "sample"
PATIENCE = 10.0

Json = dict[str, Any]


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something to become true."""
    for _ in range(1000):
        if await reached():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


class BotProcess:
    """`python -m bot run` against a sandbox; its files lie in `folder` and outlive the process.

    It logs at DEBUG, and when it has ended, no secret may stand in its output or in its files.
    """

    patience = PATIENCE
    """Seconds that it may take to end."""
    main: Callable[[], None] = functools.partial(command, ["run"])
    """What the process does."""

    def __init__(self, api_url: str, token: str, folder: Path, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
        self._environment = {
            **clean,
            "BOT_TOKEN": token,
            "BOT_TELEGRAM__API_URL": api_url,
            "BOT_TELEGRAM__BURST": "1000",  # one reader says here what a hundred would
            "BOT_CONTENT__PATH": str(SAMPLE),
            "BOT_STORAGE__URL": f"sqlite:///{folder}/bot.db",
            "BOT_CLOCK__OFFSET_FILE": str(folder / "clock"),
            "BOT_LOG__LEVEL": "debug",
            **environment,
        }
        self._folder = folder
        self._process: Forked | None = None

    async def start(self) -> None:
        """Begin; returns at once."""
        self._process = Forked(type(self).main, self._environment)

    async def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal; exit code and everything that it printed."""
        if self.running:
            os.kill(self.pid, with_signal)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        """Wait for its end; exit code and everything that it printed."""
        assert self._process is not None
        code, output = await self._process.ended(self.patience)
        self.searched(output.encode())
        return code, output

    async def prints(self, words: str) -> None:
        """Wait until its log holds these words."""
        assert self._process is not None
        async with asyncio.timeout(self.patience):
            while words not in self._process.log:
                await asyncio.sleep(0.02)

    def searched(self, output: bytes) -> None:
        """Fail where a secret stands in what this process has left behind, files of secrets left out."""
        known = [value for name, value in self._environment.items() if name.endswith("_FILE")]
        search(secrets_of(self._environment), output, self._folder, known)

    async def kill(self) -> None:
        """The hard way: kill -9, once what was answered is recorded: else it would be answered a second time."""
        with closing(
            sqlite3.connect(f"file:{self._folder}/bot.db?mode=ro", uri=True, timeout=10)
        ) as database:
            while database.execute("SELECT count(*) FROM inbox WHERE payload <> ''").fetchone()[0]:
                await asyncio.sleep(0.01)
        await self.stop(signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.running


class Conversation:
    """Speaks the page's API as one user in one chat."""

    def __init__(self, sandbox: Sandbox, user: int = READER, chat: int = READER) -> None:
        self._url = sandbox.url
        self.user, self.chat = user, chat

    async def call(self, path: str, body: Json | None = None) -> Json:
        """One request of the page's API."""
        async with (
            aiohttp.ClientSession() as session,
            session.request("POST" if body is not None else "GET", self._url + path, json=body) as answer,
        ):
            result: Json = {"body": await answer.json()}
            return result["body"] if isinstance(result["body"], dict) else result

    async def messages(self) -> list[Json]:
        """Everything in this chat, oldest first."""
        state = await self.call("/api/state")
        messages: list[Json] = state["messages"].get(str(self.chat), [])
        return messages

    async def from_bot(self) -> list[Json]:
        """The bot's messages in this chat."""
        return [message for message in await self.messages() if message["from"] not in (READER, OTHER)]

    async def send(self, text: str) -> None:
        """Write, and do not wait for an answer."""
        answer = await self.call("/api/send", {"user": self.user, "chat": self.chat, "text": text})
        assert "message" in answer, answer

    async def say(self, text: str) -> Json:
        """Write, and wait for the bot's answer."""
        before = len(await self.from_bot())
        await self.send(text)
        return await self.answer(before)

    async def answer(self, before: int) -> Json:
        """The bot's message that comes after its first `before` ones."""
        for _ in range(int(PATIENCE / 0.02)):
            if len(messages := await self.from_bot()) > before:
                return messages[before]
            await asyncio.sleep(0.02)
        raise AssertionError("the bot did not answer")

    async def press(self, message: Json, label: str) -> Json:
        """Press the button whose text holds `label`; the callback's answer."""
        button = find_button(message, label)
        body = {
            "user": self.user,
            "chat": self.chat,
            "message_id": message["message_id"],
            "data": button["callback_data"],
        }
        return await self.call("/api/press", body)

    async def again(self, message: Json) -> Json:
        """The same message as it is now."""
        return next(each for each in await self.messages() if each["message_id"] == message["message_id"])


def find_button(message: Json, label: str) -> Json:
    """The button of a message whose text holds `label`."""
    buttons: list[Json] = [button for row in message["reply_markup"]["inline_keyboard"] for button in row]
    return next(button for button in buttons if label in button["text"])


def labels(message: Json) -> list[list[str]]:
    """The texts of a message's buttons, row by row."""
    return [[button["text"] for button in row] for row in message["reply_markup"]["inline_keyboard"]]


IVAN, AIBEK = 503, 504
FORUM = -1001000000003
PEOPLE = (READER, OTHER, IVAN, AIBEK)


class Person(Conversation):
    """Any of the sandbox's people, in any kind of chat and topic, with all that the page lets a person do."""

    def __init__(
        self, sandbox: Sandbox, user: int = READER, chat: int | None = None, thread: int | None = None
    ) -> None:
        super().__init__(sandbox, user, user if chat is None else chat)
        self.sandbox = sandbox
        self.thread = thread

    def go(self, chat: int, thread: int | None = None) -> Self:
        """Look at another chat, or at a topic of a forum (None: General)."""
        self.chat, self.thread = chat, thread
        return self

    async def do(self, what: str, **body: Any) -> Json:
        """One action of the page's API, which must be taken; None leaves a field out."""
        place = {"user": self.user, "chat": self.chat, "thread": self.thread}
        answer = await self.call(
            f"/api/{what}", {name: v for name, v in (place | body).items() if v is not None}
        )
        assert "error" not in answer, answer
        return answer

    async def send(self, text: str, reply_to: int | None = None) -> None:
        """Write, perhaps as an answer to a message, and do not wait for the bot's."""
        await self.do("send", text=text, reply_to=reply_to)

    async def start(self, payload: str = "") -> None:
        """Press START, or follow a link that starts the bot; in a group, one that adds it there."""
        await self.do("start", payload=payload)

    async def here(self) -> list[Json]:
        """All messages of this chat, or of this topic where the chat has topics."""
        return [message for message in await self.messages() if message["thread"] == self.thread]

    async def from_bot(self) -> list[Json]:
        """What the bot wrote here: not what people wrote, chose from it inline, or did to the chat."""
        return [message for message in await self.here() if message["author"] == BotSide.id]

    async def speak(self, language: str) -> None:
        """Change the language of this person's app."""
        await self.do("language", language=language)

    async def set_role(self, member: int, **change: Any) -> None:
        """Change what somebody, or the bot, is here: `status`, `can_post`, `anonymous`."""
        await self.do("role", member=member, **change)

    async def new_chat(self, kind: str, title: str, **more: Any) -> int:
        """Open a "supergroup" or "channel" (`forum`, and `bot`: its role there); its id."""
        return int((await self.do("chat", type=kind, title=title, **more))["chat"])

    async def open_topic(self, name: str) -> int:
        """Open a topic; its thread id."""
        return int((await self.do("topic", name=name))["thread"])

    async def close_topic(self, thread: int | None, *, closed: bool = True) -> None:
        """Close a topic, or open it again."""
        await self.do("topic", thread=thread, closed=closed)

    async def ask_inline(self, query: str, offset: str = "") -> Json:
        """Write `@digest_bot query`: the bot's results, once it has answered."""
        return await self.do("inline", query=query, offset=offset)

    async def choose(self, found: Json, result: str) -> Json:
        """Send one of the results that `ask_inline` found, by its id; the message as it stands in the chat."""
        message: Json = (await self.do("choose", query_id=found["query_id"], result=result))["message"]
        return message

    async def locate(self, latitude: float, longitude: float) -> None:
        """Share a place."""
        await self.do("location", latitude=latitude, longitude=longitude)

    async def chats_for(self, request_id: int) -> list[int]:
        """The chats that a button of the reply keyboard lets this person choose from."""
        chats: list[int] = (await self.do("share", request_id=request_id))["chats"]
        return chats

    async def share_chat(self, request_id: int, chosen: int) -> None:
        """Answer that button with a chat."""
        await self.do("share", request_id=request_id, chosen=chosen)

    async def menu(self) -> Json:
        """What this person sees of the bot here: `commands`, `description`, `name`."""
        return await self.call(f"/api/menu?user={self.user}&chat={self.chat}")


class BotSide:
    """The bot's side, played by a test: bare calls of the Bot API, and the updates one after another."""

    id = 1_000_000_001

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = f"{sandbox.url}/bot{sandbox.settings.token}/"
        self._offset = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def answer(
        self, method: str, files: dict[str, tuple[str, bytes]] | None = None, **params: Any
    ) -> Json:
        """The whole answer to a call; with files (name and bytes, by parameter) it goes as multipart."""
        options: dict[str, Any] = {"json": params}
        if files:
            form = aiohttp.FormData({name: str(value) for name, value in params.items()}, quote_fields=False)
            for name, (filename, data) in files.items():
                form.add_field(name, data, filename=filename)
            options = {"data": form}
        async with self._session.post(self._url + method, **options) as answer:
            body: Json = await answer.json()
            return body

    async def call(self, method: str, **params: Any) -> Any:
        """The result of a call that succeeds."""
        answer = await self.answer(method, **params)
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **params: Any) -> str:
        """The words in which a call is refused, without their prefix."""
        answer = await self.answer(method, **params)
        assert not answer["ok"], answer
        return str(answer["description"]).partition(": ")[2]

    async def updates(self, seconds: int = 0) -> list[Json]:
        """The updates that are there, or come within so many seconds."""
        updates: list[Json] = await self.call("getUpdates", offset=self._offset, timeout=seconds)
        return updates

    async def update(self, kind: str) -> Json:
        """The body of the next update, which must be of this kind."""
        updates = await self.updates(seconds=5)
        assert updates, "no update came"
        self._offset = updates[0]["update_id"] + 1
        assert kind in updates[0], updates[0]
        body: Json = updates[0][kind]
        return body
