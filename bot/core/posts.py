"""What is posted in channels: for everybody, so without one reader's progress or buttons that change the post."""

from collections.abc import Callable, Sequence

from bot.core import chats_texts as texts
from bot.core.language import Language
from bot.core.markdown import escape, render
from bot.core.model import Button, Digest, Message, Theme
from bot.core.texts import digests

Link = Callable[[str], str]
"""The link that opens a digest in the bot, by the digest's id."""


def post(say: Language, theme: Theme, item: Digest, shelf: Sequence[Digest], link: Link) -> Message:
    """One digest of `shelf`, the visible ones of its theme, which is a hashtag: it finds the others in the channel."""
    foot = f"#{theme.name} · {say.number(shelf.index(item) + 1)}/{say.number(len(shelf))}"
    html = f"{escape(theme.emoji)} <b>{escape(item.title)}</b>\n\n{render(item.text).html}\n\n<i>{foot}</i>"
    return Message(html, ((Button(say(texts.READ_IN_BOT), url=link(item.id)),),))


def all_posted(say: Language, total: int) -> Message:
    """After the last one, once."""
    return Message(say(texts.ALL_POSTED, digests=digests(say, total)))
