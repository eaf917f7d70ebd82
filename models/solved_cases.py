"""Solved cases that colleagues have written down: proposed by one, approved by another, then found by all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, UtcDateTime
from models.staff import Staff, StaffTask

AT_ONCE = 500


class SolvedCase(Base):
    """`say` can be sent to a resident; `do` is for colleagues, a line a step. `state`: proposed, approved, declined."""

    __tablename__ = "solved_cases"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # property | training
    title: Mapped[str] = mapped_column(String(80))
    do: Mapped[str] = mapped_column(Text)
    say: Mapped[str] = mapped_column(Text, default="")
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    author_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def approved_cases(session: AsyncSession) -> Sequence[SolvedCase]:
    query = select(SolvedCase).where(SolvedCase.state == "approved").order_by(SolvedCase.id.desc()).limit(AT_ONCE)
    return (await session.scalars(query)).all()


async def decide_case(session: AsyncSession, case_id: int, state: str, staff_id: int, at: datetime) -> bool:
    """Approve or decline a proposal; False when somebody has decided already."""
    decided = await session.scalar(
        update(SolvedCase)
        .where(SolvedCase.id == case_id, SolvedCase.state == "proposed")
        .values(state=state, decided_by_id=staff_id, decided_at=at)
        .returning(SolvedCase.id)
        .execution_options(synchronize_session="fetch")
    )
    return decided is not None
