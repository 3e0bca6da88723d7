"""`python -m bot outbox` and `broadcast`: what they print, while the bot is stopped and while it runs."""

import asyncio
import csv
import datetime as dt
import functools
import io
import json
import shutil
from pathlib import Path

import pytest

from bot.core.broadcast import Order
from bot.core.delivery import Ambiguous, OnAmbiguous, Outcome, Refused, Sent, decide
from bot.core.model import EVERY_DAY, Chat, Pick, Preferences
from bot.core.planning import plan
from bot.sandbox import Sandbox
from bot.store import open_store
from bot.store.orders import Orders
from tests.conversation import READER, BotProcess, Conversation
from tests.fakes import NOW
from tests.test_cli import bot

TOKEN = "1000000001:test-token"
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
DATABASE = {"BOT_STORAGE__URL": "sqlite:///bot.db", "BOT_TELEGRAM__ADMINS": str(READER)}
OUTCOMES: tuple[Outcome, ...] = (Sent(7), Refused("=bad, “very”"), Ambiguous("no answer"))


async def fill(folder: Path) -> None:
    """Four readers: sent, failed, unknown, and one whose digest is due."""
    store = open_store(f"sqlite:///{folder}/bot.db")
    planner = functools.partial(plan, now=NOW, max_lateness=dt.timedelta(hours=6))
    for number in range(1, 5):
        await store.subscribe(Chat(number), WANTED, NOW, NOW)
        await store.plan(NOW, planner, 10)
        if number == 4:
            break
        (delivery,) = await store.claim(NOW, "me", 10, lambda *_: Pick("w1", 1, 4))
        outcome = OUTCOMES[number - 1]
        await store.settle([decide(delivery, outcome, NOW, OnAmbiguous.NEVER)], "me", NOW)
    await store.close()


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A folder with such a database."""
    await fill(tmp_path)
    return tmp_path


def outbox(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run `outbox` with the folder's database."""
    return bot("outbox", *arguments, folder=folder, **DATABASE)


# -- looking ----------------------------------------------------------------------------------------------


def test_the_overview_counts_and_looks_ahead(folder: Path) -> None:
    """Every state with its number, and what the next 24 hours ask for."""
    code, output = outbox(folder)
    assert code == 0
    lines = dict(line.split() for line in output.splitlines()[:7])
    assert lines == {
        "due": "1",
        "sending": "0",
        "sent": "1",
        "unknown": "1",
        "failed": "1",
        "expired": "0",
        "empty": "0",
    }
    assert "Next 24 hours (Asia/Almaty):" in output


def test_the_list_narrows_down(folder: Path) -> None:
    """By state, chat and date; with ids."""
    assert len(outbox(folder, "list")[1].splitlines()) == 5
    code, output = outbox(folder, "list", "--state", "failed", "--state", "unknown")
    assert code == 0
    assert [line.split()[:4] for line in output.splitlines()[1:]] == [
        ["2", "failed", "2026-11-23", "2"],
        ["3", "unknown", "2026-11-23", "3"],
    ]
    assert len(outbox(folder, "list", "--chat", "4", "--date", "2026-11-23")[1].splitlines()) == 2
    assert len(outbox(folder, "list", "--date", "2026-11-24")[1].splitlines()) == 1
    assert "More than 1" in outbox(folder, "list", "--limit", "1")[1]


def test_one_is_shown_with_all_that_is_known(folder: Path) -> None:
    """Its history, and exit code 1 for one that there is not."""
    code, output = outbox(folder, "show", "3")
    assert code == 0
    for field in (
        "state      unknown",
        "digest     w1",
        "attempt    1",
        "code       no answer",
        "updated    2026-11-23T04:00:00+00:00",
    ):
        assert field in output
    code, output = outbox(folder, "show", "99")
    assert (code, "there is no delivery 99" in output) == (1, True)


