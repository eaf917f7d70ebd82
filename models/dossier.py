"""Everything the database knows of one household, table by table, for the person who asks for it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from models.accounts import Account, Community
from models.agreements import Claim, Complaint, Dispute, Hold, Offer, Plan, PlanPart, Promise
from models.bills import Bill, LedgerEntry, Payment, bill_lines
from models.calls import Call
from models.details import DetailsCheck
from models.documents import Document
from models.honours import Honour
from models.inbox import Inbox
from models.late_fees import LateFeeWaiver
from models.mandates import Mandate
from models.notes import Note
from models.outbox import Outbox
from models.people import Binding, Contact, Invite, Person
from models.readings import MeterReading
from models.reminders import Reminder, ReminderBill, WaitRow
from models.rewards import PointsEntry
from models.sent_files import SentFile
from models.sms import SmsItem
from models.staff import AuditEntry, StaffTask
from models.surveys import Survey
from models.visits import Visit

Rows = list[dict[str, Any]]


async def dossier(session: AsyncSession, account: Account) -> dict[str, Rows]:
    """Name of a table -> its rows about this household. Tokens and raw platform updates are left out."""
    mine = account.id
    plans = select(Plan.id).where(Plan.account_id == mine)
    reminders = select(Reminder.id).where(Reminder.account_id == mine)
    queries: dict[str, Any] = {
        "account": select(*Account.__table__.columns, Community.name.label("community"))
        .join(Community, Community.id == Account.community_id)
        .where(Account.id == mine),
        "members": select(Person.id, Person.name, Person.language, Person.stopped_at, Binding.role, Binding.payer)
        .add_columns(
            Binding.bound_at, Contact.channel, Contact.user, Contact.chat, Contact.state, Contact.last_heard_at
        )
        .join(Binding, Binding.person_id == Person.id)
        .outerjoin(Contact, Contact.person_id == Person.id)
        .where(Binding.account_id == mine)
        .order_by(Person.id, Contact.id),
        "invites": select(Invite.role, Invite.created_at, Invite.expires_at, Invite.used_at).where(
            Invite.account_id == mine
        ),
        "ledger": _of(LedgerEntry, mine),
        "payments": _of(Payment, mine),
        "meter_readings": _of(MeterReading, mine),
        "reminders": _of(Reminder, mine),
        "reminder_bills": select(*ReminderBill.__table__.columns).where(ReminderBill.reminder_id.in_(reminders)),
        "waits": _of(WaitRow, mine),
        "holds": _of(Hold, mine),
        "promises": _of(Promise, mine),
        "plans": _of(Plan, mine),
        "plan_parts": select(*PlanPart.__table__.columns).where(PlanPart.plan_id.in_(plans)),
        "claims": _of(Claim, mine),
        "disputes": _of(Dispute, mine),
        "complaints": _of(Complaint, mine),
        "offers": _of(Offer, mine),
        "points": _of(PointsEntry, mine),
        "late_fee_waivers": _of(LateFeeWaiver, mine),
        "mandate": select(*Mandate.__table__.columns).where(Mandate.account_id == mine),
        "surveys": _of(Survey, mine),
        "details": _of(DetailsCheck, mine),
        "honour_list": select(*Honour.__table__.columns).where(Honour.account_id == mine),
        "sms": _of(SmsItem, mine),
        "tasks": _of(StaffTask, mine),
        "notes": _of(Note, mine),
        "calls": _of(Call, mine),
        "visits": _of(Visit, mine),
        "documents": _of(Document, mine),
        "sent_files": select(SentFile.subject, SentFile.name, SentFile.sha256, SentFile.state, SentFile.asked_at)
        .where(SentFile.account_id == mine)
        .order_by(SentFile.id),
        "audit": select(AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.detail)
        .where(AuditEntry.subject.in_([f"account/{mine}", f"account/{account.code}"]))
        .order_by(AuditEntry.id),
    }
    found = {name: await _rows(session, query) for name, query in queries.items()}
    found["bills"] = await _bills(session, mine)
    found["conversation"] = await _conversation(session, mine)
    return found


def _of(table: Any, account_id: int) -> Select[Any]:
    return select(*table.__table__.columns).where(table.account_id == account_id).order_by(table.id)


async def _rows(session: AsyncSession, query: Any) -> Rows:
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def _bills(session: AsyncSession, account_id: int) -> Rows:
    """Each bill with its sums; void ones too."""
    sums = {line.bill.id: line for line in await bill_lines(session, [account_id])}
    rows = await _rows(session, _of(Bill, account_id))
    for row in rows:
        line = sums.get(row["id"])
        row["billed_fen"] = line.billed_fen if line else 0
        row["received_fen"] = line.received_fen if line else 0
        row["open_fen"] = line.open_fen if line else 0
    return rows


async def _conversation(session: AsyncSession, account_id: int) -> Rows:
    """What was said, in both directions, by time: of this household, or by its members of no household at all."""
    members = select(Binding.person_id).where(Binding.account_id == account_id)
    told = select(Reminder.outbox_id).where(Reminder.account_id == account_id)

    def about(table: Any) -> Any:
        return or_(table.account_id == account_id, and_(table.account_id.is_(None), table.person_id.in_(members)))

    heard = select(
        Inbox.received_at.label("at"),
        literal("in").label("direction"),
        Inbox.channel,
        Inbox.chat,
        Inbox.person_id,
        Inbox.text,
        Inbox.intent.label("about"),
        Inbox.state,
    ).where(about(Inbox))
    said = select(
        Outbox.created_at,
        literal("out"),
        Outbox.channel,
        Outbox.chat,
        Outbox.person_id,
        Outbox.text,
        Outbox.template,
        Outbox.state,
    ).where(or_(about(Outbox), Outbox.id.in_(told)))
    both = union_all(heard, said).subquery()
    return await _rows(session, select(both).order_by(both.c.at, both.c.direction))
