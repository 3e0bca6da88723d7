"""What was read of a content folder, and the library that it makes."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import pydantic

from bot.content.schema import ArticleFile, ThemeFile, TranslationFile
from bot.core.library import Library
from bot.core.model import Article, Theme
from bot.documents import Document

Model = TypeVar("Model", bound=pydantic.BaseModel)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Model]):
    """A file: as it is written, with its places, and as what it means."""

    document: Document
    content: Model


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
                themes = (
                    self._theme(folder, bare, file) for file in files if self._first("theme", file.theme)
                )
                yield replace(bare, themes=tuple(themes))

    def _theme(self, folder: Folder, bare: Article, file: ThemeFile) -> Theme:
        known = {paragraph.number for paragraph in bare.outline}
        digests = tuple(
            replace(item.digest, paragraphs=tuple(number for number in item.paragraphs if number in known))
            for item in file.digests
            if self._first("digest", item.id)
        )
        ids = {item.id for item in digests}
        translations = tuple(
            sheet.content.translation(language, ids)
            for language, sheets in folder.overlays.items()
            for sheet in sheets
            if sheet.content.theme == file.theme and self._first(language, file.theme)
        )
        return Theme(file.theme, file.title, file.emoji, file.summary, bare.id, digests, translations)

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
