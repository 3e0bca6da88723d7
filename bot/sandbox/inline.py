"""answerInlineQuery: what Telegram takes as results. Of their kinds the sandbox shows articles.

Sources: the Bot API's documentation; TDLib `InlineQueriesManager.cpp`.
"""

import re
from typing import Any

from bot.sandbox import rules
from bot.sandbox.keyboards import inline_keyboard
from bot.sandbox.parameters import string, structure
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.state import State

RESULTS = 50
ID_BYTES = 64


def answer_inline_query(world: State, params: Json, _now: float) -> bool:
    """Take the results for an inline query that somebody waits for."""
    results = structure(params, "results", list)
    if results is None:
        raise bad_request('parameter "results" is required')
    if len(results) > RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    offset = string(params, "next_offset")
    if len(offset.encode()) > ID_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    articles = [_article(result) for result in results]
    if len({article["id"] for article in articles}) < len(articles):
        raise bad_request("RESULT_ID_DUPLICATE")
    answer = {"results": articles, "next_offset": offset, "button": _button(params)}
    query = string(params, "inline_query_id")
    if query not in world.asked:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.answer(query, answer)
    return True


def _article(result: Any) -> Json:
    if not isinstance(result, dict) or string(result, "type") != "article":
        raise bad_request("can't parse inline query result: this sandbox shows results of type article alone")
    id_, title = string(result, "id"), string(result, "title").strip()
    if not 1 <= len(id_.encode()) <= ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    if not title:
        raise bad_request("ARTICLE_TITLE_EMPTY")
    content = structure(result, "input_message_content", dict)
    if content is None or "message_text" not in content:
        raise bad_request("can't parse inline query result: message_text is not specified")
    source = {"text": content["message_text"]} | {
        name: content[name] for name in ("parse_mode", "entities") if name in content
    }
    text, entities = rules.message_text(source)
    shown = {"id": id_, "title": title, "description": string(result, "description")}
    return shown | {"text": text, "entities": entities, "reply_markup": inline_keyboard(result)}


def _button(params: Json) -> Json | None:
    button = structure(params, "button", dict)
    if not button:
        return None
    parameter = string(button, "start_parameter")
    if not string(button, "text"):
        raise bad_request("can't parse inline query results button: text is not specified")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", parameter):
        raise bad_request("START_PARAM_INVALID")
    return {"text": string(button, "text"), "start_parameter": parameter}
