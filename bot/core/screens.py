"""The settings of a chat as a message that edits itself: an overview, and a screen for each matter.

What a button carries: `s` opens the overview and `s:NAME` a screen, which changes nothing; `!s:WHAT:VALUE` changes
something, and is sealed for the state that the screen shows. Where the settings are another chat's than the one that
the message stands in, `s` is followed by its target, as in `!s@-1001234567890:t:0730`.
"""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.core import chats_texts
from bot.core import settings_texts as texts
from bot.core.language import NAMES, Language
from bot.core.library import Library
from bot.core.markdown import escape
from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Button, Kind, Message, Preferences, Subscription
from bot.core.schedule import zone_of

ZONES = (
    "Asia/Almaty", "Asia/Tashkent", "Europe/Moscow", "Europe/Istanbul", "Asia/Dubai", "Asia/Kolkata",
    "Asia/Shanghai", "Asia/Tokyo", "Europe/London", "Europe/Berlin", "America/New_York", "America/Los_Angeles",
)  # fmt: skip
"""Zones offered as buttons; any other is found by a city, by the time there, or by a location."""
_LABEL = 60
"""Characters of a name on a button; phones show fewer."""
_MOST = 90
"""Choices on a screen: Telegram takes 100 buttons below a message. Of more articles the newest are shown."""
_NAMED = 10
"""Chosen themes or articles that the overview names; a message holds 4,096 characters."""
_WEEK, _MONTH = 7, 30


@dataclass(frozen=True, slots=True)
class At:
    """Whose settings are shown, besides the chat's id.

    `owner` is the user id of who sets up a group or channel (0 in private, and where nobody is known). `target` names
    the chat in the data of buttons: "" for the chat that the message stands in, else `@` and what the resolver of
    targets reads, at most 15 bytes. `title` is the name of such a chat, unescaped, and heads every screen.
    """

    kind: Kind = Kind.UNKNOWN
    owner: int = 0
    target: str = ""
    title: str = ""


HERE = At()


def state_of(
    subscription: Subscription | None,
    language: str,
    following: Collection[str] = (),
    more: Collection[str] = (),
) -> str:
    """What settings must still be for a button to hold: 12 hexadecimal digits.

    `language` is the one that is kept, `following` the articles that there are, `more` what a screen shows besides.
    """
    paused = subscription is not None and subscription.next_slot is None
    what = (subscription and subscription.preferences, paused, language, sorted(following), sorted(more))
    return sha256(repr(what).encode()).hexdigest()[:12]


