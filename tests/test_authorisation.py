"""Who may do what: every role with every registered command and every button that is ever shown, by its effect on disk.

The bot's own handlers run over a Telegram in memory; what a role has changed is read from the database. A new command
or a new kind of button is missing in the tables below, and fails until somebody says what it may do.
"""

import random
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler

from bot.config import Settings, StorageSettings, TelegramSettings
from bot.core.library import Library
from bot.core.model import Chat, Kind, Preferences
from bot.locales import load_languages
from bot.services.leading import Leadership
from bot.store.sql import SqlStore
from bot.store.tables import metadata
from bot.telegram.application import App
from bot.wiring import Wiring, finders
from tests.backend import BOT, DATE, Backend, Json, message, press
from tests.conftest import TOKEN
from tests.fakes import LIBRARY, NOW, FixedClock, article, digests

TOPIC = 5
_SAMPLES = 2
"""Buttons of one kind that are pressed: one of them may show what is chosen already, and change nothing."""
IN_PRIVATE = {"mydata"}
"""What an administrator who asks in a group is given in private."""
OF_LONG_LISTS = {"f": ["f:1"]}
"""Buttons that only a large library shows."""
_FOUND: dict[int, dict[str, list[str]]] = {}
"""The buttons of each chat, once they are found: each test begins with the same rows at the same moment."""
GROUP: Json = {"id": -1001000000001, "type": "supergroup", "title": "Readers <&>", "is_forum": True}
CHANNEL: Json = {"id": -1001000000002, "type": "channel", "title": "Digests", "username": "digests"}
LINKED: Json = {"id": -1001000000009, "type": "channel", "title": "News"}
IN_TOPIC = {"message_thread_id": TOPIC, "is_topic_message": True}
TWO = Library(
    (*LIBRARY.articles, article("lakes", [("deep", digests("d1", "d2"))], LIBRARY.articles[0].published))
)
CHANNEL_ID = CHANNEL["id"]


class May(StrEnum):
    """What a command or a button does for those who may use it."""

    SHOW = "nothing stored"
    READ = "counts as read, at most"
    CHANGE = "changes something for its chat"
    OPERATE = "changes something for the operator"
    OWN = "changes something for a channel"


COMMANDS = {
    "start": May.READ, "help": May.SHOW, "themes": May.SHOW, "next": May.READ, "article": May.SHOW,
    "changes": May.SHOW, "search water": May.SHOW, "privacy": May.SHOW, "mydata": May.SHOW, "forgetme": May.SHOW,
    "water": May.READ, "nonsense": May.SHOW,
    "subscribe 21:00": May.CHANGE, "unsubscribe": May.CHANGE, "settings 2027-01-01": May.CHANGE,
    "language ru": May.CHANGE,
    "channels @digests": May.OWN, f"channels {CHANNEL_ID}": May.OWN,
    "broadcast Hello": May.OPERATE, "outbox": May.SHOW, "stats": May.SHOW,
}  # fmt: skip
"""Every command, with what it needs to have its effect. Names without a command of their own are themes, or nothing."""
BUTTONS = {
    "d": May.READ, "p": May.READ, "n": May.SHOW, "r": May.READ, "next": May.READ, "themes": May.SHOW,
    "s": May.SHOW, "over": May.SHOW, "ch": May.SHOW, "b": May.OPERATE, "keep": May.SHOW, "a": May.SHOW,
    "read": May.READ, "articles": May.SHOW, "f": May.SHOW,
}  # fmt: skip
"""What buttons do by the first word of their data. One that begins with `!` changes something and is sealed."""


@dataclass(frozen=True)
class Role:
    """Somebody in a chat: the sender of commands, and who presses."""

    chat: Json
    sender: Json | None
    status: str | None = None
    more: Mapping[str, Any] = ()  # type: ignore[assignment]
    may_command: bool = False
    may_press: bool = False
    heard: bool = True

    def says(self, text: str) -> dict[str, Json]:
        """A command as an update."""
        body = message(
            self.chat, self.sender, text, **(IN_TOPIC if self.chat is GROUP else {}), **dict(self.more)
        )
        return {"channel_post" if self.chat is CHANNEL else "message": body}

    def presses(self, data: str) -> dict[str, Json]:
        """A press as an update; where the message names no person, it is by a subscriber of the channel."""
        below = IN_TOPIC if self.chat is GROUP else {}
        return {"callback_query": press(self.chat, self.sender or person(80), data, **below)}


