"""Rewards and the late fee as rules with a start date, read from content/rewards.toml: a figure is only ever said from a rule."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, TypeVar

LATE_FEE_SUFFIX = "违约金"  # ends the item under which a late fee is billed
LATE_FEE_PERCENT_A_DAY_MAX = Decimal("0.05")  # DESIGN §7
LATE_FEE_CAP_PERCENT_MAX = Decimal(
    30
)  # more than that of the loss counts as excessive (Civil Code 585 and its reading)
DISCOUNT_PERCENT_MAX = Decimal(50)
WHOLE_PERCENT = Decimal(100)


class RewardsError(ValueError):
    """Rules that must not start; the message names the place and the cure."""


@dataclass(frozen=True)
class Discount:
    """For a bill of one of `items` that is paid in full `days_before_due` days before its due day, or earlier."""

    name: str
    items: tuple[str, ...]
    starts_on: date  # the first due day that it holds for
    ends_on: date | None
    days_before_due: int
    percent: Decimal
    most_fen: int

    def holds_for(self, item: str, due_on: date) -> bool:
        return item in self.items and self.starts_on <= due_on and (self.ends_on is None or due_on <= self.ends_on)

    def until(self, due_on: date) -> date:
        """The last day on which paying earns it."""
        return due_on - timedelta(days=self.days_before_due)

    def fen(self, billed_fen: int) -> int:
        """What it takes off a bill; rounded down, at most `most_fen`."""
        return min(self.most_fen, int(Fraction(billed_fen) * Fraction(self.percent) / 100))


@dataclass(frozen=True)
class Service:
    """Something the office gives for points."""

    name: str
    points: int


@dataclass(frozen=True)
class Points:
    """How points are earned and what they are worth. Off while `starts_on` is missing."""

    starts_on: date | None = None  # the first due day that earns
    on_time: int = 10
    streak_every: int = 3  # due days in a row, each paid on time
    streak: int = 20
    fen_each: int = 1  # what a point takes off a bill; 0: points don't pay bills
    least: int = 100  # fewer are not redeemed against a bill
    grant_max: int = 100  # by one member of staff to one household within 30 days; above it a manager
    services: tuple[Service, ...] = ()

    @property
    def on(self) -> bool:
        return self.starts_on is not None


@dataclass(frozen=True)
class LateFee:
    """Simple interest on what is open after the due day, never on itself, up to a share of the bill."""

    items: tuple[str, ...]
    starts_on: date  # the first due day that it holds for
    percent_a_day: Decimal
    cap_percent: Decimal
    grace_days: int = 0

    def holds_for(self, item: str, due_on: date) -> bool:
        return item in self.items and self.starts_on <= due_on


@dataclass(frozen=True)
class Vacant:
    """What a home that stands empty pays of a fee (空置): so much per cent of it, after so many months of standing empty."""

    items: tuple[str, ...]
    starts_on: date  # the first due day that it holds for
    percent: Decimal
    months: int = 0

    def holds_for(self, item: str, due_on: date) -> bool:
        return item in self.items and self.starts_on <= due_on


@dataclass(frozen=True)
class Event:
    """Something households are invited to: named in their messages until its day. Empty community: everybody."""

    name: str
    on: date
    place: str
    community: str = ""
    from_days_before: int = 14

    def is_near(self, today: date, community: str) -> bool:
        return self.community in ("", community) and self.on - timedelta(days=self.from_days_before) <= today <= self.on


@dataclass(frozen=True)
class Rewards:
    """All rules. Later starts win over earlier ones, so a change takes effect from a date and what was stays as it was."""

    discounts: tuple[Discount, ...] = ()
    points: Points = field(default_factory=Points)
    late_fees: tuple[LateFee, ...] = ()
    events: tuple[Event, ...] = ()
    vacants: tuple[Vacant, ...] = ()

    def discount(self, item: str, due_on: date) -> Discount | None:
        return _latest([each for each in self.discounts if each.holds_for(item, due_on)])

    def late_fee(self, item: str, due_on: date) -> LateFee | None:
        return _latest([each for each in self.late_fees if each.holds_for(item, due_on)])

    def vacant(self, item: str, due_on: date) -> Vacant | None:
        return _latest([each for each in self.vacants if each.holds_for(item, due_on)])


Dated = TypeVar("Dated", Discount, LateFee, Vacant)


def _latest(rules: Sequence[Dated]) -> Dated | None:
    return max(rules, key=lambda rule: rule.starts_on, default=None)


@dataclass(frozen=True)
class Stretch:
    """Days after the due day (and the grace) on which the same sum was open."""

    open_fen: int
    days: int


@dataclass(frozen=True)
class Accrued:
    """A late fee with all that its formula needs. `fen`: after the cap."""

    rule: LateFee
    stretches: tuple[Stretch, ...]
    billed_fen: int
    fen: int
    capped: bool


def accrued(rule: LateFee, due_on: date, billed_fen: int, received: Sequence[tuple[date, int]], today: date) -> Accrued:
    """The late fee of one bill up to today: Σ open × days × rate, rounded once, half up, then capped.

    `received`: (day, fen) of each payment used for it, releases negative. The day on which it is paid costs nothing, nor do
    days on which nothing was open, even if the payment was released later.
    """
    first = due_on + timedelta(days=1 + rule.grace_days)
    stretches: list[Stretch] = []
    day, open_fen = first, billed_fen
    for on, fen in sorted(received):
        if on > today:
            break
        if on > day:
            if open_fen > 0:
                stretches.append(Stretch(open_fen, (on - day).days))
            day = on
        open_fen -= fen
    if today > day and open_fen > 0:
        stretches.append(Stretch(open_fen, (today - day).days))
    exact = sum((Fraction(each.open_fen) * each.days for each in stretches), Fraction(0)) * Fraction(rule.percent_a_day)
    fen = int(exact / 100 + Fraction(1, 2))
    cap_fen = int(Fraction(billed_fen) * Fraction(rule.cap_percent) / 100)
    return Accrued(rule, tuple(stretches), billed_fen, min(fen, cap_fen), fen > cap_fen)


def on_time_runs(days: Sequence[tuple[date, bool]], every: int) -> list[date]:
    """The due days on which a run of `every` days paid on time was complete; a day that was not on time begins anew."""
    reached, run = [], 0
    for day, on_time in sorted(days):
        run = run + 1 if on_time else 0
        if run and run % every == 0:
            reached.append(day)
    return reached


def read_rewards(text: str, name: str) -> Rewards:
    """Parse and check the rules. Raises RewardsError naming the place and the cure; a looser late fee never starts."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise RewardsError(f"{name}: {wrong}") from None
    top = _Table(name, raw)
    discounts = tuple(_discount(table) for table in top.tables("discount"))
    late_fees = tuple(_late_fee(table) for table in top.tables("late_fee"))
    events = tuple(_event(table) for table in top.tables("event"))
    vacants = tuple(_vacant(table) for table in top.tables("vacant"))
    points = _points(top.table("points"))
    top.refuse_leftovers()
    return Rewards(discounts, points, late_fees, events, vacants)


