"""What was found, as messages: pages of results, the way to search, and digests as they are shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from bot.core import search_texts as words
from bot.core import texts
from bot.core.language import Language
from bot.core.links import Links
from bot.core.markdown import escape, render
from bot.core.model import Button, Digest, Message, Theme
from bot.core.search import MAX_QUERY

PAGE = 5
"""Results on a page: with their snippets as much as a phone shows at once."""
_BEGINNING = 120
"""Characters of a text that tell what it is about."""
_LENS = "🔎 "


@dataclass(frozen=True, slots=True)
class Found:
    """A digest that was found, with its theme; `snippet` is one line of Telegram HTML."""

    theme: Theme
    digest: Digest
    snippet: str

    @property
    def description(self) -> str:
        """The snippet without its markup."""
        return Message(self.snippet).plain


@dataclass(frozen=True, slots=True)
class Shared:
    """A digest as an inline result: what the list shows of it, and the message that is sent."""

    id: str
    title: str
    description: str
    message: Message


def cleaned(query: str) -> str:
    """A query as it is shown: one line of what can be seen, nothing that turns the writing round."""
    visible = "".join(letter for letter in query[:MAX_QUERY] if letter.isprintable() or letter.isspace())
    return " ".join(visible.split())


def beginning(item: Digest) -> str:
    """The beginning of a digest's text as a snippet."""
    return escape(shorten(render(item.text).plain, _BEGINNING, placeholder="…"))


def results(say: Language, query: str, found: Sequence[Found], page: int) -> Message:
    """A page (from 0) of what was found: the last one, if `found` ends with it.

    The first line is the query, from which the other pages are made.
    """
    first = page * PAGE
    shown = found[first : first + PAGE]
    last = first + len(shown)
    count = words.found(say, first + 1, last, len(found) if last == len(found) else None)
    blocks = [
        f"{number}. <b>{escape(item.digest.title)}</b> · /{item.theme.name}\n{item.snippet}"
        for number, item in enumerate(shown, first + 1)
    ]
    opening = tuple(Button(str(first + place), f"r:{item.digest.id}") for place, item in enumerate(shown, 1))
    back = (Button("‹", f"f:{page - 1}"),) if page else ()
    on = (Button("›", f"f:{page + 1}"),) if len(found) > last else ()
    rows = (opening, back + on) if back or on else (opening,)
    return Message("\n\n".join((f"{_heading(query)}\n<i>{count}</i>", *blocks)), rows)


def query_of(text: str) -> str | None:
    """The query that a page of results was made for, read from its text; None: it is no such page."""
    line = text.partition("\n")[0]
    return line.removeprefix(_LENS) if line.startswith(_LENS) else None


def nothing(say: Language, query: str, links: Links) -> Message:
    """Nothing was found."""
    again = _here(links, say(words.SEARCH_AGAIN), query)
    return Message(f"{_heading(query)}\n\n{say(words.NOTHING_FOUND)}", (*again, (_themes(say),)))


def how_to(say: Language, example: str, links: Links) -> Message:
    """How to search."""
    text = say(words.HOW_TO_SEARCH, example=escape(example))
    return Message(text, (*_here(links, say(words.TRY_IT), example), (_themes(say),)))


def introduction(say: Language, title: str, digests: int) -> Message:
    """What this bot is, for who came by a link to a digest."""
    buttons = Button(say(texts.SUBSCRIBE), "s"), _themes(say)
    text = say(words.INTRODUCTION, title=escape(title), digests=texts.short_digests(say, digests))
    return Message(text, (buttons,))


def _heading(query: str) -> str:
    return f"{_LENS}<b>{escape(query)}</b>"


def _themes(say: Language) -> Button:
    return Button(say(texts.SEE_THEMES), "themes")


def _here(links: Links, label: str, query: str) -> tuple[tuple[Button, ...], ...]:
    return ((Button(label, here=query),),) if links.inline else ()
