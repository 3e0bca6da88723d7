"""Subscribing: one line in any order, or buttons."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, available_timezones

from bot.core import screens, texts
from bot.core.language import ENGLISH, Language
from bot.core.library import Library
from bot.core.markdown import escape
from bot.core.model import EVERY_DAY, Chat, Message, Preferences, Subscription
from bot.core.preferences import parse
from bot.core.schedule import next_slot
from bot.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Begins, changes and ends subscriptions; whether the asker may do so is the caller's to check."""

    store: Store
    library: Library
    clock: Clock
    defaults: Preferences
    say: Language = ENGLISH

    async def line(self, chat: Chat, words: Sequence[str]) -> Message:
        """Subscribe by a line; without words with the defaults, or show what there is."""
        themes = [theme.name for theme in self.library.themes]
        understood = parse(words, themes, available_timezones())
        if understood.problems:
            problems = tuple(escape(problem) for problem in understood.problems)
            return Message(texts.not_understood(self.say, problems, themes[0]))
        current = await self.store.subscription(chat)
        wanted = understood.apply(current.preferences if current else self.defaults)
        return self._overview(await self._save(chat, wanted))

    async def overview(self, chat: Chat) -> Message:
        """The subscription as it stands; begins one with the defaults where there is none."""
        return await self.line(chat, ())

    async def screen(self, chat: Chat, name: str) -> Message | None:
        """One of the screens `time`, `days`, `themes`, `zone`; None: there is no subscription to change."""
        subscription = await self.store.subscription(chat)
        return self._screen(subscription.preferences, name) if subscription else None

    async def change(self, chat: Chat, what: str, value: str) -> Message | None:
        """A press on a screen: `t` time, `d` days, `c` themes, `z` zone.

        None: there is no subscription, or the value is not one that a button of ours can carry.
        """
        subscription = await self.store.subscription(chat)
        if subscription is None:
            return None
        wanted = self._changed(subscription.preferences, what, value)
        if wanted is None:
            return None
        if wanted != subscription.preferences:
            await self._save(chat, wanted)
        return self._screen(wanted, {"t": "time", "d": "days", "c": "themes", "z": "zone"}[what])

    async def stop(self, chat: Chat) -> Message:
        """End the subscription; what was read stays known."""
        ended = await self.store.unsubscribe(chat, self.clock.now())
        return Message(self.say(texts.UNSUBSCRIBED if ended else texts.NOT_SUBSCRIBED))

    async def returned(self, chat_id: int) -> None:
        """The chat takes messages again: wake what was paused."""
        for subscription in await self.store.paused(chat_id):
            await self._save(subscription.chat, subscription.preferences)

    async def left(self, chat_id: int, reason: str) -> None:
        """The chat does not take messages any more: keep its settings, send nothing."""
        await self.store.pause(chat_id, reason, self.clock.now())

    async def moved(self, old_id: int, new_id: int) -> None:
        """A group became a supergroup: everything kept for it moves to the new id."""
        await self.store.move(old_id, new_id)

    async def _save(self, chat: Chat, wanted: Preferences) -> Subscription:
        now = self.clock.now()
        slot = next_slot(wanted, now, await self.store.last_date(chat))
        await self.store.subscribe(chat, wanted, slot.at, now)
        return Subscription(chat, wanted, slot.at)

    def _overview(self, subscription: Subscription) -> Message:
        return screens.overview(self.say, subscription, self.library.themes, self.clock.now())

    def _screen(self, wanted: Preferences, name: str) -> Message | None:
        match name:
            case "time":
                return screens.choose_time(self.say, wanted)
            case "days":
                return screens.choose_days(self.say, wanted)
            case "themes":
                return screens.choose_themes(self.say, wanted, self.library.themes)
            case "zone":
                return screens.choose_zone(self.say, wanted, self.clock.now())
        return None

    def _changed(self, wanted: Preferences, what: str, value: str) -> Preferences | None:
        """Callback data comes from the client: every value is checked as if a stranger had typed it."""
        try:
            match what:
                case "t":
                    return replace(wanted, time=dt.datetime.strptime(value, "%H%M").time())  # noqa: DTZ007
                case "d" if 0 < int(value) <= EVERY_DAY:
                    return replace(wanted, days=int(value))
                case "c" if not value:
                    return replace(wanted, themes=())
                case "c" if self.library.theme(value):
                    return replace(wanted, themes=tuple(sorted({value}.symmetric_difference(wanted.themes))))
                case "z":
                    return replace(wanted, zone=ZoneInfo(value).key)
        except (ValueError, KeyError, OSError):
            pass  # not a time, a number or a zone: no button of ours
        return None