def person(id_: int, **more: Any) -> Json:
    """A user."""
    return {"id": id_, "is_bot": False, "first_name": f"User {id_}", "language_code": "en"} | more


def private(user: Json) -> Json:
    """A person's chat with the bot."""
    return {"id": user["id"], "type": "private", "first_name": user["first_name"]}


def service(id_: int, name: str, *, is_bot: bool = True) -> Json:
    """Who Telegram names where no person speaks."""
    return {"id": id_, "is_bot": is_bot, "first_name": name}


READER, OPERATOR, ADMIN = person(501), person(502), person(72)
_ANONYMOUS = service(1087968824, "Group")
_FORWARDED = {"forward_origin": {"type": "user", "date": DATE, "sender_user": person(60)}}
ROLES = {
    "member": Role(GROUP, person(70), "member"),
    "restricted member": Role(GROUP, person(71), "restricted"),
    "administrator": Role(GROUP, ADMIN, "administrator", may_command=True, may_press=True),
    "creator": Role(GROUP, person(73), "creator", may_command=True, may_press=True),
    "anonymous administrator": Role(GROUP, _ANONYMOUS, None, {"sender_chat": GROUP}, may_command=True),
    "ex-administrator": Role(GROUP, person(74), "member", {"author_signature": "owner"}),
    "left user": Role(GROUP, person(75), "left"),
    "banned user": Role(GROUP, person(76), "kicked"),
    "unknown user": Role(GROUP, person(77)),
    "another bot": Role(GROUP, person(78, is_bot=True), "administrator"),
    "forwarded message": Role(GROUP, ADMIN, "administrator", _FORWARDED, may_press=True),
    "member as a channel": Role(GROUP, service(136817688, "Channel"), None, {"sender_chat": LINKED}),
    "linked channel": Role(
        GROUP, service(777000, "Telegram", is_bot=False), "administrator",
        {"sender_chat": LINKED, "is_automatic_forward": True}, heard=False,
    ),
    "operator in the group": Role(GROUP, OPERATOR, "member"),
    "channel post": Role(CHANNEL, None, None, {"sender_chat": CHANNEL}, may_command=True),
    "channel subscriber": Role(CHANNEL, person(80), "member", {"sender_chat": CHANNEL}, may_command=True),
    "channel editor who may not post": Role(
        CHANNEL, person(81), "administrator", {"sender_chat": CHANNEL}, may_command=True
    ),
    "channel creator": Role(
        CHANNEL, READER, "creator", {"sender_chat": CHANNEL}, may_command=True, may_press=True
    ),
    "private reader": Role(private(READER), READER, may_command=True, may_press=True),
    "operator": Role(private(OPERATOR), OPERATOR, may_command=True, may_press=True),
}  # fmt: skip
"""In a channel a post is a command of its own administrators; who presses below a post is anybody."""
_RIGHTS = dict.fromkeys(
    ("can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
     "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
     "can_edit_stories", "can_delete_stories", "can_post_messages"), False,
)  # fmt: skip
_LIMITS = dict.fromkeys(
    ("is_member", "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
     "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
     "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
     "can_react_to_messages", "can_edit_tag"), True,
)  # fmt: skip


def member(user: Json, status: str) -> Json:
    """Somebody as a ChatMember."""
    extra: Json = {"creator": {"is_anonymous": False}, "administrator": _RIGHTS, "restricted": _LIMITS}.get(
        status, {}
    )
    until = {"until_date": 0} if status in {"kicked", "restricted"} else {}
    return {"user": user, "status": status} | extra | until


