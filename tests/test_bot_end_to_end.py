"""The real bot as a process, the sandbox as Telegram, and a reader: what the product promises, seen from outside."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.core import texts
from bot.sandbox import Sandbox, SandboxSettings
from tests.conversation import (
    CHANNEL,
    GROUP,
    OTHER,
    READER,
    BotProcess,
    Conversation,
    find_button,
    free_port,
    labels,
)

TOKEN = "1000000001:test-token"
HOUR = 3600.0
SPECIFICATION = Path(__file__).parents[2] / "shared" / "botapi" / "api-10.0.min.json"


@dataclass
class Stage:
    """A sandbox with the bot at work in it."""

    sandbox: Sandbox
    bot: BotProcess
    reader: Conversation

    async def running(self) -> None:
        """Wait until the bot has set its menu, the last thing that it does at a start."""
        await self.sandbox_shows("commands")

    async def sandbox_shows(self, key: str) -> Any:
        """Wait for something in the page's state."""
        for _ in range(500):
            if (state := await self.reader.call("/api/state"))[key]:
                return state[key]
            await asyncio.sleep(0.02)
        raise AssertionError(f"the sandbox never had {key}")

    async def next_delivery(self) -> None:
        """Move the clock to the next delivery, once the last one has been recorded."""
        for _ in range(250):
            clock = (await self.reader.call("/api/state"))["clock"]
            if clock["next"] is not None and clock["next"] > clock["now"]:
                assert "clock" in await self.reader.call("/api/clock", {"to": "next"})
                return
            await asyncio.sleep(0.02)
        raise AssertionError("no delivery was planned")

    async def later(self, seconds: float) -> None:
        """Move the clock on."""
        assert "clock" in await self.reader.call("/api/clock", {"advance": seconds})

    async def nothing_more(self, before: int) -> None:
        """The bot has written `before` messages, and two rounds of its ticks bring no other."""
        await asyncio.sleep(2.5)
        assert len(await self.reader.from_bot()) == before


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A running bot, ended after the test if the test did not."""
    port = free_port()
    settings = SandboxSettings(
        port=0, token=TOKEN, clock_file=tmp_path / "clock", status_url=f"http://127.0.0.1:{port}/healthz"
    )
    sandbox = Sandbox(settings)
    await sandbox.start()
    channels = {"BOT_WEB__PORT": str(port), "BOT_TELEGRAM__CHANNEL_COMMANDS": "true"}
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, **channels)
    await bot.start()
    stage = Stage(sandbox, bot, Conversation(sandbox))
    await stage.running()
    yield stage
    if bot.running:
        code, output = await bot.stop()
        assert (code, "Traceback" in output) == (0, False), output
    await check_calls(sandbox)
    await sandbox.stop()


async def check_calls(sandbox: Sandbox) -> None:
    """Every call of the bot was one that Telegram takes, and named only parameters that exist."""
    body = (await Conversation(sandbox).call("/api/calls"))["body"]
    refused = [call for call in body if call["status"] not in (200, 403, 409)]
    assert refused == []
    if not SPECIFICATION.exists():
        return
    methods = json.loads(SPECIFICATION.read_text())["methods"]
    for call in body:
        name = next(name for name in methods if name.casefold() == call["method"].casefold())
        fields = {field["name"]: field["required"] for field in methods[name].get("fields", [])}
        assert set(call["params"]) <= set(fields), call
        assert {field for field, required in fields.items() if required} <= set(call["params"]), call


# -- reading ----------------------------------------------------------------------------------------------


async def test_start_welcomes_and_says_how_to_go_on(stage: Stage) -> None:
    """/start names the article and the three ways on."""
    answer = await stage.reader.say("/start")

    assert "Rivers & people" in answer["text"]
    assert "5 short digests" in answer["text"]
    assert labels(answer) == [["Read the first digest", "One a day"], ["All themes"]]


async def test_a_deep_link_opens_its_theme(stage: Stage) -> None:
    """?start=initiatives shows the theme; an unknown payload is a plain welcome."""
    before = len(await stage.reader.from_bot())
    await stage.reader.call("/api/start", {"user": READER, "chat": READER, "payload": "initiatives"})
    assert "Fewer dams" in (await stage.reader.answer(before))["text"]

    await stage.reader.call("/api/start", {"user": READER, "chat": READER, "payload": "nonsense"})
    assert "Rivers & people" in (await stage.reader.answer(before + 1))["text"]


async def test_a_theme_opens_at_the_first_unread_digest(stage: Stage) -> None:
    """The second /water shows what the first did not."""
    first = await stage.reader.say("/water")
    second = await stage.reader.say("/water")

    assert "Springs" in first["text"]
    assert "1 < 2 & 3 > 2" in first["text"]
    assert "/water · 1/5 read" in first["text"]
    assert "Seas" in second["text"]


async def test_arrows_page_through_a_theme_in_place(stage: Stage) -> None:
    """▶ edits the same message; from the last digest it leads round to the first."""
    message = await stage.reader.say("/water")
    for title in ("Seas", "Lakes", "Springs"):
        await stage.reader.press(message, "▶")
        message = await stage.reader.again(message)
        assert title in message["text"]

    assert message["edit_date"] is not None
    assert labels(message)[0] == ["◀", "1/3", "▶"]
    assert len(await stage.reader.from_bot()) == 1


async def test_the_source_button_unfolds_the_paragraphs(stage: Stage) -> None:
    """The paragraphs that a digest rests on appear below it, and go away again."""
    message = await stage.reader.say("/water")
    await stage.reader.press(message, "Source ¶ 1")
    unfolded = await stage.reader.again(message)
    await stage.reader.press(unfolded, "Hide ¶ 1")

    assert "¶ 1 · Where rivers begin" in unfolded["text"]
    assert "expandable_blockquote" in {entity["type"] for entity in unfolded["entities"]}
    assert "Where rivers begin" not in (await stage.reader.again(message))["text"]


async def test_the_position_tells_what_is_unread(stage: Stage) -> None:
    """A press on 1/3 is answered by a short notice."""
    message = await stage.reader.say("/water")

    assert (await stage.reader.press(message, "1/3"))[
        "text"
    ] == "Digest 1 of 3 in this theme, 2 still unread."


async def test_next_walks_through_everything_once_and_ends(stage: Stage) -> None:
    """/next never repeats itself; after the last digest it congratulates and offers to start over."""
    shown = [await stage.reader.say("/next")]
    for number in range(1, 6):
        await stage.reader.press(shown[-1], "Next unread")
        shown.append(await stage.reader.answer(number))
    titles, end = [message["text"].split("\n")[0] for message in shown[:5]], shown[5]
    await stage.reader.press(end, "Start over")
    question = (await stage.reader.from_bot())[-1]
    await stage.reader.press(question, "all unread again")

    assert len(set(titles)) == 5
    assert "You have read all there is: 5 digests." in end["text"]
    assert labels(end) == [["One a day", "Start over"], ["All themes"]]
    assert "Start over?" in question["text"]
    assert "Springs" in (await stage.reader.say("/next"))["text"]


async def test_themes_and_article_show_progress(stage: Stage) -> None:
    """Both lists count what was read."""
    await stage.reader.say("/initiatives")
    themes = await stage.reader.say("/themes")
    article = await stage.reader.say("/article")

    assert "🤝 Initiatives · 1/2\n/initiatives" in themes["text"]
    assert "2 of its 2 paragraphs.\n\n1/5 read" in article["text"]


async def test_two_readers_progress_apart(stage: Stage) -> None:
    """What one has read is still new to the other."""
    other = Conversation(stage.sandbox, OTHER, OTHER)
    await stage.reader.say("/next")

    assert "Springs" in (await other.say("/next"))["text"]


async def test_unknown_words_get_a_helpful_answer(stage: Stage) -> None:
    """A mistyped command is met with the nearest one; plain text with what can be done."""
    assert "Did you mean /initiatives?" in (await stage.reader.say("/initiative"))["text"]
    assert "/help" in (await stage.reader.say("<b>hello</b> & goodbye"))["text"]
    assert "&lt;" not in (await stage.reader.say("/<x>"))["text"]


async def test_the_menu_is_the_list_of_commands(stage: Stage) -> None:
    """Built-in commands and themes, each once; /help names the built-in ones."""
    names = [command["command"] for command in await stage.sandbox_shows("commands")]
    help_text = (await stage.reader.say("/help"))["text"]

    assert sorted(names) == sorted([*texts.COMMANDS, "water", "initiatives"])
    assert all(f"/{name}" in help_text for name in texts.COMMANDS if name not in {"help", "start"})


# -- subscribing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "/subscribe 07:30 Asia/Almaty weekdays initiatives",
        "/subscribe initiatives weekdays Asia/Almaty 07:30",
        "/subscribe mon-fri, /initiatives at 7:30am Almaty",
    ],
)
async def test_one_line_subscribes_in_any_order(stage: Stage, line: str) -> None:
    """The answer repeats what was understood and names the next delivery."""
    text = (await stage.reader.say(line))["text"]

    assert "07:30, weekdays" in text
    assert "Asia/Almaty" in text
    assert "📚 /initiatives" in text
    assert re.search(r"Next digest: (today, |tomorrow, )?\w+day, \d+ \w+, 07:30", text)


async def test_bare_subscribe_gives_the_defaults_and_buttons(stage: Stage) -> None:
    """Time, days, themes and zone are two presses away, and every press is kept."""
    message = await stage.reader.say("/subscribe")
    assert "09:00, every day" in message["text"]
    presses = (
        "🕘 Time",
        "06",
        "06:45",
        "Back",
        "📅 Days",
        "Weekends",
        "Back",
        "📚 Themes",
        "💧 Water",
        "Back",
    )
    for label in (*presses, "🌍 Time zone", "Tokyo", "Back"):
        await stage.reader.press(message, label)
        message = await stage.reader.again(message)

    assert "06:45, weekends" in message["text"]
    assert "Asia/Tokyo" in message["text"]
    assert "📚 /water" in message["text"]
    assert labels(message)[-1] == ["Unsubscribe"]


async def test_a_bad_line_changes_nothing_and_shows_one_that_works(stage: Stage) -> None:
    """What was not understood is named; the subscription stays as it was."""
    await stage.reader.say("/subscribe 07:30 Almaty")
    answer = await stage.reader.say("/subscribe 25:00 Narnia <b> watr")
    example = next(line for line in answer["text"].split("\n") if line.startswith("/subscribe "))

    assert all(word in answer["text"] for word in ("“25:00”", "“Narnia”", "“<b>”", "did you mean water?"))
    assert "07:30, every day" in (await stage.reader.say("/subscribe"))["text"]
    assert "weekdays" in (await stage.reader.say(example))["text"]


async def test_unsubscribe_ends_it(stage: Stage) -> None:
    """After it nothing is planned; a second time says so; an old settings button says so too."""
    message = await stage.reader.say("/subscribe")
    assert "no more daily digests" in (await stage.reader.say("/unsubscribe"))["text"]
    assert "nothing to stop" in (await stage.reader.say("/unsubscribe"))["text"]

    assert "no subscription" in (await stage.reader.press(message, "🕘 Time"))["text"]
    assert "error" in await stage.reader.call("/api/clock", {"to": "next"})


# -- delivery ---------------------------------------------------------------------------------------------


async def test_the_daily_digest_arrives_once_a_day(stage: Stage) -> None:
    """Each day brings the next unread digest, and a day brings one."""
    await stage.reader.say("/subscribe 09:00")
    await stage.next_delivery()
    first = await stage.reader.answer(1)
    await stage.later(HOUR)
    await stage.nothing_more(2)
    await stage.next_delivery()
    second = await stage.reader.answer(2)

    assert "Springs" in first["text"]
    assert "Seas" in second["text"]
    assert "/water · 2/5 read" in second["text"]


async def test_the_end_is_told_once(stage: Stage) -> None:
    """When everything is read the reader is told so one day, and left in peace from the next."""
    await stage.reader.say("/subscribe initiatives")
    for _ in range(3):
        count = len(await stage.reader.from_bot())
        await stage.next_delivery()
        last = await stage.reader.answer(count)
    assert "You have read all that you follow" in last["text"]
    assert "2/5 read" in last["text"]

    await stage.next_delivery()
    await stage.nothing_more(4)


async def test_a_subscription_survives_kill_9_and_arrives_exactly_once(stage: Stage) -> None:
    """Killed after subscribing, killed again after the delivery: one digest, no second."""
    await stage.reader.say("/subscribe")
    await stage.bot.kill()
    await stage.bot.start()
    await stage.next_delivery()
    await stage.reader.answer(1)
    await asyncio.sleep(0.5)  # what is killed between Telegram's answer and its record may come a second time
    await stage.bot.kill()
    await stage.bot.start()

    await stage.nothing_more(2)


@pytest.mark.parametrize(("hours", "arrives"), [(3, True), (7, False)])
async def test_a_digest_due_while_the_bot_was_down(stage: Stage, hours: int, *, arrives: bool) -> None:
    """Less than max_lateness late it is sent once; later than that never, and the next day goes on."""
    await stage.reader.say("/subscribe")
    await stage.bot.stop()
    await stage.later(24 * HOUR + hours * HOUR - (await seconds_since_nine(stage)))
    await stage.bot.start()

    if arrives:
        assert "Springs" in (await stage.reader.answer(1))["text"]
    await stage.nothing_more(1 + arrives)
    await stage.next_delivery()
    assert ("Seas" if arrives else "Springs") in (await stage.reader.answer(1 + arrives))["text"]


async def seconds_since_nine(stage: Stage) -> float:
    """Seconds that the sandbox's clock is past the last 09:00 in Almaty (UTC+5)."""
    now: float = (await stage.reader.call("/api/state"))["clock"]["now"]
    return (now - 4 * HOUR) % (24 * HOUR)


