"""Instalment plans: parts that add up to the last fen, dates that rise, limits from the policy."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.money import Money
from domain.policy import Holds

GRACE_DAYS = 3  # after a part's day, before the plan counts as broken
FIRST_PART_DAYS = 7  # days from the request until the first part, when the person names no date


@dataclass(frozen=True)
class Part:
    """One instalment, counted from 1."""

    number: int
    due_on: date
    amount_fen: int


def plan_parts(total_fen: int, parts: int, first_on: date, day: int | None = None) -> tuple[Part, ...]:
    """`parts` instalments a month apart, the first on `first_on`; the sums add up exactly (largest remainder).

    `day`: those after the first fall on this day of the month, 31 being the last of each.
    """
    sums = Money(total_fen).split(parts)
    days = [add_months(first_on, n) for n in range(parts)]
    if day is not None:
        days[1:] = [on_day(each, day) for each in days[1:]]
    return tuple(Part(n + 1, on, money.fen) for n, (on, money) in enumerate(zip(days, sums, strict=True)))


def on_day(month: date, day: int) -> date:
    """That day of a date's month, or its last where the month is shorter."""
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def next_on(today: date, day: int) -> date:
    """The next time, from tomorrow on, that this day of the month comes."""
    soon = on_day(today, day)
    return soon if soon > today else on_day(add_months(today.replace(day=1), 1), day)


def most_parts(total_fen: int, holds: Holds) -> int:
    """How many parts may be offered; below 2 none may."""
    return min(holds.plan_parts_max, total_fen // max(1, holds.plan_part_fen_min))


def add_months(day: date, months: int) -> date:
    """The same day `months` later; 31 January plus one month is the last day of February."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def promise_limit(today: date, holds: Holds) -> date:
    """The last day that a promise may name."""
    return today + timedelta(days=holds.promise_days_max)


def first_unpaid(parts: Sequence[Part], received_fen: int) -> tuple[Part, int] | None:
    """The earliest part not fully paid and what it still asks for in fen; None when all of the plan is paid."""
    for part in parts:
        if received_fen < part.amount_fen:
            return part, part.amount_fen - received_fen
        received_fen -= part.amount_fen
    return None


def is_broken(parts: Sequence[Part], received_fen: int, today: date) -> bool:
    """Whether a part stayed open beyond its days of grace."""
    waiting = first_unpaid(parts, received_fen)
    return waiting is not None and today > waiting[0].due_on + timedelta(days=GRACE_DAYS)
