"""Live reload: a changed content folder reaches readers whole or not at all, and progress outlives every change."""

import asyncio
import datetime as dt
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.content.following import state_of
from bot.content.loader import load_library
from bot.core import operator_texts
from bot.core.delivery import Decision, Outcome, Refused
from bot.core.findings import Finding
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.model import EVERY_DAY, Chat, Delivery, Digest, Message, Preferences
from bot.ports import Choose, Store
from bot.ports.store import LONG_AGO
from bot.services.choosing import Choosing
from bot.services.delivering import Delivering, Pace
from bot.services.reading import Reading
from bot.services.reloading import Reloading
from bot.services.subscribing import Subscribing
from tests.content import ARTICLE, LAKES, RIVERS
from tests.fakes import (
    ATLAS,
    LIBRARY,
    NOW,
    TRADE,
    WATER,
    FixedClock,
    RecordingAlerts,
    RecordingSender,
    article,
)

ALICE, BOB, CAROL, DAN = (Chat(number) for number in range(1, 5))
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
BROKEN = RIVERS.replace("paragraphs: [1, 2]", "paragraphs: [9]")

RUSSIAN = """\
theme: rivers
title: Реки
digests:
  - id: first-river
    title: Первая река
    text: Река.
    of: 0123456789abcdef
"""


def put(root: Path, **changes: str | None) -> None:
    """Write files of the article in `root`, its theme files by their names; None removes one."""
    for name, text in changes.items():
        file = root / "waters" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.unlink()
        else:
            file.write_text(text)


@dataclass
class Follower:
    """The use case on a folder of files, and what it did."""

    root: Path
    alerts: RecordingAlerts = field(default_factory=RecordingAlerts)
    published: list[Library] = field(default_factory=list)
    loads: int = 0
    meanwhile: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        state = state_of(self.root)
        self.reloading = Reloading(self._look, self._load, self._publish, self.alerts, state)

    def _look(self) -> object:
        return state_of(self.root)

    def _load(self) -> tuple[Library | None, tuple[Finding, ...]]:
        self.loads += 1
        loaded = load_library(self.root)
        self.meanwhile()
        return loaded.library, loaded.findings

    async def _publish(self, library: Library) -> None:
        self.published.append(library)

    async def ticks(self, number: int = 3) -> list[list[str]]:
        """So many looks; the themes of each library that was published by now."""
        for _ in range(number):
            await self.reloading.tick()
        return [[theme.name for theme in library.themes] for library in self.published]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A content folder with the themes /rivers and /lakes."""
    root = tmp_path / "content"
    put(root, article=ARTICLE, rivers=RIVERS, lakes=LAKES)
    return root


@pytest.fixture
def follower(root: Path) -> Follower:
    """Begins with what is in the folder."""
    return Follower(root)


# -- what is loaded, and when -----------------------------------------------------------------------------


async def test_unchanged_content_is_not_loaded_again(follower: Follower) -> None:
    """Looking reads nothing."""
    assert (await follower.ticks(5), follower.loads) == ([], 0)


async def test_a_change_is_loaded_once_when_two_looks_agree(root: Path, follower: Follower) -> None:
    """The first look sees it, the second loads it, and no other does it again."""
    put(root, rivers=RIVERS.replace("The first river", "A river of old"))
    assert await follower.ticks(1) == []
    assert await follower.ticks(4) == [["lakes", "rivers"]]
    assert follower.loads == 1
    found = follower.published[0].digest("first-river")
    assert found is not None
    assert found[1].title == "A river of old"
    assert follower.alerts.told == []


async def test_themes_are_added_renamed_and_removed(root: Path, follower: Follower) -> None:
    """Each change brings the library as the folder is then."""
    put(root, seas=RIVERS.replace("theme: rivers", "theme: seas").replace("-river\n", "-sea\n"))
    await follower.ticks()
    (root / "waters" / "seas.yaml").rename(root / "waters" / "oceans.yaml")
    await follower.ticks()
    put(root, oceans=None, lakes=None)
    assert await follower.ticks() == [["lakes", "rivers", "seas"], ["lakes", "seas", "rivers"], ["rivers"]]


async def test_warnings_do_not_stand_in_the_way(root: Path, follower: Follower) -> None:
    """They are the editor's; the operator does not hear of them."""
    (root / "waters" / "ru").mkdir()
    (root / "waters" / "ru" / "rivers.yaml").write_text(RUSSIAN)
    assert {finding.code for finding in load_library(root).findings} == {
        "missing-translation",
        "stale-translation",
    }
    assert (len(await follower.ticks()), follower.alerts.told) == (1, [])


# -- broken content ---------------------------------------------------------------------------------------


