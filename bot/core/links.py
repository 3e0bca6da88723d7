"""Links that lead into the bot from outside, and the buttons that carry them there."""

from dataclasses import dataclass
from urllib.parse import urlencode

from bot.core.model import Button, Digest

DIGEST = "d_"
"""What begins the payload of a link to a digest. An id has at most 40 characters of a-z 0-9 -, and a payload may
have 64 of A-Z a-z 0-9 _ - (https://core.telegram.org/bots/features#deep-linking)."""


@dataclass(frozen=True, slots=True)
class Links:
    """How the bot is reached: by its name, and, where its operator has allowed that, by inline queries."""

    username: str = "digest_bot"
    inline: bool = True

    def start(self, payload: str) -> str:
        """The link that starts the bot with a payload."""
        return f"https://t.me/{self.username}?start={payload}"

    def digest(self, id_: str) -> str:
        """The link to a digest."""
        return self.start(DIGEST + id_)

    def share(self, label: str, item: Digest) -> Button:
        """Passes a digest on: finished, where inline queries work, and else as a link."""
        link = urlencode({"url": self.digest(item.id), "text": item.title})
        return Button(label, url=f"https://t.me/share/url?{link}", share=f"#{item.id}" if self.inline else "")


ANY = Links()
"""Of a bot that is nowhere yet: in the preview and in tests."""
