"""What was read of a content folder, and the library that it makes."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import pydantic

from bot.content.schema import ArticleFile, ThemeFile, TranslationFile
from bot.core.findings import Finding
from bot.core.library import Library
from bot.core.markdown import Rendered, render
from bot.core.model import Article, Theme, Translation
from bot.documents import Document, Keys

Model = TypeVar("Model", bound=pydantic.BaseModel)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Model]):
    """A file: as it is written, with its places, and as what it means."""

    document: Document
    content: Model
    texts: dict[int, Rendered] = field(default_factory=dict)
    """The texts of its digests by index, as far as they were rendered."""

    def finding(self, path: Keys, code: str, message: str, hint: str) -> Finding:
        """A finding about the value at `path`."""
        return self.document.finding(self.document.place(path), code, message, hint)


Digests = Sheet[ThemeFile] | Sheet[TranslationFile]
"""A file that holds digests."""


def is_todo(text: str) -> bool:
    """Whether this is the marker of a draft, and not yet a text."""
    return re.match(r"\s*TODO\b", text) is not None


def rendered(sheet: Digests, index: int) -> Rendered:
    """The text of the digest at `index` as readers see it."""
    if index not in sheet.texts:
        sheet.texts[index] = render(sheet.content.digests[index].text)
    return sheet.texts[index]


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong, or seems so, with some words of a digest: often its editor can say that it is right."""

    sheet: Digests
    index: int
    about: str
    code: str
    message: str
    hint: str

    def finding(self) -> Finding:
        """The doubt as a finding, at the place of the words if that is known, else where their text begins."""
        digest, document, path = (
            self.sheet.content.digests[self.index],
            self.sheet.document,
            ("digests", self.index),
        )
        pattern = r"(?<!\w)" + r"[\s>*_\\]+".join(map(re.escape, self.about.split())) + r"(?!\w)"
        place = document.place((*path, "text"))
        if found := re.search(pattern, digest.text):
            before = re.split(r"\r\n?|\n", digest.text[: found.start()])
            place = document.inside((*path, "text"), len(before), len(before[-1]) + 1)
        elif re.search(pattern, digest.title):
            place = document.place((*path, "title"))
        return document.finding(place, self.code, self.message, self.hint)


@dataclass(frozen=True, slots=True)
class Folder:
    """What could be read of an article's folder, in the order of file names.

    `rests` are what is whole of broken themes, and `names` those of all themes; overlays are translations, by
    language.
    """

    path: Path
    article: Sheet[ArticleFile] | None
    themes: tuple[Sheet[ThemeFile], ...]
    rests: tuple[ThemeFile, ...]
    names: frozenset[str]
    overlays: dict[str, tuple[Sheet[TranslationFile], ...]]

    @property
    def listed(self) -> tuple[str, ...]:
        """The themes in the order that article.yaml gives."""
        return self.article.content.themes if self.article else ()

    @property
    def whole(self) -> bool:
        """Whether every theme of it could be read."""
        return self.names == {sheet.content.theme for sheet in self.themes}

    @property
    def files(self) -> "tuple[Digests, ...]":
        """Its themes, then their translations."""
        return (*self.themes, *(sheet for sheets in self.overlays.values() for sheet in sheets))


def assemble(folders: Sequence[Folder]) -> Library:
    """The library of whatever can be shown.

    Of doubled names the first one wins; paragraphs that the outline lacks are left out; an article that cannot
    be read is called after its folder, so that its digests can be shown all the same.
    """
    return Library(tuple(_Assembling().articles(folders)))


@dataclass(frozen=True, slots=True)
class _Assembling:
    taken: set[tuple[str, str]] = field(default_factory=set)

    def articles(self, folders: Sequence[Folder]) -> Iterator[Article]:
        for folder in folders:
            bare = _bare(folder)
            if self._first("article", bare.id):
                order = {name: place for place, name in enumerate(folder.listed)}
                found = (*(sheet.content for sheet in folder.themes), *folder.rests)
                files = sorted(found, key=lambda file: order.get(file.theme, len(order)))
                taken = f"theme of {bare.id}"
                themes = tuple(self._theme(bare, file) for file in files if self._first(taken, file.theme))
                translations = tuple(self._translation(folder, themes, code) for code in folder.overlays)
                yield replace(bare, themes=themes, translations=translations)

    def _theme(self, bare: Article, file: ThemeFile) -> Theme:
        known = {paragraph.number for paragraph in bare.outline}
        digests = tuple(
            replace(
                item.digest(bare.id),
                paragraphs=tuple(number for number in item.paragraphs if number in known),
            )
            for item in file.digests
            if self._first("digest", item.id)
        )
        return Theme(file.theme, file.title, file.emoji, file.summary, digests)

    def _translation(self, folder: Folder, themes: tuple[Theme, ...], language: str) -> Translation:
        ids = {theme.name: {item.id for item in theme.digests} for theme in themes}
        taken = f"{language} of {folder.path}"
        translated = tuple(
            sheet.content.translation(ids[sheet.content.theme])
            for sheet in folder.overlays[language]
            if sheet.content.theme in ids and self._first(taken, sheet.content.theme)
        )
        return Translation(language, translated)

    def _first(self, kind: str, name: str) -> bool:
        before = len(self.taken)
        self.taken.add((kind, name))
        return len(self.taken) > before


def _bare(folder: Folder) -> Article:
    """The article without its themes; one called after its folder where article.yaml cannot be read."""
    if folder.article:
        return folder.article.content.article(())
    name = folder.path.name
    return Article(name, name, "–", "–", dt.date(1970, 1, 1), "", "–", (), ())


def typed(path: Path) -> str:
    """A path as one would type it; what cannot be shown is replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(path))
