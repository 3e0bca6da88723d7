"""The preview as one HTML page that needs nothing beside it: no network, no other file, no server.

It looks like the demo's page because it is made of the same files. What comes from the content is data: it stands in
the page as JSON in which no tag can begin, and becomes text nodes there.
"""

import base64
import hashlib
import re
from dataclasses import asdict
from importlib import resources
from string import Template

import orjson

from bot.preview.desk import Desk
from bot.sandbox import PAGE_FOLDER

_MODULES = ("dom", "entities", "render", "notices", "gestures")
_OWN_MODULES = ("coverage", "preview")
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (\w+))", re.MULTILINE)


def page(desk: Desk, changes: str = "") -> str:
    """The whole page; `changes` is an address that sends it anew, as `data`, whenever the files have changed."""
    own = resources.files("bot.preview") / "page"
    shared = {name: (PAGE_FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in _MODULES}
    modules = shared | {name: (own / f"{name}.js").read_text(encoding="utf-8") for name in _OWN_MODULES}
    look = (PAGE_FOLDER / "look.css").read_text(encoding="utf-8")
    script, style = _bundle(modules), f"{look}\n{(own / 'preview.css').read_text(encoding='utf-8')}"
    icon = base64.b64encode((PAGE_FOLDER / "icon.svg").read_bytes()).decode()
    return Template((own / "preview.html").read_text(encoding="utf-8")).substitute(
        policy=_policy(script, style, "'self'" if changes else "'none'"),
        icon=f"data:image/svg+xml;base64,{icon}",
        style=style,
        script=script,
        changes=changes,
        data=data(desk).replace("<", "\\u003c"),  # neither "</script" nor "<!--" can stand in it
    )


def data(desk: Desk) -> str:
    """What the page shows, as JSON in one line."""
    return orjson.dumps(asdict(desk)).decode()


def _policy(script: str, style: str, connect: str) -> str:
    """Exactly this script and this style, pictures in the page, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        f"connect-src {connect}; base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _bundle(modules: dict[str, str]) -> str:
    """ES modules as one script: each is a function of its own, which gives what it exports to those after it.

    They are written one import a line, and only functions and constants are exported.
    """
    return "\n".join(_closed(name, source) for name, source in modules.items())


def _closed(name: str, source: str) -> str:
    exports = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = \2;", source))
    return f"const {name} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"
