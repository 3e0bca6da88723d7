"""Translations lie over the original: what they say, what they lack, and what became of it since."""

import datetime as dt
from pathlib import Path

import pytest

from bot.content.checking import check
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
ARTICLE_RU = """\
title: О водах
author: Автор
publisher: Обозрение
licence: Текст не входит в этот проект.
outline:
  - paragraph: 1
    about: Почему реки пересекают границы
  - paragraph: 2
    about: Что можно было бы сделать
"""
LAKES_RU = RU.replace("theme: rivers", "theme: lakes").replace("-river\n", "-lake\n")
BOTH: dict[str, str | None] = {
    "waters/ru/article.yaml": ARTICLE_RU,
    "waters/ru/rivers.yaml": RU,
    "waters/ru/lakes.yaml": LAKES_RU,
}


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
    assert "without a translation: `title`, second-river" in found.message


def test_the_article_itself_is_read_in_a_language(load: Load) -> None:
    """Who wrote it and where, what readers are told of the rights, and what its paragraphs say."""
    (article,) = library(load(BOTH)).in_language("ru").articles
    assert (article.title, article.author, article.publisher) == ("О водах", "Автор", "Обозрение")
    assert article.licence == "Текст не входит в этот проект."
    assert [(item.number, item.about) for item in article.outline] == [
        (1, "Почему реки пересекают границы"),
        (2, "Что можно было бы сделать"),
    ]


def test_what_the_article_lacks_in_a_language_is_told(load: Load) -> None:
    """Each missing entry is named; readers get the original of it. Without the file, the folder is told."""
    short = ARTICLE_RU.partition("  - paragraph: 2")[0].replace("author: Автор\n", "")
    loaded = load(BOTH | {"waters/ru/article.yaml": short})
    assert told(loaded) == [("content/waters/ru/article.yaml", 1, 1, "missing-translation")]
    assert "without a translation: `author`, paragraph 2" in loaded.findings[0].message
    (article,) = loaded.readable.in_language("ru").articles
    assert (article.title, article.author) == ("О водах", "An author")
    assert article.outline[1].about == "What could be done"
    loaded = load(BOTH | {"waters/ru/article.yaml": None})
    assert told(loaded) == [("content/waters/ru", 1, 1, "missing-translation")]
    assert "ru/article.yaml" in loaded.findings[0].hint


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("paragraph: 2", "paragraph: 3", "unknown-paragraph", 8, 16),
        ("paragraph: 2", "paragraph: 1", "doubled-paragraph", 8, 16),
        ("paragraph: 2", "paragraph: two", "bad-value", 8, 16),
        ("about: Что можно", f"about: {'о' * 200}", "bad-value", 9, 12),
        ("title: О водах", f"title: {'о' * 201}", "bad-value", 1, 8),
        ("author: Автор", "writer: Автор", "unknown-key", 2, 1),
        ("outline:", "outline: :", "yaml-syntax", 5, 10),
        ("licence: Текст", "licence: [Текст", "yaml-syntax", 5, 8),
        ("    about: Что", "    sha256: 0\n    about: Что", "unknown-key", 9, 5),
    ],
)
def test_faults_of_a_translated_article_stand_where_they_are(
    load: Load, old: str, new: str, code: str, line: int, column: int
) -> None:
    """The same rules as for the original; nothing of it is called missing for one mistake but what is."""
    assert old in ARTICLE_RU
    loaded = load(BOTH | {"waters/ru/article.yaml": ARTICLE_RU.replace(old, new)})
    assert loaded.library is None
    errors = [place for place in told(loaded) if place[3] != "missing-translation"]
    assert errors == [("content/waters/ru/article.yaml", line, column, code)]
    assert len(loaded.readable.in_language("ru").themes) == 2


def test_a_correction_is_translated_with_its_digest(load: Load) -> None:
    """One that is missing is told, and one of nothing, which nobody would get."""
    corrected = RIVERS.replace("    text: no\n", "    text: no\n    correction: It said yes.\n")
    both = BOTH | {"waters/rivers.yaml": corrected}
    loaded = load(both)
    assert told(loaded) == [("content/waters/ru/rivers.yaml", 1, 8, "missing-translation")]
    assert "the correction of second-river" in loaded.findings[0].message
    found = library(load(both | {"waters/ru/rivers.yaml": f"{RU}    correction: Было «да».\n"}))
    read = found.in_language("ru").digest("second-river")
    assert read is not None
    assert read[1].correction == "Было «да»."
    alone = load(
        {**BOTH, "waters/rivers.yaml": RIVERS, "waters/ru/rivers.yaml": f"{RU}    correction: Да.\n"}
    )
    assert told(alone) == [("content/waters/ru/rivers.yaml", 13, 17, "stale-translation")]
    assert alone.findings[0].hint.startswith("remove it")


def test_languages_of_the_bot_that_are_missing_are_told_once_there_is_one(load: Load) -> None:
    """An article in one language is fine; once it is translated, Kazakh readers are not to be forgotten."""
    load()
    assert codes() == []
    load(BOTH)
    (found,) = check(Path("content"), dt.date(2026, 6, 1)).loaded.findings
    assert (found.code, found.severity) == ("missing-language", Severity.WARNING)
    assert (found.file, found.line, found.column) == ("content/waters/article.yaml", 6, 11)
    assert "kk/" in found.hint
    kazakh = {name.replace("/ru/", "/kk/"): text for name, text in BOTH.items()}
    load(BOTH | kazakh)
    assert codes() == []


def codes() -> list[str]:
    """What `check` finds."""
    return [found.code for found in check(Path("content"), dt.date(2026, 6, 1)).loaded.findings]


def test_a_theme_without_a_translation_is_told(load: Load) -> None:
    """A language has a folder, but not all themes are in it: one warning for each."""
    loaded = load(BOTH | {"waters/ru/lakes.yaml": None})
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
