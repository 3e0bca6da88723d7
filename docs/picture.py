"""Take the README's picture: `make picture` drives the demo in Chromium, and saves what is seen."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Locator, sync_playwright

ROOT = Path(__file__).parents[1]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CHROMIUM = "/usr/bin/chromium"


def _write(box: Locator, text: str) -> None:
    box.fill(text)
    box.press("Enter")
    box.page.wait_for_timeout(900)


def main() -> None:
    """Save docs/demo.png."""
    demo = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert demo.stdout is not None
        address = re.search(r"http://\S+", demo.stdout.readline())
        assert address is not None
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(
                viewport={"width": 1120, "height": 900}, device_scale_factor=1.5, timezone_id="Asia/Almaty"
            )
            page.goto(address[0])
            box = page.get_by_role("textbox", name="Message")
            _write(box, "/subscribe 07:30 Almaty weekdays")
            page.get_by_role("button", name="Jump to next delivery").click()
            page.get_by_text("1/40 read").wait_for()
            _write(box, "/initiatives")
            page.get_by_text("2/40 read").wait_for()
            page.wait_for_timeout(1500)
            page.mouse.move(5, 5)
            page.screenshot(path=str(ROOT / "docs" / "demo.png"))
            browser.close()
    finally:
        demo.terminate()
        demo.wait()


if __name__ == "__main__":
    main()
