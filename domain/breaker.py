"""When a platform is down, stop knocking: a circuit breaker for one lane. Pure; time is passed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

FAILURES_IN_A_ROW = 10
LOOK_BACK = 20  # more than half of the last so many failed: open as well
PROBE_AFTER_SECONDS = 30.0
PROBE_AFTER_SECONDS_MAX = 600.0


@dataclass
class Breaker:
    """Closed: everything may go. Open: nothing until `probe_at`, then one message at a time to see whether it works."""

    probe_at: float | None = None
    _wait_seconds: float = PROBE_AFTER_SECONDS
    _in_a_row: int = 0
    _last: deque[bool] = field(default_factory=lambda: deque(maxlen=LOOK_BACK))

    @property
    def is_open(self) -> bool:
        return self.probe_at is not None

    def allowance(self, now: float, most: int) -> int:
        """How many messages may start now."""
        if self.probe_at is None:
            return most
        return 1 if now >= self.probe_at else 0

    def worked(self) -> None:
        if self.is_open:
            self._last.clear()  # else the next single failure would open it again
        self.probe_at, self._wait_seconds, self._in_a_row = None, PROBE_AFTER_SECONDS, 0
        self._last.append(True)

    def failed(self, now: float, *, at_once: bool = False) -> None:
        """A failure of the platform or the wire, not of a single address. `at_once`: the account itself is refused."""
        self._in_a_row += 1
        self._last.append(False)
        if self.probe_at is not None:
            if now < self.probe_at:
                return  # it was under way when the breaker opened; only a failed probe makes the wait longer
            self._wait_seconds = min(self._wait_seconds * 2, PROBE_AFTER_SECONDS_MAX)
            self.probe_at = now + self._wait_seconds
        elif (
            at_once
            or self._in_a_row >= FAILURES_IN_A_ROW
            or (len(self._last) == LOOK_BACK and sum(self._last) * 2 < LOOK_BACK)
        ):
            self.probe_at = now + self._wait_seconds
