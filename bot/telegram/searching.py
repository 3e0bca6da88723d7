"""Searching: the command, the pages of its answer, and inline queries from any chat."""

from dataclasses import dataclass

from telegram import (
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.core import results, search_texts, texts
from bot.core.model import Chat
from bot.core.results import Shared
from bot.services.searching import SEARCH
from bot.telegram.question import Context, Question, Reception
from bot.telegram.sender import keyboard

_CACHED = 60
"""Seconds that Telegram may answer a reader by itself: a new language or a corrected digest shows after a minute."""


@dataclass(frozen=True, slots=True)
class SearchHandlers:
    """What finds digests. Nothing that is found counts as read before it is opened."""

    reception: Reception

    async def search(self, question: Question, context: Context) -> None:
        """What is found by the words of a command."""
        await question.use_cases.searching.ready()
        await question.answer(question.use_cases.searching.search(" ".join(context.args or ())))

    async def turn(self, question: Question) -> str | None:
        """A press on ‹ or ›: another page. The words stand in the message, so that nothing has to be kept of them."""
        words = results.query_of(question.message.text or "")
        if words is None:
            return question.say(texts.OLD_BUTTON)
        page = int(question.data.rpartition(":")[2])
        await question.use_cases.searching.ready()
        await question.edit(question.use_cases.searching.search(words, page))
        return None

    async def inline(self, update: Update, _: Context) -> None:
        """Digests to choose from in any chat, in the reader's language."""
        query = update.inline_query
        if query is None:
            return
        chosen = await self.reception.store.language(Chat(query.from_user.id))
        use_cases = self.reception.speaking(chosen, query.from_user.language_code)
        await use_cases.searching.ready()
        found, following = use_cases.searching.inline(query.query, query.offset)
        open_bot = InlineQueryResultsButton(use_cases.say(search_texts.OPEN_BOT), start_parameter=SEARCH)
        try:
            await query.answer(
                [_article(item) for item in found],
                cache_time=_CACHED,
                is_personal=True,
                next_offset=following,
                button=None if found or query.offset else open_bot,
            )
        except BadRequest as error:
            if "query is too old" not in str(error).casefold():  # who types on has asked anew
                raise


def _article(item: Shared) -> InlineQueryResultArticle:
    content = InputTextMessageContent(
        item.message.html, ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True)
    )
    return InlineQueryResultArticle(
        item.id,
        item.title,
        content,
        reply_markup=keyboard(item.message, inline=True),
        description=item.description,
    )
