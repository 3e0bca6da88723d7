"""What the commands share: --config, the settings it names, and one line for everything that can be wrong."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.config import Settings

Config = Annotated[
    Path | None,
    typer.Option("--config", help="Configuration file. Default: BOT_CONFIG, or config.yaml if there is one."),
]


def settings_of(config: Path | None) -> "Settings":
    """The settings; ends the program where they cannot be used."""
    from bot.config import ConfigError, load_settings

    try:
        return load_settings(config, os.environ)
    except ConfigError as error:
        fail(error)


def fail(error: Exception | str) -> NoReturn:
    """Say what is wrong, and end with exit code 1."""
    typer.echo(f"bot: {error}", err=True)
    raise typer.Exit(1)
