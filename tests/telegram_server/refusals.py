"""The one error of this platform: a Bot API refusal with its HTTP status, its words and its parameters."""

from typing import Any


class Refused(Exception):
    """The platform says no. `parameters` becomes the Bot API's ResponseParameters (retry_after, migrate_to_chat_id)."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters

    def as_json(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(why: str) -> Refused:
    """A 400 in the platform's usual wording."""
    return Refused(400, f"Bad Request: {why}")


def forbidden(why: str) -> Refused:
    """A 403: the person or the group does not want the bot."""
    return Refused(403, f"Forbidden: {why}")


def too_many_requests(seconds: int) -> Refused:
    """A 429 that tells how many whole seconds to wait."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
