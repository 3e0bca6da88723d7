"""What readers can ask for, in one language."""

from dataclasses import dataclass

from bot.core.language import Language
from bot.services.chats import Chats
from bot.services.choosing import Choosing
from bot.services.privacy import Privacy
from bot.services.reading import Reading
from bot.services.searching import Searching
from bot.services.subscribing import Subscribing


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases of a reader over one library as it reads in one language."""

    say: Language
    reading: Reading
    searching: Searching
    subscribing: Subscribing
    choosing: Choosing
    privacy: Privacy
    chats: Chats
