"""What article and theme files hold. Only texts come in from the files; they are converted here."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import StringConstraints as Text
from pydantic_core import PydanticCustomError

from bot.core.library import RESERVED_COMMANDS
from bot.core.markdown import is_link
from bot.core.model import Article, Digest, Paragraph, Theme

_RAW_TEXT = 4_096
"""Characters of Markdown: plenty for the 500 that are shown, and quick to render whatever they are."""


def _number(value: Any) -> int:
    """Plain digits: `int` would take `1_000` and ` 12 ` too."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,6}", value):
        return int(value)
    raise PydanticCustomError("int_parsing", "not a number")


def _day(value: Any) -> dt.date:
    """Year-month-day: pydantic would take seconds since 1970 too."""
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:  # 2026-02-30
            pass
    raise PydanticCustomError("date_parsing", "not a date")


def _optional_day(value: Any) -> dt.date | None:
    return None if value is None else _day(value)


def _form(pattern: str, words: str) -> AfterValidator:
    """A pattern that the whole text must match, told in words."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value):
            return value
        raise PydanticCustomError("bad-value", "this does not have the right form", {"hint": words})

    return AfterValidator(check)


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise PydanticCustomError("bad-value", "this must be one line", {"hint": "write it in one line"})
    return value


def _no_words(value: str) -> str:
    if value.isascii():
        hint = 'paste one, such as emoji: "🤝"'
        raise PydanticCustomError("bad-value", "this is not an emoji", {"hint": hint})
    return value


def _link(value: str) -> str:
    if not is_link(value):
        hint = "write an address such as https://example.org/page"
        raise PydanticCustomError("bad-link", "this is not an address in the web", {"hint": hint})
    return value


def _free_command(value: str) -> str:
    if value in RESERVED_COMMANDS:
        message = "`{name}` is a word of the bot's own commands"
        raise PydanticCustomError("reserved-command", message, {"name": value, "hint": "choose another name"})
    return value


def _short(value: str) -> str:
    if len(value) > _RAW_TEXT:
        message = "this has {length} characters: far too long for one message"
        hint = "split it into several digests"
        raise PydanticCustomError("text-too-long", message, {"length": len(value), "hint": hint})
    return value


Number = Annotated[int, BeforeValidator(_number)]
Day = Annotated[dt.date, BeforeValidator(_day)]
Id = Annotated[str, _form("[a-z0-9][a-z0-9-]{0,39}", "use small letters, digits and hyphens, at most 40")]
Language = Annotated[str, _form("[a-z]{2,3}", "write its code, such as en")]
Command = Annotated[
    str,
    _form("[a-z0-9_]{1,32}", "use small letters, digits and _, at most 32: it is a Telegram command"),
    AfterValidator(_free_command),
]


ONE_LINE = AfterValidator(_one_line)


def _at_most(characters: int) -> Text:
    return Text(strip_whitespace=True, min_length=1, max_length=characters)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OutlineEntry(_Strict):
    """One paragraph of the source, in our words."""

    paragraph: Number
    about: Annotated[str, _at_most(200), ONE_LINE]
    sha256: Annotated[str, _form("[0-9a-f]{64}", "write the 64 hexadecimal digits of the SHA-256")]


class ArticleFile(_Strict):
    """`article.yaml`; `themes` names the themes in reading order, those not named come after."""

    id: Id
    title: Annotated[str, _at_most(200), ONE_LINE]
    author: Annotated[str, _at_most(200), ONE_LINE]
    publisher: Annotated[str, _at_most(200), ONE_LINE]
    published: Day
    language: Language
    licence: Annotated[str, _at_most(1_000)]
    url: Annotated[str, AfterValidator(_link)] | None = None
    outline: Annotated[tuple[OutlineEntry, ...], Field(min_length=1)]
    themes: tuple[str, ...] = ()

    def article(self, themes: tuple[Theme, ...]) -> Article:
        """The article with its themes in the order given."""
        fields = self.model_dump(exclude={"outline", "themes"})
        outline = tuple(Paragraph(item.paragraph, item.about, item.sha256) for item in self.outline)
        return Article(outline=outline, themes=themes, **fields)


class DigestEntry(_Strict):
    """One digest of a theme file."""

    id: Id
    title: Annotated[str, _at_most(100), ONE_LINE]
    text: Annotated[str, AfterValidator(_short)]
    paragraphs: Annotated[tuple[Number, ...], Field(min_length=1)]
    publish: Annotated[dt.date | None, BeforeValidator(_optional_day)] = None


class ThemeFile(_Strict):
    """A theme and its digests in reading order."""

    theme: Command
    title: Annotated[str, _at_most(64), ONE_LINE]
    emoji: Annotated[str, _at_most(16), ONE_LINE, AfterValidator(_no_words)]
    summary: Annotated[str, _at_most(256), ONE_LINE]
    digests: Annotated[tuple[DigestEntry, ...], Field(min_length=1)]

    def as_theme(self, article: str) -> Theme:
        """The theme as a part of the article of that id."""
        digests = tuple(Digest(**item.model_dump()) for item in self.digests)
        return Theme(self.theme, self.title, self.emoji, self.summary, article, digests)