@dataclass
class Stage:
    """The bot's handlers over a Telegram in memory, with chats that all have a subscription and have read w1."""

    store: SqlStore
    application: App
    telegram: Backend
    watch: sqlite3.Connection
    _start: Mapping[str, list[Any]] | None = None
    _version: int = -1

    def rows(self) -> dict[str, list[Any]]:
        """All that is stored, table by table, as the file has it."""
        names = metadata.tables.keys() - {"counts"}
        return {name: sorted(self.watch.execute(f"SELECT * FROM {name}"), key=repr) for name in names}  # noqa: S608

    async def effect(self, update: dict[str, Json]) -> str:
        """Handle an update, and put everything back; what it did to the rows."""
        self._start = self._start or self.rows()
        await self.telegram.receive(self.application, **update)
        (version,) = self.watch.execute("PRAGMA data_version").fetchone()
        if version == self._version:
            return "nothing"
        self._version = version
        after, before = self.rows(), self._start
        if after == before:
            return "nothing"
        await self._restore()
        known = {row[:2] for row in before["chats"]}
        met = [row for row in after["chats"] if row[:2] in known or row[3]]
        reads = {row[:3] for row in before["progress"]} <= {row[:3] for row in after["progress"]}
        others = before.keys() - {"chats", "progress"}
        same = met == before["chats"] and all(after[name] == before[name] for name in others)
        return "read" if reads and same else "changed"

    async def _restore(self) -> None:
        def restore(connection: Connection) -> None:
            for name, rows in (self._start or {}).items():
                connection.exec_driver_sql(f"DELETE FROM {name}")  # noqa: S608
                marks = ", ".join("?" * len(rows[0])) if rows else ""
                for row in rows:
                    connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({marks})", row)  # noqa: S608

        await self.store.run(restore, alone=True)

    def handlers(self) -> Iterator[Any]:
        """All that is registered for updates."""
        for group in self.application.handlers.values():
            yield from group


@pytest.fixture
async def stage(store: SqlStore, tmp_path: Path) -> AsyncIterator[Stage]:
    """Everything wired as in the running bot, but for the network."""
    people = [
        *ROLES.values(),
        Role(CHANNEL, READER, "creator"),
        Role(CHANNEL, BOT, "creator"),
        Role(GROUP, BOT, "member"),
    ]
    members = {
        (role.chat["id"], role.sender["id"]): member(role.sender, role.status)
        for role in people if role.sender and role.status
    }  # fmt: skip
    chats = {chat["id"]: chat for chat in (GROUP, CHANNEL, private(READER), private(OPERATOR))}
    telegram = Backend(chats, members)
    builder = (
        ApplicationBuilder().token(TOKEN).request(telegram).get_updates_request(telegram).job_queue(None)
    )
    application = builder.build()
    await application.initialize()
    settings = Settings(
        telegram=TelegramSettings(admins=(OPERATOR["id"],), channel_commands=True),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/bot.db"),
    )
    clock, languages = FixedClock(), load_languages()
    wiring = Wiring(application, store, clock, settings, languages, Leadership(store, "me"))
    _, informing = await wiring.telling()
    reception = wiring.receive(TOKEN, ())
    reception.take(TWO, await store.register(TWO.ids, NOW), finders(TWO, languages))
    wiring.add_answers(reception, informing)
    wanted = Preferences(NOW.time().replace(hour=9), 127, "Asia/Almaty")
    for chat, kind, owner in (
        (Chat(GROUP["id"], TOPIC), Kind.GROUP, 72), (Chat(CHANNEL["id"]), Kind.CHANNEL, READER["id"]),
        (Chat(READER["id"]), Kind.PRIVATE, 0), (Chat(OPERATOR["id"]), Kind.PRIVATE, 0),
    ):  # fmt: skip
        await store.subscribe(chat, wanted, NOW.replace(day=25), NOW, owner)
        await store.speak(chat, kind, "en", NOW)
        await store.mark_seen(chat, "w1", NOW)
    await store.draft("Hello", OPERATOR["id"], NOW)
    await hurry(store)
    watch = sqlite3.connect(f"file:{tmp_path}/bot.db?mode=ro", uri=True)
    yield Stage(store, application, telegram, watch)
    watch.close()
    await application.shutdown()


async def hurry(store: SqlStore) -> None:
    """Let the disk be late: nothing here outlives a power cut."""
    assert isinstance(store._engine, Engine)
    with store._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA synchronous=OFF")


