"""Every sentence that a reader can read, in English. Telegram HTML; names put in are escaped by the caller."""

import datetime as dt

from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS
from bot.core.preferences import DAY_NAMES

COMMANDS: dict[str, str] = {
    "next": "The next digest you have not read",
    "themes": "All themes, with your progress",
    "subscribe": "A digest a day, at your own hour",
    "unsubscribe": "Stop the daily digest",
    "article": "About the article",
    "changes": "What was changed since you read it",
    "help": "What I can do",
    "start": "Start here",
}
"""The built-in commands and their descriptions in Telegram's menu, in its order."""

NEXT = "Next unread ▸"
START_READING = "Read the first digest"
SUBSCRIBE = "One a day"
START_OVER = "Start over"
SEE_THEMES = "All themes"
BACK = "‹ Back"
UNSUBSCRIBE = "Unsubscribe"
ALL_THEMES = "All themes"
NOTHING_CHANGED = (
    "Nothing has changed: all that you have read here still stands as you read it.\n\nOnce something is "
    "corrected, you will find it here."
)
READ_AGAIN = "Read it again"
GONE = "This digest is no longer here. Try /themes."
OLD_BUTTON = "This button is out of date. Try /help."
SOMETHING_WENT_WRONG = "Sorry, that did not work. Nothing is lost: please try again in a moment."
OLD_SETTING = (
    "There is no subscription here to change, or this button is out of date. /subscribe shows or starts one."
)
ONLY_ADMINS = "In a group only its administrators can change the subscription."
NOTHING_HERE = "There is nothing to read yet. Please come back soon."
STARTED_OVER = "Starting over: everything is unread again."
UNSUBSCRIBED = (
    "Done: no more daily digests. What you have read is remembered.\n\nYou can still read at any time with "
    "/next, and come back with /subscribe."
)
NOT_SUBSCRIBED = "There is no subscription here, so nothing to stop. /subscribe starts one."


def welcome(title: str, author: str, published: dt.date, digests: int) -> str:
    """The first message: what this is, in three lines."""
    return (
        f"👋 <b>{title}</b> by {author} ({day(published)}), in {count(digests, 'short digest')}. "
        "Each takes less than a minute, and you never get the same one twice.\n\n"
        "Read now with /next, choose from /themes, or let me send you one a day with /subscribe."
    )


def help_text(example: str) -> str:
    """The answer to /help; `example` is a theme's command without its slash."""
    lines = "\n".join(f"/{name} – {text[0].lower()}{text[1:]}" for name, text in COMMANDS.items())
    return (
        f"<b>What I can do</b>\n\n{lines}\n/{example} – one theme; /themes lists them all\n\n"
        "Subscribe in one line, in any order:\n"
        f"<code>/subscribe 07:30 Asia/Almaty weekdays {example}</code>"
    )


def footer(theme: str, read: int, total: int) -> str:
    """The last line of a digest: its command and the reader's progress."""
    return f"/{theme} · {read} of {total} read"


def coverage(themes: int, digests: int, covered: int, paragraphs: int, read: int) -> str:
    """What of the article is here, and how far the reader is."""
    return (
        f"{count(themes, 'theme')}, {count(digests, 'digest')}, resting on {covered} of its "
        f"{count(paragraphs, 'paragraph')}. "
        f"You have read {read} of {digests}."
    )


def count(number: int, noun: str) -> str:
    """`1 theme`, `2 themes`, `12,000 themes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def position(number: int, total: int, unread: int) -> str:
    """The toast on a digest's position: at most 200 characters."""
    left = "all read" if not unread else f"{unread} still unread"
    return f"Digest {number} of {total} in this theme, {left}."


def all_read(total: int) -> str:
    """The end: said once when everything has been read."""
    return (
        f"🎉 <b>You have read all there is: {count(total, 'digest')}.</b> Thank you for your time.\n\n"
        "New ones will come to you first. Until then you can start over or look something up in /themes."
    )


def unknown_command(command: str, near: str | None) -> str:
    """The answer to a command that does not exist; `near` is the nearest one that does."""
    hint = f"Did you mean /{near}?" if near else "/themes lists what there is to read."
    return f"I do not know /{command}. {hint}\n/help shows everything I can do."


PLAIN_TEXT = (
    "I answer to commands rather than words.\n\n/next – the next digest\n/themes – all themes\n"
    "/subscribe – one a day\n/help – everything I can do"
)


