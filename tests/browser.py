"""The Chromium that browser tests drive: the system's, never a download."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
# Where REQUIRE_BROWSER is set, as in CI, a missing Chromium is a failure and not a skip.
MISSING = CHROMIUM is None and not os.environ.get("REQUIRE_BROWSER")
MARKS = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(MISSING, reason="neither chromium nor google-chrome is on PATH"),
]
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
"""Whether nothing of the page lies beside the window."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser, closed afterwards."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        await browser.close()


@asynccontextmanager
async def visit(browser: Browser, address: str) -> AsyncIterator[Page]:
    """A page on a desktop; a script's error or a breach of the content policy fails the test."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
    )
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
    await page.goto(address)
    yield page
    await context.close()
    assert not errors
