"""The preview in a terminal: each digest as a bubble, with its counts, its paragraphs and its findings below it.

Texts of the content are never read as markup, and hold no control character by the time they are here.
"""

import sys
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from bot.core.operator_texts import count
from bot.preview.desk import Desk, ShownArticle, ShownDigest, ShownFinding, ShownTheme, Stored

Articles = tuple[ShownArticle, ...]

_WIDEST = 64
"""Columns of a bubble: about as many characters as a phone's line and a half."""
_STYLES = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "text_link": "underline cyan",
    "url": "underline cyan",
}
"""By type of entity; the others are commands and mentions."""
_QUOTES = ("blockquote", "expandable_blockquote")
_BAR = "▌ "
_COLOURS = {"error": "red", "warning": "yellow"}


def console() -> Console:
    """The output as it is: colours where a terminal takes them (NO_COLOR says no), 80 columns where there is none."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # in an old locale an emoji is a question mark, and not the end
    return Console(highlight=False, markup=False, emoji=False)


def show(desk: Desk, console: Console, theme: str = "", digest: str = "") -> None:
    """Print the digests in the first language, or of one `theme`, or one `digest`, and what was found."""
    articles = desk.languages[0].articles if desk.languages else ()
    _print(console, [_heading(desk, articles)], 0)
    if not theme and not digest:
        _print(console, _elsewhere(desk, articles))
    for article in articles:
        for each in article.themes:
            digests = [one for one in each.digests if digest in {"", one.id}]
            if theme not in {"", each.name} or (digest and not digests):
                continue
            console.print()
            _print(console, [_theme(each)], 0)
            _print(console, () if digest else map(_finding, each.findings))
            for one in digests:
                console.print()
                _print(console, _bubble(one, min(_WIDEST, console.width), console), 0)
                _print(console, _notes(article, one, desk.limit))


def _print(console: Console, parts: Iterable[RenderableType], indent: int = 2) -> None:
    for part in parts:
        console.print(Padding(part, (0, 0, 0, indent), expand=False))


def _heading(desk: Desk, articles: Articles) -> Text:
    themes = [theme for article in articles for theme in article.themes]
    digests = sum(len(theme.digests) for theme in themes)
    language = f" ({desk.languages[0].code})" if len(desk.languages) > 1 else ""
    line = Text.assemble(
        ("Preview", "bold"), f"{language}: {count(len(themes), 'theme')}, {count(digests, 'digest')}"
    )
    for kind, colour in _COLOURS.items():
        if number := sum(one.severity == kind for one in desk.findings):
            line.append(", ").append(count(number, kind), colour)
    return line.append("." if desk.findings else ", no findings.")


def _elsewhere(desk: Desk, articles: Articles) -> Iterator[Text]:
    """The findings that stand beside no theme and no digest."""
    themes = [theme for article in articles for theme in article.themes]
    lists = [each for theme in themes for each in (theme.findings, *(one.findings for one in theme.digests))]
    beside = {finding for findings in lists for finding in findings}
    return (_finding(finding) for finding in desk.findings if finding not in beside)


def _theme(theme: ShownTheme) -> Text:
    line = Text.assemble(f"{theme.emoji} ", (theme.title, "bold"), "  ", (f"/{theme.name}", "cyan"))
    return line.append(f"  {count(len(theme.digests), 'digest')}", "dim")


def _bubble(digest: ShownDigest, width: int, console: Console) -> Iterator[RenderableType]:
    text = Group(*_parts(digest.message, width - 4, console))  # an edge and a space on either side
    yield Panel(text, box=box.ROUNDED, width=width, border_style="dim")
    yield from _keyboard(digest.message, width)


def _parts(message: Stored, width: int, console: Console) -> Iterator[Text]:
    """The text line by line with its styles, quotations behind a bar."""
    text, at = Text(message["text"]), _places(message["text"])
    quotes = []
    for entity in message["entities"]:
        begin, end = at[entity["offset"]], at[entity["offset"] + entity["length"]]
        if entity["type"] in _QUOTES:
            quotes.append(range(begin, end))
        else:
            link = Style(link=entity["url"]) if "url" in entity else Style()
            text.stylize(Style.parse(_STYLES.get(entity["type"], "cyan")) + link, begin, end)
    start = 0
    for line in text.split("\n", allow_blank=True):
        if any(start in quote for quote in quotes):
            wrapped = line.wrap(console, width - len(_BAR))
            yield Text("\n").join(Text.assemble((_BAR, "cyan"), part) for part in wrapped)
        else:
            yield line
        start += len(line) + 1


def _places(text: str) -> list[int]:
    """For each offset in UTF-16 units, the index in the string."""
    places = [index for index, character in enumerate(text) for _ in range(1 + (character > "\uffff"))]
    return [*places, len(text)]


def _keyboard(message: Stored, width: int) -> Iterator[Table]:
    for row in message["reply_markup"]["inline_keyboard"]:
        line = Table.grid(expand=True, padding=(0, 1))
        line.width = width
        for _ in row:
            line.add_column(justify="center", ratio=1)
        line.add_row(*(Text(f"[ {button['text']} ]", "bold") for button in row))
        yield line


def _notes(article: ShownArticle, digest: ShownDigest, limit: int) -> Iterator[Text]:
    sizes = f"{digest.units} of {limit} characters, {count(digest.words, 'word')}"
    yield Text.assemble((digest.id, "bold"), (f": {sizes}", "red" if digest.units > limit else "dim"))
    if digest.publish:
        yield Text(f"Not shown before {digest.publish}", "yellow")
    if not digest.translated:
        yield Text("Not translated: readers get the original", "yellow")
    if digest.refusal:
        yield Text(f"Telegram refuses this: {digest.refusal}", "red")
    about = {paragraph.number: paragraph.about for paragraph in article.paragraphs}
    for number in digest.paragraphs:
        yield Text.assemble((f"¶ {number} ", "bold"), about.get(number, "not in the outline"), style="dim")
    for entity in digest.message["entities"]:
        if "url" in entity:
            yield Text(f"-> {entity['url']}", "dim")
    yield from map(_finding, digest.findings)


def _finding(finding: ShownFinding) -> Text:
    colour = _COLOURS[finding.severity]
    line = Text.assemble((f"{finding.place}: ", "bold"), (f"{finding.severity}: ", colour))
    line.append(f"{finding.code}: {finding.message}")
    return line.append(f"\n    hint: {finding.hint}", "dim") if finding.hint else line
