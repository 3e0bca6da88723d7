"""What readers are told of their data, and by which names they find it in their file."""

from collections.abc import Mapping

from bot.core.language import N_, Language


def _columns(table: str, names: str) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in names.split())


KEPT: Mapping[str, tuple[str, ...]] = {
    N_("this chat: its number and kind at Telegram, its language, since when I know it"): _columns(
        "chats", "chat_id thread_id kind language since"
    ),
    N_(
        "the subscription: time, days, time zone, themes, articles, with or without sound, until when it rests"
    ): _columns(
        "subscriptions", "chat_id thread_id time days zone themes articles silent resume next_slot told_end"
    ),
    N_("whether you have blocked me, and since when"): _columns("subscriptions", "paused paused_since"),
    N_("who set up a group or channel, to tell them when I cannot write there any more"): _columns(
        "subscriptions", "owner lost"
    ),
    N_("which digests were read here, when, in which wording"): _columns(
        "progress", "chat_id thread_id digest seen version"
    ),
    N_("what I sent, or still have to, and whether it arrived: for 90 days"): _columns(
        "deliveries",
        "id chat_id thread_id broadcast_id local_date slot digest version state attempt owner not_before code "
        "message_id updated",
    ),
    N_("what you write or press, without your name: only until it is answered"): _columns(
        "inbox", "update_id chat_id payload attempt owner received"
    ),
    N_("until when Telegram asks me to leave a chat alone"): _columns("holds", "chat_id until"),
    N_("who of those that run this bot wrote an announcement"): _columns("broadcasts", "operator card"),
    N_("how many people join, leave and read each day: numbers, no persons"): _columns(
        "counts", "date what key count"
    ),
}
"""What is kept, in words, and the columns that hold it. Columns that are not here hold nothing about anybody."""

FILE = N_("All that I keep about this chat. /privacy says what it means, /forgetme erases it.")
FORGETTING = N_(
    "🗑 <b>Erase all that I keep about this chat?</b> The subscription, what was read, the settings: all goes at "
    "once and for good.\nThis cannot be undone. /mydata shows it before."
)
FORGET = N_("Erase everything")
KEEP = N_("Keep it")
FORGOTTEN = N_("Done: all is erased, and I do not know you any more.\n\nShould you ever come back: /start")
KEPT_ALL = N_("Nothing was erased. /settings has what you can change, /privacy what I keep.")
ONLY_ADMINS = N_(
    "In a group only its administrators can ask for this. What I keep about you: ask me in private."
)
AS_YOURSELF = N_(
    "I send this file in private, and cannot see who you are: write /mydata under your own name, not as the group."
)
START_ME = N_("I cannot write to you yet: open a private chat with me, press Start, then ask here again.")
SENT_TO_YOU = N_("I have sent you the file in our private chat. For your own data, ask me there.")


def privacy(say: Language) -> str:
    """The answer to /privacy."""
    return say(
        "🔒 <b>What I keep</b>\n{kept}\n\n"
        "<b>What I do not keep</b>: names, messages, places. A shared place tells me the time zone and is gone.\n\n"
        "<b>How long</b>: until you erase it. Who has blocked me for a year is erased then. After that only a mark "
        "remains, from which nobody reads who you were, so that no backup brings you back.\n\n"
        "/mydata – all of it as a file\n/forgetme – erase it",
        kept="\n".join(f"• {say(words)}" for words in KEPT),
    )
