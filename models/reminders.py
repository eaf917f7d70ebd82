"""What the ladder did for each household: reminders, waits and why, runs, and the counters behind the caps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain.ladder import Contacts, Reason
from models.accounts import Account
from models.agreements import Hold, Offer
from models.base import Base, Fen, Id, UtcDateTime, dialect_of, upserting
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.outbox import CLAIMABLE, Outbox, State
from models.people import Contact
from models.staff import StaffTask

CAPS_LOCK = 7_365_001  # of PostgreSQL; any number that nothing else here uses


class Reminder(Base):
    """One stage carried out for one household: a message, or a task for staff."""

    __tablename__ = "reminders"
    __table_args__ = (Index("ix_reminders_account_id", "account_id"), Index("ix_reminders_outbox_id", "outbox_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    anchor_bill_id: Mapped[int] = mapped_column(ForeignKey(Bill.id))
    stage: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(8))  # remind | staff
    decided_on: Mapped[date] = mapped_column(Date)
    policy_hash: Mapped[str] = mapped_column(String(16))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey(Outbox.id))
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    answer_hours: Mapped[int | None]  # it asks for an answer: silence for so long becomes a call
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by a tap, in words, or by paying
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OfferStep(Base):
    """One stage of the renewal carried out for one family: a message, or a task for staff."""

    __tablename__ = "offer_steps"
    __table_args__ = (Index("ix_offer_steps_offer_id", "offer_id"), Index("ix_offer_steps_account_id", "account_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    stage: Mapped[str] = mapped_column(String(40))
    decision: Mapped[str] = mapped_column(String(8))  # remind | staff
    decided_on: Mapped[date] = mapped_column(Date)
    policy_hash: Mapped[str] = mapped_column(String(16))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey(Outbox.id))
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReminderBill(Base):
    """A bill that a reminder spoke of, with the figure it gave."""

    __tablename__ = "reminder_bills"
    reminder_id: Mapped[int] = mapped_column(ForeignKey(Reminder.id), primary_key=True)
    bill_id: Mapped[int] = mapped_column(ForeignKey(Bill.id), primary_key=True, index=True)
    open_fen: Mapped[int] = mapped_column(Fen)
    days_behind: Mapped[int] = mapped_column(default=0)


class WaitRow(Base):
    """Why a household is not written to, one row for each stretch of days with the same reason."""

    __tablename__ = "waits"
    __table_args__ = (Index("ix_waits_account_id_last_on", "account_id", "last_on"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    reason: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(40), default="")
    since_on: Mapped[date] = mapped_column(Date)
    last_on: Mapped[date] = mapped_column(Date)


class Run(Base):
    """One planning run that waits for a manager, or was let go. `state`: domain.runs.RunState."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    on_date: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10))
    remind: Mapped[int] = mapped_column(default=0)
    staff: Mapped[int] = mapped_column(default=0)
    drafted_by: Mapped[str] = mapped_column(String(80), default="", server_default="")  # "schedule", "staff/3"
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # a draft is of one day
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PolicyText(Base):
    """The full text of each policy that ever decided anything, by its hash."""

    __tablename__ = "policy_texts"
    hash: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContactCount(Base):
    """How often a household or a person was written to on a local day; the caps read it inside the claim."""

    __tablename__ = "contact_counts"
    __table_args__ = (UniqueConstraint("scope", "subject_id", "day"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scope: Mapped[str] = mapped_column(String(8))  # account | person | group
    subject_id: Mapped[int] = mapped_column(Id)
    day: Mapped[date] = mapped_column(Date)
    number: Mapped[int] = mapped_column(default=0)


async def contact_sums(
    session: AsyncSession, scope: str, subject_ids: Sequence[int], today: date
) -> dict[int, tuple[int, int, int]]:
    """Messages today, in the last 7 and in the last 30 days (today included), by subject."""
    if not subject_ids:
        return {}
    week, month = today - timedelta(days=7), today - timedelta(days=30)
    given = {"scope": scope, "subjects": list(subject_ids), "today": today, "week": week, "month": month}
    rows = await session.execute(CONTACT_SUMS, given)
    return {subject: (int(one), int(seven), int(thirty)) for subject, one, seven, thirty in rows}


# Put together once: a lane asks at each claim.
CONTACT_SUMS = (
    select(
        ContactCount.subject_id,
        func.sum(case((ContactCount.day == bindparam("today"), ContactCount.number), else_=0)),
        func.sum(case((ContactCount.day > bindparam("week"), ContactCount.number), else_=0)),
        func.sum(ContactCount.number),
    )
    .where(
        ContactCount.scope == bindparam("scope"),
        ContactCount.subject_id.in_(bindparam("subjects", expanding=True)),
        ContactCount.day > bindparam("month"),
        ContactCount.day <= bindparam("today"),
    )
    .group_by(ContactCount.subject_id)
)


async def lock_contacts(session: AsyncSession) -> None:
    """One lane at a time compares the counters with the caps until its transaction ends.

    Else two lanes on PostgreSQL would both see the last free place. A SQLite transaction is alone anyway.
    """
    assert session.bind is not None
    if session.bind.dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(CAPS_LOCK)))


