"""Secrets: from the environment or from files that nobody else can read, and shown to no one."""

import os
import re
import shlex
from collections.abc import MutableMapping
from pathlib import Path

from pydantic import SecretStr

from bot.config.settings import Settings

TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
"""A token, wherever it stands."""
_OTHERS = 0o006
"""Everybody may read or write it. The group may: that is how secrets reach a container that is not root's."""


class ConfigError(Exception):
    """The configuration cannot be used; the message lists everything that is wrong and what to do."""


_FORMS = {  # by variable: what it is, how it looks, and that in words
    "BOT_TOKEN": (
        "token",
        re.compile(r"[0-9]+:[A-Za-z0-9_-]+"),
        "@BotFather's look like 123456789:AbC… (digits, a colon, 35 characters)",
    ),
    "BOT_WEBHOOK_SECRET": (
        "webhook secret",
        re.compile(r"[A-Za-z0-9_-]{32,256}"),
        "it takes 32 to 256 of A-Z, a-z, 0-9, _ and -; “openssl rand -hex 32” makes one",
    ),
}


def take_token(settings: Settings, environment: MutableMapping[str, str]) -> SecretStr:
    """The bot's token, from BOT_TOKEN, BOT_TOKEN_FILE or telegram.token_file; it is taken out of the environment.

    Raises:
        ConfigError: There is none, it is not one, or others can read its file.
    """
    token = _take("BOT_TOKEN", settings.telegram.token_file, environment)
    if token is None:
        raise ConfigError(
            "no token: get one from @BotFather in Telegram, then set BOT_TOKEN or BOT_TOKEN_FILE. To try the bot "
            "without a token, run “make demo”"
        )
    return token


def take_webhook_secret(settings: Settings, environment: MutableMapping[str, str]) -> SecretStr | None:
    """What Telegram proves itself with at the webhook; None with long polling. It is taken out of the environment.

    It comes from BOT_WEBHOOK_SECRET, BOT_WEBHOOK_SECRET_FILE or telegram.webhook_secret_file, and has the form that
    setWebhook accepts (https://core.telegram.org/bots/api#setwebhook), but no fewer than 32 characters.

    Raises:
        ConfigError: There is none beside telegram.webhook_url, it has not that form, or others can read its file.
    """
    if settings.telegram.webhook_url is None:
        environment.pop("BOT_WEBHOOK_SECRET", None)
        return None
    secret = _take("BOT_WEBHOOK_SECRET", settings.telegram.webhook_secret_file, environment)
    if secret is None:
        raise ConfigError(
            "no webhook secret, so anybody could write to the bot in Telegram's name: put the output of “openssl rand "
            "-hex 32” into a file, and set telegram.webhook_secret_file or BOT_WEBHOOK_SECRET_FILE to its path"
        )
    return secret


def _take(name: str, file: Path | None, environment: MutableMapping[str, str]) -> SecretStr | None:
    what, form, looks = _FORMS[name]
    secret, source = environment.pop(name, "").strip(), name
    path = environment.get(f"{name}_FILE") or file
    if not secret and path:
        if form.fullmatch(str(path)) and not Path(path).exists():  # it is not shown
            where = "stands where the path of its file belongs: write it into a file, or set"
            raise ConfigError(f"the {what} {where} {name}")
        secret, source = read_secret(Path(path), f"the {what} file"), str(path)
    if secret and not form.fullmatch(secret):
        raise ConfigError(f"{source} does not hold a {what}: {looks}")
    return SecretStr(secret) if secret else None


def read_secret(path: Path, what: str) -> str:
    """The text of a file without the space around it. Raises ConfigError where others can read it too."""
    try:
        fault = exposed(path)
        with path.open("rb") as file:
            text = file.read(64 * 1024).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise ConfigError(f"{what} {path} cannot be read ({reason}): check the path and its mode") from error
    if fault:
        raise ConfigError(f"{what} {path} {fault[0]}: {fault[1]}")
    return text


def exposed(path: Path) -> tuple[str, str] | None:
    """What is wrong with the mode of a file that holds a secret, and what to do. Raises OSError.

    A file in a read-only mount is taken as it is: its mode cannot be changed from here. So is another's file in
    /run/secrets: engines put a container's secrets there with mode 444, in a mount of this container alone.
    """
    status = path.stat()
    mine, fixed = status.st_uid == os.geteuid(), os.statvfs(path).f_flag & os.ST_RDONLY
    engines = not mine and path.resolve().is_relative_to("/run/secrets")
    if not status.st_mode & _OTHERS or fixed or engines:
        return None
    name = shlex.quote(str(path))
    command = f"chmod 600 {name}" if mine else f"chown {os.geteuid()} {name} && chmod 600 {name}"
    done = "read" if status.st_mode & 0o004 else "changed"
    return f"can be {done} by everybody on this machine", f"run “{command}”"
