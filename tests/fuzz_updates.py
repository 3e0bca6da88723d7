"""Mutated updates through the whole Application: the polling loop, the gate, the real handlers, store and content.

Telegram is a backend that hands out updates and takes down what is answered. No update, however broken, may end in an
exception, and every good one that stands among them is answered.
"""

import asyncio
import contextlib
import copy
import json
import logging
import random
import resource
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog
from telegram.error import TelegramError
from telegram.ext import ContextTypes
from telegram.request import BaseRequest, RequestData

from bot.config import Settings
from bot.content.loader import load_library
from bot.core.library import Library
from bot.locales import load_languages
from bot.services.leading import Leadership
from bot.store import open_store
from bot.telegram.application import App, build_application
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.intake import UpdatesRequest
from bot.telegram.polling import Polling, polling
from bot.telegram.receiving import Receiving
from bot.wiring import Wiring, finders
from tests.fakes import FixedClock, ForgottenHolds, RecordingAlerts

ROOT = Path(__file__).parents[1]
BOT = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
SEED = 2026
GOOD = 10**12
"""Ids from here on belong to updates that are not mutated; each is used once."""
EACH_GOOD = 40
"""One update in so many is good."""
AT_ONCE = 100
MOST_SHOWN = 20
Json = dict[str, Any]

WORDS = (
    "hello", "/start", "/help", "/themes", "/next", "/article", "/changes", "/subscribe", "/subscribe 22:30 mon,fri",
    "/subscribe 7 Asia/Almaty daily", "/unsubscribe", "/next@digest_bot", "/next@other_bot", "/nothing",
    "/broadcast hi", "/settings",
    "/language", "/search water", "/mydata", "/forgetme", "/privacy", "/stats", "Алматы", "су", "18:30",
)  # fmt: skip
DATA = (
    "next", "themes", "over", "d:{digest}", "p:{digest}", "n:{digest}", "r:{digest}", "s:", "s:time", "s:t:08:00",
    "s:d:1", "s:c:{theme}", "s:z:Asia/Almaty", "s:off", "b:send:1", "d:", ":", "s:t:99:99", "x:y:z",
)  # fmt: skip
NASTY = (
    "", " ", "/", "/@", "//", "@", "\x00", "\ud800", "\udfff\ud800", "\u202e/next", "\u2066\u200f", "a\u0301" * 300,
    "/" + "x" * 70_000, "x" * 5_000, "😀" * 3_000, "<b>", "</b>&amp;<", "%s%n{0}", "' OR 1=1 --", "\r\n\x1b[2J",
    "\ufeff",
)  # fmt: skip
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**52, 2**63, -(2**63), 2**64, 10**30, 10**400, 1.5, float("nan"), float("inf"),
    [], {}, [[]], [None], {"": None}, {"id": {}}, [{"type": "bot_command", "offset": -5, "length": 10**9}], "1", "null",
)  # fmt: skip


class Sender(UpdatesRequest):
    """getUpdates: hands out the next updates once the last ones are dealt with, each until it is confirmed."""

    def __init__(self, updates: Iterator[bytes]) -> None:
        super().__init__(1)
        self.updates = updates
        self.number = 1000
        self.waiting: deque[tuple[int, bytes]] = deque()
        self.settled: Callable[[], Any] = lambda: asyncio.sleep(0)
        self.finished = asyncio.Event()

    async def do_request(
        self, *_: Any, request_data: RequestData | None = None, **__: Any
    ) -> tuple[int, bytes]:
        """One answer of Telegram's."""
        await self.settled()
        given: Json = request_data.parameters if request_data else {}
        offset = given.get("offset") or 0
        while self.waiting and self.waiting[0][0] < offset:
            self.waiting.popleft()
        while len(self.waiting) < AT_ONCE and (update := next(self.updates, None)) is not None:
            self.number += 1
            self.waiting.append((self.number, update.replace(b'"@number"', b"%d" % self.number)))
        if not self.waiting:
            self.finished.set()
            await asyncio.sleep(0.1)
        return 200, b'{"ok":true,"result":[%s]}' % b",".join(update for _, update in self.waiting)


