"""What the files of articles, themes and translations hold. Only texts come in; they are converted here.

The docstring below a key is what an editor's tools say of it: `make schema` takes it into content/schema.
"""

import datetime as dt
import re
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic import StringConstraints as Text
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from bot.core.library import RESERVED_COMMANDS
from bot.core.markdown import is_link
from bot.core.model import Article, Digest, Paragraph, Theme, TranslatedDigest, TranslatedTheme

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


class _Form:
    """A pattern that the whole text must match, told in words."""

    def __init__(self, pattern: str, words: str) -> None:
        self.pattern, self.words = pattern, words

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "pattern": f"^{self.pattern}$"}

    def checked(self, value: str) -> str:
        """The value, if it matches."""
        if re.fullmatch(self.pattern, value):
            return value
        raise PydanticCustomError("bad-value", "this does not have the right form", {"hint": self.words})


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
Id = Annotated[str, _Form("[a-z0-9][a-z0-9-]{0,39}", "use small letters, digits and hyphens, at most 40")]
Language = Annotated[str, _Form("[a-z]{2,3}", "write its code, such as en")]
Command = Annotated[
    str,
    _Form("[a-z0-9_]{1,32}", "use small letters, digits and _, at most 32: it is a Telegram command"),
    AfterValidator(_free_command),
]

ONE_LINE = AfterValidator(_one_line)


def _at_most(characters: int) -> Text:
    return Text(strip_whitespace=True, min_length=1, max_length=characters)


Label = Annotated[str, _at_most(64), ONE_LINE]
Title = Annotated[str, _at_most(100), ONE_LINE]
Summary = Annotated[str, _at_most(256), ONE_LINE]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OutlineEntry(_Strict):
    """One paragraph of the source, in our words."""

    paragraph: Number
    """Its number in the source: digests name it in `paragraphs`."""
    about: Annotated[str, _at_most(200), ONE_LINE]
    """What it says, in a few words that are not the article's own."""
    sha256: Annotated[str, _Form("[0-9a-f]{64}", "write the 64 hexadecimal digits of the SHA-256")]
    """The SHA-256 of the paragraph's words; `check --source` says what it has to be."""


class ArticleFile(_Strict):
    """An article: where it comes from, and what each of its paragraphs says."""

    id: Id
    """A name of its own, in small letters, digits and hyphens. It never changes."""
    title: Annotated[str, _at_most(200), ONE_LINE]
    """The article's title."""
    author: Annotated[str, _at_most(200), ONE_LINE]
    """Who wrote it."""
    publisher: Annotated[str, _at_most(200), ONE_LINE]
    """Where it was published."""
    published: Day
    """The day on which it was published, as in 2024-05-28."""
    language: Language
    """The language of the article and its digests, as in en, ru or kk."""
    licence: Annotated[str, _at_most(1_000)]
    """What readers are told of the rights in the text."""
    url: Annotated[str, AfterValidator(_link)] | None = None
    """Where the article can be read; may be left out."""
    outline: Annotated[tuple[OutlineEntry, ...], Field(min_length=1)]
    """Its paragraphs in order."""
    themes: tuple[str, ...] = ()
    """The themes in the order in which they are read; those not named here come after, by file name."""

    def article(self, themes: tuple[Theme, ...]) -> Article:
        """The article with its themes in the order given."""
        fields = self.model_dump(exclude={"outline", "themes"})
        outline = tuple(Paragraph(item.paragraph, item.about, item.sha256) for item in self.outline)
        return Article(outline=outline, themes=themes, **fields)


class Acknowledged(_Strict):
    """A false alarm of `check --source`: it is not told again."""

    code: Literal[
        "copied-words", "dead-deep-link", "figure-not-in-source", "name-not-in-source", "quote-not-in-source"
    ]
    """The code of the finding."""
    about: Annotated[str, _at_most(1_000), ONE_LINE]
    """The words that it is about, as the finding shows them."""
    reason: Annotated[str, _at_most(1_000)]
    """Why they are right all the same."""


class Entry(_Strict):
    """What a digest is in any language."""

    id: Id
    """A name of its own in small letters, digits and hyphens. It never changes: readers' progress hangs on it."""
    title: Title
    """Plain text in one line."""
    text: Annotated[str, AfterValidator(_short)]
    """**bold**, *italic*, [words](https://…), > quote, blank lines; at most 500 characters with title and footer."""
    acknowledged: tuple[Acknowledged, ...] = ()
    """False alarms, each with a reason."""


class DigestEntry(Entry):
    """One digest of a theme file."""

    paragraphs: Annotated[tuple[Number, ...], Field(min_length=1)]
    """The numbers of the paragraphs in the article's outline that it rests on."""
    publish: Annotated[dt.date | None, BeforeValidator(_optional_day)] = None
    """The day from which readers see it, as in 2026-12-01; without it, at once."""
    correction: Annotated[str, _at_most(200), ONE_LINE] | None = None
    """What a change put right, in one sentence: those who read an earlier wording get it as a note, once."""

    def digest(self, article: str = "") -> Digest:
        """The digest as readers get it; `article` is the id of its article."""
        correction = self.correction or ""
        return Digest(self.id, self.title, self.text, self.paragraphs, self.publish, correction, article)


class ThemeFile(_Strict):
    """A theme and its digests in reading order."""

    theme: Command
    """Its command, without the slash: small letters, digits and _."""
    title: Label
    """Its name in lists and on buttons."""
    emoji: Annotated[str, _at_most(16), ONE_LINE, AfterValidator(_no_words)]
    """One emoji, in quotes."""
    summary: Summary
    """One line for Telegram's menu."""
    digests: Annotated[tuple[DigestEntry, ...], Field(min_length=1)]
    """Its digests in the order in which they are read."""


class TranslatedEntry(Entry):
    """One digest of a translation."""

    of: Annotated[str, _Form("[0-9a-f]{16}", "write the 16 hexadecimal digits of its version")] = ""
    """The version of the original that it was made from; `check` says which that is."""

    @property
    def digest(self) -> TranslatedDigest:
        """The digest as readers of that language get it."""
        return TranslatedDigest(self.id, self.title, self.text, self.of)


class TranslationFile(_Strict):
    """A theme in another language; what is left out stays as in the original."""

    theme: Command
    """The theme that this translates: its command stays the same in every language."""
    title: Label | None = None
    """Its name in this language."""
    summary: Summary | None = None
    """One line for Telegram's menu in this language."""
    digests: Annotated[tuple[TranslatedEntry, ...], Field(min_length=1)]
    """The digests that are translated, by the ids of their originals."""

    def translation(self, known: Collection[str]) -> TranslatedTheme:
        """The translation, without digests whose ids are not `known` and without repeated ones."""
        digests = {item.id: item.digest for item in reversed(self.digests) if item.id in known}
        ordered = tuple(
            digests[id_] for id_ in dict.fromkeys(item.id for item in self.digests) if id_ in digests
        )
        return TranslatedTheme(self.theme, self.title, self.summary, ordered)


def whole_digests(data: dict[str, Any]) -> ThemeFile | None:
    """What is left of a broken theme file without its broken digests, if that is a theme."""
    entries = data.get("digests")
    whole = [entry for entry in (entries if isinstance(entries, list) else ()) if _is(DigestEntry, entry)]
    rest = {"title": data.get("theme"), "emoji": "📄", "summary": data.get("theme"), **data, "digests": whole}
    known = {key: value for key, value in rest.items() if key in ThemeFile.model_fields}
    return ThemeFile.model_validate(known) if _is(ThemeFile, known) else None


def _is(model: type[BaseModel], value: Any) -> bool:
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True
