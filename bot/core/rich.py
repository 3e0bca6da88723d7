"""An article with all its digests as one rich message (Bot API 10.1).

Grammar of its HTML and limits: https://core.telegram.org/bots/api#rich-message-formatting-options.
"""

import re
from collections.abc import Iterator

from bot.core import article_texts
from bot.core.language import Language
from bot.core.lists import ways
from bot.core.markdown import escape, render, units
from bot.core.model import Article, Digest, Message
from bot.core.progress import Progress

LENGTH = 32_768
"""Characters of a rich message; here markup is counted too, and UTF-16 units: whatever Telegram counts, it fits."""
BLOCKS = 500
_BLOCK = re.compile(r"<(?:h\d|p|details|summary|blockquote|footer)\b")
_QUOTE = re.compile(r"(<blockquote>.*?</blockquote>)", re.DOTALL)


def whole(say: Language, progress: Progress, item: Article, length: int = LENGTH) -> Message:
    """The article's title and origin, and a heading for each theme with its digests folded below their titles.

    Read ones are ticked. What does not fit in `length` is left out by whole digests, and how many is told.
    """
    head = (
        f"<h1>{escape(item.title)}</h1><p>{escape(item.author)}<br>{escape(item.publisher)}, "
        f"{say.day(item.published)}</p>"
    )
    pieces = list(_pieces(progress, item))
    fitting = _fitting(say, item, head, pieces, length)
    left = len(pieces) - len(fitting)
    return Message(head + "".join(fitting) + _foot(say, item, left), ways(say, progress, item))


def _fitting(say: Language, item: Article, head: str, pieces: list[str], length: int) -> list[str]:
    """As many pieces from the first on as fit between the head and the longest foot that there may be."""
    foot = _foot(say, item, len(pieces))
    room, blocks = length - units(head + foot), BLOCKS - len(_BLOCK.findall(head + foot))
    fitting: list[str] = []
    for piece in pieces:
        room, blocks = room - units(piece), blocks - len(_BLOCK.findall(piece))
        if room < 0 or blocks < 0:
            break
        fitting.append(piece)
    return fitting


def _pieces(progress: Progress, item: Article) -> Iterator[str]:
    """Each digest as a folded block; the first of a theme comes with the theme's heading."""
    for theme in item.themes:
        heading = f"<h2>{escape(theme.emoji)} {escape(theme.title)}</h2>"
        for digest in progress.shelf(theme):
            yield heading + _folded(progress, digest)
            heading = ""


def _folded(progress: Progress, digest: Digest) -> str:
    mark = "✓ " if progress.read((digest,)) else "🆕 " if progress.news((digest,)) else ""
    return f"<details><summary>{mark}{escape(digest.title)}</summary>{_blocks(digest.text)}</details>"


def _blocks(text: str) -> str:
    """A digest's text as blocks: Telegram's other messages have line breaks where these have paragraphs."""
    parts = _QUOTE.split(render(text).html)
    blocks = (
        [part]
        if part.startswith("<blockquote>")
        else [f"<p>{each}</p>" for each in part.split("\n\n") if each]
        for part in parts
    )
    return "".join(block for group in blocks for block in group).replace("\n", "<br>")


def _foot(say: Language, item: Article, left: int) -> str:
    more = f"<p><i>{article_texts.more_digests(say, left)}</i></p>" if left else ""
    return f"{more}<footer>{escape(item.licence)}</footer>".replace("\n", "<br>")
