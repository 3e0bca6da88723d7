"""`python -m bot doctor`: what it finds, what to do about it, and that it changes nothing."""

import asyncio
import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import pty
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from telegram import WebhookInfo
from typer.testing import CliRunner

from bot.cli import cli
from bot.clock import SystemClock
from bot.core.diagnosis import Diagnosis, Status
from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.doctor import machine, network
from bot.doctor.examination import examination
from bot.ports import Store
from bot.sandbox import Sandbox
from bot.store import open_store
from bot.store.inspecting import engine, inspect
from bot.telegram.examining import receiving
from tests.conversation import CHANNEL, GROUP, READER, SAMPLE, BotProcess, BotSide, Person, free_port
from tests.fakes import NOW, FixedClock
from tests.test_bot_end_to_end import TOKEN
from tests.test_chats_end_to_end import BOT

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    tmp_path.chmod(0o700)


def environment(sandbox: Sandbox, **more: str) -> dict[str, str]:
    """What a good installation sets."""
    return {
        "BOT_TOKEN": TOKEN,
        "BOT_TELEGRAM__API_URL": sandbox.url,
        "BOT_CONTENT__PATH": str(SAMPLE),
        "BOT_STORAGE__URL": "sqlite:///data/bot.db",
        **more,
    }


async def examined(variables: dict[str, str], file: Path | None = None) -> dict[str, list[Diagnosis]]:
    """All that is found, by name."""
    found: dict[str, list[Diagnosis]] = {}
    async for each in examination(file, variables):
        found.setdefault(each.name, []).append(each)
    return found


def bad(found: dict[str, list[Diagnosis]]) -> list[str]:
    """What is bad, each with what to do."""
    everything = [each for several in found.values() for each in several if each.status is Status.BAD]
    assert all(each.hint for each in everything)
    return [f"{each.name}: {each.message} → {each.hint}" for each in everything]


def snapshot(folder: Path, *, shared_memory: bool = True) -> dict[str, str]:
    """Every file below a folder with its contents and its time of change, `-shm` files on demand."""
    return {
        str(
            path.relative_to(folder)
        ): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        for path in folder.rglob("*")
        if path.is_file() and (shared_memory or not path.name.endswith("-shm"))
    }


# -- a whole installation ---------------------------------------------------------------------------------


async def test_a_good_installation_has_nothing_bad_before_its_first_start(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """There is no database, and none is made; nor is anything else."""
    found = await examined(environment(sandbox))

    assert bad(found) == []
    assert found["token"][0].message == "it is @digest_bot's"
    assert found["receiving"][0].message == "long polling, and no webhook in its way"
    assert (found["database"][0].status, "makes it when it starts" in found["database"][0].message) == (
        Status.NOTE,
        True,
    )
    assert found["content"][0].message.startswith("1 article, 5 digests in ")
    assert list(tmp_path.iterdir()) == []


async def test_beside_a_bot_at_work_it_says_that_all_is_well(sandbox: Sandbox, tmp_path: Path) -> None:
    """It asks the bot's /healthz, and takes no update from it."""
    port = str(free_port())
    variables = environment(sandbox, BOT_STORAGE__URL=f"sqlite:///{tmp_path}/bot.db", BOT_WEB__PORT=port)
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_WEB__PORT=port)
    await bot.start()
    try:
        await Person(sandbox).say("/rivers")
        found = await examined(variables)
        answer = await Person(sandbox).say("/rivers")
    finally:
        _, output = await bot.stop()

    assert bad(found) == []
    assert found["running"][0].status is Status.OK
    assert found["database"][0].message.endswith("sound")
    assert answer["text"]
    assert "conflict" not in output


async def test_it_changes_nothing_beside_a_bot_at_work(sandbox: Sandbox, tmp_path: Path) -> None:
    """The bot is held still meanwhile, so that each change would be the doctor's. `-shm` is shared memory, no data."""
    bot = BotProcess(sandbox.url, TOKEN, tmp_path)
    await bot.start()
    await Person(sandbox).say("/subscribe 09:00")
    os.kill(bot.pid, signal.SIGSTOP)
    try:
        before = snapshot(tmp_path, shared_memory=False)
        found = await examined(environment(sandbox, BOT_STORAGE__URL=f"sqlite:///{tmp_path}/bot.db"))
        after = snapshot(tmp_path, shared_memory=False)
    finally:
        os.kill(bot.pid, signal.SIGCONT)
        await bot.stop()

    assert "bot.db-wal" in before
    assert found["database"][0].status is Status.OK
    assert after == before


