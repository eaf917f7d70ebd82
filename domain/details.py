"""When a person is asked whether their details are right: once a year on a day of their own, and after a lost chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce

from domain.wording import Wording

YEAR_DAYS = 365
WINDOW_DAYS = 30  # a person's own day may be made up for so long; later it is skipped until next year
SPREAD = 37  # people with neighbouring ids are asked weeks apart: it shares no divisor with the days of a year
REST_DAYS = 180  # who was linked, asked or answered so lately is not asked again for the year's sake
UNHEARD_REST_DAYS = YEAR_DAYS - WINDOW_DAYS  # who did not answer is left alone until their own day comes round
LOST_REST_DAYS = 30  # who has answered may be asked again when a chat is lost, but not at once
ANSWER_DAYS = 14  # silence for so long is an answer, too
TAIL = 4  # digits of a phone by which its owner knows it


class Cause(StrEnum):
    """Why the details are looked at."""

    YEARLY = "yearly"
    BOUNCE = "bounce"  # a chat of the household could not be reached
    OWN = "own"  # the person looked at them unasked


class State(StrEnum):
    """What became of a question."""

    ASKED = "asked"
    RIGHT = "right"
    CHANGE = "change"  # staff look
    UNHEARD = "unheard"
    UNSAID = "unsaid"  # it never went out
    STAFF = "staff"  # nobody could be asked: staff look


WAITING = frozenset({State.ASKED, State.UNHEARD})  # a late answer is welcome


@dataclass(frozen=True)
class Last:
    """The last question that a person was asked, or their own look at their details."""

    asked_on: date
    state: State


def own_index(person_id: int) -> int:
    """A person's own day of the year, 0–364: stable, and spread evenly over the year whenever people were linked."""
    return person_id * SPREAD % YEAR_DAYS


def open_indexes(today: date) -> frozenset[int]:
    """The own days that may be asked about today: today's and those of the last weeks."""
    return frozenset(_index(today - timedelta(days=back)) for back in range(WINDOW_DAYS))


def asked_for(person_id: int, today: date) -> int | None:
    """The year whose question may be put to this person today; None: it is not their time of the year."""
    mine = own_index(person_id)
    days = (today - timedelta(days=back) for back in range(WINDOW_DAYS))
    return next((day.year for day in days if _index(day) == mine), None)


def _index(day: date) -> int:
    return min(day.timetuple().tm_yday, YEAR_DAYS) - 1  # a leap year's last two days are one


def may_ask(cause: Cause, today: date, linked_on: date | None, last: Last | None) -> bool:
    """Whether a question now would not be one too many. `linked_on`: when the person was linked to their home."""
    if last is not None and last.state in WAITING:
        return (today - last.asked_on).days >= UNHEARD_REST_DAYS
    rest = REST_DAYS if cause is Cause.YEARLY else LOST_REST_DAYS
    if last is not None and (today - last.asked_on).days < rest:
        return False
    return cause is not Cause.YEARLY or linked_on is None or (today - linked_on).days >= REST_DAYS


@dataclass(frozen=True)
class Home:
    """What one person may see of what is on file about one home. `who` and `tail`: only of the one who pays."""

    room: str
    role: str
    who: str = ""
    tail: str = ""


def tail_of(phone: str) -> str:
    """The last digits of a phone, by which its owner knows it and nobody else can ring it; empty when it is too short."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return digits[-TAIL:] if len(digits) >= 2 * TAIL - 1 else ""


def own_lines(wording: Wording, language: str, homes: Sequence[Home], channels: Sequence[str]) -> str:
    """The person's own details, a line each: their homes, the phone on file, where we write to them."""
    lines = [wording.text(*_home(home, wording, language)) for home in homes]
    names = [wording.text(f"channel_name.{each}", language) for each in dict.fromkeys(channels)]
    if names:
        listed = reduce(lambda first, more: wording.text("bill.and", language, {"first": first, "more": more}), names)
        lines.append(wording.text("details.reached", language, {"channels": listed}))
    return "\n".join(lines)


def _home(home: Home, wording: Wording, language: str) -> tuple[str, str, Mapping[str, str]]:
    fields = {"room": home.room, "role": wording.text(f"member.{home.role}", language)}
    if not home.who:
        return "details.home_only", language, fields
    fields |= {"who": home.who}
    return (
        ("details.home", language, fields | {"tail": home.tail})
        if home.tail
        else ("details.no_phone", language, fields)
    )
