"""Where readers are, as they say it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Placed(Protocol):
    """A place that was found."""

    @property
    def zone(self) -> str:
        """Its IANA zone."""
        ...

    def name(self, language: str) -> str:
        """What it is called."""
        ...

    def label(self, language: str) -> str:
        """The name with what tells it from others of that name."""
        ...


@dataclass(frozen=True, slots=True)
class Atlas:
    """What is known of places.

    `find` gives at most so many places that a text may mean, the likeliest first; `name` is what readers of a language
    call an IANA zone; `at` is the zone at a latitude and a longitude in degrees, None where there is none.
    """

    find: Callable[[str, int], Sequence[Placed]]
    name: Callable[[str, str], str]
    at: Callable[[float, float], str | None]

    def called(self, text: str, languages: Sequence[str], limit: int = 5) -> list[Placed]:
        """The places that are called just so in one of the languages, whatever case and signs are written."""
        wanted = _letters(text)
        return [
            place
            for place in self.find(text, limit)
            if wanted and wanted in {_letters(place.name(language)) for language in languages}
        ]


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