class Recorder(BaseRequest):
    """All other methods: takes down who was answered. Telegram would refuse some of it, which is not asked here."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.answered: set[int | str] = set()
        self.heard: Callable[[Json], object] = lambda _: None

    @property
    def read_timeout(self) -> None:
        """It answers at once."""

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self, url: str, *_: Any, request_data: RequestData | None = None, **__: Any
    ) -> tuple[int, bytes]:
        """One call of the bot's."""
        name = url.rpartition("/")[2]
        given: Json = request_data.parameters if request_data else {}
        self.calls[name] += 1
        if name in {"sendMessage", "answerCallbackQuery"}:
            self.heard(given)
        to = given.get("callback_query_id") or given.get("chat_id") or 0
        if abs(int(to) if str(to).lstrip("-").isdecimal() else 0) >= GOOD:
            self.answered.add(to)
        chat = {"id": given.get("chat_id", 1), "type": "private"}
        status = "administrator" if given.get("user_id", 0) % 2 else "left"
        rights = dict.fromkeys(ADMIN_RIGHTS, False)
        result: Any = {
            "getMe": BOT,
            "sendMessage": {"message_id": 5, "date": 1, "chat": chat, "text": "sent"},
            "editMessageText": True,
            "getChat": chat | {"accent_color_id": 0, "max_reaction_count": 1, "accepted_gift_types": GIFTS},
            "getChatMember": {"status": status, "user": BOT | {"id": 7}, "can_be_edited": False, **rights},
        }.get(name, True)
        return 200, orjson.dumps({"ok": True, "result": result})


GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)
ADMIN_RIGHTS = (
    "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
    "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories",
    "can_delete_stories",
)  # fmt: skip


class Unpaced(GovernorLimiter):
    """Nobody waits for a turn: there is no Telegram to be kind to."""

    async def process_request(
        self, callback: Any, args: Any, kwargs: Any, endpoint: Any, data: Any, rate_limit_args: Any
    ) -> Any:
        """Make the call."""
        del endpoint, data, rate_limit_args
        return await callback(*args, **kwargs)


