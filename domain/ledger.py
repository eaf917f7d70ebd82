"""The money rules: every movement is one transfer between two books, entries never change, balances are computed.

Four books per household. A charge moves from *income* to *receivable* (of one bill), a payment from *cash* to *credit*, an
allocation from *credit* to that bill's *receivable*. One entry debits one book and credits another by the same sum, so
debits equal credits by construction (after TigerBeetle's transfers).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Book(StrEnum):
    RECEIVABLE = "receivable"  # what a bill still asks for
    INCOME = "income"  # what was billed
    CASH = "cash"  # money that arrived
    CREDIT = "credit"  # the household's money not yet used for a bill


class EntryKind(StrEnum):
    CHARGE = "charge"
    RAISE = "raise"  # a correction upwards
    LOWER = "lower"  # a correction downwards, a waiver, a discount
    VOID = "void"
    PAYMENT = "payment"
    ALLOCATION = "allocation"
    RELEASE = "release"  # an allocation taken back to the household's credit
    REVERSAL = "reversal"  # a payment that did not stand
    REBATE = "rebate"  # a discount, or points used for a bill
    REBATE_BACK = "rebate_back"  # a discount whose payment did not stand


# (debit, credit) of each kind: the whole chart of accounts.
TRANSFERS: dict[EntryKind, tuple[Book, Book]] = {
    EntryKind.CHARGE: (Book.RECEIVABLE, Book.INCOME),
    EntryKind.RAISE: (Book.RECEIVABLE, Book.INCOME),
    EntryKind.LOWER: (Book.INCOME, Book.RECEIVABLE),
    EntryKind.VOID: (Book.INCOME, Book.RECEIVABLE),
    EntryKind.PAYMENT: (Book.CASH, Book.CREDIT),
    EntryKind.ALLOCATION: (Book.CREDIT, Book.RECEIVABLE),
    EntryKind.RELEASE: (Book.RECEIVABLE, Book.CREDIT),
    EntryKind.REVERSAL: (Book.CREDIT, Book.CASH),
    EntryKind.REBATE: (Book.INCOME, Book.RECEIVABLE),
    EntryKind.REBATE_BACK: (Book.RECEIVABLE, Book.INCOME),
}
# Kinds that change what a bill asks for, with their sign; the others change what was paid.
BILLED_SIGN: dict[EntryKind, int] = {
    EntryKind.CHARGE: 1,
    EntryKind.RAISE: 1,
    EntryKind.LOWER: -1,
    EntryKind.VOID: -1,
    EntryKind.REBATE: -1,
    EntryKind.REBATE_BACK: 1,
}
RECEIVED_SIGN: dict[EntryKind, int] = {EntryKind.ALLOCATION: 1, EntryKind.RELEASE: -1}
CREDIT_SIGN: dict[EntryKind, int] = {
    EntryKind.PAYMENT: 1,
    EntryKind.RELEASE: 1,
    EntryKind.ALLOCATION: -1,
    EntryKind.REVERSAL: -1,
}


@dataclass(frozen=True)
class Entry:
    """One movement. `amount_fen` is always positive; the kind says which way it goes."""

    kind: EntryKind
    amount_fen: int
    bill_id: int | None = None
    payment_id: int | None = None

    def __post_init__(self) -> None:
        if self.amount_fen <= 0:
            raise ValueError("an entry moves at least one fen")


@dataclass(frozen=True)
class BillBalance:
    """What a bill asks for and what it got, in fen."""

    bill_id: int
    due_on: date
    billed_fen: int
    received_fen: int

    @property
    def open_fen(self) -> int:
        return self.billed_fen - self.received_fen


@dataclass(frozen=True)
class Ledger:
    """All entries of one household."""

    entries: tuple[Entry, ...]

    def credit_fen(self) -> int:
        return sum(CREDIT_SIGN.get(entry.kind, 0) * entry.amount_fen for entry in self.entries)

    def billed_fen(self, bill_id: int) -> int:
        return sum(BILLED_SIGN.get(e.kind, 0) * e.amount_fen for e in self.entries if e.bill_id == bill_id)

    def received_fen(self, bill_id: int) -> int:
        return sum(RECEIVED_SIGN.get(e.kind, 0) * e.amount_fen for e in self.entries if e.bill_id == bill_id)

    def open_fen(self, bill_id: int) -> int:
        return self.billed_fen(bill_id) - self.received_fen(bill_id)


def allocate(credit_fen: int, bills: Iterable[BillBalance], named: Sequence[int] = ()) -> tuple[tuple[int, int], ...]:
    """Share a household's credit over its open bills: what the payer named first, then the oldest due.

    Returns (bill id, fen) pairs; what is left over stays the household's credit. Source: Civil Code 560–561.
    """
    wanted = {bill_id: rank for rank, bill_id in enumerate(named)}
    order = sorted(bills, key=lambda b: (wanted.get(b.bill_id, len(wanted)), b.due_on, b.bill_id))
    shares: list[tuple[int, int]] = []
    for bill in order:
        share = min(credit_fen, bill.open_fen)
        if share > 0:
            shares.append((bill.bill_id, share))
            credit_fen -= share
    return tuple(shares)
