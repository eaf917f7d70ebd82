"""A collection policy: stages and whom they are for, cadence, caps, windows and holds. domain/policy_file.py reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from domain.calendar import PLAIN, Calendar, Move, Place
from domain.conditions import ANYBODY, Circumstances, When
from domain.personal import Personal
from domain.runs import Approval

Hours = tuple[int, int]  # local hours from, until (excluded)


class PolicyError(ValueError):
    """A policy that must not start; the message names the place and the cure."""


class Action(StrEnum):
    MESSAGE = "message"  # a private reminder
    ACKNOWLEDGE = "acknowledge"  # one that asks for a tap; silence becomes a call task
    ANNOUNCE = "announce"  # a group post without any household's data
    CALL = "call"
    VISIT = "visit"
    LETTER = "letter"
    REVIEW = "review"  # a manager decides
    CASE_FILE = "case_file"  # a manager decides on the household's whole file
    PAUSE = "pause"  # nothing at all, until the next stage
    SUMMARY = "summary"  # of offers only: the teacher writes how the pupil does and what the child wants


STAFF_ACTIONS = frozenset({Action.CALL, Action.VISIT, Action.LETTER, Action.REVIEW, Action.CASE_FILE})
WRITING = frozenset({Action.MESSAGE, Action.ACKNOWLEDGE})  # to the payer, in private

# The law's and the benchmark's limits (DESIGN §7): a policy may be stricter, never looser.
HARD_QUIET_FROM = time(22, 0)
HARD_QUIET_UNTIL = time(8, 0)
NORMAL_FROM = time(9, 0)
NORMAL_UNTIL = time(20, 0)
PER_DAY_MAX = 1
PER_WEEK_MAX = 3
PER_MONTH_MAX = 6
SPACING_DAYS_MIN = 3
HOLD_DAYS_MAX = 92  # a quarter: after it a person must have looked
CHANNELS = frozenset({"wechat", "telegram", "wecom", "email", "sandbox"})


@dataclass(frozen=True)
class Stage:
    """One step of the ladder. `days_after_due` is negative before the due day.

    Of several stages of the same day, a household gets the first that is for it.
    """

    name: str
    days_after_due: int
    action: Action
    template: str = ""
    when: When = ANYBODY
    wait_days: int = 0  # after it, at least so many days until the next stage
    window_days: int = 0  # how long it may still be carried out; 0: until the next stage's day
    answer_hours: int = 48  # of an acknowledge stage: silence for so long becomes a call
    move: Move = Move.STAYS
    moved_days: int = 0  # as a household meets it: by how many days the calendar has moved it, negative: earlier

    @property
    def wished_days(self) -> int:
        """Its day by the policy, whatever the calendar did with it."""
        return self.days_after_due - self.moved_days


class Counted(StrEnum):
    """From where an offer's stages are counted."""

    OPENS = "opens"
    CLOSES = "closes"


@dataclass(frozen=True)
class OfferStage:
    """One step towards a renewal. `days` after the offer's window opens, or before it closes."""

    name: str
    counted: Counted
    days: int
    action: Action
    template: str = ""
    when: When = ANYBODY
    wait_days: int = 0
    answer_hours: int = 48
    move: Move = Move.STAYS

    def on(self, opens_on: date, closes_on: date) -> date:
        """The day of this stage for an offer with this window."""
        if self.counted is Counted.OPENS:
            return opens_on + timedelta(days=self.days)
        return closes_on - timedelta(days=self.days)


@dataclass(frozen=True)
class Cadence:
    """How households of a grade are approached: overdue stages come later or sooner, some not at all."""

    pace_percent: int = 100  # of the days after the due day; 150: a stage of day 10 comes on day 15
    skip: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holds:
    """How long each pause may last, in days, before staff are asked; and the limits of a promise and a plan."""

    claim_days: int = 7
    complaint_days: int = 14
    dispute_days: int = 15
    hardship_days: int = 30
    promise_days_max: int = 31
    broken_promises_max: int = 2
    plan_parts_max: int = 6
    plan_part_fen_min: int = 5000
    plan_staff_limit_fen: int = 500_000  # above it a manager approves
    task_days: int = 3  # the clock of the staff task at the end of a hold


@dataclass(frozen=True)
class Renewal:
    """Days around an offer. `due`: from the yes to the bill's due day; `nurture`: until a family that thinks is asked again."""

    due_days: int = 7
    nurture_days: int = 7
    reserve_days: int = 14  # how long a seat is kept for a family that hasn't answered yet
    task_days: int = 2  # the clock of a call or a summary


