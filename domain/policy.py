"""A collection policy: stages, caps, windows and holds, read from content/policy.*.toml and checked before use."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from functools import cached_property
from typing import Any

Hours = tuple[int, int]  # local hours from, until (excluded)


class PolicyError(ValueError):
    """A policy that must not start; the message names the place and the cure."""


class Action(StrEnum):
    MESSAGE = "message"  # a private reminder
    ANNOUNCE = "announce"  # a group post without any household's data
    CALL = "call"
    VISIT = "visit"
    LETTER = "letter"
    REVIEW = "review"  # a manager decides


STAFF_ACTIONS = frozenset({Action.CALL, Action.VISIT, Action.LETTER, Action.REVIEW})

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
CHANNELS = frozenset({"wechat", "telegram", "wecom", "sandbox"})


@dataclass(frozen=True)
class Stage:
    """One step of the ladder. `days_after_due` is negative before the due day."""

    name: str
    days_after_due: int
    action: Action
    template: str = ""


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

    @cached_property
    def ladder(self) -> tuple[Stage, ...]:
        """The household's own stages; group posts don't belong to a household."""
        return tuple(stage for stage in self.stages if stage.action is not Action.ANNOUNCE)

    @property
    def announcements(self) -> tuple[Stage, ...]:
        return tuple(stage for stage in self.stages if stage.action is Action.ANNOUNCE)


def read_policy(text: str, name: str) -> Policy:
    """Parse and check one policy file. `name` is used in error messages.

    Raises PolicyError: bad TOML, unknown or missing key, wrong type, stage out of order or twice, a value looser than
    DESIGN §7.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PolicyError(f"{name}: {wrong}") from None
    top = _Table(name, raw)
    stages = tuple(_stage(_Table(f"{name}: stage {n}", row)) for n, row in enumerate(top.rows("stage"), start=1))
    if not stages:
        raise PolicyError(f"{name}: no [[stage]]: add at least one")
    days = [stage.days_after_due for stage in stages if stage.action is not Action.ANNOUNCE]
    names = [stage.name for stage in stages]
    if days != sorted(set(days)):
        raise PolicyError(f"{name}: days_after_due must rise from stage to stage (found {days})")
    if len(set(names)) != len(names):
        raise PolicyError(f"{name}: two stages have the same name (found {names})")
    window, caps, holds = top.table("window"), top.table("caps"), top.table("holds")
    policy = Policy(
        kind=top.text("kind", ""),
        stages=stages,
        channels=top.texts("channels", Policy.channels),
        window_from=window.time("from", NORMAL_FROM),
        window_until=window.time("until", NORMAL_UNTIL),
        quiet_from=window.time("quiet_from", HARD_QUIET_FROM),
        quiet_until=window.time("quiet_until", HARD_QUIET_UNTIL),
        per_day=caps.whole("per_day", PER_DAY_MAX),
        per_week=caps.whole("per_week", PER_WEEK_MAX),
        per_month=caps.whole("per_month", PER_MONTH_MAX),
        spacing_days=caps.whole("spacing_days", SPACING_DAYS_MIN),
        last_window_days=top.whole("last_window_days", Policy.last_window_days),
        tolerance_fen=top.whole("tolerance_fen", Policy.tolerance_fen),
        holds=Holds(**{key: holds.whole(key, value) for key, value in vars(Holds()).items()}),
        hash=hashlib.sha256(text.encode()).hexdigest()[:16],
    )
    for table in (top, window, caps, holds):
        table.refuse_leftovers()
    check_lawful(policy, name)
    return _outside_quiet_hours(policy, name)


def stricter(policy: Policy, name: str = "[policy]", **values: Any) -> Policy:
    """The policy with the office's own limits from config.toml; refused when any of them is looser than the law's."""
    changed = replace(policy, **{key: value for key, value in values.items() if value is not None})
    check_lawful(changed, name)
    return _outside_quiet_hours(changed, name)


def _outside_quiet_hours(policy: Policy, name: str) -> Policy:
    """Longer quiet hours make the window shorter: reminders never go out inside them."""
    window_from, window_until = max(policy.window_from, policy.quiet_until), min(policy.window_until, policy.quiet_from)
    if window_from >= window_until:
        raise PolicyError(f"{name}: the quiet hours leave no time to write in: shorten them or move the window")
    return replace(policy, window_from=window_from, window_until=window_until)


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


def _stage(table: _Table) -> Stage:
    action = table.text("action", Action.MESSAGE)
    if action not in set(Action):
        raise PolicyError(f"{table.place}: action {action!r} is not one of {', '.join(Action)}")
    stage = Stage(
        name=table.text("name"),
        days_after_due=table.whole("days_after_due"),
        action=Action(action),
        template=table.text("template", ""),
    )
    if not stage.template and stage.action not in STAFF_ACTIONS:
        raise PolicyError(f"{table.place}: a stage that writes needs a template")
    table.refuse_leftovers()
    return stage


class _Table:
    """One TOML table: reads keys by type, remembers which were read, names its place in every complaint."""

    def __init__(self, place: str, raw: Mapping[str, Any]) -> None:
        self.place = place
        self._raw = dict(raw)

    def _take(self, key: str, kind: type, default: Any) -> Any:
        value = self._raw.pop(key, default)
        if value is None:
            raise PolicyError(f"{self.place}: {key} is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise PolicyError(f"{self.place}: {key} = {value!r} must be of type {kind.__name__}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._take(key, str, default))

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(each) for each in self._take(key, list, list(default)))

    def whole(self, key: str, default: int | None = None) -> int:
        value = self._take(key, int, default)
        assert isinstance(value, int)
        return value

    def time(self, key: str, default: time) -> time:
        text = self.text(key, default.strftime("%H:%M"))
        try:
            return time.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            raise PolicyError(f"{self.place}: {key} = {text!r} is not a time such as 09:00") from None

    def table(self, key: str) -> _Table:
        return _Table(f"{self.place}: [{key}]", self._take(key, dict, {}))

    def rows(self, key: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._take(key, list, [])
        if not all(isinstance(row, dict) for row in rows):
            raise PolicyError(f"{self.place}: {key} must be written as [[{key}]] tables")
        return rows

    def refuse_leftovers(self) -> None:
        if self._raw:
            raise PolicyError(f"{self.place}: unknown key {', '.join(sorted(self._raw))}: correct or remove it")
