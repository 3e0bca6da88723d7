"""The settings from outside: the real bot, the sandbox as Telegram, readers of three languages, a group and a topic."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core import settings_texts, texts
from bot.core.language import NAMES
from bot.locales import load_languages
from bot.sandbox import Sandbox
from tests.conftest import TOKEN
from tests.conversation import AIBEK, FORUM, GROUP, IVAN, OTHER, READER, BotProcess, Json, Person
from tests.test_bot_end_to_end import check_calls

LANGUAGES = load_languages()


class Presser(Person):
    """A person who presses buttons by what they carry, which is the same in every language."""

    async def tap(self, message: Json, start: str) -> Json:
        """Press the button that opens this, or whose seal is on data that begins so; the message as it is then."""
        await self.toast(message, start)
        return await self.again(message)

    async def toast(self, message: Json, start: str) -> str | None:
        """Press it, for the answer."""
        found = (
            data for data in carried(message) if data == start or (start[0] == "!" and data.startswith(start))
        )
        data = next(found, None)
        assert data, (start, carried(message))
        body = {"message_id": message["message_id"], "data": data}
        told: str | None = (await self.do("press", **body)).get("text")
        return told

    async def answer_to(self, message: Json, text: str) -> Json:
        """Write in reply to a message; the bot's answer."""
        before = len(await self.from_bot())
        await self.send(text, message["message_id"])
        return await self.answer(before)


def carried(message: Json) -> list[str]:
    """What the buttons of a message carry."""
    return [key.get("callback_data", "") for row in message["reply_markup"]["inline_keyboard"] for key in row]


@pytest.fixture
async def sandbox_with_bot(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Sandbox]:
    """A sandbox with the bot at work in it, which ends well and has made no call that Telegram refuses."""
    hasty = ",".join(
        map(str, (READER, OTHER, IVAN, AIBEK))
    )  # operators alone may press as fast as a test does
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_TELEGRAM__ADMINS=hasty)
    await bot.start()
    yield sandbox
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    await check_calls(sandbox)


@pytest.mark.parametrize(("user", "code"), [(READER, "en"), (IVAN, "ru"), (AIBEK, "kk")])
async def test_a_reader_sets_everything_in_one_message(
    sandbox_with_bot: Sandbox, user: int, code: str
) -> None:
    """Without a subscription first, then every screen, and the end; the message edits itself."""
    reader, say = Presser(sandbox_with_bot, user), LANGUAGES[code]
    await reader.speak(code)
    page = await reader.say("/settings")
    assert NAMES[code] in page["text"]
    assert "s:time" not in carried(page)
    page = await reader.tap(page, "!s:on:")
    first = await reader.say("/settings")
    steps = (
        "s:time !s:t:06 !s:t:0645 s s:days !s:d:96 s s:themes !s:c:water s s:zone !s:z:Asia/Tokyo s !s:q:1"
    )
    for step in steps.split():
        page = await reader.tap(page, step)
    assert len(await reader.from_bot()) == 2
    assert all(told in page["text"] for told in ("06:45", "Asia/Tokyo", "/water", say(settings_texts.MUTE)))
    assert say.days(96) in page["text"]
    assert "date_time" in {entity["type"] for entity in page["entities"]}
    assert await reader.toast(first, "!s:q:1") == say(settings_texts.OUT_OF_DATE)

    page = await reader.tap(await reader.tap(page, "s:pause"), "!s:p:")
    paused = await reader.tap(await reader.tap(page, "s:pause"), "!s:p:.")
    assert "⏸" in page["text"]
    assert "⏸" not in paused["text"]

    await reader.say("/next")
    over = await reader.tap(await reader.tap(paused, "s:over"), "!s:over")
    assert "next" in carried(over)
    ending = await reader.tap(await reader.tap(over, "s"), "s:off")
    assert [data[:6] for data in carried(ending)] == ["!s:p:2", "!s:p:2", "!s:off", "s"]
    assert carried(await reader.tap(ending, "!s:off")) == ["s"]
    assert "!s:on:" in carried(await reader.tap(ending, "s"))[0]


