"""Groups, topics and channels: what becomes of them, and channels set up from a private chat."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.core import chats_texts as texts
from bot.core import screens
from bot.core.language import ENGLISH, Language
from bot.core.library import Library
from bot.core.markdown import escape
from bot.core.model import Button, Chat, Kind, Message, Preferences, Subscription
from bot.core.schedule import next_slot
from bot.ports import Clock, Store


@dataclass(frozen=True, slots=True)
class Chats:
    """In one language. Whether the asker may do something in a chat is the caller's to check, every time."""

    store: Store
    library: Library
    clock: Clock
    defaults: Preferences
    say: Language = ENGLISH

    async def wake(self, subscriptions: Iterable[Subscription]) -> tuple[Subscription, ...]:
        """Those of them that are paused go on; which these were."""
        woken = []
        now = self.clock.now()
        for each in subscriptions:
            if each.next_slot is None:
                slot = next_slot(each.preferences, now, await self.store.last_date(each.chat))
                await self.store.subscribe(each.chat, each.preferences, slot.at, now)
                woken.append(Subscription(each.chat, each.preferences, slot.at, each.owner))
        return tuple(woken)

    def back(self, subscription: Subscription) -> Message:
        """What a group hears once, when the bot may write there again."""
        return Message(texts.back(self.say, screens.upcoming(self.say, subscription, self.clock.now())))

    def greeting(self, name: str) -> Message:
        """What a group hears that has just added the bot of that name."""
        return Message(texts.greeting(self.say, name))

    # -- channels -----------------------------------------------------------------------------------------

    def channels(self, titles: Iterable[tuple[int, str]]) -> Message:
        """The channels that somebody has set up, each with a button, and a way to one more."""
        rows = tuple((Button(title or f"{id_}", f"ch:see@{id_}"),) for id_, title in titles)
        add = (Button(self.say(texts.ADD_CHANNEL), "ch:add"),)
        return Message(self.say(texts.YOUR_CHANNELS if rows else texts.NO_CHANNELS), (*rows, add))

    async def set_up(self, channel: int, owner: int) -> None:
        """Subscribe a channel with the defaults; one that is there stays as it is, and is this person's from now on."""
        chat, now = Chat(channel), self.clock.now()
        current = await self.store.subscription(chat)
        wanted = current.preferences if current else self.defaults
        slot = next_slot(wanted, now, await self.store.last_date(chat))
        language = await self.store.language(chat)
        await self.store.subscribe(chat, wanted, slot.at, now, owner)
        await self.store.speak(chat, Kind.CHANNEL, language or self.say.code, now)

    async def overview(self, channel: int, title: str) -> Message | None:
        """A channel as it is set up; None: it is not."""
        subscription = await self.store.subscription(Chat(channel))
        if subscription is None:
            return None
        message = screens.overview(self.say, subscription, self.library.themes, self.clock.now())
        rows = (
            (Button(self.say(texts.POST_NOW), f"ch:now@{channel}"),),
            (Button(self.say(texts.TO_CHANNELS), "ch:list"),),
        )
        return Message(f"📢 <b>{escape(title)}</b>\n\n{message.html}", rows)

    def ask_to_post(self, channel: int, title: str) -> Message:
        """The question before the next digest is posted ahead of its time."""
        yes = Button(self.say(texts.POST_YES), f"ch:yes@{channel}")
        no = Button(self.say(texts.TO_CHANNELS), f"ch:see@{channel}")
        return Message(texts.post_now(self.say, escape(title)), ((yes, no),))

    async def post_now(self, channel: int) -> str:
        """Owe the channel today's digest at once; what is said of it. It is a delivery as any other."""
        chat, now = Chat(channel), self.clock.now()
        subscription = await self.store.subscription(chat)
        if subscription is None:
            return self.say(texts.NOT_SET_UP)
        today = now.astimezone(_zone(subscription.preferences)).date()
        last = await self.store.last_date(chat)
        free = last is None or last < today
        owed = free and await self.store.owe(chat, today, now)
        return self.say(texts.POSTED if owed else texts.POSTED_TODAY)


def _zone(preferences: Preferences) -> dt.tzinfo:
    return ZoneInfo(preferences.zone)
