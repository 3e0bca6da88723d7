"""`python -m bot broadcast FILE`: queues a message to all readers while the bot is stopped."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.console import Config, fail, settings_of


def broadcast(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The text, in the Markdown of digests."),
    ],
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Queue a message to all readers while the bot is stopped; the next run sends it. A running bot: /broadcast."""
    from bot.ports import StoreBusyError, StoreError
    from bot.store import open_store

    settings = settings_of(config)
    if not settings.telegram.admins:
        fail("telegram.admins is empty: name who is shown the progress and can stop it, then try again")
    html = _html(file)

    async def queued() -> None:
        store = open_store(settings.storage.url, make=False)
        try:
            await _queue(store, html, settings, yes=yes)
        finally:
            await store.close()

    try:
        asyncio.run(queued())
    except StoreBusyError:
        fail("the bot is running: send it /broadcast in Telegram, or stop it and try again")
    except StoreError as error:
        fail(error)


async def _queue(store: Any, html: str, settings: Any, *, yes: bool) -> None:
    from bot.clock import SystemClock
    from bot.core import governor, operator_texts
    from bot.core.markdown import units
    from bot.core.model import Message
    from bot.core.texts import count

    now: dt.datetime = SystemClock().now()
    recipients = await store.recipients()
    if not recipients:
        fail(operator_texts.BROADCAST_NOBODY)
    rate = settings.delivery.rate / governor.cost(units(html))
    typer.echo(f"{Message(html).plain}\n")
    typer.echo(operator_texts.ending(recipients, rate, now.astimezone(ZoneInfo(settings.reader.zone))))
    if not yes:
        typer.confirm(f"Send it to {count(recipients, 'reader')}?", abort=True)
    item = await store.draft(html, settings.telegram.admins[0], now)
    await store.queue(item.id, now)
    typer.echo(
        f"Queued as broadcast {item.id} for {count(recipients, 'reader')}: it goes out when the bot runs."
    )


def _html(file: Path) -> str:
    """The file as Telegram HTML; ends the program where it has none."""
    from bot.core import broadcast as rules
    from bot.core.markdown import render
    from bot.core.model import Message

    try:
        rendered = render(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read ({error}): it has to be a text in UTF-8")
    if not rendered.plain.strip():
        fail(f"{file} holds no text")
    for each in rendered.problems:
        typer.echo(f"{file}:{each.line}:{each.column}: {each.code}: {each.message}; {each.hint}", err=True)
    if rendered.problems:
        raise typer.Exit(1)
    if problem := rules.problem(rendered.html):
        fail(Message(problem).plain)
    return rendered.html
