"""`python -m bot outbox`: how many deliveries stand where, which they are, and those to try again."""

import asyncio
import csv
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from bot.console import Config, fail, settings_of
from bot.core.model import Entry, State

_PAGE = 1000
_FIELDS = [field.name for field in dataclasses.fields(Entry)]
outbox = typer.Typer(
    name="outbox",
    help="Look into the outbox, also while the bot runs: deliveries by state, and what the next hours ask for.",
    invoke_without_command=True,
)
States = Annotated[list[State] | None, typer.Option("--state", help="Only this state; may be given again.")]
InChat = Annotated[int | None, typer.Option("--chat", help="Only this chat's, by its numeric id.")]
OnDate = Annotated[
    dt.datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Only of this local date, as in 2026-11-24."),
]


class Again(StrEnum):
    """The states that can be tried again."""

    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Format(StrEnum):
    """How to export."""

    CSV = "csv"
    JSON = "json"


@outbox.callback()
def overview(context: typer.Context, config: Config = None) -> None:
    """Counts by state, the readers of each of the next 24 hours, and when the last of the busiest is served."""
    if context.invoked_subcommand is not None:
        return
    from bot.clock import ShiftedClock, SystemClock
    from bot.services.outbox import capacity, coming

    settings = settings_of(config)
    clock = ShiftedClock(settings.clock.offset_file) if settings.clock.offset_file else SystemClock()

    async def work(store: Any) -> None:
        for state, number in (await store.counts()).items():
            typer.echo(f"{state:8} {number:>11,}")
        hours = await coming(store, clock, settings.delivery.rate, settings.reader.zone)
        typer.echo(f"\nNext 24 hours ({settings.reader.zone}):")
        for hour in hours:
            typer.echo(f"{hour.at:%H:%M}    {hour.readers:>11,}")
        typer.echo(capacity(hours, settings.delivery.rate))

    _look(settings, work)


@outbox.command("list")
def list_(
    state: States = None,
    chat: InChat = None,
    date: OnDate = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
) -> None:
    """List deliveries with their ids, oldest first."""

    async def work(store: Any) -> None:
        shown = 0
        typer.echo(f"{'id':>8}  {'state':8} {'date':10} {'chat':>15}  {'what':24} attempt  code")
        async for entry in _entries(store, _wanted(state, chat, date)):
            if shown == limit:
                typer.echo(f"More than {limit}: narrow it down, or give --limit.", err=True)
                break
            shown += 1
            where = f"{entry.chat}/{entry.thread}" if entry.thread else str(entry.chat)
            what = f"broadcast {entry.broadcast}" if entry.broadcast else entry.digest or "–"
            line = f"{entry.id:>8}  {entry.state:8} {entry.date} {where:>15}  {what:24} {entry.attempt:>7}"
            typer.echo(f"{line}  {entry.code}".rstrip())

    _look(settings_of(config), work)


@outbox.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="As “outbox list” shows it.")],
    config: Config = None,
) -> None:
    """Show one delivery with everything that is known of it."""
    from bot.core.model import Wanted

    async def work(store: Any) -> None:
        found = await store.entries(Wanted(id=number), 0, 1)
        if not found:
            fail(f"there is no delivery {number}: “python -m bot outbox list” shows those that there are")
        for name, value in _values(found[0]).items():
            typer.echo(f"{name:10} {'–' if value is None else value}")

    _look(settings_of(config), work)


@outbox.command()
def export(
    form: Annotated[Format, typer.Option("--format", help="csv or json.")] = Format.CSV,
    state: States = None,
    chat: InChat = None,
    date: OnDate = None,
    config: Config = None,
) -> None:
    """Write deliveries to standard output; moments are UTC."""

    async def work(store: Any) -> None:
        entries = _entries(store, _wanted(state, chat, date))
        if form is Format.CSV:
            writer = csv.DictWriter(sys.stdout, _FIELDS)
            writer.writeheader()
            async for entry in entries:
                writer.writerow(_values(entry))
            return
        begin = "["
        async for entry in entries:
            sys.stdout.write(f"{begin}\n{json.dumps(_values(entry), ensure_ascii=False)}")
            begin = ","
        sys.stdout.write("[]\n" if begin == "[" else "\n]\n")

    _look(settings_of(config), work)


@outbox.command()
def retry(
    state: Annotated[Again, typer.Option(help="What to try again.")],
    chat: InChat = None,
    date: OnDate = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Accept a second copy for what may have arrived.")
    ] = False,
    config: Config = None,
) -> None:
    """Set deliveries due again, while the bot is stopped. Chats that left or paused are not tried."""
    from bot.clock import ShiftedClock, SystemClock
    from bot.store import open_store

    settings = settings_of(config)
    clock = ShiftedClock(settings.clock.offset_file) if settings.clock.offset_file else SystemClock()
    wanted = _wanted([State(state)], chat, date)

    async def work(store: Any) -> None:
        total, reachable = await store.matching(wanted)
        if state is Again.UNKNOWN and not yes:
            typer.echo(
                f"{reachable:,} may or may not have arrived: sending again may give those readers a second copy. "
                "Nothing was changed; add --yes if that is better than a loss.",
                err=True,
            )
            raise typer.Exit(2)
        tried = await store.retry(wanted, clock.now())
        left = f" {total - tried:,} left alone: no subscription that takes messages." if total > tried else ""
        typer.echo(f"{tried:,} due again: they go out when the bot runs.{left}")

    _run(lambda: open_store(settings.storage.url, make=False), work)


def _look(settings: Any, work: Callable[[Any], Awaitable[None]]) -> None:
    from bot.store import open_outbox

    _run(lambda: open_outbox(settings.storage.url), work)


def _run(open_: Callable[[], Any], work: Callable[[Any], Awaitable[None]]) -> None:
    """Open the store, do the work, close it; what is wrong is one line."""
    from bot.ports import StoreError

    async def worked() -> None:
        store = open_()
        try:
            await work(store)
        finally:
            await store.close()

    try:
        asyncio.run(worked())
    except StoreError as error:
        fail(error)


def _wanted(state: list[State] | None, chat: int | None, date: dt.datetime | None) -> Any:
    from bot.core.model import Wanted

    return Wanted(tuple(state or ()), chat, date.date() if date else None)


async def _entries(store: Any, wanted: Any) -> AsyncIterator[Entry]:
    """All of them, a page at a time: the outbox may be long."""
    after = 0
    while page := await store.entries(wanted, after, _PAGE):
        for entry in page:
            yield entry
        after = page[-1].id


def _values(entry: Entry) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in dataclasses.asdict(entry).items()
    }
