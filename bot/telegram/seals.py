"""Sealed buttons: callback data comes from the client, so what a button of ours carries is signed for its chat."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

MOST_BYTES = 64
"""Of callback data (https://core.telegram.org/bots/api#inlinekeyboardbutton)."""
_MAC_BYTES = 8
_MARK = "."
SEAL_BYTES = 12
"""What a seal takes of them: the mark and 8 bytes in base64url."""


def key_of(token: str) -> bytes:
    """The key for a bot's buttons: a new token makes all old buttons void."""
    return hmac.digest(token.encode(), b"buttons", hashlib.sha256)


class Seals:
    """Seals data for one chat and topic, and opens it nowhere else.

    `state` is what must still be so when the button is pressed, such as a number of the chat's settings; a button
    made for another state does not open.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, chat_id: int, thread: int, data: str, state: str = "") -> str:
        """The data with its seal. Raises ValueError when both are longer than a button may carry."""
        sealed = data + _MARK + self._mac(chat_id, thread, data, state)
        if (size := len(sealed.encode())) > MOST_BYTES:
            raise ValueError(f"“{data}” makes {size} bytes with its seal: a button carries {MOST_BYTES}")
        return sealed

    def opened(self, chat_id: int, thread: int, sealed: str, state: str = "") -> str | None:
        """The data; None: not sealed by us, for another chat, topic or state, or changed on the way."""
        data, mark, mac = sealed.rpartition(_MARK)
        # As bytes: compare_digest refuses text beyond ASCII. As written: base64 has several spellings of the same.
        right = self._mac(chat_id, thread, data, state).encode()
        return data if mark and hmac.compare_digest(right, mac.encode(errors="surrogatepass")) else None

    def _mac(self, chat_id: int, thread: int, data: str, state: str) -> str:
        """Base64url of the MAC; the length keeps the end of `data` apart from the beginning of `state`."""
        what = f"{chat_id}/{thread}/{len(data)}/{data}{state}".encode(errors="surrogatepass")
        mac = hmac.digest(self._key, what, hashlib.sha256)[:_MAC_BYTES]
        return urlsafe_b64encode(mac).rstrip(b"=").decode()
