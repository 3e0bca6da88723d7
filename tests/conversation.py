"""A reader at the sandbox, and the real bot as a process beside it: what end-to-end tests are made of."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox import Sandbox

READER, OTHER = 501, 502
GROUP, CHANNEL = -1001000000001, -1001000000002
SAMPLE = Path(__file__).parent / "sample"
PATIENCE = 10.0

Json = dict[str, Any]


class BotProcess:
    """`python -m bot run` against a sandbox; its files lie in `folder` and outlive the process."""

    def __init__(self, api_url: str, token: str, folder: Path, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
        self._environment = {
            **clean,
            "BOT_TOKEN": token,
            "BOT_TELEGRAM__API_URL": api_url,
            "BOT_CONTENT__PATH": str(SAMPLE),
            "BOT_STORAGE__URL": f"sqlite:///{folder}/bot.db",
            "BOT_CLOCK__OFFSET_FILE": str(folder / "clock"),
            **environment,
        }
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Begin; returns at once."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "run",
            env=self._environment,
            cwd=Path(__file__).parents[1],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def stop(self, with_signal: int = signal.SIGTERM) -> tuple[int, str]:
        """End it by a signal; exit code and everything that it printed."""
        process = self._process
        assert process is not None
        if process.returncode is None:
            process.send_signal(with_signal)
        return await self.ended()

    async def ended(self) -> tuple[int, str]:
        """Wait for its end; exit code and everything that it printed."""
        process = self._process
        assert process is not None
        output, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode is not None
        return process.returncode, output.decode()

    async def kill(self) -> None:
        """The hard way: kill -9."""
        await self.stop(signal.SIGKILL)

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.returncode is None


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
