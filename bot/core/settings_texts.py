"""What readers are told about their subscription, its settings and their time zone; as in `texts`."""

import datetime as dt

from bot.core.language import N_, Language

ALL_ARTICLES = N_("All articles")
SUBSCRIBE_HERE = N_("🔔 Subscribe")
UNSUBSCRIBE = N_("Unsubscribe")
ALL_THEMES = N_("All themes")
SETTINGS = N_("⚙️ Settings")
BACK = N_("‹ Back")
CANCEL = N_("Cancel")
TIME = N_("🕘 Time")
DAYS = N_("📅 Days")
THEMES = N_("📚 Themes")
ARTICLES = N_("📰 Articles")
ZONE = N_("🌍 Time zone")
LANGUAGE = N_("🗣 Language")
MUTE = N_("🔕 Without a sound")
UNMUTE = N_("🔔 With a sound")
PAUSE = N_("⏸ Pause")
RESUME = N_("▶ Go on now")
START_OVER = N_("↺ Start over")
YES_START_OVER = N_("Yes, all unread again")
TOMORROW = N_("Until tomorrow")
IN_A_WEEK = N_("For a week")
IN_A_MONTH = N_("For a month")
SEND_LOCATION = N_("📍 Send my location")

OLD_SETTING = N_("There is no subscription here to change. /subscribe starts one.")
OUT_OF_DATE = N_("That was out of date: this is how it stands.")
NOT_YOURS = N_("Only administrators of that chat can change this.")
STARTED_OVER = N_("Starting over: everything is unread again.")
UNSUBSCRIBED = N_(
    "Done: no more daily digests. What you have read is remembered.\n\nYou can still read at any time with "
    "/next, and come back with /subscribe."
)
NOT_SUBSCRIBED = N_("There is no subscription here, so nothing to stop. /subscribe starts one.")
CHOOSE_TIME = N_("🕘 <b>At what time?</b> Choose the hour, then the minutes.")
CHOOSE_DAYS = N_("📅 <b>On which days?</b>")
CHOOSE_THEMES = N_("📚 <b>Which themes?</b> None chosen means all.")
CHOOSE_ARTICLES = N_("📰 <b>Which articles?</b> Follow all of them, one, or those you choose.")
CHOOSE_LANGUAGE = N_("🗣 <b>Which language?</b>")
WRITE_ZONE = N_(
    "Yours is not here? Write me your city, in English, Russian or Kazakh, or the time on your clock now, as in "
    "<code>14:05</code>. Or send your location: I do not keep it."
)
REPLY_ZONE = N_(
    "Yours is not here? Reply to this message with a city, in English, Russian or Kazakh, or with the time on your "
    "clock now, as in <code>14:05</code>."
)
SHARE_LOCATION = N_("Press the button below: I look up the time zone there and keep nothing else.")
LOCATION_LEFT = N_("All right, no location. /settings shows how things stand.")
NO_ZONE_THERE = N_("I know no time zone for that place. Write me the nearest city instead.")
CONFIRM_START_OVER = N_(
    "↺ <b>Start over?</b> All that was read here becomes unread, and digests begin again with the first one. "
    "The subscription stays as it is."
)
CONFIRM_UNSUBSCRIBE = N_(
    "<b>Stop the daily digest?</b> What you have read is remembered, and you can come back at any time.\n\n"
    "Or take a break:"
)


def not_understood(say: Language, problems: tuple[str, ...], example: str) -> str:
    """The answer to /subscribe with words that were not understood, and a line that works."""
    return say(
        "I did not understand {problems}. Nothing was changed.\n\n"
        "A line that works, in any order:\n<code>/subscribe 07:30 Asia/Almaty weekdays {example}</code>\n\n"
        "Days: daily, weekdays, weekends, or Mon,Wed,Fri. Zones: a city such as Almaty or Europe/London. "
        "Themes: see /themes, or all.",
        problems=", ".join(problems),
        example=example,
    )


def subscribed(say: Language, settings: str, upcoming: str) -> str:
    """The subscription as it stands, and when the next digest comes."""
    return say(
        "🔔 <b>One digest a day</b>\n\n{settings}\n\nNext digest: <b>{upcoming}</b>",
        settings=settings,
        upcoming=upcoming,
    )