@pytest.mark.parametrize(
    ("user", "code", "city", "other"),
    [(READER, "en", "Almaty", "Tokyo"), (IVAN, "ru", "Алматы", "Токио"), (AIBEK, "kk", "Қызылорда", "Токио")],
)
async def test_a_reader_finds_the_time_zone_without_knowing_its_name(
    sandbox_with_bot: Sandbox, user: int, code: str, city: str, other: str
) -> None:
    """In one line, by a city in reply or alone, by the clock, or by a location, which is not kept."""
    reader, say = Presser(sandbox_with_bot, user), LANGUAGES[code]
    await reader.speak(code)
    page = await reader.say(f"/subscribe {other} 7:30")
    assert "Asia/Tokyo" in page["text"]
    page = await reader.tap(page, "s:zone")
    assert city in (await reader.answer_to(page, city))["text"]
    assert "Asia/Tokyo" not in (await reader.say("/settings"))["text"]

    offer = await reader.say(other)
    assert "Asia/Tokyo" in (await reader.tap(offer, "!s:z:Asia/Tokyo"))["text"]
    told = (await reader.say("/settings Almaty"))["text"]
    almaty = re.findall(r"\d\d:\d\d", told)[0]
    assert "!s:z:Asia/Almaty" in " ".join(carried(await reader.say(f"/settings {almaty}")))

    before = len(await reader.from_bot())
    await reader.toast(page, "s:where")
    asked = await reader.answer(before)
    assert asked["reply_markup"]["keyboard"][0][0]["request_location"]
    assert (await reader.say(say(settings_texts.CANCEL)))["reply_markup"] == {"remove_keyboard": True}
    before = len(await reader.from_bot())
    await reader.locate(35.68, 139.69)
    found = await reader.answer(before)
    assert "Asia/Tokyo" in found["text"]
    assert found["reply_markup"] == {"remove_keyboard": True}


async def test_the_language_is_chosen_in_its_own_words(sandbox_with_bot: Sandbox) -> None:
    """The message comes back in it, and so does all that follows, whatever the app speaks."""
    reader = Presser(sandbox_with_bot, READER)
    page = await reader.tap(await reader.say("/language"), "!s:l:kk")
    marked = [key["text"] for row in page["reply_markup"]["inline_keyboard"] for key in row]
    assert marked[:3] == ["English", "Русский", "✓ Қазақша"]
    assert (
        LANGUAGES["kk"](texts.PLAIN_TEXT).split()[0] == (await reader.say("xyzzy plugh"))["text"].split()[0]
    )
    assert "Қазақша" in (await reader.say("/settings"))["text"]


async def test_a_groups_settings_are_its_administrators(sandbox_with_bot: Sandbox) -> None:
    """By button and by command; anonymous ones by command; a city in reply to the screen."""
    creator = Presser(sandbox_with_bot, READER, GROUP)
    member = Presser(sandbox_with_bot, OTHER, GROUP)
    page = await creator.tap(await creator.say("/settings"), "!s:on:")
    only = texts.ONLY_ADMINS
    assert (await member.say("/settings"))["text"] == only
    assert (await member.say("/language"))["text"] == only
    assert await member.toast(page, "!s:q:1") == only
    assert await member.toast(page, "s:time") == only
    zones = await creator.tap(page, "s:zone")
    assert not any("where" in data for data in carried(zones))
    assert (await member.answer_to(zones, "Tokyo"))["text"] == settings_texts.NOT_YOURS
    assert "Tokyo" in (await creator.answer_to(zones, "Tokyo"))["text"]
    await creator.set_role(READER, anonymous=True)
    assert "Europe/Berlin" in (await creator.say("/settings Берлин"))["text"]


async def test_each_topic_has_settings_of_its_own(sandbox_with_bot: Sandbox) -> None:
    """Answers and edits stay in the topic that asked."""
    admin = Presser(sandbox_with_bot, OTHER, FORUM)
    topic = await admin.open_topic("Reading")
    admin.go(FORUM, topic)
    page = await admin.tap(await admin.say("/settings"), "!s:on:")
    page = await admin.tap(await admin.tap(page, "s:time"), "!s:t:06")
    assert page["thread"] == topic
    assert "06:00" in (await admin.tap(page, "s"))["text"]
    admin.go(FORUM)
    assert "!s:on:" in carried(await admin.say("/settings"))[0]
