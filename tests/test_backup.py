"""Backups: made while the bot works, refused where damaged, brought back without those who were forgotten."""

import asyncio
import contextlib
import datetime as dt
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.core.model import EVERY_DAY, Chat, Kind, Preferences
from bot.ports import Store, StoreBusyError, StoreError
from bot.ports.inbox import Received
from bot.store import open_store
from bot.store.backup import drafted, save
from bot.store.restoring import restore
from tests.fakes import NOW
from tests.test_store_opening import fingerprint, run_sql, url

MADE = "2026-11-23T04:00:00+00:00"
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")


async def subscribe(store: Store, chat_id: int) -> None:
    """A reader, in two tables and two transactions."""
    await store.speak(Chat(chat_id), Kind.PRIVATE, "kk", NOW)
    await store.subscribe(Chat(chat_id), WANTED, NOW, NOW)


async def fill(file: Path, *chat_ids: int) -> None:
    """Readers in a database that is closed again."""
    store = open_store(url(file))
    for chat_id in chat_ids:
        await subscribe(store, chat_id)
    await store.close()


async def forget(file: Path, chat_id: int) -> None:
    """A reader asks to be forgotten, after the backup."""
    store = open_store(url(file))
    await store.forget(chat_id, NOW + dt.timedelta(hours=1))
    await store.close()


def command(*arguments: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Run a command in this process, in a folder with a bot.db; exit code and all that was printed."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(cli, arguments, env={"BOT_STORAGE__URL": "sqlite:///bot.db"} | environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def readers(file: Path) -> list[int]:
    """Who is subscribed in a database."""
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute("SELECT chat_id FROM subscriptions ORDER BY chat_id")]


def refusal(file: Path, backup: Path) -> str:
    """What is said instead of restoring; the database is as it was, and no draft is left."""
    before = fingerprint(file)
    with pytest.raises(StoreError) as caught:
        restore(url(file), backup)
    assert fingerprint(file) == before
    assert not list(file.parent.glob("*.part"))
    return str(caught.value)


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    """A database with three readers."""
    await fill(tmp_path / "bot.db", 1, 2, 3)
    return tmp_path / "bot.db"


@pytest.fixture
def kept(file: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    return save(file, tmp_path / "kept.db", MADE).file


# -- making -----------------------------------------------------------------------------------------------


async def test_what_was_being_answered_is_not_in_a_backup(file: Path, tmp_path: Path) -> None:
    """Neither its words, nor anything to answer a second time; moving to another database takes it along."""
    store = open_store(url(file))
    await store.receive([Received(7, 501, '{"text":"/search water"}')], "one", NOW)
    await store.close()

    for made, left in ((MADE, []), ("", ['{"text":"/search water"}'])):
        saved = save(file, tmp_path / f"{len(left)}.db", made).file
        with closing(sqlite3.connect(saved)) as connection:
            waiting = "SELECT payload FROM inbox WHERE payload <> ''"
            assert [payload for (payload,) in connection.execute(waiting)] == left
            assert connection.execute("SELECT update_id FROM inbox").fetchall() == [(7,)]
        assert (b"/search water" in saved.read_bytes()) == bool(left)


async def test_a_backup_of_a_busy_bot_is_its_state_of_one_moment(tmp_path: Path) -> None:
    """Every subscription has the chat that was written before it, in each of many backups."""
    store = open_store(url(tmp_path / "bot.db"))

    async def work() -> None:
        for chat_id in range(1, 100_000):
            await subscribe(store, chat_id)

    working = asyncio.create_task(work())
    sizes = []
    for number in range(8):
        await asyncio.sleep(0.05)
        saved = await asyncio.to_thread(save, tmp_path / "bot.db", tmp_path / f"{number}.db", MADE)
        with closing(sqlite3.connect(saved.file)) as connection:
            orphans = "SELECT count(*) FROM subscriptions WHERE chat_id NOT IN (SELECT chat_id FROM chats)"
            assert connection.execute(orphans).fetchone() == (0,)
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        sizes.append(saved.rows["subscriptions"])
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await store.close()
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]  # it went on writing


