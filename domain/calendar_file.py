"""Reads content/calendar.toml, the office's own days over the law's; each complaint names the file, the line and the cure."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date

from domain.calendar import SCHOOL, Calendar, Place, Span, is_working_day
from domain.policy import PolicyError
from domain.toml_lines import lines_of
from domain.toml_table import Table

OFF_DAYS_MAX = 31  # of one entry
FESTIVAL_DAYS_MAX = 15
EXAM_DAYS_MAX = 31
DAYS_BEFORE_MAX = 3
EXAM_DAYS_BEFORE = 1  # where an exam says nothing: the day before is quiet, too
CLOSED_DAYS_MAX = 28  # in a row, weekends and the law's holidays among them
QUIET_DAYS_MAX = 21  # in a row
TABLES = ("off", "worked", "festival", "exam")


def read_calendar(text: str, name: str) -> Calendar:
    """Parse and check the office's days. `name` is used in error messages.

    Raises PolicyError: bad TOML, an unknown or missing key, no day, days that end before they begin or never end, the same
    day off and worked, one entry twice.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PolicyError(f"{name}: {wrong}") from None
    lines = lines_of(text)
    top = Table(name, "", lines, ("", 1), raw)
    off = [(row, _span(row, OFF_DAYS_MAX)) for row in top.rows("off")]
    worked = [(row, _worked(row)) for row in top.rows("worked")]
    festivals = [(row, _span(row, FESTIVAL_DAYS_MAX, local=True)) for row in top.rows("festival")]
    exams = [(row, _span(row, EXAM_DAYS_MAX, local=True, days_before=EXAM_DAYS_BEFORE)) for row in top.rows("exam")]
    top.refuse_leftovers(f"the tables are {', '.join(f'[[{each}]]' for each in TABLES)}")
    calendar = Calendar(
        off=tuple(span for _, span in off),
        worked=frozenset(day for _, day in worked),
        festivals=tuple(span for _, span in festivals),
        exams=tuple(span for _, span in exams),
    )
    for row, day in worked:
        if any(span.holds(day) for _, span in off):
            raise row.wrong(f"{day} is off, too: keep one of the two", "on")
    for rows in (off, festivals, exams):
        for number, (row, span) in enumerate(rows):
            if span in [other for _, other in rows[:number]]:
                raise row.wrong(f"{span.name} stands here twice: remove one")
    for row, span in off:
        if _in_a_row(span.first, lambda day: not calendar.is_working_day(day)) > CLOSED_DAYS_MAX:
            raise row.wrong(
                f"the office would be closed for more than {CLOSED_DAYS_MAX} days in a row: shorten it", "from"
            )
    for row, span in [*festivals, *exams]:
        here = calendar.at(Place(SCHOOL, min(span.communities, default=""), min(span.classes, default="")))
        if _in_a_row(span.first, here.is_quiet) > QUIET_DAYS_MAX:
            raise row.wrong(f"nobody is written to for more than {QUIET_DAYS_MAX} days in a row: shorten it", "from")
    return calendar


def _span(row: Table, days_max: int, *, local: bool = False, days_before: int = 0) -> Span:
    first = row.day("from")
    last = row.day("until", first)
    if last < first:
        raise row.wrong(f"until = {last} is before from = {first}: swap them", "until")
    if (last - first).days >= days_max:
        raise row.wrong(f"{(last - first).days + 1} days: at most {days_max} in one entry", "until")
    span = Span(
        name=row.text("name"),
        first=first,
        last=last,
        communities=_places(row, "communities") if local else frozenset(),
        classes=_places(row, "classes") if local else frozenset(),
        days_before=row.count("days_before", days_before, DAYS_BEFORE_MAX) if local else 0,
    )
    row.refuse_leftovers()
    return span


def _places(row: Table, key: str) -> frozenset[str]:
    """Names of communities or classes; left out: all of them."""
    if not row.has(key):
        return frozenset()
    names = frozenset(each.strip() for each in row.texts(key, ()))
    if not names or "" in names:
        raise row.wrong(f"{key}: name some, or remove it: then it holds everywhere", key)
    return names


def _worked(row: Table) -> date:
    day = row.day("on")
    row.text("name", "")
    row.refuse_leftovers()
    if is_working_day(day):
        raise row.wrong(f"{day} is worked as it is: remove it, or correct the day", "on")
    return day


def _in_a_row(day: date, holds: Callable[[date], bool]) -> int:
    """How many days around this one hold, itself among them; counted no further than needed."""
    number = 1
    for step in (-1, 1):
        beside = day.toordinal() + step
        while number <= CLOSED_DAYS_MAX and 1 <= beside <= date.max.toordinal() and holds(date.fromordinal(beside)):
            number, beside = number + 1, beside + step
    return number
