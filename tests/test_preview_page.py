"""The preview in a real browser: as a file of its own, and as the demo's Editor tab that follows the files."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect
from pytest_asyncio import fixture

from bot.content.checking import check
from bot.preview.desk import desk
from bot.preview.following import editor_page
from bot.preview.page import page as page_of
from bot.sandbox import Sandbox, SandboxSettings
from tests.browser import FITS, MARKS, chromium, visit
from tests.conversation import SAMPLE
from tests.fakes import NOW
from tests.test_content_shelf import SHELF
from tests.test_preview import HOSTILE, edit, translate

TODAY = NOW.date()
pytestmark = MARKS


@fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    async with chromium() as browser:
        yield browser


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample to write in."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "content"))


class File:
    """The page as a file, written anew and opened by `show`."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder

    async def show(self) -> Page:
        """Write the page of what the folder holds now, and open it."""
        file = self.folder.parent / "page.html"
        file.write_text(page_of(desk(check(self.folder, TODAY).loaded, TODAY)), encoding="utf-8")
        await self.page.goto(file.as_uri())
        return self.page


@fixture(loop_scope="module")
async def file(browser: Browser, folder: Path) -> AsyncIterator[File]:
    """The sample's page on a desktop."""
    async with visit(browser, "about:blank") as page:
        yield File(page, folder)


def digest(page: Page | FrameLocator, id_: str) -> Locator:
    """A digest with what stands beside it."""
    return page.locator(f'[data-digest="{id_}"]')


def visible(page: Page | FrameLocator) -> Locator:
    """The digests that are in the list."""
    return page.locator("[data-digest]").filter(visible=True)


# -- the page as a file --------------------------------------------------------------------------------------


async def test_digests_look_as_in_the_chat(file: File) -> None:
    """Bold, italic and links in a bubble, with the buttons; size and outline beside it."""
    page = await file.show()
    springs = digest(page, "springs")

    await expect(springs.locator(".text strong").nth(1)).to_have_text("spring")
    await expect(digest(page, "seas").locator(".text em").first).to_have_text("sea")
    link = digest(page, "lakes").get_by_role("link", name="lake", exact=True)
    await expect(link).to_have_attribute("href", "https://example.org/lake")
    await expect(springs.get_by_role("button", name="Next unread ▸")).to_be_visible()
    await expect(springs).to_contain_text("105 of 500 characters · 15 words")
    await expect(springs).to_contain_text("¶ 1Where rivers begin")
    await expect(page.get_by_text("1 article · 2 themes · 5 digests · no findings")).to_be_visible()


async def test_a_command_of_two_articles_stands_in_both(file: File) -> None:
    """The list of contents leads to each of the two; what is searched for hides the other one."""
    shutil.rmtree(file.folder)
    shutil.copytree(SHELF, file.folder)
    page = await file.show()
    await expect(page.get_by_text("3 articles · 4 themes · 10 digests · no findings")).to_be_visible()
    await page.get_by_role("button", name="Looking after bridges").click()
    sections = page.locator('[data-theme-name="care"]')
    await expect(sections.nth(1)).to_be_in_viewport()
    await digest(page, "apple-pruning").get_by_role("button", name="▶").click()
    await expect(digest(page, "bridge-paint")).to_be_focused()
    await page.get_by_role("searchbox").fill("hammer")
    await expect(sections.nth(0)).to_be_hidden()
    await expect(sections.nth(1)).to_be_visible()


async def test_the_buttons_do_as_the_bot_does(file: File) -> None:
    """The source unfolds and folds, the arrows and the command lead on, the number tells where one is."""
    page = await file.show()
    springs = digest(page, "springs")
    await springs.get_by_role("button", name="Source ¶ 1").click()
    await expect(springs.locator("blockquote")).to_contain_text("¶ 1 · Where rivers begin")
    await springs.get_by_role("button", name="Hide ¶ 1").click()
    await expect(springs.locator("blockquote")).to_have_count(0)
    await springs.get_by_role("button", name="▶").click()
    await expect(digest(page, "seas")).to_be_focused()
    await springs.get_by_role("button", name="1/3").click()
    await expect(page.get_by_role("status").filter(has_text="Digest 1 of 3")).to_be_visible()
    await digest(page, "dams").get_by_role("button", name="/initiatives").click()
    await expect(page.get_by_role("heading", name="Initiatives")).to_be_in_viewport()


