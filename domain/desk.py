"""The office's own hours: when staff are there, how soon somebody who waits for a person is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import PLAIN, Calendar
from domain.clock import at_local

DAYS_AHEAD_MAX = 30  # no office is closed for longer
WAITS_TOLD_MIN = 5  # from fewer answers nothing is told about the next
WAITS_TOLD_SHARE = 0.8  # "usually" means four times in five
WAITS_TOLD_MINUTES = (5, 10, 15, 20, 30, 45, 60, 90, 120)  # a longer wait is not promised at all


@dataclass(frozen=True)
class Desk:
    """When staff are there. `answer_within` counts these hours only."""

    opens_at: time = time(9)
    closes_at: time = time(18)
    weekends: bool = False  # staff are there on Saturdays, Sundays and public holidays, too
    digest_at: time = time(8, 30)
    answer_within: timedelta = timedelta(hours=2)
    calendar: Calendar = PLAIN

    def works_on(self, day: date) -> bool:
        return self.weekends or self.calendar.is_working_day(day)

    def is_open(self, now: datetime, zone: ZoneInfo) -> bool:
        local = now.astimezone(zone)
        return self.works_on(local.date()) and self.opens_at <= local.time() < self.closes_at

    def next_opening(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The next moment, from `now` on, at which somebody comes to the desk."""
        today = now.astimezone(zone).date()
        days = (today + timedelta(days=n) for n in range(DAYS_AHEAD_MAX))
        return next(
            moment for day in days if self.works_on(day) and (moment := at_local(day, self.opens_at, zone)) >= now
        )

    def deadline(self, now: datetime, zone: ZoneInfo, span: timedelta | None = None) -> datetime:
        """`span` (or `answer_within`) of open hours after `now`."""
        left = self.answer_within if span is None else span
        at = now if self.is_open(now, zone) else self.next_opening(now, zone)
        while True:
            closes = at_local(at.astimezone(zone).date(), self.closes_at, zone)
            if at + left <= closes:
                return at + left
            left -= closes - at
            at = self.next_opening(closes, zone)


def usual_minutes(waits: Sequence[timedelta]) -> int | None:
    """Within how many minutes people are usually answered, from the latest waits; None where nothing can be said."""
    if len(waits) < WAITS_TOLD_MIN:
        return None
    told = sorted(waits)[min(len(waits) - 1, int(len(waits) * WAITS_TOLD_SHARE))]
    return next((minutes for minutes in WAITS_TOLD_MINUTES if told <= timedelta(minutes=minutes)), None)
