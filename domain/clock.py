"""Where time comes from: the only file that may ask the machine what time it is."""

from __future__ import annotations

import time as _time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as TimeOfDay
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class StartedClock:
    """Starts at a given moment and moves on with real time (`tick --now ISO`)."""

    start: datetime
    _zero: float = field(default_factory=_time.monotonic)

    def now(self) -> datetime:
        return self.start.astimezone(UTC) + timedelta(seconds=_time.monotonic() - self._zero)


@dataclass
class ManualClock:
    """Moves only when told to: for the sandbox, the simulation and tests."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self.moment = self.moment + by

    def jump(self, to: datetime) -> None:
        self.moment = to


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def local_time(moment: datetime, zone: ZoneInfo) -> TimeOfDay:
    return moment.astimezone(zone).time()


def at_local(day: date, time_of_day: TimeOfDay, zone: ZoneInfo) -> datetime:
    """The UTC moment of a wall-clock time; one that a DST change skips moves on by the length of the gap."""
    return datetime.combine(day, time_of_day, tzinfo=zone).astimezone(UTC)


def monotonic() -> float:
    """Seconds on a clock that never jumps, for pacing requests."""
    return _time.monotonic()
