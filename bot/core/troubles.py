"""What can become of a group or channel after it was set up, and what can stand in the way of setting one up."""

from dataclasses import dataclass
from enum import StrEnum

from bot.core.delivery import MISSING_DATES, Decision


class Trouble(StrEnum):
    """Why nothing reaches a group, a topic of it, or a channel any more."""

    REMOVED = "removed"
    RIGHTS = "rights"
    TOPIC = "topic"
    MISSING = "missing"


class Obstacle(StrEnum):
    """Why a channel cannot be set up."""

    NOT_FOUND = "not found"
    NO_CHANNEL = "no channel"
    BOT = "bot"  # the bot may not post there
    PERSON = "person"  # who asks may not
    LISTED = "listed"  # it stands in the configuration, which decides
    NO_ANSWER = "no answer"  # nobody can tell now


@dataclass(frozen=True, slots=True)
class Found:
    """A channel in which the bot, and who asks, may post. The title is shown and not kept."""

    id: int
    title: str


def trouble_of(decision: Decision) -> Trouble | None:
    """What an attempt showed to be wrong with its chat, None if nothing is."""
    if not decision.pause:
        return None
    if decision.topic:
        return Trouble.TOPIC
    if decision.pause_after == 1:
        return Trouble.REMOVED
    return Trouble.MISSING if decision.pause_after == MISSING_DATES else Trouble.RIGHTS
