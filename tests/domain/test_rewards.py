"""Discounts, points and late fees as rules: dates, sums, caps, and what is refused at start."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rewards import (
    Discount,
    Event,
    LateFee,
    Points,
    Rewards,
    RewardsError,
    Service,
    Stretch,
    Vacant,
    accrued,
    on_time_runs,
    read_rewards,
)

DUE = date(2026, 11, 30)
EARLY = Discount("early", ("物业费",), date(2026, 11, 1), None, 10, Decimal(2), 5000)
LATE = LateFee(("物业费",), date(2026, 1, 1), Decimal("0.03"), Decimal(10), 5)
DISCOUNT = """
[[discount]]
name = "early"
items = ["物业费"]
starts_on = 2026-11-01
days_before_due = 10
percent = "2"
"""
LATE_FEE = """
[[late_fee]]
items = ["物业费"]
starts_on = 2026-11-01
percent_a_day = "0.05"
cap_percent = "10"
"""


VACANT = """
[[vacant]]
items = ["物业费"]
starts_on = 2027-01-01
percent = "70"
"""
EVENT = """
[[event]]
name = "邻里茶话会"
on = 2027-01-10
place = "一号楼大厅"
"""


def test_a_discount_is_rounded_down_and_capped() -> None:
    assert EARLY.fen(28640) == 572
    assert EARLY.fen(100_000) == 2000
    assert EARLY.fen(10_000_000) == 5000
    assert EARLY.until(DUE) == date(2026, 11, 20)


def test_the_rule_that_started_last_holds() -> None:
    newer = Discount("newer", ("物业费",), date(2026, 12, 1), None, 5, Decimal(3), 5000)
    rules = Rewards(discounts=(newer, EARLY))
    assert rules.discount("物业费", DUE) == EARLY
    assert rules.discount("物业费", date(2026, 12, 31)) == newer
    assert rules.discount("车位费", DUE) is None
    assert rules.discount("物业费", date(2026, 10, 31)) is None


def test_a_late_fee_with_its_formula() -> None:
    """286.40 open for 12 days after five days of grace: 286.40 × 0.03 % × 12 = 1.03."""
    found = accrued(LATE, DUE, 28640, [], DUE + timedelta(days=18))
    assert (found.stretches, found.fen, found.capped) == ((Stretch(28640, 12),), 103, False)


def test_a_part_paid_lowers_it_from_that_day_on() -> None:
    received = [(DUE + timedelta(days=10), 18640), (DUE + timedelta(days=16), 10000)]
    found = accrued(LATE, DUE, 28640, received, DUE + timedelta(days=40))
    assert found.stretches == (Stretch(28640, 4), Stretch(10000, 6))
    assert found.fen == round((28640 * 4 + 10000 * 6) * 0.0003)


def test_within_the_grace_and_paid_in_time_cost_nothing() -> None:
    assert accrued(LATE, DUE, 28640, [], DUE + timedelta(days=6)).fen == 0
    assert accrued(LATE, DUE, 28640, [(DUE, 28640)], DUE + timedelta(days=400)).fen == 0


def test_it_stops_at_its_cap() -> None:
    found = accrued(LATE, DUE, 28640, [], DUE + timedelta(days=2000))
    assert (found.fen, found.capped) == (2864, True)


@given(
    st.integers(1, 10**7),
    st.lists(st.tuples(st.integers(-30, 500), st.integers(1, 10**7)), max_size=5),
    st.integers(0, 3000),
)
def test_a_late_fee_is_never_negative_nor_above_its_cap(billed: int, paid: list[tuple[int, int]], days: int) -> None:
    received, left = [], billed
    for after, fen in sorted(paid):
        part = min(fen, left)
        if part:
            received.append((DUE + timedelta(days=after), part))
            left -= part
    found = accrued(LATE, DUE, billed, received, DUE + timedelta(days=days))
    assert 0 <= found.fen <= billed * 10 // 100
    later = accrued(LATE, DUE, billed, received, DUE + timedelta(days=days + 1))
    assert later.fen >= found.fen
    assert sum(stretch.days for stretch in found.stretches) <= max(0, days - 6)


def test_runs_on_time() -> None:
    days = [(date(2026, month, 28), month != 4) for month in range(1, 12)]
    assert on_time_runs(days, 3) == [date(2026, 3, 28), date(2026, 7, 28), date(2026, 10, 28)]
    assert on_time_runs([], 3) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LATE_FEE.replace("0.05", "0.06"), "looser than the law allows"),
        (LATE_FEE.replace('cap_percent = "10"', ""), "cap_percent is missing"),
        (LATE_FEE.replace('"10"', '"31"'), "at most 30"),
        (LATE_FEE.replace('"物业费"', '"物业费违约金"'), "no late fee on a late fee"),
        (LATE_FEE.replace("percent_a_day", "percent_per_day"), "percent_a_day is missing"),
        (LATE_FEE + "x = 1", "unknown key x"),
        (DISCOUNT.replace('"2"', '"0"'), "more than 0"),
        (DISCOUNT.replace('"2"', '"two"'), "is not a number"),
        (DISCOUNT.replace('["物业费"]', "[]"), "items is empty"),
        (DISCOUNT.replace("2026-11-01", "2026-11-01T10:00:00"), "must be a day"),
        ("[points]\nstreak_every = 1", "at least 2"),
        ("[points]\non_time = -1", "must not be negative"),
        ("[[points.service]]\nname = 'x'\npoints = 0", "rewards.toml: [points]: service 1: points must be at least 1"),
        ("[[points.service]]\nname = 'x'", "service 1: points is missing"),
        ("[[points.service]]\npoints = 1", "service 1: name is missing"),
        ("[[points.service]]\nname = 'x'\npoints = 1\nfen = 1", "service 1: unknown key fen"),
        ("[points]\nleast = 0", "rewards.toml: [points]: least must be at least 1"),
        ("[points]\nworth = 1", "[points]: unknown key worth"),
        ("[points]\non_time = true", "on_time = True must be of type int"),
        ("[points]\nstarts_on = '2026-11-01'", "starts_on = '2026-11-01' must be of type date"),
        ("points = 3", "points = 3 must be of type dict"),
        ("[pionts]", "unknown key pionts"),
        ("colour = 1\nbrush = 1", "rewards.toml: unknown key brush, colour: correct or remove it"),
        ("discount = 3", "must be of type list"),
        ("discount = [3]", "discount must be written as [[discount]] tables"),
        (DISCOUNT.replace('"2"', '"50.1"'), "discount 1: percent = 50.1: choose more than 0, at most 50"),
        (DISCOUNT.replace('"2"', "true"), "must be of type str"),
        (DISCOUNT + DISCOUNT + "x = 1", "discount 2: unknown key x"),
        (DISCOUNT.replace('name = "early"', ""), "name is missing"),
        (DISCOUNT.replace("days_before_due = 10", ""), "days_before_due is missing"),
        (DISCOUNT.replace("= 10", "= -1"), "days_before_due = -1 must not be negative"),
        (DISCOUNT.replace("2026-11-01", "10:00:00"), "must be of type date"),
        (LATE_FEE.replace("0.05", "0"), "late_fee 1: percent_a_day = 0 is looser than the law allows: choose more"),
        (LATE_FEE.replace('"10"', '"0"'), "late_fee 1: cap_percent = 0: choose more than 0"),
        (LATE_FEE + "grace_days = -1", "grace_days = -1 must not be negative"),
        (VACANT.replace('"70"', '"0"'), "vacant 1: percent = 0: what is still paid, more than 0 and less than 100"),
        (VACANT.replace('"70"', '"100"'), "percent = 100: what is still paid"),
        (VACANT + "months = 3", "vacant 1: unknown key months"),
        (EVENT.replace("place", "room"), "event 1: place is missing"),
        (EVENT + "community = 5", "community = 5 must be of type str"),
        (EVENT + "until = 2027-01-11", "event 1: unknown key until"),
        ("[[[", "rewards.toml:"),
    ],
)
def test_a_wrong_or_looser_rule_never_starts(text: str, said: str) -> None:
    with pytest.raises(RewardsError) as refused:
        read_rewards(text, "rewards.toml")
    assert said in str(refused.value)
    assert "rewards.toml" in str(refused.value)


def test_the_strictest_allowed_values_start() -> None:
    rules = read_rewards(DISCOUNT + LATE_FEE, "rewards.toml")
    assert rules.late_fees[0].percent_a_day == Decimal("0.05")
    assert (rules.discounts[0].percent, rules.points.on) == (Decimal(2), False)
    assert read_rewards("", "rewards.toml") == Rewards()


# what is written is what holds


def test_every_key_of_a_discount() -> None:
    (full,) = read_rewards(DISCOUNT + "ends_on = 2026-12-31\nmost_fen = 5000\n", "r").discounts
    assert full == Discount("early", ("物业费",), date(2026, 11, 1), date(2026, 12, 31), 10, Decimal(2), 5000)
    (plain,) = read_rewards(DISCOUNT, "r").discounts
    assert plain.ends_on is None
    assert plain.fen(10**11) == 10**9  # ten million yuan: as good as no limit


def test_every_key_of_a_late_fee_and_of_an_empty_home() -> None:
    rules = read_rewards(LATE_FEE + "grace_days = 5\n" + VACANT + "after_months = 6\n", "r")
    assert rules.late_fees == (LateFee(("物业费",), date(2026, 11, 1), Decimal("0.05"), Decimal(10), 5),)
    assert rules.vacants == (Vacant(("物业费",), date(2027, 1, 1), Decimal(70), 6),)
    assert read_rewards(LATE_FEE, "r").late_fees[0].grace_days == 0
    assert read_rewards(VACANT, "r").vacants[0].months == 0
    assert Vacant(("x",), DUE, Decimal(70)).months == LateFee(("x",), DUE, Decimal(1), Decimal(1)).grace_days == 0


def test_every_key_of_an_event() -> None:
    (full,) = read_rewards(EVENT + 'community = "翠湖花园"\nfrom_days_before = 3\n', "r").events
    assert full == Event("邻里茶话会", date(2027, 1, 10), "一号楼大厅", "翠湖花园", 3)
    (plain,) = read_rewards(EVENT, "r").events
    assert plain == Event("邻里茶话会", date(2027, 1, 10), "一号楼大厅")
    assert (plain.community, plain.from_days_before) == ("", 14)


def test_every_key_of_the_points() -> None:
    written = """
