"""Runs: the draft of a day's decisions, row by row, and who let it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.runs import Planned, RunState
from models.accounts import Account
from models.base import Base, chunks
from models.reminders import Run

ROWS_PER_INSERT = 2000


class RunRow(Base):
    """What a draft has in store for one household; who waits has no row."""

    __tablename__ = "run_rows"
    run_id: Mapped[int] = mapped_column(ForeignKey(Run.id), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    decision: Mapped[str] = mapped_column(String(8))  # remind | staff
    stage: Mapped[str] = mapped_column(String(40))


async def draft_run(
    session: AsyncSession, on: date, plans: Mapping[int, Planned], by: str, at: datetime, expires_at: datetime
) -> Run:
    """Write a draft of a day; the one before it no longer counts."""
    await session.execute(
        update(Run).where(Run.on_date == on, Run.state == RunState.DRAFT).values(state=RunState.REPLACED, decided_at=at)
    )
    active = {account: plan for account, plan in plans.items() if plan.decision != "wait"}
    run = Run(
        on_date=on,
        state=RunState.DRAFT,
        remind=sum(plan.decision == "remind" for plan in active.values()),
        staff=sum(plan.decision == "staff" for plan in active.values()),
        drafted_by=by,
        created_at=at,
        expires_at=expires_at,
    )
    session.add(run)
    await session.flush()
    rows = [
        {"run_id": run.id, "account_id": account, "decision": plan.decision, "stage": plan.stage}
        for account, plan in sorted(active.items())
    ]
    for some in chunks(rows, ROWS_PER_INSERT):
        await session.execute(insert(RunRow), some)
    return run


async def rows_of(session: AsyncSession, run_id: int) -> dict[int, Planned]:
    rows = await session.execute(
        select(RunRow.account_id, RunRow.decision, RunRow.stage).where(RunRow.run_id == run_id)
    )
    return {account: Planned(decision, stage, "due") for account, decision, stage in rows}


async def latest_run(session: AsyncSession, on: date | None = None) -> Run | None:
    """The newest run that is not the very first one's, of a day or of all."""
    query = select(Run).where(
        Run.state.in_((RunState.DRAFT, RunState.APPROVED, RunState.CANCELLED)), Run.drafted_by != ""
    )
    if on is not None:
        query = query.where(Run.on_date == on)
    return (await session.scalars(query.order_by(Run.id.desc()).limit(1))).first()


async def released_on(session: AsyncSession, on: date) -> frozenset[tuple[int, str]]:
    """(account, stage) of everything that approved runs of a day let go."""
    rows = await session.execute(
        select(RunRow.account_id, RunRow.stage)
        .join(Run, Run.id == RunRow.run_id)
        .where(Run.on_date == on, Run.state == RunState.APPROVED)
    )
    return frozenset((account, stage) for account, stage in rows)


async def decide_run(session: AsyncSession, run_id: int, state: RunState, by: str, at: datetime) -> bool:
    """Approve or cancel a draft; False when somebody was faster."""
    result = await session.execute(
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.DRAFT)
        .values(state=state, decided_by=by, decided_at=at)
        .returning(Run.id)
    )
    return result.scalar_one_or_none() is not None


async def codes_of(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in chunks(sorted(account_ids), ROWS_PER_INSERT):
        rows = await session.execute(select(Account.id, Account.code).where(Account.id.in_(some)))
        found |= {row.id: row.code for row in rows}
    return found
