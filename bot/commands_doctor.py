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
        report = {
            "bad": numbers["bad"],
            "warnings": numbers["warning"],
            "checks": [asdict(each) for each in found],
        }
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        typer.echo(_conclusion(numbers))
    if numbers["bad"]:
        raise typer.Exit(1)


def _show(each: "Diagnosis") -> None:
    """One line, wrapped in a terminal, and below it what to do; colours as NO_COLOR and the terminal will have it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    width = max(console.width - _INDENT, 20) if console.is_terminal else 10_000
    texts = [*each.message.splitlines(), *(f"→ {each.hint}".splitlines() if each.hint else ())]
    first, *rest = (line for text in texts for line in _wrapped(text, width))
    console.print(Text.assemble((f"{each.status:9}", _COLOURS[each.status]), f"{each.name:11}{first}"))
    for line in rest:
        console.print(Text(f"{'':{_INDENT}}{line}"))


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; what stands in “…” is to be copied, so it stays in one line."""
    kept = re.sub("“[^”]*”", lambda quoted: quoted[0].replace(" ", "\xa0"), text)
    begin = "  " if text.startswith("→") else ""
    lines = textwrap.wrap(
        kept, width, break_long_words=False, break_on_hyphens=False, subsequent_indent=begin
    )
    return [line.replace("\xa0", " ") for line in lines]


def _conclusion(numbers: "Counter[str]") -> str:
    from bot.core.operator_texts import count

    warnings = count(numbers["warning"], "warning")
    if numbers["bad"]:
        return f"\n{numbers['bad']} bad, {warnings}: the lines with “→” say what to do."
    return f"\nNothing is bad. {warnings}." if numbers["warning"] else "\nAll is well."
