"""What is said about groups, topics and channels: in them, and in private to those who have set them up.

As in `texts`; `place` is a chat's title in quotation marks, or what else it can be called by, and is escaped.
"""

from bot.core.language import N_
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
GREETING = N_(
    "👋 I bring short digests of articles, one a day. An administrator can begin with /subscribe@{name}, "
    "and everybody can read with /next@{name}."
)
"""What is said once in a group that the bot, called `name`, was added to."""
BACK = N_("👋 I am back, and go on as before. Next digest: <b>{upcoming}</b>")
"""What is said once where the bot may write again."""
LOST = {
    Trouble.REMOVED: N_(
        "⚠️ I was removed from {place}, so no digests go there.\n\nAdd me again, and I go on as before."
    ),
    Trouble.RIGHTS: N_(
        "⚠️ I may not write in {place} any more, so no digests go there.\n\nGive me the right to post "
        "messages again, and I go on as before."
    ),
    Trouble.TOPIC: N_(
        "⚠️ The topic in {place} that I write to was closed or deleted, so no digests go there.\n\nOpen it "
        "again, and I go on as before; or write /subscribe in another topic."
    ),
    Trouble.MISSING: N_(
        "⚠️ I cannot find {place} any more, so no digests go there.\n\nIf it still exists, add me again, "
        "and I go on as before."
    ),
}
"""What whoever has set up a chat is told once: what happened there, and what to do."""
WORKS_AGAIN = N_("✅ I can write in {place} again: digests go on as before.")
"""What they are told once it works again."""
OBSTACLES = {
    Obstacle.NOT_FOUND: N_(
        "I cannot find that channel. Check its name. A private channel has none: choose it with the button of "
        "/channels."
    ),
    Obstacle.NO_CHANNEL: N_("That is not a channel. In a group, an administrator writes /subscribe there."),
    Obstacle.BOT: N_(
        "I may not post there. In the channel, open Administrators, add @{name} and allow “Post messages”; "
        "then try again."
    ),
    Obstacle.PERSON: N_(
        "Only the channel's administrators who may post messages can change this. Ask one of them to do it, "
        "or to give you that right."
    ),
    Obstacle.LISTED: N_("Whoever runs this bot has set up that channel, so it cannot be changed here."),
    Obstacle.NO_ANSWER: N_(
        "Telegram does not answer just now, so nothing was changed. Please try again in a moment."
    ),
}
"""Why a channel cannot be set up, and what to do; `name` is the bot's."""
CHANNEL_ADDED = N_("✓ {title}")
ASK_TO_POST = N_(
    "Post the next digest in “<b>{title}</b>” now? It counts as today's: no second one follows today."
)
ALL_POSTED = N_("🎉 <b>All {digests} have been posted here.</b> New ones will follow as they come.")
"""What is posted in a channel once, after its last digest."""
LISTED_UNUSABLE = N_(
    "⚠️ The channel {name} of the configuration cannot be used: {reason}. I try again every few minutes; all "
    "others go on."
)
"""What operators are told of a channel of the configuration, as plain text."""
REASONS = {
    Obstacle.NOT_FOUND: N_("Telegram does not know it: check its name or id, and that I am in it"),
    Obstacle.NO_CHANNEL: N_("it is not a channel: in a group an administrator writes /subscribe"),
    Obstacle.BOT: N_("I may not post there: make me an administrator with the right “Post messages”"),
}
"""And why; of what cannot be the reason there, NOT_FOUND."""
PLACE = N_("“<b>{title}</b>”")
NAMELESS_PLACE = N_("a chat that you have set up ({id})")
"""What a chat is called: by its title, escaped, or by its id where that is not to be had."""
