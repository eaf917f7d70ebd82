"""Files that people sent in a chat and the office keeps: asked for in the turn, fetched from the platform a moment later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.messages import Attachment
from models.accounts import Account
from models.base import Base, Id, UtcDateTime, upsert
from models.documents import Document
from models.staff import Staff

DOCUMENT = "document"  # subject of a file that colleagues file; else "dispute/3", "claim/7", "letter/2"
TRIES_MAX = 8
WAIT = timedelta(minutes=1)  # after a first try in vain; longer each time
AT_ONCE = 5  # files in one pass: the next broadcast rows wait behind it


class FileState(StrEnum):
    ASKED = "asked"
    KEPT = "kept"
    FAILED = "failed"
    UNDONE = "undone"  # taken back; the file itself is removed with the next pass


class SentFile(Base):
    """One file of one household. `subject`: what it belongs to."""

    __tablename__ = "sent_files"
    __table_args__ = (UniqueConstraint("account_id", "subject", "file_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    subject: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(16))
    file_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(120), default="")
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    kind: Mapped[str] = mapped_column(String(12), default="")  # of a document: contract, proof …
    title: Mapped[str] = mapped_column(String(120), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    state: Mapped[str] = mapped_column(String(8), default=FileState.ASKED, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    file: Mapped[str] = mapped_column(String(120), default="")  # its name in data/documents
    sha256: Mapped[str] = mapped_column(String(64), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def want_file(
    session: AsyncSession,
    account_id: int,
    subject: str,
    channel: str,
    file: Attachment,
    at: datetime,
    *,
    staff_id: int | None = None,
    kind: str = "",
    title: str = "",
    language: str = "",
) -> bool:
    """Have a file fetched and kept; False: it was asked for before, or has no id to ask for it by."""
    if not file.file_id:
        return False
    row = {
        "account_id": account_id,
        "subject": subject,
        "channel": channel,
        "file_id": file.file_id[:200],
        "name": file.name[-120:],
        "staff_id": staff_id,
        "kind": kind,
        "title": title,
        "language": language,
        "state": FileState.ASKED,
        "tries": 0,
        "file": "",
        "sha256": "",
        "next_at": at,
        "asked_at": at,
    }
    insert = upsert(session, SentFile).values(row)
    again = ("staff_id", "kind", "title", "language", "state", "tries", "next_at", "asked_at", "channel", "name")
    wanted = insert.on_conflict_do_update(
        index_elements=["account_id", "subject", "file_id"],
        set_={name: insert.excluded[name] for name in again},
        where=SentFile.state.in_((FileState.FAILED, FileState.UNDONE)),
    )
    return await session.scalar(wanted.returning(SentFile.id)) is not None


async def is_needed(session: AsyncSession, name: str) -> bool:
    """Something of a household names this file."""
    kept = select(SentFile.id).where(SentFile.file == name, SentFile.state == FileState.KEPT)
    filed = select(Document.id).where(Document.file == name)
    return any([await session.scalar(query.limit(1)) is not None for query in (kept, filed)])


async def files_to_fetch(session: AsyncSession, now: datetime) -> list[SentFile]:
    query = select(SentFile).where(SentFile.state == FileState.ASKED, SentFile.next_at <= now)
    return list(await session.scalars(query.order_by(SentFile.next_at, SentFile.id).limit(AT_ONCE)))


async def try_again(session: AsyncSession, wish: SentFile, now: datetime) -> bool:
    """Another try later; False: it was the last one."""
    tries = wish.tries + 1
    values = {"tries": tries, "next_at": now + WAIT * tries**2}
    await session.execute(update(SentFile).where(SentFile.id == wish.id).values(**values))
    return tries < TRIES_MAX


async def settle_file(
    session: AsyncSession, file_id: int, state: FileState, at: datetime, *, file: str = "", sha256: str = ""
) -> bool:
    """Note what became of it; False when somebody else has settled it."""
    settled = await session.scalar(
        update(SentFile)
        .where(SentFile.id == file_id, SentFile.state == FileState.ASKED)
        .values(state=state, done_at=at, file=file, sha256=sha256)
        .returning(SentFile.id)
    )
    return settled is not None


async def files_of(session: AsyncSession, account_id: int) -> list[SentFile]:
    """What was fetched for a household, oldest first."""
    query = select(SentFile).where(SentFile.account_id == account_id, SentFile.state == FileState.KEPT)
    return list(await session.scalars(query.order_by(SentFile.id)))


async def undo_document(session: AsyncSession, document: Document) -> None:
    """The row goes at once, the file with the next pass."""
    await session.execute(
        update(SentFile)
        .where(SentFile.account_id == document.account_id, SentFile.file == document.file)
        .where(SentFile.subject == DOCUMENT)
        .values(state=FileState.UNDONE)
    )
    await session.execute(delete(Document).where(Document.id == document.id))


async def files_to_remove(session: AsyncSession) -> list[str]:
    """Names of taken-back files that nothing else of the household needs; their rows forget them."""
    gone = list(
        await session.scalars(select(SentFile.file).where(SentFile.state == FileState.UNDONE, SentFile.file != ""))
    )
    needed = set(await session.scalars(select(Document.file).where(Document.file.in_(gone)))) | set(
        await session.scalars(select(SentFile.file).where(SentFile.file.in_(gone), SentFile.state == FileState.KEPT))
    )
    return sorted(set(gone) - needed)


async def forget_files(session: AsyncSession, names: Sequence[str]) -> None:
    await session.execute(
        update(SentFile).where(SentFile.state == FileState.UNDONE, SentFile.file.in_(names)).values(file="")
    )
