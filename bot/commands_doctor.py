"""`python -m bot doctor`: is everything around the bot as it must be, and what to do where it is not."""

import asyncio
import json
import os
import re
import textwrap
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import Config

if TYPE_CHECKING:
    from bot.core.diagnosis import Diagnosis

_COLOURS = {"ok": "green", "note": "cyan", "warning": "yellow", "bad": "bold red"}
_INDENT = 20
"""Columns before what was found: “receiving” is the longest name."""


def doctor(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """Look everything over, also while the bot runs, and change nothing. Exit code 1 if something is bad."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # PTB 22.8 warns at every 429 without it
    from bot.doctor.examination import examination

    async def examined() -> "list[Diagnosis]":
        found = []
        async for each in examination(config, os.environ):
            found.append(each)
            if not as_json:
                _show(each)
        return found

    found = asyncio.run(examined())
    numbers = Counter(each.status.value for each in found)
    if as_json:
        checks = [asdict(each) for each in found]
        report = {"bad": numbers["bad"], "warnings": numbers["warning"], "checks": checks}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        typer.echo(_conclusion(numbers))
    if numbers["bad"]:
        raise typer.Exit(1)


def _show(each: "Diagnosis") -> None:
    """One line, wrapped in a terminal, and below it what to do; colours as NO_COLOR and the terminal will have it."""
    from rich.text import Text

    from bot.preview.terminal import console

    out = console()
    width = max(out.width - _INDENT, 20) if out.is_terminal else 10_000
    texts = [*each.message.splitlines(), *(f"→ {each.hint}".splitlines() if each.hint else ())]
    begin = Text.assemble((f"{each.status:9}", _COLOURS[each.status]), f"{each.name:11}")
    for line in (line for text in texts for line in _wrapped(text, width)):
        out.print(begin + Text(line), soft_wrap=True)
        begin = Text(" " * _INDENT)


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; what stands in “…” is to be copied, so it stays in one line."""
    kept = re.sub("“[^”]*”", lambda quoted: quoted[0].replace(" ", "\xa0"), text)
    lines = textwrap.wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def _conclusion(numbers: "Counter[str]") -> str:
    from bot.core.operator_texts import count

    warnings = count(numbers["warning"], "warning")
    if numbers["bad"]:
        return f"\n{numbers['bad']} bad, {warnings}: the lines with “→” say what to do."
    return f"\nNothing is bad. {warnings}." if numbers["warning"] else "\nAll is well."
