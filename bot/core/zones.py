"""A reader's time zone from the time that their clock shows now."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

_CLOCK = re.compile(
    r"(?<![\d:.])(\d{1,2})\s*(?:[:.,-]|ч(?:ас(?:ов|а)?)?\.?|сағат|h)?\s*(\d{2})(?::\d{2})?(?![\d:]|\.\d)"
)
_HOUR = re.compile(r"(?<![\d:.])(\d{1,2})(?![\d:.])")
_MORNING = re.compile(r"(?<![^\W\d_])a\.?m\b|\bутра\b|\bтаңғы\b")
_AFTERNOON = re.compile(r"(?<![^\W\d_])p\.?m\b|\bдня\b|\bвечера\b|\bтүскі\b|\bкешкі\b|\bтүстен кейін\b")
_NIGHT = re.compile(r"\bночи\b|\bтүнгі\b")
_LATE = range(8, 12)
"""Hours of the night that belong to the evening: «11 ночи» is 23:00, «2 ночи» is 02:00."""
_HALF_DAY, _DAY = 12, 24
_TOLERANCE = 7
"""Minutes by which a clock may be wrong, or a message late: offsets differ by fifteen at least."""
_LISTED = """
    Asia/Almaty Asia/Tashkent Asia/Yekaterinburg Asia/Karachi
    Asia/Bishkek Asia/Omsk Asia/Dhaka Asia/Urumqi
    Europe/Moscow Europe/Istanbul Asia/Riyadh Africa/Nairobi
    Asia/Novosibirsk Asia/Bangkok Asia/Jakarta
    Asia/Shanghai Asia/Ulaanbaatar Asia/Irkutsk Asia/Singapore Australia/Perth
    Asia/Baku Asia/Dubai Asia/Tbilisi Europe/Samara
    Asia/Tokyo Asia/Seoul Asia/Yakutsk
    Europe/Berlin Europe/Paris Africa/Lagos Africa/Casablanca
    Europe/Kyiv Europe/Kaliningrad Africa/Cairo Asia/Jerusalem Africa/Johannesburg Europe/Chisinau Asia/Beirut
    Europe/London Atlantic/Reykjavik Africa/Abidjan
    Asia/Vladivostok Australia/Sydney Australia/Brisbane
    Asia/Magadan Pacific/Noumea Asia/Kamchatka Pacific/Auckland Pacific/Fiji
    Asia/Kolkata Asia/Kathmandu Asia/Tehran Asia/Kabul Asia/Yangon
    America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Mexico_City
    America/Bogota America/Caracas America/Halifax America/Santiago America/Sao_Paulo America/Argentina/Buenos_Aires
    America/St_Johns America/Anchorage Pacific/Honolulu America/Havana
    America/Nuuk America/Miquelon America/Noronha Atlantic/Azores Atlantic/Cape_Verde
    Australia/Adelaide Australia/Darwin Australia/Eucla Australia/Lord_Howe
    Pacific/Norfolk Pacific/Tongatapu Pacific/Apia Pacific/Kiritimati Pacific/Chatham
    Pacific/Pago_Pago America/Adak Pacific/Marquesas Pacific/Gambier Pacific/Pitcairn Pacific/Easter
    Africa/El_Aaiun Antarctica/Troll Asia/Gaza Etc/GMT+12
"""
_WELL_KNOWN = _LISTED.split()
"""Every distance from UTC with every kind of summer time, the zones of Kazakhstan and its neighbours first."""
_FIRST = {
    "en": "Europe/London America/New_York America/Chicago America/Los_Angeles Asia/Kolkata Australia/Sydney",
    "ru": "Europe/Moscow Asia/Yekaterinburg Asia/Novosibirsk Europe/Samara Asia/Irkutsk Europe/Kaliningrad",
    "kk": "Asia/Almaty Asia/Urumqi Asia/Ulaanbaatar Europe/Istanbul Asia/Omsk Asia/Novosibirsk",
}


def read_clock(text: str) -> dt.time | None:
    """The one time of day in a message: `14:05`, `1405`, `2:05 pm`, `сейчас 14.05`, `кешкі 9`, `14:05-те`.

    None if there is none, or if there are two. Hours alone need a word that says which half of the day.
    """
    folded = text[:100].casefold()
    found = _CLOCK.findall(folded)
    halves = [bool(half.search(folded)) for half in (_MORNING, _AFTERNOON, _NIGHT)]
    if not found and any(halves):
        found = [(hour, "0") for hour in _HOUR.findall(folded)]
    if len(found) != 1 or sum(halves) > 1:
        return None
    hour, minute = map(int, found[0])
    morning, afternoon, night = halves
    afternoon = afternoon or (night and hour in _LATE)
    morning = morning or (night and hour not in _LATE)
    if (morning and hour == _HALF_DAY) or (afternoon and hour < _HALF_DAY):
        hour = (hour + _HALF_DAY) % _DAY
    out_of_place = hour >= _DAY or minute >= 60 or (morning and hour > _HALF_DAY)  # noqa: PLR2004  a clock's limits
    return None if out_of_place else dt.time(hour, minute)


def zones_showing(wall: dt.time, now: dt.datetime, language: str = "en") -> tuple[str, ...]:
    """Well-known IANA zones whose clocks show `wall`, give or take seven minutes, at the aware moment `now`.

    Where it is the same time on two dates (+13:00 and -11:00) both are there. Zones that readers of the language are
    most likely in come first, then those of Kazakhstan and its neighbours: ten at most. Empty for a time that no clock
    shows.
    """
    zones = dict.fromkeys([*_FIRST.get(language, "").split(), *_WELL_KNOWN])
    return tuple(zone for zone in zones if _apart(wall, now.astimezone(ZoneInfo(zone))) <= _TOLERANCE)


def _apart(wall: dt.time, local: dt.datetime) -> int:
    """Minutes between two clocks without dates, the short way round the dial."""
    day = _DAY * 60
    minutes = (wall.hour * 60 + wall.minute - local.hour * 60 - local.minute) % day
    return min(minutes, day - minutes)
