"""Broadcasting: one card from the question to the summary, whatever happens between."""

import asyncio
import datetime as dt
from dataclasses import dataclass, field

import pytest

from bot.core.broadcast import Stage
from bot.core.delivery import Outcome, Refused
from bot.core.model import EVERY_DAY, Chat, Message, Preferences
from bot.ports import Store
from bot.services.broadcasting import Broadcasting
from bot.services.delivering import Delivering, Pace
from tests.fakes import LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender

WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
OPERATOR = 501
HOUR = dt.timedelta(hours=1)


@dataclass(slots=True)
class RecordingDesk:
    """Keeps what each card showed; `refuses` makes Telegram take nothing."""

    shown: list[tuple[int | None, Message]] = field(default_factory=list)
    refuses: bool = False
    lost: bool = False

    async def show(self, chat: int, card: int | None, message: Message) -> int | None:
        """Edit or send."""
        assert chat == OPERATOR
        if self.refuses:
            return None
        self.shown.append((card, message))
        return len(self.shown) if card is None or self.lost else card

    @property
    def last(self) -> str:
        """The text of the latest."""
        return self.shown[-1][1].plain


@dataclass(slots=True)
class Scene:
    """The use cases around one store."""

    store: Store
    clock: FixedClock = field(default_factory=FixedClock)
    desk: RecordingDesk = field(default_factory=RecordingDesk)
    sender: RecordingSender = field(default_factory=RecordingSender)
    alerts: RecordingAlerts = field(default_factory=RecordingAlerts)

    def broadcasting(self) -> Broadcasting:
        """As a new process makes it."""
        return Broadcasting(self.store, self.desk, self.clock, 25, "Asia/Almaty")

    def delivering(self) -> Delivering:
        """What sends, at a thousand a second."""
        return Delivering(self.store, self.sender, self.alerts, LIBRARY, self.clock, "me", Pace(rate=1000))

    async def begun(self, readers: int = 3) -> tuple[Broadcasting, int]:
        """A broadcast that the operator has said yes to."""
        for reader in range(1, readers + 1):
            await self.store.subscribe(Chat(reader), WANTED, NOW + HOUR, NOW)
        work = self.broadcasting()
        item = await work.draft("Hello", OPERATOR)
        await work.ask(item)
        assert await work.press("send", item.id) is None
        return work, item.id


@pytest.fixture
def scene(store: Store) -> Scene:
    """A store of its own."""
    return Scene(store)


async def test_one_card_leads_from_the_question_to_the_summary(scene: Scene) -> None:
    """It is edited, never sent again, and every text is another one."""
    work, number = await scene.begun()
    assert await scene.delivering().drain() == 3
    await scene.broadcasting().tick()  # after a restart
    await work.tick()
    assert [card for card, _ in scene.desk.shown] == [None, 1, 1]
    question, moving, summary = (message.plain for _, message in scene.desk.shown)
    assert "Send it to 3 readers? At 25/s that takes less than a minute, until 09:00." in question
    assert "0 of 3 sent" in moving
    assert summary == f"📣 Broadcast {number} · finished\n\n3 of 3 sent"
    assert {message.html for _, message in scene.sender.sent} == {"Hello"}


async def test_the_card_is_edited_at_most_every_three_seconds(scene: Scene) -> None:
    """However often it is looked at; a press shows at once."""
    work, number = await scene.begun()
    shown = len(scene.desk.shown)
    (delivery, *_) = await scene.store.claim(NOW, "me", 1, lambda *_: pytest.fail("no digest is due"))
    for _ in range(20):
        await work.tick()
    assert len(scene.desk.shown) == shown
    await work.press("pause", number)
    assert "paused" in scene.desk.last
    assert delivery.broadcast == number


