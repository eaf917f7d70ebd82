"""A household's past in a few figures, as the brief of a call gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.agreements import Complaint, Dispute, Promise
from models.bills import Payment


@dataclass(frozen=True)
class History:
    """`payments`: (day, fen), newest first. `asked`: what is under way as (kind, first words)."""

    payments: Sequence[tuple[date, int]]
    kept: int
    broken: int
    last_broken: Promise | None
    asked: Sequence[tuple[str, str]]


async def history_of(session: AsyncSession, account_id: int, payments: int = 3) -> History:
    paid = select(Payment.paid_on, Payment.amount_fen).where(
        Payment.account_id == account_id, Payment.reversed_at.is_(None)
    )
    rows = await session.execute(paid.order_by(Payment.paid_on.desc(), Payment.id.desc()).limit(payments))
    states = await session.execute(
        select(Promise.state, func.count()).where(Promise.account_id == account_id).group_by(Promise.state)
    )
    counts = {state: int(number) for state, number in states}
    broken = select(Promise).where(Promise.account_id == account_id, Promise.state == "broken")
    last = (await session.scalars(broken.order_by(Promise.id.desc()).limit(1))).first()
    asked = []
    for kind, table in (("dispute", Dispute), ("complaint", Complaint)):
        query = select(table.text).where(table.account_id == account_id, table.state == "open").order_by(table.id)
        asked += [(kind, text) for text in await session.scalars(query)]
    return History([(day, fen) for day, fen in rows], counts.get("kept", 0), counts.get("broken", 0), last, asked)
