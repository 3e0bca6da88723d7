"""argv -> command; signals; exit codes: 0 good, 1 found problems, 2 used wrongly."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands_broadcast import broadcast
from bot.commands_check import check
from bot.commands_data import backup, migrate, restore, transfer
from bot.commands_doctor import doctor
from bot.commands_draft import draft
from bot.commands_outbox import outbox
from bot.commands_preview import preview
from bot.console import Config, fail
from bot.starting import start, until_signal

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
    start(config)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the chat page on 127.0.0.1; 0 takes a free one.")] = 8080,
    content: Annotated[Path, typer.Option(help="The folder that holds the articles.")] = Path("content"),
) -> None:
    """Try the bot in the browser: no token, no network. Ctrl-C ends it, and forgets what was done."""
    from bot.demo import DemoError, run_demo

    try:
        until_signal(lambda stop: run_demo(port, content, stop, _say))
    except DemoError as error:
        fail(error)


def _say(text: str) -> None:
    typer.echo(text)
    sys.stdout.flush()


def main() -> None:
    """The entry point."""
    cli()
