"""`python -m bot draft`: an article -> a folder of skeleton digests to write."""

import asyncio
import datetime as dt
import importlib.util
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.console import fail

# what drafting imports of the extra `draft`
_EXTRA = ("charset_normalizer", "dateparser", "lxml", "sentencex", "stop_words", "trafilatura")


def draft(  # noqa: PLR0913, PLR0917  options are its interface
    article: Annotated[str, typer.Argument(help="A text, Markdown or HTML file, a web address, or -.")],
    out: Annotated[Path, typer.Option(help="The folder for articles; the draft becomes a new folder in it.")],
    title: Annotated[str, typer.Option(help="The article's title, if another than the text's own.")] = "",
    author: Annotated[str, typer.Option(help="Who wrote it.")] = "",
    published: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day.")] = None,
    language: Annotated[str, typer.Option(help="Its language, as in en, ru or kk; told from the text.")] = "",
    id_: Annotated[str, typer.Option("--id", help="The article's id and folder; else after the title.")] = "",
    text: Annotated[Path | None, typer.Option(help="Also write the article's text to this file.")] = None,
) -> None:
    """Draft digests of an article: themes, and for each a skeleton to fill. Nothing that exists is overwritten."""
    _require_packages()
    from bot.content.drafting.lexicon import detect
    from bot.content.drafting.skeleton import skeleton
    from bot.content.drafting.source import UnreadableError, flat
    from bot.content.loader import load_library

    if (out / "article.yaml").exists():
        fail(f"“{out}” is the folder of one article: give the folder above it as --out")
    try:
        source, stem = _source(article)
        source = replace(
            source,
            title=flat(title) or source.title,
            author=flat(author) or source.author,
            published=published.date() if published else source.published,
            language=language or detect((passage.text for passage in source.passages), source.language),
        )
        library = load_library(out).library if out.is_dir() else None
        made = skeleton(source, id_, stem, library)
    except UnreadableError as error:
        fail(f"“{article}” cannot be drafted: {error}")
    if library and library.article(made.id):
        fail(f"“{out}” has an article `{made.id}` already, which is left as it is: choose another --id")
    _write(made, out, text)
    _tell(made, out, text)


def _require_packages() -> None:
    """End with exit code 2 where the extra `draft` is not installed, as in the image."""
    if not all(importlib.util.find_spec(name) for name in _EXTRA):
        command = "python -m pip install -r requirements-draft.txt"
        typer.echo(
            f"bot: drafting needs packages that are not installed: in a checkout, run `{command}`", err=True
        )
        raise typer.Exit(2)


def _source(article: str) -> tuple[Any, str]:
    """The source, and the name of its file. Raises UnreadableError."""
    from yarl import URL

    from bot.content.drafting.fetching import fetch
    from bot.content.drafting.reading import MAX_BYTES, read_source
    from bot.content.drafting.source import UnreadableError
    from bot.core.markdown import is_link

    path = Path(article)
    if re.match("https?://", article, re.IGNORECASE):
        data, suffix = asyncio.run(fetch(article))
        url = URL(article).with_user(None).with_fragment(None)
        source, path = replace(read_source(data, suffix), url=str(url)), Path(url.path)
    else:
        try:
            with sys.stdin.buffer if article == "-" else path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableError(f"{reason}: give a file, an http or https address, or -") from error
        if len(data) > MAX_BYTES:
            raise UnreadableError(f"it is larger than {MAX_BYTES // 2**20} MiB: draft it part by part")
        source = read_source(data, path.suffix)
    return replace(source, url=source.url if is_link(source.url) else ""), path.stem


def _write(made: Any, out: Path, text: Path | None) -> None:
    """Write the folder whole or not at all; what is there already is left as it is."""
    from bot.content.drafting.writing import files
    from bot.content.loader import load_library

    folder, contents = out / made.id, files(made)
    for path in filter(None, (folder, text)):
        if path.exists() or path.is_symlink():
            fail(f"“{path}” is there already, and is left as it is: move it away, or choose another name")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=out) as temporary:
            inside = Path(temporary, "article")
            inside.mkdir()
            for name, content in contents.items():
                (inside / name).write_text(content, encoding="utf-8", newline="\n")
            # what was made of the text passes: only --id and --language can be wrong
            for finding in load_library(Path(temporary)).findings:
                line = contents[Path(finding.file).name].splitlines()[finding.line - 1].strip()
                raise typer.BadParameter(f"“{line}”: {finding.message}; {finding.hint}")
            if text:
                passages = (passage.text for passage in made.source.passages)
                text.write_text("\n\n".join(passages) + "\n", encoding="utf-8", newline="\n")
            inside.rename(folder)
    except OSError as error:
        fail(f"“{error.filename or out}” cannot be written: {error.strerror or error}")


def _tell(made: Any, out: Path, text: Path | None) -> None:
    """What was made, and what to do next."""
    from bot.core.operator_texts import count

    digests = [digest for theme in made.themes for digest in theme.digests]
    sizes = (made.source.passages, "paragraph"), (made.themes, "theme"), (digests, "digest")
    counts = ", ".join(count(len(things), noun) for things, noun in sizes)
    typer.echo(f"Drafted “{made.source.title or made.id}” ({made.source.language}): {counts} to write.\n")
    for theme in made.themes:
        first, last = theme.digests[0].paragraphs[0], theme.digests[-1].paragraphs[-1]
        span = f"{first}–{last}" if first != last else str(first)
        number = count(len(theme.digests), "digest")
        typer.echo(f"  /{theme.name:21} ¶ {span:9} {number:11}  {theme.title}".rstrip())
    source = f" --source {text}" if text else ""
    typer.echo(
        f"\nNext, in {out / made.id}:\n"
        "  1. Replace each TODO by your words, and delete the comments that quote the article.\n"
        f"  2. python -m bot check {out}{source}\n"
        f"  3. python -m bot preview {out}\n"
        f"  4. python -m bot demo --content {out}"
    )
