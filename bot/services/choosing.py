"""The settings: screens, what a press on one changes, and time zones by city, by clock or by location."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.core import settings_texts as texts
from bot.core.changes import changed
from bot.core.language import NAMES
from bot.core.markdown import escape
from bot.core.model import Button, Chat, Message, Preferences, Subscription
from bot.core.schedule import zone_of
from bot.core.screens import HERE, At, Screens
from bot.core.texts import NEXT
from bot.core.zones import read_clock, zones_showing
from bot.services.subscribing import Subscribing

_SAID = 40
"""Characters of what a reader typed that are said back."""
_A_CLOCK = re.compile(r"\s*\d{1,2}[:.]\d{2}\s*")
"""A text that is nothing but a time of day."""
_SCREEN_OF = {"t": "time", "d": "days", "c": "themes", "a": "articles", "z": "zone", "l": "language"}


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a reader chooses, with the words of `screens` for it. As for `Subscribing`, of `chat` and `at`."""

    subscribing: Subscribing

    async def screen(self, chat: Chat, name: str, at: At = HERE) -> Message | None:
        """A screen by its name, "" being the overview; None: there is none, or no subscription to change by it."""
        if not name:
            return await self.subscribing.overview(chat, at)
        subscription, screens = await self.subscribing.standing(chat, at, name)
        if name == "over":
            return screens.start_over()
        if name == "language":
            return screens.languages()
        return self._screen(screens, subscription.preferences, name) if subscription else None

    async def change(self, chat: Chat, what: str, value: str, at: At = HERE) -> Message | None:
        """What a press sets, with the message that stands after it. None: no button that holds now carries that.

        As for `changed`, and `l` language, `over`, `off`, `on`. Without a subscription `z` begins one in that zone.
        """
        store, subscription = self.subscribing.store, await self.subscribing.store.subscription(chat)
        match what:
            case "l" if value in NAMES:
                await store.speak(chat, at.kind, value, self.subscribing.clock.now())
                return await self.screen(chat, "language", at)
            case "over":
                await store.start_over(chat)
                return await self._done(chat, at, texts.STARTED_OVER, first="next" if not at.target else "")
            case "on" | "z" if subscription is None:
                return await self._begin(chat, value, at)
            case "off" if subscription:
                await self.subscribing.stop(chat)
                return await self._done(chat, at, texts.UNSUBSCRIBED)
        wanted = self._changed(subscription.preferences, what, value) if subscription else None
        if subscription is None or wanted is None:
            return None
        if wanted != subscription.preferences or subscription.next_slot is None:
            await self.subscribing.save(chat, wanted, at, subscription)
        if what == "p" and wanted.resume:
            await store.postpone(chat)
        return await self.screen(chat, _SCREEN_OF.get(what, ""), at)

    async def pause(self, chat: Chat, date: dt.date, at: At = HERE) -> Message | None:
        """Pause until a date. None: there is no subscription."""
        subscription, screens = await self.subscribing.standing(chat, at)
        if subscription is None:
            return None
        example = screens.today(subscription.preferences) + dt.timedelta(30)
        message = await self.change(chat, "p", f"{date:%Y%m%d}", at)
        return message or screens.done(screens.say(texts.WRONG_PAUSE, example=example))

    # -- time zones ---------------------------------------------------------------------------------------

    async def zone(self, chat: Chat, text: str, at: At = HERE, *, asked: bool = True) -> Message | None:
        """Set the zone that a text means, or ask which of several; a city, an IANA name, or the time there now.

        Not `asked` for it, a text that is nothing but the name of a city or a time gets a question, any other None.
        """
        if not asked and (len(text) > _SAID or not self._means(text)):
            return None
        subscription, screens = await self.subscribing.standing(chat, at)
        found, sure = self._found(text, screens.now)
        if found and asked and sure and subscription:
            return screens.done(await self._zone_set(screens, subscription, found[0][1]))
        typed = escape(text if len(text) <= _SAID else text[: _SAID - 1] + "…")
        if not found:
            nothing = texts.NO_CLOCK_SHOWS if read_clock(text) else texts.NO_SUCH_PLACE
            return screens.done(screens.say(nothing, typed=typed))
        question = [screens.say(texts.WHICH_PLACE, typed=typed)]
        if subscription is None:
            question.append(screens.say(texts.CHOICE_SUBSCRIBES))
        return screens.places("\n\n".join(question), found)

    async def located(self, chat: Chat, latitude: float, longitude: float, at: At = HERE) -> Message:
        """Set the zone at a point, which is looked up and forgotten. The message has no buttons."""
        say = self.subscribing.say
        zone = self.subscribing.atlas.at(latitude, longitude)
        if zone is None:
            return Message(say(texts.NO_ZONE_THERE))
        subscription, screens = await self.subscribing.standing(chat, at)
        if subscription:
            told = await self._zone_set(screens, subscription, zone)
        else:
            told = say(texts.ZONE_WITHOUT_SUBSCRIPTION, **screens.there(zone))
        return Message(say(texts.LOCATED, told=told))

    async def _zone_set(self, screens: Screens, subscription: Subscription, zone: str) -> str:
        wanted = replace(subscription.preferences, zone=zone)
        saved = await self.subscribing.save(subscription.chat, wanted, screens.at, subscription)
        return screens.say(texts.ZONE_SET, upcoming=screens.upcoming(saved), **screens.there(zone))

    def _means(self, text: str) -> bool:
        """Whether a text is nothing but a city's name, or a time of day."""
        return bool(_A_CLOCK.fullmatch(text) or self.subscribing.atlas.called(text, tuple(NAMES)))

    def _found(self, text: str, now: dt.datetime) -> tuple[list[tuple[str, str]], bool]:
        """What a text may mean, as names with their zones, and whether it can only be the first."""
        atlas, code = self.subscribing.atlas, self.subscribing.say.code
        if wall := read_clock(text):
            zones = zones_showing(wall, now, code)
            return [(atlas.name(zone, code), zone) for zone in zones], len(zones) == 1
        places = list(atlas.find(text, 5))
        exact = {place.zone for place in atlas.called(text, tuple(NAMES))}
        named = len(places) == 1 and places[0].zone.casefold() == text.strip().casefold()
        return [(place.label(code), place.zone) for place in places], named or len(exact) == 1

    # -- presses ------------------------------------------------------------------------------------------

    async def _begin(self, chat: Chat, zone: str, at: At) -> Message | None:
        defaults = self.subscribing.defaults
        wanted = self._changed(defaults, "z", zone or defaults.zone)
        if wanted is None:
            return None
        await self.subscribing.save(chat, wanted, at)
        return await self.subscribing.overview(chat, at)

    async def _done(self, chat: Chat, at: At, text: str, first: str = "") -> Message:
        (_, screens), say = await self.subscribing.standing(chat, at), self.subscribing.say
        more = (Button(say(NEXT), first),) if first else ()
        return screens.done(say(text), *more)

    def _screen(self, screens: Screens, wanted: Preferences, name: str) -> Message | None:
        library = self.subscribing.library
        makers: dict[str, Callable[[], Message]] = {
            "time": lambda: screens.time(wanted),
            "days": lambda: screens.days(wanted),
            "themes": lambda: screens.themes(wanted, library),
            "articles": lambda: screens.articles(wanted, library),
            "zone": lambda: screens.zone(wanted),
            "pause": lambda: screens.pause(wanted),
            "off": lambda: screens.unsubscribe(wanted),
        }
        return makers[name]() if name in makers else None

    def _changed(self, wanted: Preferences, what: str, value: str) -> Preferences | None:
        today = self.subscribing.clock.now().astimezone(zone_of(wanted.zone)).date()
        return changed(wanted, what, value, self.subscribing.library, today)
