"""The demo as a newcomer meets it: one command, a page in the browser, the real bot behind it."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from pytest_asyncio import fixture

from tests.browser import CHROMIUM, FLAGS, MARKS

ROOT = Path(__file__).parents[1]
pytestmark = MARKS


@dataclass
class Demo:
    """A running `python -m bot demo`."""

    process: asyncio.subprocess.Process
    url: str

    async def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), 30)).decode()

    def bots(self) -> list[int]:
        """The process ids of its children: the bot."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@fixture(loop_scope="module")
async def demo() -> AsyncIterator[Demo]:
    """A demo on a free port with the project's own content, ended by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0"),
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    demo = Demo(process, "")
    ready = re.fullmatch(r"Demo ready: (http://127\.0\.0\.1:\d+/)\n", await demo.line())
    assert ready is not None
    demo.url = ready[1]
    yield demo
    process.send_signal(signal.SIGINT)
    output, _ = await asyncio.wait_for(process.communicate(), 15)
    assert (process.returncode, b"Traceback" in output) == (0, False), output.decode()


@fixture(loop_scope="module")
async def page(demo: Demo) -> AsyncIterator[Page]:
    """The demo's page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = await browser.new_page()
        await page.goto(demo.url)
        yield page
        await browser.close()


async def say(page: Page, text: str) -> None:
    """Write and send."""
    box = page.get_by_role("textbox", name="Message")
    await box.fill(text)
    await box.press("Enter")


async def test_a_newcomer_reads_subscribes_and_sees_tomorrows_digest(page: Page) -> None:
    """/initiatives, ▶, /subscribe, one press on the clock: the digest of the next morning arrives."""
    last = page.locator("article.in").last
    await say(page, "/initiatives")
    await expect(last).to_contain_text("An agency against man-made pandemics")
    await page.get_by_role("button", name="▶").last.click()
    await expect(last).to_contain_text("One Water Summit, co-chaired with France")
    await page.get_by_role("button", name="Source ¶ 13").last.click()
    await expect(last).to_contain_text("¶ 13 · ")
    await say(page, "/subscribe 07:30 Asia/Almaty")
    await expect(last).to_contain_text("07:30, every day")
    await page.get_by_role("button", name="Jump to next delivery").click()

    await expect(last).to_contain_text("A UN center for Central Asia and Afghanistan", timeout=10_000)
    await expect(last).to_contain_text("/initiatives · 3/40 read")
    await expect(page.locator("article.in")).to_have_count(3)


async def test_a_killed_bot_comes_back_and_still_knows_the_reader(demo: Demo, page: Page) -> None:
    """Kill -9 of the bot: the demo starts it again, and the subscription is still there."""
    last = page.locator("article.in").last
    await say(page, "/subscribe 06:15")
    await expect(last).to_contain_text("06:15")
    (bot,) = demo.bots()
    os.kill(bot, signal.SIGKILL)
    assert "starting it again" in await demo.line()
    jump = page.get_by_role("button", name="Jump to next delivery")
    for _ in range(4):  # until the bot is back nothing is planned, and the press is refused
        await jump.click()
        with contextlib.suppress(AssertionError):
            await expect(last).to_contain_text("1/40 read", timeout=10_000)
            break
    await expect(last).to_contain_text("1/40 read")


@pytest.mark.parametrize("name", ["Reading circle", "Digests"])
async def test_the_group_and_the_channel_are_answered_too(page: Page, name: str) -> None:
    """The same command in the other two chats."""
    await page.get_by_role("button", name=name).click()
    await say(page, "/initiatives")

    await expect(page.locator("article.in").last).to_contain_text("An agency against man-made pandemics")


async def test_the_editor_tab_shows_the_same_digests(page: Page) -> None:
    """Beside the chat, each digest of the content as readers get it."""
    await page.get_by_role("tab", name="Editor").click()
    editor = page.frame_locator("iframe[title=Editor]")

    await expect(editor.locator("[data-digest=biosafety-agency] .text")).to_contain_text("1/40 read")
    await expect(editor.get_by_text("1 article · 10 themes · 40 digests · no findings")).to_be_visible()