async def test_it_changes_nothing_of_a_bot_that_is_stopped(sandbox: Sandbox, tmp_path: Path) -> None:
    """Not even the files that SQLite lays beside a database when it is opened to be read."""
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    await store.subscribe(Chat(1), Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty"), NOW, NOW)
    await store.close()
    before = snapshot(tmp_path)
    found = await examined(environment(sandbox, BOT_STORAGE__URL=f"sqlite:///{tmp_path}/bot.db"))

    assert found["database"][0].status is Status.OK
    assert snapshot(tmp_path) == before


# -- the command ------------------------------------------------------------------------------------------


async def doctor(*arguments: str, **variables: str) -> tuple[int, str]:
    """Run the command to its end, in a thread beside the sandbox; exit code and everything that it printed."""
    done = await asyncio.to_thread(CliRunner().invoke, cli, ["doctor", *arguments], env=variables)
    return done.exit_code, done.output


def in_terminals(columns: int, *environments: dict[str, str]) -> list[str]:
    """What the command shows in terminals of that width, side by side."""
    sides = []
    for variables in environments:
        main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        clean = {"PYTHONPATH": str(ROOT), "PATH": os.defpath, **variables}
        command = [sys.executable, "-m", "bot", "doctor"]
        process = subprocess.Popen(command, env=clean, stdin=side, stdout=side, stderr=side)
        os.close(side)
        sides.append((process, main))
    return [shown_by(process, main) for process, main in sides]


def shown_by(process: subprocess.Popen[bytes], main: int) -> str:
    """All that a process shows in its terminal until it ends."""
    shown = b""
    with contextlib.suppress(OSError):  # the other side is closed
        while part := os.read(main, 4096):
            shown += part
    process.wait()
    os.close(main)
    return shown.decode()


async def test_a_good_installation_is_exit_code_0(sandbox: Sandbox) -> None:
    """One line for each thing, and what it comes to."""
    code, output = await doctor(**environment(sandbox))

    assert code == 0
    assert "ok       token      it is @digest_bot's\n" in output
    assert output.endswith("\nAll is well.\n")


def test_in_a_narrow_terminal_lines_are_wrapped_and_commands_stay_whole(tmp_path: Path) -> None:
    """Coloured, unless NO_COLOR says no; what is to be copied is not broken."""
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    address = f"http://127.0.0.1:{free_port()}"
    variables = {"BOT_TOKEN_FILE": "token", "BOT_TELEGRAM__API_URL": address, "TERM": "xterm-256color"}
    plain, coloured = in_terminals(50, {**variables, "NO_COLOR": "1"}, variables)

    assert "\x1b[31m" not in plain
    assert "\x1b[" in coloured
    assert re.search(r"^ {20}→ run “chmod 600 token”\r$", plain, re.MULTILINE)
    bare = re.sub(r"\x1b\[[0-9;]*m|\r", "", plain)
    assert [
        line for line in bare.splitlines() if len(line) > 50 and "“" not in line and "/" not in line
    ] == []


async def test_what_is_bad_is_exit_code_1_and_json_has_stable_names(sandbox: Sandbox) -> None:
    """For machines: one object, with every check."""
    code, output = await doctor("--json", **environment(sandbox, BOT_TOKEN="1000000001:another"))
    report = json.loads(output)

    assert code == 1
    assert set(report) == {"bad", "warnings", "checks"}
    token = next(each for each in report["checks"] if each["name"] == "token")
    assert set(token) == {"name", "status", "message", "hint"}
    assert (token["status"], token["message"]) == ("bad", f"{sandbox.url} refuses it")
    assert "@BotFather" in token["hint"]
    assert "1000000001:another" not in output


async def test_a_configuration_that_cannot_be_used_is_told_with_all_its_errors() -> None:
    """Nothing else can be looked at then."""
    Path("config.yaml").write_text("web: {prot: 1}\nlog: {level: loud}\n")
    code, output = await doctor()

    assert code == 1
    assert "config.yaml cannot be used" in output
    assert "did you mean `port`?" in output
    assert "config.yaml:2:14: bad-value: `level`" in output
    assert output.endswith("\n1 bad, 0 warnings: the lines with “→” say what to do.\n")


# -- Telegram ---------------------------------------------------------------------------------------------


async def test_without_a_token_it_says_where_to_get_one(sandbox: Sandbox) -> None:
    """And looks at the rest."""
    variables = environment(sandbox, BOT_TOKEN="")
    found = await examined(variables)

    assert [each.partition(" → ")[0] for each in bad(found)] == ["token: no token"]
    assert "content" in found


async def test_a_bot_api_that_cannot_be_reached_is_told(sandbox: Sandbox) -> None:
    """With the address that was asked."""
    address = f"http://127.0.0.1:{free_port()}"
    [line] = bad(await examined(environment(sandbox, BOT_TELEGRAM__API_URL=address)))

    assert line.startswith(f"api: {address} cannot be reached: no connection")
    assert "telegram.api_url" in line


async def test_an_address_that_is_no_bot_api_is_told(sandbox: Sandbox) -> None:
    """It answers, but not as a Bot API does."""
    [line] = bad(await examined(environment(sandbox, BOT_TELEGRAM__API_URL=f"{sandbox.url}/api")))

    assert "telegram.api_url" in line


HOOK = "https://bot.example.org/telegram"


def hook(url: str, pending: int = 0, failed: dt.timedelta | None = None) -> WebhookInfo:
    """What Telegram says of a webhook, at noon; it could not deliver `failed` ago."""
    if failed is None:
        return WebhookInfo(url, has_custom_certificate=False, pending_update_count=pending)
    words = "Wrong response from the webhook: 502 Bad Gateway"
    return WebhookInfo(url, False, pending, last_error_date=NOW - failed, last_error_message=words)  # noqa: FBT003


@pytest.mark.parametrize(
    ("info", "meant", "status", "said"),
    [
        (hook(""), None, Status.OK, "long polling, and no webhook in its way"),
        (hook("", 3), None, Status.OK, "; 3 updates waiting"),
        (
            hook("https://other.example/SECRET", 1),
            None,
            Status.BAD,
            "updates go to a webhook at other.example; 1 update waiting",
        ),
        (hook(HOOK), HOOK, Status.OK, f"Telegram calls {HOOK}"),
        (hook(HOOK, 101), HOOK, Status.WARNING, "; 101 updates waiting"),
        (hook(""), HOOK, Status.WARNING, "the webhook is not registered"),
        (
            hook("https://other.example/SECRET"),
            HOOK,
            Status.BAD,
            "another webhook is meant, but updates go to a webhook at other.example",
        ),
        (hook(HOOK, 2, dt.timedelta(minutes=4)), HOOK, Status.BAD, "502 Bad Gateway; 2 updates waiting"),
        (hook(HOOK, 0, dt.timedelta(minutes=4)), HOOK, Status.WARNING, "502 Bad Gateway"),
        (hook(HOOK, 2, dt.timedelta(minutes=40)), HOOK, Status.WARNING, "502 Bad Gateway; 2 updates waiting"),
        (hook(HOOK, 0, dt.timedelta(hours=2)), HOOK, Status.OK, f"Telegram calls {HOOK}"),
    ],
)
def test_how_updates_come_is_held_against_what_is_meant(
    info: WebhookInfo, meant: str | None, status: Status, said: str
) -> None:
    """A conflict says what to do; another program's address may hold its secret, and only its host is shown."""
    found = receiving(info, meant, NOW)

    assert found.status is status
    assert said in found.message
    assert "SECRET" not in found.message
    assert bool(found.hint) or status is not Status.BAD


async def test_a_webhook_in_the_way_of_long_polling_is_told(sandbox: Sandbox) -> None:
    """As Telegram reports it; it is left where it is."""
    address = f"http://127.0.0.1:{free_port()}/telegram"
    async with BotSide(sandbox) as side:
        await side.call("setWebhook", url=address, secret_token="x" * 32)
        [line] = bad(await examined(environment(sandbox)))
        assert (await side.call("getWebhookInfo"))["url"] == address

    assert line.startswith("receiving: long polling is meant, but updates go to a webhook at 127.0.0.1")
    assert "/revoke" in line


async def test_of_postgresql_neither_a_file_nor_the_password_is_spoken_of(sandbox: Sandbox) -> None:
    """What it holds is another matter."""
    url = "postgresql://bot:open-sesame@db.example.org/digests"
    found = await examined(environment(sandbox, BOT_STORAGE__URL=url))

    assert bad(found) == []
    assert not {"disk", "sqlite"} & set(found)
    assert "open-sesame" not in str(found)


async def subscribed(store: Store, *chats: int) -> None:
    """Subscribe groups and channels."""
    for chat in chats:
        await store.subscribe(Chat(chat), Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty"), NOW, NOW)


async def test_the_rights_in_every_configured_and_subscribed_chat_are_looked_at(
    sandbox: Sandbox, store: Store, tmp_path: Path
) -> None:
    """Where the bot may not write, with what to do there, each once; private chats are not asked about."""
    person = Person(sandbox)
    lost = await person.new_chat("supergroup", "Lost")
    await person.set_role(BOT, status="kicked", chat=lost)
    await person.set_role(BOT, can_post=False, chat=CHANNEL)
    await subscribed(store, GROUP, lost, CHANNEL, READER)
    await store.close()
    config = tmp_path / "config.yaml"
    config.write_text(f'channels:\n  - chat: "@nowhere"\n  - chat: {CHANNEL}\n')
    found = await examined(environment(sandbox, BOT_STORAGE__URL=f"sqlite:///{tmp_path}/bot.db"), config)

    assert [each.message for each in found["chats"]] == [
        "@nowhere: Telegram knows no such chat, or the bot was never there",
        f"{CHANNEL}: the bot may not post",
        f"{lost}: the bot is not there any more",
        "the bot may write in 1 chat",
    ]
    assert (
        "let @digest_bot write there (in a channel as an administrator who may post)"
        in found["chats"][1].hint
    )


async def test_where_telegram_asks_for_a_pause_the_doctor_stops(sandbox: Sandbox, tmp_path: Path) -> None:
    """A bot at work needs its share more."""
    (tmp_path / "config.yaml").write_text(f"channels:\n  - chat: {CHANNEL}\n  - chat: '@other'\n")
    slow = {
        "method": "getChat",
        "times": 5,
        "status": 429,
        "description": "Too Many Requests: retry after 7",
    }
    await Person(sandbox).call("/api/faults", {**slow, "parameters": {"retry_after": 7}})
    found = await examined(environment(sandbox))

    [chats] = found["chats"]
    assert (chats.status, chats.message.startswith(f"from {CHANNEL} on not looked at")) == (
        Status.WARNING,
        True,
    )


# -- the database -----------------------------------------------------------------------------------------


async def test_only_so_many_chats_are_asked_about(store: Store, tmp_path: Path) -> None:
    """The first ones, and how many there are; those that paused are left out."""
    await subscribed(store, -1, -2, -3, -4)
    await store.pause(-4, "blocked", NOW)
    await store.close()
    found = inspect(f"sqlite:///{tmp_path}/bot.db", 2)

    assert (found.chats, found.total) == ((-3, -2), 3)


async def test_a_damaged_database_is_told(store: Store, tmp_path: Path) -> None:
    """Whatever was hit, with the way back."""
    await subscribed(store, *range(-60, 0))
    await store.close()
    file = tmp_path / "bot.db"
    whole = file.read_bytes()
    for damaged in (
        b"not a database" + whole[14:],
        whole[:8192] + b"\xff" * 8192 + whole[16384:],
        whole[: len(whole) // 2],
    ):
        file.write_bytes(damaged)
        found = inspect(f"sqlite:///{file}", 50).diagnosis
        assert found.status is Status.BAD
        assert f"{file} is damaged: " in found.message
        assert "restore" in found.hint


async def test_a_copy_that_opening_would_change_is_left_alone(store: Store, tmp_path: Path) -> None:
    """A -wal file without its -shm: SQLite would make that."""
    await subscribed(store, -1)
    for name in ("bot.db", "bot.db-wal"):
        (tmp_path / f"copied-{name}").write_bytes((tmp_path / name).read_bytes())
    before = snapshot(tmp_path)
    found = inspect(f"sqlite:///{tmp_path}/copied-bot.db", 50).diagnosis

    assert (found.status, "as after a copy" in found.message) == (Status.WARNING, True)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("version", "status", "said"),
    [("0001", Status.WARNING, "has schema 0001"), ("9999", Status.BAD, "written by a newer version")],
)
async def test_a_database_of_another_version_is_told(
    store: Store, tmp_path: Path, version: str, status: Status, said: str
) -> None:
    """Older: it is brought up to date; newer: it is not touched."""
    await store.close()
    with sqlite3.connect(tmp_path / "bot.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    connection.close()
    found = inspect(f"sqlite:///{tmp_path}/bot.db", 50).diagnosis

    assert found.status is status
    assert said in found.message


def test_a_database_of_another_program_is_told(tmp_path: Path) -> None:
    """It is left alone."""
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()

    assert "another program" in inspect(f"sqlite:///{tmp_path}/other.db", 50).diagnosis.message


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ((3, 40, 1), Status.NOTE),
        ((3, 44, 6), Status.OK),
        ((3, 45, 0), Status.NOTE),
        ((3, 50, 6), Status.NOTE),
        ((3, 50, 7), Status.OK),
        ((3, 51, 2), Status.NOTE),
        ((3, 51, 3), Status.OK),
    ],
)
def test_versions_of_sqlite_with_the_fault_of_the_wal_are_told(
    version: tuple[int, int, int], status: Status
) -> None:
    """It was mended in 3.51.3, and before that in 3.50.7 and 3.44.6."""
    assert engine(version).status is status


# -- the machine ------------------------------------------------------------------------------------------

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /srv rw,relatime shared:2 master:1 - nfs4 server:/srv rw
31 30 0:27 / /srv/local\\040disk rw - xfs /dev/sdb1 rw
32 22 0:28 / /mnt/share rw - fuse.sshfs user@host:/ rw
33 22 0:29 / /run/fast rw - tmpfs tmpfs rw
34 22 0:30 / /both rw - cifs //server/share rw
35 22 0:31 / /both rw - btrfs /dev/sdc rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/bot", "ext4"),
        ("/srv/bot", "nfs4"),
        ("/srv2", "ext4"),
        ("/srv/local disk/bot", "xfs"),
        ("/mnt/share", "fuse.sshfs"),
        ("/run/fast/bot", "tmpfs"),
        ("/both/bot", "btrfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(folder: str, kind: str) -> None:
    """By /proc/self/mountinfo, where a space is an octal escape and a later mount covers an earlier one."""
    assert machine.file_system(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("nfs4", Status.BAD),
        ("cifs", Status.BAD),
        ("fuse.sshfs", Status.BAD),
        ("9p", Status.BAD),
        ("tmpfs", Status.WARNING),
    ],
)
def test_a_file_system_that_sqlite_is_not_safe_on_is_told(tmp_path: Path, kind: str, status: Status) -> None:
    """Of the place that the database would have."""
    first = next(machine.disk(tmp_path / "data" / "bot.db", f"22 1 8:1 / / rw - {kind} x rw"))

    assert (first.status, first.name) == (status, "disk")
    assert "move the database" in first.hint


@pytest.mark.parametrize("mounts", ["", "nonsense\n", "1 2 - ext4\n", "22 1 8:1 / / rw - fuseblk x rw"])
def test_a_local_disk_or_an_unknown_one_is_well(tmp_path: Path, mounts: str) -> None:
    """With the space that is left."""
    [found] = machine.disk(tmp_path / "bot.db", mounts)

    assert "GiB free" in found.message


@given(st.text())
def test_no_mounts_are_too_strange(text: str) -> None:
    """Whatever the file holds, there is an answer."""
    machine.file_system(Path("/data"), text + "\n" + f"1 2 3 4 {text} - {text}")


def test_a_database_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the command for the user that the bot runs as."""
    file = tmp_path / "bot.db"
    file.touch(0o444)
    first = next(machine.disk(file, ""))

    assert (first.status, "cannot be written by user" in first.message) == (Status.BAD, True)
    assert f"chown -R {os.geteuid()}" in first.hint


@pytest.mark.parametrize(
    ("folder", "file", "config", "said"),
    [
        (0o700, 0o644, 0o644, []),
        (0o755, 0o640, 0o644, []),
        (0o755, 0o644, 0o644, ["everybody may read "]),
        (0o777, 0o600, 0o644, ["everybody may change "]),
        (0o1777, 0o600, 0o644, []),
        (0o700, 0o600, 0o666, ["everybody may change config.yaml"]),
    ],
)
def test_what_others_may_read_or_change_is_told(
    tmp_path: Path, folder: int, file: int, config: int, said: list[str]
) -> None:
    """With a command that mends it."""
    Path("config.yaml").touch()
    Path("config.yaml").chmod(config)
    data = tmp_path / "data"
    data.mkdir()
    (data / "bot.db").touch()
    (data / "bot.db").chmod(file)
    data.chmod(folder)
    found = [
        each for each in machine.files(data / "bot.db", Path("config.yaml")) if each.status is not Status.OK
    ]

    assert [each.message[: len(words)] for each, words in zip(found, said, strict=True)] == said
    assert all("chmod o" in each.hint for each in found)


@pytest.mark.parametrize(
    ("version", "status"), [("2026.6", Status.OK), ("2025.3", Status.WARNING), ("2024.1", Status.WARNING)]
)
def test_time_zones_that_are_a_year_old_are_told(version: str, status: Status) -> None:
    """Countries change theirs at short notice; on 24 November 2026."""
    assert machine.zones(NOW, version, "").status is status


async def test_a_clock_that_is_wrong_is_told(sandbox: Sandbox) -> None:
    """Against what the Bot API's server says, and in which direction."""
    now = SystemClock().now()
    ahead = await network.clock(sandbox.url, FixedClock(now + dt.timedelta(seconds=70)))
    behind = await network.clock(sandbox.url, FixedClock(now - dt.timedelta(hours=2)))
    right = await network.clock(sandbox.url, FixedClock(now + dt.timedelta(seconds=20)))

    assert (ahead.status, "s ahead of" in ahead.message) == (Status.BAD, True)
    assert (behind.status, "s behind" in behind.message) == (Status.BAD, True)
    assert right.status is Status.OK


# -- a bot at work here -----------------------------------------------------------------------------------


@pytest.fixture
async def served() -> AsyncIterator[dict[str, Any]]:
    """A server at `port` whose /healthz gives `answer`."""
    given: dict[str, Any] = {}

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text=given["answer"], status=503, content_type="application/json")

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    given["port"] = runner.addresses[0][1]
    yield given
    await runner.cleanup()


