"""Subscribing by a line, and what becomes of a subscription when its chat leaves, returns or moves."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

from bot.core import settings_texts as texts
from bot.core.language import NAMES, Language
from bot.core.library import Library
from bot.core.markdown import escape
from bot.core.model import Chat, Message, Preferences, Subscription
from bot.core.preferences import parse
from bot.core.schedule import next_slot, zone_of
from bot.core.screens import HERE, At, Screens, state_of
from bot.ports import Clock, Store
from bot.ports.places import Atlas

_zones = functools.cache(available_timezones)  # 14 ms each time


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Begins, changes and ends subscriptions; whether the asker may do so is the caller's to check.

    `chat` is always the chat whose subscription it is; `at` says what is known of it, and how buttons that stand in
    another chat name it.
    """

    store: Store
    library: Library
    clock: Clock
    defaults: Preferences
    say: Language
    atlas: Atlas

    async def line(self, chat: Chat, words: Sequence[str], at: At = HERE) -> Message:
        """Subscribe by a line; without words with the defaults, or show what there is."""
        themes = [theme.name for theme in self.library.themes]
        understood = parse(words, themes, _zones(), self._place, self.say)
        if understood.problems:
            problems = ", ".join(map(escape, understood.problems))
            return Message(self.say(texts.NOT_UNDERSTOOD, problems=problems, example=themes[0]))
        current = await self.store.subscription(chat)
        wanted = understood.apply(current.preferences if current else self.defaults)
        await self.save(chat, wanted, at, current)
        return await self.overview(chat, at)

    async def overview(self, chat: Chat, at: At = HERE) -> Message:
        """The settings as they stand; without a subscription the language, what was read, and a way to begin."""
        subscription, screens = await self.standing(chat, at)
        if subscription:
            return screens.overview(subscription, self.library)
        today, seen = self.clock.now().date(), (await self.store.history(chat)).seen
        everything = self.library.sequence((), today)
        return screens.without(self.defaults, sum(item in seen for item in everything), len(everything))

    async def stop(self, chat: Chat) -> Message:
        """End the subscription; what was read stays known."""
        ended = await self.store.unsubscribe(chat, self.clock.now())
        return Message(self.say(texts.UNSUBSCRIBED if ended else texts.NOT_SUBSCRIBED))

    async def returned(self, chat_id: int) -> None:
        """The chat takes messages again: wake what was paused."""
        for subscription in await self.store.paused(chat_id):
            await self._order(subscription.chat, subscription.preferences, 0)

    async def left(self, chat_id: int, reason: str) -> None:
        """The chat does not take messages any more: keep its settings, send nothing."""
        await self.store.pause(chat_id, reason, self.clock.now())

    async def moved(self, old_id: int, new_id: int) -> None:
        """A group became a supergroup: everything kept for it moves to the new id."""
        await self.store.move(old_id, new_id)

    async def save(
        self, chat: Chat, wanted: Preferences, at: At = HERE, current: Subscription | None = None
    ) -> Subscription:
        """Begin a subscription, or change the `current` one, whose owner stays.

        It speaks the language in use where none was chosen.
        """
        owner = current.owner if current and current.owner else at.owner
        subscription = await self._order(chat, wanted, owner)
        if not await self.store.language(chat):
            await self.store.speak(chat, at.kind, self.say.code, self.clock.now())
        return subscription

    async def state(self, chat: Chat, what: str = "") -> str:
        """What must still be so when a button that changes `what` is pressed."""
        return (await self.standing(chat, HERE, what))[1].state

    async def standing(
        self, chat: Chat, at: At = HERE, what: str = ""
    ) -> tuple[Subscription | None, Screens]:
        """The subscription, and the chat's screens as of now, whose buttons hold as long as what they show does.

        The language shown is the one that is kept; where none is, the one that is spoken. `what` is the matter: what
        was read counts for starting over alone.
        """
        subscription, kept = await self.store.subscription(chat), await self.store.language(chat)
        seen = (await self.store.history(chat)).seen if what == "over" else ()
        state = state_of(subscription, kept, [article.id for article in self.library.articles], seen)
        code, name, now = self.say.code, self.atlas.name, self.clock.now()
        language = kept if kept in NAMES else code
        return subscription, Screens(self.say, now, at, language, state, lambda zone: name(zone, code))

    async def _order(self, chat: Chat, wanted: Preferences, owner: int) -> Subscription:
        now = self.clock.now()
        if wanted.resume and wanted.resume <= now.astimezone(zone_of(wanted.zone)).date():
            wanted = replace(wanted, resume=None)  # the pause is over
        slot = next_slot(wanted, now, await self.store.last_date(chat))
        await self.store.subscribe(chat, wanted, slot.at, now, owner)
        return Subscription(chat, wanted, slot.at, owner)

    def _place(self, text: str) -> str | None:
        found = self.atlas.called(text, tuple(NAMES))
        return found[0].zone if found else None
