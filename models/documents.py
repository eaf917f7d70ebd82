"""What belongs to a household on paper (R8): contracts, agreements, letters of others; each a file that never changes."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime, upsert


class DocumentKind(StrEnum):
    CONTRACT = "contract"  # 物业服务合同, 培训合同
    AGREEMENT = "agreement"  # 补充协议, 分期协议
    PROOF = "proof"  # 产权证明, 入住登记, 授权书
    LETTER = "letter"  # 往来函件
    OTHER = "other"


class Document(Base):
    """One file about one household. The same bytes are kept once."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("account_id", "sha256"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(120))
    dated_on: Mapped[date] = mapped_column(Date)
    file: Mapped[str] = mapped_column(String(120))  # its name in data/documents
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    actor: Mapped[str] = mapped_column(String(80))  # who added it
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def document_file(document: Document) -> str:
    """Where it lies in the data folder."""
    return document_path(document.file)


def document_path(name: str) -> str:
    return f"documents/{name}"


async def add_document(session: AsyncSession, row: dict[str, object]) -> int | None:
    """Keep a document; None when the household has these very bytes already."""
    insert = upsert(session, Document).values(row)
    kept = insert.on_conflict_do_nothing(index_elements=["account_id", "sha256"]).returning(Document.id)
    found: int | None = await session.scalar(kept)
    return found


async def documents_of(session: AsyncSession, account_id: int) -> list[Document]:
    """A household's documents, oldest first."""
    query = select(Document).where(Document.account_id == account_id).order_by(Document.dated_on, Document.id)
    return list(await session.scalars(query))
