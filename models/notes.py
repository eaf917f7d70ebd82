"""What staff write down about a household: who, when, what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime
from models.staff import Staff


class Note(Base):
    """One note. Notes are added, never changed."""

    __tablename__ = "household_notes"
    __table_args__ = (Index("ix_household_notes_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


async def notes_of(session: AsyncSession, account_id: int, limit: int | None) -> list[tuple[Note, str]]:
    """A household's latest notes with the writer's name, newest first; all where there is no limit."""
    query = (
        select(Note, Staff.name)
        .join(Staff, Staff.id == Note.staff_id)
        .where(Note.account_id == account_id)
        .order_by(Note.id.desc())
        .limit(limit)
    )
    return [(note, name) for note, name in await session.execute(query)]
