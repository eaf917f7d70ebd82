"""Who lives or studies where: communities, accounts, and the fee items billed to them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, Dialect, ForeignKey, String, Text, UniqueConstraint, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from domain.billing import Step, Tariff
from domain.rooms import means_home, reads_like_room, room_parts
from domain.tariffs import read_steps, steps_words
from models.base import Base, ExactDecimal, Fen, Id, UtcDateTime


class Community(Base):
    """An estate or a campus."""

    __tablename__ = "communities"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(12))  # property | training
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pause_reason: Mapped[str] = mapped_column(Text, default="")


class Account(Base):
    """A household (户) or a pupil's family: what bills are addressed to."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    community_id: Mapped[int] = mapped_column(ForeignKey(Community.id), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    building: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(120), default="")
    payer_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(32), default="")
    area_m2: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    fee_item: Mapped[str] = mapped_column(String(60), default="")
    rate_yuan: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    cycle: Mapped[str] = mapped_column(String(10), default="month")
    grade: Mapped[str] = mapped_column(String(10), default="")
    grade_given: Mapped[str] = mapped_column(String(10), default="", server_default="")  # as last imported
    graded_on: Mapped[date | None] = mapped_column(
        Date
    )  # None: the grade is the imported one, there is no evidence yet
    tier: Mapped[str] = mapped_column(String(2), default="")
    tier_given: Mapped[str] = mapped_column(String(2), default="", server_default="")  # as last imported
    traits: Mapped[str] = mapped_column(String(120), default="")  # sorted words joined by ;
    language: Mapped[str] = mapped_column(String(8), default="")
    student_name: Mapped[str] = mapped_column(String(80), default="")
    class_name: Mapped[str] = mapped_column(String(80), default="")
    lessons_left: Mapped[int | None]
    first_contacted_on: Mapped[date | None] = mapped_column(Date)  # None: no stage of the ladder was carried out yet
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nothing of its people is left but the money

    @property
    def room(self) -> str:
        return room_of(self.building, self.address, self.class_name) or self.code


def room_of(building: str, address: str, class_name: str) -> str:
    """Building and room as one would say it: the address, with the building before it unless it already is; may be empty."""
    if not address:
        return building or class_name
    return address if address.startswith(building) else f"{building}{address}"


class Steps(TypeDecorator[tuple[Step, ...]]):
    """The prices of a tiered tariff, kept as one would write them: `0-180:3.45;180-:4.83`."""

    impl = String(240)
    cache_ok = True

    def process_bind_param(self, value: tuple[Step, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else steps_words(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[Step, ...] | None:
        return None if value is None else read_steps(value)


class MeterTerms:
    """What a metered fee has beside its rate."""

    tier_prices: Mapped[tuple[Step, ...]] = mapped_column(Steps, default=(), server_default="")
    tiers_per: Mapped[str] = mapped_column(String(6), default="", server_default="")  # period | year; "": no tiers
    least_thousandths: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    least_fen: Mapped[int] = mapped_column(Fen, default=0, server_default="0")
    cycle: Mapped[str] = mapped_column(String(10))

    @property
    def tariff(self) -> Tariff:
        return Tariff(self.tier_prices, self.tiers_per, self.least_thousandths, self.least_fen, self.cycle)


class FeeItem(MeterTerms, Base):
    """A fee rule (收费标准), versioned by its start date."""

    __tablename__ = "fee_items"
    __table_args__ = (UniqueConstraint("community_id", "item", "starts_on"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey(Community.id))
    item: Mapped[str] = mapped_column(String(60))
    formula: Mapped[str] = mapped_column(String(10))  # area | fixed | metered
    rate_yuan: Mapped[Decimal] = mapped_column(ExactDecimal)
    due_day: Mapped[int]
    starts_on: Mapped[date] = mapped_column(Date)


async def by_code(session: AsyncSession, code: str) -> Account | None:
    return (await session.scalars(select(Account).where(Account.code == code))).one_or_none()


async def accounts_called(session: AsyncSession, community_id: int | None, words: str, limit: int) -> list[Account]:
    """The households that these words name: by code or payer's name; else by room (`1201`, `3-2-501`) or a part of the name."""
    words = words.strip()[:80]
    if not words:
        return []
    mine = select(Account).where(Account.erased_at.is_(None)).order_by(Account.code)
    if community_id is not None:
        mine = mine.where(Account.community_id == community_id)
    exactly = or_(func.lower(Account.code) == words.lower(), func.lower(Account.payer_name) == words.lower())
    found = list(await session.scalars(mine.where(exactly).limit(limit)))
    if found or len(words) < 2:
        return found
    if not reads_like_room(words):
        named = func.lower(Account.payer_name).contains(words.lower(), autoescape=True)
        return list(await session.scalars(mine.where(named).limit(limit)))
    room = room_parts(words)[-1]
    ending = or_(*(func.lower(column).contains(room, autoescape=True) for column in (Account.address, Account.code)))
    # A short room is found in many codes: of those only what tells homes apart is read.
    near = await session.execute(
        mine.with_only_columns(Account.id, Account.building, Account.address, Account.code).where(ending)
    )
    ids = [row.id for row in near if means_home(words, f"{row.building} {row.address}", row.code)][:limit]
    return list(await session.scalars(mine.where(Account.id.in_(ids))))


async def community_named(session: AsyncSession, name: str) -> Community | None:
    return (await session.scalars(select(Community).where(Community.name == name))).one_or_none()


async def fee_rule(session: AsyncSession, community_id: int, item: str, on: date) -> FeeItem | None:
    """The version of a fee rule in force on a day."""
    rules = select(FeeItem).where(FeeItem.community_id == community_id, FeeItem.item == item, FeeItem.starts_on <= on)
    return (await session.scalars(rules.order_by(FeeItem.starts_on.desc()).limit(1))).one_or_none()


async def communities(session: AsyncSession) -> list[Community]:
    return list(await session.scalars(select(Community).order_by(Community.name)))


async def kinds(session: AsyncSession, community_id: int | None) -> set[str]:
    """What the office is here: `property`, `training` or both; of one community, or of all when that is None."""
    query = select(Community.kind).distinct()
    return set(await session.scalars(query if community_id is None else query.where(Community.id == community_id)))


async def account_ids_of(session: AsyncSession, community_id: int | None) -> list[int]:
    """The accounts of one community, or all when that is None."""
    query = select(Account.id).order_by(Account.id)
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return list(await session.scalars(query))
