"""`python -m bot draft`: an article -> a folder of skeleton digests to write."""

import asyncio
import datetime as dt
import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.console import fail

if TYPE_CHECKING:
    from bot.content.drafting.skeleton import ArticleSkeleton, Taken
    from bot.content.drafting.source import Source


def draft(  # noqa: PLR0913, PLR0917  options are its interface
    article: Annotated[
        str,
        typer.Argument(help="A text, Markdown or HTML file, an http(s) address, or - for standard input."),
    ],
    out: Annotated[Path, typer.Option(help="The folder for articles; the draft becomes a new folder in it.")],
    title: Annotated[str, typer.Option(help="The article's title, if another than the text's own.")] = "",
    author: Annotated[str, typer.Option(help="Who wrote it.")] = "",
    published: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When, as in 2026-11-24.")
    ] = None,
    language: Annotated[str, typer.Option(help="Its language, as in en, ru or kk; told from the text.")] = "",
    id_: Annotated[str, typer.Option("--id", help="The article's id and folder; else after the title.")] = "",
    text: Annotated[
        Path | None, typer.Option(help="Also write the article's text to this new file; keep it to yourself.")
    ] = None,
) -> None:
    """Draft digests of an article: themes, and for each a skeleton to fill. Nothing that exists is overwritten."""
    _check_names(id_, language)
    from bot.content.drafting.language import detect
    from bot.content.drafting.skeleton import skeleton
    from bot.content.drafting.source import UnreadableError

    try:
        source, stem = _source(article)
        source = replace(
            source,
            title=" ".join(title.split()) or source.title,
            author=" ".join(author.split()) or source.author,
            published=published.date() if published else source.published,
            language=language or detect((passage.text for passage in source.passages), source.language),
        )
        made = skeleton(source, id_, stem, _taken(out))
    except UnreadableError as error:
        fail(f"“{article}” cannot be drafted: {error}")
    _write(made, out, text)
    _tell(made, out, text)


def _check_names(id_: str, language: str) -> None:
    """Names that can be none are wrong use of the command."""
    import pydantic

    from bot.content.schema import Id, Language

    for name, value, form in (("--id", id_, Id), ("--language", language, Language)):
        try:
            pydantic.TypeAdapter(form).validate_python(value or "en")
        except pydantic.ValidationError as error:
            hint = error.errors()[0].get("ctx", {}).get("hint", "")
            raise typer.BadParameter(f"“{value}”: {hint}", param_hint=name) from error


def _source(article: str) -> "tuple[Source, str]":
    """The source, and a name for it. Raises UnreadableError."""
    from yarl import URL

    from bot.content.drafting.fetching import fetch
    from bot.content.drafting.reading import MAX_BYTES, read_source
    from bot.content.drafting.source import UnreadableError
    from bot.core.markdown import is_link

    if re.match("https?://", article, re.IGNORECASE):
        fetched = asyncio.run(fetch(article))
        source = read_source(fetched.data, form=fetched.form, charset=fetched.charset)
        url = URL(article).with_user(None).with_fragment(None)
        return replace(source, url=str(url) if is_link(str(url)) else ""), Path(url.path).stem
    path = Path(article)
    try:
        with sys.stdin.buffer if article == "-" else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (
            "a file is needed, not a folder" if path.is_dir() else getattr(error, "strerror", None) or error
        )
        raise UnreadableError(str(reason)) from error
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"it is larger than {MAX_BYTES // 2**20} MiB: draft it part by part")
    source = read_source(data, suffix=path.suffix)
    return replace(source, url=source.url if is_link(source.url) else ""), path.stem


def _taken(out: Path) -> "Taken":
    """The names of the articles that are in the folder already."""
    from bot.content.drafting.skeleton import Taken
    from bot.content.loader import load_library

    if (out / "article.yaml").exists():
        fail(f"“{out}” is the folder of one article: give the folder above as --out")
    library = load_library(out).library if out.is_dir() else None
    themes = library.themes if library else ()
    return Taken(
        {theme.name for theme in themes}, {digest.id for theme in themes for digest in theme.digests}
    )


def _write(made: "ArticleSkeleton", out: Path, text: Path | None) -> None:
    """Write the folder whole or not at all; what is there already is left as it is."""
    from bot.content.drafting.writing import files
    from bot.content.loader import load_library

    folder = out / made.id
    for path in filter(None, (folder, text)):
        if os.path.lexists(path):
            fail(f"“{path}” is there already, and is left as it is: move it away, or choose another name")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=out) as temporary:
            inside = Path(temporary, made.id)
            inside.mkdir()
            for name, content in files(made).items():
                (inside / name).write_text(content, encoding="utf-8", newline="\n")
            if findings := load_library(Path(temporary)).findings:
                fail(f"the draft would not pass the check, so none was written:\n{findings[0]}")
            if text:
                passages = (passage.text for passage in made.source.passages)
                text.write_text("\n\n".join(passages) + "\n", encoding="utf-8", newline="\n")
            inside.rename(folder)
    except OSError as error:
        fail(f"“{error.filename or out}” cannot be written: {error.strerror or error}")


def _tell(made: "ArticleSkeleton", out: Path, text: Path | None) -> None:
    """What was made, and what to do next."""
    from bot.core.texts import count

    digests = sum(len(theme.digests) for theme in made.themes)
    paragraphs = count(len(made.source.passages), "paragraph")
    themes, written = count(len(made.themes), "theme"), count(digests, "digest")
    title = made.source.title or "the article"
    typer.echo(f"Drafted “{title}” ({made.source.language}): {paragraphs}, {themes}, {written} to write.\n")
    wide = max(len(theme.name) for theme in made.themes) + 1
    for theme in made.themes:
        first, last = theme.digests[0].paragraphs[0], theme.digests[-1].paragraphs[-1]
        digests_ = count(len(theme.digests), "digest")
        typer.echo(f"  /{theme.name:{wide}} ¶ {f'{first}–{last}':9} {digests_:10}  {theme.title}".rstrip())
    typer.echo(
        f"\nNext, in {out / made.id}:\n"
        "  1. Replace each TODO by your words, and delete the comments that quote the article.\n"
        f"  2. python -m bot check {out}{f' --source {text}' if text else ''}\n"
        f"  3. python -m bot preview {out}\n"
        f"  4. python -m bot demo --content {out}"
    )
