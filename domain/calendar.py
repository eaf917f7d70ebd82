"""Days on which nobody should be reminded, and days on which the office works: the law's, and over them the office's own.

Tables and a rule for what they don't name: an unknown year never raises.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

# First day of the first lunar month. Source: Hong Kong Observatory's Gregorian–lunar conversion tables.
SPRING_FESTIVAL: dict[int, date] = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
    2033: date(2033, 1, 31),
    2034: date(2034, 2, 19),
    2035: date(2035, 2, 8),
}


def is_festival(day: date) -> bool:
    """Spring Festival eve to its third day (DESIGN §7)."""
    first = SPRING_FESTIVAL.get(day.year)
    return first is not None and first - timedelta(days=1) <= day <= first + timedelta(days=2)


# Public holidays on weekdays, and the weekends worked for them, as the State Council arranges them each November.
DAYS_OFF: dict[int, tuple[tuple[int, int], ...]] = {
    2026: (
        *((1, 1), (1, 2)),
        *((2, 20), (2, 23)),  # after Spring Festival's own days, which stand above
        *((4, 6), (5, 1), (5, 4), (5, 5), (6, 19), (9, 25)),
        *((10, 1), (10, 2), (10, 5), (10, 6), (10, 7)),
    ),
    # Not arranged yet: the days that the law itself names.
    2027: (
        *((1, 1), (2, 9), (2, 10), (4, 5), (5, 3), (5, 4)),
        *((6, 9), (9, 15), (10, 1), (10, 4), (10, 5)),
    ),
}
WEEKENDS_WORKED: dict[int, tuple[tuple[int, int], ...]] = {
    2026: ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)),
}
DAYS_OFF_ALWAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))  # of a year that has no table
# Qingming is the day on which the sun stands at 15 degrees. The usual rule of the almanacs, good for 2000 to 2099:
# the day of April is ⌊0.2422 y + 4.81⌋ − ⌊y / 4⌋ with the year's last two digits y.
QINGMING_YEARS = range(2000, 2100)


def qingming(year: int) -> date | None:
    """None: of a year for which the rule doesn't hold."""
    if year not in QINGMING_YEARS:
        return None
    y = year % 100
    return date(year, 4, (2422 * y + 48100) // 10000 - y // 4)


def is_working_day(day: date) -> bool:
    """A weekday that is no public holiday, or a weekend that is worked for one."""
    date_of = (day.month, day.day)
    if date_of in WEEKENDS_WORKED.get(day.year, ()):
        return True
    return day.weekday() < SATURDAY and not is_public_holiday(day)


def is_public_holiday(day: date) -> bool:
    """A day that the law or the State Council's table gives off by name; of a table's weekends nothing is said."""
    if is_festival(day):
        return True
    if day.year in DAYS_OFF:
        return (day.month, day.day) in DAYS_OFF[day.year]
    return (day.month, day.day) in DAYS_OFF_ALWAYS or day == qingming(day.year)


SATURDAY = 5
LOOK_DAYS_MAX = 60  # no holiday is longer


# what the office writes over it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a household belongs, as far as days are concerned. `kind`: property | training."""

    kind: str = ""
    community: str = ""
    class_name: str = ""


ANYWHERE = Place()


@dataclass(frozen=True)
class Span:
    """Some days with a name, from `first` to `last`. Empty `communities` and `classes`: of every place."""

    name: str
    first: date
    last: date
    communities: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    days_before: int = 0  # of quiet ahead of it

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def quiet(self, day: date) -> bool:
        return self.first.toordinal() - self.days_before <= day.toordinal() <= self.last.toordinal()

    def concerns(self, place: Place) -> bool:
        return (not self.communities or place.community in self.communities) and (
            not self.classes or place.class_name in self.classes
        )

    def days(self) -> Iterator[date]:
        return (date.fromordinal(number) for number in range(self.first.toordinal(), self.last.toordinal() + 1))


class Quiet(StrEnum):
    """Why a day is quiet: nobody is written to about money."""

    FESTIVAL = "festival"
    EXAM = "exam"


class Move(StrEnum):
    """Where a stage goes whose day is no good one."""

    STAYS = ""
    BEFORE_HOLIDAY = "before_holiday"  # from a holiday to the last working day before it
    MONTH_END = "month_end"  # to the last working day of its month
    PAYDAY = "payday"  # to the next day on which wages are paid


SCHOOL = "training"


@dataclass(frozen=True)
class Calendar:
    """The law's days with the office's own over them. Days worked win over days off."""

    off: tuple[Span, ...] = ()
    worked: frozenset[date] = frozenset()
    festivals: tuple[Span, ...] = ()
    exams: tuple[Span, ...] = ()
    _places: dict[Place, Calendar] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def is_local(self) -> bool:
        """Whether some of its days are those of certain places only."""
        return bool(self.exams) or any(span.communities or span.classes for span in self.festivals)

    def at(self, place: Place) -> Calendar:
        """The calendar of one place: without the festivals and exams of others."""
        if not self.is_local:
            return self
        if (known := self._places.get(place)) is None:
            known = self._places[place] = replace(
                self,
                festivals=tuple(span for span in self.festivals if span.concerns(place)),
                exams=tuple(span for span in self.exams if place.kind == SCHOOL and span.concerns(place)),
            )
        return known

    def is_working_day(self, day: date) -> bool:
        if day in self.worked:
            return True
        return is_working_day(day) and not any(span.holds(day) for span in self.off)

    def is_festival(self, day: date) -> bool:
        """The Spring Festival, or a festival that the office keeps; with the quiet days ahead of it."""
        return is_festival(day) or any(span.quiet(day) for span in self.festivals)

    def quiet(self, day: date) -> Quiet | None:
        """Why nobody is written to about money on this day; None: they may be."""
        if self.is_festival(day):
            return Quiet.FESTIVAL
        return Quiet.EXAM if any(span.quiet(day) for span in self.exams) else None

    def is_quiet(self, day: date) -> bool:
        return self.quiet(day) is not None

    def is_holiday(self, day: date) -> bool:
        """A day off that is more than a weekend, or the weekend next to such a day; a quiet day, too."""
        if self.is_quiet(day):
            return True
        if self.is_working_day(day):
            return False
        return any(self._is_named(each) for each in self._days_off_around(day))

    def _is_named(self, day: date) -> bool:
        return is_public_holiday(day) or self.is_quiet(day) or any(span.holds(day) for span in self.off)

    def _days_off_around(self, day: date) -> Iterator[date]:
        yield day
        for step in (-1, 1):
            for number in range(1, LOOK_DAYS_MAX):
                beside = _shifted(day, step * number)
                if beside is None or self.is_working_day(beside):
                    break
                yield beside

    def before_holiday(self, day: date) -> date:
        """The day itself or, where it lies in a holiday, the last working day before that. Never later than the day."""
        return self._last_good(day) if self.is_holiday(day) else day

    def _last_good(self, day: date) -> date:
        """The last working day that is not quiet, up to this day; the day itself where there is none near."""
        for number in range(LOOK_DAYS_MAX):
            before = _shifted(day, -number)
            if before is not None and self.is_working_day(before) and not self.is_quiet(before):
                return before
        return day

    def month_end(self, day: date) -> date:
        """The last working day of the day's month."""
        return self._last_good(_day_of_month(day.year, day.month, 31))

    def payday(self, day: date, payday_day: int) -> date:
        """The first day from this one on that wages are paid: on that day of the month, or the working day before it."""
        for year, month in ((day.year, day.month), (day.year + day.month // 12, day.month % 12 + 1)):
            if year <= date.max.year and (pays_on := self._last_good(_day_of_month(year, month, payday_day))) >= day:
                return pays_on
        return day

    def moved(self, move: Move, day: date, payday_day: int = 0) -> date:
        """Where a stage of this day goes."""
        match move:
            case Move.BEFORE_HOLIDAY:
                return self.before_holiday(day)
            case Move.MONTH_END:
                return self.month_end(day)
            case Move.PAYDAY:
                return self.payday(day, payday_day)
            case Move.STAYS:
                return day

    def next_working_day(self, day: date) -> date:
        """The day itself, or the first working day after it; the day itself where there is none near."""
        ahead = (_shifted(day, number) for number in range(LOOK_DAYS_MAX))
        return next((each for each in ahead if each is not None and self.is_working_day(each)), day)


PLAIN = Calendar()  # the law's days alone


def _shifted(day: date, days: int) -> date | None:
    """None: beyond the first or the last day that there is."""
    number = day.toordinal() + days
    return date.fromordinal(number) if 1 <= number <= date.max.toordinal() else None


def _day_of_month(year: int, month: int, day: int) -> date:
    """That day, or the last one of a shorter month."""
    return date(year, month, min(day, monthrange(year, month)[1]))
