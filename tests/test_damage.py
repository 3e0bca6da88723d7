"""A database that is broken or out of reach: what is seen, when, and what the bot says."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.core.model import Chat
from bot.ports import StoreError
from bot.store import open_store
from bot.web.health import Health
from tests.bitflip_campaign import AT_USE, CHANGED, HARMLESS, REFUSED, campaign, make, turn
from tests.fakes import FixedClock
from tests.test_store_opening import refusal, run_sql, url

SOMEBODY = 65534
STEPS = "stop the bot and restore a backup, the newest first, with “python -m bot restore FILE”"


async def test_a_turned_bit_is_seen_at_the_next_start(tmp_path: Path) -> None:
    """After a stop in good order each of them; after a crash what is broken, and a backup brings all back."""
    sealed, crashed, steps = await campaign(tmp_path, 7, 10, readers=200)
    assert sealed == {REFUSED: 10}
    assert crashed.total() == 10
    assert not crashed.keys() - {REFUSED, AT_USE, HARMLESS, CHANGED}
    assert all(STEPS in step for step in steps)


async def test_a_change_by_hand_is_no_damage(tmp_path: Path) -> None:
    """Whoever mends something with SQL changes the file's time as well."""
    file = tmp_path / "bot.db"
    await open_store(url(file)).close()
    assert (tmp_path / "bot.db.seal").exists()
    run_sql(file, "INSERT INTO stopped VALUES ('w3', 'abc')")
    store = open_store(url(file))
    assert not (tmp_path / "bot.db.seal").exists()  # a crash from now on leaves none
    assert await store.stopped() == {"w3": "abc"}
    await store.close()


async def test_the_seal_can_be_taken_off(tmp_path: Path) -> None:
    """Without any backup a database with a turned bit in a value is better than none."""
    file = tmp_path / "bot.db"
    await make(file)
    at = file.read_bytes().index(b"water")
    turn(file, 8 * at)
    assert "its bytes have changed since the bot was stopped" in refusal(url(file))
    assert "its bytes have changed since the bot was stopped" in refusal(url(file))  # and again
    (tmp_path / "bot.db.seal").unlink()
    await open_store(url(file)).close()


async def test_damage_under_a_running_bot_stops_it_working_and_turns_its_health_red(tmp_path: Path) -> None:
    """The first read that meets it, and all after it, say how to restore; nothing is written any more."""
    file = tmp_path / "bot.db"
    await make(file)
    store = open_store(url(file))
    health = Health(store, FixedClock())
    health.polled()
    with closing(sqlite3.connect(file)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'subscriptions'"
        ).fetchone()
    with file.open("r+b") as opened:
        opened.seek(4096 * (root - 1))
        opened.write(b"\xa5" * 4096)
    with pytest.raises(StoreError) as caught:
        await store.subscription(Chat(7_000_000_000))
    assert "the database is damaged" in str(caught.value)
    assert STEPS in str(caught.value)
    report = await health.report()
    assert report["status"] == "failing"
    assert STEPS in str(report["reasons"])
    with pytest.raises(StoreError, match="is damaged"):
        await store.stop_digest("w1", "abc")  # whose page is whole
    await store.close()
    assert "is damaged" in refusal(url(file))


# -- out of reach -----------------------------------------------------------------------------------------


async def test_a_start_waits_for_a_program_that_has_locked_the_database(tmp_path: Path) -> None:
    """It says so, and goes on by itself."""
    file = tmp_path / "bot.db"
    await open_store(url(file)).close()
    foreign = sqlite3.connect(file, isolation_level=None)
    foreign.execute("BEGIN EXCLUSIVE")
    with capture_logs() as log:
        opening = asyncio.create_task(asyncio.to_thread(open_store, url(file)))
        await asyncio.sleep(2.5)
        assert not opening.done()
        foreign.execute("ROLLBACK")
        foreign.close()
        store = await opening
    assert [each["event"] for each in log] == ["store.locked"]
    await store.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start the bot as somebody else")
def test_a_volume_that_belongs_to_root_is_refused_with_the_line_that_mends_it() -> None:
    """By the real command as another user; after that line it goes on."""
    volume = Path(tempfile.mkdtemp(prefix="volume-"))  # pytest's folders are closed to other users
    try:
        volume.chmod(0o755)
        (volume / "bot.db").touch()
        code, output = retry_as_somebody_else(volume)
        assert (code, output.count("\n")) == (1, 1), output
        line = f"chown -R {SOMEBODY}:{SOMEBODY} {volume} && chmod -R u+rwX {volume}"
        assert f"“{line}”" in output
        subprocess.run(line, shell=True, check=True)  # noqa: S602  as the message says
        code, output = retry_as_somebody_else(volume)
        assert (code, output[:12]) == (0, "0 due again:"), output
    finally:
        shutil.rmtree(volume)


def retry_as_somebody_else(volume: Path) -> tuple[int, str]:
    """Run a command that opens the database as a start does, as another user.

    This machine's Python may be closed to others, so all is imported before.
    """
    script = (
        "import os, concurrent.futures.thread, bot.cli, bot.clock, bot.config, bot.store\n"
        f"os.setgroups([]); os.setgid({SOMEBODY}); os.setuid({SOMEBODY})\n"
        "bot.cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "outbox", "retry", "--state", "failed"],
        cwd=Path(__file__).parents[1],
        env={
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",
            "BOT_STORAGE__URL": url(volume / "bot.db"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr
