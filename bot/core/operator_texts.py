"""Every sentence about broadcasts and the outbox, in English. Telegram HTML; names put in are escaped by the caller."""

import datetime as dt
from collections.abc import Sequence

from bot.core.findings import Finding

_YEAR = 365 * 24 * 3600
_FIRST_FINDINGS = 3
_LONGEST_FINDING = 700
CANCEL = "Cancel"
PAUSE = "⏸ Pause"
RESUME = "▶ Resume"
BACK = "‹ Back"
SECOND_POLLER = (
    "⚠️ Another process receives updates with this bot's token, or a webhook is set for it. Until that is stopped, "
    "commands are answered now here and now there. <code>python -m bot doctor</code> tells which of the two it is."
)
BROADCAST_SECOND_COPY = "Send again, a second copy is possible"
BROADCAST_EMPTY = (
    "There is no text to send. Write <code>/broadcast your text</code>, or answer one of your own messages "
    "with /broadcast."
)
BROADCAST_TOO_FORMATTED = "That text has more formatting than Telegram takes. Use less of it."
BROADCAST_LONG = (
    "It goes so slowly because long texts hit Telegram's limits sooner: at most 500 characters go faster."
)
BROADCAST_NOT_YOURS = "Answer one of your own messages with /broadcast: it has to be a text."
BROADCAST_NOBODY = "Nobody is subscribed, so there is nobody to send this to."
BROADCAST_DISCARDED = "Nothing was sent."
BROADCAST_OVER = "This broadcast is not at that point any more."


def count(number: int, noun: str) -> str:
    """`1 theme`, `2 themes`, `12,000 themes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def incident(cause: str, detail: str, digest: str = "") -> str:
    """What the operator is told, once for each incident."""
    match cause:
        case "token":
            return "⛔ Telegram refuses the token. Nothing is sent any more: give the bot a valid one and restart it."
        case "strangers":
            return (
                "⛔ Telegram does not know more than 5 of the last 100 chats, as with another bot's token. Nothing is "
                "sent any more and no chat is blamed: check the token, then restart the bot."
            )
        case "content" if digest.startswith("broadcast "):
            return (
                f"⚠️ Telegram refused {digest} in three chats ({detail}). It is paused: go on, or cancel it."
            )
        case "content":
            return (
                f"⚠️ Telegram refused the digest “{digest}” in three chats ({detail}). It is not sent any more: "
                "mend its text; the new version is sent again."
            )
        case "store":
            return (
                f"⚠️ The database takes nothing ({detail}). Nothing is sent meanwhile and nothing is lost; sending "
                "goes on by itself as soon as the disk has room and the file can be written."
            )
    return f"⚠️ No answer from Telegram ({detail}). Sending pauses and goes on by itself; nothing is lost."


def expired(number: int, longest: dt.timedelta) -> str:
    """What the operator is told after an absence."""
    hours = f"{longest.total_seconds() / 3600:g} h"
    return (
        f"⌛ {count(number, 'digest')} came due while nothing could be sent, and would be more than {hours} late: "
        "not sent, the readers go on with their next one. “python -m bot outbox list --state expired” lists them."
    )


def stars_spent(stars: int) -> str:
    """The day's ceiling is reached."""
    return (
        f"⭐ {count(stars, 'Star')} may be spent today, and {stars:,} are: sending goes on at the free rate until "
        "midnight UTC. To send faster today, raise delivery.paid_stars and restart the bot."
    )


def broadcast_too_long(length: int, longest: int) -> str:
    """A text that does not fit into one message."""
    return f"That text has {length:,} characters; a message holds {longest:,}. Shorten it, or send two broadcasts."


def broadcast_refused(reason: str) -> str:
    """Telegram does not even take the preview."""
    return f"Telegram refuses this text ({reason}). Nothing was sent."


def broadcast_ask(recipients: int, ends: str) -> str:
    """The question before a broadcast begins."""
    return f"👆 This is what readers will see.\n\nSend it to <b>{count(recipients, 'reader')}</b>? {ends}"


def broadcast_send(recipients: int) -> str:
    """The button that begins it."""
    return f"Send to {count(recipients, 'reader')}"