def test_an_export_can_be_read_again(folder: Path) -> None:
    """CSV and JSON say the same; nothing there is a header and an empty list."""
    code, text = outbox(folder, "export", "--state", "failed")
    assert code == 0
    (row,) = csv.DictReader(io.StringIO(text))
    code, text = outbox(folder, "export", "--format", "json", "--state", "failed")
    (value,) = json.loads(text)
    assert code == 0
    assert {name: "" if item is None else str(item) for name, item in value.items()} == row
    assert row["code"] == "=bad, “very”"
    assert len(json.loads(outbox(folder, "export", "--format", "json")[1])) == 4
    assert json.loads(outbox(folder, "export", "--format", "json", "--chat", "99")[1]) == []
    assert len(outbox(folder, "export", "--chat", "99")[1].splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["list", "--state", "lost"],
        ["list", "--date", "yesterday"],
        ["show"],
        ["show", "x"],
        ["retry"],
        ["retry", "--state", "sent"],
        ["export", "--format", "xml"],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    """An unknown word, state, date or format."""
    assert outbox(tmp_path, *arguments)[0] == 2


@pytest.mark.parametrize(
    "arguments", [[], ["list"], ["show", "1"], ["export"], ["retry", "--state", "failed"]]
)
def test_no_database_is_told_and_none_is_made(arguments: list[str], tmp_path: Path) -> None:
    """Exit code 1 and one line."""
    code, output = outbox(tmp_path, *arguments)
    assert code == 1
    assert "there is no database at bot.db: start the bot once" in output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    """As everywhere."""
    (tmp_path / "bot.db").write_bytes(b"x" * 5000)
    code, output = outbox(tmp_path)
    assert (code, "not a database" in output) == (1, True)


# -- trying again -----------------------------------------------------------------------------------------


def test_failed_ones_are_set_due(folder: Path) -> None:
    """Those alone."""
    code, output = outbox(folder, "retry", "--state", "failed")
    assert (code, output) == (0, "1 due again: they go out when the bot runs.\n")
    assert len(outbox(folder, "list", "--state", "due")[1].splitlines()) == 3


def test_those_in_doubt_need_a_yes(folder: Path) -> None:
    """Without it nothing changes, and it is told that a second copy is possible."""
    code, output = outbox(folder, "retry", "--state", "unknown")
    assert code == 2
    assert "second copy" in output
    assert "--yes" in output
    assert len(outbox(folder, "list", "--state", "unknown")[1].splitlines()) == 2
    assert outbox(folder, "retry", "--state", "unknown", "--yes")[0] == 0
    assert len(outbox(folder, "list", "--state", "unknown")[1].splitlines()) == 1


async def test_beside_a_running_bot(sandbox: Sandbox, folder: Path) -> None:
    """Looking works and disturbs nothing, at any moment of its life; setting due again is refused."""
    process = BotProcess(sandbox.url, TOKEN, folder)
    await process.start()
    reader = Conversation(sandbox)
    assert "09:00" in (await reader.say("/subscribe 09:00"))["text"]
    for _ in range(3):
        code, output = await asyncio.to_thread(outbox, folder)
        assert code == 0
        assert "Next 24 hours" in output
        assert "reader" in output.splitlines()[-1]
    code, output = await asyncio.to_thread(outbox, folder, "retry", "--state", "failed")
    assert code == 1
    assert "in use by another bot process" in output
    assert "10:00" in (await reader.say("/subscribe 10:00"))["text"]  # it writes on
    await process.kill()
    assert await asyncio.to_thread(outbox, folder) == (0, await asyncio.to_thread(output_of, folder))
    assert (folder / "bot.db-wal").exists()  # what the dead process left was read, and left to the next one
    await process.start()
    assert "11:00" in (await reader.say("/subscribe 11:00"))["text"]
    assert (await process.stop())[0] == 0


def output_of(folder: Path) -> str:
    """What the overview says of a copy of the folder's database."""
    copy = folder / "copy"
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("copy"))
    return outbox(copy)[1]


# -- broadcast --------------------------------------------------------------------------------------------


async def test_a_broadcast_queued_while_the_bot_is_stopped_goes_out_when_it_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """Its card appears with the first admin."""
    await Conversation(sandbox).send("/start")
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    await store.subscribe(Chat(READER), WANTED, dt.datetime(2999, 1, 1, tzinfo=dt.UTC), NOW)
    await store.close()
    (tmp_path / "text.md").write_text("**Hello** & welcome")
    code, output = await asyncio.to_thread(
        lambda: bot("broadcast", "text.md", "--yes", folder=tmp_path, **DATABASE)
    )
    assert code == 0
    assert "Hello & welcome\n" in output
    assert "Queued as broadcast 1 for 1 reader: it goes out when the bot runs." in output
    process = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_TELEGRAM__ADMINS=str(READER))
    await process.start()
    reader = Conversation(sandbox)
    for _ in range(500):
        texts = [message["text"] for message in await reader.from_bot()]
        if any("1 of 1 sent" in text and "finished" in text for text in texts):
            break
        await asyncio.sleep(0.02)
    assert "Hello & welcome" in texts
    assert any("1 of 1 sent" in text for text in texts)
    assert (await process.stop())[0] == 0


