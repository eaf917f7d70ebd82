"""Files that the bot makes for staff (letters, receipts, case files, posters …): who asked for which, and where it lies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, UtcDateTime
from models.staff import Staff


class PaperKind(StrEnum):
    DRAFT = "draft"  # a letter's preview, subject "letter/7"
    LETTER = "letter"  # subject "letter/7"
    RECEIPT = "receipt"  # subject "payment/9"
    BILL = "bill"  # large type, subject "account/3"
    POSTER = "poster"  # subject "community/1"
    ROUTE = "route"  # subject a day
    CASE = "case"  # subject "case/4"
    REPORT = "report"  # subject a period
    DOCUMENT = "document"  # a paper that is kept with a household, as it is: subject "document/5"


class Paper(Base):
    """One wish for a file. `state`: asked, done, failed."""

    __tablename__ = "papers"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="asked", index=True)
    file: Mapped[str] = mapped_column(Text, default="")  # its name in data/papers
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def ask_for(
    session: AsyncSession, kind: PaperKind, subject: str, staff_id: int, language: str, at: datetime
) -> Paper:
    paper = Paper(kind=kind, subject=subject, staff_id=staff_id, language=language, asked_at=at)
    session.add(paper)
    await session.flush()
    return paper


async def asked_papers(session: AsyncSession) -> list[Paper]:
    return list(await session.scalars(select(Paper).where(Paper.state == "asked").order_by(Paper.id)))


async def settle_paper(session: AsyncSession, paper_id: int, state: str, at: datetime, file: str = "") -> bool:
    """Note what became of a wish; False when somebody else has settled it."""
    settled = await session.scalar(
        update(Paper)
        .where(Paper.id == paper_id, Paper.state == "asked")
        .values(state=state, done_at=at, file=file)
        .returning(Paper.id)
    )
    return settled is not None


async def was_asked(session: AsyncSession, kind: PaperKind, subject: str, staff_id: int, since: datetime) -> bool:
    query = select(Paper.id).where(Paper.kind == kind, Paper.subject == subject, Paper.staff_id == staff_id)
    return await session.scalar(query.where(Paper.asked_at >= since).limit(1)) is not None