def _discount(table: _Table) -> Discount:
    rule = Discount(
        name=table.text("name"),
        items=table.texts("items"),
        starts_on=table.day("starts_on"),
        ends_on=table.day("ends_on") if table.has("ends_on") else None,
        days_before_due=table.whole("days_before_due"),
        percent=table.figure("percent"),
        most_fen=table.whole("most_fen", 10**9),
    )
    if not 0 < rule.percent <= DISCOUNT_PERCENT_MAX:
        raise RewardsError(
            f"{table.place}: percent = {rule.percent}: choose more than 0, at most {DISCOUNT_PERCENT_MAX}"
        )
    table.refuse_leftovers()
    return rule


def _late_fee(table: _Table) -> LateFee:
    rule = LateFee(
        items=table.texts("items"),
        starts_on=table.day("starts_on"),
        percent_a_day=table.figure("percent_a_day"),
        cap_percent=table.figure("cap_percent"),
        grace_days=table.whole("grace_days", 0),
    )
    if any(item.endswith(LATE_FEE_SUFFIX) for item in rule.items):
        raise RewardsError(f"{table.place}: items: no late fee on a late fee: it is simple interest")
    if not 0 < rule.percent_a_day <= LATE_FEE_PERCENT_A_DAY_MAX:
        raise RewardsError(
            f"{table.place}: percent_a_day = {rule.percent_a_day} is looser than the law allows: "
            f"choose more than 0, at most {LATE_FEE_PERCENT_A_DAY_MAX}"
        )
    if not 0 < rule.cap_percent <= LATE_FEE_CAP_PERCENT_MAX:
        raise RewardsError(
            f"{table.place}: cap_percent = {rule.cap_percent}: choose more than 0, at most {LATE_FEE_CAP_PERCENT_MAX}"
        )
    table.refuse_leftovers()
    return rule


