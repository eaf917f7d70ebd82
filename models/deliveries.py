"""What a platform says later about a message it took: that it arrived, or that it did not and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.clock import local_date
from domain.office import Office
from models import facts, fallback
from models.base import Base, UtcDateTime, upsert
from models.outbox import Outbox, State
from models.people import Contact
from models.reminders import count_contacts

KEPT = timedelta(days=1)
USER_BLOCK = "user block"


class DeliveryReport(Base):
    """A platform's word on one message. It may come before our own record of having sent it. `failure`: empty: arrived."""

    __tablename__ = "delivery_reports"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    chat: Mapped[str] = mapped_column(String(64))
    failure: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


async def keep(session: AsyncSession, channel: str, chat: str, message_id: str, failure: str, at: datetime) -> None:
    """Write a report down; the first one counts."""
    await session.execute(
        upsert(session, DeliveryReport)
        .values(channel=channel, message_id=message_id[:64], chat=chat, failure=failure[:40], at=at)
        .on_conflict_do_nothing(index_elements=["channel", "message_id"])
    )


async def apply(session: AsyncSession, office: Office, now: datetime) -> int:
    """Bring the reports to their messages; returns how many found theirs. Those that never do are dropped after a day."""
    await session.execute(delete(DeliveryReport).where(DeliveryReport.at < now - KEPT))
    found = 0
    for report in list(await session.scalars(select(DeliveryReport).order_by(DeliveryReport.at))):
        query = select(Outbox).where(
            Outbox.channel == report.channel, Outbox.chat == report.chat, Outbox.message_id == report.message_id
        )
        row = (await session.scalars(query)).first()
        if row is None:
            continue
        if report.failure:
            await _failed(session, office, row, report.failure, now)
        else:
            row.delivered_at = report.at
        await session.delete(report)
        found += 1
    return found


async def _failed(session: AsyncSession, office: Office, row: Outbox, failure: str, now: datetime) -> None:
    """The platform took the message and could not deliver it: it wasn't sent, and may go another way."""
    if row.state != State.SENT:
        return
    [case] = await facts.cases(session, office, [row], now)
    if row.sent_at is not None:
        await count_contacts(session, facts.counted(case), local_date(row.sent_at, office.zone), by=-1)
    if failure == USER_BLOCK:
        await session.execute(
            update(Contact).where(Contact.channel == row.channel, Contact.chat == row.chat).values(state="blocked")
        )
    ways = [name for name in office.policy(case.policy_kind).channels if name in office.channels]
    other = await fallback.next_chat(session, row, ways)
    if other is None:
        row.state, row.reason, row.error, row.sent_at = State.DEAD, "not_delivered", failure, None
        return
    values = fallback.onward(row, other, failure, now)
    await fallback.bring_along(session, row, other)
    for name, value in values.items():
        setattr(row, name, value)
