"""Numbers without gaps: a counter's next number exists only if the transaction that took it is kept."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, upsert


class Counter(Base):
    """The last number given out in one series, such as `letter/2026`."""

    __tablename__ = "counters"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int]


async def next_number(session: AsyncSession, name: str) -> int:
    """1, 2, 3 … of one series; whoever asks next waits until this transaction ends, and gets the same number if it fails."""
    first = upsert(session, Counter).values(name=name, last=1)
    counted = first.on_conflict_do_update(index_elements=["name"], set_={"last": Counter.last + 1})
    return int((await session.execute(counted.returning(Counter.last))).scalar_one())
