"""Translations lie over the original: what they say, what they lack, and what became of it since."""

from bot.content.loader import Loaded
from bot.core.findings import Severity
from bot.core.library import Library, version
from bot.core.model import Digest
from tests.content import RIVERS, Load, library

FIRST = version(Digest("", "The first river", "A river **crosses** a border.\n\n> And another.\n", ()))
SECOND = version(Digest("", "22:30", "no", ()))
RU = f"""\
theme: rivers
title: Реки
summary: Кто делит какую реку
digests:
  - id: first-river
    title: Первая река
    text: Река **пересекает** границу.
    of: {FIRST}
  - id: second-river
    title: Вторая река
    text: Нет.
    of: {SECOND}
"""
LAKES_RU = RU.replace("theme: rivers", "theme: lakes").replace("-river\n", "-lake\n")
BOTH: dict[str, str | None] = {"waters/ru/rivers.yaml": RU, "waters/ru/lakes.yaml": LAKES_RU}


def told(loaded: Loaded) -> list[tuple[str, int, int, str]]:
    """Where each finding stands, and its code."""
    return [(found.file, found.line, found.column, found.code) for found in loaded.findings]


def titles(loaded: Library, language: str) -> list[str]:
    """What a reader of a language sees of the rivers: the theme's title, and its digests'."""
    found = (loaded.in_language(language).digest(id_) for id_ in ("first-river", "second-river"))
    pairs = [pair for pair in found if pair]
    return [pairs[0][0].title, *(digest.title for _, digest in pairs)]


def test_a_whole_translation_is_read(load: Load) -> None:
    """A reader of its language gets it, any other one the original."""
    loaded = library(load(BOTH))
    assert titles(loaded, "ru") == ["Реки", "Первая река", "Вторая река"]
    assert titles(loaded, "kk") == titles(loaded, "en") == ["Rivers", "The first river", "22:30"]
    assert loaded.in_language("ru").digest("no-river") is None


def test_what_has_no_translation_stays_as_it_is(load: Load) -> None:
    """A title of the theme and a digest that are missing are taken from the original, and the editor is told."""
    short = RU.partition("  - id: second-river")[0].replace("title: Реки\n", "", 1)
    loaded = load(BOTH | {"waters/ru/rivers.yaml": short})
    assert loaded.library is not None
    assert titles(loaded.library, "ru") == ["Rivers", "Первая река", "22:30"]
    (found,) = loaded.findings
    assert told(loaded) == [("content/waters/ru/rivers.yaml", 1, 8, "missing-translation")]
    assert (found.severity, found.subject) == (Severity.WARNING, "rivers")
    assert "second-river" in found.message


def test_a_theme_without_a_translation_is_told(load: Load) -> None:
    """A language has a folder, but not all themes are in it: one warning for each."""
    loaded = load({"waters/ru/rivers.yaml": RU})
    assert told(loaded) == [("content/waters/ru", 1, 1, "missing-translation")]
    assert (loaded.findings[0].subject, loaded.library is None) == ("lakes", False)


def test_a_changed_original_makes_its_translation_stale(load: Load) -> None:
    """The warning stands at `of`, says which version is the present one, and the translation is still read."""
    late: dict[str, str | None] = {"waters/rivers.yaml": RIVERS.replace("title: 22:30", "title: Late")}
    loaded = load(BOTH | late)
    (found,) = loaded.findings
    assert (found.line, found.column, found.code) == (12, 9, "stale-translation")
    assert found.subject == "second-river"
    assert loaded.library is not None
    assert titles(loaded.library, "ru")[2] == "Вторая река"
    now = found.hint.partition("`of: ")[2][:16]
    library(load(BOTH | late | {"waters/ru/rivers.yaml": RU.replace(SECOND, now)}))


def test_a_translation_that_does_not_say_of_what_it_is_one_is_told(load: Load) -> None:
    """Without `of` a later change of the original would go unnoticed; the hint holds what to write."""
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace(f"    of: {FIRST}\n", "")})
    (found,) = loaded.findings
    assert (found.code, f"`of: {FIRST}`" in found.hint) == ("stale-translation", True)


def test_names_of_no_original_are_errors(load: Load) -> None:
    """A slip in the theme's name or in an id: it would be left out silently."""
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace("first-river", "frist-river")})
    assert ("content/waters/ru/rivers.yaml", 5, 9, "unknown-digest") in told(loaded)
    assert loaded.library is None
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace("theme: rivers", "theme: river")})
    assert ("content/waters/ru/rivers.yaml", 1, 8, "unknown-theme") in told(loaded)


def test_texts_of_translations_are_checked(load: Load) -> None:
    """A text that is too long is found, as is markup; a translation of a broken theme is not called unknown."""
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace("Нет.", "слово " * 90)})
    assert told(loaded) == [("content/waters/ru/rivers.yaml", 11, 11, "text-too-long")]
    assert loaded.findings[0].subject == "second-river"
    loaded = load(BOTH | {"waters/rivers.yaml": RIVERS.replace("emoji:", "emojy:")})
    assert {found.file for found in loaded.findings} == {"content/waters/rivers.yaml"}


def test_a_broken_translation_is_not_called_missing(load: Load) -> None:
    """One mistake gives one finding."""
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace("title: Реки", "titel: Реки")})
    assert told(loaded) == [("content/waters/ru/rivers.yaml", 2, 1, "unknown-key")]


def test_doubled_translations_are_told(load: Load) -> None:
    """Two files for one theme, or one digest twice: the first is kept."""
    loaded = load(BOTH | {"waters/ru/zrivers.yaml": RU})
    assert {code for *_, code in told(loaded)} == {"doubled-command", "doubled-digest-id"}
    loaded = load(BOTH | {"waters/ru/rivers.yaml": RU.replace("second-river", "first-river")})
    assert ("content/waters/ru/rivers.yaml", 9, 9, "doubled-digest-id") in told(loaded)
    assert titles(loaded.readable, "ru")[1:] == ["Первая река", "22:30"]


def test_a_folder_in_the_articles_own_language_is_told(load: Load) -> None:
    """What lies there would compete with the original."""
    loaded = load({"waters/en/rivers.yaml": RU})
    assert told(loaded) == [("content/waters/en", 1, 1, "stray-folder")]
    assert loaded.library is None
