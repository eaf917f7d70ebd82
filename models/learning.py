"""What came of each stage: which reminders were followed by the money, by stage, channel, hour, grade, colleague and words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, String, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.learning import NOTHING, WINDOWS_DAYS, Share
from domain.ledger import RECEIVED_SIGN
from models.accounts import Account
from models.base import dialect_of
from models.bills import LedgerEntry, signed
from models.outbox import Outbox, State
from models.reminders import Reminder, ReminderBill
from models.staff import Staff, StaffTask

FIELDS = ("stage", "channel", "hour", "grade", "staff", "template")
HOUR = "%Y-%m-%dT%H"
Windows = Mapping[int, Share]  # days -> share


@dataclass(frozen=True)
class Followed:
    """Shares of stages after which all that they asked for came in within so many days: of all, and by each field."""

    all: Windows
    by: Mapping[str, Mapping[str, Windows]]


async def followed(
    session: AsyncSession, first: date, last: date, today: date, zone: ZoneInfo, community_id: int | None = None
) -> Followed:
    """Of the stages carried out from `first` to `last`: messages that were sent, tasks that were closed.

    A window counts only stages whose days are all over by `today`. It tells what followed, not what caused it.
    """
    total: dict[int, Share] = dict.fromkeys(WINDOWS_DAYS, NOTHING)
    by: dict[str, dict[str, dict[int, Share]]] = {field: defaultdict(_nothing) for field in FIELDS}
    for stage, channel, template, grade, staff, on, sent, cases, *hits in await session.execute(
        _query(session, first, last, community_id)
    ):
        names = (stage, channel, _local_hour(sent, zone), grade, staff, template)
        for days, paid in zip(WINDOWS_DAYS, hits, strict=True):
            if (today - on).days < days:
                continue
            share = Share(int(paid), int(cases))
            total[days] += share
            for field, name in zip(FIELDS, names, strict=True):
                if name:
                    by[field][name][days] += share
    return Followed(total, by)


def _nothing() -> dict[int, Share]:
    return dict.fromkeys(WINDOWS_DAYS, NOTHING)


def _local_hour(sent: str | None, zone: ZoneInfo) -> str:
    """`09` of a UTC hour as the database keeps it; empty where nothing was sent."""
    return f"{datetime.strptime(sent, HOUR).replace(tzinfo=UTC).astimezone(zone):%H}" if sent else ""


def _query(session: AsyncSession, first: date, last: date, community_id: int | None) -> Any:
    """Stages counted in groups that share day, hour and every name; `paid`: all of it came within the window."""
    spoken = (
        select(ReminderBill.reminder_id, func.sum(ReminderBill.open_fen).label("asked"))
        .join(Reminder, Reminder.id == ReminderBill.reminder_id)
        .where(Reminder.decided_on.between(first, last))
        .group_by(ReminderBill.reminder_id)
        .subquery()
    )
    days = _days_between(session, LedgerEntry.on_date, Reminder.decided_on)
    sums = [func.sum(case((days <= window, signed(RECEIVED_SIGN)), else_=0)) for window in WINDOWS_DAYS]
    came = (
        select(ReminderBill.reminder_id, *(each.label(f"in_{n}") for n, each in zip(WINDOWS_DAYS, sums, strict=True)))
        .join(Reminder, Reminder.id == ReminderBill.reminder_id)
        .join(LedgerEntry, LedgerEntry.bill_id == ReminderBill.bill_id)
        .where(Reminder.decided_on.between(first, last), days >= 0)
        .group_by(ReminderBill.reminder_id)
        .subquery()
    )
    hour = func.substr(cast(Outbox.sent_at, String), 1, 13)
    names = (Reminder.stage, Outbox.channel, Outbox.template, Account.grade, Staff.name, Reminder.decided_on, hour)
    paid = (func.sum(case((came.c[f"in_{n}"] >= spoken.c.asked, 1), else_=0)) for n in WINDOWS_DAYS)
    query = (
        select(*names, func.count(), *paid)
        .join(spoken, spoken.c.reminder_id == Reminder.id)
        .join(Account, Account.id == Reminder.account_id)
        .outerjoin(came, came.c.reminder_id == Reminder.id)
        .outerjoin(Outbox, Outbox.id == Reminder.outbox_id)
        .outerjoin(StaffTask, StaffTask.id == Reminder.task_id)
        .outerjoin(Staff, Staff.id == StaffTask.assignee_id)
        .where(or_(Outbox.state == State.SENT, StaffTask.state == "done"))
        .group_by(*names)
    )
    return query if community_id is None else query.where(Account.community_id == community_id)


def _days_between(session: AsyncSession, later: Any, earlier: Any) -> ColumnElement[int]:
    """SQL for whole days, which the two databases say in different words."""
    if dialect_of(session) == "postgresql":
        return cast(later - earlier, Integer)
    return cast(func.julianday(later) - func.julianday(earlier), Integer)
