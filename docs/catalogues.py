"""Bring the catalogues of bot/locales up to date with the code: `python docs/catalogues.py` writes .po and .mo."""

import datetime as dt
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "bot" / "locales"
LANGUAGES = ("ru", "kk")
_HEADER = "# What the bot says. {places} stay as they are; so do <tags>, /commands and line breaks."
_THEN = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
_HEADERS = {"creation_date": _THEN, "revision_date": _THEN, "version": "", "msgid_bugs_address": ""}
"""Fixed, so that writing a catalogue again changes nothing."""
_KEYWORDS = {"N_": None, "say": None, "count": (1, 2)}


def template() -> Catalog:
    """All sentences that the code marks, in the order of their files."""
    found = Catalog(project="digest-bot", charset="utf-8", fuzzy=False)
    sentences = extract_from_dir(ROOT / "bot" / "core", keywords=_KEYWORDS, method_map=[("**.py", "python")])
    for _file, _line, message, _comments, context in sorted(sentences, key=lambda each: (each[0], each[1])):
        found.add(message, context=context)
    return found


def updated(language: str) -> Catalog:
    """A language's catalogue with what the code says today; nothing is guessed, what is gone is dropped."""
    path = LOCALES / language / "LC_MESSAGES" / "bot.po"
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    known.update(template(), no_fuzzy_matching=True)
    catalogue = Catalog(locale=language, project="digest-bot", fuzzy=False, header_comment=_HEADER, **_HEADERS)
    for message in known:
        if message.id:
            catalogue.add(message.id, message.string, flags=message.flags)
    return catalogue


def write(language: str) -> None:
    """Write a language's catalogue, as text for translators and compiled for the bot."""
    folder = LOCALES / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = updated(language)
    with (folder / "bot.po").open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=False, no_location=True, ignore_obsolete=True)
    with (folder / "bot.mo").open("wb") as file:
        write_mo(file, catalogue)


if __name__ == "__main__":
    for each in LANGUAGES:
        write(each)
