"""`preview`: the digests as readers will see them, in the terminal or as one HTML page."""

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import fail

if TYPE_CHECKING:
    from bot.content.loader import Loaded


def preview(
    path: Annotated[Path, typer.Argument(help="The folder that holds the articles.")] = Path("content"),
    theme: Annotated[str, typer.Option(help="Show this theme alone, by its command.")] = "",
    digest: Annotated[str, typer.Option(help="Show this digest alone, by its id.")] = "",
    language: Annotated[
        str, typer.Option(help="Begin with a translation, as ru. Default: the article's own.")
    ] = "",
    source: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="Compare with the article's text, as check does."),
    ] = None,
    html: Annotated[
        str,
        typer.Option(metavar="FILE", help="Write one HTML page that needs nothing else; - is the output."),
    ] = "",
) -> None:
    """See the digests as readers will, with counts and findings in place. Exit code 1 if there are errors."""
    from bot.clock import SystemClock
    from bot.content.checking import check
    from bot.preview.desk import desk

    if html and (theme or digest):
        message = "the page shows all digests: leave out --theme and --digest"
        raise typer.BadParameter(message, param_hint="--html")
    today = SystemClock().now().date()
    loaded = check(path, today, source or ()).loaded
    shown = desk(loaded, today, language)
    themes = [each for each in loaded.readable.themes if theme in {"", each.name}]
    _known("--language", language, [each.code for each in shown.languages], loaded)
    _known("--theme", theme, [each.name for each in themes or loaded.readable.themes], loaded)
    _known("--digest", digest, [one.id for each in themes for one in each.digests], loaded)
    if html:
        from bot.preview.page import page

        _write(html, page(shown))
    else:
        from bot.preview.terminal import console, show

        show(shown, console(), theme, digest)
    if loaded.library is None:
        raise typer.Exit(1)


def _known(option: str, name: str, names: list[str], loaded: "Loaded") -> None:
    """Refuse a name that the content does not have, with the nearest that it has."""
    if not name or name in names:
        return
    near = difflib.get_close_matches(name, names, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(names[:20]) or 'none'}"
    if loaded.library is None:
        hint += "; what is broken is not shown: see python -m bot check"
    raise typer.BadParameter(f"there is no {name}; {hint}", param_hint=option)


def _write(file: str, page: str) -> None:
    if file == "-":
        sys.stdout.buffer.write(page.encode())
        return
    try:
        Path(file).write_text(page, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    typer.echo(f"Written: {file}. Open it in a browser.")
