"""Tiered prices and minimum charges: read from one cell, worked out exactly, rounded once, written down part by part."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import BASIS_MAX, PLAIN, Fee, Household, Period, Step, Tariff, fees_of, read_period
from domain.metering import BilledUse, Reading, Use, earlier_in_year, use_in
from domain.tariffs import Priced, metered_charge, priced, read_steps, steps_words

BEIJING = read_steps("0-180:3.45; 181-260:4.83; 261-:5.83")
BY_YEAR, BY_PERIOD = Tariff(BEIJING, "year"), Tariff(BEIJING, "period")
RATE = Decimal("3.45")
NOVEMBER = read_period("2026-11")


def ran(thousandths: int, *, since: date = date(2026, 10, 31), until: date = date(2026, 11, 30)) -> Use:
    return Use(((Reading(since, 100_000), Reading(until, 100_000 + thousandths)),))


def cost(tariff: Tariff, units: int, before: int = 0, *, rate: Decimal = RATE) -> Priced:
    return priced(rate, tariff, ran(units * 1000), before * 1000, NOVEMBER)


def shown(found: Priced) -> list[tuple[int, int, str]]:
    return [(part.number, part.thousandths, str(part.rate_yuan)) for part in found.parts]


# how tiers are written


@pytest.mark.parametrize(
    "text",
    [
        "0-180:3.45; 181-260:4.83; 261-:5.83",
        "0-180:3.45;180-260:4.83;260-:5.83",
        "180以下：3.45元；181～260：4.83元；260以上：5.83元",
        " 0 – 180 = ¥3.45 ; 180 – 260 = 4.830 ; 260+ = 5.83 ;",
    ],
)
def test_tiers_are_read_as_they_are_published(text: str) -> None:
    assert read_steps(text) == (
        Step(0, Decimal("3.45")),
        Step(180_000, Decimal("4.83")),
        Step(260_000, Decimal("5.83")),
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3.45", "not a tier such as 0-180:3.45: '3.45'"),
        ("0-180:3.45;181-:4,83", "not a tier such as 0-180:3.45: '181-:4,83'"),
        ("0-180.0001:3;181-:4", "not a tier"),
        ("0-:3.45", "write 2 to 6 tiers split by ;, or leave it blank where there is one price"),
        (";".join(f"{n}-{n + 1}:{n + 1}" for n in range(6)) + ";6-:9", "write 2 to 6 tiers"),
        ("1-180:3.45;181-:4.83", "'1-180:3.45': the first tier begins at 0"),
        ("0-180:3.45;181-260:4.83", "'181-260:4.83': the last tier has no end: write one such as 181-:4.83"),
        ("0-:3.45;181-:4.83", "'0-:3.45': only the last tier has no end"),
        ("0-180:3;180-100:4;100-:5", "'180-100:4': ends before it begins"),
        ("0-180:3;180-180:4;180-:5", "'180-180:4': ends before it begins"),
        ("0-180:3.45;170-:4.83", "'170-:4.83': two prices from 170 to 180: begin it at 180"),
        ("0-180:3.45;190-:4.83", "'190-:4.83': no price from 180 to 190: begin it at 180"),
        ("0-180.5:3.45;181.5-:4.83", "no price from 180.5 to 181.5: begin it at 180.5"),
        ("0-180:3.45;180-:3.45", "'180-:3.45': each tier costs more than the one before"),
        ("0-180:3.45;180-:3.44", "'180-:3.44': each tier costs more than the one before"),
    ],
)
def test_what_is_wrong_with_tiers_is_named_with_its_cure(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        read_steps(text)


def test_no_tiers_are_none() -> None:
    assert read_steps(" ; ") == ()
    assert steps_words(()) == ""
    assert steps_words(BEIJING) == "0-180:3.45;180-260:4.83;260-:5.83"


# what they cost


@pytest.mark.parametrize(
    ("units", "before", "parts", "fen"),
    [
        (0, 0, [(1, 0, "3.45")], 0),
        (180, 0, [(1, 180_000, "3.45")], 62100),
        (181, 0, [(1, 180_000, "3.45"), (2, 1000, "4.83")], 62583),
        (300, 0, [(1, 180_000, "3.45"), (2, 80_000, "4.83"), (3, 40_000, "5.83")], 124060),
        (30, 170, [(1, 10_000, "3.45"), (2, 20_000, "4.83")], 13110),
        (30, 180, [(2, 30_000, "4.83")], 14490),
        (30, 260, [(3, 30_000, "5.83")], 17490),
        (0, 200, [(2, 0, "4.83")], 0),
        (100, 170, [(1, 10_000, "3.45"), (2, 80_000, "4.83"), (3, 10_000, "5.83")], 47920),
    ],
)
def test_the_years_use_goes_on_from_tier_to_tier(
    units: int, before: int, parts: list[tuple[int, int, str]], fen: int
) -> None:
    found = cost(BY_YEAR, units, before)
    assert (shown(found), found.amount_fen) == (parts, fen)


def test_by_the_period_each_bill_begins_at_the_first_tier() -> None:
    assert cost(BY_PERIOD, 30, 170).amount_fen == 10350
    assert cost(BY_PERIOD, 30, 170).basis == "100 (10-31) → 130 (11-30) = 30 × 3.45"


def test_one_price_is_the_rate() -> None:
    assert cost(PLAIN, 12, rate=Decimal("4.1")).basis == "100 (10-31) → 112 (11-30) = 12 × 4.10"


def test_the_sum_is_written_down_part_by_part() -> None:
    start = "100 (10-31) → "
    assert cost(BY_PERIOD, 285).basis == f"{start}385 (11-30) = 285: 180 × 3.45 + 80 × 4.83 + 25 × 5.83"
    assert cost(BY_YEAR, 30, 170).basis == f"{start}130 (11-30) = 30 (2026: 170 + 30): 10 × 3.45 + 20 × 4.83"
    assert cost(BY_YEAR, 30, 200).basis == f"{start}130 (11-30) = 30 (2026: 200 + 30): 30 × 4.83"
    assert cost(BY_YEAR, 30).basis == f"{start}130 (11-30) = 30 × 3.45"


def test_a_minimum_use_or_charge_stands_behind_its_sign() -> None:
    start = "100 (10-31) → "
    units = Tariff(least_thousandths=5000)
    assert (cost(units, 3).basis, cost(units, 3).amount_fen) == (f"{start}103 (11-30) = 3, ≥ 5: 5 × 3.45", 1725)
    assert cost(units, 5).basis == f"{start}105 (11-30) = 5 × 3.45"
    money = Tariff(least_fen=2000)
    assert (cost(money, 3).basis, cost(money, 3).amount_fen) == (f"{start}103 (11-30) = 3 × 3.45, ≥ 20.00", 2000)
    assert cost(money, 0).basis == f"{start}100 (11-30) = 0 × 3.45, ≥ 20.00"
    assert cost(money, 6).amount_fen == 2070
    both = replace(units, least_fen=2000)
    assert cost(both, 3).basis == f"{start}103 (11-30) = 3, ≥ 5: 5 × 3.45, ≥ 20.00"
    tiers = replace(BY_YEAR, least_thousandths=5000)
    assert cost(tiers, 3, 178).basis == f"{start}103 (11-30) = 3 (2026: 178 + 3), ≥ 5: 2 × 3.45 + 3 × 4.83"


def test_what_is_too_long_is_written_without_the_readings() -> None:
    line = [
        Reading(date(2026, 11, day), 10_000_000 + day, begins=begins) for day in (1, 9, 18) for begins in (False, True)
    ]
    use = Use(tuple(zip(line[1::2], line[2::2], strict=False)))
    assert priced(RATE, BY_YEAR, use, 179_990, NOVEMBER).basis == (
        "0.017 (2026: 179.99 + 0.017): 0.01 × 3.45 + 0.007 × 4.83"
    )
    odd = ";".join(f"{n}11111.111-{n + 1}11111.111:{n + 1}.123456" for n in range(1, 5))
    long = Tariff(read_steps(f"0-111111.111:0.123456;{odd};511111.111-:9.123456"), "year")
    assert priced(RATE, long, ran(900_000_001), 1, NOVEMBER).basis == "900000.001"


# a use of several periods


def test_two_months_in_one_reading_have_twice_the_tiers_and_twice_the_minimum() -> None:
    monthly = Tariff(read_steps("0-10:2;10-:3"), "period", 4000, 1000)
    two = ran(25_000, since=date(2026, 9, 30))
    found = priced(Decimal(2), monthly, two, 0, NOVEMBER)
    assert (shown(found), found.least_fen) == ([(1, 20_000, "2"), (2, 5000, "3")], 2000)
    assert (str(found.cycles), found.widened) == ("2", True)
    assert priced(Decimal(2), monthly, ran(0, since=date(2026, 9, 30)), 0, NOVEMBER).amount_fen == 2000
    # Read on the 4th, a meter closes the month before; put in within the month, it runs one month at the most.
    assert priced(Decimal(2), monthly, ran(25_000, since=date(2026, 11, 4)), 0, NOVEMBER).cycles == 1
    assert priced(Decimal(2), monthly, ran(25_000, since=date(2026, 11, 9)), 0, NOVEMBER).cycles == 1
    by_year = priced(Decimal(2), replace(monthly, per="year"), two, 0, NOVEMBER)
    assert shown(by_year) == [(1, 10_000, "2"), (2, 15_000, "3")]
    assert by_year.widened
    assert not priced(Decimal(2), BY_YEAR, two, 0, NOVEMBER).widened


def test_a_household_with_another_cycle_has_its_share_of_tiers_and_minimum() -> None:
    quarterly = Fee("水费", "metered", RATE, "quarter", 10, tariff=replace(BY_PERIOD, cycle="quarter", least_fen=3000))
    (monthly,) = fees_of(Household(None, "水费", None, "month"), [quarterly])
    made = metered_charge(monthly, ran(70_000), NOVEMBER)
    assert made.basis == "100 (10-31) → 170 (11-30) = 70: 60 × 3.45 + 10 × 4.83"
    assert metered_charge(monthly, ran(1000), NOVEMBER).amount_fen == 1000
    third = replace(quarterly, cycle="month", tariff=replace(quarterly.tariff, steps=read_steps("0-100:3;100-:4")))
    assert "33.333 × 3.00" in metered_charge(third, ran(70_000), NOVEMBER).basis


def test_a_households_own_rate_is_one_price_and_the_minimum_stays() -> None:
    water = Fee("水费", "metered", RATE, "month", 10, tariff=replace(BY_YEAR, least_fen=2000))
    (own,) = fees_of(Household(None, "水费", Decimal("3"), ""), [water])
    assert metered_charge(own, ran(300_000), NOVEMBER, 999_000).amount_fen == 90_000
    assert metered_charge(own, ran(0), NOVEMBER).amount_fen == 2000


# what the year has used


def month_ends(*figures: int, first: date = date(2025, 12, 31)) -> list[Reading]:
    days = [first]
    while len(days) < len(figures):
        days.append((days[-1] + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    return [Reading(day, figure * 1000) for day, figure in zip(days, figures, strict=True)]


def used_before(line: list[Reading], period: str, billed: list[BilledUse] | None = None) -> int:
    asked = read_period(period)
    return earlier_in_year(line, use_in(line, asked, billed or [], "水费"), asked, billed or []).thousandths // 1000


def test_the_year_begins_with_the_reading_that_closed_the_last_one() -> None:
    line = month_ends(100, 110, 125, 130)
    assert [used_before(line, f"2026-{month:02d}") for month in (1, 2, 3)] == [0, 10, 25]
    older = [Reading(date(2025, 11, 30), 50_000), *line]
    assert used_before(older, "2026-03") == 25
    assert used_before(line[1:], "2026-03") == 15  # the first reading there is
    late = [Reading(date(2026, 1, 4), 101_000), *line[1:]]
    assert used_before(late, "2026-03") == 24
    assert used_before([*line, *month_ends(140, 150, first=date(2026, 12, 31))], "2027-01") == 0


def test_a_bill_that_began_last_year_counts_whole_in_the_year_of_its_period() -> None:
    """December was not read: January's bill covers both, and so does the year's count, though the reading comes later."""
    november, december, january, february = month_ends(100, 110, 125, 130, first=date(2025, 11, 30))
    billed = [BilledUse("2026-01", november.place, january.place)]
    assert used_before([november, january, february], "2026-02") == 25
    assert used_before([november, december, january, february], "2026-02", billed) == 25
    last = [BilledUse("2025-12", november.place, december.place), BilledUse("2026-01", december.place, january.place)]
    assert used_before([november, december, january, february], "2026-02", last) == 15


def test_a_replaced_meter_goes_on_counting() -> None:
    old = [*month_ends(100, 110), Reading(date(2026, 2, 10), 114_000)]
    new = [
        Reading(date(2026, 2, 10), 0, begins=True),
        Reading(date(2026, 2, 28), 6000),
        Reading(date(2026, 3, 31), 9000),
    ]
    assert used_before([*old, *new], "2026-03") == 20


# what holds of all tariffs

rates = st.lists(st.decimals("0.01", "99.9999", places=4), min_size=2, max_size=6, unique=True).map(sorted)
bounds = st.lists(st.integers(1, 500_000), min_size=5, max_size=5, unique=True).map(sorted)


@st.composite
def tariffs(draw: st.DrawFn, per: str | None = None, *, least: bool = True) -> Tariff:
    prices = draw(rates)
    starts = [0, *draw(bounds)]
    steps = tuple(Step(above, rate) for above, rate in zip(starts, prices, strict=False))
    most = 1 if least else 0
    return Tariff(
        steps,
        per or draw(st.sampled_from(["year", "period"])),
        draw(st.integers(0, 30_000 * most)),
        draw(st.integers(0, 9000 * most)),
    )


uses = st.integers(0, 2_000_000)


def exact(tariff: Tariff, position: int) -> Fraction:
    """What the year costs up to a position, by another way: each step adds its rise to all that lies above it."""
    dearer, fen = Fraction(), Fraction()
    for step in tariff.steps:
        rise, dearer = Fraction(step.rate_yuan) - dearer, Fraction(step.rate_yuan)
        fen += rise * max(0, position - step.above_thousandths) / 10
    return fen


def amount(tariff: Tariff, used: int, before: int = 0) -> Priced:
    return priced(tariff.steps[0].rate_yuan, tariff, ran(used), before, NOVEMBER)


@given(tariffs())
def test_tiers_are_read_as_they_were_written(tariff: Tariff) -> None:
    assert read_steps(steps_words(tariff.steps)) == tariff.steps


@given(tariffs(), uses, uses)
def test_the_parts_are_the_whole(tariff: Tariff, used: int, before: int) -> None:
    found = amount(tariff, used, before)
    assert sum(part.thousandths for part in found.parts) == found.counted_thousandths
    assert found.counted_thousandths == max(used, tariff.least_thousandths)
    counted_from = before if tariff.by_year else 0
    whole = exact(tariff, counted_from + found.counted_thousandths) - exact(tariff, counted_from)
    assert sum(part.exact_fen for part in found.parts) == whole
    assert -Fraction(1, 2) < found.by_use_fen - whole <= Fraction(1, 2)
    assert len(found.basis) <= BASIS_MAX


@given(tariffs(), uses, uses, uses)
def test_who_uses_more_never_pays_less(tariff: Tariff, used: int, before: int, more: int) -> None:
    assert amount(tariff, used + more, before).amount_fen >= amount(tariff, used, before).amount_fen
    assert amount(tariff, used, before + more).amount_fen >= amount(tariff, used, before).amount_fen


@given(tariffs(), uses, uses)
def test_the_minimum_is_what_is_paid_at_the_least(tariff: Tariff, used: int, before: int) -> None:
    found = amount(tariff, used, before)
    free = amount(replace(tariff, least_thousandths=0, least_fen=0), used, before)
    assert found.amount_fen >= tariff.least_fen
    assert found.amount_fen >= free.amount_fen
    if used >= tariff.least_thousandths and free.amount_fen >= tariff.least_fen:
        assert found.amount_fen == free.amount_fen


months = st.lists(st.integers(0, 400_000), min_size=2, max_size=12)


@given(tariffs("year", least=False), months, st.data())
def test_a_year_costs_the_same_however_its_bills_are_cut(
    tariff: Tariff, figures: list[int], data: st.DataObject
) -> None:
    """Read each month or not: the exact sums of the year's bills are that of its use, and each is half a fen off at the most."""
    total, line = 0, month_ends(*([0] * (len(figures) + 1)))
    for number, used in enumerate(figures, start=1):
        total += used
        line[number] = replace(line[number], thousandths=total)
    kept = [line[0], *(each for each in line[1:-1] if data.draw(st.booleans())), line[-1]]
    fee, fen = Fee("水费", "metered", tariff.steps[0].rate_yuan, "month", 10, tariff=tariff), 0
    billed: list[BilledUse] = []
    for each in kept[1:]:
        period = Period(each.read_on.replace(day=1), "month")
        use = use_in(kept, period, billed, "水费")
        before = earlier_in_year(kept, use, period, billed).thousandths
        fen += metered_charge(fee, use, period, before).amount_fen
        billed.append(BilledUse(str(period), use.stretches[0][0].place, each.place))
    assert abs(fen - exact(tariff, total)) <= Fraction(len(billed), 2)


@given(tariffs("period"), months)
def test_a_period_that_is_split_costs_no_less_than_one_bill_over_it(tariff: Tariff, figures: list[int]) -> None:
    """One bill over several months has as many times the tiers and the minimum: whoever was not read loses nothing by it."""
    count = len(figures)
    line = month_ends(*([0] * (count + 1)))
    last = Period(line[-1].read_on.replace(day=1), "month")
    whole = Use(((line[0], replace(line[-1], thousandths=sum(figures))),))
    together = priced(tariff.steps[0].rate_yuan, tariff, whole, 0, last)
    assert together.cycles == count
    apart = sum(amount(tariff, used).amount_fen for used in figures)
    assert apart >= together.amount_fen - Fraction(count + 1, 2)
