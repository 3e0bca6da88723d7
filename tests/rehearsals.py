"""Scenarios of the campaign about chats, texts, clocks and disks: each gives a row of figures."""

import asyncio
import datetime as dt
import itertools
import math
import time
from pathlib import Path

from bot.core.delivery import Migrated
from bot.core.language import ENGLISH
from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.services.delivering import Delivering
from bot.services.subscribing import Subscribing
from bot.store import open_store
from tests.campaign import FIRST, Rig, rig
from tests.fakes import ATLAS, LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender
from tests.invariants import Row, examine
from tests.scenarios import calls_of, pace, seconds_of, sending_seconds, undisturbed

GONE = (
    "Forbidden: bot was blocked by the user",
    "Forbidden: user is deactivated",
    "Forbidden: bot was kicked from the group chat",
    "Forbidden: bot was kicked from the supergroup chat",
    "Forbidden: bot was kicked from the channel chat",
    "Forbidden: bot is not a member of the supergroup chat",
    "Forbidden: bot is not a member of the channel chat",
    "Forbidden: the group chat was deleted",
    "Forbidden: bot can't initiate conversation with a user",
    "Bad Request: TOPIC_CLOSED",
    "Bad Request: message thread not found",
)
"""Answers after which a chat gets nothing until it returns."""
FAILED_ONCE = (
    "Bad Request: chat not found",
    "Bad Request: private chat not found",
    "Bad Request: CHAT_WRITE_FORBIDDEN",
    "Bad Request: CHAT_ADMIN_REQUIRED",
    "Bad Request: CHAT_GUEST_SEND_FORBIDDEN",
    "Bad Request: ALLOW_PAYMENT_REQUIRED_100",
    "Bad Request: have no write access to the chat",
    "Bad Request: not enough rights to send text messages to the chat",
)
"""Answers after which today's digest has failed, and tomorrow's is tried."""
CONTENT = ("Bad Request: can't parse entities: unsupported start tag", "Bad Request: message is too long")
"""Answers that blame the text, here for one chat each."""


