"""Short surveys: who was asked about what, and the one number and few words that came back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, cast, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.agreements import Complaint
from models.base import Base, Id, UtcDateTime
from models.people import Binding, Contact, Person

AFTER_COMPLAINT = (timedelta(days=1), timedelta(days=7))  # not at once, and not when it is forgotten
HALF_YEAR = timedelta(days=150)
COMPLAINT, HALF = "complaint", "half"


class Survey(Base):
    """One question to one household."""

    __tablename__ = "surveys"
    __table_args__ = (Index("ix_surveys_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    cause: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    stars: Mapped[int | None]
    text: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def complaints_to_ask_about(session: AsyncSession, now: datetime, limit: int) -> list[Complaint]:
    """Answered complaints and repairs of the last days that nobody was asked about, whose writer still chats."""
    least, most = AFTER_COMPLAINT
    asked = exists().where(Survey.key == literal("complaint/") + cast(Complaint.id, String))
    query = select(Complaint).where(
        Complaint.state == "answered",
        Complaint.closed_at <= now - least,
        Complaint.closed_at > now - most,
        Complaint.person_id.is_not(None),
        ~asked,
    )
    return list(await session.scalars(query.order_by(Complaint.id).limit(limit)))


async def payers_to_ask(session: AsyncSession, now: datetime, limit: int) -> list[tuple[int, int]]:
    """(account, payer) of households that were asked nothing for half a year and have lived with us that long."""
    lately = exists().where(Survey.account_id == Binding.account_id, Survey.asked_at > now - HALF_YEAR)
    reachable = exists().where(Contact.person_id == Binding.person_id, Contact.state == "ok")
    query = (
        select(Binding.account_id, Binding.person_id)
        .join(Person, Person.id == Binding.person_id)
        .where(
            Binding.payer.is_(True),
            Binding.bound_at < now - HALF_YEAR,
            Person.stopped_at.is_(None),
            reachable,
            ~lately,
        )
        .order_by(Binding.account_id)
        .limit(limit)
    )
    return [(account_id, person_id) for account_id, person_id in await session.execute(query)]


async def results(
    session: AsyncSession, community_id: int | None, since: datetime
) -> tuple[dict[int, int], Sequence[Survey]]:
    """How many gave each number of stars since a moment, and the latest words."""
    mine = [Survey.answered_at >= since, Survey.stars.is_not(None)]
    if community_id is not None:
        mine.append(Survey.account_id.in_(select(Account.id).where(Account.community_id == community_id)))
    rows = await session.execute(select(Survey.stars, func.count()).where(*mine).group_by(Survey.stars))
    words = select(Survey).where(*mine, Survey.text != "").order_by(Survey.answered_at.desc()).limit(5)
    return {int(stars): int(number) for stars, number in rows if stars is not None}, list(await session.scalars(words))
