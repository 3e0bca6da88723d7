"""What is written for people is true: every command of the README runs, every setting and file it names exists."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bot.cli import cli
from bot.config import ChannelSettings, Settings
from bot.core import texts
from bot.sandbox import Sandbox, SandboxSettings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]
TOKEN = "123456789:replace-me"


@pytest.fixture
async def telegram() -> AsyncIterator[Sandbox]:
    """A sandbox that knows the README's token."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def output_until(command: str, expected: str, **environment: str) -> str:
    """Run a command of the README until it prints `expected`, then end it as Ctrl-C does; all that it printed."""
    process = await asyncio.create_subprocess_shell(
        f"exec {command}" if "=" not in command.split(maxsplit=1)[0] else f"exec env {command}",
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed = ""
    while expected not in printed:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert line, printed
        printed += line
    os.killpg(process.pid, signal.SIGINT)
    rest, _ = await asyncio.wait_for(process.communicate(), 15)
    return printed + rest.decode()


def test_every_command_of_the_readme_is_tried_here() -> None:
    """A new command in the README needs a test below."""
    assert [
        "make demo",
        "make test",
        f"BOT_TOKEN={TOKEN} make run",
        "docker compose up -d --build",
        "python -m bot draft article.md --out drafts",
        "make content",
        "make preview",
    ] == COMMANDS


async def test_make_demo() -> None:
    """It says where the page is."""
    assert re.search(
        r"Demo ready: http://127\.0\.0\.1:\d+/\n", await output_until("make demo", "Demo ready", PORT="0")
    )


def test_make_test_runs_the_whole_suite() -> None:
    """This is the run that you are looking at, so only its command is asked for."""
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", "test"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == ".venv/bin/pytest -n 3"


async def test_make_run_with_a_token(telegram: Sandbox, tmp_path: Path) -> None:
    """With a Bot API that knows the token it starts."""
    environment = {"BOT_TELEGRAM__API_URL": telegram.url, "BOT_STORAGE__URL": f"sqlite:///{tmp_path}/bot.db"}
    command = next(command for command in COMMANDS if command.endswith("make run"))

    assert "bot.started" in await output_until(command, "bot.started", **environment)


def test_make_content() -> None:
    """The content that comes with the project is good."""
    done = subprocess.run(["make", "-s", "content"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("Good: 1 article, ")


def test_make_preview() -> None:
    """It shows every digest of that content."""
    done = subprocess.run(["make", "-s", "preview"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "An agency against man-made pandemics" in done.stdout


def test_drafting(tmp_path: Path) -> None:
    """The article of the tests becomes a folder of drafts."""
    (tmp_path / "article.md").write_bytes((ROOT / "tests" / "articles" / "bridge.md").read_bytes())
    command = next(command for command in COMMANDS if "bot draft" in command).split()
    subprocess.run(
        [sys.executable, *command[1:]], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )

    assert len(list((tmp_path / "drafts").glob("*/article.yaml"))) == 1


def test_the_container_is_as_hardened_as_the_readme_says() -> None:
    """compose.yaml: read-only, no capabilities, no new privileges, the data in a volume."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["bot"]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]


def test_the_readmes_table_names_every_setting_and_no_other() -> None:
    """Each key of the configuration, and each only once."""
    named = re.findall(r"`([a-z]+\.[a-z_]+)`", re.search(r"\| key .*?\n\n", README, re.DOTALL)[0])  # type: ignore[index]
    sections = {name: getattr(Settings(), name) for name in Settings.model_fields if name != "channels"}
    keys = [f"{name}.{key}" for name, section in sections.items() for key in type(section).model_fields]

    assert sorted(named) == sorted(keys)


def test_the_readme_names_every_key_of_a_channel() -> None:
    """Its example and what stands beside it."""
    example = re.search(r"channels:\n(.*?)```", README, re.DOTALL)
    assert example is not None

    assert all(re.search(rf"\b{key}\b", example[1]) for key in ChannelSettings.model_fields)


def test_the_readme_names_every_built_in_command() -> None:
    """What the menu offers is explained."""
    assert [name for name in texts.COMMANDS if not re.search(rf"`/{name}[` ]", README)] == []


def test_links_between_the_documents_lead_somewhere() -> None:
    """Every relative link of every Markdown file."""
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("content/*.md")):
        prose = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_readme_names_every_option_of_check() -> None:
    """And no other; --help comes with every command."""
    table = re.search(r"\| option \|.*?\n\n", README, re.DOTALL)
    assert table is not None
    check: Any = vars(typer.main.get_command(cli))["commands"]["check"]
    options = {name for option in check.params for name in option.opts if name.startswith("--")}

    assert set(re.findall(r"`(--[a-z]+)", table[0])) == options


def test_every_command_line_command_is_in_the_changelog() -> None:
    """Users learn of a command from the changelog."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert all(
        f"`{command.callback.__name__}`" in changelog or f"bot {command.callback.__name__}" in changelog
        for command in cli.registered_commands
        if command.callback
    )


def test_no_registry_is_named() -> None:
    """Locked requirements name packages and hashes, and leave the index to whoever installs them."""
    for name in ("requirements.txt", "requirements-draft.txt", "requirements-dev.txt"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")
