"""The configuration: a file and the environment, all errors at once, and a token that leaves no trace."""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.config import ConfigError, Settings, load_all, load_settings, take_token, take_webhook_secret
from bot.core.model import WEEKDAYS

EXAMPLE = Path(__file__).parent.parent / "config.example.yaml"
TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
SECRET = "0123456789abcdef0123456789ABCDEF_-"
HOOK = "https://bot.example.org/telegram"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder that holds no config.yaml."""
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "config.yaml", mode: int = 0o600) -> Path:
    """A file in the present folder."""
    Path(name).write_text(text)
    Path(name).chmod(mode)
    return Path(name)


def refused(file: Path | None = None, **environment: str) -> str:
    """What is said instead of settings."""
    with pytest.raises(ConfigError) as caught:
        load_settings(file, environment)
    return str(caught.value)


def keys() -> set[str]:
    """All keys that there are: `section.key`."""
    return {
        f"{section}.{key}"
        for section, field in Settings.model_fields.items()
        for key in (field.annotation.model_fields if isinstance(field.annotation, type) else ())
    }


# -- the example ------------------------------------------------------------------------------------------


def test_the_example_file_holds_the_defaults() -> None:
    """Copied and unchanged, it changes nothing."""
    assert load_settings(EXAMPLE, {}) == Settings()


def test_the_example_file_names_every_key_and_no_other() -> None:
    """Commented out where there is no default to show; with its comment marks removed it is valid too."""
    text = EXAMPLE.read_text()
    bare = re.sub(r"^  # (\w+:)", r"  \1", text, flags=re.MULTILINE)
    found, section = set(), ""
    for line in bare.splitlines():
        if match := re.match(r"(\w+):", line):
            section = match[1]
        elif match := re.match(r"  (\w+):", line):
            found.add(f"{section}.{match[1]}")
    assert found == keys()
    database = written("sqlite:///data/bot.db", "database")
    load_settings(written(bare.replace("/run/secrets/database", str(database))), {})


# -- where settings come from -----------------------------------------------------------------------------


def test_without_a_file_the_defaults_hold() -> None:
    """Nothing has to be configured but the token."""
    assert load_settings(None, {}) == Settings()


def test_the_file_is_the_one_named_or_the_one_in_the_folder() -> None:
    """An argument, else BOT_CONFIG, else config.yaml."""
    written("delivery: {rate: 1}")
    other = written("delivery: {rate: 2}", "other.yaml")
    third = written("delivery: {rate: 3}", "third.yaml")
    assert load_settings(None, {}).delivery.rate == 1
    assert load_settings(None, {"BOT_CONFIG": str(other)}).delivery.rate == 2
    assert load_settings(third, {"BOT_CONFIG": str(other)}).delivery.rate == 3


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_was_named_must_be_readable(name: str) -> None:
    """It is not passed over in silence."""
    assert f"{name}:1:1: file-unreadable" in refused(Path(name))
    assert f"{name}:1:1: file-unreadable" in refused(BOT_CONFIG=name)


def test_the_environment_wins() -> None:
    """Key by key; the rest of a section stays; names are found in any case."""
    file = written("delivery: {rate: 5, max_lateness: 2h}\nlog:\n  level: debug\n")
    settings = load_settings(
        file,
        {"BOT_DELIVERY__RATE": "7", "BOT_web__PORT": "9000", "BOT_TOKEN": TOKEN, "PATH": "/bin", "__": "x"},
    )
    assert (settings.delivery.rate, settings.delivery.max_lateness) == (7, dt.timedelta(hours=2))
    assert (settings.web.port, settings.log.level) == (9000, "debug")


def test_an_empty_section_holds_the_defaults() -> None:
    """All of its keys commented out; also with one of them in the environment."""
    file = written("clock:\n  # offset_file: x\nweb:\n")
    assert load_settings(file, {}) == Settings()
    assert load_settings(file, {"BOT_WEB__PORT": "1234"}).web.port == 1234


def test_every_value_is_read_as_meant() -> None:
    """Text as people write it becomes what the program needs."""
    settings = load_settings(
        written(
            "telegram: {api_url: 'http://localhost:8081/', token_file: /run/t, channel_commands: true}\n"
            "storage: {url: 'sqlite:////data/x.db'}\n"
            "delivery: {rate: 0.5, max_lateness: 90m}\n"
            "reader: {time: 7:05, days: weekdays, zone: Europe/Berlin}\n"
            "log: {level: error, format: json}\n"
        ),
        {},
    )
    assert settings.telegram.api_url == "http://localhost:8081"
    assert settings.telegram.channel_commands
    assert settings.delivery.max_lateness == dt.timedelta(minutes=90)
    assert (settings.reader.time, settings.reader.days) == (dt.time(7, 5), WEEKDAYS)


def test_settings_cannot_be_changed() -> None:
    """They are what they were at the start."""
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Settings().delivery, "rate", 3)  # noqa: B010  what mypy would refuse


# -- what is wrong ----------------------------------------------------------------------------------------


def test_every_error_is_told_at_once() -> None:
    """Of the file, each with its place, and of the environment, each with its name."""
    file = written("telegram:\n  api_url: ftp://x\ndelivery:\n  rate: fast\n  rte: 3\nreder: {}\n")
    message = refused(file, BOT_WEB__PORT="http", BOT_LOG__LEVEL="loud", BOT_LOG__COLOUR="red")
    for part in (
        "config.yaml:2:12: bad-value: `api_url`",
        "config.yaml:4:9: bad-value: `rate` must be a number",
        "config.yaml:5:3: unknown-key: `rte`",
        "did you mean `rate`?",
        "config.yaml:6:1: unknown-key: `reder`",
        "did you mean `reader`?",
        "BOT_WEB__PORT: bad-value: `port` must be a whole number",
        "BOT_LOG__LEVEL: bad-value: `level` is not one of the known words",
        "BOT_LOG__COLOUR: unknown-key: `colour`",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("delivery: {rate: 0}", "greater than 0"),
        ("delivery: {rate: 2000}", "at most 1000"),
        ("delivery: {rate: nan}", "`rate`"),
        ("delivery: {paid_stars: 2.5}", "`paid_stars` must be a whole number"),
        ("delivery: {paid_stars: -1}", "at least 0"),
        ("delivery: {max_lateness: 6}", "as in 90m or 6h"),
        ("delivery: {max_lateness: 13h}", "`max_lateness` is too large"),
        ("web: {silence: 89s}", "it must be at least 90s"),
        ("web: {silence: 61m}", "`silence` is too large"),
        ("delivery: {max_lateness: 99999999999999h}", "`max_lateness`"),
        ("reader: {time: 9}", "as in 08:30"),
        ("reader: {time: '25:00'}", "as in 08:30"),
        ("reader: {time: '09:00:30'}", "as in 08:30"),
        ("reader: {days: sometimes}", "as in Mon,Wed,Fri"),
        ("reader: {days: ''}", "as in Mon,Wed,Fri"),
        ("reader: {zone: Mars}", "as in Asia/Almaty"),
        ("web: {port: 0}", "at least 1"),
        ("web: {port: 70000}", "at most 65535"),
        ("web: [1]", "`web` must hold keys and values"),
        ("web: text", "`web` must hold keys and values"),
        ("telegram: {channel_commands: maybe}", "`true` or `false`"),
        ("log: {level: }", "`level` has no value"),
        ("- a list", "yaml-not-a-mapping"),
        ("a: [", "yaml-syntax"),
    ],
)
def test_each_wrong_value_is_told_with_what_is_right(text: str, said: str) -> None:
    """In one line and a hint; also when the environment sets a key of the same section."""
    assert said in refused(written(text))
    assert said in refused(written(text), BOT_WEB__HOST="::1", BOT_LOG__FORMAT="json")


def test_a_wrong_value_is_not_repeated() -> None:
    """It may be a secret that was pasted into the wrong line."""
    assert TOKEN not in refused(written(f"web: {{port: '{TOKEN}'}}"), BOT_TELEGRAM__API_URL=TOKEN)


def test_everything_that_a_bot_runs_with_comes_at_once() -> None:
    """The settings, the token, and the webhook's secret, all out of the environment."""
    environment = {
        "BOT_TOKEN": TOKEN,
        "BOT_WEBHOOK_SECRET": SECRET,
        "BOT_TELEGRAM__WEBHOOK_URL": HOOK,
        "BOT_WEB__PORT": "80",
    }
    settings, token, secret = load_all(None, environment)
    assert secret is not None
    assert (settings.web.port, token.get_secret_value(), secret.get_secret_value()) == (80, TOKEN, SECRET)
    assert not {"BOT_TOKEN", "BOT_WEBHOOK_SECRET"} & set(environment)


def test_errors_of_settings_and_secrets_are_told_in_one_run() -> None:
    """Whichever they are; that there is no token is said once the file that may name it is right."""
    wrong = {"BOT_WEB__PORT": "http", "BOT_TOKEN": "no-token"}
    hook = {"BOT_TELEGRAM__WEBHOOK_URL": HOOK, "BOT_WEB__PORT": "80", "BOT_WEBHOOK_SECRET": "short"}
    for environment, said in (
        (wrong, ("BOT_WEB__PORT: bad-value", "BOT_TOKEN does not hold a token")),
        (hook, ("no token: get one", "BOT_WEBHOOK_SECRET does not hold a webhook secret")),
        ({"BOT_WEB__PORT": "http"}, ("BOT_WEB__PORT: bad-value",)),
    ):
        with pytest.raises(ConfigError) as caught:
            load_all(None, dict(environment))
        assert all(part in str(caught.value) for part in said)
        assert len([line for line in str(caught.value).splitlines() if "hint:" not in line]) == len(said)


# -- the token --------------------------------------------------------------------------------------------


def test_the_token_is_taken_out_of_the_environment() -> None:
    """So that no child process and no dump of the environment holds it."""
    environment = {"BOT_TOKEN": f" {TOKEN}\n", "PATH": "/bin"}
    assert take_token(Settings(), environment).get_secret_value() == TOKEN
    assert environment == {"PATH": "/bin"}


def test_the_token_is_not_shown() -> None:
    """Neither by repr nor by str."""
    token = take_token(Settings(), {"BOT_TOKEN": TOKEN})
    assert isinstance(token, SecretStr)
    assert TOKEN not in f"{token} {token!r}"


def test_the_token_may_stand_in_a_file() -> None:
    """Named by the environment or the configuration; BOT_TOKEN wins, then BOT_TOKEN_FILE."""
    one, two = written(TOKEN + "\n", "one"), written("1:two", "two")
    settings = load_settings(written(f"telegram: {{token_file: {two}}}"), {})
    assert take_token(settings, {}).get_secret_value() == "1:two"
    assert take_token(settings, {"BOT_TOKEN_FILE": str(one)}).get_secret_value() == TOKEN
    assert take_token(settings, {"BOT_TOKEN_FILE": str(one), "BOT_TOKEN": "3:x"}).get_secret_value() == "3:x"


@pytest.mark.parametrize(
    "wrong", ["token", "987654321", ":AAbb", "123:", "12a:AAbb", "123:AA bb", "123:AA/bb"]
)
def test_what_is_not_a_token_is_told_without_showing_it(wrong: str) -> None:
    """It may be one with a letter missing."""
    with pytest.raises(ConfigError, match="BOT_TOKEN does not hold a token") as caught:
        take_token(Settings(), {"BOT_TOKEN": wrong})
    assert wrong not in str(caught.value).replace("BOT_TOKEN does not hold a token", "")


@pytest.mark.parametrize("environment", [{}, {"BOT_TOKEN": " "}, {"BOT_TOKEN_FILE": ""}])
def test_without_a_token_the_way_to_one_is_told(environment: dict[str, str]) -> None:
    """And the way to try the bot without."""
    with pytest.raises(ConfigError, match=r"@BotFather.*make demo"):
        take_token(Settings(), environment)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_token_file_that_cannot_be_read_is_named(content: bytes | None) -> None:
    """Missing, or not a text."""
    if content is not None:
        Path("token").write_bytes(content)
    with pytest.raises(ConfigError, match="token file token cannot be read"):
        take_token(Settings(), {"BOT_TOKEN_FILE": "token"})


# -- who can read it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o777])
def test_a_secret_that_everybody_can_read_or_change_is_refused(mode: int) -> None:
    """With the command that mends it, which does."""
    file = written(TOKEN, "my token", mode)
    with pytest.raises(ConfigError, match="by everybody on this machine: run “chmod 600 'my token'”"):
        take_token(Settings(), {"BOT_TOKEN_FILE": str(file)})
    subprocess.run("chmod 600 'my token'", shell=True, check=True)  # noqa: S602  as the message says
    assert take_token(Settings(), {"BOT_TOKEN_FILE": str(file)}).get_secret_value() == TOKEN


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o660])
def test_a_secret_for_its_owner_or_group_is_taken(mode: int) -> None:
    """The group is how a container that is not root's gets one."""
    assert take_token(Settings(), {"BOT_TOKEN_FILE": str(written(TOKEN, "token", mode))})


def test_what_holds_a_password_must_not_be_read_by_everybody() -> None:
    """config.yaml, where storage.url has one; and the files of every secret."""
    own = written(POSTGRES, "database", 0o644)
    assert "database can be read by everybody" in refused(written(""), BOT_STORAGE__URL_FILE=str(own))
    open_ = written(f"storage:\n  url: {POSTGRES}\n", "open.yaml", 0o644)
    assert "open.yaml:2:8: readable-secret: it holds a password" in (message := refused(open_))
    assert "run “chmod 600 open.yaml”" in message
    assert "open-sesame" not in message
    with pytest.raises(ConfigError, match="chmod 600 hook"):
        take_webhook_secret(of_the_webhook(webhook_secret_file=str(written(SECRET, "hook", 0o644))), {})


def test_a_configuration_without_a_password_may_be_read_by_everybody() -> None:
    """As most are; also when the password comes by the environment."""
    file = written("storage: {url: 'postgresql://bot@db/digests'}", mode=0o644)
    assert load_settings(file, {}).storage.url == "postgresql://bot@db/digests"
    assert load_settings(file, {"BOT_STORAGE__URL": POSTGRES}).storage.url == POSTGRES


def test_a_containers_secret_is_taken_as_it_is_mounted(tmp_path: Path) -> None:
    """Mode 444 in a read-only mount: nobody could change it from here."""
    mount = (
        f"mount -t tmpfs none {tmp_path} && printf {TOKEN} > {tmp_path}/token && chmod 444 {tmp_path}/token"
    )
    ask = f"import bot.config as c; c.take_token(c.Settings(), dict(BOT_TOKEN_FILE='{tmp_path}/token')); print('taken')"
    python = f"PYTHONPATH={Path(__file__).parents[1]} {sys.executable} -c"
    script = f'{mount} && {python} "{ask}" 2>&1 | tail -1; mount -o remount,ro {tmp_path} && {python} "{ask}"'
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")
    first, second = done.stdout.splitlines()
    assert "chmod 600" in first
    assert second == "taken"


@pytest.mark.parametrize(
    "place",
    ["telegram: {{token: '{}'}}", "token: '{}'", "telegram: {{token_file: '{}'}}", "log: {{level: '{}'}}"],
)
def test_a_token_in_the_configuration_is_refused(place: str) -> None:
    """Wherever it stands, with what to do, in one finding and without showing it."""
    message = refused(written(place.format(TOKEN)))
    assert re.match(r"config\.yaml:1:\d+: secret-in-config: a token does not belong here", message)
    assert "set telegram.token_file to its path" in message
    assert "/revoke" in message
    assert TOKEN not in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(("name", "secret"), [("BOT_TOKEN_FILE", TOKEN), ("BOT_WEBHOOK_SECRET_FILE", SECRET)])
def test_a_secret_where_its_file_belongs_is_not_shown(name: str, secret: str) -> None:
    """An easy slip, and the error would name the file."""
    take = take_token if "TOKEN" in name else take_webhook_secret
    with pytest.raises(ConfigError, match="stands where the path of its file belongs") as caught:
        take(of_the_webhook(), {name: secret})
    assert secret not in str(caught.value)


# -- variables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("BOT_TOKN", "did you mean BOT_TOKEN?"),
        ("BOT_WEB_PORT", "did you mean BOT_WEB__PORT?"),
        ("BOT_WEBHOOK_SECRETS", "did you mean BOT_WEBHOOK_SECRET?"),
        ("BOT_XYZZY", "a key is BOT_SECTION__KEY, as in BOT_WEB__PORT"),
        ("BOT_WEB__PROT", "did you mean `port`?"),
        ("BOT_WBE__PORT", "did you mean `web`?"),
    ],
)
def test_a_variable_that_names_no_key_is_refused(name: str, hint: str) -> None:
    """It would change nothing, in silence."""
    message = refused(None, **{name: "1"})
    assert message.startswith(f"{name}: unknown-")
    assert hint in message


def test_variables_that_are_no_affair_of_the_bots_are_left_alone() -> None:
    """Other programs', and those that Kubernetes sets beside a service called `bot`."""
    theirs = (
        "BOTTLE",
        "ROBOT_X",
        "BOT_SERVICE_HOST",
        "BOT_SERVICE_PORT_HTTP",
        "BOT_PORT",
        "BOT_PORT_8081_TCP_ADDR",
    )
    assert load_settings(None, dict.fromkeys(theirs, "x")) == Settings()


# -- the webhook ------------------------------------------------------------------------------------------


def of_the_webhook(**keys: str) -> Settings:
    """Settings with a webhook, and these keys of the telegram section besides."""
    environment = {f"BOT_TELEGRAM__{key}": value for key, value in keys.items()}
    return load_settings(None, {"BOT_TELEGRAM__WEBHOOK_URL": HOOK, "BOT_WEB__PORT": "8081", **environment})


def test_with_long_polling_there_is_no_webhook_secret() -> None:
    """One that is set is taken out of the environment all the same."""
    environment = {"BOT_WEBHOOK_SECRET": "short"}
    assert take_webhook_secret(Settings(), environment) is None
    assert environment == {}


def test_the_webhook_secret_is_taken_out_of_the_environment_and_not_shown() -> None:
    """As the token is."""
    environment = {"BOT_WEBHOOK_SECRET": SECRET, "PATH": "/bin"}
    secret = take_webhook_secret(of_the_webhook(), environment)
    assert secret is not None
    assert (secret.get_secret_value(), environment) == (SECRET, {"PATH": "/bin"})
    assert SECRET not in f"{secret} {secret!r}"


def test_the_webhook_secret_may_stand_in_a_file() -> None:
    """Named by the environment or the configuration; the environment wins."""
    one, two = written(SECRET + "\n", "one"), written("B" * 256, "two")
    settings = of_the_webhook(webhook_secret_file=str(two))
    from_settings = take_webhook_secret(settings, {})
    from_environment = take_webhook_secret(settings, {"BOT_WEBHOOK_SECRET_FILE": str(one)})
    assert from_settings is not None
    assert from_environment is not None
    assert (from_settings.get_secret_value(), from_environment.get_secret_value()) == ("B" * 256, SECRET)


@pytest.mark.parametrize("wrong", ["A" * 31, "A" * 257, "A" * 32 + "!", "ä" * 40])
def test_what_is_no_webhook_secret_is_told_without_showing_it(wrong: str) -> None:
    """Too short, too long, or of other characters than Telegram takes."""
    with pytest.raises(
        ConfigError, match=r"BOT_WEBHOOK_SECRET does not hold a webhook secret.*32 to 256"
    ) as caught:
        take_webhook_secret(of_the_webhook(), {"BOT_WEBHOOK_SECRET": wrong})
    assert wrong not in str(caught.value)


def test_a_webhook_without_a_secret_is_refused() -> None:
    """Anybody could write in Telegram's name."""
    with pytest.raises(ConfigError, match="openssl rand -hex 32"):
        take_webhook_secret(of_the_webhook(), {})


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://bot.example.org/telegram", "begins with https://"),
        ("bot.example.org/telegram", "begins with http:// or https://"),
        ("https://name:word@bot.example.org/telegram", "begins with http:// or https://"),
        ("https://bot.example.org/", "as in https://bot.example.org/telegram"),
        ("https://bot.example.org/telegram/hook", "write it at the end"),
        ("https://bot.example.org/telegram?x=1", "write it at the end"),
        ("https://bot.example.org:99999/telegram", "a port from 1 to 65535"),
        ("https://bot.example.org:8080/telegram", "no port but 443, 80, 88 and 8443"),
    ],
)
def test_a_webhook_that_telegram_would_not_call_is_refused(url: str, said: str) -> None:
    """With what is right; the file and the environment alike."""
    assert said in refused(written(f"telegram: {{webhook_url: '{url}'}}\nweb: {{port: 8081}}"))
    assert said in refused(None, BOT_TELEGRAM__WEBHOOK_URL=url, BOT_WEB__PORT="8081")


