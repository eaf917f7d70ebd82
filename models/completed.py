"""What the fee was used for: services that were completed, by community and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Community
from models.base import Base, ExactDecimal, Id, UtcDateTime, upsert

MONTHS_QUOTED = 2  # older than the month before last says nothing about today's fee
SHOWN = 4


class CompletedService(Base):
    """`电梯维保 4 次`, once per community, month and name."""

    __tablename__ = "completed_services"
    __table_args__ = (UniqueConstraint("community_id", "period", "name"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey(Community.id))
    period: Mapped[str] = mapped_column(String(8))  # YYYY-MM
    name: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[Decimal] = mapped_column(ExactDecimal)
    unit: Mapped[str] = mapped_column(String(10), default="")
    entered_by: Mapped[str] = mapped_column(String(80), default="")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Done:
    """The services of one community's latest month that has any."""

    period: str
    services: tuple[CompletedService, ...]


async def services_by_key(session: AsyncSession) -> dict[tuple[int, str, str], tuple[Decimal, str]]:
    """What is entered: (quantity, unit) by community, month and name."""
    return {
        (each.community_id, each.period, each.name): (each.quantity, each.unit)
        for each in await session.scalars(select(CompletedService))
    }


async def save_services(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Write what was done; a service that is there gets the new figure."""
    insert = upsert(session, CompletedService)
    changed = {name: insert.excluded[name] for name in ("quantity", "unit", "entered_by", "entered_at")}
    await session.execute(
        insert.on_conflict_do_update(index_elements=["community_id", "period", "name"], set_=changed),
        [dict(row) for row in rows],
    )


async def drop_service(session: AsyncSession, service_id: int) -> CompletedService | None:
    """Take an entry out again; None when it is gone already."""
    found = await session.get(CompletedService, service_id)
    if found is not None:
        await session.delete(found)
    return found


async def latest_services(session: AsyncSession, community_ids: Sequence[int], today: date) -> dict[int, Done]:
    """By community what was done in its latest month, if that is not too long ago."""
    months = today.year * 12 + today.month - 1 - MONTHS_QUOTED
    oldest = f"{months // 12}-{months % 12 + 1:02d}"
    query = (
        select(CompletedService)
        .where(
            CompletedService.community_id.in_(community_ids),
            CompletedService.period >= oldest,
            CompletedService.period <= f"{today:%Y-%m}",
        )
        .order_by(CompletedService.community_id, CompletedService.period.desc(), CompletedService.id)
    )
    found: dict[int, Done] = {}
    for service in await session.scalars(query):
        known = found.get(service.community_id)
        if known is None:
            found[service.community_id] = Done(service.period, (service,))
        elif known.period == service.period:
            found[service.community_id] = Done(service.period, (*known.services, service))
    return found


async def services_of(session: AsyncSession, community_id: int, period: str) -> list[CompletedService]:
    query = select(CompletedService).where(
        CompletedService.community_id == community_id, CompletedService.period == period
    )
    return list(await session.scalars(query.order_by(CompletedService.id)))