def broadcast_stage(stage: str) -> str:
    """A stage in words."""
    return {"queued": "waiting for its turn", "running": "sending"}.get(stage, stage)


def broadcast_title(number: int, stage: str) -> str:
    """The first line of a broadcast's card."""
    return f"📣 <b>Broadcast {number}</b> · {broadcast_stage(stage)}"


def broadcast_note(note: str) -> str:
    """Why a broadcast rests, as it was noted."""
    return f"⚠️ {note}"


def broadcast_away(longest: dt.timedelta) -> str:
    """The bot was away for so long that the operator has to say whether to go on."""
    hours = longest.total_seconds() / 3600
    return f"The bot was away for more than {hours:g} h. Is this still to be sent?"


def broadcast_refused_in_chats(reason: str) -> str:
    """Three chats refused the text."""
    return f"Telegram refused the text in three chats ({reason})."


def broadcast_gone(number: int) -> str:
    """Those who cannot be tried again."""
    return f"{count(number, 'reader')} blocked the bot, left or unsubscribed: nobody to try again."


def broadcast_retry(number: int) -> str:
    """The button that tries those again who surely did not get it."""
    return f"Retry those who did not get it ({number:,})"


def broadcast_doubtful(number: int) -> str:
    """The button that leads to those of whom nobody knows."""
    return f"{number:,} may or may not have it …"


def broadcast_second_copy(number: int) -> str:
    """What sending to them again can do."""
    return (
        f"Telegram did not answer for {count(number, 'reader')}: the message may have arrived, or not. "
        "Sending it again may give them a second copy."
    )


def ending(number: int, rate: float, now: dt.datetime) -> str:
    """How long `number` messages take at `rate` a second, and when that is; `now` is local."""
    if rate <= 0:
        return "Nothing could be sent for a minute: see the log."
    if number > rate * _YEAR:
        return "At this pace it would take more than a year."
    left = dt.timedelta(seconds=number / rate)
    return f"At {rate:.3g}/s that takes {duration(left)}, until {clock_time(now + left, now)}."


def duration(length: dt.timedelta) -> str:
    """`less than a minute`, `about 5 min`, `about 2 h 40 min`, `about 3 days`."""
    minutes = round(length.total_seconds() / 60)
    if length.total_seconds() < 60:  # noqa: PLR2004  a minute
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:  # noqa: PLR2004  two days
        return f"about {round(hours / 24)} days"
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return "about " + " ".join(filter(None, parts))


def clock_time(at: dt.datetime, now: dt.datetime) -> str:
    """`14:05`, and on another day `Tue 24 November, 14:05`; both in one zone."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%a} {at.day} {at:%B}, {at:%H:%M}"


def capacity(at: dt.datetime, readers: int, rate: float, served: dt.datetime) -> str:
    """The busiest hour, and when its last reader is served; both local."""
    last = "within the minute" if served - at < dt.timedelta(minutes=1) else f"at {clock_time(served, at)}"
    return f"{at:%H:%M}: {count(readers, 'reader')} at {rate:g}/s: the last one {last}"


NOTHING_AHEAD = "Nothing comes due in the next 24 hours."


def outbox(counts: dict[str, int], ahead: str) -> str:
    """The states of the outbox in one message, and what the next hours ask for."""
    lines = [f"{name}: {number:,}" for name, number in counts.items() if number] or ["No deliveries yet."]
    return "📦 <b>Outbox</b>\n\n" + "\n".join(lines) + f"\n\n{ahead}"


def content_broken(errors: Sequence[Finding]) -> str:
    """What the operator is told when changed content cannot be loaded: plain text, at most 2,500 characters."""
    shown = "\n\n".join(str(found)[:_LONGEST_FINDING] for found in errors[:_FIRST_FINDINGS])
    return (
        f"⚠️ The content was changed and has {count(len(errors), 'error')}. Readers keep what was loaded before.\n\n"
        f"{shown}\n\n“python -m bot check” lists everything. Once it is mended, it is loaded by itself."
    )


def content_mended(digests: int) -> str:
    """What the operator is told when it could be loaded after all."""
    return f"✅ The content is mended and loaded: {count(digests, 'digest')}."
