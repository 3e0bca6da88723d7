"""What is said about groups, topics and channels: in them, and in private to those who have set them up.

As in `texts`; `place` is a chat's title in quotation marks, or what else it can be called by, and is escaped.
"""

from bot.core.language import N_, Language
from bot.core.troubles import Obstacle, Trouble

FORWARDED = N_("A forwarded command changes nothing here: please write it yourself.")
BY_COMMAND = N_(
    "A button does not tell me who you are. As an anonymous administrator, please write the command: /settings"
)
ONLY_PEOPLE = N_("Only a person who is an administrator here can change that.")
CANNOT_ASK = N_(
    "I could not ask Telegram whether you are an administrator here. Please try again in a moment."
)
READ_IN_PRIVATE = N_("In a channel only its administrators can press that. You can read with me in private.")

CHANNELS_IN_PRIVATE = N_("Channels are set up in private: write /channels to me there.")
NO_CHANNELS = N_(
    "📢 <b>Channels</b>\n\nI can post a digest a day in a channel of yours. Choose it below; or make me an "
    "administrator there who may post messages, and write\n<code>/channels @name</code>"
)
YOUR_CHANNELS = N_("📢 <b>Your channels</b>\n\nChoose one to change it.")
CHOOSE_CHANNEL = N_(
    "Choose a channel where you may post messages with the button below: I need the same right, and Telegram "
    "gives it to me with your choice."
)
ADD_CHANNEL = N_("Add a channel")
POST_NOW = N_("Post one now")
POST_YES = N_("Yes, post it")
TO_CHANNELS = N_("‹ Channels")
POSTED = N_("It is on its way.")
POSTED_TODAY = N_("Today's digest is there already: the next one comes tomorrow at the earliest.")
READ_IN_BOT = N_("Read on in the bot")


def greeting(say: Language, name: str) -> str:
    """What is said once in a group that the bot was added to; `name` is the bot's."""
    return say(
        "👋 I bring short digests of articles, one a day. An administrator can begin with /subscribe@{name}, "
        "and everybody can read with /next@{name}.",
        name=name,
    )


def back(say: Language, upcoming: str) -> str:
    """What is said once where the bot may write again."""
    return say("👋 I am back, and go on as before. Next digest: <b>{upcoming}</b>", upcoming=upcoming)


def place(say: Language, title: str, chat_id: int) -> str:
    """What a chat is called: by its title, escaped, or by its id where that is not to be had."""
    return (
        say("“<b>{title}</b>”", title=title)
        if title
        else say("a chat that you have set up ({id})", id=chat_id)
    )


def lost(say: Language, trouble: Trouble, where: str) -> str:
    """What whoever has set up a chat is told once: what happened there, and what to do."""
    match trouble:
        case Trouble.REMOVED:
            text = N_(
                "⚠️ I was removed from {place}, so no digests go there.\n\nAdd me again, and I go on as before."
            )
        case Trouble.RIGHTS:
            text = N_(
                "⚠️ I may not write in {place} any more, so no digests go there.\n\nGive me the right to post "
                "messages again, and I go on as before."
            )
        case Trouble.TOPIC:
            text = N_(
                "⚠️ The topic in {place} that I write to was closed or deleted, so no digests go there.\n\nOpen it "
                "again, and I go on as before; or write /subscribe in another topic."
            )
        case Trouble.MISSING:
            text = N_(
                "⚠️ I cannot find {place} any more, so no digests go there.\n\nIf it still exists, add me again, "
                "and I go on as before."
            )
    return say(text, place=where)


def works_again(say: Language, where: str) -> str:
    """What they are told once it works again."""
    return say("✅ I can write in {place} again: digests go on as before.", place=where)


def obstacle(say: Language, found: Obstacle, name: str) -> str:
    """Why a channel cannot be set up, and what to do; `name` is the bot's."""
    match found:
        case Obstacle.NOT_FOUND:
            text = N_(
                "I cannot find that channel. Check its name. A private channel has none: choose it with the button of "
                "/channels."
            )
        case Obstacle.NO_CHANNEL:
            text = N_("That is not a channel. In a group, an administrator writes /subscribe there.")
        case Obstacle.BOT:
            text = N_(
                "I may not post there. In the channel, open Administrators, add @{name} and allow “Post messages”; "
                "then try again."
            )
        case Obstacle.PERSON:
            text = N_(
                "Only the channel's administrators who may post messages can change this. Ask one of them to do it, "
                "or to give you that right."
            )
        case Obstacle.LISTED:
            text = N_("Whoever runs this bot has set up that channel, so it cannot be changed here.")
        case Obstacle.NO_ANSWER:
            text = N_(
                "Telegram does not answer just now, so nothing was changed. Please try again in a moment."
            )
    return say(text, name=name)


def channel_added(say: Language, title: str) -> str:
    """A channel was chosen and may be used."""
    return say("✓ {title}", title=title)


def post_now(say: Language, title: str) -> str:
    """The question before a digest is posted ahead of its time."""
    return say(
        "Post the next digest in “<b>{title}</b>” now? It counts as today's: no second one follows today.",
        title=title,
    )


def all_posted(say: Language, total: int) -> str:
    """What is posted in a channel once, after its last digest."""
    return say(
        "🎉 <b>All {digests} have been posted here.</b> New ones will follow as they come.",
        digests=say.count("{number} digest", "{number} digests", total),
    )


def listed_unusable(say: Language, name: str, found: Obstacle) -> str:
    """What operators are told of a channel of the configuration: plain text."""
    reasons = {
        Obstacle.NOT_FOUND: N_("Telegram does not know it: check its name or id, and that I am in it"),
        Obstacle.NO_CHANNEL: N_("it is not a channel: in a group an administrator writes /subscribe"),
        Obstacle.BOT: N_("I may not post there: make me an administrator with the right “Post messages”"),
    }
    reason = say(reasons.get(found, reasons[Obstacle.NOT_FOUND]))
    return say(
        "⚠️ The channel {name} of the configuration cannot be used: {reason}. I try again every few minutes; all "
        "others go on.",
        name=name,
        reason=reason,
    )
