"""The command line: one clear message for everything that can be wrong, exit codes, and no traceback."""

import asyncio
import contextlib
import functools
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import cli
from bot.sandbox import Sandbox
from bot.starting import plain
from tests.conversation import SAMPLE, BotProcess, Conversation
from tests.forking import Forked, command

ROOT = Path(__file__).parents[1]
TOKEN = "1000000001:test-token"


def bot(*arguments: str, folder: Path, **environment: str) -> tuple[int, str]:
    """Run `python -m bot` to its end in `folder`; exit code and everything that it printed.

    What ends by itself runs in this process, which is quicker; `run` and `demo` have one of their own.
    """
    own = {"BOT_CONTENT__PATH": str(SAMPLE), **environment}
    others = [name for name in os.environ if name.startswith("BOT_")]
    if arguments[0] in {"run", "demo"}:
        clean = {name: value for name, value in os.environ.items() if name not in others}
        code, output = asyncio.run(
            Forked(functools.partial(command, arguments), clean | own, folder).ended(30)
        )
        assert "Traceback" not in output
        return code, output
    with contextlib.chdir(folder):
        cleared = dict.fromkeys(others)
        done = CliRunner().invoke(cli, arguments, env=cleared | own, prog_name="python -m bot")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


# -- check ------------------------------------------------------------------------------------------------


def test_check_of_good_content_says_what_there_is(tmp_path: Path) -> None:
    """Exit code 0 and a count."""
    assert bot("check", str(SAMPLE), folder=tmp_path) == (0, "Good: 1 article, 2 themes, 5 digests.\n")


def test_check_lists_every_error_with_its_place(tmp_path: Path) -> None:
    """Two files with an error each: both are told in one run, and the exit code is 1."""
    article = tmp_path / "content" / "a"
    article.mkdir(parents=True)
    (article / "article.yaml").write_text("id: a\ntitel: Wrong\n")
    (article / "start.yaml").write_text("theme: start\ntitle: x\ntitle: y\n")
    code, output = bot("check", folder=tmp_path)

    assert code == 1
    assert "content/a/article.yaml:2:1: " in output
    assert "content/a/start.yaml:3:1: yaml-duplicate-key: " in output


@pytest.mark.parametrize("arguments", [["nonsense"], ["run", "--nonsense"], ["demo", "--port", "x"]])
def test_wrong_use_is_exit_code_2(arguments: list[str], tmp_path: Path) -> None:
    """An unknown command, option or value."""
    assert bot(*arguments, folder=tmp_path)[0] == 2


@pytest.mark.parametrize("command", ["run", "check", "draft", "preview", "demo", "outbox", "broadcast"])
def test_every_command_explains_itself(command: str, tmp_path: Path) -> None:
    """--help names the command and stands in the list of commands."""
    code, output = bot(command, "--help", folder=tmp_path)

    assert code == 0
    assert f"python -m bot {command}" in output
    assert command in bot("--help", folder=tmp_path)[1]


# -- run: what can be wrong -------------------------------------------------------------------------------


def test_no_token(tmp_path: Path) -> None:
    """Says where to get one, and where to put it; makes no database."""
    code, output = bot("run", folder=tmp_path)

    assert code == 1
    assert "@BotFather" in output
    assert "BOT_TOKEN" in output
    assert list(tmp_path.iterdir()) == []


async def test_a_wrong_token(sandbox: Sandbox, tmp_path: Path) -> None:
    """Telegram refuses it: the message says so, and does not repeat the token."""
    process = BotProcess(sandbox.url, "1000000002:wrong-token", tmp_path)
    await process.start()
    code, output = await process.ended()

    assert code == 1
    assert "refused the token" in output
    assert "wrong-token" not in output
    assert "Traceback" not in output


def test_an_unreachable_api(tmp_path: Path) -> None:
    """Names the address, and the setting to look at."""
    address = f"http://127.0.0.1:{_closed_port()}"
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_TELEGRAM__API_URL=address)

    assert code == 1
    assert f"{address} cannot be reached" in output
    assert "telegram.api_url" in output


