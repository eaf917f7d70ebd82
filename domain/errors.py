"""Why something did not happen: a polite refusal to a person, or what a failed delivery means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


class Refusal(Exception):
    """A rule said no. `template` names the wording in content/messages.*.toml; `fields` fill it."""

    def __init__(self, template: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(template)
        self.template = template
        self.fields = dict(fields or {})


class DeliveryError(Exception):
    """A message was not confirmed as delivered. `detail` is for the log and holds no text of a message."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail


class TryLater(DeliveryError):
    """Certainly not sent. Try again at `at`, or after the usual back-off when that is None.

    `free` = the platform asked us to wait: no attempt is used up. `lane_wide` = every chat of the lane has to wait.
    """

    def __init__(
        self, detail: str = "", *, at: datetime | None = None, free: bool = False, lane_wide: bool = False
    ) -> None:
        super().__init__(detail)
        self.at = at
        self.free = free
        self.lane_wide = lane_wide


class Unreachable(DeliveryError):
    """This address can't be reached. `permanent`: until the person returns. `moved_to`: the chat has a new address."""

    def __init__(self, detail: str = "", *, permanent: bool = True, moved_to: str | None = None) -> None:
        super().__init__(detail)
        self.permanent = permanent
        self.moved_to = moved_to


class Shut(DeliveryError):
    """Certainly not sent: the platform doesn't let us write to this person now; another channel may.

    `why`: window_shut, quota_gone, no_agreement. `until`: when it lets us again; None: when the person next writes.
    """

    def __init__(self, detail: str = "", *, why: str = "window_shut", until: datetime | None = None) -> None:
        super().__init__(detail)
        self.why = why
        self.until = until


class Unknown(DeliveryError):
    """The request may or may not have been carried out.

    `repeat_until`: so long the platform knows the same request again and carries it out once only.
    """

    def __init__(self, detail: str = "", *, repeat_until: datetime | None = None) -> None:
        super().__init__(detail)
        self.repeat_until = repeat_until


class Rejected(DeliveryError):
    """The platform refused this very message (too long, malformed): sending it again can't help."""


class ChannelDown(TryLater):
    """The account itself is refused (bad token, second poller): nothing can be sent until an administrator acts."""
