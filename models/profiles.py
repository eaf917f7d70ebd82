"""What is known of a household beyond its bills: its payer grade, a pupil's renewal tier."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Date, ForeignKey, Index, String, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.grades import Charged, Graded, Why, grade_of, read_why, terms_of, written
from domain.ladder import BILL_HOLDS, Reason
from domain.tiers import HINTS, UNKNOWN, Evidence, Tier, read_tier, tier_after
from models.accounts import Account
from models.agreements import Hold, Plan, Promise
from models.base import Base, Id, UtcDateTime
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry, Payment

ACCOUNTS_AT_ONCE = 1000
WORDS_COUNT_DAYS = 365  # promises of the last year count
AGREED = (Reason.PROMISED.value, Reason.ON_PLAN.value)


class GradeChange(Base):
    """A payer grade changed, and why; `was` is empty at the first one."""

    __tablename__ = "grade_changes"
    __table_args__ = (Index("ix_grade_changes_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    on_date: Mapped[date] = mapped_column(Date)
    was: Mapped[str] = mapped_column(String(10))
    becomes: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(120))  # domain.grades.Why, "streak:6;days_early:3"


class TierChange(Base):
    """A renewal tier (意向) changed: by which evidence, and who brought it (`staff/3`, `person/9`, `import`, `job`)."""

    __tablename__ = "tier_changes"
    __table_args__ = (Index("ix_tier_changes_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    was: Mapped[str] = mapped_column(String(2))
    becomes: Mapped[str] = mapped_column(String(2))
    evidence: Mapped[str] = mapped_column(String(20))  # domain.tiers.Evidence
    actor: Mapped[str] = mapped_column(String(80))


# payer grades


@dataclass(frozen=True, slots=True)
class GradedAccount:
    """An account with its grade of today. `graded`: None where too little is known."""

    id: int
    grade: str
    graded_on: date | None
    graded: Graded | None

    @property
    def news(self) -> bool:
        """The grade is the first one, or another one."""
        return self.graded is not None and (self.graded_on is None or self.grade != self.graded.grade)


async def graded_accounts(
    session: AsyncSession, today: date, since: date, only: Sequence[int] | None = None
) -> AsyncIterator[list[GradedAccount]]:
    """Every account (or those of `only`) as its ledger and promises grade it today, a thousand at a time.

    `since`: the day from which kept and broken promises count.
    """
    query = select(Account.id, Account.grade, Account.graded_on).order_by(Account.id).limit(ACCOUNTS_AT_ONCE)
    if only is not None:
        query = query.where(Account.id.in_(only))
    last = 0
    while rows := (await session.execute(query.where(Account.id > last))).all():
        last = rows[-1].id
        span = (rows[0].id, last)
        bills, payments = await _bills(session, span), await _payments(session, span)
        words = await _words(session, span, since)
        nothing: list[tuple[date, int]] = []
        yield [
            GradedAccount(
                row.id,
                row.grade,
                row.graded_on,
                grade_of(terms_of(bills.get(row.id, ()), payments.get(row.id, nothing), today), *words[row.id]),
            )
            for row in rows
        ]


async def grade_now(session: AsyncSession, account_id: int, today: date) -> Graded | None:
    """One household's grade at this moment, with its reasons."""
    since = today - timedelta(days=WORDS_COUNT_DAYS)
    async for batch in graded_accounts(session, today, since, only=[account_id]):
        return batch[0].graded
    return None


async def keep_grades(session: AsyncSession, news: Sequence[GradedAccount], today: date) -> int:
    """Write the new grades down, with their reasons; returns how many differ from the one before."""
    table = Account.metadata.tables[Account.__tablename__]
    connection = await session.connection()
    grades = [(each, each.graded) for each in news if each.graded is not None]
    if not grades:
        return 0
    await connection.execute(
        update(table)
        .where(table.c.id == bindparam("b_id"))
        .values(grade=bindparam("b_grade"), graded_on=bindparam("b_on")),
        [{"b_id": each.id, "b_grade": graded.grade.value, "b_on": today} for each, graded in grades],
    )
    changes = [
        {
            "account_id": each.id,
            "on_date": today,
            "was": each.grade,
            "becomes": graded.grade.value,
            "why": written(graded.why),
        }
        for each, graded in grades
        if each.grade != graded.grade
    ]
    if changes:
        await session.execute(insert(GradeChange), changes)
    return len(changes)


async def grade_changes(session: AsyncSession, account_id: int, limit: int) -> Sequence[GradeChange]:
    """A household's latest changes of grade, newest first."""
    query = select(GradeChange).where(GradeChange.account_id == account_id).order_by(GradeChange.id.desc())
    return (await session.scalars(query.limit(limit))).all()


