"""What deliveries say: what many readers get alike is made once."""

import datetime as dt
from collections.abc import Hashable, Mapping
from dataclasses import replace

from bot.core import posts, render, texts
from bot.core.language import Language
from bot.core.library import Library, version
from bot.core.links import Links
from bot.core.markdown import escape
from bot.core.model import Delivery, Kind, Message

_KEPT = 512
"""Messages: of a digest, one for each language and number of digests read."""


class Rendering:
    """Messages out of one library. `languages` holds English at least; `links` open digests in the bot."""

    def __init__(self, library: Library, languages: Mapping[str, Language], links: Links) -> None:
        self.library = library
        self._languages = languages
        self._links = links
        self._made: dict[Hashable, Message] = {}

    def message(self, delivery: Delivery, today: dt.date) -> Message:
        """What a delivery says, on a day of UTC."""
        owed, picked = delivery, delivery.pick
        # Picks are equal in all wordings, so all that the text depends on is named.
        about = picked, picked.version, picked.new, owed.broadcast, owed.html
        key = about, owed.language, owed.kind, owed.silent, owed.paid, today
        if key not in self._made:
            if len(self._made) == _KEPT:
                self._made.clear()
            self._made[key] = self._make(delivery, today)
        return self._made[key]

    def _make(self, delivery: Delivery, today: dt.date) -> Message:
        say, library = self._say(delivery.language), self.in_language(delivery.language)
        picked, in_channel = delivery.pick, delivery.kind is Kind.CHANNEL
        found = library.digest(picked.digest) if picked.digest else None
        if delivery.broadcast:
            html = delivery.html
            if (
                found and found[1].correction and version(found[1]) == picked.version
            ):  # in the reader's language
                html = texts.corrected(say, escape(found[1].title), escape(found[1].correction))
            message = render.note(say, html, picked.digest)
        elif found is None:
            all_read = posts.all_posted(say, picked.total)
            message = all_read if in_channel else render.all_read(say, picked, subscribed=True)
        else:
            theme, item = found
            shelf = library.visible(theme, today)
            if in_channel:
                message = posts.post(say, theme, item, shelf, self._links.digest)
            else:
                message = render.digest(say, theme, item, shelf, picked, self._links)
        return replace(message, silent=delivery.silent, paid=delivery.paid)

    def in_language(self, language: str) -> Library:
        """The library as a reader of that language reads it, of one that is not spoken as in English."""
        return self.library.in_language(self._say(language).code)

    def _say(self, language: str) -> Language:
        return self._languages.get(language, self._languages["en"])
