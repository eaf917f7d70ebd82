"""Case files: asked for by one colleague, agreed to by another, made once. The household is never told of one by the bot."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime
from models.staff import Staff, StaffTask

APPROVAL_LIFE = timedelta(hours=72)


class CaseStage(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    DECLINED = "declined"
    MADE = "made"


class CaseFile(Base):
    """One case file of one household."""

    __tablename__ = "case_files"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    state: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    purpose: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64), default="")


def case_file(case_id: int) -> str:
    """Where it lies in the data folder."""
    return f"papers/case-{case_id}.zip"


async def waiting_case(session: AsyncSession, account_id: int, now: datetime) -> CaseFile | None:
    """The request that still waits for a second person."""
    query = select(CaseFile).where(
        CaseFile.account_id == account_id,
        CaseFile.state == CaseStage.ASKED,
        CaseFile.asked_at > now - APPROVAL_LIFE,
    )
    return (await session.scalars(query.limit(1))).first()


async def decide_case(session: AsyncSession, case_id: int, stage: CaseStage, by: int, at: datetime) -> bool:
    """A second person's word, by compare-and-set; False when it was decided before."""
    decided = await session.scalar(
        update(CaseFile)
        .where(CaseFile.id == case_id, CaseFile.state == CaseStage.ASKED)
        .values(state=stage, approver_id=by, decided_at=at)
        .returning(CaseFile.id)
    )
    return decided is not None