def not_subscribed(say: Language, language: str, read: int, total: int, offer: str) -> str:
    """The settings of a chat that has no subscription; `offer` is what one would begin as."""
    return say(
        "🔔 <b>No daily digest here yet</b>\n\n🗣 {language}\n📖 {read} of {total} read\n\n"
        "Subscribe, and one comes: {offer}. You can change that at any time.",
        language=language,
        read=say.number(read),
        total=say.number(total),
        offer=offer,
    )


def at_place(say: Language, place: str, zone: str, clock: str) -> str:
    """A zone by its city, with the time there now."""
    return say("🌍 {place} ({zone}), {clock} there now", place=place, zone=zone, clock=clock)


def choose_zone(say: Language, present: str, hint: str) -> str:
    """The question for a zone; `present` is the one that is set."""
    return say("🌍 <b>Which time zone?</b>\n\nChosen: {present}\n\n{hint}", present=present, hint=hint)


def zone_set(say: Language, place: str, zone: str, clock: str, upcoming: str) -> str:
    """The zone that is set from now on."""
    return say(
        "🌍 <b>{place}</b> ({zone}): it is {clock} there now. Next digest: <b>{upcoming}</b>",
        place=place,
        zone=zone,
        clock=clock,
        upcoming=upcoming,
    )


def located(say: Language, told: str) -> str:
    """The zone of a shared location; `told` says it."""
    return say("{told}\n\nWhere you are was not kept.", told=told)


def zone_without_subscription(say: Language, place: str, zone: str, clock: str) -> str:
    """The zone of a reader who has no subscription."""
    return say(
        "🌍 <b>{place}</b> ({zone}): it is {clock} there now. For a digest a day at your own hour:\n"
        "<code>/subscribe 07:30 {zone}</code>",
        place=place,
        zone=zone,
        clock=clock,
    )


def which_place(say: Language, typed: str, *, subscribed: bool) -> str:
    """The question which of several places was meant; without a subscription a choice begins one."""
    question = say("🌍 <b>{typed}</b>: which of these? Each with its time now.", typed=typed)
    return question if subscribed else question + "\n\n" + say("Choosing one also starts a digest a day.")


def no_such_place(say: Language, typed: str) -> str:
    """Neither a city nor a time of day."""
    return say(
        "I know no city “{typed}”, nor is that a time of day. Try a larger city nearby, or the time on your clock "
        "now, as in <code>14:05</code>.",
        typed=typed,
    )


def no_clock_shows(say: Language, typed: str) -> str:
    """A time of day that it is nowhere now."""
    return say("“{typed}”: no clock shows that now. Write the time that yours shows, or a city.", typed=typed)


def choose_pause(say: Language, until: str, example: dt.date) -> str:
    """The question how long to pause; `until` is "" where nothing is paused."""
    now = say("Paused until {day}.", day=until) if until else say("Nothing comes before that day.")
    return say(
        "⏸ <b>Pause until when?</b> {now}\n\nUntil another day: <code>/settings {example}</code>",
        now=now,
        example=example.isoformat(),
    )


def wrong_pause(say: Language, example: dt.date) -> str:
    """A day to pause until that lies in the past, or too far off."""
    return say(
        "I can pause until a day of the next twelve months, as in <code>/settings {example}</code>. Nothing was "
        "changed.",
        example=example.isoformat(),
    )


def paused_until(say: Language, date: dt.date) -> str:
    """In the overview: since when digests come again."""
    return say("⏸ Paused until {day}", day=say.day(date))


def city(zone: str) -> str:
    """A zone as its city: `Asia/Almaty` is `Almaty`; the POSIX signs of Etc/GMT are turned round."""
    name = zone.rsplit("/", 1)[-1].replace("_", " ")
    if zone.startswith("Etc/GMT") and name != "GMT":
        return "UTC" + name.removeprefix("GMT").translate(str.maketrans("+-", "-+"))
    return name


def moment(say: Language, at: dt.datetime, now: dt.datetime) -> str:
    """A local moment as in `tomorrow, Tuesday, 24 November, 07:30`; both in the reader's zone.

    Telegram shows it by each reader's own clock (Bot API 9.5: weekday, long date, short time); where it cannot, the
    text stands.
    """
    near = {0: say("today"), 1: say("tomorrow")}.get((at.date() - now.date()).days)
    text = ", ".join(filter(None, (near, say.weekday(at.date()), f"{at:%H:%M}")))
    return f'<tg-time unix="{int(at.timestamp())}" format="wDt">{text}</tg-time>'