def not_understood(problems: tuple[str, ...], example: str) -> str:
    """The answer to /subscribe with words that were not understood, and a line that works."""
    return (
        f"I did not understand {', '.join(problems)}. Nothing was changed.\n\n"
        f"A line that works, in any order:\n<code>/subscribe 07:30 Asia/Almaty weekdays {example}</code>\n\n"
        "Days: daily, weekdays, weekends, or Mon,Wed,Fri. Zones: a city such as Almaty or Europe/London. "
        "Themes: see /themes, or all."
    )


def subscribed(settings: str, upcoming: str) -> str:
    """The subscription as it stands, and when the next digest comes."""
    return f"🔔 <b>One digest a day</b>\n\n{settings}\n\nNext digest: <b>{upcoming}</b>"


CHOOSE_TIME = "🕘 <b>At what time?</b> Choose the hour, then the minutes."
CHOOSE_DAYS = "📅 <b>On which days?</b>"
CHOOSE_THEMES = "📚 <b>Which themes?</b> None chosen means all."
CHOOSE_ZONE = (
    "🌍 <b>Which time zone?</b>\n\nYours is not here? Name any city:\n<code>/subscribe Europe/Lisbon</code>"
)


def incident(cause: str, detail: str, digest: str = "") -> str:
    """What the operator is told, once for each incident."""
    match cause:
        case "token":
            return "⛔ Telegram refuses the token. Nothing is sent any more: give the bot a valid one and restart it."
        case "strangers":
            return (
                "⛔ Telegram does not know more than 5 of the last 100 chats, as with another bot's token. Nothing is "
                "sent any more and no chat is blamed: check the token, then restart the bot."
            )
        case "content" if digest.startswith("broadcast "):
            return (
                f"⚠️ Telegram refused {digest} in three chats ({detail}). It is paused: go on, or cancel it."
            )
        case "content":
            return (
                f"⚠️ Telegram refused the digest “{digest}” in three chats ({detail}). It is not sent any more: "
                "mend its text; the new version is sent again."
            )
        case "store":
            return (
                f"⚠️ The database takes nothing ({detail}). Nothing is sent meanwhile and nothing is lost; sending "
                "goes on by itself as soon as the disk has room and the file can be written."
            )
    return f"⚠️ No answer from Telegram ({detail}). Sending pauses and goes on by itself; nothing is lost."


def expired(number: int, longest: dt.timedelta) -> str:
    """What the operator is told after an absence."""
    hours = f"{longest.total_seconds() / 3600:g} h"
    return (
        f"⌛ {count(number, 'digest')} came due while nothing could be sent, and would be more than {hours} late: "
        "not sent, the readers go on with their next one. “python -m bot outbox list --state expired” lists them."
    )


def corrected(title: str, correction: str) -> str:
    """The note to a reader who knows an earlier wording of a digest."""
    return f"✏️ <b>{title}</b>, which you have read, was corrected:\n\n{correction}"


def changes(items: list[tuple[str, str]], more: int) -> str:
    """The answer to /changes: titles with what was put right (may be empty), and how many there are besides."""
    blocks = [f"• <b>{title}</b>" + (f"\n{correction}" if correction else "") for title, correction in items]
    rest = [f"And {more:,} more: they move up as you read these again."] if more else []
    return "\n\n".join(("✏️ <b>Changed since you read it</b>", *blocks, *rest))


def day(date: dt.date) -> str:
    """A date as in `28 May 2024`."""
    return f"{date.day} {date:%B} {date.year}"


def days(mask: int) -> str:
    """Weekdays in words: `every day`, `weekdays`, `Mon, Wed, Fri`."""
    named = {EVERY_DAY: "every day", WEEKDAYS: "weekdays", WEEKENDS: "weekends"}
    chosen = (name for number, name in enumerate(DAY_NAMES) if mask >> number & 1)
    return named.get(mask) or ", ".join(chosen)


def city(zone: str) -> str:
    """A zone as its city: `Asia/Almaty` is `Almaty`; the POSIX signs of Etc/GMT are turned round."""
    name = zone.rsplit("/", 1)[-1].replace("_", " ")
    if zone.startswith("Etc/GMT") and name != "GMT":
        return "UTC" + name.removeprefix("GMT").translate(str.maketrans("+-", "-+"))
    return name


def moment(at: dt.datetime, now: dt.datetime) -> str:
    """A local moment as in `tomorrow, Tuesday 24 November, 07:30`; both in the reader's zone."""
    distance = (at.date() - now.date()).days
    near = {0: "today, ", 1: "tomorrow, "}.get(distance, "")
    return f"{near}{at:%A} {at.day} {at:%B}, {at:%H:%M}"
