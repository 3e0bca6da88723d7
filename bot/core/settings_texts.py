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
NOT_UNDERSTOOD = N_(
    "I did not understand {problems}. Nothing was changed.\n\n"
    "A line that works, in any order:\n<code>/subscribe 07:30 Asia/Almaty weekdays {example}</code>\n\n"
    "Days: daily, weekdays, weekends, or Mon,Wed,Fri. Zones: a city such as Almaty or Europe/London. "
    "Themes: see /themes, or all."
)
SUBSCRIBED = N_("🔔 <b>One digest a day</b>\n\n{settings}\n\nNext digest: <b>{upcoming}</b>")
NO_SUBSCRIPTION = N_(
    "🔔 <b>No daily digest here yet</b>\n\n🗣 {language}\n📖 {read} of {total} read\n\n"
    "Subscribe, and one comes: {offer}. You can change that at any time."
)
AT_PLACE = N_("🌍 {place} ({zone}), {clock} there now")
CHOOSE_ZONE = N_("🌍 <b>Which time zone?</b>\n\nChosen: {present}\n\n{hint}")
ZONE_SET = N_("🌍 <b>{place}</b> ({zone}): it is {clock} there now. Next digest: <b>{upcoming}</b>")
LOCATED = N_("{told}\n\nWhere you are was not kept.")
ZONE_WITHOUT_SUBSCRIPTION = N_(
    "🌍 <b>{place}</b> ({zone}): it is {clock} there now. For a digest a day at your own hour:\n"
    "<code>/subscribe 07:30 {zone}</code>"
)
WHICH_PLACE = N_("🌍 <b>{typed}</b>: which of these? Each with its time now.")
CHOICE_SUBSCRIBES = N_("Choosing one also starts a digest a day.")
NO_SUCH_PLACE = N_(
    "I know no city “{typed}”, nor is that a time of day. Try a larger city nearby, or the time on your clock "
    "now, as in <code>14:05</code>."
)
NO_CLOCK_SHOWS = N_("“{typed}”: no clock shows that now. Write the time that yours shows, or a city.")
CHOOSE_PAUSE = N_("⏸ <b>Pause until when?</b> {now}\n\nUntil another day: <code>/settings {example}</code>")
PAUSED_NOW = N_("Paused until {day}.")
NOT_PAUSED = N_("Nothing comes before that day.")
WRONG_PAUSE = N_(
    "I can pause until a day of the next twelve months, as in <code>/settings {example}</code>. Nothing was "
    "changed."
)
PAUSED_UNTIL = N_("⏸ Paused until {day}")


def moment(say: Language, at: dt.datetime, now: dt.datetime) -> str:
    """A local moment as in `tomorrow, Tuesday, 24 November, 07:30`; both in the reader's zone.

    Telegram shows it by each reader's own clock (Bot API 9.5: weekday, long date, short time); where it cannot, the
    text stands.
    """
    near = {0: say("today"), 1: say("tomorrow")}.get((at.date() - now.date()).days)
    text = ", ".join(filter(None, (near, say.weekday(at.date()), f"{at:%H:%M}")))
    return f'<tg-time unix="{int(at.timestamp())}" format="wDt">{text}</tg-time>'