def article_key(article: str) -> str:
    """An article's id as buttons carry it: short enough beside a target and a seal."""
    return sha256(article.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Screens:
    """The screens in one language, at one moment (`now`, aware).

    `language` is the one of the chat whose settings these are. `call` says what a zone is called. `state` is that
    which the buttons are sealed for.
    """

    say: Language
    now: dt.datetime
    at: At = HERE
    language: str = "en"
    state: str = ""
    call: Callable[[str], str] = str

    # -- overviews ----------------------------------------------------------------------------------------

    def overview(self, subscription: Subscription, library: Library) -> Message:
        """The subscription as it stands, in the reader's own time."""
        say, wanted = self.say, subscription.preferences
        paused = self._paused(wanted)
        silent = (texts.UNMUTE, "0") if wanted.silent else (texts.MUTE, "1")
        pause = self._open(texts.RESUME if paused else texts.PAUSE, "pause")
        rows = [
            [self._open(texts.TIME, "time"), self._open(texts.DAYS, "days")],
            [self._open(texts.THEMES, "themes")],
            [self._open(texts.ZONE, "zone"), self._open(texts.LANGUAGE, "language")],
            [self._set(say(silent[0]), "q", silent[1]), pause],
            [self._open(texts.START_OVER, "over")],
            [self._open(texts.UNSUBSCRIBE, "off")],
        ]
        if len(library.articles) > 1:
            rows[1].append(self._open(texts.ARTICLES, "articles"))
        if self.at.target:
            post = Button(say(chats_texts.POST_NOW), f"ch:now{self.at.target}")
            rows.append([post, Button(say(chats_texts.TO_CHANNELS), "ch:list")])
        settings, upcoming = "\n".join(self._settings(wanted, library)), self.upcoming(subscription)
        return self._message(say(texts.SUBSCRIBED, settings=settings, upcoming=upcoming), rows)

    def without(self, defaults: Preferences, read: int, total: int) -> Message:
        """The settings of a chat without a subscription: its language, what was read, and a way to begin."""
        say = self.say
        offer = f"{defaults.time:%H:%M}, {say.days(defaults.days)}, {escape(self.call(defaults.zone))}"
        rows = [
            [self._set(say(texts.SUBSCRIBE_HERE), "on")],
            [self._open(texts.LANGUAGE, "language")],
            *([[self._open(texts.START_OVER, "over")]] if read else []),
        ]
        counts = {"read": say.number(read), "total": say.number(total)}
        text = say(texts.NO_SUBSCRIPTION, language=NAMES[self.language], offer=offer, **counts)
        return self._message(text, rows)

    def upcoming(self, subscription: Subscription) -> str:
        """When the next digest comes, as HTML: in the reader's own time, and by each reader's own clock."""
        zone = zone_of(subscription.preferences.zone)
        if subscription.next_slot is None:
            return self.say("paused")
        return texts.moment(self.say, subscription.next_slot.astimezone(zone), self.now.astimezone(zone))

    def _settings(self, wanted: Preferences, library: Library) -> list[str]:
        say = self.say
        themes = _some([f"/{theme.name}" for theme in library.themes if theme.name in wanted.themes])
        articles = _some([escape(item.title) for item in library.articles if item.id in wanted.articles])
        lines = [
            f"🕘 {wanted.time:%H:%M}, {say.days(wanted.days)}",
            self.place(wanted.zone),
            f"📚 {themes or say(texts.ALL_THEMES)}",
        ]
        if len(library.articles) > 1:
            lines.append(f"📰 {articles or say(texts.ALL_ARTICLES)}")
        lines.append(f"🗣 {NAMES[self.language]}")
        if wanted.silent:
            lines.append(say(texts.MUTE))
        if paused := self._paused(wanted):
            lines.append(say(texts.PAUSED_UNTIL, day=say.day(paused)))
        return lines

    # -- screens ------------------------------------------------------------------------------------------

    def time(self, wanted: Preferences) -> Message:
        """All hours, and the quarters of the chosen hour."""
        chosen = wanted.time
        hours = [
            self._choice(f"{hour:02}", "t", f"{hour:02}{chosen.minute:02}", chosen.hour == hour)
            for hour in range(24)
        ]
        times = [dt.time(chosen.hour, minute) for minute in (0, 15, 30, 45)]
        quarters = [
            self._choice(f"{time:%H:%M}", "t", f"{time:%H%M}", time.minute == chosen.minute) for time in times
        ]
        return self._screen(self.say(texts.CHOOSE_TIME), [*_rows(hours, 6), quarters])

    def days(self, wanted: Preferences) -> Message:
        """Three sets and the seven weekdays; a press on a weekday adds it or takes it away, but never the last."""
        sets = [
            self._choice(_capital(self.say.days(mask)), "d", str(mask), wanted.days == mask)
            for mask in (EVERY_DAY, WEEKDAYS, WEEKENDS)
        ]
        single = [
            self._choice(
                name, "d", str(wanted.days ^ 1 << number or wanted.days), bool(wanted.days >> number & 1)
            )
            for number, name in enumerate(self.say.day_names())
        ]
        return self._screen(self.say(texts.CHOOSE_DAYS), [sets, *_rows(single, 4)])

    def themes(self, wanted: Preferences, library: Library) -> Message:
        """Every theme as a button that adds it or takes it away, and one for all of them."""
        known = [(theme.name, theme.name, f"{theme.emoji} {theme.title}") for theme in library.themes]
        every = self._choice(self.say(texts.ALL_THEMES), "c", "", not wanted.themes)
        return self._screen(self.say(texts.CHOOSE_THEMES), self._shelf("c", every, known, wanted.themes))

    def articles(self, wanted: Preferences, library: Library) -> Message:
        """As for themes."""
        known = [(item.id, article_key(item.id), item.title) for item in library.articles]
        every = self._choice(self.say(texts.ALL_ARTICLES), "a", "", not wanted.articles)
        return self._screen(self.say(texts.CHOOSE_ARTICLES), self._shelf("a", every, known, wanted.articles))

    def zone(self, wanted: Preferences) -> Message:
        """Well-known zones with the time that their clocks show now, and how to find any other."""
        say = self.say
        rows = _rows([self._zone(self.call(zone), zone, zone == wanted.zone) for zone in ZONES], 2)
        alone = self.at.kind is Kind.PRIVATE and not self.at.target
        if alone:
            rows.append([self._open(texts.SEND_LOCATION, "where")])
        hint = say(texts.WRITE_ZONE if alone else texts.REPLY_ZONE)
        return self._screen(say(texts.CHOOSE_ZONE, present=self.place(wanted.zone), hint=hint), rows)

    def languages(self) -> Message:
        """The languages, each in its own words."""
        rows = [[self._choice(name, "l", code, code == self.language)] for code, name in NAMES.items()]
        return self._screen(self.say(texts.CHOOSE_LANGUAGE), rows)

    def pause(self, wanted: Preferences) -> Message:
        """How long to pause, or to go on now."""
        say, paused = self.say, self._paused(wanted)
        rows = [[button] for button in self._pauses(wanted, (texts.TOMORROW, 1))]
        if paused:
            rows.insert(0, [self._set(say(texts.RESUME), "p", "")])
        now = say(texts.PAUSED_NOW, day=say.day(paused)) if paused else say(texts.NOT_PAUSED)
        example = self.today(wanted) + dt.timedelta(_MONTH)
        return self._screen(say(texts.CHOOSE_PAUSE, now=now, example=example), rows)

    def start_over(self) -> Message:
        """The question before what was read is forgotten."""
        yes = self._set(self.say(texts.YES_START_OVER), "over")
        return self._screen(self.say(texts.CONFIRM_START_OVER), [[yes]])

    def unsubscribe(self, wanted: Preferences) -> Message:
        """The question before the end, with a pause instead."""
        off = self._set(self.say(texts.UNSUBSCRIBE), "off")
        return self._screen(self.say(texts.CONFIRM_UNSUBSCRIBE), [self._pauses(wanted), [off]])

    def done(self, text: str, *more: Button) -> Message:
        """A sentence (as HTML) that ends something, with a way back to the settings."""
        return self._message(text, [[*more, self._open(texts.SETTINGS, "")]])

    def places(self, text: str, found: Sequence[tuple[str, str]]) -> Message:
        """Places to choose from, each a name with its zone."""
        rows = [[self._zone(name, zone, chosen=False)] for name, zone in found]
        return self._message(text, [*rows, [self._open(texts.SETTINGS, "")]])

    # -- parts --------------------------------------------------------------------------------------------

    def place(self, zone: str) -> str:
        """A zone with the time there, as HTML."""
        return self.say(texts.AT_PLACE, **self.there(zone))

    def there(self, zone: str) -> dict[str, str]:
        """What sentences say of a zone, as HTML: `place`, `zone`, and the time on its `clock`."""
        return {"place": escape(self.call(zone)), "zone": escape(zone), "clock": self.clock(zone)}

    def clock(self, zone: str) -> str:
        """The time that clocks of a zone show now."""
        return f"{self.now.astimezone(zone_of(zone)):%H:%M}"

    def today(self, wanted: Preferences) -> dt.date:
        """The date where the reader is."""
        return self.now.astimezone(zone_of(wanted.zone)).date()

    def _paused(self, wanted: Preferences) -> dt.date | None:
        """Until when nothing comes; None where nothing is paused."""
        return wanted.resume if wanted.resume and wanted.resume > self.today(wanted) else None

    def _pauses(self, wanted: Preferences, *more: tuple[str, int]) -> list[Button]:
        spans = (*more, (texts.IN_A_WEEK, _WEEK), (texts.IN_A_MONTH, _MONTH))
        until = [(label, self.today(wanted) + dt.timedelta(days)) for label, days in spans]
        return [self._set(self.say(label), "p", f"{date:%Y%m%d}") for label, date in until]

    def _shelf(
        self, what: str, every: Button, known: list[tuple[str, str, str]], chosen: Collection[str]
    ) -> list[list[Button]]:
        """What there is to choose, each by its id, the value that its button sets, and its label."""
        each = ([self._choice(label, what, value, id_ in chosen)] for id_, value, label in known[:_MOST])
        return [[every], *each]

    def _zone(self, name: str, zone: str, chosen: bool) -> Button:  # noqa: FBT001  a mark
        return self._choice(f"{name[: _LABEL - 10]} {self.clock(zone)}", "z", zone, chosen)

    def _open(self, text: str, name: str) -> Button:
        return Button(self.say(text), f"s{self.at.target}:{name}".removesuffix(":"))

    def _set(self, label: str, what: str, value: str = "") -> Button:
        return Button(label, f"!s{self.at.target}:{what}:{value}")

    def _choice(self, label: str, what: str, value: str, chosen: bool) -> Button:  # noqa: FBT001  a mark, not a mode
        return self._set((f"✓ {label}" if chosen else label)[:_LABEL], what, value)

    def _screen(self, text: str, rows: Sequence[Sequence[Button]]) -> Message:
        return self._message(text, [*rows, [self._open(texts.BACK, "")]])

    def _message(self, text: str, rows: Sequence[Sequence[Button]]) -> Message:
        heading = f"<b>{escape(self.at.title)}</b>\n\n" if self.at.title else ""
        return Message(heading + text, tuple(map(tuple, rows)), state=self.state)


def _rows(buttons: Sequence[Button], width: int) -> list[list[Button]]:
    return [list(buttons[start : start + width]) for start in range(0, len(buttons), width)]


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_NAMED], *(["…"] if len(names) > _NAMED else [])])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
