"""Sharing a household's money over its bills, and entries that make sense."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ledger import (
    BILLED_SIGN,
    CREDIT_SIGN,
    RECEIVED_SIGN,
    TRANSFERS,
    BillBalance,
    Book,
    Entry,
    EntryKind,
    Ledger,
    allocate,
)

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
    younger_first = [BillBalance(1, DUE + timedelta(days=1), 100, 0), BillBalance(2, DUE, 100, 0)]
    assert allocate(100, younger_first) == ((2, 100),)
    assert allocate(1, [BillBalance(7, DUE, 1, 0)]) == ((7, 1),)  # the last fen, too


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
    assert ledger.billed_fen(2) == ledger.received_fen(2) == 0  # another bill's entries are not its own


@pytest.mark.parametrize("kind", EntryKind)
def test_what_a_kind_does_to_a_bill_follows_from_its_two_books(kind: EntryKind) -> None:
    """What a bill still asks for is its receivable, debited by what is billed and credited by what is received."""
    debit, credit = TRANSFERS[kind]
    assert {debit, credit} <= set(Book)
    assert debit != credit

    def moved(book: Book) -> int:
        return (debit is book) - (credit is book)

    assert BILLED_SIGN.get(kind, 0) == -moved(Book.INCOME)
    assert RECEIVED_SIGN.get(kind, 0) == (0 if kind in BILLED_SIGN else -moved(Book.RECEIVABLE))
    assert CREDIT_SIGN.get(kind, 0) == -moved(Book.CREDIT)
    assert moved(Book.RECEIVABLE) == BILLED_SIGN.get(kind, 0) - RECEIVED_SIGN.get(kind, 0)


def test_the_chart_of_accounts() -> None:
    """Income is earned by charges and raised bills, lost by lowered, void and discounted ones; cash comes by payments."""
    earned = {kind for kind, (_, credit) in TRANSFERS.items() if credit is Book.INCOME}
    lost = {kind for kind, (debit, _) in TRANSFERS.items() if debit is Book.INCOME}
    came = {kind for kind, (debit, _) in TRANSFERS.items() if debit is Book.CASH}
    went = {kind for kind, (_, credit) in TRANSFERS.items() if credit is Book.CASH}
    assert earned == {EntryKind.CHARGE, EntryKind.RAISE, EntryKind.REBATE_BACK}
    assert lost == {EntryKind.LOWER, EntryKind.VOID, EntryKind.REBATE}
    assert (came, went) == ({EntryKind.PAYMENT}, {EntryKind.REVERSAL})


def test_a_raised_and_a_voided_bill_and_a_payment_that_did_not_stand() -> None:
    ledger = Ledger(
        (
            Entry(EntryKind.CHARGE, 1000, bill_id=1),
            Entry(EntryKind.RAISE, 50, bill_id=1),
            Entry(EntryKind.PAYMENT, 1, payment_id=1),
            Entry(EntryKind.REVERSAL, 1, payment_id=1),
            Entry(EntryKind.CHARGE, 7, bill_id=2),
            Entry(EntryKind.VOID, 7, bill_id=2),
        )
    )
    assert (ledger.open_fen(1), ledger.open_fen(2), ledger.credit_fen()) == (1050, 0, 0)


def test_a_bill_asks_for_what_is_not_received() -> None:
    assert BillBalance(1, DUE, 1000, 400).open_fen == 600