[points]
starts_on = 2026-11-01
on_time = 1
streak_every = 2
streak = 3
fen_each = 0
least = 4
grant_max = 5
[[points.service]]
name = "空调滤网清洗一次"
points = 1
"""
    services = (Service("空调滤网清洗一次", 1),)
    assert read_rewards(written, "r").points == Points(date(2026, 11, 1), 1, 2, 3, 0, 4, 5, services)
    assert read_rewards(written, "r").points.on
    assert Points() == Points(None, 10, 3, 20, 1, 100, 100, ())
    assert not Points().on


@pytest.mark.parametrize("written", ['"0.05"', "0.05"])
def test_a_percentage_is_read_exactly_as_it_is_written(written: str) -> None:
    text = LATE_FEE.replace('"0.05"', written)
    assert read_rewards(text, "r").late_fees[0].percent_a_day == Decimal("0.05")


def test_the_limits_themselves_are_allowed() -> None:
    assert read_rewards(LATE_FEE.replace('"10"', '"30"'), "r").late_fees[0].cap_percent == 30
    assert read_rewards(DISCOUNT.replace('"2"', "50"), "r").discounts[0].percent == 50
    assert read_rewards(VACANT.replace('"70"', '"99.9"'), "r").vacants[0].percent == Decimal("99.9")
    assert read_rewards(DISCOUNT.replace("= 10", "= 0"), "r").discounts[0].days_before_due == 0
    assert read_rewards("[points]\nstreak_every = 2\nleast = 1", "r").points.least == 1


# from when to when


@pytest.mark.parametrize(
    ("due", "holds"),
    [("2026-10-31", False), ("2026-11-01", True), ("2026-12-31", True), ("2027-01-01", False)],
)
def test_a_rule_holds_from_its_first_to_its_last_due_day(due: str, holds: bool) -> None:
    due_on = date.fromisoformat(due)
    ends = Discount("x", ("物业费", "水费"), date(2026, 11, 1), date(2026, 12, 31), 10, Decimal(2), 5000)
    assert ends.holds_for("物业费", due_on) is holds
    assert ends.holds_for("水费", due_on) is holds
    assert not ends.holds_for("车位费", due_on)


def test_a_late_fee_and_a_rule_for_empty_homes_hold_from_their_first_due_day_on() -> None:
    older = LateFee(("物业费",), date(2026, 1, 1), Decimal("0.03"), Decimal(10))
    newer = LateFee(("物业费",), date(2027, 1, 1), Decimal("0.02"), Decimal(10))
    empty, emptier = (Vacant(("物业费",), date(year, 1, 1), Decimal(70)) for year in (2026, 2027))
    rules = Rewards(late_fees=(newer, older), vacants=(empty, emptier))
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [rules.late_fee("物业费", day) for day in days] == [None, older, older, newer]
    assert [rules.vacant("物业费", day) for day in days] == [None, empty, empty, emptier]
    assert rules.late_fee("车位费", days[-1]) is None
    assert rules.vacant("车位费", days[-1]) is None


@pytest.mark.parametrize(
    ("today", "community", "near"),
    [
        ("2026-12-26", "翠湖花园", False),
        ("2026-12-27", "翠湖花园", True),  # two weeks before
        ("2027-01-10", "翠湖花园", True),
        ("2027-01-11", "翠湖花园", False),
        ("2027-01-10", "别处", False),
        ("2027-01-10", "", False),
    ],
)
def test_an_event_is_told_of_until_its_day_to_those_it_is_for(today: str, community: str, near: bool) -> None:
    event = Event("x", date(2027, 1, 10), "大厅", "翠湖花园")
    assert event.is_near(date.fromisoformat(today), community) is near
    everybody = Event("x", date(2027, 1, 10), "大厅")
    assert everybody.is_near(date(2027, 1, 10), community)


# the late fee


def test_the_first_day_that_costs_is_the_second_after_the_grace() -> None:
    """The fee counts whole days that lie between: from the day after the due day (and the grace) to today."""
    no_grace = LateFee(("物业费",), date(2026, 1, 1), Decimal("0.05"), Decimal(10))
    assert [accrued(no_grace, DUE, 1_000_000, [], DUE + timedelta(days=n)).fen for n in range(4)] == [0, 0, 500, 1000]
    assert accrued(no_grace, DUE, 1_000_000, [], DUE + timedelta(days=1)).stretches == ()


def test_half_a_fen_is_rounded_up_and_the_cap_down() -> None:
    rule = LateFee(("x",), date(2026, 1, 1), Decimal("0.05"), Decimal(10))
    assert accrued(rule, DUE, 1000, [], DUE + timedelta(days=2)).fen == 1  # 0.5
    assert accrued(rule, DUE, 999, [], DUE + timedelta(days=2)).fen == 0
    capped = accrued(rule, DUE, 1019, [], DUE + timedelta(days=999))
    assert (capped.fen, capped.capped) == (101, True)  # 10 % of 10.19 is 1.019
    exactly = accrued(rule, DUE, 1000, [], DUE + timedelta(days=201))
    assert (exactly.fen, exactly.capped) == (100, False)  # what reaches its cap is not cut by it
    assert exactly.billed_fen == 1000
    assert exactly.rule is rule


def test_the_day_on_which_it_is_paid_costs_nothing_and_what_is_released_is_open_again() -> None:
    first = DUE + timedelta(days=6)  # after five days of grace
    paid = [(first + timedelta(days=2), 28640)]
    assert accrued(LATE, DUE, 28640, paid, first + timedelta(days=9)).stretches == (Stretch(28640, 2),)
    released = [*paid, (first + timedelta(days=5), -28640)]
    assert accrued(LATE, DUE, 28640, released, first + timedelta(days=9)).stretches == (
        Stretch(28640, 2),
        Stretch(28640, 4),  # the three days between, on which nothing was open, cost nothing
    )
    # What comes after today has not happened yet; in whatever order payments are told.
    later = [(first + timedelta(days=8), 10000), (first + timedelta(days=2), 18640)]
    assert accrued(LATE, DUE, 28640, later, first + timedelta(days=4)).stretches == (
        Stretch(28640, 2),
        Stretch(10000, 2),
    )
