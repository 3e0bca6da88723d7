"""The Chromium that browser tests drive: the system's, never a download."""

import os
import shutil

import pytest

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
