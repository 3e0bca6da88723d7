"""Reading: commands and buttons -> use cases -> answers. No decision about content or delivery is made here."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from difflib import get_close_matches

import structlog
from telegram import Update
from telegram.error import TelegramError

from bot.core import article_texts, chats_texts, texts
from bot.core.markdown import escape
from bot.core.model import Kind, Message
from bot.services.reading import Page
from bot.telegram.question import Context, Question, Reception, message_of
from bot.telegram.rich import RichMessages

_log = structlog.get_logger(__name__)
_LONGEST_SHOWN = 32
_MISSING = dict.fromkeys(("d", "p", "r"), texts.GONE) | dict.fromkeys(
    ("a", "read"), article_texts.ARTICLE_GONE
)
"""What is said where a button leads to something that is not there any more."""
_SENT = ("r", "read", "next", "themes")
"""Presses whose answer is a message of its own; any other turns the message of the button into another page."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """One method for each kind of question; `rich` is there where rich messages are wanted."""

    reception: Reception
    rich: RichMessages | None = None

    # -- commands -----------------------------------------------------------------------------------------

    async def start(self, question: Question, context: Context) -> None:
        """Welcome; by a link that leads somewhere, that itself, and to newcomers then what this bot is."""
        use_cases, chat = question.use_cases, question.chat
        if question.private:  # elsewhere anybody may say so, and Telegram tells when the bot may write again
            await use_cases.subscribing.returned(chat.id)
        if not context.args:
            await question.show(await use_cases.reading.welcome())
            return
        new = question.private and await use_cases.searching.is_new(chat)
        page = await use_cases.searching.linked(chat, context.args[0])
        await question.show(page or await use_cases.searching.lost())
        if page and page.digest and new:
            await question.answer(use_cases.searching.introduction(page.digest))

    async def help(self, question: Question, _: Context) -> None:
        """What the bot can do."""
        example = question.use_cases.reading.library.themes[0].name
        await question.answer(Message(texts.help_text(question.say, example)))

    async def themes(self, question: Question, _: Context) -> None:
        """The list of themes."""
        await question.show(await question.use_cases.reading.themes(question.chat))

    async def next(self, question: Question, _: Context) -> None:
        """The next unread digest."""
        await question.show(await question.use_cases.reading.next(question.chat))

    async def article(self, question: Question, _: Context) -> None:
        """About the article; of several, their list."""
        articles = question.use_cases.reading.library.articles
        if len(articles) > 1 or not await self._shown_whole(question, articles[0].id):
            await question.show(await question.use_cases.reading.articles(question.chat))

    async def changes(self, question: Question, _: Context) -> None:
        """What was changed since it was read."""
        await question.show(await question.use_cases.reading.changes(question.chat))

    async def other_command(self, question: Question, context: Context) -> None:
        """A theme's command, or one that does not exist."""
        name, addressee = question.command()
        if addressee and addressee.casefold() != context.bot.username.casefold():
            return
        reading = question.use_cases.reading
        page = await reading.theme(question.chat, name.casefold())
        if page is not None:
            await question.show(page)
        elif addressee or question.private:  # in a group it may be meant for another bot
            known = [*texts.COMMANDS, *(theme.name for theme in reading.library.themes)]
            near = get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
            shown = escape(name[:_LONGEST_SHOWN])
            text = texts.unknown_command(question.say, shown, near[0] if near else None)
            await question.answer(Message(text))

    async def text(self, question: Question, _: Context) -> None:
        """Anything else that is written to the bot in private."""
        await question.tell(texts.PLAIN_TEXT)

    # -- buttons ------------------------------------------------------------------------------------------

    async def press(self, question: Question) -> str | None:
        """A press on an inline button: its data is an action and what it is about."""
        if question.kind is Kind.CHANNEL and not await question.may_change():
            return question.say(chats_texts.READ_IN_PRIVATE)
        reading, chat = question.use_cases.reading, question.chat
        action, _, subject = question.data.partition(":")
        if action == "n":
            return await reading.position(chat, subject)
        if action == "a" and await self._shown_whole(question, subject):
            return None
        pages: dict[str, Callable[[], Awaitable[Page | None]]] = {
            "d": lambda: reading.digest(chat, subject),
            "p": lambda: reading.paragraphs(chat, subject),
            "a": lambda: reading.article(chat, subject),
            "articles": lambda: reading.articles(chat, _page(subject)),
            "themes": lambda: reading.themes(chat, _page(subject)),
            "r": lambda: reading.digest(chat, subject),
            "read": lambda: reading.next_of(chat, subject),
            "next": lambda: reading.next(chat),
        }
        page = await pages[action]() if action in pages else None
        if page is None:
            return question.say(_MISSING.get(action, texts.OLD_BUTTON))
        turning = action not in _SENT or (action == "themes" and subject)
        await (question.turn(page) if turning else question.show(page))
        return None

    async def _shown_whole(self, question: Question, article: str) -> bool:
        """Whether the article went out with all its digests, as a rich message."""
        if self.rich is None:
            return False
        message = await question.use_cases.reading.whole(question.chat, article)
        return message is not None and await self.rich.send(question.chat, message)

    async def failed(self, update: object, context: Context) -> None:
        """Any error on the way: it is logged, and the reader hears a sentence rather than nothing."""
        _log.error("update.failed", exc_info=context.error)
        if not isinstance(update, Update) or isinstance(context.error, TelegramError):
            return
        user = update.effective_user  # the chat's own language may be in the database that has just failed
        say = self.reception.speaking(user.language_code if user else None).say
        if update.callback_query:
            await update.callback_query.answer(say(texts.SOMETHING_WENT_WRONG))
        elif update.effective_message:
            await Question(update, message_of(update), self.reception.speaking(say.code)).tell(
                texts.SOMETHING_WENT_WRONG
            )


def _page(subject: str) -> int:
    """The number of a page; what no button of ours carries is the first."""
    return int(subject) if re.fullmatch("[0-9]{1,4}", subject) else 0
