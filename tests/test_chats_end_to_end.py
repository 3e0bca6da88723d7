"""Groups, topics and channels at the sandbox: the real bot as a process, and people who do things to its chats."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Sandbox, SandboxSettings
from tests.conversation import (
    CHANNEL,
    FORUM,
    GROUP,
    OTHER,
    READER,
    BotProcess,
    Json,
    Person,
    find_button,
    free_port,
)
from tests.test_bot_end_to_end import TOKEN

WATER = 1
BOT = 1_000_000_001


@dataclass
class Stage:
    """A sandbox with the bot at work in it, and Aigerim, who runs the chats."""

    sandbox: Sandbox
    bot: BotProcess
    person: Person

    async def start(self) -> None:
        """Start the bot, and wait until it has set its menu."""
        await self.bot.start()

        async def menu() -> Any:
            return (await self.person.call("/api/state"))["commands"]

        await until(menu, "a menu")

    async def next_delivery(self) -> None:
        """Move the clock to the next delivery."""
        before = (await self.person.call("/api/state"))["clock"]["now"]
        for _ in range(400):
            clock = (await self.person.call("/api/state"))["clock"]
            if clock["next"] is not None and clock["next"] > before:
                assert "clock" in await self.person.call("/api/clock", {"to": "next"})
                return
            await asyncio.sleep(0.02)
        raise AssertionError("no delivery was planned")

    async def told(self, words: str, user: int = READER) -> Json:
        """Wait until the bot says something with these words to a person, in private; the newest such message."""
        there = Person(self.sandbox, user)
        found: Json = await until(partial(newest, there, words), words)
        return found

    async def said(self, chat: int, words: str, thread: int | None = None) -> Json:
        """As `told`, in a group, a topic or a channel."""
        there = Person(self.sandbox, READER, chat, thread)
        found: Json = await until(partial(newest, there, words), words)
        return found


async def newest(there: Person, words: str) -> Json | None:
    """The bot's newest message with these words."""
    return next((each for each in reversed(await there.from_bot()) if words in each["text"]), None)


async def asked(person: Person, chat: str) -> bool:
    """Whether the bot has looked a chat up."""
    calls = (await person.call("/api/calls"))["body"]
    return any(call["method"] == "getChat" and call["params"]["chat_id"] == chat for call in calls)


async def begin(person: Person) -> None:
    """Press START, and wait for the welcome."""
    await person.start()
    await person.answer(0)


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """What `look` finds, once it finds something."""
    for _ in range(500):
        if found := await look():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"never: {what}")


