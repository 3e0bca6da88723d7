"""What a button sets: its value read and put into the preferences."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from bot.core.library import Library
from bot.core.model import EVERY_DAY, Preferences
from bot.core.screens import article_key

_LONGEST_PAUSE = dt.timedelta(366)


def changed(
    wanted: Preferences, what: str, value: str, library: Library, today: dt.date
) -> Preferences | None:
    """The preferences after a press; None: no button of ours carries that value, or not any more.

    `t` time, `d` days, `c` themes, `a` articles, `z` zone, `q` silent, `p` pause; `today` is the reader's date.
    A seal says that a button was ours once; still every value is checked as if a stranger had typed it.
    """
    readers: dict[str, Callable[[], Preferences]] = {
        "t": lambda: replace(wanted, time=dt.datetime.strptime(value, "%H%M").time()),  # noqa: DTZ007
        "d": lambda: replace(wanted, days=_days(value)),
        "c": lambda: replace(wanted, themes=_toggled(wanted.themes, value, _themes(library))),
        "a": lambda: replace(wanted, articles=_toggled(wanted.articles, value, _articles(library))),
        "z": lambda: replace(wanted, zone=ZoneInfo(value).key),
        "q": lambda: replace(wanted, silent={"0": False, "1": True}[value]),
        "p": lambda: replace(wanted, resume=_resume(value, today)),
    }
    try:
        return readers[what]()
    except (ValueError, KeyError, OSError):  # not a time, a number, a theme, a zone, a day
        return None


def _days(value: str) -> int:
    days = int(value)
    if not 0 < days <= EVERY_DAY:
        raise ValueError("no set of weekdays")
    return days


def _themes(library: Library) -> dict[str, str]:
    return {theme.name: theme.name for theme in library.themes}


def _articles(library: Library) -> dict[str, str]:
    return {article_key(article.id): article.id for article in library.articles}


def _toggled(chosen: tuple[str, ...], value: str, known: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted({known[value]}.symmetric_difference(chosen))) if value else ()


def _resume(value: str, today: dt.date) -> dt.date | None:
    if not value:
        return None
    until = dt.datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007  a reader's date
    if not today < until <= today + _LONGEST_PAUSE:
        raise ValueError("not a day of the next twelve months")
    return until