def expected(role: Role, may: May, *, allowed: bool, heard: bool = True) -> set[str]:
    """The effects that a cell of the matrix may have."""
    match may:
        case May.READ if heard:
            return {"nothing", "read"}
        case May.CHANGE if allowed:
            return {"changed"}
        case May.OPERATE if role.sender == OPERATOR and role.chat is not GROUP:
            return {"changed"}
        case May.OWN if role.sender == READER and role.chat["type"] == "private":
            return {"changed"}
    return {"nothing"}


def in_place(role: Role, telegram: Backend) -> bool:
    """Whether everything that was said stands in the chat, and in the topic, that asked."""
    sent = [call.params for call in telegram.calls if call.method.startswith("send")]
    thread = TOPIC if role.chat is GROUP else None
    return all(
        (int(each["chat_id"]), each.get("message_thread_id")) == (role.chat["id"], thread) for each in sent
    )


# -- the matrix -------------------------------------------------------------------------------------------


def test_every_command_has_its_line(stage: Stage) -> None:
    """A command that is registered, and in no table, is one that nobody has thought about."""
    registered = {
        name for one in stage.handlers() if isinstance(one, CommandHandler) for name in one.commands
    }
    assert registered - {line.split()[0] for line in COMMANDS} == set()


@pytest.mark.parametrize("name", ROLES)
async def test_commands(stage: Stage, name: str) -> None:
    """Each command by each role has the effect that the role may have, and is answered where it was asked."""
    role, wrong = ROLES[name], {}
    for line, may in COMMANDS.items():
        stage.telegram.take()
        effect = await stage.effect(role.says(f"/{line}"))
        if effect not in expected(role, may, allowed=role.may_command, heard=role.heard):
            wrong[line] = effect
        if line not in IN_PRIVATE and not in_place(role, stage.telegram):
            wrong[line] = f"{effect}, answered elsewhere"
        if may is May.CHANGE and role.heard != any(
            call.method == "sendMessage" for call in stage.telegram.calls
        ):
            wrong[line] = f"{effect}, answered: {not role.heard}"
    assert wrong == {}


def action(data: str) -> str:
    """What a button does, without ids and values: `!s:t:0730.seal` is `!s:t`."""
    match = re.match(r"(!?[a-z]+)(@-\d+)?((?::[a-z]*)?)", data)
    assert match, data
    named = match[1].removeprefix("!") in {"s", "ch", "b"}
    return match[1] + ("@" if match[2] else "") + (match[3] if named else "")


async def shown(stage: Stage, role: Role) -> dict[str, list[str]]:
    """Every button that a role finds in its chat, from all commands and by pressing on; a few of each action."""
    found: dict[str, list[str]] = {}
    waiting: list[dict[str, Json]] = [role.says(f"/{line}") for line in COMMANDS] + [role.says("/channels")]
    waiting += [role.says("/settings"), role.says("/language"), role.says("/settings pause")]
    while waiting:
        stage.telegram.take()
        await stage.effect(waiting.pop())
        for chat, carried in stage.telegram.buttons():
            data = re.sub(r"(?<=^b:)([a-z]+:)\d+", r"\g<1>1", carried)  # the broadcast that is there
            some = found.setdefault(action(data), [])
            if chat == role.chat["id"] and data not in some and len(some) < _SAMPLES:
                some.append(data)
                if not data.startswith("!"):
                    waiting.append(role.presses(data))
    return found


@pytest.fixture
async def buttons(stage: Stage) -> Mapping[int, dict[str, list[str]]]:
    """What there is to press, by chat."""
    for name in ("administrator", "channel creator", "private reader", "operator"):
        if ROLES[name].chat["id"] not in _FOUND:
            _FOUND[ROLES[name].chat["id"]] = await shown(stage, ROLES[name])
    return _FOUND


