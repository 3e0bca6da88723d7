"""The file and the environment as one: every error of both in one run."""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.config import values
from bot.config.secrets import TOKEN, ConfigError, exposed, read_secret, take_token, take_webhook_secret
from bot.config.settings import TELEGRAM, Settings
from bot.core.findings import Finding
from bot.documents import Document, DocumentError, Keys, Place, read, validate

DEFAULT_FILE = Path("config.yaml")
_OTHER_NAMES = ("BOT_CONFIG", "BOT_TOKEN", "BOT_TOKEN_FILE", "BOT_WEBHOOK_SECRET", "BOT_WEBHOOK_SECRET_FILE")
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
    for document in documents:
        findings += _faults(document)
    layers = _Layers(documents)
    findings += [*_of_the_webhook(layers), *_of_the_storage(layers, path)]
    if findings:
        raise ConfigError("\n".join(map(_said, findings)))
    return Settings.model_validate(layers.merged)


def load_all(
    file: Path | None, environment: MutableMapping[str, str]
) -> tuple[Settings, SecretStr, SecretStr | None]:
    """All that a bot runs with: the settings, the token, and with a webhook its secret.

    Raises:
        ConfigError: With every error of settings and secrets.
    """
    errors: list[ConfigError] = []
    found: list[SecretStr | None] = []
    try:
        settings = load_settings(file, environment)
    except ConfigError as error:
        if not {"BOT_TOKEN", "BOT_TOKEN_FILE"} & set(environment):
            raise  # where the token is stands in what cannot be used
        errors.append(error)
        settings = Settings()
    for take in (take_token, take_webhook_secret):
        try:
            found.append(take(settings, environment))
        except ConfigError as error:
            errors.append(error)
    token, *rest = found or [None]
    if errors or token is None:
        raise ConfigError("\n".join(map(str, errors)))
    return settings, token, rest[0]


def config_file(file: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file that is read: the one named, else BOT_CONFIG, else config.yaml where there is one."""
    if file or environment.get("BOT_CONFIG"):
        return file or Path(environment["BOT_CONFIG"])
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _said(finding: Finding) -> str:
    """A variable has one value: it needs no line and column."""
    return str(finding).replace(":1:1:", ":", 1) if finding.file.startswith("BOT_") else str(finding)


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
        hint = (
            f"did you mean {close[0]}?" if close else "keys are written BOT_SECTION__KEY, as in BOT_WEB__PORT"
        )
        yield Finding(name, 1, 1, "unknown-variable", "names no key of the configuration", hint)


def _faults(document: Document) -> list[Finding]:
    """What is wrong with a file, or with a variable."""
    secret = [
        document.finding(
            place,
            "secret-in-config",
            "a token does not belong here, where others come to read it",
            "put it into a file of its own with mode 600 and set telegram.token_file to its path, or set BOT_TOKEN; "
            "if this file was shown to anybody, get a new token with /revoke in @BotFather",
        )
        for keys, place in document.places.items()
        if isinstance(text := document.value(keys), str) and TOKEN.search(text)
    ]
    try:
        validate(document, Settings)
    except DocumentError as error:  # what else is wrong with such a line is of no interest
        lines = {finding.line for finding in secret}
        return secret + [finding for finding in error.findings if finding.line not in lines]
    return secret


class _Layers:
    """The file below, the variables above: together the settings, each key at the place that it was set last."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents
        self.merged: dict[str, Any] = {}
        for section, keys in (item for document in documents for item in document.data.items()):
            if keys is not None:
                both = isinstance(known := self.merged.get(section), dict) and isinstance(keys, dict)
                self.merged[section] = {**known, **keys} if both and known else keys

    def value(self, section: str, key: str) -> str:
        """A key as a text; "" where it is not set."""
        keys = self.merged.get(section)
        return str(keys.get(key) or "") if isinstance(keys, dict) else ""

    def file(self, section: str, key: str) -> str:
        """The file or the variable that sets a key."""
        return self._document(section, key).file

    def finding(self, section: str, key: str, code: str, message: str, hint: str) -> Finding:
        """A finding at a key that is set."""
        document = self._document(section, key)
        return document.finding(document.place((section, key)), code, message, hint)

    def _document(self, section: str, key: str) -> Document:
        return next(each for each in reversed(self._documents) if (section, key) in each.places)


def _of_the_webhook(layers: _Layers) -> Iterator[Finding]:
    url = layers.value("telegram", "webhook_url")
    if url and not layers.value("web", "port"):
        message, hint = (
            "a webhook needs a port to listen at",
            "set web.port, and let the reverse proxy pass /telegram on",
        )
        yield layers.finding("telegram", "webhook_url", "no-port", message, hint)
    if url and layers.value("telegram", "api_url") in {"", TELEGRAM} and not values.callable_by_telegram(url):
        message, hint = (
            "Telegram calls no port but 443, 80, 88 and 8443",
            "let the reverse proxy listen at one of them",
        )
        yield layers.finding("telegram", "webhook_url", "bad-port", message, hint)


def _of_the_storage(layers: _Layers, path: Path | None) -> Iterator[Finding]:
    """The text of storage.url_file takes the place of storage.url."""
    url = layers.value("storage", "url")
    mine = path and values.password_of(url) and layers.file("storage", "url") == str(path)
    if mine and path and (fault := exposed(path)):
        message = f"it holds a password, and the file {fault.message}"
        yield layers.finding("storage", "url", "readable-secret", message, fault.hint)
    if file := layers.value("storage", "url_file"):
        try:
            layers.merged["storage"]["url"] = values.database(read_secret(Path(file), "the file"))
        except (ConfigError, ValueError) as error:
            yield layers.finding("storage", "url_file", "bad-secret-file", str(error), "")
