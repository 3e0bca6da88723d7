"""What can be published and is most likely a slip: dates, names that are cut off, unfinished texts, dead links."""

import datetime as dt
import html
import re
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from bot.content import translations
from bot.content.schema import ThemeFile
from bot.content.sheets import Digests, Doubt, Folder, Sheet, is_todo, rendered
from bot.core import texts
from bot.core.findings import Finding
from bot.core.links import DIGEST
from bot.core.markdown import render, units
from bot.documents import Document

MENU = 100
"""Commands in Telegram's menu (setMyCommands): the bot leaves out the themes that are too many."""
MAX_LABEL = 40
"""UTF-16 units of a button's label that a phone of usual width shows in one line."""
MAX_DESCRIPTION = 256
"""Characters of a command's description in the menu (BotCommand): the bot cuts off what is longer."""
FAR = dt.timedelta(days=366)
_TELEGRAM = {"t.me", "telegram.me"}


def unfinished(document: Document) -> Iterator[Finding]:
    """Values that still begin with the marker of a draft."""
    for path, place in document.places.items():
        value = document.value(path)
        if isinstance(value, str) and is_todo(value):
            yield document.finding(
                place, "todo", "this is still to be written", "write it, without the word TODO"
            )


def advice(folders: Sequence[Folder], today: dt.date) -> Iterator[Finding]:
    """Warnings about all themes and their translations."""
    for folder in folders:
        if folder.article and folder.article.content.published > today:
            message = f"the article is published on a day to come: {folder.article.content.published}"
            yield folder.article.finding(("published",), "article-in-future", message, "correct the date")
        yield from translations.untranslated(folder)
        for sheet in folder.themes:
            yield from _theme(folder, sheet)
            yield from _dates(folder, sheet, today)
        for each in folder.files:
            yield from _titles(each)
    yield from _menu([sheet for folder in folders for sheet in folder.themes])


def _theme(folder: Folder, sheet: Sheet[ThemeFile]) -> Iterator[Finding]:
    theme = sheet.content
    if folder.listed and theme.theme not in folder.listed:
        message = f"`{theme.theme}` is not in the article's list of themes, so it comes last"
        yield sheet.finding(("theme",), "unlisted-theme", message, "add it to `themes` in article.yaml")
    if len(f"{theme.emoji} {theme.summary}") > MAX_DESCRIPTION:
        message = f"the menu cuts this off: with the emoji it has more than {MAX_DESCRIPTION} characters"
        yield sheet.finding(
            ("summary",), "long-summary", message, "shorten it; one line of a phone has about 40"
        )


def _titles(sheet: Digests) -> Iterator[Finding]:
    """Labels that a phone cuts off, and markup where plain text is shown."""
    if sheet.content.title and (length := units(f"🤝 {sheet.content.title}")) > MAX_LABEL:
        message = f"as a button's label this has {length} characters with its emoji; a phone shows about {MAX_LABEL}"
        yield sheet.finding(("title",), "long-label", message, "find a shorter title")
    plain = {("title",): sheet.content.title, ("summary",): sheet.content.summary}
    titles = {("digests", index, "title"): item.title for index, item in enumerate(sheet.content.digests)}
    for path, value in (plain | titles).items():
        if value and render(value).plain != value:
            message = f"`{path[-1]}` is shown as it is typed, without bold, italic and links"
            yield sheet.finding(path, "markup-in-title", message, "write it as plain text")


def _dates(folder: Folder, sheet: Sheet[ThemeFile], today: dt.date) -> Iterator[Finding]:
    latest = dt.date.min
    for index, digest in enumerate(sheet.content.digests):
        path, day = ("digests", index, "publish"), digest.publish
        if day is None:
            continue
        if folder.article and day < folder.article.content.published:
            message = f"this is before the article was published ({folder.article.content.published})"
            yield sheet.finding(path, "date-before-article", message, "correct the year, or remove the line")
        elif day > today + FAR:
            message = "readers see this more than a year from now"
            yield sheet.finding(path, "date-far-ahead", message, "correct the year, or remove the line")
        if day < latest:
            message = f"a digest above it is published later, on {latest}"
            hint = "put the digests in the order in which they are to be read, or correct the date"
            yield sheet.finding(path, "date-out-of-order", message, hint)
        latest = max(latest, day)
    first = min(digest.publish or dt.date.min for digest in sheet.content.digests)
    if first > today:
        message = f"`/{sheet.content.theme}` has nothing to show before {first}"
        yield sheet.finding(("theme",), "empty-theme", message, "let one of its digests be seen now")


def dead_deep_links(folders: Sequence[Folder]) -> Iterator[Doubt]:
    """Links that start a bot with what names no theme or digest; they may lead to another bot."""
    digests = {
        f"{DIGEST}{item.id}"
        for folder in folders
        for sheet in folder.themes
        for item in sheet.content.digests
    }
    names = {name for folder in folders for name in folder.names} | digests | {"search"}
    for sheet in (sheet for folder in folders for sheet in folder.files):
        for index in range(len(sheet.content.digests)):
            for address in re.findall(r'<a href="([^"]*)">', rendered(sheet, index).html):
                parts = urlsplit(html.unescape(address))
                started = parse_qs(parts.query).get("start", []) if parts.hostname in _TELEGRAM else []
                for name in started:
                    if name.casefold() not in names:
                        message = f"this link starts a bot with `{name[:64]}`, which is no theme or digest"
                        hint = (
                            "correct the name; if the link leads to another bot, acknowledge it with a reason"
                        )
                        yield Doubt(sheet, index, name, "dead-deep-link", message, hint)


def _menu(sheets: Sequence[Sheet[ThemeFile]]) -> Iterator[Finding]:
    room = MENU - len(texts.COMMANDS)
    names = list(dict.fromkeys(sheet.content.theme for sheet in sheets))
    for sheet in [sheet for sheet in sheets if sheet.content.theme in names[room : room + 1]][:1]:
        message = f"there are {len(names)} themes; Telegram's menu holds {room} beside the bot's own commands"
        hint = "merge some of them: from this one on they can be typed, and are not offered"
        yield sheet.finding(("theme",), "too-many-commands", message, hint)