async def test_buttons(stage: Stage, buttons: Mapping[int, dict[str, list[str]]]) -> None:
    """Each action of each chat's buttons by each role in it has its effect for those who may, and for nobody else."""
    wrong = {}
    cards = {key: some for key, some in buttons[OPERATOR["id"]].items() if key.startswith("b:")}
    for name, role in ROLES.items():
        for key, some in (buttons[role.chat["id"]] | cards | OF_LONG_LISTS).items():
            first = re.split("[:@]", key)[0]
            may = May.CHANGE if first.startswith("!") else BUTTONS[first]
            if may is May.OPERATE and role.sender == OPERATOR:  # what that does the broadcast's stage decides
                continue
            effects = set()
            for data in some:
                stage.telegram.take()
                effects.add(await stage.effect(role.presses(data)))
                answers = [call for call in stage.telegram.calls if call.method == "answerCallbackQuery"]
                if len(answers) != 1 or not in_place(role, stage.telegram):
                    wrong[name, key] = f"{len(answers)} answers, or one elsewhere"
            fine = expected(role, may, allowed=role.may_press)
            if not (effects <= fine or (fine == {"changed"} and "changed" in effects)):
                wrong[name, key] = str(effects)
    assert wrong == {}
    pressed = [data for each in (*buttons.values(), OF_LONG_LISTS) for some in each.values() for data in some]
    handlers = [one for one in stage.handlers() if isinstance(one, CallbackQueryHandler) and one.pattern]
    patterns = [str(getattr(one.pattern, "pattern", one.pattern)) for one in handlers]
    assert [each for each in patterns if not any(re.match(each, data) for data in pressed)] == []
    assert sum(key.startswith("!") for each in buttons.values() for key in each) > 20


async def test_a_channels_settings_follow_the_right_to_post(
    stage: Stage, buttons: Mapping[int, dict[str, list[str]]]
) -> None:
    """Buttons of one who has lost the right since, or whose bot has, change nothing and say why."""
    reader, theirs = ROLES["private reader"], buttons[READER["id"]]
    pressed = [data for key, some in theirs.items() if "@" in key for data in some]
    assert {"!s@:t", "!ch@:yes", "s@:time"} - theirs.keys() <= {"!ch@:yes"}
    for whose in (READER, BOT):
        before = stage.telegram.members[CHANNEL_ID, whose["id"]]
        stage.telegram.members[CHANNEL_ID, whose["id"]] = member(whose, "administrator")
        for data in pressed:
            stage.telegram.take()
            assert await stage.effect(reader.presses(data)) == "nothing"
            toast = next(call.params for call in stage.telegram.calls if call.method == "answerCallbackQuery")
            assert len(toast["text"]) > 20
        stage.telegram.members[CHANNEL_ID, whose["id"]] = before


# -- forged data ------------------------------------------------------------------------------------------


async def test_foreign_and_changed_buttons_do_nothing(
    stage: Stage, buttons: Mapping[int, dict[str, list[str]]]
) -> None:
    """A sealed button of another chat, or with one character changed, has no effect, whoever presses."""
    chance = random.Random(29)  # noqa: S311  a repeatable choice
    admin, reader = ROLES["administrator"], ROLES["private reader"]
    for role, other in ((admin, reader), (reader, admin)):
        foreign = [d for some in buttons[other.chat["id"]].values() for d in some if d.startswith("!")]
        own = [d for some in buttons[role.chat["id"]].values() for d in some if d.startswith("!")]
        forged = []
        for data in own:
            place = chance.randrange(1, len(data))
            forged.append(data[:place] + chance.choice("abcxyz019-_:@") + data[place + 1 :])
        for data in (*foreign, *(each for each in forged if each not in own)):
            assert await stage.effect(role.presses(data)) == "nothing", data


# -- what is said, and moves ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pressed", "words"),
    [
        ("member", False, "only its administrators"),
        ("left user", False, "only its administrators"),
        ("unknown user", False, "could not ask Telegram"),
        ("another bot", False, "Only a person"),
        ("forwarded message", False, "write it yourself"),
        ("member as a channel", False, "Only a person"),
        ("anonymous administrator", True, "please write the command"),
        ("channel subscriber", True, "only its administrators"),
    ],
)
async def test_a_refusal_says_why(stage: Stage, name: str, words: str, *, pressed: bool) -> None:
    """In one sentence, to a command as a message and to a press as its toast."""
    role = ROLES[name]
    await stage.effect(role.presses("s:time") if pressed else role.says("/subscribe 21:00"))
    texts = [str(call.params["text"]) for call in stage.telegram.calls if "text" in call.params]
    assert len(texts) == 1
    assert words in texts[0]
    assert len(texts[0]) <= 200


