"""The subscription as a message that edits itself: an overview, and a screen each for time, days, themes, zone."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.core import texts
from bot.core.markdown import escape
from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Button, Message, Preferences, Subscription, Theme
from bot.core.preferences import DAY_NAMES
from bot.core.schedule import zone_of

ZONES = (
    "Asia/Almaty", "Asia/Tashkent", "Europe/Moscow", "Europe/Istanbul", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Shanghai", "Asia/Tokyo", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
)  # fmt: skip
"""Zones offered as buttons; any other can be named in the /subscribe line."""


def overview(subscription: Subscription, themes: Sequence[Theme], now: dt.datetime) -> Message:
    """The subscription as it stands; `now` is aware and is shown in the reader's own zone."""
    wanted = subscription.preferences
    chosen = [theme for theme in themes if theme.name in wanted.themes]
    names = ", ".join(f"/{theme.name}" for theme in chosen) or texts.ALL_THEMES
    settings = (
        f"🕘 {wanted.time:%H:%M}, {texts.days(wanted.days)}\n"
        f"🌍 {escape(texts.city(wanted.zone))} ({escape(wanted.zone)})\n📚 {names}"
    )
    buttons = (
        (Button("🕘 Time", "s:time"), Button("📅 Days", "s:days")),
        (Button("📚 Themes", "s:themes"), Button("🌍 Time zone", "s:zone")),
        (Button(texts.UNSUBSCRIBE, "s:off"),),
    )
    return Message(texts.subscribed(settings, upcoming(subscription, now)), buttons)


def upcoming(subscription: Subscription, now: dt.datetime) -> str:
    """When the next digest comes, in the reader's own time."""
    zone = zone_of(subscription.preferences.zone)
    if subscription.next_slot is None:
        return "paused"
    return texts.moment(subscription.next_slot.astimezone(zone), now.astimezone(zone))


def choose_time(wanted: Preferences) -> Message:
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
    return _screen(texts.CHOOSE_TIME, [*_rows(hours, 6), tuple(quarters)])


def choose_days(wanted: Preferences) -> Message:
    """Three sets and the seven weekdays; a press on a weekday adds it or takes it away, but never the last."""
    sets = [
        _choice(texts.days(mask).capitalize(), wanted.days == mask, f"s:d:{mask}")
        for mask in (EVERY_DAY, WEEKDAYS, WEEKENDS)
    ]
    single = [
        _choice(name, bool(wanted.days >> number & 1), f"s:d:{wanted.days ^ 1 << number or wanted.days}")
        for number, name in enumerate(DAY_NAMES)
    ]
    return _screen(texts.CHOOSE_DAYS, [tuple(sets), *_rows(single, 4)])


def choose_themes(wanted: Preferences, themes: Sequence[Theme]) -> Message:
    """Every theme as a button that adds it or takes it away, and one for all of them."""
    everything = _choice(texts.ALL_THEMES, not wanted.themes, "s:c:")
    each = [
        _choice(f"{theme.emoji} {theme.title}", theme.name in wanted.themes, f"s:c:{theme.name}")
        for theme in themes
    ]
    return _screen(texts.CHOOSE_THEMES, [(everything,), *((button,) for button in each)])


def choose_zone(wanted: Preferences, now: dt.datetime) -> Message:
    """Well-known zones with the time that their clocks show now."""
    zones = [
        _choice(
            f"{texts.city(zone)} {now.astimezone(ZoneInfo(zone)):%H:%M}", zone == wanted.zone, f"s:z:{zone}"
        )
        for zone in ZONES
    ]
    return _screen(texts.CHOOSE_ZONE, _rows(zones, 2))


def _choice(label: str, chosen: bool, data: str) -> Button:  # noqa: FBT001  a mark, not a mode
    return Button(f"✓ {label}" if chosen else label, data)


def _rows(buttons: Sequence[Button], width: int) -> list[tuple[Button, ...]]:
    return [tuple(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def _screen(text: str, rows: Sequence[tuple[Button, ...]]) -> Message:
    return Message(text, (*rows, (Button(texts.BACK, "s"),)))