async def test_of_broken_content_the_operator_hears_once_with_file_and_line(
    root: Path, follower: Follower
) -> None:
    """Nothing is published, and another fault before it is mended is no second message."""
    put(root, rivers=BROKEN)
    await follower.ticks()
    put(root, rivers="theme: [")
    assert await follower.ticks() == []
    (told,) = follower.alerts.told
    assert "has 1 error. Readers keep what was loaded before." in told
    assert f"{root}/waters/rivers.yaml:12:18: unknown-paragraph: " in told
    assert follower.loads == 2
    assert follower.reloading.errors == 1


async def test_mended_content_is_loaded_and_told_once(root: Path, follower: Follower) -> None:
    """Only to an operator who was told of the fault: later changes say nothing, a later fault does again."""
    put(root, rivers=BROKEN)
    await follower.ticks()
    put(root, rivers=RIVERS)
    assert await follower.ticks() == [["lakes", "rivers"]]
    assert follower.alerts.told[1:] == ["✅ The content is mended and loaded: 4 digests."]
    assert follower.reloading.errors == 0
    put(root, lakes=None)
    await follower.ticks()
    assert len(follower.alerts.told) == 2
    put(root, rivers=BROKEN)
    await follower.ticks()
    assert len(follower.alerts.told) == 3


async def test_a_folder_that_is_gone_keeps_the_library(root: Path, follower: Follower) -> None:
    """As when a volume is not mounted for a while; when it is back, so are its changes."""
    root.rename(root.with_name("away"))
    assert await follower.ticks() == []
    assert "folder-unreadable" in follower.alerts.told[0]
    root.with_name("away").rename(root)
    assert await follower.ticks() == [["lakes", "rivers"]]


def test_the_message_about_broken_content_fits_however_much_is_wrong() -> None:
    """The first three findings, cut where they are long; a message holds 4,096 characters."""
    finding = Finding("content/waters/rivers.yaml", 12, 18, "unknown-paragraph", "no " * 1000, "hint")
    told = operator_texts.content_broken([finding] * 2000)
    assert "2,000 errors" in told
    assert told.count("content/waters/rivers.yaml:12:18: ") == 3
    assert len(told) < 2500


# -- half a change ----------------------------------------------------------------------------------------


async def test_files_that_change_one_after_another_are_loaded_together(
    root: Path, follower: Follower
) -> None:
    """As `git pull` writes them, with a look between each two: the broken states in between are nobody's."""
    steps: list[dict[str, str | None]] = [
        {"rivers": RIVERS.replace("theme: rivers", "theme: lakes")},  # doubled for now
        {"lakes": None, "seas": "theme: "},
        {"article": ARTICLE.replace("On waters", "On all waters")},
        {"seas": LAKES.replace("theme: lakes", "theme: seas")},
    ]
    for step in steps:
        put(root, **step)
        assert await follower.ticks(1) == []
    assert await follower.ticks() == [["lakes", "seas"]]
    assert (follower.loads, follower.alerts.told) == (1, [])


@pytest.mark.parametrize("before", [RIVERS.replace("The first", "A first"), BROKEN])
async def test_what_changes_while_it_is_loaded_is_loaded_again(
    root: Path, follower: Follower, before: str
) -> None:
    """What was read may be half of one state and half of another: neither published nor told."""

    def once() -> None:
        put(root, rivers=RIVERS.replace("The first", "A second"))
        follower.meanwhile = lambda: None

    follower.meanwhile = once
    put(root, rivers=before)
    assert await follower.ticks(2) == []
    assert (len(await follower.ticks()), follower.loads, follower.alerts.told) == (1, 2, [])
    found = follower.published[0].digest("first-river")
    assert found is not None
    assert found[1].title == "A second river"


@pytest.mark.parametrize("inside", [False, True])
async def test_a_folder_swapped_by_a_link_is_loaded(tmp_path: Path, inside: bool) -> None:  # noqa: FBT001
    """The content folder itself is a link, or its folders lead through a hidden one as Kubernetes mounts them."""
    root = tmp_path / "live"
    base = root if inside else tmp_path
    for release, text in (("..one", RIVERS), ("..two", RIVERS.replace("The first", "A newer"))):
        put(base / release, article=ARTICLE, rivers=text)
    link = root / "..data" if inside else root
    link.symlink_to("..one")
    if inside:
        (root / "waters").symlink_to("..data/waters")
    follower = Follower(root)
    assert await follower.ticks() == []
    (tmp_path / "next").symlink_to("..two")
    (tmp_path / "next").replace(link)
    assert await follower.ticks() == [["rivers"]]
    found = follower.published[0].digest("first-river")
    assert found is not None
    assert found[1].title == "A newer river"


# -- what a look sees -------------------------------------------------------------------------------------