async def test_a_second_one_waits_and_a_paused_one_lets_it_pass(scene: Scene) -> None:
    """Only one is running, at any time."""
    work, first = await scene.begun()
    second = (await work.draft("Second", OPERATOR)).id
    await work.press("send", second)
    assert "waiting for its turn" in scene.desk.last
    for verb, expected in (
        ("pause", (Stage.PAUSED, Stage.RUNNING)),
        ("resume", (Stage.QUEUED, Stage.RUNNING)),
    ):
        assert await work.press(verb, first) is None
        assert tuple(item.stage for item in await scene.store.unfinished()) == expected
    await scene.delivering().drain()
    await scene.broadcasting().tick()
    await scene.broadcasting().tick()
    await scene.delivering().drain()
    assert [message.html for _, message in scene.sender.sent] == ["Second"] * 3 + ["Hello"] * 3


async def test_old_buttons_do_nothing_and_say_so(scene: Scene) -> None:
    """Pressed twice, out of order, or of a broadcast that there is not."""
    work, number = await scene.begun()
    for verb in ("send", "discard", "resume", "retry", "again", "doubt", "show", "nonsense"):
        assert await work.press(verb, number) is not None
    assert await work.press("send", 99) is not None
    assert await work.press("stop", number) is None
    assert await work.press("stop", number) is not None
    assert "3 not sent" in scene.desk.last


async def test_a_card_that_is_gone_is_sent_anew(scene: Scene) -> None:
    """And followed from then on; what Telegram does not take now is shown later."""
    work, number = await scene.begun()
    scene.desk.lost = True
    await work.press("pause", number)
    found = await scene.store.broadcast(number)
    assert found is not None
    assert found.card == len(scene.desk.shown)
    scene.desk.lost, scene.desk.refuses = False, True
    await work.press("resume", number)
    assert "paused" in scene.desk.last
    scene.desk.refuses = False
    await scene.broadcasting().tick()
    assert "sending" in scene.desk.last


async def test_after_a_long_absence_the_operator_is_asked(scene: Scene) -> None:
    """It rests, with the reason; a short one goes on by itself."""
    _, number = await scene.begun()
    scene.clock.move(hours=1)
    again = scene.broadcasting()
    await again.recover(6 * HOUR)
    assert [item.stage for item in await scene.store.unfinished()] == [Stage.RUNNING]
    scene.clock.move(hours=7)
    await again.recover(6 * HOUR)
    await again.tick()
    assert "away for more than 6 h. Is this still to be sent?" in scene.desk.last
    assert await again.press("resume", number) is None
    assert await scene.delivering().drain() == 3


async def test_a_text_that_telegram_refuses_rests_after_three_chats(scene: Scene) -> None:
    """The operator hears of it; when told to go on, three more are tried, and nobody else suffers."""
    refused: list[Outcome] = [Refused("bad")] * 6
    scene.sender.script = refused
    work, number = await scene.begun(readers=12)
    delivering = scene.delivering()
    async with asyncio.timeout(10):
        assert await delivering.drain() == 3
        assert await delivering.drain() == 0
        assert len(scene.alerts.told) == 1
        assert f"broadcast {number}" in scene.alerts.told[0]
        assert await work.press("resume", number) is None
        assert await delivering.drain() == 3
    assert len(scene.alerts.told) == 2
    await scene.broadcasting().tick()
    assert "Telegram refused the text in three chats (bad)." in scene.desk.last
    assert await work.press("resume", number) is None
    assert await delivering.drain() == 6
    await scene.broadcasting().tick()
    assert "6 of 12 sent · 6 failed" in scene.desk.last
    assert await work.press("retry", number) is None
    assert await delivering.drain() == 6
    await scene.broadcasting().tick()
    assert "12 of 12 sent" in scene.desk.last


async def test_nobody_subscribed_is_told(scene: Scene) -> None:
    """Without buttons."""
    work = scene.broadcasting()
    await work.ask(await work.draft("Hello", OPERATOR))
    assert "nobody to send this to" in scene.desk.last
