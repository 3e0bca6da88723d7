"""`python -m bot migrate`, `backup`, `restore`: the database brought up to date, kept and brought back."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.console import Config, fail, settings_of

_PATTERN = "bot-*Z.db"
"""The backups that the command itself has named."""


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
    config: Config = None,
) -> None:
    """Bring the database to the schema of this version, while the bot is stopped; a copy is made before."""
    import asyncio

    from bot.ports import StoreError
    from bot.store import open_store
    from bot.store.backup import copy_before_migrating
    from bot.store.opening import schema_of
    from bot.store.schema import SCHEMA

    url = settings_of(config).storage.url
    try:
        path, before = schema_of(url)
        if before in (None, SCHEMA):
            typer.echo(f"{path} has schema {SCHEMA}, that of this version: there is nothing to do.")
            return
        copy = copy_before_migrating(Path(path), str(before))
        if check:
            typer.echo(f"{path} would go from schema {before} to {SCHEMA}, after a copy to {copy}.")
            return
        asyncio.run(open_store(url, make=False).close())
    except StoreError as error:
        fail(error)
    typer.echo(f"{path} has gone from schema {before} to {SCHEMA}. As it was before, it is in {copy}.")


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="The new file, or a folder. Default: a new file in the folder “backups”."),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Then remove all but so many of those in the folder.")
    ] = None,
    config: Config = None,
) -> None:
    """Back up the database, also while the bot runs, and check the copy."""
    from bot.clock import SystemClock
    from bot.ports import StoreError
    from bot.store.backup import prune
    from bot.store.saving import save

    named = file is not None and not file.is_dir()
    if named and keep:
        typer.echo("bot: --keep is for backups with names of the bot's own: name a folder, or none", err=True)
        raise typer.Exit(2)
    now = SystemClock().now()
    try:
        folder = file or Path("backups")
        target = folder if named else folder / f"bot-{now:%Y%m%dT%H%M%S}Z.db"
        saved = save(settings_of(config).storage.url, target, now.isoformat(timespec="seconds"))
        gone = prune(folder, _PATTERN, keep) if keep else ()
    except StoreError as error:
        fail(error)
    typer.echo(f"{saved.file}: {_content(saved.rows)}; checked, {saved.file.stat().st_size / 1e6:,.1f} MB.")
    for old in gone:
        typer.echo(f"Removed {old}.")


def restore(
    file: Annotated[Path, typer.Argument(help="What “backup” has written.")], config: Config = None
) -> None:
    """Put a backup in the place of the database, while the bot is stopped; what is there now is kept."""
    from bot.ports import StoreError
    from bot.store.restoring import restore as restored_from

    settings = settings_of(config)
    try:
        done = restored_from(settings.storage.url, file)
    except StoreError as error:
        fail(error)
    made = f", made {dt.datetime.fromisoformat(done.made):%Y-%m-%d %H:%M} UTC" if done.made else ""
    typer.echo(f"{done.place} is {file.name} now{made}: {_content(done.rows)}.")
    for line in _remarks(done, settings.delivery.max_lateness):
        typer.echo(line)
    typer.echo("Next: “python -m bot doctor”, then start the bot.")


def transfer(
    from_: Annotated[
        str, typer.Option("--from", metavar="URL", help="As in storage.url; or @FILE, which holds it.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="URL", help="As in storage.url; a database that is empty.")
    ],
) -> None:
    """Move all that the bot keeps from SQLite to PostgreSQL or back, while the bot is stopped."""
    from bot.ports import StoreError
    from bot.store.restoring import transfer as transferred

    try:
        done = transferred(_address(from_), _address(to))
    except (StoreError, OSError) as error:
        fail(error)
    typer.echo(f"{done.place}: {_content(done.rows)}; compared row by row.")
    typer.echo("Next: set storage.url to it, start the bot, and remove the old database when all is well.")


def _address(said: str) -> str:
    """A password does not belong on a command line, which other users of the machine can see."""
    return Path(said[1:]).read_text(encoding="utf-8").strip() if said.startswith("@") else said


def _content(rows: Any) -> str:
    words = (f"{table} {rows.get(table, 0):,}" for table in ("chats", "subscriptions", "deliveries"))
    return ", ".join(words)


def _remarks(done: Any, max_lateness: dt.timedelta) -> list[str]:
    """What has to be known of what was done, a line each."""
    lines = []
    if not done.noted:
        lines.append("No SHA-256 lay beside it: a damaged value in it would not be seen.")
    if done.forgotten:
        lines.append(f"Erased from it again, as they had asked to be forgotten: {done.forgotten:,}.")
    if done.kept:
        lines.append(
            f"What was there is in {done.kept} now: remove it when all is well, it holds readers' data."
        )
    if done.in_flight:
        lines.append(
            f"On their way then, and tried once more, so that some may come twice: {done.in_flight:,}."
        )
    hours = max_lateness.total_seconds() / 3600
    lines.append(
        f"Digests that have come due since then go out if they are at most {hours:g} h late, also where the bot had "
        "sent them after the backup. To leave them out, start once with BOT_DELIVERY__MAX_LATENESS=1m."
    )
    return lines
