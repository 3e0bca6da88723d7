"""What the operator wrote, as the HTML that goes to readers."""

import datetime as dt

import pytest
from telegram import Chat, MessageEntity, User
from telegram import Message as TelegramMessage

from bot.telegram.operator import wanted

OPERATOR, OTHER = User(501, "Operator", is_bot=False), User(502, "Other", is_bot=False)
DATE = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def said(
    text: str | None, *entities: MessageEntity, by: User = OPERATOR, to: TelegramMessage | None = None
) -> TelegramMessage:
    """A message in the operator's private chat."""
    return TelegramMessage(
        1, DATE, Chat(501, "private"), from_user=by, text=text, entities=entities, reply_to_message=to
    )


def entity(kind: str, offset: int, length: int) -> MessageEntity:
    """Formatting."""
    return MessageEntity(kind, offset, length)


@pytest.mark.parametrize(
    ("message", "html"),
    [
        (said("/broadcast a < b & c"), "a &lt; b &amp; c"),
        (said("/broadcast@digest_bot\n\nTwo\nlines"), "Two\nlines"),
        (said("/broadcast big news", entity("bot_command", 0, 10), entity("bold", 11, 3)), "<b>big</b> news"),
        (said("/broadcast big news", entity("italic", 0, 14)), "<i>big</i> news"),
        (said("/broadcast 😀 big", entity("bold", 14, 3)), "😀 <b>big</b>"),
        (said("/broadcast"), ""),
        (said("/broadcast", to=said("my text", entity("bold", 0, 2))), "<b>my</b> text"),
        (said("/broadcast this", to=said("not that")), "this"),
        (said("/broadcast", to=said("theirs", by=OTHER)), None),
        (said("/broadcast", to=said(None)), None),
    ],
)
def test_the_text_behind_the_command_or_the_message_that_it_answers(
    message: TelegramMessage, html: str | None
) -> None:
    """With its formatting, which may begin before the text and is counted in UTF-16 units."""
    assert wanted(message) == html
