"""Files that staff ask for: who asked for which part of the office, and the rows that go into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account, Community
from models.agreements import Offer
from models.base import Base, Id, UtcDateTime
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry, Payment
from models.people import Binding, Contact, Person
from models.profiles import TierChange
from models.renewals import StageSummary
from models.staff import Staff

ROWS_AT_ONCE = 1000


class Export(Base):
    """One wish for a file. `state`: asked, done, failed. No community: the whole office. `sheet`: empty for all of it."""

    __tablename__ = "exports"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    sheet: Mapped[str] = mapped_column(String(8), default="", server_default="")  # pupils: 生源分析表
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="asked")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


async def asked_exports(session: AsyncSession) -> list[Export]:
    return list(await session.scalars(select(Export).where(Export.state == "asked").order_by(Export.id)))


async def settle_export(session: AsyncSession, export_id: int, state: str, at: datetime) -> bool:
    """Note what became of a wish; False when somebody else has settled it."""
    settled = await session.scalar(
        update(Export)
        .where(Export.id == export_id, Export.state == "asked")
        .values(state=state, done_at=at)
        .returning(Export.id)
    )
    return settled is not None


async def count_households(session: AsyncSession, community_id: int | None) -> int:
    query = select(func.count()).select_from(Account)
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return int(await session.scalar(query) or 0)


async def tables(
    session: AsyncSession, community_id: int | None
) -> dict[str, tuple[Sequence[str], AsyncIterator[Any]]]:
    """Sheet -> (its columns, its rows): households, bills, payments, contacts. Sums are in fen, moments aware."""
    mine = Account.community_id == community_id if community_id is not None else Account.id.is_not(None)
    accounts = (
        select(
            Account.code,
            Account.kind,
            Community.name.label("community"),
            *(Account.building, Account.address, Account.payer_name, Account.phone, Account.area_m2),
            *(Account.fee_item, Account.rate_yuan, Account.cycle, Account.grade, Account.tier, Account.traits),
            *(Account.language, Account.student_name, Account.class_name, Account.lessons_left),
        )
        .join(Community, Community.id == Account.community_id)
        .where(mine)
        .order_by(Account.code)
    )
    sums = (
        select(LedgerEntry.bill_id, BILLED.label("billed_fen"), RECEIVED.label("received_fen"))
        .where(LedgerEntry.bill_id.is_not(None))
        .group_by(LedgerEntry.bill_id)
        .subquery()
    )
    bills = (
        select(
            *(Account.code, Bill.id.label("bill"), Bill.item, Bill.period, Bill.due_on),
            func.coalesce(sums.c.billed_fen, 0).label("billed_fen"),
            func.coalesce(sums.c.received_fen, 0).label("received_fen"),
            (func.coalesce(sums.c.billed_fen, 0) - func.coalesce(sums.c.received_fen, 0)).label("open_fen"),
            Bill.voided_at,
        )
        .join(Account, Account.id == Bill.account_id)
        .outerjoin(sums, sums.c.bill_id == Bill.id)
        .where(mine)
        .order_by(Account.code, Bill.due_on, Bill.id)
    )
    payments = (
        select(
            Account.code, Payment.paid_on, Payment.amount_fen, Payment.method, Payment.reference, Payment.reversed_at
        )
        .join(Account, Account.id == Payment.account_id)
        .where(mine)
        .order_by(Account.code, Payment.id)
    )
    contacts = (
        select(
            *(Account.code, Account.payer_name, Binding.role, Binding.payer, Contact.channel, Contact.state),
            *(Contact.last_heard_at, Person.stopped_at),
        )
        .join(Binding, Binding.account_id == Account.id)
        .join(Person, Person.id == Binding.person_id)
        .outerjoin(Contact, and_(Contact.person_id == Person.id))
        .where(mine)
        .order_by(Account.code, Binding.id, Contact.id)
    )
    found: dict[str, tuple[Sequence[str], AsyncIterator[Any]]] = {}
    for name, query in (("households", accounts), ("bills", bills), ("payments", payments), ("contacts", contacts)):
        found[name] = ([column.name for column in query.selected_columns], _rows(session, query))
    return found


async def pupils(
    session: AsyncSession, community_id: int | None
) -> dict[str, tuple[Sequence[str], AsyncIterator[Any]]]:
    """The pupils' sheet (生源分析表): each pupil with tier, wish, summary, grade and the newest offer; and how tiers moved."""
    mine = [Account.kind == "training", *([Account.community_id == community_id] if community_id is not None else [])]
    offers = select(func.max(Offer.id).label("id"), Offer.account_id).group_by(Offer.account_id).subquery()
    summaries = select(func.max(StageSummary.id).label("id"), StageSummary.account_id)
    newest = summaries.group_by(StageSummary.account_id).subquery()
    rows = (
        select(
            *(Account.code, Account.class_name, Account.student_name, Account.payer_name, Account.phone, Account.tier),
            *(StageSummary.wish, StageSummary.text.label("summary"), Account.lessons_left, Account.grade),
            Offer.class_name.label("offered"),
            *(Offer.closes_on, Offer.amount_fen, Offer.state.label("answer"), Offer.reason, Offer.next_on),
        )
        .outerjoin(offers, offers.c.account_id == Account.id)
        .outerjoin(Offer, Offer.id == offers.c.id)
        .outerjoin(newest, newest.c.account_id == Account.id)
        .outerjoin(StageSummary, StageSummary.id == newest.c.id)
        .where(*mine)
        .order_by(Account.class_name, Account.code)
    )
    moves = (
        select(Account.code, TierChange.at, TierChange.was, TierChange.becomes, TierChange.evidence, TierChange.actor)
        .join(Account, Account.id == TierChange.account_id)
        .where(*mine)
        .order_by(TierChange.id)
    )
    return {
        name: ([column.name for column in query.selected_columns], _rows(session, query))
        for name, query in (("pupils", rows), ("tiers", moves))
    }


async def _rows(session: AsyncSession, query: Any) -> AsyncIterator[Any]:
    async for row in await session.stream(query.execution_options(yield_per=ROWS_AT_ONCE)):
        yield row