@pytest.mark.parametrize(
    ("url", "api_url"),
    [
        ("https://bot.example.org/telegram", ""),
        ("https://bot.example.org/digests/telegram", ""),
        ("https://bot.example.org:8443/telegram", ""),
        ("https://bot.example.org:8080/telegram", "http://localhost:8081"),
        ("http://127.0.0.1:8080/telegram", ""),
        ("http://localhost:8080/telegram", ""),
        ("http://[::1]:8080/telegram", ""),
    ],
)
def test_a_webhook_that_can_be_called_is_taken(url: str, api_url: str) -> None:
    """On this machine, and from another Bot API server than Telegram's, at any port."""
    more = {"api_url": api_url} if api_url else {}
    assert of_the_webhook(webhook_url=url, **more).telegram.webhook_url == url


def test_a_webhook_without_a_port_to_listen_at_is_refused() -> None:
    """At the place of the webhook, wherever the port would stand."""
    file = written(f"log:\n  level: info\ntelegram:\n  webhook_url: {HOOK}\n")
    assert "config.yaml:4:16: no-port: a webhook needs a port" in refused(file)
    assert load_settings(file, {"BOT_WEB__PORT": "8081"}).web.port == 8081


@pytest.mark.parametrize("stars", ["", "  paid_stars: 0\n"])
def test_a_rate_that_is_not_free_needs_a_ceiling_in_stars(stars: str) -> None:
    """At the place of the rate, and saying what to do."""
    file = written(f"delivery:\n  rate: 30.5\n{stars}")
    message = refused(file)
    assert "config.yaml:2:9: not-free: Telegram takes more than 30 a second only for Stars" in message
    assert "set it to 30 at most, or set delivery.paid_stars" in message
    assert load_settings(file, {"BOT_DELIVERY__PAID_STARS": "500"}).delivery.paid_stars == 500
    assert load_settings(file, {"BOT_DELIVERY__RATE": "30"}).delivery.rate == 30
    assert "BOT_DELIVERY__RATE: not-free" in refused(None, BOT_DELIVERY__RATE="1000")


# -- the database -----------------------------------------------------------------------------------------

POSTGRES = "postgresql://bot:open-sesame@db.example.org/digests"


def test_the_address_of_the_database_is_not_shown() -> None:
    """It may hold a password."""
    settings = load_settings(None, {"BOT_STORAGE__URL": POSTGRES})
    assert settings.storage.url == POSTGRES
    assert settings.storage.password == "open-sesame"
    assert "open-sesame" not in f"{settings} {settings!r} {settings.storage!r}"


def test_the_address_of_the_database_may_stand_in_a_file() -> None:
    """It wins over storage.url: an image sets that by default."""
    file = written(POSTGRES + "\n", "database")
    environment = {"BOT_STORAGE__URL": "sqlite:////data/bot.db", "BOT_STORAGE__URL_FILE": str(file)}
    assert load_settings(None, environment).storage.url == POSTGRES
    assert load_settings(written(f"storage: {{url_file: {file}}}"), {}).storage.url == POSTGRES


@pytest.mark.parametrize("url", ["mysql://bot:open-sesame@db/digests", "sqlite://", "open-sesame"])
def test_what_is_no_address_of_a_database_is_told_without_showing_it(url: str) -> None:
    """In the file, in the environment, or in a file of its own."""
    own = written(url, "database")
    for message in (
        refused(written(f"storage: {{url: '{url}'}}")),
        refused(written(""), BOT_STORAGE__URL=url),
        refused(written(""), BOT_STORAGE__URL_FILE=str(own)),
    ):
        assert "write sqlite:///data/bot.db or postgresql://user:password@host/name" in message
        assert "open-sesame" not in message
