"""The image: what the Dockerfile leaves out of it is not missed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import babel

ROOT = Path(__file__).parents[1]
SPEAKING = """
import datetime as dt
import babel
from bot.core.model import WEEKDAYS
from bot.locales import load_languages

try:
    babel.Locale.parse("fr")
except babel.UnknownLocaleError:
    print("fr")
for language in load_languages().values():
    date = dt.date(2024, 5, 28)
    said = [language.day(date), language.weekday(date), language.number(12345), language.days(WEEKDAYS - 1)]
    print(language.code, *said, language.count("{number} digest", "{number} digests", 3), sep="; ")
"""


def test_every_language_is_spoken_with_the_locales_that_the_image_keeps(tmp_path: Path) -> None:
    """Dates, numbers and plurals come out as with all of Babel; French, which the interface does not speak, is gone."""
    found = re.search(r"-regex '(.+)' -delete", (ROOT / "Dockerfile").read_text())
    assert found
    kept = re.compile(found[1])

    def pruned(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name.endswith(".dat") and not kept.fullmatch(f"{folder}/{name}")]

    whole = Path(babel.__file__).parent
    shutil.copytree(whole / "locale-data", tmp_path / "babel" / "locale-data", ignore=pruned)
    shutil.copytree(whole, tmp_path / "babel", ignore=lambda *_: ["locale-data"], dirs_exist_ok=True)

    assert spoken(f"{tmp_path}{os.pathsep}{ROOT}") == "fr\n" + spoken(str(ROOT))


def spoken(path: str) -> str:
    """What the languages say with the packages of `path`."""
    done = subprocess.run(
        [sys.executable, "-c", SPEAKING],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
