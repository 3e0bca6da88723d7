"""What keeps an article from being published: faults between its files, and texts that Telegram would not show."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from bot.content.schema import ArticleFile, ThemeFile, TranslationFile
from bot.content.sheets import Folder, Sheet
from bot.core.findings import Finding
from bot.core.markdown import render, units
from bot.documents import Keys

Name = TypeVar("Name", int, str)

MAX_MESSAGE = 500
"""UTF-16 code units of a digest as it is sent: a reader takes it in at a glance."""
FOOTER = 40
"""Units kept for the last line, which tells the command and the reader's progress."""


def length(emoji: str, title: str, text: str) -> int:
    """UTF-16 code units of a digest (`text` is Markdown) as it is sent, with room for any footer."""
    return units(f"{emoji} {title}\n\n{render(text).plain}\n\n") + FOOTER


def broken(folder: Folder) -> Iterator[Finding]:
    """Everything that is wrong with the article and the themes of a folder, beyond their schemas."""
    if folder.article:
        yield from _outline(folder.article)
        yield from _listed(folder.article, folder.names)
    numbers = {item.paragraph for item in folder.article.content.outline} if folder.article else None
    for sheet in folder.themes:
        for index in range(len(sheet.content.digests)):
            yield from text(sheet, index, sheet.content.emoji)
            yield from _paragraphs(sheet, index, numbers)


def text(sheet: Sheet[ThemeFile] | Sheet[TranslationFile], index: int, emoji: str) -> Iterator[Finding]:
    """What a reader would not see as it is meant in the digest at `index`."""
    document, digest = sheet.document, sheet.content.digests[index]
    path: Keys = ("digests", index, "text")
    rendered = render(digest.text)
    for problem in rendered.problems:
        place = document.inside(path, problem.line, problem.column)
        yield document.finding(place, problem.code, problem.message, problem.hint)
    filled = length(emoji, digest.title, digest.text)
    if filled > MAX_MESSAGE:
        message = f"the digest fills {filled} characters with its title and footer; {MAX_MESSAGE} fit"
        hint = f"cut {filled - MAX_MESSAGE} of them, or make two digests of it"
        yield document.finding(document.place(path), "text-too-long", message, hint)
    if not rendered.plain.strip():
        hint = "write the digest's text"
        yield document.finding(document.place(path), "bad-value", "`text` shows nothing", hint)


def _outline(sheet: Sheet[ArticleFile]) -> Iterator[Finding]:
    for index, number in _doubles([item.paragraph for item in sheet.content.outline]):
        place = sheet.document.place(("outline", index, "paragraph"))
        message = f"paragraph {number} stands in the outline twice"
        yield sheet.document.finding(place, "doubled-paragraph", message, "number each paragraph once")


def _listed(sheet: Sheet[ArticleFile], names: frozenset[str]) -> Iterator[Finding]:
    document, themes = sheet.document, sheet.content.themes
    for index, name in _doubles(themes):
        place = document.place(("themes", index))
        yield document.finding(place, "doubled-theme", f"`{name[:40]}` is listed twice", "remove one")
    for index, name in enumerate(themes):
        if name not in names:
            place, message = document.place(("themes", index)), f"no file has the theme `{name[:40]}`"
            hint = f"add a file with `theme: {name[:40]}`, or remove it from the list"
            yield document.finding(place, "theme-file-missing", message, hint)


def _paragraphs(sheet: Sheet[ThemeFile], index: int, numbers: set[int] | None) -> Iterator[Finding]:
    document, digest = sheet.document, sheet.content.digests[index]
    path: Keys = ("digests", index, "paragraphs")
    for item, number in _doubles(digest.paragraphs):
        place = document.place((*path, item))
        yield document.finding(place, "doubled-paragraph", f"{number} is named twice", "remove one")
    for item, number in enumerate(digest.paragraphs):
        if numbers is not None and number not in numbers:
            place = document.place((*path, item))
            message = f"the article's outline has no paragraph {number}"
            hint = "correct the number, or add the paragraph to the outline in article.yaml"
            yield document.finding(place, "unknown-paragraph", message, hint)


def _doubles(names: Sequence[Name]) -> Iterator[tuple[int, Name]]:
    """What stands in a list again, with its index."""
    seen: set[Name] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)
