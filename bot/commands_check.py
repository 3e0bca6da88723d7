"""`python -m bot check`: all that is wrong with a content folder, for people, CI and code scanners."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import fail

if TYPE_CHECKING:
    from bot.content.checking import Checked
    from bot.content.loader import Loaded
    from bot.core.coverage import Coverage
    from bot.core.library import Library


class Format(StrEnum):
    """How to report."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def check(
    path: Annotated[Path, typer.Argument(help="The folder that holds the articles.")] = Path("content"),
    source: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="The text of an article, to compare the digests with it; may be given again. "
            "It belongs to the article whose outline has the most of its paragraphs.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show which digests rest on each paragraph.")
    ] = False,
    form: Annotated[
        Format, typer.Option("--format", help="text, json, github (workflow commands) or sarif.")
    ] = Format.TEXT,
    release: Annotated[
        bool, typer.Option("--release", help="Note what readers know from now on in released.txt.")
    ] = False,
) -> None:
    """Check the content: every fault of every file, with file, line and column. Exit code 1 if there are any."""
    from bot import reports
    from bot.clock import SystemClock
    from bot.content import checking
    from bot.core import coverage as core

    checked = checking.check(path, SystemClock().now().date(), source or ())
    loaded = checked.loaded
    if release and loaded.library:
        _note(path, loaded.library)
    coverages = {article.id: core.coverage(article) for article in loaded.readable.articles}
    match form:
        case Format.TEXT:
            _say(checked, coverages if coverage else {}, strict=strict)
        case Format.JSON:
            typer.echo(reports.as_json(loaded.findings, coverages), nl=False)
        case Format.GITHUB:
            typer.echo(reports.as_github(loaded.findings), nl=False)
        case Format.SARIF:
            typer.echo(reports.as_sarif(loaded.findings), nl=False)
    if loaded.library is None or (strict and loaded.findings):
        raise typer.Exit(1)


def _say(checked: "Checked", coverages: "Mapping[str, Sequence[Coverage]]", *, strict: bool) -> None:
    """Findings, coverage, and a last line that says what they come to."""
    from bot import reports

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    if checked.loaded.findings:
        typer.echo(reports.as_text(checked.loaded.findings, width))
    for article, languages in coverages.items():
        words = {number: len(text.split()) for number, text in checked.sources.get(article, {}).items()}
        typer.echo(reports.coverage_table(article, languages, words, width))
    if checked.sources:
        typer.echo(f"Compared with the source: {', '.join(checked.sources)}.")
    typer.echo(reports.wrapped(_conclusion(checked.loaded, strict=strict), width))


def _conclusion(loaded: "Loaded", *, strict: bool) -> str:
    from bot.core.operator_texts import count
    from bot.reports import counts

    found = counts(loaded.findings)
    if loaded.library is None:
        return f"{found}: nothing would be published."
    if strict and found:
        return f"{found}: --strict accepts none."
    articles, themes = loaded.library.articles, loaded.library.themes
    digests = sum(len(theme.digests) for theme in themes)
    there = f"{count(len(articles), 'article')}, {count(len(themes), 'theme')}, {count(digests, 'digest')}"
    return f"Good: {there}." + (f" {found}." if found else "")


def _note(root: Path, library: "Library") -> None:
    from bot.content.released import FILE, listing

    try:
        (root / FILE).write_text(listing(library), encoding="utf-8")
    except OSError as error:
        fail(f"{root / FILE} cannot be written: {error.strerror}")
    typer.echo(f"{root / FILE} notes what readers know from now on: commit it with the content.", err=True)
