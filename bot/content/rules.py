"""What keeps an article from being published: faults between its files, and texts that Telegram would not show."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from itertools import islice
from typing import TypeVar

from bot.content.schema import ArticleFile, ArticleTranslationFile, ThemeFile
from bot.content.sheets import Digests, Doubt, Folder, Sheet, rendered
from bot.core import texts
from bot.core.findings import Finding
from bot.core.markdown import units
from bot.documents import Keys

Name = TypeVar("Name", int, str)

MAX_MESSAGE = 500
"""UTF-16 code units of a digest as it is sent: a reader takes it in at a glance."""
FOOTER = 40
"""Units kept for the last line, which tells the command and the reader's progress."""
MAX_ENTITIES = 100
"""Pieces of markup in a message (MessageLimit.MESSAGE_ENTITIES of PTB); Telegram ignores the rest silently."""
_FRAME = 3
"""Pieces of markup that the bot adds: the bold title, the last line, and the command in it."""
MAX_SOURCE = 32_768
"""Bytes of a message before its markup is parsed (telegram-bot-api, Client.cpp)."""

_MANY = 10
"""Dead commands that are told of one digest."""
_COMMAND = re.compile(r"(?<![\w/<>])/([A-Za-z0-9_]{1,64})(?![\w/<>@])")
"""What Telegram makes a command of (TDLib, MessageEntity.cpp), but for commands of other bots."""


def body(emoji: str, title: str, plain: str) -> str:
    """What is sent of a digest, without its last line."""
    return f"{emoji} {title}\n\n{plain}\n\n"


def broken(folder: Folder) -> Iterator[Finding]:
    """Everything that is wrong with the article and the themes of a folder, beyond their schemas."""
    if folder.article:
        yield from outline(folder.article)
        yield from _listed(folder.article, folder.names)
    numbers = {item.paragraph for item in folder.article.content.outline} if folder.article else None
    for sheet in folder.themes:
        for index in range(len(sheet.content.digests)):
            yield from text(sheet, index, sheet.content.emoji)
            yield from _paragraphs(sheet, index, numbers)


def dead_commands(folders: Sequence[Folder]) -> Iterator[Finding]:
    """Commands in titles and texts that neither a theme nor the bot answers to."""
    names = texts.COMMANDS.keys() | {name for folder in folders for name in folder.names}
    for folder in folders:
        for sheet in folder.files:
            for index, digest in enumerate(sheet.content.digests):
                shown = f"{digest.title}\n{rendered(sheet, index).plain}"
                dead = (
                    name for name in dict.fromkeys(_COMMAND.findall(shown)) if name.casefold() not in names
                )
                for name in islice(dead, _MANY):
                    message = f"Telegram makes a command of `/{name}`, and no theme answers to it"
                    hint = f"{_near(name, names)}; if it is no command, write it without the slash"
                    yield Doubt(sheet, index, f"/{name}", "dead-command", message, hint).finding()


def text(sheet: Digests, index: int, emoji: str) -> Iterator[Finding]:
    """What a reader would not see as it is meant in the digest at `index`."""
    path: Keys = ("digests", index, "text")
    shown = rendered(sheet, index)
    for problem in shown.problems:
        place = sheet.document.inside(path, problem.line, problem.column)
        yield sheet.document.finding(place, problem.code, problem.message, problem.hint)
    message = body(emoji, sheet.content.digests[index].title, shown.plain)
    if (length := units(message) + FOOTER) > MAX_MESSAGE:
        points = len(message) + FOOTER
        told = f"{length} characters" + (
            f" as Telegram counts ({points} code points)" if points != length else ""
        )
        said = f"the digest fills {told} with its title and footer; {MAX_MESSAGE} fit"
        yield sheet.finding(
            path, "text-too-long", said, f"cut {length - MAX_MESSAGE} of them, or make two digests of it"
        )
    if len(shown.html.encode()) > MAX_SOURCE:
        said = f"with its markup the text has more than {MAX_SOURCE:,} bytes, which Telegram refuses"
        yield sheet.finding(path, "text-too-long", said, "use shorter addresses in its links")
    pieces = len(re.findall(r"<\w", shown.html)) + len(_COMMAND.findall(message)) + _FRAME
    if pieces > MAX_ENTITIES:
        said = f"the digest has {pieces} pieces of markup; Telegram shows {MAX_ENTITIES} and drops the rest"
        yield sheet.finding(path, "too-many-entities", said, "use less bold, italic and links")
    if not shown.plain.strip():
        yield sheet.finding(path, "bad-value", "`text` shows nothing", "write the digest's text")


def outline(sheet: Sheet[ArticleFile] | Sheet[ArticleTranslationFile]) -> Iterator[Finding]:
    """Paragraphs that an outline has twice."""
    for index, number in _doubles([item.paragraph for item in sheet.content.outline]):
        message = f"paragraph {number} stands in the outline twice"
        hint = "number each paragraph once"
        yield sheet.finding(("outline", index, "paragraph"), "doubled-paragraph", message, hint)


def _listed(sheet: Sheet[ArticleFile], names: frozenset[str]) -> Iterator[Finding]:
    for index, name in _doubles(sheet.content.themes):
        yield sheet.finding(
            ("themes", index), "doubled-theme", f"`{name[:40]}` is listed twice", "remove one"
        )
    for index, name in enumerate(sheet.content.themes):
        if name not in names:
            message = f"no file has the theme `{name[:40]}`"
            hint = f"add a file with `theme: {name[:40]}`, or remove it from the list"
            yield sheet.finding(("themes", index), "theme-file-missing", message, hint)


def _paragraphs(sheet: Sheet[ThemeFile], index: int, numbers: set[int] | None) -> Iterator[Finding]:
    digest = sheet.content.digests[index]
    path: Keys = ("digests", index, "paragraphs")
    for item, number in _doubles(digest.paragraphs):
        yield sheet.finding((*path, item), "doubled-paragraph", f"{number} is named twice", "remove one")
    if numbers is not None:
        named = {(*path, item): number for item, number in enumerate(digest.paragraphs)}
        yield from unknown_paragraphs(sheet, named, numbers)


def unknown_paragraphs(
    sheet: Sheet[ThemeFile] | Sheet[ArticleTranslationFile],
    named: Mapping[Keys, int],
    known: AbstractSet[int],
) -> Iterator[Finding]:
    """Numbers, by their places, that the article's outline does not have."""
    for path, number in named.items():
        if number not in known:
            message = f"the article's outline has no paragraph {number}"
            hint = "correct the number, or add the paragraph to the outline in article.yaml"
            yield sheet.finding(path, "unknown-paragraph", message, hint)


def _doubles(names: Sequence[Name]) -> Iterator[tuple[int, Name]]:
    """What stands in a list again, with its index."""
    seen: set[Name] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _near(name: str, names: AbstractSet[str]) -> str:
    close = get_close_matches(name.casefold(), names, n=1)
    return f"did you mean `/{close[0]}`?" if close else "correct it, or add the theme"
