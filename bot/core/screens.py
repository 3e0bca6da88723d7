"""The subscription as a message that edits itself: an overview, and a screen each for time, days, themes, zone."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.core import texts
from bot.core.language import Language
from bot.core.markdown import escape
from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Button, Message, Preferences, Subscription, Theme
from bot.core.schedule import zone_of

ZONES = (
    "Asia/Almaty", "Asia/Tashkent", "Europe/Moscow", "Europe/Istanbul", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Shanghai", "Asia/Tokyo", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
)  # fmt: skip
"""Zones offered as buttons; any other can be named in the /subscribe line."""


def overview(say: Language, subscription: Subscription, themes: Sequence[Theme], now: dt.datetime) -> Message:
    """The subscription as it stands; `now` is aware and is shown in the reader's own zone."""
    wanted = subscription.preferences
    chosen = [theme for theme in themes if theme.name in wanted.themes]
    names = ", ".join(f"/{theme.name}" for theme in chosen) or say(texts.ALL_THEMES)
    settings = (
        f"🕘 {wanted.time:%H:%M}, {say.days(wanted.days)}\n"
        f"🌍 {escape(texts.city(wanted.zone))} ({escape(wanted.zone)})\n📚 {names}"
    )
    buttons = (
        (Button(say("🕘 Time"), "s:time"), Button(say("📅 Days"), "s:days")),
        (Button(say("📚 Themes"), "s:themes"), Button(say("🌍 Time zone"), "s:zone")),
        (Button(say(texts.UNSUBSCRIBE), "s:off"),),
    )
    return Message(texts.subscribed(say, settings, upcoming(say, subscription, now)), buttons)


def upcoming(say: Language, subscription: Subscription, now: dt.datetime) -> str:
    """When the next digest comes, in the reader's own time."""
    zone = zone_of(subscription.preferences.zone)
    if subscription.next_slot is None:
        return say("paused")
    return texts.moment(say, subscription.next_slot.astimezone(zone), now.astimezone(zone))


def choose_time(say: Language, wanted: Preferences) -> Message:
    """All hours, and the quarters of the chosen hour."""
    hours = [
        _choice(f"{hour:02}", wanted.time.hour == hour, f"s:t:{hour:02}{wanted.time.minute:02}")
        for hour in range(24)
    ]
    quarters = [
        _choice(
            f"{wanted.time.hour:02}:{minute:02}",
            wanted.time.minute == minute,
            f"s:t:{wanted.time.hour:02}{minute:02}",
        )
        for minute in (0, 15, 30, 45)
    ]
    return _screen(say, texts.CHOOSE_TIME, [*_rows(hours, 6), tuple(quarters)])


def choose_days(say: Language, wanted: Preferences) -> Message:
    """Three sets and the seven weekdays; a press on a weekday adds it or takes it away, but never the last."""
    sets = [
        _choice(_capital(say.days(mask)), wanted.days == mask, f"s:d:{mask}")
        for mask in (EVERY_DAY, WEEKDAYS, WEEKENDS)
    ]
    single = [
        _choice(name, bool(wanted.days >> number & 1), f"s:d:{wanted.days ^ 1 << number or wanted.days}")
        for number, name in enumerate(say.day_names())
    ]
    return _screen(say, texts.CHOOSE_DAYS, [tuple(sets), *_rows(single, 4)])


def choose_themes(say: Language, wanted: Preferences, themes: Sequence[Theme]) -> Message:
    """Every theme as a button that adds it or takes it away, and one for all of them."""
    everything = _choice(say(texts.ALL_THEMES), not wanted.themes, "s:c:")
    each = [
        _choice(f"{theme.emoji} {theme.title}", theme.name in wanted.themes, f"s:c:{theme.name}")
        for theme in themes
    ]
    return _screen(say, texts.CHOOSE_THEMES, [(everything,), *((button,) for button in each)])


def choose_zone(say: Language, wanted: Preferences, now: dt.datetime) -> Message:
    """Well-known zones with the time that their clocks show now."""
    zones = [
        _choice(
            f"{texts.city(zone)} {now.astimezone(ZoneInfo(zone)):%H:%M}", zone == wanted.zone, f"s:z:{zone}"
        )
        for zone in ZONES
    ]
    return _screen(say, texts.CHOOSE_ZONE, _rows(zones, 2))


def _choice(label: str, chosen: bool, data: str) -> Button:  # noqa: FBT001  a mark, not a mode
    return Button(f"✓ {label}" if chosen else label, data)


def _rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    return [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def _screen(say: Language, text: str, rows: Sequence[tuple[Button, ...]]) -> Message:
    return Message(say(text), (*rows, (Button(say(texts.BACK), "s"),)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
