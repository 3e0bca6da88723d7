"""The file and the environment as one: every error of both in one run."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr

from bot.config.secrets import TOKEN, ConfigError, exposed, read_secret, take_token, take_webhook_secret
from bot.config.settings import TELEGRAM, Settings
from bot.config.values import callable_by_telegram, database, password_of
from bot.core.findings import Finding
from bot.core.governor import free
from bot.documents import Document, DocumentError, Keys, Place, read, validate

T = TypeVar("T")
DEFAULT_FILE = Path("config.yaml")
_OTHER_NAMES = ("BOT_CONFIG", "BOT_TOKEN", "BOT_TOKEN_FILE", "BOT_WEBHOOK_SECRET", "BOT_WEBHOOK_SECRET_FILE")
_ELSEWHERE = (
    "put it into a file of its own with mode 600 and set telegram.token_file to its path, or set BOT_TOKEN; if this "
    "file was shown to anybody, get a new token with /revoke in @BotFather"
)
_KUBERNETES = re.compile(r"BOT_(SERVICE_(HOST|PORT)|PORT)(_\w+)?")
"""What Kubernetes sets of itself in every pod beside a service that is called `bot`."""


def load_settings(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from a file and the environment, which wins.

    `file` None means BOT_CONFIG, or config.yaml where there is one.

    Raises:
        ConfigError: With every error of both.
    """
    path = config_file(file, environment)
    findings = list(_unknown(environment))
    documents = _from_environment(environment)
    try:
        if path:
            documents.insert(0, read(path, str(path)))
    except DocumentError as error:
        findings.extend(error.findings)
    merged: dict[str, Any] = {}
    for document in documents:
        findings += _faults(document)
        for section, keys in document.data.items():
            both = isinstance(merged.get(section), dict) and isinstance(keys, dict)
            merged[section] = {**merged[section], **keys} if both else keys or merged.get(section)
    for keys, code, message, hint in _together(merged):
        document = next(each for each in reversed(documents) if keys in each.places)
        findings.append(document.finding(document.place(keys), code, message, hint))
    if findings:
        # A variable has one value: it needs no line and column.
        raise ConfigError(
            "\n".join(re.sub(r"^(BOT_\w+):1:1:", r"\1:", str(each)) for each in sorted(findings))
        )
    return Settings.model_validate(merged)


def load_all(
    file: Path | None, environment: MutableMapping[str, str]
) -> tuple[Settings, SecretStr, SecretStr | None]:
    """All that a bot runs with: the settings, the token, and with a webhook its secret.

    Raises:
        ConfigError: With every error of settings and secrets.
    """
    errors: list[str] = []

    def tried(load: Callable[[], T]) -> T | None:
        try:
            return load()
        except ConfigError as error:
            errors.append(str(error))
            return None

    loaded = tried(lambda: load_settings(file, environment))
    settings, token, secret = loaded or Settings(), None, None
    if loaded or {"BOT_TOKEN", "BOT_TOKEN_FILE"} & set(
        environment
    ):  # else it may stand in what cannot be used
        token = tried(lambda: take_token(settings, environment))
        secret = tried(lambda: take_webhook_secret(settings, environment))
    if errors or token is None:
        raise ConfigError("\n".join(errors))
    return settings, token, secret


def config_file(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file that is read: the one named, else BOT_CONFIG, else config.yaml where there is one."""
    if file or environment.get("BOT_CONFIG"):
        return file or Path(environment["BOT_CONFIG"])
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _from_environment(environment: Mapping[str, str]) -> list[Document]:
    """Each BOT_SECTION__KEY=value as the document that a file with this key alone would give."""
    documents = []
    for name, value in sorted(environment.items()):
        section, separator, key = name.removeprefix("BOT_").casefold().partition("__")
        if name.startswith("BOT_") and separator:
            places: dict[Keys, Place] = dict.fromkeys(((), (section,), (section, key)), (1, 1))
            documents.append(Document(name, {section: {key: value}}, places, places, {}))
    return documents


def _unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables that look like the bot's and are none: a slip of the pen would change nothing, in silence."""
    keys = [
        f"BOT_{section}__{key}".upper()
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", ())
    ]
    for name in sorted(environment):
        if not name.startswith("BOT_") or "__" in name or name in _OTHER_NAMES or _KUBERNETES.fullmatch(name):
            continue
        close = get_close_matches(name, [*_OTHER_NAMES, *keys], n=1)
        hint = f"did you mean {close[0]}?" if close else "a key is BOT_SECTION__KEY, as in BOT_WEB__PORT"
        yield Finding(name, 1, 1, "unknown-variable", "names no key of the configuration", hint)


def _faults(document: Document) -> list[Finding]:
    """What is wrong with a file, or with a variable."""
    secret = [
        document.finding(place, "secret-in-config", "a token does not belong here", _ELSEWHERE)
        for keys, place in document.places.items()
        if isinstance(text := document.value(keys), str) and TOKEN.search(text)
    ]
    url = document.data.get("storage")
    in_file = (
        isinstance(url, dict) and not document.file.startswith("BOT_") and password_of(str(url.get("url")))
    )
    if in_file and (fault := exposed(Path(document.file))):
        message, place = f"it holds a password, and this file {fault[0]}", document.place(("storage", "url"))
        secret.append(document.finding(place, "readable-secret", message, fault[1]))
    try:
        validate(document, Settings)
    except DocumentError as error:  # what else is wrong with such a line is of no interest
        lines = {finding.line for finding in secret}
        return secret + [finding for finding in error.findings if finding.line not in lines]
    return secret


def _figure(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # found wrong by itself
        return 0


def _together(merged: dict[str, Any]) -> Iterator[tuple[Keys, str, str, str]]:
    """What is wrong with keys that are right each by itself: the key, a code, what it is and what to do.

    In `merged` the text of storage.url_file takes the place of storage.url.
    """

    def value(section: str, key: str) -> str:
        return str(merged[section].get(key) or "") if isinstance(merged.get(section), dict) else ""

    url = value("telegram", "webhook_url")
    if url and not value("web", "port"):
        hint = "set web.port, and let the reverse proxy pass /telegram on"
        yield ("telegram", "webhook_url"), "no-port", "a webhook needs a port to listen at", hint
    if url and value("telegram", "api_url") in {"", TELEGRAM} and not callable_by_telegram(url):
        message = "Telegram calls no port but 443, 80, 88 and 8443"
        yield ("telegram", "webhook_url"), "bad-port", message, "let the reverse proxy listen at one of them"
    fast, stars = (_figure(value("delivery", key)) for key in ("rate", "paid_stars"))
    if free(fast) < fast and not stars:
        hint = "set it to 30 at most, or set delivery.paid_stars to the Stars that may be spent a day (0.1 a message)"
        yield ("delivery", "rate"), "not-free", "Telegram takes more than 30 a second only for Stars", hint
    if file := value("storage", "url_file"):
        try:
            merged["storage"]["url"] = database(read_secret(Path(file), "the file"))
        except (ConfigError, ValueError) as error:
            yield ("storage", "url_file"), "bad-secret-file", str(error), ""
