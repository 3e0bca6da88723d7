"""Everything that can be said about a content folder: what is broken, and what an editor should look at."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content import advice, faithful
from bot.content.loader import Loaded, load_library
from bot.content.names import plain
from bot.content.released import disappeared
from bot.content.schema import ArticleFile
from bot.content.sheets import Digests, Doubt, Folder, Sheet
from bot.content.sources import Source, best_fit, compare, read_source
from bot.core.findings import Finding

_COMPARED = {"copied-words", "figure-not-in-source", "name-not-in-source", "quote-not-in-source"}
"""Codes of what only a source can tell."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was loaded, with all findings; `sources` are the texts of paragraphs, by article and number."""

    loaded: Loaded
    sources: dict[str, dict[int, str]]


def check(root: Path, today: dt.date, sources: Sequence[Path] = ()) -> Checked:
    """Load and judge the content in `root`, and compare articles with their texts in the files `sources`.

    A source belongs to the article whose outline has the most of its paragraphs.
    """
    loaded = load_library(root)
    folders = list(loaded.folders)
    findings = [found for document in loaded.documents.values() for found in advice.unfinished(document)]
    findings += advice.advice(folders, today)
    if folders and all(folder.whole for folder in folders):
        findings += disappeared(root, loaded.readable, today)
    doubts = list(advice.dead_deep_links(folders))
    texts = {}
    for source in map(read_source, sources):
        if isinstance(source, Finding):
            findings.append(source)
        elif (folder := best_fit(source, folders)) and folder.article:
            folders.remove(folder)
            texts[folder.article.content.id], differences, more = _compared(folder, folder.article, source)
            findings += differences
            doubts += more
        else:
            message = "no paragraph of an outline is in this text, so nothing was compared with it"
            hint = "give the text as it was when the outline was made, one file for each article"
            findings.append(Finding(source.file, 1, 1, "source-unmatched", message, hint))
    for folder in loaded.folders:
        compared = bool(folder.article and folder.article.content.id in texts)
        for sheet in folder.files:
            findings += _settled(
                sheet, [doubt for doubt in doubts if doubt.sheet is sheet], compared=compared
            )
    return Checked(loaded.with_findings(findings), texts)


def _compared(
    folder: Folder, sheet: Sheet[ArticleFile], source: Source
) -> tuple[dict[int, str], list[Finding], list[Doubt]]:
    """The paragraphs of an article's source, where the outline differs, and what is doubtful in its digests."""
    article = sheet.content
    paragraphs, findings = compare(sheet, source)
    original = faithful.original(article, folder, paragraphs)
    findings += faithful.copied_outline(sheet, original)
    for each in folder.themes:
        findings += faithful.doubtful_headings(each, original)
    cited = {item.id: item.paragraphs for sheet in folder.themes for item in sheet.content.digests}
    languages: list[tuple[Digests, str]] = [(sheet, article.language) for sheet in folder.themes]
    languages += [(sheet, language) for language, each in folder.overlays.items() for sheet in each.themes]
    doubts = (faithful.doubts(sheet, language, cited, original) for sheet, language in languages)
    return paragraphs, findings, [doubt for each in doubts for doubt in each]


def _settled(sheet: Digests, doubts: Sequence[Doubt], *, compared: bool) -> Iterator[Finding]:
    """The doubts that nobody has acknowledged, once each, and the acknowledgements of what is not (any more)."""
    raised: set[tuple[int, str, str]] = set()
    accepted = {
        (index, item.code, _key(item.about)): number
        for index, digest in enumerate(sheet.content.digests)
        for number, item in enumerate(digest.acknowledged)
    }
    for doubt in doubts:
        key = (doubt.index, doubt.code, _key(doubt.about))
        if key not in raised and key not in accepted:
            yield doubt.finding()
        raised.add(key)
    for (index, code, about), number in accepted.items():
        if (index, code, about) not in raised and (compared or code not in _COMPARED):
            path = ("digests", index, "acknowledged", number)
            message = f"there is no `{code}` about “{about}” to acknowledge (any more)"
            yield sheet.finding(
                path, "unused-acknowledgement", message, "remove it, or correct `code` and `about`"
            )


def _key(about: str) -> str:
    """Words as they are compared: without case and signs."""
    return " ".join(re.findall(r"\w+", plain(about)))
