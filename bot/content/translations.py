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
                message, place = f"the article has no theme `{name}`", sheet.document.place(("theme",))
                hint = "name the theme that this translates, or remove the file"
                yield sheet.document.finding(place, "unknown-theme", message, hint)
        for name in originals.keys() - {sheet.content.theme for sheet in sheets}:
            message, hint = (
                f"`{name}` has no translation here",
                f"add {language}/{name}.yaml: see content/README.md",
            )
            yield Finding(file, 1, 1, "missing-translation", message, hint, subject=name)


def _overlay(sheet: Sheet[TranslationFile], original: ThemeFile) -> Iterator[Finding]:
    document, digests = sheet.document, {item.id: item for item in original.digests}
    for index, item in enumerate(sheet.content.digests):
        yield from rules.text(sheet, index, original.emoji)
        if item.id not in digests:
            message, hint = (
                f"`{original.theme}` has no digest `{item.id}`",
                "correct the id, or remove the digest",
            )
            yield document.finding(document.place(("digests", index, "id")), "unknown-digest", message, hint)
        elif item.of != (now := version(digests[item.id].digest)):
            said = (
                f"was made from version {item.of} of the original"
                if item.of
                else "does not say of what version it is"
            )
            message = f"the translation of `{item.id}` {said}; the original is now {now}"
            hint = f"compare the two, then write `of: {now}`"
            yield document.finding(
                document.place(("digests", index, "of")), "stale-translation", message, hint
            )
    missing = [id_ for id_ in digests if id_ not in {item.id for item in sheet.content.digests}]
    if missing:
        message = f"{len(missing)} of {len(digests)} digests have no translation: {', '.join(missing)}"
        place = document.place(("digests",), key=True)
        yield document.finding(
            place, "missing-translation", message, "add them; until then readers get the original"
        )