def reasons_of(change: GradeChange) -> tuple[Why, ...]:
    return read_why(change.why)


async def _bills(session: AsyncSession, span: tuple[int, int]) -> Mapping[int, list[Charged]]:
    """Every bill that stands, with what was agreed for it and kept, by account."""
    agreed, held = await _agreed(session, span)
    found: dict[int, list[Charged]] = defaultdict(list)
    for account_id, bill_id, due_on, billed, received in await session.execute(
        select(Bill.account_id, Bill.id, Bill.due_on, BILLED, RECEIVED)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(LedgerEntry.account_id.between(*span), Bill.voided_at.is_(None))
        .group_by(Bill.id)
    ):
        found[account_id].append(Charged(due_on, int(billed), int(received), agreed.get(bill_id), held=bill_id in held))
    return found


async def _agreed(session: AsyncSession, span: tuple[int, int]) -> tuple[dict[int, date], set[int]]:
    """The day that was agreed for a bill and kept, by bill; and the bills that are held at this moment."""
    kept: dict[str, date] = {}
    for promise_id, due_on in await session.execute(
        select(Promise.id, Promise.due_on).where(Promise.account_id.between(*span), Promise.state == "kept")
    ):
        kept[f"promise/{promise_id}"] = due_on
    for plan_id, closed_at in await session.execute(
        select(Plan.id, Plan.closed_at).where(Plan.account_id.between(*span), Plan.state == "done")
    ):
        if closed_at is not None:
            kept[f"plan/{plan_id}"] = closed_at.date()
    agreed: dict[int, date] = {}
    held: set[int] = set()
    for bill_id, source, released_at in await session.execute(
        select(Hold.bill_id, Hold.source, Hold.released_at).where(
            Hold.account_id.between(*span),
            Hold.bill_id.is_not(None),
            Hold.reason.in_([each.value for each in BILL_HOLDS]),
        )
    ):
        if bill_id is None:
            continue
        if released_at is None:
            held.add(bill_id)
        if source in kept:
            agreed[bill_id] = max(kept[source], agreed.get(bill_id, kept[source]))
    return agreed, held


async def _payments(session: AsyncSession, span: tuple[int, int]) -> Mapping[int, list[tuple[date, int]]]:
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for account_id, paid_on, fen in await session.execute(
        select(Payment.account_id, Payment.paid_on, Payment.amount_fen).where(
            Payment.account_id.between(*span), Payment.reversed_at.is_(None)
        )
    ):
        found[account_id].append((paid_on, int(fen)))
    return found


async def _words(session: AsyncSession, span: tuple[int, int], since: date) -> Mapping[int, tuple[int, int]]:
    """How many promises each account kept and broke since a day."""
    found: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for account_id, state in await session.execute(
        select(Promise.account_id, Promise.state).where(
            Promise.account_id.between(*span), Promise.state.in_(("kept", "broken")), Promise.due_on >= since
        )
    ):
        kept, broken = found[account_id]
        found[account_id] = (kept + 1, broken) if state == "kept" else (kept, broken + 1)
    return found


# renewal tiers


async def note_evidence(
    session: AsyncSession, account: Account, evidence: Evidence, actor: str, at: datetime
) -> TierChange | None:
    """What was heard moves the tier; the change that was written down, or None when it stays."""
    becomes = tier_after(account.tier, evidence)
    if becomes == account.tier or (evidence in HINTS and becomes == UNKNOWN and not account.tier):
        return None
    return await set_tier(session, account, becomes, evidence, actor, at)


async def take_evidence_back(
    session: AsyncSession, account: Account, evidence: Evidence, actor: str, noted_at: datetime, at: datetime
) -> TierChange | None:
    """The tier is again what it was before a piece of evidence, unless something else has moved it since."""
    latest = next(iter(await tier_changes(session, account.id, 1)), None)
    if latest is None or (latest.evidence, latest.at) != (evidence, noted_at):
        return None
    return await set_tier(session, account, read_tier(latest.was) or UNKNOWN, Evidence.TAKEN_BACK, actor, at)


async def set_tier(
    session: AsyncSession, account: Account, becomes: Tier, evidence: Evidence, actor: str, at: datetime
) -> TierChange:
    change = TierChange(account_id=account.id, at=at, was=account.tier, becomes=becomes, evidence=evidence, actor=actor)
    account.tier = becomes.value
    session.add(change)
    await session.flush()
    return change


async def tier_changes(session: AsyncSession, account_id: int, limit: int) -> Sequence[TierChange]:
    """A family's latest changes of tier, newest first."""
    query = select(TierChange).where(TierChange.account_id == account_id).order_by(TierChange.id.desc())
    return (await session.scalars(query.limit(limit))).all()
