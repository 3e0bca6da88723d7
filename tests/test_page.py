"""The demo's chat page in a real browser, against the real sandbox; the bot's side is played by plain HTTP calls."""

import base64
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from playwright.async_api import Browser, Locator, Page, expect
from pytest_asyncio import fixture

from bot.sandbox import Sandbox, SandboxSettings
from tests.browser import FITS, MARKS, chromium, visit

AIGERIM, DANIEL, GROUP, CHANNEL = 501, 502, -1001000000001, -1001000000002
NEXT = {"inline_keyboard": [[{"text": "Next →", "callback_data": "next"}]]}
COMMANDS = [
    {"command": "start", "description": "Meet the bot"},
    {"command": "initiatives", "description": "What is proposed"},
    {"command": "help", "description": "What I can do"},
]

pytestmark = MARKS


class Bot:
    """The bot's side: calls of the Bot API, one after another."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: Sandbox) -> None:
        self.session = session
        self.url = f"{sandbox.url}/bot{sandbox.settings.token}/"
        self.offset = 0

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method; return its result."""
        async with self.session.post(self.url + method, json=params) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def update(self) -> dict[str, Any]:
        """Wait for the next update."""
        updates: list[dict[str, Any]] = await self.call("getUpdates", offset=self.offset, limit=1, timeout=5)
        assert updates, "no update came"
        self.offset = updates[0]["update_id"] + 1
        return updates[0]

    async def heard(self) -> str:
        """Wait for the next update; return its message's text."""
        return str((await self.update())["message"]["text"])

    async def say(self, text: str, chat: int = AIGERIM, **params: Any) -> int:
        """Send a message; return its id."""
        return int((await self.call("sendMessage", chat_id=chat, text=text, **params))["message_id"])


@fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    async with chromium() as browser:
        yield browser


@fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """An untouched sandbox on a free port."""
    sandbox = Sandbox(SandboxSettings(port=0))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@fixture(loop_scope="module")
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The page as Aigerim sees it on a desktop."""
    async with visit(browser, sandbox.url) as page:
        await expect(page.locator("body")).not_to_have_attribute("aria-busy", "true")
        yield page


@fixture(loop_scope="module")
async def bot(sandbox: Sandbox, page: Page) -> AsyncIterator[Bot]:
    """A connected bot with commands; Aigerim has pressed START."""
    async with aiohttp.ClientSession() as session:
        bot = Bot(session, sandbox)
        await bot.call("setMyCommands", commands=COMMANDS)
        await page.get_by_role("button", name="START").click()
        assert await bot.heard() == "/start"
        yield bot


def box(page: Page) -> Locator:
    """Where a person writes."""
    return page.get_by_role("textbox", name="Message")


def last(page: Page) -> Locator:
    """The newest message on the page."""
    return page.locator("article").last


def button(page: Page, name: str) -> Locator:
    """A button by its exact name."""
    return page.get_by_role("button", name=name, exact=True)


async def height(place: Locator) -> float:
    """How high it stands, in pixels."""
    return float(await place.evaluate("(element) => element.offsetHeight"))


async def top(place: Locator) -> float:
    """How far below the window's upper edge it begins, in pixels."""
    return float(await place.evaluate("(element) => element.getBoundingClientRect().top"))


async def test_enter_sends_what_is_written(page: Page, bot: Bot) -> None:
    """Enter sends the text to the bot, shows it at the right, and empties the box; Shift+Enter is a new line."""
    await box(page).press_sequentially("good")
    await box(page).press("Shift+Enter")
    await box(page).press_sequentially("morning")
    await box(page).press("Enter")
    assert await bot.heard() == "good\nmorning"
    await expect(last(page)).to_contain_class("out")
    await expect(last(page).locator(".text")).to_have_text("good\nmorning", use_inner_text=True)
    await expect(box(page)).to_have_value("")


