"""What must always hold of money, the outbox and the audit log; each rule is a query that finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.ledger import TRANSFERS, EntryKind
from models.agreements import Plan, PlanPart
from models.base import Database
from models.bills import BILLED, CREDIT, RECEIVED, Bill, LedgerEntry, Payment, total
from models.erasing import remains
from models.letters import missing_numbers
from models.outbox import Outbox, State
from models.reminders import Reminder, needless
from models.rewards import BACK, DISCOUNT, FOR_BILL, ON_TIME, PointsEntry
from models.staff import broken_audit_entries

SHOWN = 10  # ids named for each rule
OF_BILLS = (
    EntryKind.CHARGE,
    EntryKind.RAISE,
    EntryKind.LOWER,
    EntryKind.VOID,
    EntryKind.ALLOCATION,
    EntryKind.RELEASE,
    EntryKind.REBATE,
    EntryKind.REBATE_BACK,
    EntryKind.REBATE,
    EntryKind.REBATE_BACK,
)
OF_PAYMENTS = (EntryKind.PAYMENT, EntryKind.REVERSAL)


async def findings(database: Database) -> list[str]:
    """Everything that does not hold, in words; empty when all is well."""
    async with database.read() as session:
        looks = (_file, _money, _rewards, _plans, _outbox, _letters, _audit)
        return [each for look in looks for each in await look(session)]


async def _file(session: AsyncSession) -> list[str]:
    """SQLite's own checks; PostgreSQL keeps its pages and references sound by itself."""
    assert session.bind is not None
    if session.bind.dialect.name != "sqlite":
        return []
    said = [row[0] for row in await session.execute(text("PRAGMA integrity_check"))]
    found = [f"file: {line}" for line in said if line != "ok"]
    strays = await session.execute(text("PRAGMA foreign_key_check"))
    return found + [
        f"file: {table} row {row} points at a {parent} that is not there" for table, row, parent, _ in strays
    ]


async def _letters(session: AsyncSession) -> list[str]:
    """The register of notice letters has every number once."""
    gaps = await missing_numbers(session)
    return [f"letters of {year}: {count} of them, but the last number is {last}" for year, count, last in gaps]


async def _money(session: AsyncSession) -> list[str]:
    rules: list[tuple[str, Select[Any]]] = [
        (
            "ledger entries between the wrong books",
            select(LedgerEntry.id).where(
                tuple_(LedgerEntry.kind, LedgerEntry.debit, LedgerEntry.credit).not_in(
                    [(kind.value, debit.value, credit.value) for kind, (debit, credit) in TRANSFERS.items()]
                )
            ),
        ),
        ("ledger entries of no fen or less", select(LedgerEntry.id).where(LedgerEntry.amount_fen <= 0)),
        (
            "ledger entries without the bill or payment they are about",
            select(LedgerEntry.id).where(
                or_(
                    and_(LedgerEntry.kind.in_(OF_BILLS), LedgerEntry.bill_id.is_(None)),
                    and_(LedgerEntry.kind.in_(OF_PAYMENTS), LedgerEntry.payment_id.is_(None)),
                )
            ),
        ),
        (
            "ledger entries of another account than their bill or payment",
            select(LedgerEntry.id)
            .outerjoin(Bill, Bill.id == LedgerEntry.bill_id)
            .outerjoin(Payment, Payment.id == LedgerEntry.payment_id)
            .where(
                or_(
                    func.coalesce(Bill.account_id, LedgerEntry.account_id) != LedgerEntry.account_id,
                    func.coalesce(Payment.account_id, LedgerEntry.account_id) != LedgerEntry.account_id,
                )
            ),
        ),
        ("bills whose open sum is not between 0 and what was billed", _bills(or_(RECEIVED < 0, RECEIVED > BILLED))),
        (
            "void bills that still ask for or hold money",
            _bills(or_(BILLED != 0, RECEIVED != 0), Bill.voided_at.is_not(None)),
        ),
        (
            "bills without a charge",
            select(Bill.id).where(Bill.id.not_in(_of_kind(LedgerEntry.bill_id, EntryKind.CHARGE))),
        ),
        (
            "accounts that used more than they paid",
            select(LedgerEntry.account_id).group_by(LedgerEntry.account_id).having(CREDIT < 0),
        ),
        ("payments that the ledger has with another sum", _payments()),
    ]
    return [each for name, query in rules for each in await _found(session, name, query)]


def _bills(wrong: ColumnElement[bool], which: ColumnElement[bool] | None = None) -> Select[Any]:
    query = select(Bill.id).join(LedgerEntry, LedgerEntry.bill_id == Bill.id).group_by(Bill.id).having(wrong)
    return query if which is None else query.where(which)


def _of_kind(column: Any, kind: EntryKind) -> Select[Any]:
    return select(column).where(LedgerEntry.kind == kind, column.is_not(None))


def _payments() -> Select[Any]:
    """A payment stands in the ledger once with its own sum, and once more the other way when it was reversed."""

    taken_back = case((Payment.reversed_at.is_not(None), Payment.amount_fen), else_=0)
    return (
        select(Payment.id)
        .outerjoin(LedgerEntry, LedgerEntry.payment_id == Payment.id)
        .group_by(Payment.id)
        .having(or_(total({EntryKind.PAYMENT: 1}) != Payment.amount_fen, total({EntryKind.REVERSAL: 1}) != taken_back))
    )


