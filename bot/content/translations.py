"""What differs between a theme and its translations: what is missing, out of date, or of no original."""

from collections.abc import Iterator

from bot.content import rules
from bot.content.schema import ThemeFile, TranslationFile
from bot.content.sheets import Folder, Sheet, typed
from bot.core.findings import Finding
from bot.core.library import version


def differences(folder: Folder) -> Iterator[Finding]:
    """All findings about the translations in a folder."""
    originals = {sheet.content.theme: sheet.content for sheet in folder.themes}
    for language, sheets in folder.overlays.items():
        file = typed(folder.path / language)
        if folder.article and language.partition("-")[0] == folder.article.content.language:
            message, hint = f"the article is in `{language}` itself", "remove the folder, or rename it"
            yield Finding(file, 1, 1, "stray-folder", message, hint)
            continue
        for sheet in sheets:
            name = sheet.content.theme
            if name in originals:
                yield from _overlay(sheet, originals[name])
            elif name not in folder.names:
                message = f"the article has no theme `{name}`"
                hint = "name the theme that this translates, or remove the file"
                yield sheet.finding(("theme",), "unknown-theme", message, hint)
        for name in originals.keys() - {sheet.content.theme for sheet in sheets}:
            path = folder.path / language / f"{name}.yaml"
            if (
                not path.exists() and not path.with_suffix(".yml").exists()
            ):  # one that is broken is told already
                message, hint = f"`{name}` has no translation here", f"add {language}/{name}.yaml"
                yield Finding(file, 1, 1, "missing-translation", message, hint, subject=name)


def _overlay(sheet: Sheet[TranslationFile], original: ThemeFile) -> Iterator[Finding]:
    digests = {item.id: item.digest() for item in original.digests}
    for index, item in enumerate(sheet.content.digests):
        yield from rules.text(sheet, index, original.emoji)
        if item.id not in digests:
            message, hint = f"`{original.theme}` has no digest `{item.id}`", "correct the id, or remove it"
            yield sheet.finding(("digests", index, "id"), "unknown-digest", message, hint)
        elif item.of != (now := version(digests[item.id])):
            was = f"changed since version {item.of}" if item.of else "is not named in `of`"
            message, hint = f"the original of `{item.id}` {was}", f"compare the two, then write `of: {now}`"
            yield sheet.finding(("digests", index, "of"), "stale-translation", message, hint)
    missing = [id_ for id_ in digests if id_ not in {item.id for item in sheet.content.digests}]
    if missing:
        message = f"{len(missing)} of {len(digests)} digests have no translation: {', '.join(missing)}"
        hint = "add them; until then readers get the original"
        yield sheet.finding(("theme",), "missing-translation", message, hint)