async def test_entities_become_formatting(page: Page, bot: Bot) -> None:
    """Entities are counted in UTF-16 units and nest; the text stays whole."""
    await bot.say(
        "🤝 <b>bold <i>both</i></b> <u>under</u> <s>struck</s> <code>code</code>\n<pre>block</pre>\n"
        '<blockquote>quote</blockquote>\n<a href="https://example.org/">link</a>',
        parse_mode="HTML",
    )
    text = last(page).locator(".text")
    for selector, content in {
        "strong >> nth=0": "bold ", ":is(strong em, em strong)": "both", "u": "under", "s": "struck", "code": "code",
        "pre": "block", "blockquote": "quote", "a": "link",
    }.items():  # fmt: skip
        await expect(text.locator(selector)).to_have_text(content)
    assert await text.text_content() == "🤝 bold both under struck code\nblock\nquote\nlink"
    await expect(text.locator("a")).to_have_attribute("target", "_blank")
    await expect(text.locator("a")).to_have_attribute("rel", re.compile("noopener"))


async def test_html_in_a_text_stays_text(page: Page, bot: Bot) -> None:
    """Whatever a message holds, it is shown as it is and never becomes part of the page."""
    text = "<img src=x onerror=\"document.title='taken'\"><script>alert(1)</script> &amp; <b>not bold</b>"
    await bot.say(text, reply_markup={"inline_keyboard": [[{"text": "<i>key</i>", "callback_data": "x"}]]})
    await expect(last(page).locator(".text")).to_have_text(text)
    await expect(button(page, "<i>key</i>")).to_be_visible()
    assert await page.locator("#log :is(img, script, b, i)").count() == 0
    await expect(page).to_have_title("Digest Bot · demo")


async def test_a_moment_is_shown_in_the_viewers_way(page: Page, bot: Bot) -> None:
    """A date_time entity becomes a <time> in the viewer's language and zone, not the text that stands in for it."""
    await bot.say('next: <tg-time unix="1795510800" format="D">soon</tg-time>', parse_mode="HTML")
    moment = last(page).locator(".text time")
    await expect(moment).to_have_attribute("datetime", "2026-11-24T09:00:00.000Z")
    await expect(moment).to_contain_text("2026")


async def test_a_hidden_text_opens_by_keyboard(page: Page, bot: Bot) -> None:
    """A spoiler is a button until it is opened, and plain text after that."""
    await bot.say("the answer is <tg-spoiler>forty-two</tg-spoiler>", parse_mode="HTML")
    await expect(last(page).get_by_text("forty-two")).to_be_hidden()
    await last(page).get_by_role("button", name="Hidden text").press("Enter")
    await expect(last(page).get_by_text("forty-two")).to_be_visible()


async def test_a_long_quote_opens_and_closes(page: Page, bot: Bot) -> None:
    """An expandable quotation shows its beginning and has a switch."""
    await bot.say(f"<blockquote expandable>{'many words ' * 60}</blockquote>", parse_mode="HTML")
    quote = last(page).locator("blockquote")
    closed = await height(quote)
    await button(page, "Show all").click()
    assert await height(quote) > closed + 50
    await button(page, "Show less").click()
    assert await height(quote) == closed


async def test_a_command_in_a_text_is_sent_by_a_press(page: Page, bot: Bot) -> None:
    """Commands that the bot mentions can be pressed."""
    await bot.say("Try /help now")
    await button(page, "/help").click()
    assert await bot.heard() == "/help"


async def test_a_press_shows_the_answer_as_a_toast(page: Page, bot: Bot) -> None:
    """A pressed button waits visibly, its data reach the bot, and the answer's text appears for a moment."""
    await bot.say("1 of 2", reply_markup=NEXT)
    await button(page, "Next →").click()
    await expect(button(page, "Next →")).to_have_attribute("aria-busy", "true")
    query = (await bot.update())["callback_query"]
    assert (query["data"], query["from"]["id"]) == ("next", AIGERIM)
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="That was all")
    await expect(page.get_by_role("status").filter(has_text="That was all")).to_be_visible()
    await expect(button(page, "Next →")).not_to_have_attribute("aria-busy", "true")


async def test_an_alert_must_be_confirmed(page: Page, bot: Bot) -> None:
    """An answer with show_alert is a dialog that ends with OK."""
    await bot.say("1 of 2", reply_markup=NEXT)
    await button(page, "Next →").click()
    query = (await bot.update())["callback_query"]
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Read this", show_alert=True)
    await expect(page.get_by_role("dialog")).to_contain_text("Read this")
    await button(page, "OK").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()