def test_an_api_that_is_not_one(tmp_path: Path) -> None:
    """A port that speaks something else is told apart from a good one."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        server.settimeout(30)
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "BOT_CONTENT__PATH": str(SAMPLE),
                "BOT_TOKEN": TOKEN,
                "BOT_TELEGRAM__API_URL": address,
            },
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3):
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")
        output, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "cannot be reached" in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("name", "told"),
    [("missing.yaml", "cannot be read"), (".", "cannot be read"), ("broken.yaml", "broken.yaml:1:")],
)
def test_a_configuration_that_cannot_be_used(name: str, told: str, tmp_path: Path) -> None:
    """Missing, not a file, or not YAML."""
    (tmp_path / "broken.yaml").write_text("delivery: [")
    code, output = bot("run", "--config", name, folder=tmp_path, BOT_TOKEN=TOKEN)

    assert code == 1
    assert told in output


def test_all_errors_of_a_configuration_in_one_run(tmp_path: Path) -> None:
    """Three mistakes in the file and one in the environment: four messages."""
    config = "delivery:\n  rate: fast\n  max_latness: 6h\nreader:\n  zone: Mars\n"
    (tmp_path / "config.yaml").write_text(config)
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_LOG__LEVEL="loud")

    assert code == 1
    assert "config.yaml:2:9: " in output
    assert "max_lateness" in output
    assert "config.yaml:5:9: " in output
    assert "BOT_LOG__LEVEL" in output


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_content_that_is_not_there(path: str, tmp_path: Path) -> None:
    """A missing and an empty folder."""
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_CONTENT__PATH=path)

    assert code == 1
    assert "python -m bot check" in output


def test_broken_content(tmp_path: Path) -> None:
    """The findings stand in the message."""
    (tmp_path / "c" / "a").mkdir(parents=True)
    (tmp_path / "c" / "a" / "article.yaml").write_text("id: &x a\n")
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_CONTENT__PATH="c")

    assert code == 1
    assert "c/a/article.yaml:1:5: yaml-anchor: " in output


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look at. " * 100)


def _read_only(path: Path) -> None:
    path.touch()
    path.chmod(0o444)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_foreign, "another program"),
        (_newer, "newer version"),
        (_garbage, "not a database"),
        (_read_only, "cannot write"),
    ],
)
def test_a_database_that_is_not_ours_to_write(make: object, told: str, tmp_path: Path) -> None:
    """The message says what it is and what to set; the file stays byte for byte as it was."""
    assert callable(make)
    path = tmp_path / "bot.db"
    make(path)
    before = path.read_bytes()
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_STORAGE__URL="sqlite:///bot.db")

    assert code == 1
    assert told in output
    assert "storage.url" in output
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The database's folder cannot be made, as a file stands in its place."""
    (tmp_path / "data").touch()
    code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN)

    assert code == 1
    assert "storage.url" in output


def test_an_unsupported_database(tmp_path: Path) -> None:
    """Anything but a SQLite file and PostgreSQL."""
    for url in ("mysql://localhost/x", "nonsense", "sqlite://"):
        code, output = bot("run", folder=tmp_path, BOT_TOKEN=TOKEN, BOT_STORAGE__URL=url)
        assert code == 1
        assert "sqlite:///data/bot.db" in output


async def test_a_taken_port_of_the_health_check(sandbox: Sandbox, tmp_path: Path) -> None:
    """The sandbox has it: the message names the port and the setting."""
    port = sandbox.url.rsplit(":", 1)[1]
    process = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_WEB__PORT=port)
    await process.start()
    code, output = await process.ended()

    assert code == 1
    assert f"port {port} on 127.0.0.1 is taken" in output
    assert "web.port" in output
    assert "Traceback" not in output


async def test_a_second_process_on_one_database_waits_and_takes_over(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """As in an upgrade where the new one begins before the old one ends."""
    first, second = (BotProcess(sandbox.url, TOKEN, tmp_path) for _ in range(2))
    await first.start()
    reader = Conversation(sandbox)
    await reader.say("/next")
    await second.start()
    await second.prints("storage.busy")

    assert (await first.stop())[0] == 0
    await reader.say("/next")
    code, output = await second.stop()

    assert code == 0
    assert "bot.started" in output


def test_a_taken_port_of_the_demo(tmp_path: Path) -> None:
    """The message says how to choose another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, output = bot("demo", "--port", str(taken.getsockname()[1]), folder=tmp_path)

    assert code == 1
    assert "make demo PORT=" in output


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_run_imports_nothing_that_it_may_never_use(tmp_path: Path) -> None:
    """What is needed by some readers alone, or not at all, takes neither memory nor time at the start."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "run"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in told.splitlines()}

    assert "BOT_TOKEN" in told.splitlines()[-1]
    assert {"telegram", "sqlalchemy", "aiohttp", "bot.app"} <= imported
    spared = {"PIL", "alembic", "asyncpg", "httpx._client", "pygments", "rapidfuzz", "rich.console", "tzfpy"}
    spared |= {"Stemmer", "aiohttp.web", "greenlet._greenlet", "multiprocessing"}
    spared |= {"prometheus_client", "typer"}
    assert not imported & spared


@pytest.mark.parametrize(
    "arguments", [["run", "--config", "none.yaml"], ["run", "--config=none.yaml"]], ids=["plain", "parsed"]
)
def test_run_says_the_same_with_and_without_the_library_of_the_command_line(
    arguments: list[str], tmp_path: Path
) -> None:
    """`run --config FILE` is read without it, every other form with it."""
    command = [sys.executable, "-m", "bot", *arguments]
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("bot: none.yaml")


@pytest.mark.parametrize(
    "arguments", [["run", "--help"], ["run", "--config"], ["run", "--config", "--help"], []]
)
def test_only_a_plain_run_is_read_without_the_library(arguments: list[str]) -> None:
    """Help and wrong use are the library's to answer."""
    assert not plain(arguments)
