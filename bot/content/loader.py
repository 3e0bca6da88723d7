"""A folder of articles -> the library, or every finding of every file in one run."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pydantic

from bot.content.schema import ArticleFile, DigestEntry, ThemeFile
from bot.core.findings import Finding
from bot.core.library import Library
from bot.core.markdown import render, units
from bot.core.model import Article
from bot.documents import Document, DocumentError, Keys, Place, read, validate

Model = TypeVar("Model", bound=pydantic.BaseModel)
Name = TypeVar("Name", int, str)

MAX_MESSAGE = 500
"""UTF-16 code units of a digest as it is sent: a reader takes it in at a glance."""
FOOTER = 40
"""Units kept for the last line, which tells the command and the reader's progress."""

_YAML = {".yaml", ".yml"}
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A library, or None and the findings that stand in its way, sorted by file and line."""

    library: Library | None
    findings: tuple[Finding, ...]


def load_library(root: Path) -> Loaded:
    """The library in `root`, which holds a folder for each article. Raises nothing: see the findings."""
    loading = _Loading(root)
    articles = loading.articles()
    if loading.findings:
        return Loaded(None, tuple(sorted(loading.findings)))
    return Loaded(Library(articles), ())


@dataclass(frozen=True, slots=True)
class _Loading:
    """One run over all files: what was found, and where each name was taken first."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    taken: dict[tuple[str, str], str] = field(default_factory=dict)

    def articles(self) -> tuple[Article, ...]:
        files, folders = self._entries(self.root)
        for file in files:
            hint = "move it into the folder of its article, or load the folder above"
            self._found(file, "stray-file", "this stands outside the folder of an article", hint)
        articles = tuple(article for folder in folders for article in self._article(folder))
        if not articles and not self.findings:
            hint = "give it a folder with an article.yaml and a file for each theme"
            self._found(self.root, "no-articles", "no article is in this folder", hint)
        return articles

    def _entries(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """The YAML files and the sub-folders of a folder, by name; what is hidden is passed over."""
        try:
            entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            hint = (
                "give a folder that exists, that the bot may read, and that holds a folder for each article"
            )
            self._found(folder, "folder-unreadable", f"cannot be read: {reason}", hint)
            return [], []
        inside = [path for path in entries if self._inside(path)]
        folders = [path for path in inside if os.path.isdir(path)]  # noqa: PTH112  is_dir() may raise
        return [path for path in inside if path.suffix.lower() in _YAML and path not in folders], folders

    def _inside(self, path: Path) -> bool:
        inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self.root))
        if not inside:
            message = "this is a link to a place outside the content folder"
            self._found(path, "outside-root", message, "put a copy of it here")
        return inside

    def _article(self, folder: Path) -> tuple[Article, ...]:
        """The article in a folder, if it holds one that can be read."""
        files, folders = self._entries(folder)
        self._check_folders(folders)
        main = next((file for file in files if file.stem == "article"), None)
        if main is None:
            if files:
                hint = "add an article.yaml that says what the themes are taken from"
                self._found(folder, "article-file-missing", "themes without an article.yaml", hint)
            return ()
        files.remove(main)
        if not files:
            hint = "add a file for each theme, such as initiatives.yaml"
            self._found(main, "no-themes", "this article has no theme", hint)
        document, article = self._read(main, ArticleFile)
        numbers = {item.paragraph for item in article.outline} if article else None
        themes = [self._theme(file, numbers) for file in files]
        if document is None or article is None:
            return ()
        self._check_article(document, article, {name for name, _ in themes})
        order = {name: place for place, name in enumerate(article.themes)}
        themes.sort(key=lambda item: order.get(item[0], len(order)))
        return (article.article(tuple(theme.as_theme(article.id) for _, theme in themes if theme)),)

    def _check_folders(self, folders: list[Path]) -> None:
        """Sub-folders of an article hold translations; a theme in another one would be left out silently."""
        for folder in folders:
            if not _LANGUAGE.fullmatch(folder.name) and self._entries(folder)[0]:
                hint = "move the files into the folder of the article"
                self._found(folder, "stray-folder", "theme files in a folder within an article", hint)

    def _check_article(self, document: Document, article: ArticleFile, names: set[str]) -> None:
        self._once(document, ("id",), "article-id", article.id)
        for index, number in _doubles([item.paragraph for item in article.outline]):
            place = document.place(("outline", index, "paragraph"))
            message = f"paragraph {number} stands in the outline twice"
            self._at(document, place, "doubled-paragraph", message, "number each paragraph once")
        for index, name in _doubles(article.themes):
            place = document.place(("themes", index))
            self._at(document, place, "doubled-theme", f"`{name[:40]}` is listed twice", "remove one")
        for index, name in enumerate(article.themes):
            if name not in names:
                place, message = document.place(("themes", index)), f"no file has the theme `{name[:40]}`"
                hint = f"add a file with `theme: {name[:40]}`, or remove it from the list"
                self._at(document, place, "theme-file-missing", message, hint)

    def _theme(self, file: Path, numbers: set[int] | None) -> tuple[str, ThemeFile | None]:
        """The theme in a file with its name; of a broken file, the name that it most likely has."""
        document, theme = self._read(file, ThemeFile)
        if document is None or theme is None:
            named = document.data.get("theme") if document else None
            return (named if isinstance(named, str) else file.stem), None
        self._once(document, ("theme",), "command", theme.theme)
        for index, digest in enumerate(theme.digests):
            path: Keys = ("digests", index)
            self._once(document, (*path, "id"), "digest-id", digest.id)
            self._check_text(document, path, theme.emoji, digest)
            self._check_paragraphs(document, (*path, "paragraphs"), digest, numbers)
        return theme.theme, theme

    def _check_text(self, document: Document, path: Keys, emoji: str, digest: DigestEntry) -> None:
        rendered = render(digest.text)
        for problem in rendered.problems:
            place = document.inside((*path, "text"), problem.line, problem.column)
            self._at(document, place, problem.code, problem.message, problem.hint)
        place = document.place((*path, "text"))
        length = units(f"{emoji} {digest.title}\n\n{rendered.plain}\n\n") + FOOTER
        if length > MAX_MESSAGE:
            message = f"the digest fills {length} characters with its title and footer; {MAX_MESSAGE} fit"
            hint = f"cut {length - MAX_MESSAGE} of them, or make two digests of it"
            self._at(document, place, "text-too-long", message, hint)
        if not rendered.plain.strip():
            self._at(document, place, "bad-value", "`text` shows nothing", "write the digest's text")

    def _check_paragraphs(
        self, document: Document, path: Keys, digest: DigestEntry, numbers: set[int] | None
    ) -> None:
        for index, number in _doubles(digest.paragraphs):
            place = document.place((*path, index))
            self._at(document, place, "doubled-paragraph", f"{number} is named twice", "remove one")
        for index, number in enumerate(digest.paragraphs):
            if numbers is not None and number not in numbers:
                place = document.place((*path, index))
                message = f"the article's outline has no paragraph {number}"
                hint = "correct the number, or add the paragraph to the outline in article.yaml"
                self._at(document, place, "unknown-paragraph", message, hint)

    def _read(self, path: Path, model: type[Model]) -> tuple[Document | None, Model | None]:
        """A file as far as it can be used; what is wrong with it is noted."""
        document = None
        try:
            document = read(path, _typed(path))
            return document, validate(document, model)
        except DocumentError as error:
            self.findings.extend(error.findings)
            return document, None

    def _once(self, document: Document, path: Keys, kind: str, name: str) -> None:
        """Note that a name is taken, or that it was before."""
        place = document.place(path)
        here = ":".join(map(str, (document.file, *place)))
        first = self.taken.setdefault((kind, name), here)
        if first != here:
            message, hint = f"`{name}` is taken already in {first}", "choose another name"
            self._at(document, place, f"doubled-{kind}", message, hint)

    def _at(self, document: Document, place: Place, code: str, message: str, hint: str) -> None:
        self.findings.append(document.finding(place, code, message, hint))

    def _found(self, path: Path, code: str, message: str, hint: str) -> None:
        """Note what is wrong with a file or folder as a whole."""
        self.findings.append(Finding(_typed(path), 1, 1, code, message, hint))


def _doubles(names: Sequence[Name]) -> Iterator[tuple[int, Name]]:
    """What stands in a list again, with its index."""
    seen: set[Name] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield index, name
        seen.add(name)


def _typed(path: Path) -> str:
    """A path as one would type it; what cannot be shown is replaced."""
    return "".join(character if character.isprintable() else "\ufffd" for character in str(path))