@dataclass(frozen=True)
class Policy:
    kind: str
    stages: tuple[Stage, ...]
    channels: tuple[str, ...] = ("wechat", "telegram", "wecom", "sandbox")
    window_from: time = NORMAL_FROM
    window_until: time = NORMAL_UNTIL
    quiet_from: time = HARD_QUIET_FROM
    quiet_until: time = HARD_QUIET_UNTIL
    per_day: int = PER_DAY_MAX
    per_week: int = PER_WEEK_MAX
    per_month: int = PER_MONTH_MAX
    spacing_days: int = SPACING_DAYS_MIN
    last_window_days: int = 14  # how long the last stage stays open
    tolerance_fen: int = 100  # an account that owes less is not reminded
    holds: Holds = field(default_factory=Holds)
    hash: str = ""
    offer_stages: tuple[OfferStage, ...] = ()
    renewal: Renewal = field(default_factory=Renewal)
    cadence: Mapping[str, Cadence] = field(
        default_factory=dict
    )  # by grade; one that isn't named keeps the policy's own pace
    personal: tuple[Personal, ...] = ()  # what is different for households with a trait
    calendar: Calendar = PLAIN  # which days are quiet, and which are worked
    payday_day: int = 0  # of the month, on which wages are paid; 0: not said
    approval: Approval = Approval.NONE  # who lets a day's run go
    starts_on: date | None = None  # in force from this day; None: from the beginning
    text: str = field(default="", repr=False, compare=False)  # of its file

    def __post_init__(self) -> None:
        self.__dict__["variants"] = {}  # of `own`: a handful of ladders serve a hundred thousand households

    @cached_property
    def varies(self) -> bool:
        """Whether two households may have different ladders."""
        return bool(self.cadence) or any(stage.when.asked for stage in self.stages)

    @cached_property
    def moves(self) -> bool:
        """Whether the calendar may move a stage to another day."""
        return any(stage.move is not Move.STAYS for stage in self.stages)

    @cached_property
    def ladder(self) -> tuple[Stage, ...]:
        """The household's own stages; group posts don't belong to a household."""
        return tuple(stage for stage in self.stages if stage.action is not Action.ANNOUNCE)

    @property
    def announcements(self) -> tuple[Stage, ...]:
        return tuple(stage for stage in self.stages if stage.action is Action.ANNOUNCE)


def stricter(policy: Policy, name: str = "[policy]", **values: Any) -> Policy:
    """The policy with the office's own limits from config.toml; refused when any of them is looser than the law's."""
    changed = replace(policy, **{key: value for key, value in values.items() if value is not None})
    check_lawful(changed, name)
    return outside_quiet_hours(changed, name)


def outside_quiet_hours(policy: Policy, name: str) -> Policy:
    """Longer quiet hours make the window shorter: reminders never go out inside them."""
    window_from, window_until = max(policy.window_from, policy.quiet_until), min(policy.window_until, policy.quiet_from)
    if window_from >= window_until:
        raise PolicyError(f"{name}: the quiet hours leave no time to write in: shorten them or move the window")
    return replace(policy, window_from=window_from, window_until=window_until)


def own(policy: Policy, now: Circumstances) -> Policy:
    """The policy with the ladder of one household: the stages that are for it, at the pace of its grade."""
    if not policy.varies:
        return policy
    cadence = policy.cadence.get(now.grade)
    skip = cadence.skip if cadence else frozenset()
    mine = tuple(n for n, stage in enumerate(policy.stages) if stage.name not in skip and stage.when.met(now))
    key = (cadence, mine)
    variants: dict[object, Policy] = policy.__dict__["variants"]
    if (known := variants.get(key)) is None:
        stages = _first_of_each_day(policy, mine, cadence)
        known = variants[key] = replace(policy, stages=stages, cadence={})
    return known


def _first_of_each_day(policy: Policy, mine: tuple[int, ...], cadence: Cadence | None) -> tuple[Stage, ...]:
    percent = cadence.pace_percent if cadence else 100
    found: list[Stage] = []
    for stage in (policy.stages[n] for n in mine):
        is_post = stage.action is Action.ANNOUNCE
        days = stage.days_after_due if is_post else paced(stage.days_after_due, percent)
        taken = any(each.days_after_due == days and each.action is not Action.ANNOUNCE for each in found)
        if is_post or not taken:
            found.append(replace(stage, days_after_due=days, when=ANYBODY))
    return tuple(found)


def at_place(policy: Policy, place: Place) -> Policy:
    """The policy with the calendar of one place."""
    if not policy.calendar.is_local:
        return policy
    variants: dict[object, Policy] = policy.__dict__["variants"]
    if (known := variants.get(place)) is None:
        known = variants[place] = replace(policy, calendar=policy.calendar.at(place))
    return known