async def test_a_broadcast_is_steered_beside_a_running_bot(sandbox: Sandbox, tmp_path: Path) -> None:
    """Sent, paused, gone on with, cancelled and followed from the command line; the card in Telegram says the same."""
    operator = Conversation(sandbox)
    await operator.send("/start")
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    for chat in range(700_000, 700_040):
        await store.subscribe(Chat(chat), WANTED, dt.datetime(2999, 1, 1, tzinfo=dt.UTC), NOW)
    await store.close()
    await operator.call("/api/crowd", {"first": 700_000, "count": 40})
    process = BotProcess(
        sandbox.url, TOKEN, tmp_path, BOT_TELEGRAM__ADMINS=str(READER), BOT_DELIVERY__RATE="5"
    )
    await process.start()
    await operator.say("/help")

    async def command(*words: str) -> tuple[int, str]:
        return await asyncio.to_thread(lambda: bot("broadcast", *words, folder=tmp_path, **DATABASE))

    (tmp_path / "text.md").write_text("**Hello** & welcome")
    code, output = await command("text.md", "--yes")
    assert (code, "Queued as broadcast 1 for 40 readers: it goes out now." in output) == (0, True)
    assert "Broadcast 1 · paused · " in (await command("--pause", "1"))[1]
    assert "Broadcast 1 · paused · " in (await command("--list"))[1]
    assert (await command("--resume", "1"))[0] == 0
    assert (await command("--cancel", "1"))[0] == 0
    code, output = await command("--follow", "1")
    assert (code, "Broadcast 1 · finished · ▓▓▓▓▓▓▓▓▓▓ 100%" in output) == (0, True)
    assert await command("--list") == (0, "No broadcast is under way.\n")
    for _ in range(300):
        card = "\n".join(message["text"] for message in await operator.from_bot())
        if "finished" in card:
            break
        await asyncio.sleep(0.05)
    assert "Broadcast 1 · finished" in card
    assert (await process.stop())[0] == 0


def test_a_broadcast_is_steered_while_the_bot_is_stopped(folder: Path) -> None:
    """The orders are carried out at once; one that comes too late says so."""
    (folder / "text.md").write_text("Hello")
    assert bot("broadcast", "text.md", "--yes", folder=folder, **DATABASE)[0] == 0
    assert "Broadcast 1 · paused" in bot("broadcast", "--pause", "1", folder=folder, **DATABASE)[1]
    code, output = bot("broadcast", "--pause", "1", folder=folder, **DATABASE)
    assert (code, "is not at that point" in output) == (1, True)
    code, output = bot("broadcast", "--resume", "7", folder=folder, **DATABASE)
    assert (code, "is not at that point" in output) == (1, True)


@pytest.mark.parametrize("words", [(), ("--list", "--pause", "1"), ("text.md", "--list")])
def test_a_broadcast_does_one_thing_at_a_time(words: tuple[str, ...], folder: Path) -> None:
    """Which ones there are is told."""
    (folder / "text.md").write_text("Hello")
    code, output = bot("broadcast", *words, folder=folder, **DATABASE)
    assert (code, "--follow, --pause, --resume" in output) == (2, True)


def test_an_order_is_taken_once_whole_and_in_turn(tmp_path: Path) -> None:
    """What is no order is passed over; without a folder there is none."""
    orders = Orders(tmp_path / "bot.db")
    assert orders.take() == ()
    given = [Order("send", 0, "<b>Hi</b>", 5), Order("pause", 1)]
    for order in given:
        orders.give(order)
    (tmp_path / "bot.db.orders" / "zzz.json").write_text("{")
    assert list(orders.take()) == given
    assert orders.take() == ()


def test_a_broadcast_asks_first(folder: Path) -> None:
    """Without an answer nothing is queued."""
    (folder / "text.md").write_text("Hello")
    code, output = bot("broadcast", "text.md", folder=folder, **DATABASE)
    assert code == 1
    assert "Send it to 4 readers?" in output
    assert "broadcast" not in outbox(folder, "list")[1]


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "holds no text"), ("# Heading", "text.md:1:1: "), ("x" * 4097, "4,097 characters")],
)
def test_a_text_that_cannot_be_sent(text: str, told: str, folder: Path) -> None:
    """With its place."""
    (folder / "text.md").write_text(text)
    code, output = bot("broadcast", "text.md", "--yes", folder=folder, **DATABASE)
    assert (code, told in output) == (1, True)


def test_a_broadcast_needs_an_admin_a_file_and_a_database(tmp_path: Path) -> None:
    """Who would see its progress; what to send; to whom."""
    (tmp_path / "text.md").write_text("Hello")
    assert bot("broadcast", "missing.md", folder=tmp_path, **DATABASE)[0] == 2
    code, output = bot("broadcast", "text.md", folder=tmp_path)
    assert (code, "telegram.admins is empty" in output) == (1, True)
    code, output = bot("broadcast", "text.md", folder=tmp_path, **DATABASE)
    assert (code, "there is no database" in output) == (1, True)