def rewrite_with_its_old_time(file: Path) -> None:
    """As `rsync --times` may: the same size and time of change, other letters."""
    state = file.stat()
    file.write_text(file.read_text().replace("first", "third"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def replace_by_a_copy(file: Path) -> None:
    """As editors save."""
    shutil.copy2(file, file.with_name("new"))
    file.with_name("new").replace(file)


@pytest.mark.parametrize(
    "change",
    [
        rewrite_with_its_old_time,
        replace_by_a_copy,
        Path.unlink,
        lambda file: file.rename(file.with_name("streams.yaml")),
        lambda file: file.with_name("seas.yaml").symlink_to("nowhere"),
        lambda file: file.with_name("ru").mkdir(),
        lambda file: shutil.rmtree(file.parents[1]),
    ],
    ids=["rewritten", "replaced", "removed", "renamed", "a dead link", "a new folder", "all gone"],
)
def test_a_look_sees_every_change(root: Path, change: Callable[[Path], None]) -> None:
    """Without reading a file."""
    before = state_of(root)
    assert state_of(root) == before
    change(root / "waters" / "rivers.yaml")
    assert state_of(root) != before


def test_a_look_passes_over_what_is_hidden(root: Path) -> None:
    """Editors' swap files and Git's own are not content."""
    before = state_of(root)
    (root / ".git").mkdir()
    (root / "waters" / ".rivers.yaml.swp").write_text("half")
    assert state_of(root) == before


# -- readers' progress ------------------------------------------------------------------------------------


def shelf(**themes: tuple[Digest, ...]) -> Library:
    """A library of one article."""
    return Library((article("rivers", themes.items(), dt.date(2024, 5, 28)),))


EDITED = tuple(replace(item, title=f"New {item.id}", text="Another text.") for item in WATER)
CHANGES = {
    "nothing": (LIBRARY, "w3", "2/4"),
    "edited": (shelf(water=EDITED, trade=TRADE), "w3", "2/4"),
    "turned round": (shelf(trade=TRADE, water=WATER[::-1]), "t1", "2/4"),
    "moved to another theme": (shelf(seas=WATER, trade=TRADE), "w3", "2/4"),
    "one added before": (shelf(water=(replace(WATER[0], id="w0"), *WATER)), "w0", "2/4"),
    "a read one removed": (shelf(water=WATER[1:], trade=TRADE), "w3", "1/3"),
    "the next one removed": (shelf(water=WATER[:2], trade=TRADE), "t1", "2/3"),
}


def progress(message: Message) -> str:
    """The last words of a digest, on how far the reader was before it."""
    read, _, total = message.html.rpartition(" · ")[2].partition("/")
    return f"{int(read) - 1}/{total.partition(' ')[0]}"


@pytest.mark.parametrize("change", CHANGES)
async def test_progress_survives_every_change(store: Store, change: str) -> None:
    """Read is what was shown by its id: on request and by delivery the next unread one follows, none twice."""
    library, following, read = CHANGES[change]
    sender, clock = RecordingSender(), FixedClock()
    delivering = deliverer(store, sender, clock)
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    for _ in range(2):
        await tick(delivering)
        clock.move(days=1)
    delivering.take(library)
    reading = replace(Reading(store, LIBRARY, clock), library=library)
    page = await reading.next(ALICE)
    assert (page.digest, progress(page.message)) == (following, read)
    await tick(delivering)
    assert progress(sender.sent[2][1]) == read
    assert (await store.history(ALICE)).seen == {"w1", "w2", following}


async def test_what_was_removed_and_comes_back_is_still_read(store: Store) -> None:
    """Nothing is forgotten for a reader because an editor took it away for a while."""
    reading = Reading(store, LIBRARY, FixedClock())
    await reading.mark_read(ALICE, "w1")
    without = replace(reading, library=shelf(water=WATER[1:]))
    assert (await without.next(ALICE)).digest == "w2"
    assert await without.digest(ALICE, "w1") is None
    assert (await replace(without, library=LIBRARY).next(ALICE)).digest == "w2"


async def test_who_had_read_everything_goes_on_with_what_is_added(store: Store) -> None:
    """The end is no end: a new digest is delivered, and after it the end is told anew."""
    sender, clock = RecordingSender(), FixedClock()
    delivering = deliverer(store, sender, clock, shelf(water=WATER[:1]))
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    for library in (shelf(water=WATER[:1]),) * 3 + (shelf(water=WATER[:2]),) * 2:
        delivering.take(library)
        await tick(delivering)
        clock.move(days=1)
    titles = sender.titles()
    assert [title.partition("Title ")[2] for title in titles] == ["w1</b>", "", "w2</b>", ""]


async def test_a_subscription_to_a_removed_theme_goes_on_with_the_others(store: Store) -> None:
    """Its screens work, and the next choice is among the themes that there are."""
    clock, sender = FixedClock(), RecordingSender()
    await store.subscribe(ALICE, replace(WANTED, themes=("trade",)), NOW, NOW)
    library = shelf(water=WATER)
    delivering = deliverer(store, sender, clock)
    delivering.take(library)
    await tick(delivering)
    assert sender.titles() == ["🤝 <b>Title w1</b>"]
    choosing = Choosing(Subscribing(store, library, clock, WANTED, ENGLISH, ATLAS))
    overview, screen = await choosing.screen(ALICE, ""), await choosing.screen(ALICE, "themes")
    assert overview is not None
    assert screen is not None
    assert "📚 All themes" in overview.html
    assert await choosing.change(ALICE, "c", "trade") is None
    assert await choosing.change(ALICE, "c", "water") is not None


# -- deliveries while the library changes -----------------------------------------------------------------


def deliverer(
    store: Store, sender: RecordingSender, clock: FixedClock, library: Library = LIBRARY
) -> Delivering:
    """What sends at a thousand a second."""
    return Delivering(store, sender, RecordingAlerts(), library, clock, "me", Pace(rate=1000))


async def tick(delivering: Delivering) -> None:
    """Plan, then drain."""
    await delivering.plan()
    await delivering.drain()


async def subscribe(store: Store, *chats: Chat, at: dt.datetime = NOW) -> None:
    """Readers whose slot comes due now."""
    for chat in chats:
        await store.subscribe(chat, WANTED, at, NOW)


async def until(reached: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    for _ in range(500):
        if reached():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


class SwappingStore:
    """A store during whose next claim the library changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.swap: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(
        self,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        """Picks, and then comes the change."""
        claimed = await self._store.claim(now, owner, limit, choose, settled, before)
        self.swap()
        return claimed


MENDED = shelf(water=(EDITED[0], *WATER[1:]), trade=TRADE)
REFUSALS: list[Outcome] = [Refused("MESSAGE_TOO_LONG")] * 3


async def test_a_refused_text_is_sent_again_as_soon_as_it_is_mended(store: Store) -> None:
    """To everybody, without a restart; the refused wording stays stopped if it comes back."""
    clock = FixedClock()
    sender = RecordingSender(script=REFUSALS.copy())
    delivering = deliverer(store, sender, clock)
    await subscribe(store, *(Chat(number) for number in range(20)))
    await tick(delivering)
    for library, title in ((MENDED, "New w1"), (LIBRARY, "Title w2")):
        delivering.take(library)
        clock.move(days=1)
        await subscribe(store, newcomer := Chat(clock.now().day), at=clock.now())
        await tick(delivering)
        assert f"🤝 <b>{title}</b>" in [
            message.html.partition("\n")[0] for chat, message in sender.sent if chat == newcomer
        ]
    assert sender.titles().count("🤝 <b>Title w1</b>") == 3


async def test_a_mended_text_that_is_refused_again_is_stopped_again(store: Store) -> None:
    """It has three chats of its own, as any new text; the operator hears of each of the two."""
    sender = RecordingSender(script=REFUSALS.copy())
    clock = FixedClock()
    delivering = deliverer(store, sender, clock)
    await subscribe(store, *(Chat(number) for number in range(3)))
    await tick(delivering)
    delivering.take(MENDED)
    sender.script = REFUSALS.copy()
    await subscribe(store, *(Chat(number) for number in range(10, 20)))
    await tick(delivering)
    assert sender.titles().count("🤝 <b>New w1</b>") == 3
    assert isinstance(delivering.alerts, RecordingAlerts)
    assert len(delivering.alerts.told) == 2


async def test_answers_to_the_old_text_do_not_count_against_the_new_one(store: Store) -> None:
    """Three chats still refuse the old one when the mended one is there already: that is not stopped."""
    sender = RecordingSender(script=REFUSALS.copy(), gate=asyncio.Event())
    delivering = deliverer(store, sender, FixedClock())
    await subscribe(store, ALICE, BOB, CAROL)
    await delivering.plan()
    draining = asyncio.create_task(delivering.drain())
    await until(lambda: len(sender.sent) == 3)
    delivering.take(MENDED)
    assert sender.gate is not None
    sender.gate.set()
    await draining
    await subscribe(store, DAN)
    await tick(delivering)
    assert sender.titles()[3:] == ["🤝 <b>New w1</b>"]
    assert isinstance(delivering.alerts, RecordingAlerts)
    assert delivering.alerts.told == []


async def test_what_was_picked_is_sent_though_it_is_removed_meanwhile(store: Store) -> None:
    """The library changes between the pick and the message: nobody is told that all is read."""
    sender = RecordingSender()
    swapping: Any = SwappingStore(store)
    delivering = deliverer(swapping, sender, FixedClock())
    swapping.swap = lambda: delivering.take(shelf(trade=TRADE))
    await subscribe(store, ALICE)
    await tick(delivering)
    assert sender.titles() == ["🤝 <b>Title w1</b>"]