async def test_search_is_instant_and_says_what_is_left(file: File) -> None:
    """Words of title, text, theme and id; nothing found is said, and Escape shows everything again."""
    page = await file.show()
    await page.keyboard.press("/")
    await page.keyboard.type("RIVER sea")
    await expect(visible(page)).to_have_count(1)
    await expect(page.get_by_text("1 digest with “RIVER sea”")).to_be_visible()
    await page.keyboard.type(" zebra")
    await expect(page.get_by_text("No digest has “RIVER sea zebra”.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(visible(page)).to_have_count(5)
    await page.get_by_role("searchbox").fill("/initiatives")
    await expect(visible(page)).to_have_count(2)


async def test_the_map_tells_and_leads(file: File) -> None:
    """Pointing at a paragraph or moving to it by keys tells what it says; pressing it shows its digests alone."""
    edit(
        file.folder,
        "article.yaml",
        "  - {paragraph: 2",
        '  - {paragraph: 3, about: A dry one, sha256: "' + "0" * 64 + '"}\n  - {paragraph: 2',
    )
    page = await file.show()
    chart = page.get_by_role("figure")
    await expect(chart).to_contain_text("1 paragraph without a digest: ¶ 3. 2 paragraphs have several.")
    await chart.locator("td[data-number='1']").first.hover()
    await expect(chart).to_contain_text("¶ 1 Where rivers begin2 digests: Springs · Seas")
    await chart.get_by_role("button").first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(chart).to_contain_text("¶ 3 A dry oneNo digest rests on it.")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("No digest has ¶ 3.")).to_be_visible()
    await page.keyboard.press("Escape")
    await chart.get_by_role("button", name="Paragraph 1:").click()
    await expect(visible(page)).to_have_count(2)
    await page.get_by_role("button", name="Show all").click()
    await expect(visible(page)).to_have_count(5)


async def test_another_language(file: File) -> None:
    """The switch shows the translation, says what has none, and the map counts what is translated."""
    page = await file.show()
    await expect(page.get_by_role("group", name="Language of the digests")).to_be_hidden()
    translate(file.folder)
    await file.show()
    await page.get_by_role("button", name="Русский").click()
    await expect(digest(page, "springs").locator("blockquote")).to_have_text("Так пишет автор.")
    await expect(digest(page, "seas")).to_contain_text("Not translated: readers get the original")
    await expect(page.get_by_role("figure")).to_contain_text("1 paragraph without a translated digest: ¶ 2.")
    await page.get_by_role("searchbox").fill("РОДНИК")
    await expect(visible(page)).to_have_count(1)


async def test_findings_stand_in_a_list_and_at_their_digest(file: File) -> None:
    """With file and line, what is wrong and what to do; the list leads to the digest."""
    edit(file.folder, "initiatives.yaml", "text: Let fish pass.", f"text: {'fish ' * 120}")
    page = await file.show()
    found = page.get_by_role("region", name="1 error")
    await expect(found).to_contain_text(re.compile(r"initiatives\.yaml:12:11 text-too-long"))
    await expect(digest(page, "fish").locator(".finding")).to_contain_text("or make two digests of it")
    await found.get_by_role("button", name="Show").click()
    await expect(digest(page, "fish")).to_be_focused()


async def test_nothing_to_show(file: File) -> None:
    """An empty folder: the finding, and what to do."""
    shutil.rmtree(file.folder / "rivers")
    page = await file.show()

    await expect(page.get_by_role("region", name="1 error")).to_contain_text("no article is in this folder")
    await expect(page.get_by_text("Mend it, and the digests appear here.")).to_be_visible()


async def test_no_text_becomes_a_part_of_the_page(file: File) -> None:
    """Whatever titles, texts, outlines and findings hold is shown as it is."""
    for name, old in (("water.yaml", "title: Seas"), ("article.yaml", "title: Rivers & people")):
        edit(file.folder, name, old, f"title: {HOSTILE!r}".replace("\\'", "''"))
    edit(file.folder, "article.yaml", "about: Where rivers begin", "about: <b>bold</b>")
    edit(file.folder, "water.yaml", "text: A river", "text: <script>alert(1)</script> A river")
    page = await file.show()

    await expect(digest(page, "seas").locator(".text strong").first).to_have_text(HOSTILE)
    await expect(digest(page, "seas").locator(".text")).to_contain_text("<script>alert(1)</script> A river")
    await expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert await page.locator("main :is(script, img)").count() == 0


@pytest.mark.parametrize("width", [375, 320])
async def test_a_phone_shows_everything_in_one_column(file: File, width: int) -> None:
    """Nothing lies beside the window, however long a word or a place is; every button is large enough."""
    translate(file.folder)
    edit(file.folder, "water.yaml", "title: Seas", f"title: {'ш' * 90}")
    edit(file.folder, "water.yaml", "text: A river ends in a *sea*.", f"text: {'ш' * 700}")
    edit(file.folder, "article.yaml", "about: Where rivers begin", f"about: {'ш' * 150}")
    await file.page.set_viewport_size({"width": width, "height": 800})
    page = await file.show()

    assert await page.evaluate(FITS)
    await expect(digest(page, "seas").locator(".finding")).to_be_visible()
    for target in await page.locator("button:not(.command, .map *), input").filter(visible=True).all():
        area = await target.bounding_box()
        assert area, target
        assert min(area["width"], area["height"]) >= 40, await target.text_content()


# -- the Editor tab ------------------------------------------------------------------------------------------


@fixture(loop_scope="module")
async def sandbox(folder: Path) -> AsyncIterator[Sandbox]:
    """A sandbox with the Editor tab for the folder."""
    sandbox = Sandbox(SandboxSettings(port=0, pages=(editor_page(folder, lambda: TODAY),)))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@fixture(loop_scope="module")
async def demo(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """The demo's page."""
    async with visit(browser, sandbox.url) as page:
        yield page


@fixture(loop_scope="module")
async def editor(demo: Page) -> FrameLocator:
    """What the Editor tab shows."""
    await demo.get_by_role("tab", name="Editor").click()
    frame = demo.frame_locator("iframe[title=Editor]")
    await expect(digest(frame, "springs")).to_be_visible()
    return frame


async def test_the_tabs_work_by_keyboard_and_have_addresses(demo: Page, sandbox: Sandbox) -> None:
    """Arrows move between them, the address says which is open, and leads back to it."""
    chat, editor = demo.get_by_role("tab", name="Chat"), demo.get_by_role("tab", name="Editor")
    await expect(chat).to_have_attribute("aria-selected", "true")
    await chat.press("ArrowRight")
    await expect(editor).to_be_focused()
    await expect(editor).to_have_attribute("aria-selected", "true")
    await expect(demo.get_by_role("textbox", name="Message")).to_be_hidden()
    assert demo.url == f"{sandbox.url}/#editor"
    await demo.reload()
    await expect(digest(demo.frame_locator("iframe"), "springs")).to_be_visible()
    await demo.go_back()
    await expect(demo.get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_saved_change_appears_in_place(editor: FrameLocator, demo: Page, folder: Path) -> None:
    """What was searched for, where one had scrolled to and the chosen language stay."""
    translate(folder)
    await editor.get_by_role("button", name="Русский").click()
    await editor.get_by_role("searchbox").fill("sea")
    await expect(visible(editor)).to_have_count(1)
    frame = demo.frames[1]
    await demo.set_viewport_size({"width": 1280, "height": 480})
    await frame.evaluate("scrollTo(0, 100)")
    before = await frame.evaluate("document.querySelector('[data-digest=seas]').getBoundingClientRect().top")
    edit(folder, "water.yaml", "text: A river ends in a *sea*.", "text: A river ends in **an ocean**.")
    edit(folder, "article.yaml", "title: Rivers & people", f"title: {'Rivers & people ' * 12}")

    await expect(digest(editor, "seas").locator(".text strong").nth(1)).to_have_text("an ocean")
    await expect(editor.get_by_role("searchbox")).to_have_value("sea")
    await expect(visible(editor)).to_have_count(1)
    await expect(editor.get_by_role("button", name="Русский")).to_have_attribute("aria-pressed", "true")
    after = await frame.evaluate("document.querySelector('[data-digest=seas]').getBoundingClientRect().top")
    assert after == pytest.approx(before, abs=1)


async def test_a_broken_file_shows_its_finding_at_once(editor: FrameLocator, folder: Path) -> None:
    """With file and line; what it held before stays, dimmed, until it is mended."""
    edit(folder, "water.yaml", "digests:", "digests: [")
    await expect(editor.get_by_role("region", name="1 error")).to_contain_text(
        re.compile(r"rivers/water\.yaml:6:3 yaml-syntax")
    )
    await expect(digest(editor, "springs")).to_be_visible()
    await expect(editor.get_by_text("As it was before the error")).to_be_visible()
    edit(folder, "water.yaml", "digests: [", "digests:")
    await expect(editor.get_by_text("As it was before the error")).to_be_hidden()
    await expect(editor.get_by_role("region", name="1 error")).to_be_hidden()


async def test_new_renamed_and_removed_files_are_followed(editor: FrameLocator, folder: Path) -> None:
    """A theme that is added appears; one that is taken away goes."""
    new = (folder / "rivers" / "initiatives.yaml").read_text(encoding="utf-8")
    new = new.replace("initiatives", "bridges").replace("dams", "arches").replace("fish", "boats")
    (folder / "rivers" / "draft.txt").write_text(new, encoding="utf-8")
    (folder / "rivers" / "draft.txt").rename(folder / "rivers" / "bridges.yaml")
    await expect(digest(editor, "arches")).to_be_visible()
    (folder / "rivers" / "bridges.yaml").unlink()
    await expect(digest(editor, "arches")).to_have_count(0)


async def test_dark_is_chosen_once_for_both_tabs(editor: FrameLocator, demo: Page) -> None:
    """The switch in the Editor turns the chat dark as well."""
    background = "getComputedStyle(document.body).backgroundColor"
    light = await demo.evaluate(background)
    await editor.get_by_role("button", name="Dark theme").click()
    await expect(demo.locator("html")).to_have_attribute("data-theme", "dark")
    assert await demo.evaluate(background) != light


@pytest.mark.usefixtures("editor")
async def test_the_tabs_fit_a_phone(demo: Page) -> None:
    """At 375 pixels neither tab lies beside the window."""
    await demo.set_viewport_size({"width": 375, "height": 740})
    assert await demo.evaluate(FITS)
    assert await demo.frames[1].evaluate(FITS)
    await demo.get_by_role("tab", name="Chat").click()
    await expect(demo.get_by_role("button", name="Jump to next delivery")).to_be_visible()
    assert await demo.evaluate(FITS)


async def test_the_editor_says_that_the_demo_has_gone(editor: FrameLocator, sandbox: Sandbox) -> None:
    """What is shown then may be old."""
    await sandbox.stop()
    await expect(editor.get_by_text("No connection to the demo: what is shown may be old.")).to_be_visible()


async def test_who_may_look(sandbox: Sandbox) -> None:
    """Foreign hosts are refused, unknown pages are not found, and only the demo may frame the Editor."""
    async with aiohttp.ClientSession() as http:
        for path in ("/pages/editor/", "/pages/editor/changes", "/api/pages"):
            async with http.get(f"{sandbox.url}{path}", headers={"Host": "evil.example"}) as answer:
                assert answer.status == 403
        async with http.get(f"{sandbox.url}/pages/other/") as answer:
            assert answer.status == 404
        async with http.get(f"{sandbox.url}/pages/editor/") as answer:
            assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "default-src 'none'" in await answer.text()


async def test_without_extra_pages_there_are_no_tabs(browser: Browser) -> None:
    """The sandbox alone is the chat alone."""
    sandbox = Sandbox(SandboxSettings(port=0))
    await sandbox.start()
    async with visit(browser, f"{sandbox.url}/#editor") as page:
        await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
        await expect(page.get_by_role("tab")).to_have_count(0)
    await sandbox.stop()