async def count_contacts(session: AsyncSession, subjects: Sequence[tuple[str, int]], day: date, by: int = 1) -> None:
    """Count a message for each (scope, id), or take it back, in one atomic statement each."""
    if not subjects:
        return
    await session.execute(
        _counting(dialect_of(session)),
        [{"scope": scope, "subject_id": subject_id, "day": day, "number": by} for scope, subject_id in subjects],
    )


@cache
def _counting(dialect: str) -> Any:
    insert = upserting(dialect, ContactCount.__table__)
    return insert.on_conflict_do_update(
        index_elements=["scope", "subject_id", "day"], set_={"number": ContactCount.number + insert.excluded.number}
    )


def larger(one: tuple[int, int, int], other: tuple[int, int, int], last_on: date | None) -> Contacts:
    """The stricter of the account's and the person's counts."""
    day, week, month = (max(pair) for pair in zip(one, other, strict=True))
    return Contacts(day, week, month, last_on)


async def keep_waits(session: AsyncSession, waits: Sequence[tuple[int, str, str]], today: date) -> None:
    """Record (account id, reason, stage) for today: the running stretch is extended, or a new one begins."""
    ids = [account_id for account_id, _, _ in waits]
    latest = {
        row.account_id: row
        for row in await session.scalars(
            select(WaitRow).where(
                WaitRow.id.in_(
                    select(func.max(WaitRow.id)).where(WaitRow.account_id.in_(ids)).group_by(WaitRow.account_id)
                ),
            )
        )
    }
    for account_id, reason, stage in waits:
        row = latest.get(account_id)
        if row is not None and (row.reason, row.stage) == (reason, stage):
            row.last_on = max(row.last_on, today)
        else:
            session.add(WaitRow(account_id=account_id, reason=reason, stage=stage, since_on=today, last_on=today))


TOLD = aliased(Reminder)


def needless() -> ColumnElement[bool]:
    """SQL: a waiting reminder of which no bill is open and undisputed any more."""
    balance = (
        select(BILLED - RECEIVED)
        .where(LedgerEntry.bill_id == ReminderBill.bill_id)
        .scalar_subquery()
        .correlate(ReminderBill)
    )
    disputed = exists().where(
        Hold.bill_id == ReminderBill.bill_id, Hold.reason == Reason.DISPUTED, Hold.released_at.is_(None)
    )
    alive = (
        exists()
        .where(TOLD.outbox_id == Outbox.id, ReminderBill.reminder_id == TOLD.id, balance > 0, ~disputed)
        .correlate(Outbox)
    )
    waiting = Outbox.state.in_((*CLAIMABLE, State.PLANNED))
    return and_(waiting, exists().where(Reminder.outbox_id == Outbox.id).correlate(Outbox), ~alive)


