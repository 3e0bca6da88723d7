"""The catalogues: complete, in step with the code, and fit to be filled in."""

import ast
import importlib
import string
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.pofile import read_po

import bot
from bot.core.language import NAMES
from bot.locales import FOLDER, load_languages
from docs.catalogues import LANGUAGES, template, updated

BOT = Path(bot.__file__).parent
SPEAKING = {"core", "services", "telegram"}


def sentences(language: str) -> Iterator[Message]:
    """All that the catalogue says."""
    with (FOLDER / language / "LC_MESSAGES" / "bot.po").open("rb") as file:
        yield from (message for message in read_po(file, locale=language) if message.id)


def forms(message: Message) -> tuple[str, ...]:
    """The sentence, or its plural forms."""
    return tuple(map(str, message.string)) if isinstance(message.string, tuple) else (str(message.string),)


def places(text: str) -> set[str]:
    """What is filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_interface_language_has_a_catalogue() -> None:
    """English stands in the code."""
    assert set(NAMES) == {"en", *LANGUAGES} == set(load_languages())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language: str) -> None:
    """Every sentence that the code marks, in every plural form."""
    missing = [message.id for message in updated(language) if message.id and not all(forms(message))]

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_in_step_with_the_code(language: str) -> None:
    """No sentence more, none less: `python docs/catalogues.py` brings it up to date."""
    marked = {message.id for message in template() if message.id}

    assert {message.id for message in sentences(language)} == marked


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    """The bot reads the .mo file, translators write the .po file."""
    with (FOLDER / language / "LC_MESSAGES" / "bot.mo").open("rb") as file:
        compiled = GNUTranslations(file)

    for message in sentences(language):
        if isinstance(message.id, tuple):
            one, many = message.id
            assert {compiled.ngettext(one, many, number) for number in range(100)} == set(forms(message))
        else:
            assert compiled.gettext(str(message.id)) == message.string


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places_and_commands(language: str) -> None:
    """No `{name}` is missing or made up, no /command, no tag."""
    for message in sentences(language):
        originals = tuple(map(str, message.id)) if isinstance(message.id, tuple) else (str(message.id),)
        wanted = places(originals[-1])
        for text in forms(message):
            assert places(text) <= wanted, text
            assert wanted - {"number"} <= places(text), text
            assert text.count("<") == originals[-1].count("<"), text
            assert text.count("\n") == originals[-1].count("\n"), text


def said(path: Path) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each `say(texts.NAME, …)` of a module: where, the places of the sentence, and what is given for them."""
    module = importlib.import_module(".".join(path.relative_to(BOT.parent).with_suffix("").parts))
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(
                func=ast.Name("say") | ast.Attribute(attr="say"),
                args=[ast.Attribute(value=ast.Name(texts), attr=name)],
                keywords=given,
            ) if name.isupper() and all(each.arg for each in given):
                sentence = getattr(getattr(module, texts), name)
                yield f"{path.name}:{node.lineno}", places(sentence), {each.arg or "" for each in given}


def test_what_is_said_of_a_sentence_fills_all_its_places() -> None:
    """No more and no less: a missing one would show when a reader asks."""
    found = [each for path in BOT.rglob("*.py") if path.parent.name in SPEAKING for each in said(path)]

    assert len(found) > 50
    assert [where for where, wanted, given in found if wanted != given] == []
