"""Notice letters (催缴通知书): drafted, agreed to, numbered, delivered; and the proof of each delivery."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    cast,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Fen, Id, UtcDateTime
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.counters import next_number
from models.staff import LIVE as OPEN
from models.staff import Staff, StaffTask


class Stage(StrEnum):
    DRAFT = "draft"  # shown to its writer
    ASKED = "asked"  # a manager is to agree
    ISSUED = "issued"  # numbered; to be printed and delivered
    DELIVERED = "delivered"
    VOID = "void"  # not sent; a number stays in the register


LIVE = (Stage.DRAFT, Stage.ASKED, Stage.ISSUED)


class Means(StrEnum):
    """How a letter reached the household."""

    HANDED = "handed"  # and who signed for it
    REGISTERED = "registered"  # and the number of the mail
    LETTER_BOX = "letter_box"  # in a closed envelope


class Letter(Base):
    """One letter. `data` is all that is printed, kept when it is numbered: the same paper can be printed again."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("year", "number"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey(StaffTask.id))
    state: Mapped[str] = mapped_column(String(10), index=True)
    year: Mapped[int | None]
    number: Mapped[int | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))  # who asked for it; None: the command line
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))
    words: Mapped[str] = mapped_column(String(16))  # the version of its words
    total_fen: Mapped[int] = mapped_column(Fen)
    bills: Mapped[str] = mapped_column(Text)  # [[bill id, open fen]] as they were written
    written_on: Mapped[date] = mapped_column(Date)
    pay_by: Mapped[date] = mapped_column(Date)
    data: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")  # why it is void
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sha256: Mapped[str] = mapped_column(String(64), default="")  # of the file in data/papers


class Delivery(Base):
    """How and when a letter reached the household, and what shows it. Added, never changed."""

    __tablename__ = "letter_deliveries"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey(Letter.id), index=True)
    means: Mapped[str] = mapped_column(String(12))
    on_date: Mapped[date] = mapped_column(Date)
    detail: Mapped[str] = mapped_column(Text, default="")  # who signed, the mail's number
    file: Mapped[str] = mapped_column(Text, default="")  # the picture that came with it: {channel, kind, file_id, name}
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def letter_file(letter: Letter) -> str:
    """Where its paper lies in the data folder."""
    return f"papers/letter-{letter.year}-{letter.number or 0:04d}.pdf"


def same_bills(letter: Letter, bills: Sequence[tuple[int, int]]) -> bool:
    """Whether a letter's bills and sums are still those of its draft."""
    return [tuple(each) for each in json.loads(letter.bills)] == list(bills)


async def live_letter(session: AsyncSession, account_id: int) -> Letter | None:
    """The letter that is under way for a household, if any: there is never a second one beside it."""
    query = select(Letter).where(Letter.account_id == account_id, Letter.state.in_(LIVE))
    return (await session.scalars(query.order_by(Letter.id.desc()).limit(1))).first()


async def words_agreed_to(session: AsyncSession, words: str) -> bool:
    """Whether a manager has agreed to a letter in this version of the words."""
    query = select(Letter.id).where(Letter.words == words, Letter.approver_id.is_not(None), Letter.number.is_not(None))
    return await session.scalar(query.limit(1)) is not None


async def number_letter(session: AsyncSession, letter: Letter, year: int, at: datetime) -> int:
    """Give a letter its number of the year, without gaps; it is issued by that."""
    letter.year, letter.number = year, await next_number(session, f"letter/{year}")
    letter.state, letter.issued_at = Stage.ISSUED, at
    await session.flush()
    return letter.number


async def take(session: AsyncSession, letter_id: int, was: Stage, becomes: Stage) -> bool:
    """Move a letter on, by compare-and-set; False when somebody else was faster."""
    taken = await session.scalar(
        update(Letter).where(Letter.id == letter_id, Letter.state == was).values(state=becomes).returning(Letter.id)
    )
    return taken is not None


async def letters_of(session: AsyncSession, account_id: int) -> list[Letter]:
    """A household's numbered letters, oldest first."""
    query = select(Letter).where(Letter.account_id == account_id, Letter.number.is_not(None)).order_by(Letter.id)
    return list(await session.scalars(query))


async def deliveries_of(session: AsyncSession, letter_ids: Sequence[int]) -> list[tuple[Delivery, str]]:
    """What shows that these letters arrived, with the colleague's name."""
    query = (
        select(Delivery, Staff.name)
        .join(Staff, Staff.id == Delivery.staff_id)
        .where(Delivery.letter_id.in_(letter_ids))
        .order_by(Delivery.id)
    )
    return [(delivery, name) for delivery, name in await session.execute(query)]


async def missing_numbers(session: AsyncSession) -> list[tuple[int, int, int]]:
    """(year, how many letters, highest number) of each year whose numbers have a gap or a double."""
    query = select(Letter.year, func.count(), func.max(Letter.number)).where(Letter.number.is_not(None))
    rows = await session.execute(query.group_by(Letter.year))
    return [(int(year or 0), int(count), int(most or 0)) for year, count, most in rows if count != most]


def _open_fen() -> ColumnElement[int]:
    """What is still open of the bills that were due when the letter was written."""
    return (
        select(BILLED - RECEIVED)
        .select_from(LedgerEntry)
        .join(Bill, Bill.id == LedgerEntry.bill_id)
        .where(Bill.account_id == Letter.account_id, Bill.voided_at.is_(None), Bill.due_on < Letter.written_on)
        .correlate(Letter)
        .scalar_subquery()
    )


async def needless_letters(session: AsyncSession, drafted_before: datetime) -> list[tuple[int, str]]:
    """(id, why) of letters that must not go out any more: all is paid, or the preview is too old."""
    paid = select(Letter.id).where(Letter.state.in_(LIVE), _open_fen() <= 0).order_by(Letter.id)
    found = dict.fromkeys(await session.scalars(paid), "paid")
    old = select(Letter.id).where(Letter.state.in_((Stage.DRAFT, Stage.ASKED)), Letter.created_at < drafted_before)
    return list({**dict.fromkeys(await session.scalars(old), "stale"), **found}.items())


async def paid_letters(session: AsyncSession) -> list[int]:
    """Delivered letters whose bills are paid while somebody still means to look after them."""
    waits = exists().where(StaffTask.source == literal("letter/") + cast(Letter.id, String), StaffTask.state.in_(OPEN))
    query = select(Letter.id).where(Letter.state == Stage.DELIVERED, waits, _open_fen() <= 0)
    return list(await session.scalars(query.order_by(Letter.id)))