def _vacant(table: _Table) -> Vacant:
    rule = Vacant(table.texts("items"), table.day("starts_on"), table.figure("percent"), table.whole("after_months", 0))
    if not 0 < rule.percent < WHOLE_PERCENT:
        raise RewardsError(
            f"{table.place}: percent = {rule.percent}: what is still paid, more than 0 and less than 100"
        )
    table.refuse_leftovers()
    return rule


def _event(table: _Table) -> Event:
    event = Event(
        name=table.text("name"),
        on=table.day("on"),
        place=table.text("place"),
        community=table.text("community", ""),
        from_days_before=table.whole("from_days_before", 14),
    )
    table.refuse_leftovers()
    return event


def _points(table: _Table) -> Points:
    services = tuple(_service(each) for each in table.tables("service"))
    plain = Points()
    points = Points(
        starts_on=table.day("starts_on") if table.has("starts_on") else None,
        **{key: table.whole(key, getattr(plain, key)) for key in _POINTS},
        services=services,
    )
    if points.streak_every < 2:
        raise RewardsError(f"{table.place}: streak_every must be at least 2")
    if points.least < 1:
        raise RewardsError(f"{table.place}: least must be at least 1")
    table.refuse_leftovers()
    return points


_POINTS = ("on_time", "streak_every", "streak", "fen_each", "least", "grant_max")


def _service(table: _Table) -> Service:
    service = Service(table.text("name"), table.whole("points"))
    if service.points < 1:
        raise RewardsError(f"{table.place}: points must be at least 1")
    table.refuse_leftovers()
    return service


class _Table:
    """One TOML table: reads keys by type, remembers which were read, names its place in every complaint."""

    def __init__(self, place: str, raw: Mapping[str, Any]) -> None:
        self.place = place
        self._raw = dict(raw)

    def has(self, key: str) -> bool:
        return key in self._raw

    def _take(self, key: str, kinds: tuple[type, ...], default: Any) -> Any:
        value = self._raw.pop(key, default)
        if value is None:
            raise RewardsError(f"{self.place}: {key} is missing")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise RewardsError(f"{self.place}: {key} = {value!r} must be of type {kinds[0].__name__}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._take(key, (str,), default))

    def texts(self, key: str) -> tuple[str, ...]:
        found = tuple(str(each) for each in self._take(key, (list,), None))
        if not found:
            raise RewardsError(f"{self.place}: {key} is empty: name the fee items it holds for")
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        value: int = self._take(key, (int,), default)
        if value < 0:
            raise RewardsError(f"{self.place}: {key} = {value} must not be negative")
        return value

    def figure(self, key: str) -> Decimal:
        """A percentage, written as text or as a number: read exactly as it is written."""
        value = self._take(key, (str, int, float), None)
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise RewardsError(f"{self.place}: {key} = {value!r} is not a number") from None

    def day(self, key: str) -> date:
        value: date = self._take(key, (date,), None)
        if type(value) is not date:
            raise RewardsError(f"{self.place}: {key} = {value} must be a day such as 2026-12-01")
        return value

    def table(self, key: str) -> _Table:
        return _Table(f"{self.place}: [{key}]", self._take(key, (dict,), {}))

    def tables(self, key: str) -> list[_Table]:
        rows = self._take(key, (list,), [])
        if not all(isinstance(row, dict) for row in rows):
            raise RewardsError(f"{self.place}: {key} must be written as [[{key}]] tables")
        return [_Table(f"{self.place}: {key} {n}", row) for n, row in enumerate(rows, start=1)]

    def refuse_leftovers(self) -> None:
        if self._raw:
            raise RewardsError(f"{self.place}: unknown key {', '.join(sorted(self._raw))}: correct or remove it")
