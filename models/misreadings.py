"""Sentences that were read wrongly and put right by a tap: future training lines, without a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Index, SQLColumnExpression, String, Text, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.redaction import redact
from domain.wording import TITLES
from models.accounts import Account, Community
from models.base import Base, Id, UtcDateTime
from models.people import Person
from models.staff import Staff

TEXT_MAX = 300


class Correction(Base):
    """One sentence, redacted, with the label it was read as and the label its writer chose."""

    __tablename__ = "corrections"
    __table_args__ = (Index("ix_corrections_at", "at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    read_as: Mapped[str] = mapped_column(String(30))
    meant: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


async def keep(session: AsyncSession, text: str, read_as: str, meant: str, at: datetime) -> None:
    """Remember what a sentence meant. Nothing that identifies anybody is kept of it."""
    redacted = redact(text, await names_in(session, text))[:TEXT_MAX]
    known = select(Correction.id).where(Correction.text == redacted, Correction.meant == meant).limit(1)
    if not redacted or await session.scalar(known) is not None:
        return
    session.add(Correction(text=redacted, read_as=read_as, meant=meant, at=at))


async def corrections(session: AsyncSession) -> Sequence[Correction]:
    """All of them, oldest first."""
    return (await session.scalars(select(Correction).order_by(Correction.id))).all()


async def names_in(session: AsyncSession, text: str) -> set[str]:
    """Names of people, homes and places that the office knows and that stand in a text; given names as well."""
    people = [_untitled(column) for column in (Account.payer_name, Account.student_name, Person.name, Staff.name)]
    places = [Account.address, Account.code, Account.phone, Community.name]
    names: set[str] = set()
    for column in (*people, *places):
        query = select(column).where(func.length(column) >= 2, _stands_in(column, text))
        names |= set(await session.scalars(query.distinct()))
    for column in people:
        given = func.substr(column, 2)
        query = select(given).where(func.length(column) == 3, _stands_in(given, text))
        names |= set(await session.scalars(query.distinct()))
    return names


def _untitled(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """A name without the title it may have been imported with."""
    bare: ColumnElement[str] = func.trim(column)
    for title in TITLES:
        bare = func.replace(bare, title, "")
    return bare


def _stands_in(column: SQLColumnExpression[str], text: str) -> ColumnElement[bool]:
    return func.lower(literal(text)).contains(func.lower(column))


def training_lines(rows: Sequence[Correction]) -> str:
    """The corrections as a file like content/questions.*.toml: one table, a block of lines for each label."""
    blocks: dict[str, dict[str, None]] = {}
    for row in rows:
        line = " ".join(row.text.replace("'''", "").split())
        if line:
            blocks.setdefault(row.meant, {})[line] = None
    parts = [
        "# Training lines: sentences that were read wrongly and put right by those who wrote them. Read them before use.",
        "",
        "[corrected]",
    ]
    for label in sorted(blocks):
        parts += [f"{label} = '''", *blocks[label], "'''"]
    return "\n".join(parts) + "\n"