async def test_a_command_to_another_bot_is_none_of_ours(stage: Stage) -> None:
    """Nothing is done and nothing said; our own name is read in any letters."""
    admin = ROLES["administrator"]
    stage.telegram.take()
    for line in (
        "/subscribe@other_bot 21:00",
        "/water@other_bot",
        "/nonsense@other_bot",
        "/next@digest_bots",
    ):
        assert await stage.effect(admin.says(line)) == "nothing"
    assert stage.telegram.take() == []
    assert await stage.effect(admin.says("/SUBSCRIBE@Digest_BOT 21:00")) == "changed"
    assert await stage.effect(admin.says("/water@DIGEST_bot")) == "read"


@pytest.mark.parametrize("order", ["old first", "new first", "old alone"])
async def test_a_group_that_moves_keeps_its_topics_and_language(stage: Stage, order: str) -> None:
    """Both groups tell of it, in any order, or only one of them does."""
    topic, new = Chat(GROUP["id"], TOPIC), Chat(-1001000000077, TOPIC)
    await stage.store.speak(topic, Kind.GROUP, "kk", NOW)
    told = [
        message(GROUP, READER, "", migrate_to_chat_id=new.id),
        message(GROUP | {"id": new.id}, READER, "", migrate_from_chat_id=topic.id),
    ]
    for each in {"new first": told[::-1], "old alone": told[:1]}.get(order, told):
        await stage.telegram.receive(stage.application, message=each)
    subscription = await stage.store.subscription(new)
    assert subscription is not None
    assert (subscription.owner, await stage.store.language(new)) == (ADMIN["id"], "kk")
    assert await stage.store.subscription(topic) is None
    assert (await stage.store.history(new)).seen == {"w1"}


@pytest.mark.parametrize(
    ("name", "owner"), [("administrator", ADMIN["id"]), ("anonymous administrator", 0), ("private reader", 0)]
)
async def test_who_has_set_it_up_is_kept(stage: Stage, name: str, owner: int) -> None:
    """The administrator who subscribes is told of troubles; nobody else, and in private nobody."""
    role = ROLES[name]
    await stage.telegram.receive(stage.application, **role.says("/unsubscribe"))
    await stage.telegram.receive(stage.application, **role.says("/subscribe 21:00"))
    chat = Chat(role.chat["id"], TOPIC if role.chat is GROUP else 0)
    subscription = await stage.store.subscription(chat)
    assert subscription is not None
    assert subscription.owner == owner


def membership(chat: Json, before: str, after: str, **rights: Any) -> dict[str, Json]:
    """The bot's own role changes, by somebody who speaks Russian."""
    by = person(90, language_code="ru")
    old, new = member(BOT, before), member(BOT, after) | rights
    return {
        "my_chat_member": {
            "chat": chat,
            "from": by,
            "date": DATE,
            "old_chat_member": old,
            "new_chat_member": new,
        }
    }


async def test_a_greeting_is_for_new_groups_alone(stage: Stage) -> None:
    """Said in the adder's language: not on a promotion, not where there is a subscription, not in a channel."""
    fresh = GROUP | {"id": -1001000000088, "is_forum": False}
    stage.telegram.chats[fresh["id"]] = fresh
    updates = (
        (membership(fresh, "left", "member"), 1),
        (membership(fresh, "member", "administrator", can_post_messages=False), 0),
        (membership(GROUP, "member", "administrator"), 0),
        (membership(GROUP, "left", "member"), 0),
        (membership(CHANNEL, "left", "administrator", can_post_messages=True), 0),
    )
    for update, messages in updates:
        stage.telegram.take()
        await stage.effect(update)
        assert [call.method for call in stage.telegram.calls] == ["sendMessage"] * messages


async def test_start_in_a_group_wakes_nothing(stage: Stage) -> None:
    """Anybody may write it; what is paused there wakes when Telegram says that the bot may write again."""
    await stage.store.pause(GROUP["id"], "kicked", NOW)
    await stage.telegram.receive(stage.application, **ROLES["member"].says("/start"))
    assert len(await stage.store.paused(GROUP["id"])) == 1
    await stage.telegram.receive(stage.application, **membership(GROUP, "left", "member"))
    assert await stage.store.paused(GROUP["id"]) == ()
