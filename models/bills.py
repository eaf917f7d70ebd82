"""Bills, payments and the append-only ledger between them, with every query on money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.ledger import BILLED_SIGN, CREDIT_SIGN, RECEIVED_SIGN, TRANSFERS, BillBalance, EntryKind, allocate
from models.accounts import Account, FeeItem
from models.base import Base, Fen, Id, UtcDateTime, dialect_of


class Bill(Base):
    """One item, one period, one account. What is open is computed from the entries, never stored."""

    __tablename__ = "bills"
    __table_args__ = (UniqueConstraint("account_id", "item", "period"), Index("ix_bills_due_on", "due_on"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    item: Mapped[str] = mapped_column(String(60))
    period: Mapped[str] = mapped_column(String(8))  # YYYY, YYYY-Qn or YYYY-MM
    due_on: Mapped[date] = mapped_column(Date)
    fee_item_id: Mapped[int | None] = mapped_column(ForeignKey(FeeItem.id))
    basis: Mapped[str] = mapped_column(String(120), default="")  # "89.5 × 3.20", shown with the bill
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Payment(Base):
    """Money that arrived, by whatever way."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("account_id", "method", "reference"),
        # A few of very many: looked for every minute.
        Index(
            "ix_payments_unthanked",
            "id",
            sqlite_where=text("thanked IS 0"),
            postgresql_where=text("thanked IS false"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    amount_fen: Mapped[int] = mapped_column(Fen)
    paid_on: Mapped[date] = mapped_column(Date)
    method: Mapped[str] = mapped_column(String(30), default="")
    reference: Mapped[str] = mapped_column(String(80))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    thanked: Mapped[bool] = mapped_column(default=False)  # the thank-you was written, or is not wanted (old import)


class LedgerEntry(Base):
    """One transfer between two books; never updated, never deleted."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        Index("ix_ledger_entries_account_id", "account_id"),
        Index("ix_ledger_entries_bill_id", "bill_id"),
        Index("ix_ledger_entries_payment_id", "payment_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey(Bill.id))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey(Payment.id))
    kind: Mapped[str] = mapped_column(String(12))
    debit: Mapped[str] = mapped_column(String(12))
    credit: Mapped[str] = mapped_column(String(12))
    amount_fen: Mapped[int] = mapped_column(Fen)
    on_date: Mapped[date] = mapped_column(Date)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(80), default="")
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


NEW_ENTRIES = insert(LedgerEntry.metadata.tables[LedgerEntry.__tablename__])


def signed(signs: dict[EntryKind, int]) -> ColumnElement[int]:
    """SQL for an entry's amount with the sign a table of kinds gives it; 0 for the other kinds."""
    return case(
        *((LedgerEntry.kind == kind.value, LedgerEntry.amount_fen * sign) for kind, sign in signs.items()), else_=0
    )


def total(signs: dict[EntryKind, int]) -> ColumnElement[int]:
    """SQL for the signed sum of some entries in fen; PostgreSQL would answer with a decimal."""
    return cast(func.coalesce(func.sum(signed(signs)), 0), Fen)


BILLED: ColumnElement[int] = total(BILLED_SIGN)
RECEIVED: ColumnElement[int] = total(RECEIVED_SIGN)
CREDIT: ColumnElement[int] = total(CREDIT_SIGN)


def transfer(
    kind: EntryKind,
    account_id: int,
    amount_fen: int,
    on: date,
    at: datetime,
    *,
    bill_id: int | None = None,
    payment_id: int | None = None,
    reverses_id: int | None = None,
    reason: str = "",
    actor: str = "",
) -> dict[str, object]:
    """The row of one ledger entry."""
    debit, credit = TRANSFERS[kind]
    return {
        "account_id": account_id,
        "bill_id": bill_id,
        "payment_id": payment_id,
        "kind": kind.value,
        "debit": debit.value,
        "credit": credit.value,
        "amount_fen": amount_fen,
        "on_date": on,
        "reverses_id": reverses_id,
        "reason": reason,
        "actor": actor,
        "recorded_at": at,
    }


@dataclass(frozen=True)
class BillLine:
    """A bill with its sums, in fen."""

    bill: Bill
    billed_fen: int
    received_fen: int

    @property
    def open_fen(self) -> int:
        return self.billed_fen - self.received_fen

    @property
    def by_meter(self) -> bool:
        """Its basis says from which reading to which."""
        return "→" in (self.bill.basis or "")


async def bill_lines(session: AsyncSession, account_ids: Sequence[int], *, only_open: bool = False) -> list[BillLine]:
    """The bills of some accounts with what was billed and received, oldest due first. Voided bills are left out."""
    rows = await session.execute(OPEN_LINES if only_open else BILL_LINES, {"accounts": list(account_ids)})
    return [BillLine(bill, billed, received) for bill, billed, received in rows]


# Put together once: what a resident asks for most.
BILL_LINES = (
    select(Bill, BILLED, RECEIVED)
    .outerjoin(LedgerEntry, LedgerEntry.bill_id == Bill.id)
    .where(Bill.account_id.in_(bindparam("accounts", expanding=True)), Bill.voided_at.is_(None))
    .group_by(Bill.id)
    .order_by(Bill.due_on, Bill.id)
)
OPEN_LINES = BILL_LINES.having(BILLED > RECEIVED)
ITEMS = select(Bill.item).where(Bill.account_id == bindparam("account"), Bill.voided_at.is_(None)).distinct()
CREDIT_OF = select(CREDIT).where(LedgerEntry.account_id == bindparam("account"))


async def items_of(session: AsyncSession, account_id: int) -> tuple[str, ...]:
    """What a household is billed for."""
    return tuple(await session.scalars(ITEMS, {"account": account_id}))


async def credit_fen(session: AsyncSession, account_id: int) -> int:
    """The household's own money that no bill has used yet."""
    return int(await session.scalar(CREDIT_OF, {"account": account_id}) or 0)


async def lock_accounts(session: AsyncSession, account_ids: Sequence[int]) -> None:
    """Take the turns of several accounts, in one order, before anything of theirs is written (PostgreSQL; a SQLite
    transaction is alone anyway).

    A row that points at an account locks it a little; two who did that and then both want the whole lock never get it.
    """
    if dialect_of(session) == "postgresql":
        await session.execute(LOCK_ACCOUNTS, {"accounts": list(account_ids)})


LOCK_ACCOUNTS = (
    select(Account.id)
    .where(Account.id.in_(bindparam("accounts", expanding=True)))
    .order_by(Account.id)
    .with_for_update()
)


async def lock_account(session: AsyncSession, account_id: int) -> None:
    """One at a time moves a household's money.

    Else two payments at the same moment would both pay the oldest bill.
    """
    await lock_accounts(session, [account_id])


async def settle(
    session: AsyncSession, account_id: int, on: date, at: datetime, *, named: Sequence[int] = (), actor: str = ""
) -> int:
    """Use the household's credit for its open bills; returns the fen used. Call after anything that changes either."""
    await lock_account(session, account_id)
    credit = await credit_fen(session, account_id)
    if credit <= 0:
        return 0
    shares = shared_out(credit, await bill_lines(session, [account_id], only_open=True), named)
    rows = [
        transfer(EntryKind.ALLOCATION, account_id, fen, on, at, bill_id=line.bill.id, actor=actor)
        for line, fen in shares
    ]
    if rows:
        await session.execute(NEW_ENTRIES, rows)
    return sum(fen for _, fen in shares)


def shared_out(fen: int, lines: Sequence[BillLine], named: Sequence[int] = ()) -> list[tuple[BillLine, int]]:
    """Which of a household's open bills some money pays, and how much of each, in fen; what is over, pays none."""
    by_id = {line.bill.id: line for line in lines}
    balances = [BillBalance(each.bill.id, each.bill.due_on, each.billed_fen, each.received_fen) for each in lines]
    return [(by_id[bill_id], share) for bill_id, share in allocate(fen, balances, named)]


def open_fen(lines: Sequence[BillLine]) -> int:
    """What some bills still ask for, together."""
    return sum(line.open_fen for line in lines)


async def record_payment(
    session: AsyncSession,
    account_id: int,
    amount_fen: int,
    paid_on: date,
    method: str,
    reference: str,
    at: datetime,
    *,
    on: date,
    thanked: bool = False,
    named: Sequence[int] = (),
    actor: str = "",
) -> Payment | None:
    """Write a payment into the ledger and use it for open bills; None when this reference was recorded before."""
    await lock_account(session, account_id)
    if await recorded_before(session, account_id, method, reference):
        return None
    payment = Payment(
        account_id=account_id,
        amount_fen=amount_fen,
        paid_on=paid_on,
        method=method,
        reference=reference,
        recorded_at=at,
        thanked=thanked,
    )
    session.add(payment)
    await session.flush()
    entry = transfer(EntryKind.PAYMENT, account_id, amount_fen, on, at, payment_id=payment.id, actor=actor)
    await session.execute(NEW_ENTRIES, [entry])
    await settle(session, account_id, on, at, named=named, actor=actor)
    return payment


async def recorded_before(session: AsyncSession, account_id: int, method: str, reference: str) -> bool:
    """Whether the household has a payment of this method and reference, standing or reversed."""
    given = {"account": account_id, "method": method, "reference": reference}
    return await session.scalar(RECORDED_BEFORE, given) is not None


RECORDED_BEFORE = select(Payment.id).where(
    Payment.account_id == bindparam("account"),
    Payment.method == bindparam("method"),
    Payment.reference == bindparam("reference"),
)


async def payments_of(session: AsyncSession, account_code: str) -> list[Payment]:
    """All payments of a household, the latest first; those too that did not stand."""
    query = select(Payment).join(Account, Account.id == Payment.account_id).where(Account.code == account_code)
    return list(await session.scalars(query.order_by(Payment.paid_on.desc(), Payment.id.desc())))


async def latest_payment(session: AsyncSession, account_id: int) -> Payment | None:
    """The household's last payment that stands."""
    query = select(Payment).where(Payment.account_id == account_id, Payment.reversed_at.is_(None))
    return (await session.scalars(query.order_by(Payment.paid_on.desc(), Payment.id.desc()).limit(1))).first()


async def settle_many(
    session: AsyncSession, account_ids: Sequence[int], on: date, at: datetime, *, actor: str = ""
) -> None:
    """`settle` for up to 500 accounts at once: each bill receives what it would have received one by one."""
    await lock_accounts(session, account_ids)
    credits = await session.execute(CREDITS, {"accounts": list(account_ids)})
    credit_of: dict[int, int] = {account_id: int(credit) for account_id, credit in credits}
    if not credit_of:
        return
    open_bills: dict[int, list[BillBalance]] = {account_id: [] for account_id in credit_of}
    for account_id, bill_id, due_on, billed, received in await session.execute(STILL_OPEN, {"accounts": [*credit_of]}):
        open_bills[account_id].append(BillBalance(bill_id, due_on, billed, received))
    rows = [
        transfer(EntryKind.ALLOCATION, account_id, fen, on, at, bill_id=bill_id, actor=actor)
        for account_id, credit in credit_of.items()
        for bill_id, fen in allocate(credit, open_bills[account_id])
    ]
    if rows:
        await session.execute(NEW_ENTRIES, rows)


CREDITS = (
    select(LedgerEntry.account_id, CREDIT)
    .where(LedgerEntry.account_id.in_(bindparam("accounts", expanding=True)))
    .group_by(LedgerEntry.account_id)
    .having(CREDIT > 0)
)
STILL_OPEN = (
    select(Bill.account_id, Bill.id, Bill.due_on, BILLED, RECEIVED)
    .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
    .where(Bill.account_id.in_(bindparam("accounts", expanding=True)), Bill.voided_at.is_(None))
    .group_by(Bill.id)
    .having(BILLED > RECEIVED)
)