async def test_what_a_running_bot_complains_of_is_told(served: dict[str, Any]) -> None:
    """All of its reasons; it is asked on this machine, wherever it listens."""
    reasons = [("no answer for 300 s", "check the network"), ("the disk is full", "free some space")]
    named = [{"code": "x", "text": text, "hint": hint} for text, hint in reasons]
    served["answer"] = json.dumps({"status": "failing", "reasons": named})
    found = await network.running("0.0.0.0", served["port"])  # noqa: S104  where the image listens

    assert (found.status, found.message) == (Status.BAD, "no answer for 300 s; the disk is full")
    assert found.hint == "check the network; free some space"


@pytest.mark.parametrize("answer", ["hello", "[]", '{"reasons": 3}', '{"reasons": ["words"]}'])
async def test_another_program_at_the_port_is_told(served: dict[str, Any], answer: str) -> None:
    """It answers, but says nothing of health."""
    served["answer"] = answer
    found = await network.running("127.0.0.1", served["port"])

    assert (found.status, "gives no report" in found.message) == (Status.BAD, True)


async def test_where_no_bot_runs_that_is_a_note() -> None:
    """A doctor is asked before the first start too."""
    assert (await network.running("127.0.0.1", free_port())).status is Status.NOTE
    assert (await network.running("127.0.0.1", None)).status is Status.NOTE
