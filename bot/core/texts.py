"""Every sentence that a reader can read. Telegram HTML; names put in are escaped by the caller.

Constants are marked here and translated where they are said: `say(texts.GONE)`. The rest are functions of a language.
"""

import datetime as dt

from bot.core.language import N_, Language

COMMANDS: dict[str, str] = {
    "next": N_("The next digest you have not read"),
    "themes": N_("All themes, with your progress"),
    "search": N_("Find a digest by its words"),
    "article": N_("About the article"),
    "subscribe": N_("A digest a day, at your own hour"),
    "settings": N_("Time, days, themes, language"),
    "language": N_("Choose the language"),
    "unsubscribe": N_("Stop the daily digest"),
    "channels": N_("Send digests to your channel"),
    "changes": N_("What was changed since you read it"),
    "privacy": N_("What I keep about you, and what not"),
    "mydata": N_("All that I keep about you, as a file"),
    "forgetme": N_("Erase all that I keep about you"),
    "help": N_("What I can do"),
    "start": N_("Start here"),
}
"""The built-in commands and their descriptions in Telegram's menu, in its order."""
GROUPS: dict[str, tuple[str, ...]] = {
    N_("📖 Read"): ("next", "themes", "search", "article", "changes"),
    N_("🔔 Subscribe"): ("subscribe", "settings", "unsubscribe", "channels"),
    N_("👤 You"): ("language", "privacy", "mydata", "forgetme"),
}
"""The built-in commands as /help tells them; /help itself and /start need no telling there."""
MEMBERS = ("next", "themes", "search", "article", "changes", "help")
"""The built-in commands that everybody in a group may use."""
ADMINISTRATORS = (*MEMBERS, "subscribe", "settings", "language", "unsubscribe")
"""Those that its administrators may use."""
OPERATORS: dict[str, str] = {
    "stats": N_("Figures of all readers together"),
    "broadcast": N_("Send a message to all readers"),
    "outbox": N_("What is due, sent and in doubt"),
}
"""What those who run the bot see in their menus besides."""

NEXT = N_("Next unread ▸")
START_READING = N_("Read the first digest")
SUBSCRIBE = N_("One a day")
START_OVER = N_("Start over")
SEE_THEMES = N_("All themes")
BACK = N_("‹ Back")
THEMES = N_("Themes")
ARTICLES = N_("‹ Articles")
READ = N_("Read ▸")
READ_AGAIN = N_("Read it again")
READ_ARTICLE = N_("Read the article")
NEW = N_("New digest")
NOTHING_CHANGED = N_(
    "Nothing has changed: all that you have read here still stands as you read it.\n\nOnce something is "
    "corrected, you will find it here."
)
GONE = N_("This digest is no longer here. Try /themes.")
OLD_BUTTON = N_("This button is out of date. Try /help.")
SOMETHING_WENT_WRONG = N_("Sorry, that did not work. Nothing is lost: please try again in a moment.")
TOO_FAST = N_("That was quick! Give me a few seconds, then go on.")
ONLY_ADMINS = N_("In a group only its administrators can change the subscription.")
NOTHING_HERE = N_("There is nothing to read yet. Please come back soon.")
WAIT = N_("Wait, and new ones will come to you by themselves. Or start over: then all are unread again.")
SUBSCRIBE_OR_START_OVER = N_(
    "Subscribe, and new ones will come to you by themselves. Or start over: all are unread again."
)
FOLLOWED_READ = N_(
    "🎉 <b>You have read all that you follow.</b> New ones will come to you by themselves.\n\n"
    "Of everything here it is {progress}: /next goes on with the others, /settings adds themes."
)
"""The end of the themes or articles that a subscriber follows, while others are unread."""
PLAIN_TEXT = N_(
    "I answer to commands rather than words.\n\n/next – the next digest\n/themes – all themes\n"
    "/subscribe – one a day\n/help – everything I can do"
)


def short_digests(say: Language, number: int) -> str:
    """How many there are, and that they are short."""
    return say.count("{number} short digest", "{number} short digests", number)


def digests(say: Language, number: int) -> str:
    """How many there are."""
    return say.count("{number} digest", "{number} digests", number)


def welcome(say: Language, title: str, author: str, published: dt.date, number: int) -> str:
    """The first message: what this is, in three lines."""
    return say(
        "👋 <b>{title}</b> by {author} ({day}), in {digests}. "
        "Each takes less than a minute, and you never get the same one twice.\n\n"
        "Read now with /next, choose from /themes, or let me send you one a day with /subscribe.",
        title=title,
        author=author,
        day=say.day(published),
        digests=short_digests(say, number),
    )


def help_text(say: Language, example: str) -> str:
    """The answer to /help; `example` is a theme's command without its slash."""
    groups = (
        "\n".join((f"<b>{say(title)}</b>", *(f"/{name} – {_lowered(say(COMMANDS[name]))}" for name in names)))
        for title, names in GROUPS.items()
    )
    return say(
        "{groups}\n\n/{example} opens one theme; /themes lists them all.\n\n"
        "Subscribe in one line, in any order:\n<code>/subscribe 07:30 Asia/Almaty weekdays {example}</code>",
        groups="\n\n".join(groups),
        example=example,
    )


def footer(say: Language, theme: str, source: str, read: int, total: int) -> str:
    """The last line of a digest: its command, its article where there are several, and the reader's progress."""
    return " · ".join(filter(None, (f"/{theme}", source, read_of(say, read, total))))


def read_of(say: Language, read: int, total: int) -> str:
    """The reader's progress, as in `7/24 read`."""
    return say("{read}/{total} read", read=say.number(read), total=say.number(total))


def mark(say: Language, read: int, total: int) -> str:
    """The progress in a list: `2/6`, and a tick where all is read."""
    return "✓" if read == total else f"{say.number(read)}/{say.number(total)}"


def position(say: Language, number: int, total: int, unread: int) -> str:
    """The toast on a digest's position: at most 200 characters."""
    left = say.count("{number} still unread", "{number} still unread", unread) if unread else say("all read")
    return say("Digest {number} of {total} in this theme, {left}.", number=number, total=total, left=left)


def all_read(say: Language, total: int, *, subscribed: bool) -> str:
    """The end: said once when everything has been read."""
    congratulation = say(
        "🎉 <b>You have read all there is: {digests}.</b> Thank you for your time.",
        digests=digests(say, total),
    )
    return f"{congratulation}\n\n{say(WAIT if subscribed else SUBSCRIBE_OR_START_OVER)}"


def unknown_command(say: Language, command: str, near: str | None) -> str:
    """The answer to a command that does not exist; `near` is the nearest one that does."""
    hint = say("Did you mean /{near}?", near=near) if near else say("/themes lists what there is to read.")
    return say(
        "I do not know /{command}. {hint}\n/help shows everything I can do.", command=command, hint=hint
    )


def corrected(say: Language, title: str, correction: str) -> str:
    """The note to a reader who knows an earlier wording of a digest."""
    return say(
        "✏️ <b>{title}</b>, which you have read, was corrected:\n\n{correction}",
        title=title,
        correction=correction,
    )


def changes(say: Language, items: list[tuple[str, str]], more: int) -> str:
    """The answer to /changes: titles with what was put right (may be empty), and how many there are besides."""
    blocks = [f"• <b>{title}</b>" + (f"\n{correction}" if correction else "") for title, correction in items]
    rest = say.count(
        "And {number} more: it moves up as you read these again.",
        "And {number} more: they move up as you read these again.",
        more,
    )
    return "\n\n".join([say("✏️ <b>Changed since you read it</b>"), *blocks, *([rest] if more else [])])


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
