"""A household's payer grade (信用): computed from how it paid and kept its word, with the reasons. No evidence, no grade."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import takewhile


class Grade(StrEnum):
    """From "always on time" to "needs a person": it makes reminding gentler or closer, never ruder."""

    PROMPT = "A"
    STEADY = "B"
    SLOW = "C"
    STUCK = "D"


ORDER = tuple(Grade)
# What offices write in the file they import; other words are kept as they are and say nothing to the rules.
WRITTEN = {
    Grade.PROMPT: ("a", "aa", "aaa", "优", "优秀", "好", "excellent"),
    Grade.STEADY: ("b", "bb", "bbb", "良", "良好", "good"),
    Grade.SLOW: ("c", "ccc", "中", "一般", "fair"),
    Grade.STUCK: ("d", "ddd", "差", "较差", "poor"),
}
LOOK_TERMS = 6  # the newest so many due days count
TERMS_MIN = 3  # from fewer nothing is concluded: an imported grade stands
ON_TIME_DAYS = 3  # a transfer takes a weekend
SLOW_DAYS = 10  # late on average
STUCK_DAYS = 30  # half of the terms later than this
OPEN_DAYS_MAX = 90  # a bill open for longer


@dataclass(frozen=True, slots=True)
class Term:
    """All bills of one due day. `days_late` is negative when paid ahead; while `open` it is the days since."""

    due_on: date
    days_late: int
    open: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """One reason: a code of content/ (`grade_why.<code>`) and its figure."""

    code: str
    number: int

    def __str__(self) -> str:
        return f"{self.code}:{self.number}"


@dataclass(frozen=True, slots=True)
class Graded:
    grade: Grade
    why: tuple[Why, ...]


def read_grade(written: str) -> Grade | None:
    """The grade that an imported word means, or None."""
    word = written.strip().casefold()
    return next((grade for grade, words in WRITTEN.items() if word in words), None)


def grade_of(terms: Iterable[Term], kept: int = 0, broken: int = 0) -> Graded | None:
    """The grade of a household, from its due days and from the promises it kept and broke lately; None: too little is known.

    The newest `LOOK_TERMS` count. A word that was broken costs a step, as far as no other was kept.
    """
    known = sorted(terms, key=lambda term: term.due_on, reverse=True)
    if len(known) < TERMS_MIN:
        return None
    newest = known[:LOOK_TERMS]
    step = ORDER.index(_by_days(newest)) + max(0, broken - kept)
    return Graded(ORDER[min(step, len(ORDER) - 1)], _reasons(known, newest, kept, broken))


def _by_days(terms: Sequence[Term]) -> Grade:
    late = [max(0, term.days_late) for term in terms]
    if any(term.open and term.days_late > OPEN_DAYS_MAX for term in terms):
        return Grade.STUCK
    if 2 * sum(days > STUCK_DAYS for days in late) >= len(late):
        return Grade.STUCK
    if max(late) <= ON_TIME_DAYS:
        return Grade.PROMPT
    # The mean of the middle: one forgotten bill doesn't make a good payer a slow one.
    middle = sorted(late)[:-1]
    return Grade.SLOW if sum(middle) > SLOW_DAYS * len(middle) else Grade.STEADY


def _reasons(known: Sequence[Term], newest: Sequence[Term], kept: int, broken: int) -> tuple[Why, ...]:
    """What tells most: the streak or the late ones, the mean days, the word kept or broken, what is open longest."""
    streak = len(list(takewhile(lambda term: term.days_late <= ON_TIME_DAYS, known)))
    late = sum(term.days_late > ON_TIME_DAYS for term in newest)
    mean = round(sum(term.days_late for term in newest) / len(newest))
    longest = max((term.days_late for term in known if term.open), default=0)
    why = [Why("streak", streak)] if streak >= len(newest) else [Why("late", late)]
    if streak < len(newest) and streak >= 2:
        why.append(Why("since", streak))
    if mean > ON_TIME_DAYS:
        why.append(Why("days_late", mean))
    elif mean < 0:
        why.append(Why("days_early", -mean))
    if longest > ON_TIME_DAYS:
        why.append(Why("open_days", longest))
    if kept:
        why.append(Why("kept", kept))
    if broken:
        why.append(Why("broken", broken))
    return tuple(why)


def written(why: Sequence[Why]) -> str:
    """The reasons as they are stored: `streak:6;days_early:3`."""
    return ";".join(map(str, why))


def read_why(stored: str) -> tuple[Why, ...]:
    pairs = (each.partition(":") for each in stored.split(";") if each)
    return tuple(Why(code, int(number)) for code, _, number in pairs)


# money as dates


@dataclass(frozen=True, slots=True)
class Charged:
    """A bill of one household with what it asks for and has received, in fen.

    `agreed_on`: a later day that was agreed for it and kept; until then it isn't late. `held`: it is looked into, or
    agreed and running: while it is open nothing is concluded from it.
    """

    due_on: date
    billed_fen: int
    received_fen: int
    agreed_on: date | None = None
    held: bool = False


def terms_of(bills: Iterable[Charged], payments: Iterable[tuple[date, int]], today: date) -> list[Term]:
    """The due days of a household that have come, oldest first, each with how late its money was.

    Money is dated by the day on which it was paid, not by the day on which the office entered it: payments (day, fen)
    pay for what is settled in the order of due days. `bills` that ask for nothing any more are left out.
    """
    money = iter(sorted(payments))
    paid_on, left = date.min, 0
    found: dict[date, Term] = {}
    for bill in sorted(bills, key=lambda each: each.due_on):
        need = min(bill.received_fen, bill.billed_fen)
        while need > 0:
            if left == 0:
                paid_on, left = next(money, (paid_on, need))
            used = min(need, left)
            need, left = need - used, left - used
        if bill.billed_fen <= 0:
            continue
        is_open = bill.received_fen < bill.billed_fen
        if bill.due_on > today or (is_open and bill.held):
            continue
        due_on = max(bill.due_on, bill.agreed_on or bill.due_on)
        paid = due_on if paid_on == date.min else paid_on  # settled without money: nothing was late
        days = ((today if is_open else paid) - due_on).days
        before = found.get(bill.due_on, Term(bill.due_on, days))
        found[bill.due_on] = Term(bill.due_on, max(days, before.days_late), is_open or before.open)
    return list(found.values())