async def test_an_edit_in_place_keeps_the_place_and_the_focus(page: Page, bot: Bot) -> None:
    """A message that grows above what is read moves nothing in view, and a focused button stays focused."""
    first = await bot.say("first", reply_markup=NEXT)
    ids = [await bot.say(f"message {number}") for number in range(30)]
    middle = page.locator(f'[data-message-id="{ids[15]}"]')
    await expect(last(page)).to_contain_text("message 29")
    await button(page, "Next →").focus()
    await middle.scroll_into_view_if_needed()
    await page.evaluate("document.querySelector('#log').scrollBy(0, 60)")
    before = await top(middle)
    await bot.call(
        "editMessageText", chat_id=AIGERIM, message_id=first, text="longer\n" * 12, reply_markup=NEXT
    )
    await expect(page.locator(f'[data-message-id="{first}"]')).to_contain_text("edited")
    assert await top(middle) == pytest.approx(before, abs=1)
    await expect(button(page, "Next →")).to_be_focused()


async def test_the_newest_message_stays_in_view(page: Page, bot: Bot) -> None:
    """Who reads the end follows it; who reads above gets a button that leads there."""
    for number in range(30):
        await bot.say(f"message {number}")
    await expect(last(page)).to_be_in_viewport()
    await page.evaluate("document.querySelector('#log').scrollTo(0, 0)")
    await expect(button(page, "To the newest")).to_be_visible()
    await bot.say("one more")
    await expect(last(page)).to_contain_text("one more")
    await expect(last(page)).not_to_be_in_viewport()
    await button(page, "To the newest").click()
    await expect(last(page)).to_be_in_viewport()


async def test_the_command_menu_works_by_keyboard(page: Page, bot: Bot) -> None:
    """The menu lists every command with its description; arrows choose, Enter sends, Escape closes."""
    menu = page.get_by_role("listbox", name="Commands")
    await button(page, "Menu").press("Enter")
    await expect(menu.get_by_role("option")).to_have_count(3)
    await expect(menu).to_contain_text("What is proposed")
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await button(page, "Menu").press("Enter")
    for name in ("ArrowDown", "ArrowDown", "Enter"):
        await page.keyboard.press(name)
    assert await bot.heard() == "/initiatives"
    await expect(menu).to_be_hidden()


async def test_typing_completes_commands(page: Page, bot: Bot) -> None:
    """The commands that begin as typed are offered; Tab writes the first, Enter sends it, Escape sends as typed."""
    await box(page).press_sequentially("/ini")
    await expect(page.get_by_role("option")).to_have_count(1)
    await box(page).press("Tab")
    await expect(box(page)).to_have_value("/initiatives ")
    await box(page).fill("")
    await box(page).press_sequentially("/he")
    await box(page).press("Enter")
    assert await bot.heard() == "/help"
    await box(page).press_sequentially("/he")
    await box(page).press("Escape")
    await box(page).press("Enter")
    assert await bot.heard() == "/he"


async def test_each_user_has_a_chat_of_their_own(page: Page, bot: Bot) -> None:
    """After the switch to Daniel the private chat is his, and what he writes comes from him."""
    await button(page, "Daniel").click()
    await expect(button(page, "START")).to_be_visible()
    await box(page).fill("hello")
    await box(page).press("Enter")
    message = (await bot.update())["message"]
    assert (message["chat"]["id"], message["from"]["first_name"]) == (DANIEL, "Daniel")
    await button(page, "Aigerim").click()
    await expect(last(page)).to_contain_text("/start")


async def test_unread_messages_are_counted_until_the_chat_is_opened(page: Page, bot: Bot) -> None:
    """A chat out of view counts what comes; opening it shows the messages and ends the count."""
    await bot.say("one", GROUP)
    await bot.say("two", GROUP)
    await button(page, "Reading circle, 2 unread").click()
    await expect(page.get_by_role("heading", name="Reading circle")).to_be_visible()
    await expect(last(page)).to_contain_text("two")
    await expect(button(page, "Reading circle")).to_have_attribute("aria-current", "true")
    await box(page).fill("/help")
    await box(page).press("Enter")
    assert await bot.heard() == "/help"


