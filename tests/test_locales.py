"""The catalogues: complete, in step with the code, and fit to be filled in."""

import string
from collections.abc import Iterator
from gettext import GNUTranslations

import pytest
from babel.messages import Message
from babel.messages.pofile import read_po

from bot.core.language import NAMES
from bot.locales import FOLDER, load_languages
from docs.catalogues import LANGUAGES, template, updated


def sentences(language: str) -> Iterator[Message]:
    """All that the catalogue says."""
    with (FOLDER / language / "LC_MESSAGES" / "bot.po").open("rb") as file:
        yield from (message for message in read_po(file, locale=language) if message.id)


def forms(message: Message) -> tuple[str, ...]:
    """The sentence, or its plural forms."""
    return message.string if isinstance(message.string, tuple) else (str(message.string),)


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
            said = {compiled.ngettext(*message.id, number) for number in range(100)}
            assert said == set(forms(message))
        else:
            assert compiled.gettext(message.id) == message.string


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_same_places_and_commands(language: str) -> None:
    """No `{name}` is missing or made up, no /command, no tag."""
    for message in sentences(language):
        originals = message.id if isinstance(message.id, tuple) else (str(message.id),)
        wanted = places(originals[-1])
        for text in forms(message):
            assert places(text) <= wanted, text
            assert wanted - {"number"} <= places(text), text
            assert text.count("<") == originals[-1].count("<"), text
            assert text.count("\n") == originals[-1].count("\n"), text