def by_calendar(policy: Policy, anchor: date) -> Policy:
    """The policy with the ladder of a bill whose days are counted from `anchor`: stages moved to where the calendar wants them.

    A stage keeps its place between its neighbours and its side of the due day; where that leaves no room it stays.
    """
    if not policy.moves:
        return policy
    variants: dict[object, Policy] = policy.__dict__["variants"]
    if (known := variants.get(anchor)) is None:
        known = variants[anchor] = replace(policy, stages=_moved(policy, anchor))
    return known


def _moved(policy: Policy, anchor: date) -> tuple[Stage, ...]:
    found: list[Stage] = []
    before: Stage | None = None
    for stage in policy.stages:
        if stage.action is Action.ANNOUNCE:
            found.append(stage)
            continue
        after = next((each for each in policy.ladder if each.days_after_due > stage.days_after_due), None)
        wished = stage.days_after_due
        least, most = (1, DAYS_MAX) if wished > 0 else (-DAYS_MAX, 0)
        if before is not None:
            least = max(least, before.days_after_due + _apart(policy, before, stage))
        if after is not None:
            most = min(most, after.days_after_due - _apart(policy, stage, after))
        by = _moved_by(policy, stage, anchor)
        by = by if least <= wished + by <= most else 0
        before = replace(stage, days_after_due=wished + by, moved_days=by)
        found.append(before)
    return tuple(found)


DAYS_MAX = 10_000  # farther than any stage lies from its due day


def _moved_by(policy: Policy, stage: Stage, anchor: date) -> int:
    """By how many days the calendar would move a stage; none where that day lies beyond what a date can say."""
    try:
        wished = anchor + timedelta(days=stage.days_after_due)
    except OverflowError:
        return 0
    return (policy.calendar.moved(stage.move, wished, policy.payday_day) - wished).days


def _apart(policy: Policy, first: Stage, then: Stage) -> int:
    """How many days two stages need between them at least."""
    return policy.spacing_days if {first.action, then.action} <= WRITING else 1


def paced(days: int, percent: int) -> int:
    """The day of a stage at a grade's pace. What comes before the due day stays where it is."""
    return days if days <= 0 else max(1, round(days * percent / 100))


def within(policy: Policy, hours: Hours | None) -> Policy:
    """The policy for a person who wishes to be written to in these hours only.

    A wish makes the window narrower, never wider; one that leaves less than an hour of it is not heeded.
    """
    if hours is None:
        return policy
    opens, closes = max(policy.window_from, time(hours[0])), min(policy.window_until, _hour(hours[1]))
    if (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute) < 60:
        return policy
    return replace(policy, window_from=opens, window_until=closes)


def _hour(hour: int) -> time:
    return time(hour) if hour < 24 else time.max


def check_lawful(policy: Policy, name: str) -> None:
    """Raise PolicyError when a value is looser than DESIGN §7 allows."""

    def refuse(key: str, value: object, limit: str) -> None:
        raise PolicyError(f"{name}: {key} = {value} is looser than the law allows ({limit}): choose a stricter value")

    if not time(12, 0) <= policy.quiet_from <= HARD_QUIET_FROM:
        refuse("quiet_from", policy.quiet_from, "at the latest 22:00")
    if not HARD_QUIET_UNTIL <= policy.quiet_until <= time(12, 0):
        refuse("quiet_until", policy.quiet_until, "at the earliest 08:00")
    if policy.window_from < NORMAL_FROM:
        refuse("window.from", policy.window_from, "at the earliest 09:00")
    if policy.window_until > NORMAL_UNTIL:
        refuse("window.until", policy.window_until, "at the latest 20:00")
    if policy.window_from >= policy.window_until:
        raise PolicyError(f"{name}: window.from must be before window.until")
    limits = (
        ("per_day", PER_DAY_MAX),
        ("per_week", PER_WEEK_MAX),
        ("per_month", PER_MONTH_MAX),
    )
    for key, most in limits:
        if not 0 <= getattr(policy, key) <= most:
            refuse(key, getattr(policy, key), f"0 to {most}")
    if policy.spacing_days < SPACING_DAYS_MIN:
        refuse("spacing_days", policy.spacing_days, f"at least {SPACING_DAYS_MIN}")
    if policy.last_window_days < 1 or policy.tolerance_fen < 0:
        raise PolicyError(f"{name}: last_window_days must be at least 1 and tolerance_fen at least 0")
    for key, days in vars(policy.holds).items():
        if key.endswith(("_days", "_days_max")) and not 1 <= days <= HOLD_DAYS_MAX:
            raise PolicyError(f"{name}: holds.{key} = {days}: no hold lasts for ever: choose 1 to {HOLD_DAYS_MAX} days")
        if days < 0:
            raise PolicyError(f"{name}: holds.{key} = {days} must not be negative")
    if unknown := set(policy.channels) - CHANNELS:
        raise PolicyError(f"{name}: channels: {sorted(unknown)[0]!r} is not one of {', '.join(sorted(CHANNELS))}")