async def withdraw_needless(session: AsyncSession, account_ids: Sequence[int]) -> None:
    """Take back the waiting reminders of these accounts that payments, voids or disputes made needless."""
    about = select(Reminder.outbox_id).where(Reminder.account_id.in_(account_ids), Reminder.outbox_id.is_not(None))
    await session.execute(
        update(Outbox)
        .where(Outbox.id.in_(about), needless())
        .values(state=State.CANCELLED, reason=Reason.PAID.value)
        .execution_options(synchronize_session=False)
    )


async def approve_run(session: AsyncSession, by: str, at: datetime) -> Run | None:
    """Approve the run that waits (or the first one to come), and close its task; None when there is nothing to approve."""
    run = (await session.scalars(select(Run).where(Run.state == "awaiting").order_by(Run.id))).first()
    if run is None:
        if await session.scalar(select(Run.id).limit(1)) is not None:
            return None
        # Said before the first run was planned: it counts all the same.
        run = Run(on_date=at.date(), state="awaiting", remind=0, staff=0, created_at=at)
        session.add(run)
        await session.flush()
    run.state, run.decided_by = "approved", by
    await session.execute(
        update(StaffTask)
        .where(StaffTask.source == f"run/{run.id}", StaffTask.state.in_(("open", "taken")))
        .values(state="done", closed_at=at)
    )
    await session.flush()
    return run


async def latest_reminders(
    session: AsyncSession, account_id: int, limit: int
) -> Sequence[tuple[date, str, str | None]]:
    """The last stages carried out for a household, newest last: day, stage, and the state of the message."""
    query = (
        select(Reminder.decided_on, Reminder.stage, Outbox.state)
        .outerjoin(Outbox, Outbox.id == Reminder.outbox_id)
        .where(Reminder.account_id == account_id)
        .order_by(Reminder.id.desc())
        .limit(limit)
    )
    return list(await session.execute(query))[::-1]


async def latest_wait(session: AsyncSession, account_id: int, today: date) -> WaitRow | None:
    """Why the household is not written to today, as the last run found."""
    query = select(WaitRow).where(WaitRow.account_id == account_id, WaitRow.last_on >= today)
    return (await session.scalars(query.order_by(WaitRow.id.desc()).limit(1))).first()


@dataclass(frozen=True)
class Unanswered:
    """A reminder whose hours for an answer are over. `answered`: they wrote, or paid, meanwhile."""

    reminder: Reminder
    answered: bool


async def unanswered(session: AsyncSession, now: datetime, limit: int) -> list[Unanswered]:
    """Reminders that asked for a tap, were delivered, and whose hours have run out without one."""
    rows = (
        await session.execute(
            select(Reminder, Outbox.sent_at, func.max(Contact.last_heard_at))
            .join(Outbox, Outbox.id == Reminder.outbox_id)
            .outerjoin(Contact, Contact.person_id == Outbox.person_id)
            .where(
                Reminder.answer_hours.is_not(None),
                Reminder.answered_at.is_(None),
                Reminder.task_id.is_(None),
                Outbox.state == State.SENT,
            )
            .group_by(Reminder.id, Outbox.sent_at)
            .order_by(Reminder.id)
        )
    ).all()
    over = [
        (reminder, sent_at, heard_at)
        for reminder, sent_at, heard_at in rows
        if sent_at is not None and sent_at + timedelta(hours=reminder.answer_hours or 0) <= now
    ][:limit]
    still_open = set(
        await session.scalars(
            select(ReminderBill.reminder_id)
            .join(LedgerEntry, LedgerEntry.bill_id == ReminderBill.bill_id)
            .where(ReminderBill.reminder_id.in_([reminder.id for reminder, _, _ in over]))
            .group_by(ReminderBill.reminder_id, ReminderBill.bill_id)
            .having(BILLED - RECEIVED > 0)
        )
    )
    return [
        Unanswered(reminder, (heard_at is not None and heard_at >= sent_at) or reminder.id not in still_open)
        for reminder, sent_at, heard_at in over
    ]