async def test_a_blocked_bot_is_silent_and_comes_back(stage: Stage) -> None:
    """Settings outlive a block; /start wakes them."""
    await stage.reader.say("/subscribe 08:15 initiatives")
    await stage.reader.call("/api/block", {"user": READER, "blocked": True})
    await asyncio.sleep(0.5)
    await stage.later(48 * HOUR)
    await stage.nothing_more(1)
    await stage.reader.call("/api/start", {"user": READER, "chat": READER})
    await stage.reader.answer(1)
    await stage.next_delivery()

    assert "Fewer dams" in (await stage.reader.answer(2))["text"]


async def test_sigterm_ends_it_cleanly(stage: Stage) -> None:
    """Exit code 0, and no traceback."""
    code, output = await stage.bot.stop(signal.SIGTERM)

    assert code == 0
    assert "Traceback" not in output


# -- groups and channels ----------------------------------------------------------------------------------


async def test_a_group_is_answered_when_it_asks(stage: Stage) -> None:
    """Themes answer in the group; other bots' commands and unknown ones are left alone."""
    group = Conversation(stage.sandbox, OTHER, GROUP)
    assert "Springs" in (await group.say("/water@digest_bot"))["text"]
    await group.send("/water@other_bot")
    await group.send("/weather")
    await group.send("hello")

    assert "Fewer dams" in (await group.say("/initiatives"))["text"]
    assert len(await group.from_bot()) == 2


async def test_only_administrators_change_a_groups_subscription(stage: Stage) -> None:
    """A member is refused, by command and by button; the creator is not."""
    member, creator = Conversation(stage.sandbox, OTHER, GROUP), Conversation(stage.sandbox, READER, GROUP)
    assert "only its administrators" in (await member.say("/subscribe"))["text"]
    message = await creator.say("/subscribe")

    assert "only its administrators" in (await member.press(message, "🕘 Time"))["text"]
    assert find_button(await creator.again(message), "🕘 Time")
    assert "only its administrators" in (await member.say("/unsubscribe"))["text"]
    assert "no more daily digests" in (await creator.say("/unsubscribe"))["text"]


async def test_a_channels_administrators_can_post_commands(stage: Stage) -> None:
    """With telegram.channel_commands a command posted in a channel is answered there."""
    channel = Conversation(stage.sandbox, READER, CHANNEL)
    before = len(await channel.messages())
    await channel.send("/water")
    for _ in range(250):
        if len(messages := await channel.messages()) == before + 2:
            break
        await asyncio.sleep(0.02)

    assert "Springs" in messages[-1]["text"]