async def test_only_administrators_write_in_the_channel(page: Page, bot: Bot) -> None:
    """Aigerim, an administrator, has the composer in the channel; Daniel reads."""
    await bot.say("Digest of the day", CHANNEL)
    await button(page, "Digests, 1 unread").click()
    await expect(box(page)).to_be_visible()
    await button(page, "Daniel").click()
    await expect(last(page)).to_contain_text("Digest of the day")
    await expect(page.get_by_text("Only administrators can write here")).to_be_visible()
    await expect(box(page)).to_be_hidden()


async def test_the_bot_can_be_blocked_and_unblocked(page: Page, bot: Bot) -> None:
    """Blocking tells the bot, and takes the composer away until it is unblocked."""
    await button(page, "More").click()
    await button(page, "Block bot").click()
    assert (await bot.update())["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    await expect(box(page)).to_be_hidden()
    await button(page, "Unblock bot").click()
    assert (await bot.update())["my_chat_member"]["new_chat_member"]["status"] == "member"
    await expect(box(page)).to_be_visible()


async def test_typing_is_shown_until_the_message_comes(page: Page, bot: Bot) -> None:
    """The bot's chat action stands under the chat's name until its message arrives."""
    await bot.call("sendChatAction", chat_id=AIGERIM, action="typing")
    await expect(page.locator("#subtitle")).to_have_text("typing…")
    await bot.say("here")
    await expect(page.locator("#subtitle")).to_have_text("bot")


async def test_copy_and_url_buttons(page: Page, bot: Bot) -> None:
    """A copy button copies, a URL button is a link to a new tab, and an unsafe address is no link at all."""
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    keys = [
        {"text": "Copy", "copy_text": {"text": "the text"}},
        {"text": "Open", "url": "https://example.org/"},
    ]
    await bot.say("choose", reply_markup={"inline_keyboard": [keys]})
    await button(page, "Copy").click()
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == "the text"
    await expect(page.get_by_role("link", name="Open")).to_have_attribute("href", "https://example.org/")
    unsafe = "import('/page/entities.js').then((m) => m.link('javascript:alert(1)', ['x']).outerHTML)"
    assert await page.evaluate(unsafe) == "<span>x</span>"


async def test_a_link_that_starts_the_bot_starts_it_here(page: Page, bot: Bot) -> None:
    """A t.me link to this bot sends /start with its payload instead of leaving the demo."""
    await bot.say("Share: https://t.me/digest_bot?start=initiatives")
    await page.get_by_role("link", name=re.compile("t.me")).click()
    assert await bot.heard() == "/start initiatives"


async def test_overlapping_and_wrong_entities_leave_the_text_whole(page: Page) -> None:
    """However entities lie, the nodes put together are the text again."""
    spans = [(0, 4), (2, 4), (2, 9), (5, 0), (8, 99), (99, 1), (0, 10)]
    entities = [{"type": "bold", "offset": offset, "length": length} for offset, length in spans]
    whole = """async (entities) => {
      const { nest, toNodes } = await import("/page/entities.js");
      const { element } = await import("/page/dom.js");
      return element("p", {}, ...toNodes(nest("0123456789", entities), 0)).textContent;
    }"""
    assert await page.evaluate(whole, entities) == "0123456789"


async def test_a_refused_text_comes_back(page: Page, bot: Bot) -> None:
    """When the server refuses a message, the reason is shown and the text is in the box again."""
    await bot.say("ready")
    await box(page).fill("x" * 4097)
    await box(page).press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("4096")
    await expect(box(page)).to_have_value("x" * 4097)


async def test_the_page_tells_that_no_bot_is_connected(page: Page, sandbox: Sandbox) -> None:
    """The line about the missing bot goes when the bot asks for updates."""
    notice = page.get_by_role("status").filter(has_text="The bot is not connected yet")
    await expect(notice).to_be_visible()
    async with aiohttp.ClientSession() as session:
        await Bot(session, sandbox).call("getUpdates")
    await expect(notice).to_be_hidden()


async def test_the_page_returns_after_a_restart_of_the_server(page: Page, sandbox: Sandbox) -> None:
    """Without its server the page says so; when the server is back, it shows the new state by itself."""
    await box(page).fill("hello")
    await box(page).press("Enter")
    await expect(last(page)).to_contain_text("hello")
    port = urlsplit(sandbox.url).port or 0
    await sandbox.stop()
    await expect(page.get_by_role("status").filter(has_text="No connection to the demo")).to_be_visible()
    again = Sandbox(SandboxSettings(port=port))
    await again.start()
    await expect(button(page, "START")).to_be_visible(timeout=15_000)
    await again.stop()


async def test_jumping_without_a_planned_delivery_explains_itself(page: Page) -> None:
    """The jump's refusal is a toast that says what to do."""
    await expect(page.get_by_text("Next delivery: none planned yet")).to_be_visible()
    await button(page, "Jump to next delivery").click()
    await expect(page.get_by_role("status").filter(has_text="subscribe first")).to_be_visible()


async def test_the_clock_moves_by_a_day(page: Page) -> None:
    """The clock at the top shows the demo's time, and a button moves it."""
    before = await page.locator("#now").text_content()
    await button(page, "+1 day").click()
    await expect(page.locator("#now")).not_to_have_text(before or "")


async def test_a_phone_shows_one_screen_at_a_time(page: Page, bot: Bot) -> None:
    """At 360 pixels nothing overflows, even a very long word, and the back button leads to the chats."""
    keys = [{"text": "A long label of a button " * 2, "callback_data": str(n)} for n in range(3)]
    await page.set_viewport_size({"width": 360, "height": 740})
    await bot.say("ш" * 2000 + " 👩‍👩‍👧‍👦 שלום", reply_markup={"inline_keyboard": [keys]})
    fits = "[document.documentElement, document.querySelector('#log')].every(e => e.scrollWidth <= e.clientWidth)"
    for _ in range(2):
        await expect(last(page)).to_be_visible()
        assert await page.evaluate(fits)
        await button(page, "Back to chats").click()
        await expect(box(page)).to_be_hidden()
        assert await page.evaluate(fits)
        await button(page, "Digest Bot").click()


async def test_every_target_is_large_enough_for_a_finger(page: Page, bot: Bot) -> None:
    """All buttons, and the box, are at least 40 pixels high and wide."""
    await page.set_viewport_size({"width": 360, "height": 740})
    await bot.say("choose", reply_markup=NEXT)
    await expect(last(page)).to_contain_text("choose")
    targets = page.locator("button:not(.command), textarea").filter(visible=True)
    for target in await targets.all():
        area = await target.bounding_box()
        assert area, target
        assert min(area["width"], area["height"]) >= 40, await target.text_content()


async def test_dark_follows_the_system_and_the_switch_is_remembered(page: Page) -> None:
    """The page is dark where the system is, and the person's own choice survives a reload."""
    background = "getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(background)
    await page.emulate_media(color_scheme="dark")
    dark = await page.evaluate(background)
    assert dark != light
    await button(page, "Dark theme").click()
    assert await page.evaluate(background) == light
    await page.reload()
    assert await page.evaluate(background) == light


FORUM, WATER = -1001000000003, 1
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def sheet(page: Page) -> Locator:
    """The sheet that asks for something."""
    return page.locator("#sheet")


async def keys(bot: Bot, *rows: list[dict[str, Any]], **more: Any) -> None:
    """Send Aigerim a reply keyboard."""
    await bot.say("choose", reply_markup={"keyboard": rows, **more})


async def test_topics_are_tabs_of_their_group(page: Page, bot: Bot) -> None:
    """Each topic shows its own messages and counts its unread ones; what is written there names the topic."""
    await bot.say("In the topic", FORUM, message_thread_id=WATER)
    await button(page, "Forum, 1 unread").click()
    await expect(page.get_by_text("Nothing in this topic yet")).to_be_visible()
    await button(page, "Water, 1 unread").click()
    await expect(last(page)).to_contain_text("In the topic")
    await box(page).fill("/help")
    await box(page).press("Enter")
    message = (await bot.update())["message"]
    assert (message["text"], message["message_thread_id"]) == ("/help", WATER)
    await button(page, "General").click()
    await expect(page.get_by_text("Nothing in this topic yet")).to_be_visible()


async def test_topics_are_opened_and_closed(page: Page, bot: Bot) -> None:
    """A new topic is shown at once; in a closed one a member reads why there is nothing to write in."""
    await button(page, "Forum").click()
    await button(page, "More").click()
    await button(page, "New topic").click()
    await sheet(page).get_by_label("Name").fill("Peace")
    await page.keyboard.press("Enter")
    await expect(button(page, "Peace")).to_have_attribute("aria-pressed", "true")
    await expect(last(page)).to_contain_text("You opened the topic “Peace”")
    await bot.update()
    await button(page, "More").click()
    await button(page, "Close topic").click()
    assert "forum_topic_closed" in (await bot.update())["message"]
    await button(page, "Ivan").click()
    await expect(page.get_by_text("This topic is closed")).to_be_visible()
    await expect(box(page)).to_be_hidden()


async def test_an_administrator_posts_in_the_channel(page: Page, bot: Bot) -> None:
    """A post of a person reaches the bot as the channel's; a silent one of the bot's bears a mark."""
    await button(page, "Digests").click()
    await box(page).fill("news")
    await box(page).press("Enter")
    assert (await bot.update())["channel_post"]["sender_chat"]["id"] == CHANNEL
    await bot.say("hush", CHANNEL, disable_notification=True)
    await expect(last(page)).to_contain_text("silent")


def results(*titles: str, **more: Any) -> dict[str, Any]:
    """Inline results, one for each title."""
    articles = [
        {
            "type": "article",
            "id": title,
            "title": title,
            "description": "It says",
            "input_message_content": content,
        }
        for title in titles
        for content in [{"message_text": f"All of {title}"}]
    ]
    return {"results": articles, **more}


async def test_an_inline_result_is_shared_by_keyboard(page: Page, bot: Bot) -> None:
    """`@digest_bot words` shows results in any chat; arrows choose, Enter posts, and the message says via whom."""
    await button(page, "Reading circle").click()
    await box(page).press_sequentially("@digest_bot water")
    query = (await bot.update())["inline_query"]
    assert (query["query"], query["chat_type"]) == ("water", "supergroup")
    await bot.call(
        "answerInlineQuery", inline_query_id=query["id"], **results("Springs", "Seas", next_offset="2")
    )
    options = page.get_by_role("listbox", name="Results").get_by_role("option")
    await expect(options).to_have_text(["SpringsIt says", "SeasIt says", "More results"])
    await box(page).press("ArrowUp")
    await box(page).press("Enter")
    more = (await bot.update())["inline_query"]
    assert more["offset"] == "2"
    await bot.call("answerInlineQuery", inline_query_id=more["id"], **results("Rivers"))
    await expect(options.last).to_contain_text("Rivers")
    await expect(options.last).to_have_attribute("aria-selected", "true")
    await box(page).press("Enter")
    await expect(last(page)).to_contain_text("via @digest_bot")
    await expect(last(page)).to_contain_text("All of Rivers")
    await bot.update()
    assert (await bot.update())["chosen_inline_result"]["result_id"] == "Rivers"
    await expect(box(page)).to_have_value("")


async def test_no_inline_result(page: Page, bot: Bot) -> None:
    """Where the bot finds nothing, the list says so, and its button leads to the bot."""
    await box(page).fill("@digest_bot xyz")
    query = (await bot.update())["inline_query"]
    await bot.call("answerInlineQuery", inline_query_id=query["id"], results=[])
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    await box(page).fill("@digest_bot xyz again")
    query = (await bot.update())["inline_query"]
    more = {"button": {"text": "Set up", "start_parameter": "settings"}}
    await bot.call("answerInlineQuery", inline_query_id=query["id"], results=[], **more)
    await page.get_by_role("option", name="Set up").click()
    assert await bot.heard() == "/start settings"


@pytest.mark.parametrize(
    ("button_", "chats"),
    [
        ({"switch_inline_query": "springs"}, ["Digest Bot", "Reading circle", "Digests", "Forum"]),
        (
            {"switch_inline_query_chosen_chat": {"query": "springs", "allow_group_chats": True}},
            ["Reading circle", "Forum"],
        ),
        ({"switch_inline_query_current_chat": "springs"}, []),
    ],
)
async def test_a_share_button_begins_an_inline_query(
    page: Page, bot: Bot, button_: dict[str, Any], chats: list[str]
) -> None:
    """It lets the person choose among the chats that it allows, and fills the box there."""
    await bot.say("x", reply_markup={"inline_keyboard": [[{"text": "Share"} | button_]]})
    await button(page, "Share").click()
    if chats:
        await expect(sheet(page).locator(".option b")).to_have_text(chats)
        await sheet(page).get_by_role("button", name="Forum").click()
        await expect(page.get_by_role("heading", name="Forum")).to_be_visible()
    await expect(box(page)).to_have_value("@digest_bot springs")
    await expect(box(page)).to_be_focused()
    assert (await bot.update())["inline_query"]["query"] == "springs"


async def test_a_place_is_shared_from_a_key(page: Page, bot: Bot) -> None:
    """The key asks for a place, by city or by coordinates; a keyboard for one time goes after it."""
    await keys(bot, [{"text": "Here I am", "request_location": True}], one_time_keyboard=True,
               input_field_placeholder="Or write a city")  # fmt: skip
    await expect(page.get_by_placeholder("Or write a city")).to_be_visible()
    await button(page, "Here I am").click()
    await sheet(page).get_by_role("button", name="Almaty").click()
    assert (await bot.update())["message"]["location"] == {"latitude": 43.2389, "longitude": 76.8897}
    await expect(last(page)).to_contain_text("43.2389° N, 76.8897° E")
    await expect(button(page, "Here I am")).to_be_hidden()
    await keys(bot, [{"text": "Here I am", "request_location": True}])
    await button(page, "Here I am").click()
    await sheet(page).get_by_label("Latitude").fill("-33.5")
    await sheet(page).get_by_label("Longitude").fill("151")
    await page.keyboard.press("Enter")
    assert (await bot.update())["message"]["location"] == {"latitude": -33.5, "longitude": 151}


async def test_plain_keys_write_their_text(page: Page, bot: Bot) -> None:
    """A key writes what stands on it, stays for the next time, and goes when the bot takes the keyboard away."""
    await keys(bot, [{"text": "Almaty"}, {"text": "Astana"}])
    await button(page, "Astana").click()
    assert await bot.heard() == "Astana"
    await expect(button(page, "Almaty")).to_be_visible()
    await bot.say("done", reply_markup={"remove_keyboard": True})
    await expect(button(page, "Almaty")).to_be_hidden()


async def test_a_chat_is_chosen_from_a_key(page: Page, bot: Bot) -> None:
    """The key offers the chats that fit; the one chosen is told to the bot."""
    request = {
        "request_id": 5,
        "chat_is_channel": True,
        "user_administrator_rights": {"can_post_messages": True},
    }
    await keys(bot, [{"text": "Choose a channel", "request_chat": request}])
    await button(page, "Choose a channel").click()
    await expect(sheet(page).locator(".option")).to_have_count(1)
    await sheet(page).get_by_role("button", name="Digests").click()
    assert (await bot.update())["message"]["chat_shared"] == {"request_id": 5, "chat_id": CHANNEL}
    await expect(last(page)).to_contain_text("You chose a chat for the bot")
    await button(page, "Ivan").click()
    await button(page, "START").click()
    await bot.update()
    await bot.say("choose", 503, reply_markup={"keyboard": [[{"text": "Mine", "request_chat": request}]]})
    await button(page, "Mine").click()
    await expect(sheet(page)).to_contain_text("None of your chats fits")
    await page.keyboard.press("Escape")
    await expect(sheet(page)).to_be_hidden()


async def test_roles_are_changed_on_the_page(page: Page, bot: Bot) -> None:
    """The bot learns that it was removed, and a person who has left no longer sees the chat."""
    await button(page, "Reading circle").click()
    await button(page, "More").click()
    await button(page, "Members and roles").click()
    await sheet(page).get_by_label("Role of Digest Bot").select_option("kicked")
    assert (await bot.update())["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    await sheet(page).get_by_label("Role of Ivan").select_option("left")
    await button(page, "Close").click()
    await expect(page.locator("#subtitle")).to_have_text("3 members")
    await button(page, "Ivan").click()
    await expect(page.get_by_role("heading", name="Digest Bot")).to_be_visible()
    await expect(button(page, "Reading circle")).to_be_hidden()


async def test_a_channel_is_made_on_the_page(page: Page, bot: Bot) -> None:
    """A new chat opens at once; the bot learns that it was added."""
    await button(page, "New group or channel").click()
    await sheet(page).get_by_label("Title").fill("Water news")
    await sheet(page).get_by_label("Kind").select_option("Channel")
    await button(page, "Create").click()
    await expect(page.get_by_role("heading", name="Water news")).to_be_visible()
    added = (await bot.update())["my_chat_member"]
    assert (added["chat"]["title"], added["new_chat_member"]["status"]) == ("Water news", "administrator")


async def test_a_link_that_adds_the_bot_asks_where(page: Page, bot: Bot) -> None:
    """A startgroup link lets the person choose a group, and the group hears the command."""
    await bot.say("Add me: https://t.me/digest_bot?startgroup=hello")
    await page.get_by_role("link", name=re.compile("startgroup")).click()
    await sheet(page).get_by_role("button", name="Reading circle").click()
    assert await bot.heard() == "/start@digest_bot hello"


async def test_a_person_changes_language(page: Page, bot: Bot) -> None:
    """The menu and the description are those of the language; the next update bears it."""
    await bot.call("setMyDescription", description="Қысқа дайджестер", language_code="kk")
    await bot.call(
        "setMyCommands", commands=[{"command": "next", "description": "Келесі"}], language_code="kk"
    )
    await button(page, "Aibek").click()
    await expect(page.get_by_text("Қысқа дайджестер")).to_be_visible()
    await button(page, "Menu").click()
    await expect(page.get_by_role("listbox", name="Commands")).to_have_text("/nextКелесі")
    await button(page, "English").click()
    await expect(button(page, "English")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("It turns a long article")).to_be_visible()
    await button(page, "START").click()
    assert (await bot.update())["message"]["from"]["language_code"] == "en"


async def test_a_picture_and_a_document_are_shown(page: Page, bot: Bot) -> None:
    """The picture loads, with its caption as what it is called; the document is a link that downloads it."""
    for method, name, data in (("sendPhoto", "photo", PICTURE), ("sendDocument", "document", b"{}")):
        form = aiohttp.FormData({"chat_id": str(AIGERIM), "caption": "Readers"})
        form.add_field(name, data, filename="my-data.json")
        async with bot.session.post(bot.url + method, data=form) as answer:
            assert (await answer.json())["ok"]
    picture = page.get_by_role("img", name="Readers")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("naturalWidth", 1)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="my-data.json").click()
    assert (await download.value).suggested_filename == "my-data.json"


async def test_a_rich_article_is_structure(page: Page, bot: Bot) -> None:
    """Headings, lists, tables and folded parts are elements of the page; a folded part opens by keyboard."""
    html = (
        "<h1>Water</h1><ul><li>Springs</li></ul><table><tr><th>Year</th><td>2026</td></tr></table>"
        "<details><summary>Source</summary><p>Paragraph <b>two</b></p></details>"
    )
    await bot.call("sendRichMessage", chat_id=AIGERIM, rich_message={"html": html})
    await expect(last(page).get_by_role("heading", name="Water")).to_be_visible()
    await expect(last(page).get_by_role("listitem")).to_have_text("Springs")
    await expect(last(page).get_by_role("columnheader").or_(last(page).locator("th"))).to_have_text("Year")
    await expect(last(page).locator("strong")).to_be_hidden()
    await last(page).locator("summary").press("Enter")
    await expect(last(page).locator("strong")).to_have_text("two")


async def test_nothing_overflows_a_phone(page: Page, bot: Bot) -> None:
    """At 360 pixels the topics, the keys, the sheets and wide tables keep within the window."""
    await page.set_viewport_size({"width": 360, "height": 740})
    cells = "".join(f"<td>A long cell {n}</td>" for n in range(9))
    await bot.call(
        "sendRichMessage", chat_id=AIGERIM, rich_message={"html": f"<table><tr>{cells}</tr></table>"}
    )
    await keys(bot, [{"text": "A long label " * 3, "request_location": True}, {"text": "ш" * 60}])
    await expect(last(page)).to_contain_text("choose")
    assert await page.evaluate(FITS)
    await page.locator("#keys button").first.click()
    assert await page.evaluate(FITS)
    await page.keyboard.press("Escape")
    await button(page, "Back to chats").click()
    await button(page, "Forum").click()
    assert await page.evaluate(FITS)
