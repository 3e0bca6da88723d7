"""`python -m bot broadcast`: a message to all readers, and what becomes of it, beside a running bot or without one."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.console import Config, fail, settings_of

if TYPE_CHECKING:
    from bot.core.broadcast import Order
    from bot.store import Onlooker

_TAKEN_WITHIN = 10.0
"""Seconds; the bot looks every second."""
_OVER = "broadcast {} is not at that point (any more): see “python -m bot broadcast --list”"


def broadcast(  # noqa: PLR0913, PLR0917  options of a command
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, allow_dash=True, help="The text, in the Markdown of digests."
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="List the broadcasts that are not over.")] = False,
    follow: Annotated[int | None, typer.Option(metavar="N", help="Follow broadcast N to its end.")] = None,
    pause: Annotated[int | None, typer.Option(metavar="N", help="Pause broadcast N.")] = None,
    resume: Annotated[int | None, typer.Option(metavar="N", help="Go on with broadcast N.")] = None,
    cancel: Annotated[int | None, typer.Option(metavar="N", help="Send no more of broadcast N.")] = None,
    retry: Annotated[
        int | None, typer.Option(metavar="N", help="Send broadcast N to those who did not get it.")
    ] = None,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send a message to all readers; pause, resume, cancel, follow or retry it. With or without a running bot."""
    from bot.core.broadcast import Order

    settings = settings_of(config)
    verbs = {"pause": pause, "resume": resume, "stop": cancel, "retry": retry}
    wanted = [Order(verb, number) for verb, number in verbs.items() if number is not None]
    if (file is not None) + show + (follow is not None) + len(wanted) != 1:
        typer.echo(
            "bot: name a FILE, or one of --list, --follow, --pause, --resume, --cancel and --retry", err=True
        )
        raise typer.Exit(2)
    if file is not None:
        if not settings.telegram.admins:
            fail("telegram.admins is empty: name who is shown the progress and can stop it, then try again")
        order = Order("send", 0, _html(file), settings.telegram.admins[0])
        _with_onlooker(settings, lambda onlooker: _send(onlooker, order, settings, yes=yes))
    elif follow is not None:
        _with_onlooker(settings, lambda onlooker: _follow(onlooker, follow))
    elif show:
        _with_onlooker(settings, _list)
    else:
        _with_onlooker(settings, lambda onlooker: _steer(onlooker, wanted[0], settings))


def _with_onlooker(settings: Any, work: Callable[["Onlooker"], Any]) -> None:
    from bot.ports import StoreError
    from bot.store import open_outbox

    async def looked() -> None:
        onlooker = open_outbox(settings.storage.url)
        try:
            await work(onlooker)
        finally:
            await onlooker.close()

    try:
        asyncio.run(looked())
    except (StoreError, OSError) as error:
        fail(error)
    except KeyboardInterrupt:
        typer.echo("\nIt goes on; --cancel stops it.")


async def _send(onlooker: "Onlooker", order: "Order", settings: Any, *, yes: bool) -> None:
    from bot.clock import SystemClock
    from bot.core import governor, operator_texts
    from bot.core.markdown import units
    from bot.core.model import Message
    from bot.core.operator_texts import count

    recipients = await onlooker.recipients()
    if not recipients:
        fail(operator_texts.BROADCAST_NOBODY)
    rate = settings.delivery.rate / governor.cost(units(order.html))
    now = SystemClock().now().astimezone(ZoneInfo(settings.reader.zone))
    typer.echo(f"{Message(order.html).plain}\n\n{operator_texts.ending(recipients, rate, now)}")
    if not yes:
        typer.confirm(f"Send it to {count(recipients, 'reader')}?", abort=True)
    running = await _carry_out(order, settings)
    queued = (await onlooker.unfinished())[-1:]
    number = queued[0].id if queued else 0  # a short one may be over already
    when = "it goes out now" if running else "it goes out when the bot runs"
    typer.echo(f"Queued as broadcast {number or '…'} for {count(recipients, 'reader')}: {when}.")
    if running and number and sys.stdout.isatty():
        await _follow(onlooker, number)


async def _steer(onlooker: "Onlooker", order: "Order", settings: Any) -> None:
    from bot.core.broadcast import line

    await _carry_out(order, settings)
    item = await onlooker.broadcast(order.number)
    typer.echo(line(item, await onlooker.tally(item.id)) if item else _OVER.format(order.number))


async def _list(onlooker: "Onlooker") -> None:
    from bot.core.broadcast import line

    items = await onlooker.unfinished()
    for item in items:
        typer.echo(line(item, await onlooker.tally(item.id)))
    if not items:
        typer.echo("No broadcast is under way.")


async def _follow(onlooker: "Onlooker", number: int) -> None:
    """A line that changes in place on a terminal, and one for each change elsewhere."""
    from bot.core.broadcast import Stage, line

    shown, inplace = "", sys.stdout.isatty()
    while True:
        item = await onlooker.broadcast(number)
        if item is None:
            fail(f"there is no broadcast {number}")
        now = line(item, await onlooker.tally(number))
        if now != shown:
            typer.echo(("\r\x1b[K" if inplace else "") + now, nl=not inplace)
            shown = now
        if item.stage is Stage.FINISHED:
            if inplace:
                typer.echo()
            return
        await asyncio.sleep(1)


async def _carry_out(order: "Order", settings: Any) -> bool:
    """Give the order to the bot that runs (True), or carry it out here as none does."""
    from bot.clock import SystemClock
    from bot.ports import StoreBusyError
    from bot.services.broadcasting import Broadcasting
    from bot.store import open_store

    try:
        store = open_store(settings.storage.url, make=False)
    except StoreBusyError:
        await _given(order, settings.storage.url)
        return True
    try:
        here = Broadcasting(store, _NoDesk(), SystemClock(), settings.delivery.rate, settings.reader.zone)
        if not await here.obey(order):
            fail(_OVER.format(order.number))
    finally:
        await store.close()
    return False


async def _given(order: "Order", url: str) -> None:
    from bot.store import orders_of

    file = orders_of(url).give(order)
    for _ in range(int(_TAKEN_WITHIN / 0.1)):
        if not file.exists():
            await asyncio.sleep(0.5)  # it is carried out as soon as it is taken
            return
        await asyncio.sleep(0.1)
    file.unlink(missing_ok=True)
    fail(
        "the bot that has the database did not take the order: is it this version of the bot, and does it run?"
    )


class _NoDesk:
    """There is no Telegram here: the card appears when the bot runs."""

    async def show(self, chat: int, card: int | None, message: Any) -> int | None:
        """Nothing is shown."""
        del chat, card, message
        return None


def _html(file: Path) -> str:
    """The file as Telegram HTML; ends the program where it has none."""
    from bot.core import broadcast as rules
    from bot.core.markdown import render
    from bot.core.model import Message

    try:
        source = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        rendered = render(source.decode())
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