@dataclass
class Makes:
    """Makes updates of every kind that the bot can get, good ones and mutants of them."""

    library: Library
    chance: random.Random
    good: set[int | str] = field(default_factory=set)
    made: int = 0
    resident: int = 0

    def updates(self, count: int) -> Iterator[bytes]:
        """So many updates; the last one is good, so that all are confirmed."""
        for number in range(1, count + 1):
            self.made = number
            if number == count // 10:
                self.resident = _resident()
            if number % EACH_GOOD == 0 or number == count:
                yield self._good(number)
            else:
                kind, body = self._any()
                yield _bytes(self._mutated({"update_id": "@number", kind: body}))

    def _good(self, number: int) -> bytes:
        """One whose answer can be told from all others: it goes to a chat, or a query, of its own."""
        own, digest = GOOD + number, self.chance.choice(self._digests())
        match number // EACH_GOOD % 5:
            case 0:
                self.good.add(own)
                body = self._message(own, {"id": own, "type": "private", "first_name": "A"}, "/themes")
            case 1:
                self.good.add(-own)
                body = self._message(
                    own, {"id": -own, "type": "supergroup", "title": "G"}, "/next@digest_bot"
                )
                body |= {"message_thread_id": 7, "is_topic_message": True}
            case 2:
                self.good.add(-own)
                chat = {"id": -own, "type": "channel", "title": "C"}
                body = self._message(own, chat, "/article") | {"sender_chat": chat}
                del body["from"]
                return _bytes({"update_id": "@number", "channel_post": body})
            case 3:
                self.good.add(str(own))
                message = self._message(own, {"id": own, "type": "private", "first_name": "A"}, "a digest")
                body = {"id": str(own), "from": _user(own), "message": message, "chat_instance": "1"}
                body["data"] = f"d:{digest}"
                return _bytes({"update_id": "@number", "callback_query": body})
            case _:
                self.good.add(own)
                chat = {"id": own, "type": "private", "first_name": "A"}
                body = self._message(own, chat, self.chance.choice(("just a word", "/subscribe 8:00", "/x")))
        return _bytes({"update_id": "@number", "message": body})

    def _any(self) -> tuple[str, Json]:
        user, group = self.chance.randint(100, 10**9), -self.chance.randint(10**10, 10**11)
        private: Json = {"id": user, "type": "private", "first_name": "A"}
        super_: Json = {"id": group, "type": "supergroup", "title": "G", "is_forum": True}
        channel: Json = {"id": group, "type": "channel", "title": "C"}
        word = self.chance.choice((*WORDS, *(f"/{theme.name}" for theme in self.library.themes)))
        message, service = self._message(user, private, word), self._message(user, super_, "")
        member, kicked = {"user": BOT, "status": "member"}, {"user": BOT, "status": "kicked", "until_date": 0}
        kind, changes = self.chance.choice(
            (
                ("message", {}),
                ("message", {"chat": super_}),
                ("message", {"chat": super_, "message_thread_id": 7, "is_topic_message": True}),
                ("message", {"chat": super_, "sender_chat": super_}),
                ("message", {"reply_to_message": service}),
                (
                    "message",
                    {"text": None, "entities": [], "location": {"latitude": 43.2, "longitude": 76.9}},
                ),
                (
                    "message",
                    {"text": None, "entities": [], "chat_shared": {"request_id": 1, "chat_id": group}},
                ),
                ("message", {"text": None, "entities": [], "chat": super_, "migrate_to_chat_id": group - 1}),
                ("message", {"text": None, "entities": [], "chat": super_, "migrate_from_chat_id": -user}),
                ("message", {"text": None, "entities": [], "photo": [{"file_id": "a", "width": 1}]}),
                ("channel_post", {"chat": channel, "sender_chat": channel}),
                ("callback_query", {"message": message | {"from": BOT}}),
                ("callback_query", {"message": service | {"from": BOT, "text": "a"}}),
                ("callback_query", {"message": {"chat": private, "message_id": 9, "date": 0}}),
                ("callback_query", {"inline_message_id": "a"}),
                ("my_chat_member", {"chat": private, "old_chat_member": member, "new_chat_member": kicked}),
                ("my_chat_member", {"chat": super_, "old_chat_member": kicked, "new_chat_member": member}),
                ("inline_query", {"id": str(user), "offset": ""}),
                ("chosen_inline_result", {"result_id": "a"}),
            )
        )
        base: Json = {
            "message": message,
            "channel_post": message,
            "callback_query": {
                "id": str(user),
                "from": _user(user),
                "data": self._data(),
                "chat_instance": "1",
            },
            "my_chat_member": {"date": 1_795_000_000, "from": _user(user)},
        }.get(kind, {"from": _user(user), "query": "water"})
        return kind, {name: value for name, value in (base | changes).items() if value is not None}

    def _digests(self) -> list[str]:
        return [item.id for theme in self.library.themes for item in theme.digests]

    def _data(self) -> str:
        digest, theme = self.chance.choice(self._digests()), self.chance.choice(self.library.themes).name
        return self.chance.choice(DATA).format(digest=digest, theme=theme)

    def _message(self, user: int, chat: Json, text: str) -> Json:
        body: Json = {"message_id": 9, "date": 1_795_000_000, "chat": chat, "from": _user(user), "text": text}
        if text.startswith("/"):
            body["entities"] = [
                {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
            ]
        return body

    # -- mutants ------------------------------------------------------------------------------------------

    def _mutated(self, update: Json) -> Any:
        """One to six changes at any depth."""
        update = orjson.loads(orjson.dumps(update))  # a copy of its own, down to the last part
        for _ in range(self.chance.choice((1, 1, 2, 3, 6))):
            places = list(_places(update))
            if places:
                self._change(*self.chance.choice(places), places)
        return self.chance.choice(JUNK) if self.chance.random() < 0.005 else update

    def _change(self, inside: Any, key: Any, places: list[tuple[Any, Any]]) -> None:  # noqa: C901  a table
        value, chance = inside[key], self.chance
        other, place = chance.choice(places)
        match chance.randint(0, 8):
            case 0:
                del inside[key]
            case 1 if isinstance(inside, list):
                inside.append(copy.deepcopy(value))
            case 1:
                inside[chance.choice((str(place), "message", "callback_query", "chat", "x"))] = copy.deepcopy(
                    value
                )
            case 2:
                inside[key] = copy.deepcopy(chance.choice(JUNK))
            case 3:
                inside[key] = chance.choice(NASTY)
            case 4 if isinstance(value, str):
                cut = chance.randint(0, len(value))
                inside[key] = value[:cut] + chance.choice((*NASTY, "@", ":", " ")) + value[cut:]
            case 5 if type(value) is int and abs(value) < 2**64:
                inside[key] = chance.choice((-value, value + 1, value * 2**20, str(value), value / 2, 0))
            case 6:
                ids = [(into, name) for into, name in places if type(into[name]) is int]
                if len(ids) > 1:
                    (a, first), (b, second) = chance.sample(ids, 2)
                    a[first], b[second] = b[second], a[first]
            case 7:
                inside[key] = _nested(chance.choice((1, 2, 5, 40)), value)
            case _:
                inside[key] = copy.deepcopy(other[place])


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a tree of objects and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in list(items):
        yield value, key
        yield from _places(inside)


def _nested(depth: int, value: Any) -> Any:
    for level in range(depth):
        value = {"reply_to_message": value} if level % 2 else [value]
    return value


def _bytes(update: Any) -> bytes:
    return json.dumps(update).encode()


def _user(user: int) -> Json:
    return {"id": user, "is_bot": False, "first_name": "A", "username": "a", "language_code": "kk"}


@dataclass
class Outcome:
    """What came of the updates."""

    count: int = 0
    good: int = 0
    malformed: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    lost: set[int | str] = field(default_factory=set)
    seconds: float = 0.0
    growth: int = 0
    """KiB of resident memory beyond the first tenth."""

    def __str__(self) -> str:
        """The figures in one line."""
        return (
            f"{self.count:,} updates, {self.good:,} of them good and {len(self.lost)} of these lost; "
            f"{self.malformed:,} refused, {self.calls.total():,} calls, {len(self.violations)} unhandled; "
            f"memory +{self.growth / 1024:.1f} MiB, {self.seconds:.0f} s"
        )


class _Errors(logging.Handler):
    """What libraries log as an error: PTB and asyncio do so with what nobody caught."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._kept.append(record.getMessage() + "".join(traceback.format_exception(error) if error else ()))


@contextlib.contextmanager
def _watched(outcome: Outcome) -> Iterator[None]:
    """Count our log lines, and keep what libraries log as errors."""

    def count(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Json:
        outcome.malformed += event["event"] in {"update.malformed", "update.unnumbered"}
        raise structlog.DropEvent

    handler, loggers = (
        _Errors(outcome.violations),
        [logging.getLogger(name) for name in ("telegram", "asyncio")],
    )
    before = structlog.get_config()
    structlog.configure(processors=[count])
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        structlog.configure(**before)
        for logger in loggers:
            logger.removeHandler(handler)


@contextlib.asynccontextmanager
async def _application(
    sender: Sender, recorder: Recorder, library: Library
) -> AsyncIterator[tuple[App, Receiving]]:
    """The bot as the composition root wires it, but for Telegram."""
    clock = FixedClock()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        url = f"sqlite:///{folder}/bot.db"
        given = {"telegram": {"admins": [501], "channel_commands": True}, "storage": {"url": url}}
        settings, limiter = Settings.model_validate(given), Unpaced(30, clock, ForgottenHolds(), {})
        store = open_store(url)
        application = build_application("1000000001:fuzz", "http://127.0.0.1:9", limiter, 1)
        application.bot._request = (sender, recorder)
        try:
            await application.initialize()
            leading = Leadership(store, "me")
            wiring = Wiring(application, store, clock, settings, load_languages(), leading)
            _, informing = await wiring.telling()
            reception = wiring.receive("1000000001:fuzz", ())
            found_by = finders(library, wiring.languages)
            reception.take(library, await store.register(library.ids, clock.now()), found_by)
            wiring.add_answers(reception, informing)
            yield application, Receiving(application, store, Gate(), clock, leading.owner)
        finally:
            await application.shutdown()
            await store.close()


async def run(count: int, seed: int) -> Outcome:
    """Send so many updates through the Application."""
    library = load_library(ROOT / "content").library
    assert library is not None
    outcome = Outcome(count)
    makes = Makes(library, random.Random(seed))  # noqa: S311  a seed makes it repeatable
    sender, recorder = Sender(makes.updates(count)), Recorder()

    async def seen(update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        if context.error is not None and not isinstance(context.error, TelegramError):
            outcome.violations.append(
                "".join(traceback.format_exception(context.error)) + f"\n{update!r:.2000}"
            )

    began = time.monotonic()
    with _watched(outcome):
        async with _application(sender, recorder, library) as (application, receiving):
            application.add_error_handler(seen)
            sender.settled = receiving.settled
            async with polling(Polling(application, receiving.take, RecordingAlerts())):
                await sender.finished.wait()
    assert makes.made == count, f"only {makes.made} updates could be made"
    outcome.seconds = time.monotonic() - began
    outcome.growth = _resident() - makes.resident
    outcome.good, outcome.lost, outcome.calls = (
        len(makes.good),
        makes.good - recorder.answered,
        recorder.calls,
    )
    return outcome


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
