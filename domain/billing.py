"""From a fee rule to a charge: which periods it bills, how much, due when, and the sum as one would write it down."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.money import FEN_PER_YUAN
from domain.plans import add_months

CYCLE_MONTHS = {"month": 1, "quarter": 3, "year": 12}
LAST_DAY = 31  # the due day where no rule names one: the month's end
BASIS_MAX = 120  # characters of how a sum was worked out
TRAINING_MONTHS_MAX = 3  # one charge of a school covers three months at the most (DESIGN §7)


@dataclass(frozen=True)
class Period:
    """A month, a quarter or a year, by its first day."""

    start: date
    cycle: str

    def __str__(self) -> str:
        if self.cycle == "year":
            return f"{self.start.year}"
        if self.cycle == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return add_months(self.start, CYCLE_MONTHS[self.cycle]) - timedelta(days=1)

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(add_months(self.start, -CYCLE_MONTHS[self.cycle]), self.cycle)

    def begins(self, cycle: str) -> Period | None:
        """The period of a cycle that is billed when this one is asked for.

        A month bills the quarter or the year that it opens; a quarter or a year bills its own cycle only.
        """
        if self.cycle == cycle:
            return self
        if self.cycle != "month" or (self.start.month - 1) % CYCLE_MONTHS[cycle]:
            return None
        return Period(self.start, cycle)

    def ends(self, cycle: str) -> Period | None:
        """The same for what is billed when it is over: a month bills the quarter or the year that it closes."""
        if self.cycle == cycle:
            return self
        whole = period_of(self.start, cycle)
        return whole if self.cycle == "month" and whole.last == self.last else None


@dataclass(frozen=True)
class Step:
    """One price of a tiered tariff (阶梯): what a unit costs above so much use, in thousandths of a unit."""

    above_thousandths: int
    rate_yuan: Decimal


@dataclass(frozen=True)
class Tariff:
    """What a metered fee has beside its rate. `steps`: the first begins at 0 and costs the rate; none: one price for all."""

    steps: tuple[Step, ...] = ()
    per: str = ""  # year: the steps count the household's use since the year began; period: each bill begins anew
    least_thousandths: int = 0  # billed at the least (保底用量), of one `cycle`
    least_fen: int = 0  # charged at the least (最低消费), for one `cycle`
    cycle: str = "month"  # what the minimum is for, and the steps unless they count the year

    @property
    def by_year(self) -> bool:
        return self.per == "year"

    @property
    def plain(self) -> bool:
        """Nothing beside the rate."""
        return not (self.steps or self.least_thousandths or self.least_fen)


PLAIN = Tariff()


@dataclass(frozen=True)
class Fee:
    """A fee rule. `rate_yuan` is for one cycle: per m² with `area`, per household with `fixed`; `metered`: per unit used."""

    item: str
    formula: str  # area | fixed | metered
    rate_yuan: Decimal
    cycle: str
    due_day: int
    fee_item_id: int | None = None
    rate_cycle: str = ""  # the cycle that the rate is for, where the household is billed by another one
    tariff: Tariff = PLAIN


@dataclass(frozen=True)
class Household:
    """What an account says about its own fees; empty where it says nothing."""

    area_m2: Decimal | None
    fee_item: str
    rate_yuan: Decimal | None
    cycle: str


@dataclass(frozen=True)
class Charge:
    """One bill to be issued."""

    item: str
    period: str
    due_on: date
    amount_fen: int
    basis: str
    fee_item_id: int | None


def period_of(day: date, cycle: str) -> Period:
    """The period of a cycle that a day lies in."""
    months = CYCLE_MONTHS[cycle]
    return Period(date(day.year, day.month - (day.month - 1) % months, 1), cycle)


def written_period(text: str) -> str:
    """`2026年1月`, `2026年第4季度` and `2026年` as 2026-01, 2026-Q4 and 2026; anything else as it is."""
    found = re.fullmatch(r"(\d{4})年(?:(\d{1,2})月份?|第?([1-4一二三四])季度?)?", re.sub(r"\s", "", text), re.ASCII)
    if found is None:
        return text
    year, month, quarter = found.groups()
    if quarter:
        return f"{year}-Q{'一二三四'.find(quarter) + 1 or quarter}"
    return f"{year}-{int(month):02d}" if month else year


def read_period(text: str) -> Period:
    """`2026-12`, `2026-Q4` or `2026`, or the same in Chinese. Raises ValueError."""
    plain = written_period(text.strip()).upper()
    found = re.fullmatch(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?", plain, re.ASCII)
    if found is None or not 2000 <= int(found[1]) <= 2099:
        raise ValueError(f"{text!r} is not a period: write one such as 2026-12, 2026-Q4 or 2026")
    year, month, quarter = found.groups()
    if month:
        return Period(date(int(year), int(month), 1), "month")
    return (
        Period(date(int(year), 3 * int(quarter) - 2, 1), "quarter")
        if quarter
        else Period(date(int(year), 1, 1), "year")
    )


def fees_of(household: Household, rules: Sequence[Fee]) -> list[Fee]:
    """The fees of one household: its community's rules, with its own item, rate and cycle where it has them.

    A household that names no item means the only one there is, unless that is a meter's: its own rate is for its area.
    A rate of its own for a meter is one price for every unit; the minimum stays.
    """
    only = rules[0].item if len(rules) == 1 and rules[0].formula != "metered" else ""
    own = household.fee_item or only
    fees = []
    for rule in rules:
        if rule.item == own:
            if household.cycle and household.cycle != rule.cycle:
                rule = replace(rule, cycle=household.cycle, rate_cycle=rule.cycle)
            if household.rate_yuan is not None:
                one_price = replace(rule.tariff, steps=(), per="")
                rule = replace(rule, rate_yuan=household.rate_yuan, rate_cycle="", tariff=one_price)
        fees.append(rule)
    if household.fee_item and household.rate_yuan is not None and own not in {rule.item for rule in rules}:
        formula = "area" if household.area_m2 is not None else "fixed"
        due_day = min((rule.due_day for rule in rules), default=LAST_DAY)
        fees.append(Fee(own, formula, household.rate_yuan, household.cycle or "month", due_day))
    return fees


def charge(fee: Fee, household: Household, asked: Period) -> Charge | None:
    """What this fee bills in the period asked for; None: nothing. Raises ValueError with the reason when it can't.

    A metered fee is worked out from its readings (`domain/metering.py`, `domain/tariffs.py`).
    """
    period = asked.begins(fee.cycle)
    if period is None:
        return None
    if fee.formula == "metered":
        raise ValueError(f"{fee.item} is metered: its readings say what was used")
    quantity = household.area_m2 if fee.formula == "area" else Decimal(1)
    if not quantity:
        raise ValueError(f"{fee.item} goes by area, and the account has none: import area_m2")
    months, rate_months = CYCLE_MONTHS[fee.cycle], CYCLE_MONTHS[fee.rate_cycle or fee.cycle]
    exact = Fraction(quantity) * Fraction(fee.rate_yuan) * months / rate_months * FEN_PER_YUAN
    amount_fen = half_up(exact)
    if amount_fen < 1:
        raise ValueError(f"{fee.item} comes to nothing: correct its rate")
    basis = f"{quantity:f} m² × {rate_words(fee.rate_yuan)}" if fee.formula == "area" else rate_words(fee.rate_yuan)
    if months > rate_months:
        basis += f" × {months // rate_months}"
    elif months < rate_months:
        basis += f" ÷ {rate_months // months}"
    return Charge(fee.item, str(period), due_on(period.start, fee.due_day), amount_fen, basis, fee.fee_item_id)


def due_on(start: date, due_day: int) -> date:
    """The due day in a period's first month; a 31st becomes the last day of a shorter month."""
    return start.replace(day=min(due_day, calendar.monthrange(start.year, start.month)[1]))


def half_up(exact_fen: Fraction) -> int:
    """Whole fen, rounded once at the end, halves up (四舍五入), as an office's calculator and spreadsheet do."""
    return int(exact_fen + Fraction(1, 2))


def rate_words(rate_yuan: Decimal) -> str:
    """`3.20`; with more decimals where it has them."""
    return f"{rate_yuan:.2f}" if rate_yuan == round(rate_yuan, 2) else f"{rate_yuan.normalize():f}"
