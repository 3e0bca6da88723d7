"""An interface language: sentences from its catalogue, plurals, dates and numbers as its readers write them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS

NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша"}
"""The interface languages by their codes, each in its own words."""
_LOCALES = {"en": "en_GB"}
"""28 May 2024 and a clock of 24 hours, as the bot has always had it."""
_WEEK = 7


def N_(text: str) -> str:  # noqa: N802  the name that gettext tools look for
    """Mark a sentence for translation where it is written; it is translated where it is said."""
    return text


@dataclass(frozen=True, slots=True)
class Language:
    """One language; calling it says a sentence. What its catalogue does not have is said in English.

    `code` is one of NAMES. Values put into a sentence are escaped by the caller.
    """

    code: str = "en"
    catalogue: NullTranslations = field(default_factory=NullTranslations, repr=False, compare=False)
    locale: Locale = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "locale", Locale.parse(_LOCALES.get(self.code, self.code)))

    def __call__(self, text: str, **values: Any) -> str:
        """A sentence, with values in its `{places}`."""
        said = self.catalogue.gettext(text)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, **values: Any) -> str:
        """A sentence about a number, in the plural form that it asks for; `{number}` is its place."""
        said = self.catalogue.ngettext(one, many, number)
        return said.format(number=self.number(number), **values)

    def number(self, number: int) -> str:
        """A whole number with its thousands set apart."""
        return format_decimal(number, locale=self.locale)

    def day(self, date: dt.date) -> str:
        """A date in full, as in `28 May 2024`."""
        return format_date(date, "long", self.locale)

    def weekday(self, date: dt.date) -> str:
        """A near date with its weekday, as in `Tuesday 24 November`."""
        return (
            f"{format_date(date, 'EEEE', self.locale)}, {format_skeleton('MMMMd', date, locale=self.locale)}"
        )

    def day_names(self) -> tuple[str, ...]:
        """The weekdays in short, Monday first."""
        names = self.locale.days["stand-alone"]["abbreviated"]
        return tuple(names[number] for number in range(_WEEK))

    def days(self, mask: int) -> str:
        """Weekdays in words: `every day`, `weekdays`, `Mon, Wed, Fri`."""
        named = {EVERY_DAY: N_("every day"), WEEKDAYS: N_("weekdays"), WEEKENDS: N_("weekends")}
        if mask in named:
            return self(named[mask])
        return ", ".join(name for number, name in enumerate(self.day_names()) if mask >> number & 1)


ENGLISH = Language()


def nearest(wanted: Iterable[str | None], default: str = "en") -> str:
    """The first of these language tags (IETF, as Telegram gives them) that is spoken here, else the default."""
    codes = ((tag or "").replace("_", "-").partition("-")[0].casefold() for tag in wanted)
    return next((code for code in codes if code in NAMES), default)
