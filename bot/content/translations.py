"""What differs between an article and its translations: what is missing, out of date, or of no original."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.content import rules
from bot.content.schema import ArticleFile, ArticleTranslationFile, ThemeFile, TranslationFile
from bot.content.sheets import Folder, Sheet, typed
from bot.core.findings import Finding
from bot.core.language import NAMES
from bot.core.library import version
from bot.documents import Keys


def differences(folder: Folder) -> Iterator[Finding]:
    """All findings about the translations in a folder."""
    originals = {sheet.content.theme: sheet.content for sheet in folder.themes}
    for language, overlay in folder.overlays.items():
        path = folder.path / language
        if folder.article and language.partition("-")[0] == folder.article.content.language:
            message, hint = f"the article is in `{language}` itself", "remove the folder, or rename it"
            yield Finding(typed(path), 1, 1, "stray-folder", message, hint)
            continue
        if overlay.article and folder.article:
            yield from _heading(overlay.article, folder.article.content)
        elif folder.article and "article" not in overlay.names:
            yield _absent(path, "article", "the article's title and outline have no translation here", "")
        for sheet in overlay.themes:
            name = sheet.content.theme
            if name in originals:
                yield from _theme(sheet, originals[name])
            elif name not in folder.names:
                message = f"the article has no theme `{name}`"
                hint = "name the theme that this translates, or remove the file"
                yield sheet.finding(("theme",), "unknown-theme", message, hint)
        for name in originals.keys() - {sheet.content.theme for sheet in overlay.themes} - overlay.names:
            yield _absent(path, name, f"`{name}` has no translation here", name)


def untranslated(folder: Folder) -> Iterator[Finding]:
    """Languages of the bot that a translated article is not translated to."""
    if folder.article and folder.overlays:
        for code in NAMES.keys() - folder.overlays.keys() - {folder.article.content.language}:
            message = f"the article is translated, and not to {NAMES[code]}, which the bot speaks"
            hint = f"add {code}/article.yaml and a file for each theme; until then readers get the original"
            yield folder.article.finding(("language",), "missing-language", message, hint)


def _heading(sheet: Sheet[ArticleTranslationFile], original: ArticleFile) -> Iterator[Finding]:
    yield from rules.outline(sheet)
    numbers = [item.paragraph for item in original.outline]
    here = [item.paragraph for item in sheet.content.outline]
    yield from rules.unknown_paragraphs(
        sheet, {("outline", index, "paragraph"): number for index, number in enumerate(here)}, set(numbers)
    )
    keys = ("title", "author", "publisher", "licence")
    missing = [f"`{key}`" for key in keys if getattr(sheet.content, key) is None]
    missing += [f"paragraph {number}" for number in dict.fromkeys(numbers) if number not in here]
    yield from _missing(sheet, (), missing)


def _theme(sheet: Sheet[TranslationFile], original: ThemeFile) -> Iterator[Finding]:
    digests = {item.id: item.digest() for item in original.digests}
    here = {item.id: item for item in sheet.content.digests}
    missing = [f"`{key}`" for key in ("title", "summary") if getattr(sheet.content, key) is None]
    missing += [id_ for id_ in digests if id_ not in here]
    for index, item in enumerate(sheet.content.digests):
        yield from rules.text(sheet, index, original.emoji)
        path: Keys = ("digests", index)
        if item.id not in digests:
            message, hint = f"`{original.theme}` has no digest `{item.id}`", "correct the id, or remove it"
            yield sheet.finding((*path, "id"), "unknown-digest", message, hint)
            continue
        if item.of != (now := version(digests[item.id])):
            was = f"changed since version {item.of}" if item.of else "is not named in `of`"
            message, hint = f"the original of `{item.id}` {was}", f"compare the two, then write `of: {now}`"
            yield sheet.finding((*path, "of"), "stale-translation", message, hint)
        if item.correction and not digests[item.id].correction:
            message = f"the original of `{item.id}` has no correction (any more), so nobody gets this one"
            hint = "remove it, or write one in the original, too"
            yield sheet.finding((*path, "correction"), "stale-translation", message, hint)
        if digests[item.id].correction and not item.correction:
            missing.append(f"the correction of {item.id}")
    yield from _missing(sheet, ("theme",), missing)


def _missing(
    sheet: Sheet[TranslationFile] | Sheet[ArticleTranslationFile], path: Keys, missing: Sequence[str]
) -> Iterator[Finding]:
    if missing:
        message = f"without a translation: {', '.join(missing)}"
        hint = "add what is missing; until then readers get the original"
        yield sheet.finding(path, "missing-translation", message, hint)


def _absent(path: Path, name: str, message: str, subject: str) -> Finding:
    hint = f"add {path.name}/{name}.yaml"
    return Finding(typed(path), 1, 1, "missing-translation", message, hint, subject=subject)
