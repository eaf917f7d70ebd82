"""100,000 chance sums of fees, plans and allocations against an oracle that reckons in fractions, in another way."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from domain.billing import CYCLE_MONTHS, Fee, Household, charge, read_period
from domain.ledger import BillBalance, allocate
from domain.plans import first_unpaid, plan_parts
from tests.fire.scene import SEED, dice, size

Measured = Callable[[str, object], None]
TIMES = size(2_000, 34_000)  # of each of the three
START = date(2026, 1, 1)


def half_up(exact: Fraction) -> int:
    """The nearest whole fen, the upper one of two that are equally near."""
    below = exact.numerator // exact.denominator
    return below + (exact - below >= Fraction(1, 2))


def a_fee(chance: random.Random) -> None:
    formula, cycle = chance.choice(("area", "fixed")), chance.choice(list(CYCLE_MONTHS))
    rate_cycle = chance.choice(("", *CYCLE_MONTHS))
    area = Decimal(chance.randrange(1, 10**6)) / 10 ** chance.randrange(4)
    rate = Decimal(chance.randrange(1, 10**5)) / 10 ** chance.randrange(5)
    fee = Fee("物业费", formula, rate, cycle, chance.randint(1, 31), rate_cycle=rate_cycle)
    period = {"month": "2026-10", "quarter": "2026-Q4", "year": "2026"}[cycle]
    quantity = Fraction(str(area)) if formula == "area" else Fraction(1)
    share = Fraction(CYCLE_MONTHS[cycle], CYCLE_MONTHS[rate_cycle or cycle])
    exact = quantity * Fraction(str(rate)) * 100 * share
    try:
        made = charge(fee, Household(area, "", None, ""), read_period(period))
    except ValueError:
        assert half_up(exact) == 0, f"seed {SEED}: {fee}"
        return
    assert made is not None
    assert made.amount_fen == half_up(exact), f"seed {SEED}: {fee}, {area} m²"


def a_plan(chance: random.Random) -> None:
    total, number = chance.randrange(1, 10**8), chance.randint(1, 12)
    parts = plan_parts(total, number, START + timedelta(days=chance.randrange(900)))
    rest = total % number
    assert [part.amount_fen for part in parts] == [
        int(Fraction(total - rest, number)) + (n < rest) for n in range(number)
    ], f"seed {SEED}: {total} in {number}"
    paid = chance.randrange(total + 2)
    reached, waiting = Fraction(0), None
    for part in parts:
        reached += part.amount_fen
        if reached > paid:
            waiting = (part.number, int(reached - paid))
            break
    found = first_unpaid(parts, paid)
    assert (found and (found[0].number, found[1])) == waiting, f"seed {SEED}: {paid} of {total} in {number}"


def an_allocation(chance: random.Random) -> None:
    bills = []
    for n in range(chance.randrange(8)):
        billed = chance.randrange(1, 10**6)
        due_on = START + timedelta(days=chance.randrange(4))
        bills.append(BillBalance(n, due_on, billed, chance.choice((0, billed, chance.randrange(billed)))))
    chance.shuffle(bills)
    named = chance.sample(range(10), chance.randrange(4))
    credit = chance.randrange(3 * 10**6)
    got = dict(allocate(credit, bills, named))
    by_id = {bill.bill_id: bill for bill in bills}
    ahead = [by_id[n] for n in named if n in by_id]
    behind = sorted((bill for bill in bills if bill not in ahead), key=lambda bill: (bill.due_on, bill.bill_id))
    before = Fraction(0)  # what the bills further ahead ask for
    for bill in [*ahead, *behind]:
        left = max(Fraction(0), credit - before)
        assert got.pop(bill.bill_id, 0) == min(left, bill.open_fen), f"seed {SEED}: {bill} of {credit}, named {named}"
        before += bill.open_fen
    assert got == {}, f"seed {SEED}"


def test_every_sum_is_right_to_the_fen(record_property: Measured) -> None:
    """26: fees by area, rate and cycle; plans of 1–12 parts and what they still ask for; credit over named and old bills."""
    chance = dice("sums")
    for reckon in (a_fee, a_plan, an_allocation):
        for _ in range(TIMES):
            reckon(chance)
    record_property("measured", f"{3 * TIMES} sums, all equal")
