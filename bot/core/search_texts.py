"""What is said about searching, sharing and links. As `texts`: names put in are escaped by the caller."""

from bot.core.language import N_, Language
from bot.core.texts import digests

TRY_IT = N_("Try it")
SEARCH_AGAIN = N_("Search again")
SHARE = N_("Share")
CITATION = N_("Citation")
READ_ON = N_("Read on with the bot")
OPEN_BOT = N_("Nothing found. Open the bot")
NOTHING_FOUND = N_(
    "No digest has these words. Fewer or other words may find more, and the form of a word does not matter. "
    "/themes lists all there is."
)
LINK_GONE = N_("What this link led to is no longer here, but there is more to read.")
HOW_TO_SEARCH = N_(
    "🔎 <b>What are you looking for?</b>\n\nA word or two after the command are enough, in any form:\n"
    "<code>/search {example}</code>"
)
INTRODUCTION = N_(
    "👋 This was a digest of <b>{title}</b>. There are {digests} here. I can send you one a day, each read in "
    "a minute."
)
"""One line for who came by a link to a digest: what this bot is."""


def found(say: Language, first: int, last: int, total: int | None) -> str:
    """Which of the digests that were found are shown, counted from 1, and how many there are (None: more)."""
    if total is None:
        return say("{first}–{last}, and there are more", first=first, last=last)
    if first == 1:
        return digests(say, total)
    return say("{first}–{last} of {digests}", first=first, last=last, digests=digests(say, total))
