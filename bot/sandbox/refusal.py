"""How the Bot API says no: an HTTP status, a description, and parameters that say what to do."""

from typing import Any

Json = dict[str, Any]


class Refusal(Exception):  # noqa: N818 (an answer of the protocol, not a fault of the program)
    """A call that Telegram would not carry out. `status` is both the HTTP status and `error_code`."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def answer(self) -> Json:
        """Return the body of the answer."""
        body: Json = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(what: str) -> Refusal:
    """Return a 400 with Telegram's prefix."""
    return Refusal(400, f"Bad Request: {what}")


def forbidden(what: str) -> Refusal:
    """Return a 403 with Telegram's prefix."""
    return Refusal(403, f"Forbidden: {what}")
