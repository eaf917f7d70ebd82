"""What becomes of a message after a failed try: one table of outcomes, one ladder of waits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import ChannelDown, DeliveryError, Rejected, Shut, TryLater, Unknown, Unreachable
from domain.messages import AT_MOST_ONCE, Kind

WAITS_SECONDS = (2, 8, 30, 120)
ATTEMPTS_MAX = len(WAITS_SECONDS) + 1
COPIES_MAX = 2  # of an answer or a receipt whose first try ended in doubt


@dataclass(frozen=True)
class Outcome:
    """`state` is a state of the outbox. `not_sent`: certainly not delivered. `free`: the try doesn't count."""

    state: str
    reason: str
    not_before: datetime | None = None
    not_sent: bool = False
    free: bool = False


def outcome(error: DeliveryError, kind: Kind, attempt: int, row_id: int, now: datetime, *, doubts: int = 0) -> Outcome:
    """What to do with a message whose `attempt`-th try failed with `error`.

    `doubts`: how many earlier tries may have arrived.
    """
    if isinstance(error, ChannelDown):
        return Outcome("retry", "channel_down", now + timedelta(seconds=30), not_sent=True, free=True)
    if isinstance(error, TryLater):
        if error.free:
            return Outcome("retry", "asked_to_wait", error.at or wait_until(row_id, 1, now), not_sent=True, free=True)
        if attempt >= ATTEMPTS_MAX:
            return Outcome("dead", "attempts", not_sent=True)
        return Outcome("retry", "try_later", error.at or wait_until(row_id, attempt, now), not_sent=True)
    if isinstance(error, Unreachable):
        if error.moved_to is not None:
            return Outcome("retry", "moved", now, not_sent=True)
        return Outcome("dead", "unreachable", not_sent=True)
    if isinstance(error, Shut):
        if error.until is None:
            return Outcome("dead", error.why, not_sent=True)
        return Outcome("retry", error.why, error.until, not_sent=True, free=True)
    if isinstance(error, Rejected):
        return Outcome("dead", "rejected", not_sent=True)
    again_at = wait_until(row_id, attempt, now)
    repeat_until = error.repeat_until if isinstance(error, Unknown) and attempt < ATTEMPTS_MAX else None
    if repeat_until is not None and again_at < repeat_until:
        return Outcome("retry", "in_doubt", again_at)
    if kind in AT_MOST_ONCE or doubts + 1 >= COPIES_MAX:
        return Outcome("unknown", "in_doubt")
    return Outcome("retry", "in_doubt", again_at)


def wait_until(row_id: int, attempt: int, now: datetime) -> datetime:
    """The back-off of 2, 8, 30, 120 s, spread by ±50 % so that messages that failed together don't return together."""
    base = WAITS_SECONDS[min(attempt, len(WAITS_SECONDS)) - 1]
    spread = hashlib.blake2b(f"{row_id}/{attempt}".encode(), digest_size=2).digest()
    return now + timedelta(seconds=base * (0.5 + int.from_bytes(spread) / 65535))