@asynccontextmanager
async def running(folder: Path, **environment: str) -> AsyncIterator[Stage]:
    """A sandbox, and the bot at work in it until the end."""
    port = free_port()
    status = f"http://127.0.0.1:{port}/healthz"
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN, clock_file=folder / "clock", status_url=status))
    await sandbox.start()
    bot = BotProcess(sandbox.url, TOKEN, folder, BOT_WEB__PORT=str(port), **environment)
    stage = Stage(sandbox, bot, Person(sandbox))
    await stage.start()
    yield stage
    if bot.running:
        code, output = await bot.stop()
        assert (code, "Traceback" in output) == (0, False), output
    await sandbox.stop()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A running bot, ended after the test."""
    async with running(tmp_path) as stage:
        yield stage


async def test_a_topic_subscribes_and_its_owner_hears_of_its_end(stage: Stage) -> None:
    """The digest comes to the topic that asked; once that is closed, whoever set it up is told, and when it reopens."""
    person = stage.person
    await begin(person)
    person.go(FORUM, WATER)
    answer = await person.say("/subscribe@DIGEST_BOT 09:00")
    assert answer["thread"] == WATER

    await stage.next_delivery()
    await stage.said(FORUM, "Springs", WATER)
    await person.close_topic(WATER)
    await stage.next_delivery()
    assert "The topic in “" in (await stage.told("was closed or deleted"))["text"]

    await person.close_topic(WATER, closed=False)
    await stage.said(FORUM, "I am back", WATER)
    await stage.told("digests go on as before")


async def test_a_group_that_adds_the_bot_is_greeted_once(stage: Stage) -> None:
    """Added, removed and added again: one greeting; with a subscription a word that it goes on."""
    person = stage.person
    await begin(person)
    chat = await person.new_chat("supergroup", "Friends <&>")
    person.go(chat)
    greeting = await stage.said(chat, "An administrator can begin with /subscribe@digest_bot")
    await person.say("/subscribe 09:00")
    await person.set_role(BOT, status="kicked")
    told = await stage.told("I was removed from “Friends <&>”")
    assert told["text"].startswith("⚠️")
    await person.set_role(BOT, status="member")
    await stage.said(chat, "I am back, and go on as before")
    await stage.told("I can write in “Friends <&>” again")
    texts = [each["text"] for each in await person.from_bot()]
    assert sum(greeting["text"] == text for text in texts) == 1


async def test_a_channel_is_set_up_from_a_private_chat(stage: Stage) -> None:
    """Chosen with the keyboard, it gets its settings there and posts for everybody; lost rights are told in private."""
    person = stage.person
    await begin(person)
    offer = await person.say("/channels")
    assert "📢" in offer["text"]
    await person.press(offer, "Add a channel")
    await stage.told("Choose a channel where")
    assert CHANNEL in await person.chats_for(1)
    await person.share_chat(1, CHANNEL)
    settings = await stage.told("One digest a day")

    await person.press(settings, "Post one now")
    await person.press(await person.again(settings), "Yes, post it")
    post = await stage.said(CHANNEL, "Springs")
    assert re.search(r"#water · 1/\d+$", post["text"])
    assert find_button(post, "Read on in the bot")["url"].startswith("https://t.me/digest_bot?start=d_")

    person.go(CHANNEL)
    await person.set_role(BOT, can_post=False)
    await stage.told("I may not write in")
    await person.set_role(BOT, can_post=True)
    await stage.told("again: digests go on as before")
    assert [each["text"] for each in await person.from_bot()] == [post["text"]]


async def test_only_who_may_post_sets_a_channel_up(stage: Stage) -> None:
    """A name is no proof: neither of a stranger's rights nor of the bot's; each is told what to do."""
    other = Person(stage.sandbox, OTHER)
    await begin(other)
    await other.set_role(OTHER, status="member", chat=CHANNEL)
    assert "administrators who may post" in (await other.say(f"/channels {CHANNEL}"))["text"]
    await begin(stage.person)
    assert "cannot find that channel" in (await stage.person.say("/channels @nowhere_at_all"))["text"]
    assert "That is not a channel" in (await stage.person.say(f"/channels {GROUP}"))["text"]
    await stage.person.set_role(BOT, status="member", chat=CHANNEL)
    assert "I may not post there" in (await stage.person.say(f"/channels {CHANNEL}"))["text"]


async def test_a_channel_of_the_configuration(tmp_path: Path) -> None:
    """It posts as the file says; a name that nobody knows is told to operators; without its line it ends."""
    config = tmp_path / "config.yaml"
    config.write_text(
        f'channels:\n  - chat: {CHANNEL}\n    time: 08:00\n    themes: water\n  - chat: "@nobody_has_this"\n'
    )
    async with running(tmp_path, BOT_CONFIG=str(config), BOT_TELEGRAM__ADMINS=str(READER)) as stage:
        person = stage.person
        await begin(person)
        await until(partial(asked, person, "@nobody_has_this"), "the last channel looked up")
        assert "has set up that channel" in (await person.say(f"/channels {CHANNEL}"))["text"]
        await stage.next_delivery()
        assert "#water · 1/3" in (await stage.said(CHANNEL, "Springs"))["text"]
        await stage.bot.stop()

        config.write_text("channels:\n")
        await stage.bot.start()
        await person.say("/help")
        code, output = await stage.bot.stop()
        assert (code, "channel.ended" in output) == (0, True), output
