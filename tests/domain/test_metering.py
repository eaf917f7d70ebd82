"""From readings to what was used: which two a period lies between, what can't be true, what looks wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.billing import Charge, Fee, Period, read_period
from domain.metering import (
    BilledUse,
    Reading,
    Use,
    between,
    closes,
    falls,
    figure,
    jumps,
    neighbours,
    unfinished,
    use_in,
)
from domain.tariffs import metered_charge

WATER = Fee("水费", "metered", Decimal("4.1"), "month", 10, 7)


def read(day: str, figure: int, *, begins: bool = False) -> Reading:
    """A reading in whole units of a day of 2026, `10-31`."""
    month, _, number = day.partition("-")
    return Reading(date(2026, int(month), int(number)), figure * 1000, begins)


OCTOBER, NOVEMBER, DECEMBER = read("10-31", 100), read("11-30", 112), read("12-31", 130)


def used(line: list[Reading], period: str, billed: list[BilledUse] | None = None) -> Use:
    return use_in(line, read_period(period), billed or [], "水费")


def bill(period: str, start: Reading, end: Reading) -> BilledUse:
    return BilledUse(period, start.place, end.place)


@pytest.mark.parametrize(
    ("thousandths", "shown"),
    [(0, "0"), (1, "0.001"), (10, "0.01"), (999, "0.999"), (1000, "1"), (12700, "12.7"), (1234500, "1234.5")],
)
def test_a_figure_has_as_many_decimals_as_it_needs(thousandths: int, shown: str) -> None:
    assert figure(thousandths) == shown


@pytest.mark.parametrize(
    ("day", "cycle", "period"),
    [
        (date(2026, 11, 30), "month", "2026-11"),
        (date(2026, 12, 5), "month", "2026-11"),
        (date(2026, 12, 6), "month", "2026-12"),
        (date(2027, 1, 5), "quarter", "2026-Q4"),
        (date(2027, 1, 6), "quarter", "2027-Q1"),
        (date(2027, 1, 5), "year", "2026"),
    ],
)
def test_a_meter_read_in_the_first_five_days_closes_the_period_before(day: date, cycle: str, period: str) -> None:
    assert str(closes(day, cycle)) == period


# what can't be true, and what looks wrong


def test_neighbours_are_the_nearest_on_both_sides() -> None:
    line = [DECEMBER, OCTOBER, NOVEMBER]
    assert neighbours(NOVEMBER, line) == (OCTOBER, DECEMBER)
    assert neighbours(OCTOBER, line) == (None, NOVEMBER)
    assert neighbours(DECEMBER, line) == (NOVEMBER, None)
    assert neighbours(read("11-30", 0, begins=True), line) == (NOVEMBER, DECEMBER)


@pytest.mark.parametrize(
    ("shown", "wrong"),
    [(99, ("10-31", "11-30")), (100, None), (130, None), (131, ("11-30", "12-31"))],
)
def test_no_meter_runs_backwards(shown: int, wrong: tuple[str, str] | None) -> None:
    found = falls(read("11-30", shown), [OCTOBER, DECEMBER])
    assert (None if found is None else tuple(f"{each.read_on:%m-%d}" for each in found)) == wrong


def test_a_new_meter_may_show_less() -> None:
    assert falls(read("11-30", 0, begins=True), [OCTOBER]) is None
    assert falls(read("10-31", 100), [read("11-10", 0, begins=True)]) is None
    assert falls(read("11-10", 5, begins=True), [OCTOBER, read("11-30", 4)]) is not None
    assert falls(OCTOBER, []) is None


def test_more_than_three_times_the_usual_is_asked_about() -> None:
    """As usual: 12 in 30 days, so 36 in 30 days are the most."""
    line = [OCTOBER, NOVEMBER]
    assert jumps(read("12-30", 112 + 36), line) is None
    assert jumps(Reading(date(2026, 12, 30), 148_001), line) == 36_001
    assert jumps(read("12-30", 112 + 37), [*line, read("12-31", 150)]) == 37_000
    assert jumps(read("12-30", 900, begins=True), line) is None
    assert jumps(OCTOBER, []) is None


def test_an_almost_empty_home_is_not_asked_about_ten_units() -> None:
    line = [OCTOBER, read("11-30", 100)]
    assert jumps(read("12-30", 110), line) is None
    assert jumps(Reading(date(2026, 12, 30), 110_001), line) == 10_001


def test_without_a_past_fifty_a_day_are_the_most() -> None:
    assert jumps(read("11-10", 100 + 500), [OCTOBER]) is None
    assert jumps(Reading(date(2026, 11, 10), 600_001), [OCTOBER]) == 500_001
    # On the day itself as if it were one day.
    begun = read("10-31", 0, begins=True)
    assert jumps(read("11-01", 50), [OCTOBER, begun]) is None
    assert jumps(Reading(date(2026, 11, 1), 50_001), [OCTOBER, begun]) == 50_001


def test_as_usual_is_the_last_year_and_no_replacement() -> None:
    long_ago = [Reading(date(2024, 1, 1), 0), Reading(date(2024, 2, 1), 90_000)]
    line = [*long_ago, OCTOBER, NOVEMBER]
    assert jumps(read("12-30", 112 + 37), line) == 37_000
    replaced = [OCTOBER, read("11-10", 104), read("11-10", 0, begins=True), read("11-30", 8)]
    assert jumps(read("12-30", 8 + 36), replaced) is None
    assert jumps(read("12-30", 8 + 37), replaced) == 37_000
    edge = Reading(NOVEMBER.read_on - timedelta(days=400), 0)
    assert jumps(read("12-30", 112 + 37), [edge, NOVEMBER]) == 37_000
    too_old = Reading(NOVEMBER.read_on - timedelta(days=401), 0)
    assert jumps(read("12-30", 112 + 37), [too_old, NOVEMBER]) is None


def test_a_replaced_meter_is_read_on_its_last_day() -> None:
    new = read("11-10", 0, begins=True)
    assert unfinished(new, [OCTOBER]) == OCTOBER
    assert unfinished(new, [OCTOBER, read("11-10", 104)]) is None
    assert unfinished(new, []) is None
    assert unfinished(NOVEMBER, [OCTOBER]) is None


# what a period used


def test_a_month_is_what_its_meter_ran_since_the_month_before() -> None:
    line = [OCTOBER, NOVEMBER, DECEMBER]
    assert used(line, "2026-11").stretches == ((OCTOBER, NOVEMBER),)
    assert used(line, "2026-12").stretches == ((NOVEMBER, DECEMBER),)
    assert str(used(line, "2026-11")) == "100 (10-31) → 112 (11-30) = 12"
    middle = read("11-15", 105)
    assert used([OCTOBER, middle, NOVEMBER], "2026-11").stretches == ((OCTOBER, NOVEMBER),)


def test_a_month_without_a_reading_is_told_and_never_billed_as_nothing() -> None:
    with pytest.raises(ValueError, match=r"水费 has no reading of 2026-11: `import readings`"):
        used([OCTOBER, DECEMBER], "2026-11")
    assert used([OCTOBER, DECEMBER], "2026-12").thousandths == 30_000
    with pytest.raises(ValueError, match="one reading only"):
        used([OCTOBER], "2026-10")
    with pytest.raises(ValueError, match="no reading of 2026-10"):
        used([], "2026-10")


def test_a_meter_that_was_put_in_within_the_month_counts_from_there() -> None:
    new = read("11-10", 3, begins=True)
    assert used([new, NOVEMBER], "2026-11").stretches == ((new, NOVEMBER),)


def test_nothing_is_billed_twice_when_a_reading_comes_late() -> None:
    line, both = [OCTOBER, NOVEMBER, DECEMBER], bill("2026-12", OCTOBER, DECEMBER)
    with pytest.raises(ValueError, match=r"the use of 2026-11 is in the bill of 2026-12: correct that one"):
        used(line, "2026-11", [both])
    before = bill("2026-10", read("09-30", 90), OCTOBER)
    assert used(line, "2026-11", [before, bill("2026-12", NOVEMBER, DECEMBER)]).stretches == ((OCTOBER, NOVEMBER),)


def test_a_month_goes_on_where_the_bill_before_ended() -> None:
    """It was billed on the 30th; a reading of the 2nd came in later: its two days are not lost."""
    late = read("12-02", 113)
    line = [OCTOBER, NOVEMBER, late, DECEMBER]
    assert used(line, "2026-12").stretches == ((late, DECEMBER),)
    billed = [bill("2026-11", OCTOBER, NOVEMBER)]
    assert used(line, "2026-12", billed).stretches == ((NOVEMBER, DECEMBER),)
    assert used(line, "2026-12", [bill("2026-10", read("09-30", 90), OCTOBER)]).stretches == ((late, DECEMBER),)


def test_each_meter_of_a_replacement_has_its_own_stretch() -> None:
    old, new = read("11-10", 104), read("11-10", 0, begins=True)
    use = used([OCTOBER, old, new, read("11-30", 8)], "2026-11")
    assert use.thousandths == 12_000
    assert str(use) == "100 (10-31) → 104 (11-10) + 0 (11-10) → 8 (11-30) = 12"
    lost = used([OCTOBER, new, read("11-30", 8)], "2026-11")
    assert lost.stretches == ((new, read("11-30", 8)),)
    still = used([OCTOBER, old, new], "2026-11")
    assert still.stretches == ((OCTOBER, old),)
    assert used([OCTOBER, old, new, read("12-31", 9)], "2026-12", [bill("2026-11", OCTOBER, old)]).stretches == (
        (new, read("12-31", 9)),
    )
    assert used([OCTOBER, replace(OCTOBER, begins=True), new], "2026-11").thousandths == 0


def test_both_ends_must_be_there() -> None:
    assert between([OCTOBER, NOVEMBER, DECEMBER], OCTOBER.place, NOVEMBER.place).stretches == ((OCTOBER, NOVEMBER),)
    for line in ([OCTOBER], [NOVEMBER], [], [DECEMBER]):
        with pytest.raises(ValueError, match="is gone: import it anew"):
            between(line, OCTOBER.place, NOVEMBER.place)


# the charge


def test_use_times_rate_due_in_the_month_after() -> None:
    use = used([OCTOBER, NOVEMBER], "2026-11")
    assert metered_charge(WATER, use, read_period("2026-11")) == Charge(
        "水费", "2026-11", date(2026, 12, 10), 4920, "100 (10-31) → 112 (11-30) = 12 × 4.10", 7
    )
    quarter = metered_charge(replace(WATER, cycle="quarter", due_day=31), use, read_period("2026-Q4"))
    assert (quarter.due_on, quarter.amount_fen) == (date(2027, 1, 31), 4920)


@pytest.mark.parametrize(("thousandths", "fen"), [(0, 0), (1, 0), (2, 1), (1219, 500), (1220, 500), (1221, 501)])
def test_the_sum_is_rounded_once_half_up(thousandths: int, fen: int) -> None:
    start = Reading(date(2026, 10, 31), 0)
    use = Use(((start, replace(start, read_on=date(2026, 11, 30), thousandths=thousandths)),))
    assert metered_charge(WATER, use, read_period("2026-11")).amount_fen == fen


def test_the_years_are_written_where_days_could_be_mistaken() -> None:
    start = Reading(date(2025, 11, 30), 0)
    assert str(Use(((start, Reading(date(2026, 11, 29), 1000)),))) == "0 (11-30) → 1 (11-29) = 1"
    assert str(Use(((start, Reading(date(2026, 11, 30), 1000)),))) == "0 (2025-11-30) → 1 (2026-11-30) = 1"


def test_a_long_working_is_cut_to_the_use_alone() -> None:
    line = [
        Reading(date(2026, 11, day), 10_000_000 + day, begins=begins)
        for day in (1, 9, 18, 27)
        for begins in (False, True)
    ]
    made = metered_charge(WATER, between(line, line[1].place, line[-2].place), read_period("2026-11"))
    assert made.basis == "0.026 × 4.10"
    short = metered_charge(WATER, between(line, line[3].place, line[-2].place), read_period("2026-11"))
    assert short.basis.startswith("10000.009 (11-09) → 10000.018 (11-18) + ")


steps = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 99_999)), min_size=2, max_size=30)


@given(steps, st.integers(0, 10**7), st.decimals("0.01", "9.99", places=2))
def test_what_is_billed_month_by_month_is_what_the_meter_ran(
    steps: list[tuple[int, int]], start: int, rate: Decimal
) -> None:
    """Whatever was read when: no unit is lost, none is billed twice, and each sum is half a fen off at the most."""
    line = [Reading(date(2026, 1, 31), start)]
    for days, more in steps:
        line.append(Reading(line[-1].read_on + timedelta(days=days), line[-1].thousandths + more))
    billed: list[BilledUse] = []
    total, period = 0, Period(date(2026, 1, 1), "month")
    while period.start <= line[-1].read_on:
        try:
            use = use_in(line, period, billed, "水费")
        except ValueError:
            pass
        else:
            total += use.thousandths
            first, last = use.stretches[0][0], use.stretches[-1][1]
            billed.append(BilledUse(str(period), first.place, last.place))
            exact = Fraction(use.thousandths, 10) * Fraction(rate)
            fen = metered_charge(replace(WATER, rate_yuan=rate), use, period).amount_fen
            assert abs(fen - exact) <= Fraction(1, 2)
        period = Period(period.last + timedelta(days=1), "month")
    assert total == line[-1].thousandths - start
