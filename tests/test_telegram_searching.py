"""What Telegram may send that no reader of the sandbox can, and buttons that not every chat takes."""

from typing import Any, cast

import pytest
from telegram import InlineKeyboardMarkup, Update
from telegram.ext import ExtBot
from telegram.request import BaseRequest, RequestData

from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.model import Button, Chat, Message, Preferences
from bot.core.sequence import Added
from bot.ports import Store
from bot.ports.searching import Finder
from bot.services.chats import Chats
from bot.services.choosing import Choosing
from bot.services.privacy import Privacy
from bot.services.reading import Reading
from bot.services.searching import Searching, entries
from bot.services.subscribing import Subscribing
from bot.services.use_cases import UseCases
from bot.store.search import Index
from bot.telegram.governor import GovernorLimiter
from bot.telegram.question import Context, Reception
from bot.telegram.searching import SearchHandlers
from bot.telegram.sender import TelegramSender, keyboard
from tests.fakes import ATLAS, LIBRARY, NOW, FixedClock, ForgottenHolds

READER = {"id": 1, "is_bot": False, "first_name": "R", "language_code": "en"}
CHAT = {"id": 1, "type": "private", "first_name": "R"}
UNASKED = cast("Context", None)
SHARE = Button("Share", url="https://t.me/share/url?url=x", share="#w1")


class Recording(BaseRequest):
    """Keeps the calls, and answers each with `answer`."""

    def __init__(self, answer: bytes = b'{"ok": true, "result": true}', status: int = 200) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answer = status, answer

    read_timeout = 1.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,  # noqa: ARG002  the name is PTB's
        request_data: RequestData | None = None,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        """One call."""
        parameters = request_data.parameters if request_data else {}
        self.calls.append((url.rpartition("/")[2], parameters))
        return self._answer


@pytest.fixture
def handlers(store: Store) -> SearchHandlers:
    """Over the sample library, in English."""

    def make(_: object, library: Library, added: Added, finder: Finder) -> UseCases:
        clock = FixedClock()
        reading = Reading(store, library, clock, ENGLISH, added)
        defaults = Preferences(NOW.time(), 127, "UTC")
        subscribing = Subscribing(store, library, clock, defaults, ENGLISH, ATLAS)
        return UseCases(
            ENGLISH,
            reading=reading,
            searching=Searching(finder, reading),
            subscribing=subscribing,
            choosing=Choosing(subscribing),
            privacy=Privacy(store, clock, ENGLISH, ()),
            chats=Chats(subscribing),
        )

    reception = Reception(store, {"en": ENGLISH}, "en", make)
    reception.take(LIBRARY, {}, {"en": Index.build(entries(LIBRARY), "en")})
    return SearchHandlers(reception)


def update(request: Recording, **body: Any) -> Update:
    """An update as it comes from Telegram."""
    bot = ExtBot("1:token", request=request)
    return Update.de_json({"update_id": 1} | body, bot)


def press(request: Recording, **message: Any) -> Update:
    """A press on ›."""
    return update(
        request, callback_query={"id": "1", "from": READER, "chat_instance": "1", "data": "f:1"} | message
    )


@pytest.mark.parametrize(
    "message",
    [
        {"message": {"message_id": 1, "chat": CHAT, "date": 0}},
        {"message": {"message_id": 1, "chat": CHAT, "date": 1, "text": "No page of results"}},
        {"message": {"message_id": 1, "chat": CHAT, "date": 1}},
        {"inline_message_id": "1"},
    ],
    ids=["forgotten by Telegram", "another text", "no text", "inline"],
)
async def test_a_press_below_what_is_no_page_is_answered(
    handlers: SearchHandlers, message: dict[str, Any]
) -> None:
    """By a notice, and nothing is edited."""
    request = Recording()
    await handlers.reception.pressing(handlers.turn)(press(request, **message), UNASKED)
    [(method, parameters)] = request.calls
    assert method == "answerCallbackQuery"
    assert parameters["text"] == "This button is out of date. Try /help."


async def test_who_types_on_leaves_an_old_query_behind(handlers: SearchHandlers) -> None:
    """Telegram refuses an answer to it; that is no error."""
    refusal = b'{"ok": false, "error_code": 400, "description": "Bad Request: query is too old and response timeout"}'
    query = {"id": "1", "from": READER, "query": "water", "offset": ""}
    request = Recording(refusal, 400)
    await handlers.inline(update(request, inline_query=query), UNASKED)
    assert [method for method, _ in request.calls] == ["answerInlineQuery"]


async def test_an_answer_is_the_reader_s_own_and_short_lived(handlers: SearchHandlers) -> None:
    """The next reader may read another language, and a correction shows after a minute."""
    request = Recording()
    query = {"id": "1", "from": READER, "query": "", "offset": ""}
    await handlers.inline(update(request, inline_query=query), UNASKED)
    [(_, parameters)] = request.calls
    assert (parameters["is_personal"], parameters["cache_time"]) == (True, 60)
    assert [result["id"] for result in parameters["results"]] == ["w1", "w2", "w3", "t1"]


def rows(markup: InlineKeyboardMarkup | None) -> list[list[dict[str, Any]]]:
    """Buttons as they are sent."""
    return markup.to_dict()["inline_keyboard"] if markup else []


def test_where_inline_queries_are_refused_a_link_stands_in() -> None:
    """A button without one is left out, and with it an empty row."""
    message = Message("x", ((Button("Again", here="water"),), (SHARE, Button("Next", "next"))))
    [[again], [share, _]] = rows(keyboard(message, inline=True))
    assert again["switch_inline_query_current_chat"] == "water"
    assert share["switch_inline_query_chosen_chat"]["query"] == "#w1"
    assert rows(keyboard(message, inline=False)) == [
        [{"text": "Share", "url": SHARE.url}, {"text": "Next", "callback_data": "next"}]
    ]
    assert keyboard(Message("x", ((Button("Again", here="water"),),)), inline=False) is None


@pytest.mark.parametrize(("chat", "kind"), [(5, "switch_inline_query_chosen_chat"), (-1001, "url")])
async def test_a_delivery_carries_buttons_that_its_chat_takes(chat: int, kind: str) -> None:
    """A group's id does not tell it from a channel's, so both get the link."""
    request = Recording(
        b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}'
    )
    bot = ExtBot(
        "1:token", request=request, rate_limiter=GovernorLimiter(25, FixedClock(), ForgottenHolds(), {})
    )
    await TelegramSender(bot).send(Chat(chat), Message("x", ((SHARE,),)))
    [(_, parameters)] = request.calls
    [[button]] = parameters["reply_markup"]["inline_keyboard"]
    assert set(button) == {"text", kind}


def test_what_is_copied_is_its_button() -> None:
    """Telegram's own kind of button."""
    assert rows(keyboard(Message("x", ((Button("Citation", copy="Title"),),)), inline=False)) == [
        [{"text": "Citation", "copy_text": {"text": "Title"}}]
    ]
