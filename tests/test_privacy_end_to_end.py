"""/privacy, /mydata, /forgetme and /stats with the real bot as a process; and the id is nowhere after it."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.core import privacy_texts
from bot.sandbox import Sandbox, SandboxSettings
from bot.sandbox.world import Chat as SandboxChat
from tests.conversation import GROUP, OTHER, READER, BotProcess, Json, Person, labels

TOKEN = "1000000001:test-token"
ID = 7_777_777_771
TABLES = ("subscriptions", "chats", "progress", "deliveries")


@dataclass
class Stage:
    """The bot at work with a reader whose number is like no other."""

    folder: Path
    sandbox: Sandbox
    bot: BotProcess
    reader: Person

    def places(self, number: int = ID) -> list[str]:
        """The files of the bot's that hold a number, in decimal or as SQLite stores it."""
        forms = (str(number).encode(), number.to_bytes(6, "big", signed=True))
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return [path.name for path in files if any(form in path.read_bytes() for form in forms)]

    async def nowhere(self) -> None:
        """Wait until no file holds the id: what was just answered is taken from the database's log within seconds."""
        for _ in range(100):
            if not self.places():
                return
            await asyncio.sleep(0.1)
        assert self.places() == []

    def rows(self, chat: int = ID) -> int:
        """How many rows there are about a chat."""
        with closing(sqlite3.connect(f"file:{self.folder}/bot.db?mode=ro", uri=True)) as connection:
            counted = (f"SELECT count(*) FROM {table} WHERE chat_id = ?" for table in TABLES)  # noqa: S608
            return sum(connection.execute(count, (chat,)).fetchone()[0] for count in counted)

    async def document(self, message: Json) -> Json:
        """The file that a message holds, read as JSON."""
        found = message["content"]["document"]
        assert found["file_name"] == "mydata.json"
        address = f"{self.sandbox.url}/api/files/{found['file_id']}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            document: Json = json.loads(await answer.read())
            return document

    async def erase(self, person: Person) -> Json:
        """Ask for it and press the button; the message as it stands then."""
        question = await person.say("/forgetme")
        await person.press(question, "Erase")
        return await person.again(question)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A running bot that logs all it can, stopped afterwards."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    health = f"http://127.0.0.1:{port}/healthz"
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN, clock_file=tmp_path / "clock", status_url=health))
    body = {"id": ID, "is_bot": False, "first_name": "Stranger", "language_code": "en"}
    sandbox._world.users[ID] = body
    sandbox._world.chats[ID] = SandboxChat(ID, "private", "Stranger", {ID: "member"})
    await sandbox.start()
    folder = tmp_path / "data"
    folder.mkdir()
    settings = {
        "BOT_CLOCK__OFFSET_FILE": str(tmp_path / "clock"),
        "BOT_TELEGRAM__ADMINS": str(OTHER),
        "BOT_WEB__PORT": str(port),
        "BOT_LOG__LEVEL": "debug",
    }
    bot = BotProcess(sandbox.url, TOKEN, folder, **settings)
    await bot.start()
    yield Stage(folder, sandbox, bot, Person(sandbox, ID))
    if bot.running:
        _, output = await bot.stop()
        assert "Traceback" not in output
    await sandbox.stop()


async def test_after_forgetme_the_id_is_found_nowhere(stage: Stage) -> None:
    """Not in the database, its log, the files beside it, what the process printed; nor after /start or a restart."""
    reader = stage.reader
    await reader.say("/subscribe 07:30 daily")
    await reader.say("/next")
    for _ in range(250):
        clock = (await reader.call("/api/state"))["clock"]
        if clock["next"] and clock["next"] > clock["now"]:
            break
        await asyncio.sleep(0.02)
    await reader.call("/api/clock", {"to": "next"})
    await reader.answer(2)
    document = await stage.document(await reader.say("/mydata"))
    assert document["subscriptions"][0]["chat"] == document["chat"][0]["chat"] == ID
    assert len(document["read"]) >= 1
    assert stage.rows()
    assert stage.places()

    done = await stage.erase(reader)

    assert "all is erased" in done["text"]
    assert done["reply_markup"] is None
    assert stage.places() == []
    assert "Rivers" in (await reader.say("/start"))["text"]
    await stage.nowhere()
    code, output = await stage.bot.stop()
    assert code == 0
    assert "bot.started" in output
    assert str(ID) not in output
    await stage.bot.start()
    empty = await stage.document(await reader.say("/mydata"))
    assert {name for name, found in empty.items() if found} == {"about", "made"}
    await stage.nowhere()


async def test_in_a_group_its_administrators_alone_see_and_erase(stage: Stage) -> None:
    """The file comes in private to who asked; a member, a forged button and an old one change nothing."""
    admin = Person(stage.sandbox, READER, GROUP)
    member = Person(stage.sandbox, OTHER, GROUP)
    await admin.set_role(OTHER, status="member")
    await admin.say("/subscribe")

    assert "only its administrators" in (await member.say("/mydata"))["text"]
    assert "only its administrators" in (await member.say("/forgetme"))["text"]
    assert "press Start" in (await admin.say("/mydata"))["text"]
    private = Person(stage.sandbox, READER)
    await private.start()
    before = len(await private.from_bot())
    assert "in our private chat" in (await admin.say("/mydata"))["text"]
    document = await stage.document((await private.from_bot())[-1])
    assert document["subscriptions"][0]["chat"] == GROUP
    assert len(await private.from_bot()) >= before

    question = await admin.say("/forgetme")
    toast = await member.press(question, "Erase")
    assert "only its administrators" in json.dumps(toast)
    for data in ("!forget", "!forget.AAAAAAAAAAA", "!forget."):
        body = {"user": READER, "chat": GROUP, "message_id": question["message_id"], "data": data}
        await admin.call("/api/press", body)
    assert stage.rows(GROUP)
    await admin.press(question, "Erase")
    assert (stage.rows(GROUP), stage.places(GROUP)) == (0, [])
    await admin.set_role(OTHER, status="administrator")
    await member.say("/subscribe")
    await admin.call(
        "/api/press", {**body, "data": question["reply_markup"]["inline_keyboard"][0][0]["callback_data"]}
    )
    assert stage.rows(GROUP)


async def test_stats_are_one_picture_with_its_text_for_operators_alone(stage: Stage) -> None:
    """Nobody else learns that the command exists."""
    await stage.reader.say("/subscribe")
    operator = Person(stage.sandbox, OTHER)

    answer = await operator.say("/stats")

    assert answer["content"]["photo"]
    assert "1 subscriber" in answer["text"]
    assert "I do not know /stats" in (await stage.reader.say("/stats"))["text"]


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
async def test_privacy_in_the_reader_s_language(stage: Stage, code: str) -> None:
    """One line for each kind of data, and the two commands; the question has its two buttons."""
    await stage.reader.speak(code)

    answer = await stage.reader.say("/privacy")
    question = await stage.reader.say("/forgetme")

    assert answer["text"].count("• ") == len(privacy_texts.KEPT)
    assert "/mydata" in answer["text"]
    assert "/forgetme" in answer["text"]
    assert [len(row) for row in labels(question)] == [1, 1]
