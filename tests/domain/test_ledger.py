"""Sharing a household's money over its bills, and entries that make sense."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import BillBalance, Entry, EntryKind, Ledger, allocate

DUE = date(2026, 11, 20)


@st.composite
def balances(draw: st.DrawFn) -> list[BillBalance]:
    number = draw(st.integers(0, 6))
    return [
        BillBalance(
            bill_id,
            DUE + timedelta(days=draw(st.integers(-90, 90))),
            billed := draw(st.integers(1, 50_000)),
            draw(st.integers(0, billed)),
        )
        for bill_id in range(number)
    ]


@given(st.integers(0, 200_000), balances(), st.lists(st.integers(0, 8), max_size=4))
def test_shares_lose_nothing_and_overpay_nothing(credit: int, bills: list[BillBalance], named: list[int]) -> None:
    shares = dict(allocate(credit, bills, named))
    open_fen = {bill.bill_id: bill.open_fen for bill in bills}
    assert sum(shares.values()) == min(credit, sum(open_fen.values()))
    assert all(0 < fen <= open_fen[bill_id] for bill_id, fen in shares.items())


@given(st.integers(0, 200_000), balances())
def test_the_order_of_the_bills_given_does_not_matter(credit: int, bills: list[BillBalance]) -> None:
    assert allocate(credit, bills) == allocate(credit, bills[::-1])


def test_named_first_then_the_oldest_due() -> None:
    bills = [BillBalance(n, DUE + timedelta(days=n), 100, 0) for n in range(4)]
    assert allocate(250, bills) == ((0, 100), (1, 100), (2, 50))
    assert allocate(250, bills, [3]) == ((3, 100), (0, 100), (1, 50))
    assert allocate(0, bills) == ()


def test_an_entry_moves_at_least_one_fen() -> None:
    for fen in (0, -1):
        with pytest.raises(ValueError, match="at least one fen"):
            Entry(EntryKind.PAYMENT, fen)


def test_a_ledger_by_hand() -> None:
    ledger = Ledger(
        (
            Entry(EntryKind.CHARGE, 1000, bill_id=1),
            Entry(EntryKind.PAYMENT, 1500, payment_id=1),
            Entry(EntryKind.ALLOCATION, 1000, bill_id=1),
            Entry(EntryKind.LOWER, 200, bill_id=1),
            Entry(EntryKind.RELEASE, 200, bill_id=1),
        )
    )
    assert (ledger.billed_fen(1), ledger.received_fen(1), ledger.open_fen(1)) == (800, 800, 0)
    assert ledger.credit_fen() == 700