async def _rewards(session: AsyncSession) -> list[str]:
    """No household has fewer points than none, nothing is given or used twice, and what was used is in the money ledger."""
    undoing, other, ledger = aliased(PointsEntry), aliased(PointsEntry), aliased(LedgerEntry)
    undone = select(undoing.reverses_id).where(undoing.reverses_id.is_not(None))
    reversed_entries = select(ledger.reverses_id).where(ledger.reverses_id.is_not(None))
    discount = and_(LedgerEntry.kind == EntryKind.REBATE, LedgerEntry.reason.startswith(DISCOUNT))
    rules: list[tuple[str, Select[Any]]] = [
        (
            "accounts with fewer points than none",
            select(PointsEntry.account_id).group_by(PointsEntry.account_id).having(func.sum(PointsEntry.points) < 0),
        ),
        (
            "bills that earned points twice",
            select(PointsEntry.bill_id)
            .where(PointsEntry.kind == ON_TIME, PointsEntry.id.not_in(undone))
            .group_by(PointsEntry.bill_id)
            .having(func.count() > 1),
        ),
        (
            "points taken back that were not given like that",
            select(PointsEntry.id)
            .outerjoin(other, other.id == PointsEntry.reverses_id)
            .where(
                PointsEntry.kind == BACK,
                or_(
                    other.id.is_(None),
                    other.account_id != PointsEntry.account_id,
                    PointsEntry.points * other.points > 0,
                    func.abs(PointsEntry.points) > func.abs(other.points),
                ),
            ),
        ),
        (
            "points used for a bill without their rebate",
            select(PointsEntry.id)
            .outerjoin(LedgerEntry, LedgerEntry.id == PointsEntry.ledger_id)
            .where(
                PointsEntry.kind == FOR_BILL,
                or_(
                    LedgerEntry.id.is_(None),
                    LedgerEntry.kind != EntryKind.REBATE,
                    LedgerEntry.account_id != PointsEntry.account_id,
                    LedgerEntry.bill_id != PointsEntry.bill_id,
                ),
            ),
        ),
        (
            "bills with two discounts",
            select(LedgerEntry.bill_id)
            .where(discount, LedgerEntry.id.not_in(reversed_entries))
            .group_by(LedgerEntry.bill_id)
            .having(func.count() > 1),
        ),
        (
            "rebates taken back with another sum",
            select(LedgerEntry.id)
            .outerjoin(ledger, ledger.id == LedgerEntry.reverses_id)
            .where(
                LedgerEntry.kind == EntryKind.REBATE_BACK,
                or_(
                    ledger.id.is_(None),
                    ledger.kind != EntryKind.REBATE,
                    ledger.amount_fen != LedgerEntry.amount_fen,
                    ledger.bill_id != LedgerEntry.bill_id,
                ),
            ),
        ),
    ]
    return [each for name, query in rules for each in await _found(session, name, query)]


async def _plans(session: AsyncSession) -> list[str]:
    """Parts add up to the plan's sum to the last fen, each is at least one fen, their dates rise."""
    parts: dict[int, list[PlanPart]] = {}
    for part in await session.scalars(select(PlanPart).order_by(PlanPart.plan_id, PlanPart.number)):
        parts.setdefault(part.plan_id, []).append(part)
    sums, dates = [], []
    for plan_id, total_fen in await session.execute(select(Plan.id, Plan.total_fen).order_by(Plan.id)):
        mine = parts.get(plan_id, [])
        if sum(part.amount_fen for part in mine) != total_fen or any(part.amount_fen < 1 for part in mine):
            sums.append(plan_id)
        if any(one.due_on >= next_one.due_on for one, next_one in pairwise(mine)):
            dates.append(plan_id)
    return [*_named("plans whose parts don't add up", sums), *_named("plans whose dates don't rise", dates)]


async def _outbox(session: AsyncSession) -> list[str]:
    sent_without = and_(Outbox.state == State.SENT, Outbox.sent_at.is_(None))
    unowned = and_(Outbox.state == State.SENDING, or_(Outbox.worker == "", Outbox.lease_until.is_(None)))
    promised = select(Reminder.id).where(
        or_(
            and_(Reminder.decision == "remind", Reminder.outbox_id.is_(None)),
            and_(Reminder.decision == "staff", Reminder.task_id.is_(None)),
        )
    )
    rules: list[tuple[str, Select[Any]]] = [
        ("messages in a state that is none", select(Outbox.id).where(Outbox.state.not_in([s.value for s in State]))),
        ("messages sent at no time", select(Outbox.id).where(sent_without)),
        ("messages being sent by nobody", select(Outbox.id).where(unowned)),
        ("reminders carried out by no message and no task", promised),
        ("waiting reminders of paid, void or disputed bills", select(Outbox.id).where(needless())),
    ]
    found = [each for name, query in rules for each in await _found(session, name, query)]
    return [*found, *_named("erased accounts with people or words left", await remains(session))]


async def _audit(session: AsyncSession) -> list[str]:
    return _named("audit entries that were edited, or follow one that is gone", await broken_audit_entries(session))


async def _found(session: AsyncSession, name: str, query: Select[Any]) -> list[str]:
    return _named(name, list(await session.scalars(query)))


def _named(name: str, ids: Sequence[int]) -> list[str]:
    if not ids:
        return []
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return [f"{name}: {', '.join(str(each) for each in sorted(ids)[:SHOWN])}{more}"]