def test_a_backup_is_one_file_for_its_owner_alone(kept: Path) -> None:
    """No log belongs to it, nobody else may read it, and its SHA-256 lies beside it as sha256sum writes it."""
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    note = kept.with_name("kept.db.sha256")
    assert note.read_text() == f"{fingerprint(kept)}  kept.db\n"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert {each.name for each in kept.parent.glob("kept*")} == {"kept.db", "kept.db.sha256"}


def test_a_backup_never_overwrites_another(file: Path, kept: Path) -> None:
    """Nor the database itself."""
    before = fingerprint(kept)
    for target in (kept, file):
        with pytest.raises(StoreError, match="is there already: name another file"):
            save(file, target, MADE)
    assert fingerprint(kept) == before


def test_no_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """With what it takes and what there is."""
    with (
        pytest.raises(StoreError, match=r"no room in .* 1,000,000,000,000 MB.*free some space"),
        drafted(tmp_path / "x.db", 10**18),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_not_backed_up(file: Path, tmp_path: Path) -> None:
    """So no good backup gives way to a bad one; the restore is told."""
    break_a_page(file)
    with pytest.raises(
        StoreError, match=r"is damaged .*keep the backups that there are.*python -m bot restore"
    ):
        save(file, tmp_path / "kept.db", MADE)
    assert not (tmp_path / "kept.db").exists()


def test_nothing_of_the_configuration_goes_in(file: Path, tmp_path: Path) -> None:
    """No token and no secret, in a command with both around it; and only the newest are kept."""
    secrets = {"BOT_TOKEN": "1000000001:" + "A" * 35, "BOT_WEBHOOK_SECRET": "s3cret_" * 6}
    for name in ("bot-20200101T000000Z.db", "bot-20200102T000000Z.db", "mine.db"):
        (tmp_path / "backups").mkdir(exist_ok=True)
        (tmp_path / "backups" / name).write_bytes(b"")
    code, output = command("backup", "--keep", "1", folder=file.parent, **secrets)
    assert code == 0, output
    assert "chats 3, subscriptions 3, deliveries 0" in output
    assert "Removed" in output
    (made,) = (tmp_path / "backups").glob("bot-*.db")
    assert made.name > "bot-2021"
    assert (tmp_path / "backups" / "mine.db").exists()
    for written in (tmp_path / "backups").iterdir():
        assert not any(secret.encode() in written.read_bytes() for secret in secrets.values())
    assert command("backup", "new.db", "--keep", "1", folder=file.parent)[0] == 2


# -- bringing back ----------------------------------------------------------------------------------------


async def test_a_restore_brings_back_what_was_there_and_keeps_what_is(file: Path, kept: Path) -> None:
    """The backup in the database's place, the database under another name."""
    await fill(file, 4)
    done = restore(url(file), kept)
    assert (done.made, done.rows["subscriptions"], done.noted) == (MADE, 3, True)
    assert done.kept is not None
    assert (readers(file), readers(done.kept)) == ([1, 2, 3], [1, 2, 3, 4])
    await fill(file, 5)  # the bot works with it
    assert restore(url(file), kept).kept != done.kept


async def test_whoever_was_forgotten_stays_so(file: Path, kept: Path) -> None:
    """Though the backup is from before; not even their number is in the file."""
    number = 7_777_777_771
    await fill(file, number)
    older = save(file, kept.with_name("older.db"), MADE).file
    await forget(file, number)
    done = restore(url(file), older)
    assert done.forgotten == 1
    assert readers(file) == [1, 2, 3]
    assert number.to_bytes(6) not in file.read_bytes()


async def test_a_new_machine_knows_who_was_forgotten(file: Path, kept: Path, tmp_path: Path) -> None:
    """By the newest backup alone: an older one brings nobody back there either."""
    await forget(file, 2)
    newest = save(file, tmp_path / "newest.db", MADE).file
    moved = tmp_path / "new" / "bot.db"
    restore(url(moved), newest)
    assert restore(url(moved), kept).forgotten == 1
    assert readers(moved) == [1, 3]
    assert stat.S_IMODE((tmp_path / "new" / "bot.db.key").stat().st_mode) == 0o600


async def test_two_bots_marks_are_kept_side_by_side(file: Path, kept: Path, tmp_path: Path) -> None:
    """A machine that has forgotten somebody before it gets a backup has a key of its own."""
    await forget(file, 2)
    newest = save(file, tmp_path / "newest.db", MADE).file
    other = tmp_path / "other" / "bot.db"
    await fill(other, 3)
    await forget(other, 3)
    restore(url(other), newest)
    restore(url(other), kept)
    assert readers(other) == [1]
    await forget(other, 1)  # and new marks can be made and read
    restore(url(other), kept)
    assert readers(other) == []


async def test_the_log_of_a_bot_that_was_killed_is_kept_apart(file: Path, kept: Path, tmp_path: Path) -> None:
    """It would overwrite pages of the restored database."""
    store = open_store(url(file))
    await subscribe(store, 9)
    killed = tmp_path / "killed" / "bot.db"
    killed.parent.mkdir()
    for name in ("bot.db", "bot.db-wal"):
        shutil.copy(tmp_path / name, killed.parent / name)
    await store.close()
    done = restore(url(killed), kept)
    assert readers(killed) == [1, 2, 3]
    assert done.kept is not None
    assert readers(done.kept) == [1, 2, 3, 9]


async def test_a_running_bot_keeps_its_database(file: Path, kept: Path) -> None:
    """It has to be stopped first."""
    store = open_store(url(file))
    with pytest.raises(StoreBusyError, match="stop that one first"):
        restore(url(file), kept)
    await subscribe(store, 4)
    await store.close()
    assert readers(file) == [1, 2, 3, 4]


def test_a_backup_in_which_a_bit_has_turned_is_refused(file: Path, kept: Path) -> None:
    """Every one of them, by its hash; what lies in the place stays."""
    content = kept.read_bytes()
    for position in range(5, len(content), len(content) // 40):
        changed = bytearray(content)
        changed[position] ^= 1
        kept.write_bytes(changed)
        assert "is not what it was when it was made" in refusal(file, kept)


def test_a_damaged_copy_without_a_hash_is_refused(file: Path, kept: Path) -> None:
    """As far as SQLite can tell; a good one is taken, with the remark that values were not looked at."""
    kept.with_name("kept.db.sha256").unlink()
    assert not restore(url(file), kept).noted
    break_a_page(kept)
    assert "take another backup; nothing was changed" in refusal(file, kept)


def test_what_is_no_backup_is_refused(file: Path, kept: Path, tmp_path: Path) -> None:
    """Nothing, a folder, text, an empty file, another program's, a newer bot's, and the database itself."""
    (tmp_path / "text.db").write_text("x" * 5000)
    (tmp_path / "empty.db").write_bytes(b"")
    run_sql(tmp_path / "songs.db", "CREATE TABLE songs (title TEXT)")
    shutil.copy(kept, tmp_path / "newer.db")
    run_sql(tmp_path / "newer.db", "UPDATE alembic_version SET version_num = '9999'")
    for name, words in {
        "none.db": "there is no backup at",
        ".": "there is no backup at",
        "text.db": "is damaged (file is not a database)",
        "empty.db": "is empty",
        "songs.db": "belongs to another program",
        "newer.db": "newer version of the bot (schema 9999): upgrade the bot",
        "bot.db": "is the database itself",
    }.items():
        assert words in refusal(file, tmp_path / name)


def test_the_command_says_what_it_did_and_what_comes_next(file: Path, kept: Path) -> None:
    """In words, from an older backup with a delivery in flight."""
    run_sql(
        kept,
        "INSERT INTO deliveries VALUES "
        "(1, 1, 0, 0, '2026-11-23', 1000, 'w1', '', 'sending', 1, 'me', 1000, '', 44, 2)",
    )
    kept.with_name("kept.db.sha256").unlink()
    code, output = command("restore", "kept.db", folder=file.parent)
    assert code == 0, output
    for words in (
        "bot.db is kept.db now, made 2026-11-23 04:00 UTC: chats 3, subscriptions 3, deliveries 1.",
        "No SHA-256 lay beside it",
        "What was there is in bot.db.replaced now",
        "so that some may come twice: 1.",
        "at most 6 h late",
        "start the bot",
    ):
        assert words in output


def break_a_page(file: Path) -> None:
    """Overwrite the middle of a database."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xa5" * 4096
    file.write_bytes(content)