async def poisoned(
    folder: Path, seed: int, due: int = 3_000, rate: int = 100, *, compare: bool = True
) -> Row:
    """R9: a fifth of the chats answers with one of the errors of the table; compared with none of them."""
    plain = await seconds_of(folder / "without", seed, due, rate) if compare else 0
    new_id = FIRST + due + 99
    async with rig(folder, seed, **pace(rate)) as at:
        await at.subscribe(due)
        await at.telegram.ask("crowd", {"first": new_id, "count": 1})
        for rest, text in enumerate(GONE + FAILED_ONCE):
            await at.telegram.fault(chat_modulo=[100, rest], status=_status(text), description=text)
        for n, text in enumerate(CONTENT):
            await at.telegram.fault(chat=FIRST + 50 + n, status=400, description=text)
        moved = {"status": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat"}
        to = {"migrate_to_chat_id": new_id}
        await at.telegram.fault(**moved, chat=FIRST + 60, parameters=to)
        await undisturbed(at)
        seconds = sending_seconds(at)
        found = await examine(at)
        wrong = [
            (chat, state, paused)
            for chat, state, paused in at.rows(
                "SELECT chat_id, state, paused != '' FROM deliveries JOIN subscriptions USING (chat_id)"
            )
            if (state, bool(paused)) != _expected(chat)
        ]
    return found.row(
        "R9",
        f"20 % of the chats answer one of {len(GONE + FAILED_ONCE + CONTENT) + 1} errors",
        f"{seconds:.1f} s of sending, {plain:.1f} s without the errors",
        every_chat_in_the_state_of_the_table=not wrong,
        the_others_lose_at_most_5_percent=not plain or seconds <= 1.05 * plain,
        migrated_chat_served=(new_id, "sent") in at.rows("SELECT chat_id, state FROM deliveries"),
    )


def _status(text: str) -> int:
    return 403 if text.startswith("Forbidden") else 400


def _expected(chat: int) -> tuple[str, bool]:
    """State of the delivery, and whether the subscription is paused."""
    rest = chat % 100
    if rest < len(GONE):
        return "failed", True
    if rest < len(GONE + FAILED_ONCE) or chat in (FIRST + 50, FIRST + 51):
        return "failed", False
    return "sent", False


async def hanging(folder: Path, seed: int, due: int = 3_000, rate: int = 100, *, compare: bool = True) -> Row:
    """R9: one chat in a hundred takes its message and answers after 30 s, when nobody listens any more."""
    plain = await _seconds_to_all(folder / "without", seed, due, rate, hang=False) if compare else 0
    async with rig(folder, seed, **pace(rate)) as at:
        seconds = await _seconds_to_all(folder, seed, due, rate, hang=True, at=at)
        found = await examine(at)
    return found.row(
        "R9",
        "1 % of the chats answer after 30 s",
        f"everybody had a copy after {seconds:.1f} s, after {plain:.1f} s when nobody hangs",
        the_others_lose_at_most_5_percent=not plain or seconds <= 1.05 * plain,
        only_they_are_unknown=found.states == {"sent": due - due // 100, "unknown": due // 100},
    )


async def _seconds_to_all(
    folder: Path, seed: int, due: int, rate: int, *, hang: bool, at: Rig | None = None
) -> float:
    """Seconds from the first message to the last chat's first copy."""
    if at is None:
        async with rig(folder, seed, **pace(rate)) as made:
            return await _seconds_to_all(folder, seed, due, rate, hang=hang, at=made)
    await at.subscribe(due)
    if hang:
        await at.telegram.fault(mode="delay", delay=30, chat_modulo=[100, 7])
    bot = await at.start()
    await at.has_received(1)
    began = time.monotonic()
    await at.has_received(due)
    seconds = time.monotonic() - began
    await at.settled()
    await at.end(bot)
    return seconds


async def refused_text(folder: Path, seed: int, due: int = 500) -> Row:
    """R10: Telegram refuses one digest."""
    done = asyncio.Event()
    async with rig(folder, seed) as at:
        await at.subscribe(due)
        await at.telegram.fault(text="Springs", status=400, description=CONTENT[0])
        watching = asyncio.create_task(calls_of(at, done))
        await undisturbed(at)
        done.set()
        calls = await watching
        met = [call for call in calls if "Springs" in call["params"]["text"]]
        tried = {call["params"]["chat_id"] for call in met}
        heard = [call["at"] for call in calls if call["params"]["chat_id"] == FIRST - 1]
        found = await examine(at)
    waited = heard[0] - met[0]["at"] if heard else math.inf
    return found.row(
        "R10",
        "one digest is refused as unreadable",
        f"{len(tried)} chats met it; the operator heard after {waited:.1f} s",
        at_most_three_chats_met_it=len(tried) <= 3,
        one_alert_within_5_s=len(heard) == 1 and waited <= 5,
        all_others_got_the_next=found.states == {"failed": 3, "sent": due - 3},
    )


async def migrated(folder: Path, seed: int) -> Row:
    """R11: a group becomes a supergroup: the error and both service messages, in every order."""
    del seed
    began, wrong, cases = time.monotonic(), [], 0
    for order in itertools.permutations(("error", "to", "from")):
        for subscribed in (False, True):
            cases += 1
            if await _migrate(folder / f"{cases}", order, subscribed=subscribed) != ([Chat(-200)], 1, 1):
                wrong.append((order, subscribed))
    broken = tuple(f"{order}, subscribed: {there}" for order, there in wrong)
    return _plain_row("R11", "migration, 6 orders × new id subscribed or not", cases, broken, began)


async def _migrate(folder: Path, order: tuple[str, ...], *, subscribed: bool) -> tuple[list[Chat], int, int]:
    """Subscribed chats, rows and messages taken of today after a group -100 became -200."""
    folder.mkdir(parents=True)
    store, clock, alerts = open_store(f"sqlite:///{folder}/bot.db"), FixedClock(), RecordingAlerts()
    wanted = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
    sender = RecordingSender()
    delivering = Delivering(store, sender, alerts, LIBRARY, clock, "owner")
    subscribing = Subscribing(store, LIBRARY, clock, wanted, ENGLISH, ATLAS)
    for id_ in (-100, -200) if subscribed else (-100,):
        await store.subscribe(Chat(id_), wanted, NOW, NOW)
    await delivering.plan()
    for event in order:
        if event == "error":
            await _send_to_migrated(delivering, sender)
        else:
            await subscribing.moved(-100, -200)
    clock.move(seconds=40)
    await delivering.drain()
    chats = [chat for chat in (Chat(-100), Chat(-200)) if await store.subscription(chat)]
    rows = sum((await store.counts()).values())
    await store.close()
    return chats, rows, sum(chat.id == -200 for chat, _ in sender.sent)


async def _send_to_migrated(delivering: Delivering, sender: RecordingSender) -> None:
    """Whatever goes to the old id is refused with the new one."""
    send = sender.send

    async def send_or_move(chat: Chat, message: object) -> object:
        outcome = await send(chat, message)  # type: ignore[arg-type]
        return Migrated(-200) if chat.id == -100 else outcome

    delivering.sender = type("Sender", (), {"send": staticmethod(send_or_move)})()
    await delivering.drain()


def _plain_row(
    name: str, done: str, cases: int, broken: tuple[str, ...], began: float, notes: str = ""
) -> Row:
    return Row(name, done, cases, {}, 0, 0, 0, notes, broken, time.monotonic() - began)
