"""Groups, topics and channels: what becomes of them, and channels set up from a private chat."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core import chats_texts as texts
from bot.core.language import Language
from bot.core.markdown import escape
from bot.core.model import Button, Chat, Kind, Message, Subscription
from bot.core.schedule import zone_of
from bot.core.screens import At, Screens
from bot.core.settings_texts import BACK
from bot.services.subscribing import Subscribing


@dataclass(frozen=True, slots=True)
class Chats:
    """In one language. Whether the asker may do something in a chat is the caller's to check, every time."""

    subscribing: Subscribing

    @property
    def say(self) -> Language:
        """The language."""
        return self.subscribing.say

    async def wake(self, subscriptions: Iterable[Subscription], kind: Kind) -> tuple[Subscription, ...]:
        """Those of them that are paused go on; which these were."""
        asleep = [each for each in subscriptions if each.next_slot is None]
        return tuple([await self.subscribing.save(each.chat, each.preferences, At(kind)) for each in asleep])

    def back(self, subscription: Subscription) -> Message:
        """What a group hears once, when the bot may write there again."""
        upcoming = Screens(self.say, self.subscribing.clock.now()).upcoming(subscription)
        return Message(self.say(texts.BACK, upcoming=upcoming))

    def greeting(self, name: str) -> Message:
        """What a group hears that has just added the bot of that name."""
        return Message(self.say(texts.GREETING, name=name))

    # -- channels -----------------------------------------------------------------------------------------

    def channels(self, titles: Iterable[tuple[int, str]]) -> Message:
        """The channels that somebody has set up, each with a button, and a way to one more."""
        rows = tuple((Button(title or f"{id_}", f"ch:see@{id_}"),) for id_, title in titles)
        add = (Button(self.say(texts.ADD_CHANNEL), "ch:add"),)
        return Message(self.say(texts.YOUR_CHANNELS if rows else texts.NO_CHANNELS), (*rows, add))

    async def ask_to_post(self, channel: int, title: str) -> Message | None:
        """The question before the next digest is posted ahead of its time; it holds today. None: it is not set up."""
        today = await self.today(channel)
        if today is None:
            return None
        yes = Button(self.say(texts.POST_YES), f"!ch:yes@{channel}")
        no = Button(self.say(BACK), f"ch:see@{channel}")
        question = self.say(texts.ASK_TO_POST, title=escape(title))
        return Message(question, ((yes,), (no,)), state=f"{today}")

    async def post_now(self, channel: int) -> str:
        """Owe the channel today's digest at once; what is said of it. It is a delivery as any other."""
        chat, today = Chat(channel), await self.today(channel)
        last = await self.subscribing.store.last_date(chat)
        free = today is not None and (last is None or last < today)
        now = self.subscribing.clock.now()
        owed = free and today and await self.subscribing.store.owe(chat, today, now)
        return self.say(texts.POSTED if owed else texts.POSTED_TODAY)

    async def today(self, channel: int) -> dt.date | None:
        """The date where the channel's readers are; None: it is not set up."""
        subscription = await self.subscribing.store.subscription(Chat(channel))
        if subscription is None:
            return None
        return self.subscribing.clock.now().astimezone(zone_of(subscription.preferences.zone)).date()
