"""Visits (上门): the hours that may be offered, the nearest free one, and what each result means. Nobody comes unannounced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.clock import at_local
from domain.desk import Desk

LIMIT_DAYS = timedelta(days=30)
LENGTH = timedelta(minutes=45)  # of a visit, the way to the next one included
RECORD_WITHIN = timedelta(hours=3)  # after its hour: then the visitor is asked how it went
LAPSES_AFTER = timedelta(days=3)  # nobody wrote down how it went: the appointment is over all the same
OFFERED_LASTS = timedelta(days=5)  # an offer that nobody answers


@dataclass(frozen=True)
class Visiting:
    """The office's table of hours, and how often a household may be called on."""

    hours: tuple[time, ...] = (time(10), time(14), time(16), time(18, 30))
    days_ahead: int = 10
    notice: timedelta = timedelta(hours=18)  # never a visit that was agreed on the doorstep
    per_month: int = 2
    not_home_max: int = 2  # then no further visit


class Result(StrEnum):
    MET = "met"
    NOT_HOME = "not_home"
    PAID = "paid"
    PROMISED = "promised"
    PLAN = "plan"
    DISPUTE = "dispute"
    REPAIR = "repair"
    REFUSED = "refused"


CLOSES = frozenset(Result) - {Result.NOT_HOME, Result.MET}
AGAIN_DAYS = 3  # after a talk without an end, and after nobody was at home, somebody looks again


def slots(visiting: Visiting, desk: Desk, zone: ZoneInfo, now: datetime) -> list[datetime]:
    """Every hour that may be offered now, early first: on the office's working days, on no festival, with notice."""
    today = now.astimezone(zone).date()
    days = (today + timedelta(days=n) for n in range(visiting.days_ahead + 1))
    return [
        moment
        for day in days
        if desk.works_on(day) and not desk.calendar.is_festival(day)
        for hour in sorted(visiting.hours)
        if (moment := at_local(day, hour, zone)) >= now + visiting.notice
    ]


def free(offered: Sequence[datetime], taken: Collection[datetime]) -> list[datetime]:
    """The hours that no other visit of the same colleague lies too near to."""
    return [moment for moment in offered if all(abs(moment - other) >= LENGTH for other in taken)]


def spread(moments: Sequence[datetime], zone: ZoneInfo, number: int, skip: int = 0) -> list[datetime]:
    """A few to choose from, of different days and different hours of the day where there are such."""
    by_day: dict[date, list[datetime]] = {}
    for moment in moments:
        by_day.setdefault(moment.astimezone(zone).date(), []).append(moment)
    chosen = [hours[n % len(hours)] for n, hours in enumerate(by_day.values())]
    rest = [moment for moment in moments if moment not in chosen]
    return sorted([*chosen, *rest][skip : skip + number])


def nearest(moments: Sequence[datetime], wished: datetime, number: int) -> list[datetime]:
    """The free hours closest to the one that was wished for, early first."""
    return sorted(sorted(moments, key=lambda moment: (abs(moment - wished), moment))[:number])
