"""A folder of articles -> the library, or every finding of every file in one run."""

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.content import rules, translations
from bot.content.codes import WARNINGS
from bot.content.schema import ArticleFile, ThemeFile, TranslationFile, whole_digests
from bot.content.sheets import Folder, Model, Sheet, assemble, typed
from bot.core.findings import Finding, Severity
from bot.core.library import Library
from bot.documents import Document, DocumentError, Keys, Place, read, validate

_YAML = {".yaml", ".yml"}
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A library, or None where errors stand in its way; findings are sorted by file and line.

    `readable` is what can be shown all the same, for an editor who looks at it with the findings beside it; it
    may hold no article. `folders` and `documents` (by file name) are what was read.
    """

    library: Library | None
    findings: tuple[Finding, ...]
    readable: Library
    folders: tuple[Folder, ...]
    documents: dict[str, Document]

    def with_findings(self, more: Iterable[Finding]) -> "Loaded":
        """The same with what else was found; the severity of a finding is that of its code."""
        subjects = {file: _subjects(document) for file, document in self.documents.items()}
        found = sorted((*self.findings, *(_attributed(each, subjects.get(each.file, [])) for each in more)))
        broken = any(finding.severity is Severity.ERROR for finding in found)
        return replace(self, library=None if broken else self.readable, findings=tuple(found))


def load_library(root: Path) -> Loaded:
    """The library in `root`, which holds a folder for each article. Raises nothing: see the findings."""
    loading = _Loading(root)
    folders = loading.folders()
    return Loaded(None, (), assemble(folders), folders, loading.documents).with_findings(loading.findings)


def _subjects(document: Document) -> list[tuple[Place, str]]:
    """Where the theme and each digest of a file begin, in order, and what they are called."""
    digests = document.data.get("digests")
    ids = (
        [(item.get("id") if isinstance(item, dict) else "") for item in digests]
        if isinstance(digests, list)
        else []
    )
    named = [
        ((1, 1), document.data.get("theme")),
        *((document.place(("digests", i)), id_) for i, id_ in enumerate(ids)),
    ]
    return [(place, name if isinstance(name, str) else "") for place, name in named]


def _attributed(finding: Finding, subjects: list[tuple[Place, str]]) -> Finding:
    """The finding with the severity of its code, and with the digest or theme that its place belongs to."""
    last = bisect_right(subjects, (finding.line, finding.column), key=lambda subject: subject[0])
    subject = finding.subject or (subjects[last - 1][1] if subjects else "")
    severity = Severity.WARNING if finding.code in WARNINGS else Severity.ERROR
    return replace(finding, severity=severity, subject=subject)


@dataclass(frozen=True, slots=True)
class _Loading:
    """One run over all files: what was found, and where each name was taken first."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    taken: dict[tuple[str, str], str] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    def folders(self) -> tuple[Folder, ...]:
        files, folders = self._entries(self.root)
        for file in files:
            hint = "move it into the folder of its article, or load the folder above"
            self._found(file, "stray-file", "this stands outside the folder of an article", hint)
        found = tuple(article for folder in folders if (article := self._folder(folder)))
        if not found and not self.findings:
            hint = "give it a folder with an article.yaml and a file for each theme"
            self._found(self.root, "no-articles", "no article is in this folder", hint)
        self.findings.extend(rules.dead_commands(found))
        return found

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

    def _folder(self, path: Path) -> Folder | None:
        """What a folder holds of an article, or None where it holds nothing of any."""
        files, folders = self._entries(path)
        main = next((file for file in files if file.stem == "article"), None)
        if main is None and files:
            hint = "add an article.yaml that says what the themes are taken from"
            self._found(path, "article-file-missing", "themes without an article.yaml", hint)
        if main is not None and len(files) == 1:
            hint = "add a file for each theme, such as initiatives.yaml"
            self._found(main, "no-themes", "this article has no theme", hint)
        article = self._read(main, ArticleFile)[1] if main else None
        if article is not None:
            self._once(article.document, ("id",), "article", "doubled-article-id")
        read = [self._theme(file) for file in files if file != main]
        folder = Folder(
            path,
            article,
            themes=tuple(found for _, found in read if isinstance(found, Sheet)),
            rests=tuple(found for _, found in read if isinstance(found, ThemeFile)),
            names=frozenset(name for name, _ in read),
            overlays=self._overlays(folders),
        )
        self.findings.extend((*rules.broken(folder), *translations.differences(folder)))
        return folder if files else None

    def _theme(self, file: Path) -> tuple[str, Sheet[ThemeFile] | ThemeFile | None]:
        """The theme in a file with its name; of a broken file, the name that it most likely has and the rest."""
        document, sheet = self._read(file, ThemeFile)
        if sheet is None:
            named = document.data.get("theme") if document else None
            rest = whole_digests(document.data) if document else None
            return (named if isinstance(named, str) else file.stem), rest
        self._once(sheet.document, ("theme",), f"command in {file.parent}", "doubled-command")
        self._once_each(sheet, "digest")
        return sheet.content.theme, sheet

    def _overlays(self, folders: list[Path]) -> dict[str, tuple[Sheet[TranslationFile], ...]]:
        """Translations by language; a theme in any other folder would be left out silently."""
        overlays = {}
        for folder in folders:
            files, _ = self._entries(folder)
            if not files:
                continue
            if not _LANGUAGE.fullmatch(folder.name):
                hint = "move the files into the folder of the article"
                self._found(folder, "stray-folder", "theme files in a folder within an article", hint)
                continue
            sheets = [sheet for file in files if (sheet := self._read(file, TranslationFile)[1])]
            for sheet in sheets:
                self._once(sheet.document, ("theme",), str(folder), "doubled-command")
                self._once_each(sheet, str(folder))
            overlays[folder.name] = tuple(sheets)
        return overlays

    def _read(self, path: Path, model: type[Model]) -> tuple[Document | None, Sheet[Model] | None]:
        """A file as far as it can be used; what is wrong with it is noted."""
        document = None
        try:
            document = self.documents[typed(path)] = read(path, typed(path))
            return document, Sheet(document, validate(document, model))
        except DocumentError as error:
            self.findings.extend(error.findings)
            return document, None

    def _once_each(self, sheet: Sheet[ThemeFile] | Sheet[TranslationFile], kind: str) -> None:
        for index in range(len(sheet.content.digests)):
            self._once(sheet.document, ("digests", index, "id"), kind, "doubled-digest-id")

    def _once(self, document: Document, path: Keys, kind: str, code: str) -> None:
        """Note that a name is taken, or that it was before."""
        place, name = document.place(path), document.value(path)
        here = ":".join(map(str, (document.file, *place)))
        first = self.taken.setdefault((kind, name), here)
        if first != here:
            message, hint = f"`{name}` is taken already in {first}", "choose another name"
            self.findings.append(document.finding(place, code, message, hint))

    def _found(self, path: Path, code: str, message: str, hint: str) -> None:
        """Note what is wrong with a file or folder as a whole."""
        self.findings.append(Finding(typed(path), 1, 1, code, message, hint))
