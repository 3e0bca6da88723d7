"""The catalogues: one for each interface language but English, which stands in the code."""

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from bot.core.language import NAMES, Language

FOLDER = Path(__file__).parent


def load_languages() -> Mapping[str, Language]:
    """All interface languages by their codes."""
    return {code: Language(code, _catalogue(code)) for code in NAMES}


def _catalogue(code: str) -> NullTranslations:
    path = FOLDER / code / "LC_MESSAGES" / "bot.mo"
    if code == "en":
        return NullTranslations()
    with path.open("rb") as file:
        return GNUTranslations(file)
