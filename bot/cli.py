"""argv -> command; signals; exit codes: 0 good, 1 found problems, 2 used wrongly."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from bot.commands_broadcast import broadcast
from bot.commands_check import check
from bot.commands_data import backup, migrate, restore, transfer
from bot.commands_doctor import doctor
from bot.commands_draft import draft
from bot.commands_outbox import outbox
from bot.commands_preview import preview
from bot.console import Config, fail

cli = typer.Typer(
    name="bot",
    help="A Telegram bot that delivers digests of articles.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli.add_typer(outbox)
cli.command()(broadcast)
cli.command()(check)
cli.command()(doctor)
cli.command()(preview)
cli.command()(draft)
cli.command()(migrate)
cli.command()(backup)
cli.command()(restore)
cli.command()(transfer)


@cli.command()
def run(config: Config = None) -> None:
    """Run the bot: answer readers, deliver the daily digests. Needs a token in BOT_TOKEN or BOT_TOKEN_FILE."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # PTB 22.8 warns at every 429 without it
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # it looks for some among all packages
    gc.disable()  # imports make no garbage worth looking for: an eighth of the start-up time
    with _spared():
        from bot.app import run as run_bot
        from bot.config import ConfigError, load_all
        from bot.logs import configure
        from bot.ports import StartError

    try:
        gc.freeze()
        gc.enable()
        settings, token, webhook_secret = load_all(config, os.environ)
        hidden = [secret.get_secret_value() for secret in (token, webhook_secret) if secret]
        configure(settings.log.level, settings.log.format, (*hidden, settings.storage.password))
        _until_signal(lambda stop: run_bot(settings, token, stop, webhook_secret))
    except (ConfigError, StartError) as error:
        fail(error)


@contextlib.contextmanager
def _spared() -> Iterator[None]:
    """Import without what our libraries would bring for things that a running bot never does: 6 MB, 0.1 s.

    structlog does without rich's tracebacks, and PTB names httpx in signatures alone where another request is given.
    """
    httpx = ModuleType("httpx")
    vars(httpx).update(AsyncClient=object, Proxy=object, URL=object)
    stands_in: dict[str, Any] = {"httpx": httpx, "rich": None}  # None: an ImportError, by Python's reference
    left_out = {name: stands_in[name] for name in stands_in.keys() - sys.modules.keys()}
    sys.modules.update(left_out)
    try:
        yield
    finally:
        for name in left_out:
            del sys.modules[name]


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the chat page on 127.0.0.1; 0 takes a free one.")] = 8080,
    content: Annotated[Path, typer.Option(help="The folder that holds the articles.")] = Path("content"),
) -> None:
    """Try the bot in the browser: no token, no network. Ctrl-C ends it, and forgets what was done."""
    from bot.demo import DemoError, run_demo

    try:
        _until_signal(lambda stop: run_demo(port, content, stop, _say))
    except DemoError as error:
        fail(error)


def _until_signal(start: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGINT or SIGTERM, then let everything end in order."""

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await start(stop)

    asyncio.run(supervised())


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def main() -> None:
    """The entry point."""
    cli()
