"""What was agreed or is being looked into: promises, plans, claims, disputes, offers, and the holds they bring."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.ladder import Reason
from domain.plans import Part, first_unpaid, is_broken
from models.accounts import Account
from models.base import Base, Fen, Id, UtcDateTime, among
from models.bills import BILLED, CREDIT_OF, RECEIVED, Bill, LedgerEntry, Payment
from models.people import Person


class Hold(Base):
    """Reminders wait: for one bill, or for the whole household when `bill_id` is empty. Every hold has an end."""

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_account_id_released_at", "account_id", "released_at"),
        Index("ix_holds_source", "source"),
        Index("ix_holds_bill_id", "bill_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    bill_id: Mapped[int | None] = mapped_column(ForeignKey(Bill.id))
    reason: Mapped[str] = mapped_column(String(12))  # domain.ladder.Reason
    source: Mapped[str] = mapped_column(String(40))  # "promise/12"
    until_on: Mapped[date] = mapped_column(Date)  # after this day staff are asked; nothing resumes silently
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Promise(Base):
    """ "I'll pay on the 5th." `state`: open, kept, broken, withdrawn."""

    __tablename__ = "promises"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    due_on: Mapped[date] = mapped_column(Date)
    amount_fen: Mapped[int] = mapped_column(Fen)  # what was open when it was promised
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Plan(Base):
    """An instalment plan (分期). `state`: waiting (for approval), active, done, broken, declined, withdrawn."""

    __tablename__ = "plans"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    total_fen: Mapped[int] = mapped_column(Fen)
    received_fen_before: Mapped[int] = mapped_column(Fen, default=0)  # on the plan's bills when it was made
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlanPart(Base):
    """One instalment; whether it is paid follows from the ledger."""

    __tablename__ = "plan_parts"
    plan_id: Mapped[int] = mapped_column(ForeignKey(Plan.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    due_on: Mapped[date] = mapped_column(Date)
    amount_fen: Mapped[int] = mapped_column(Fen)


class Claim(Base):
    """ "I have paid." Moves no money; staff look. `state`: open, confirmed, not_found, withdrawn."""

    __tablename__ = "claims"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    amount_fen: Mapped[int | None] = mapped_column(Fen)
    paid_on: Mapped[date | None] = mapped_column(Date)
    text: Mapped[str] = mapped_column(Text, default="")
    voucher: Mapped[str] = mapped_column(Text, default="[]")  # the files sent with it: a list of {kind, file_id, name}
    state: Mapped[str] = mapped_column(String(10), default="open")
    payment_id: Mapped[int | None] = mapped_column(ForeignKey(Payment.id))
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Dispute(Base):
    """ "This bill is wrong." Holds that bill only. `state`: open, upheld, rejected, withdrawn."""

    __tablename__ = "disputes"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    bill_id: Mapped[int | None] = mapped_column(ForeignKey(Bill.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    text: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # files: {kind, file_id, name}
    state: Mapped[str] = mapped_column(String(10), default="open")
    decision: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Complaint(Base):
    """A complaint or a need, with a ticket number. `state`: open, answered, withdrawn."""

    __tablename__ = "complaints"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    topic: Mapped[str] = mapped_column(String(20), default="")
    text: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text, default="[]", server_default="[]")  # files: {kind, file_id, name}
    state: Mapped[str] = mapped_column(String(10), default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Offer(Base):
    """A renewal offered to a family, not a debt: a bill on yes. `state`: open, yes, no, considering, expired."""

    __tablename__ = "offers"
    __table_args__ = (UniqueConstraint("account_id", "class_name", "opens_on"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    class_name: Mapped[str] = mapped_column(String(80))
    opens_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    amount_fen: Mapped[int] = mapped_column(Fen)
    lessons: Mapped[int]
    covers_from: Mapped[date] = mapped_column(Date)
    covers_until: Mapped[date] = mapped_column(Date)
    subject: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(12), default="open")
    reason: Mapped[str] = mapped_column(String(20), default="")
    reserved_until: Mapped[date | None] = mapped_column(Date)  # a seat is kept (留位) while they think
    next_on: Mapped[date | None] = mapped_column(Date)  # when they may be asked again
    no_more: Mapped[bool] = mapped_column(default=False, server_default="0")  # they don't want to be asked again
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # "read it", before any answer
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bill_id: Mapped[int | None] = mapped_column(ForeignKey(Bill.id))  # what their yes became


# What a household waits for our answer on: a plan to approve, a dispute to decide, a complaint to answer. Its hold lasts
# until the answer, whatever its days and whoever looked: our own slowness never makes the household hear of money again.
UNANSWERED = union_all(
    select((literal("plan/") + cast(Plan.id, String)).label("source")).where(Plan.state == "waiting"),
    select(literal("dispute/") + cast(Dispute.id, String)).where(Dispute.state == "open"),
    select(literal("complaint/") + cast(Complaint.id, String)).where(Complaint.state == "open"),
)
HOLDS_NOW = or_(Hold.released_at.is_(None), Hold.source.in_(UNANSWERED))


async def unanswered(session: AsyncSession, sources: Iterable[str]) -> set[str]:
    """Those of some sources of holds on which the household waits for our answer."""
    asked = [source for source in set(sources) if source.startswith(("plan/", "dispute/", "complaint/"))]
    if not asked:
        return set()
    return set(await session.scalars(UNANSWERED)) & set(asked)


async def hold(
    session: AsyncSession,
    account_id: int,
    reason: Reason,
    source: str,
    until_on: date,
    at: datetime,
    bill_ids: Iterable[int | None] = (None,),
) -> None:
    """Pause reminders for these bills, or for the household when no bill is named."""
    session.add_all(
        Hold(account_id=account_id, bill_id=bill_id, reason=reason, source=source, until_on=until_on, created_at=at)
        for bill_id in bill_ids
    )
    await session.flush()


async def release(session: AsyncSession, source: str, at: datetime) -> None:
    """End the holds of one source."""
    await session.execute(update(Hold).where(Hold.source == source, Hold.released_at.is_(None)).values(released_at=at))


async def live_holds(session: AsyncSession, account_ids: Sequence[int]) -> list[Hold]:
    return list(
        await session.scalars(
            select(Hold).where(Hold.account_id.in_(account_ids), Hold.released_at.is_(None)).order_by(Hold.id)
        )
    )


async def open_promise(session: AsyncSession, account_id: int) -> Promise | None:
    return (
        await session.scalars(
            select(Promise).where(Promise.account_id == account_id, Promise.state == "open").order_by(Promise.id.desc())
        )
    ).first()


async def live_plan(session: AsyncSession, account_id: int) -> Plan | None:
    return (
        await session.scalars(
            select(Plan)
            .where(Plan.account_id == account_id, Plan.state.in_(("waiting", "active")))
            .order_by(Plan.id.desc())
        )
    ).first()


@dataclass(frozen=True)
class BesideBills:
    """What a household's bills are told together with: its unused money, the day promised, how its plan stands."""

    credit_fen: int
    promised_on: date | None
    plan_state: str | None


# Put together once, and one question instead of three: what a resident asks for most.
BESIDE_BILLS = select(
    CREDIT_OF.scalar_subquery(),
    select(Promise.due_on)
    .where(Promise.account_id == bindparam("account"), Promise.state == "open")
    .order_by(Promise.id.desc())
    .limit(1)
    .scalar_subquery(),
    select(Plan.state)
    .where(Plan.account_id == bindparam("account"), Plan.state.in_(("waiting", "active")))
    .order_by(Plan.id.desc())
    .limit(1)
    .scalar_subquery(),
)


async def beside_bills(session: AsyncSession, account_id: int) -> BesideBills:
    credit, promised_on, plan_state = (await session.execute(BESIDE_BILLS, {"account": account_id})).one()
    return BesideBills(int(credit or 0), promised_on, plan_state)


async def plan_parts_of(session: AsyncSession, plan_id: int) -> list[PlanPart]:
    return list(await session.scalars(select(PlanPart).where(PlanPart.plan_id == plan_id).order_by(PlanPart.number)))


async def extend(session: AsyncSession, source: str, until_on: date) -> None:
    """Move the end of a source's holds; those that had run out meanwhile hold again."""
    await session.execute(update(Hold).where(Hold.source == source).values(until_on=until_on, released_at=None))


async def held_bills(session: AsyncSession, source: str) -> list[int]:
    """The bills that a source holds."""
    query = select(Hold.bill_id).where(Hold.source == source, Hold.released_at.is_(None), Hold.bill_id.is_not(None))
    return [bill_id for bill_id in await session.scalars(query) if bill_id is not None]


async def broken_promises(session: AsyncSession, account_id: int, since: datetime) -> int:
    """How many promises of a household were broken since a moment."""
    query = select(func.count()).where(
        Promise.account_id == account_id, Promise.state == "broken", Promise.created_at >= since
    )
    return int(await session.scalar(query) or 0)


async def has_broken_plan(session: AsyncSession, account_id: int, since: datetime) -> bool:
    query = select(Plan.id).where(Plan.account_id == account_id, Plan.state == "broken", Plan.created_at >= since)
    return (await session.scalars(query.limit(1))).first() is not None


async def latest_claim(session: AsyncSession, account_id: int, state: str = "open") -> Claim | None:
    query = select(Claim).where(Claim.account_id == account_id, Claim.state == state).order_by(Claim.id.desc())
    return (await session.scalars(query)).first()


async def open_dispute(session: AsyncSession, bill_id: int) -> Dispute | None:
    query = select(Dispute).where(Dispute.bill_id == bill_id, Dispute.state == "open")
    return (await session.scalars(query)).first()


async def lately_complained(
    session: AsyncSession, account_id: int, person_id: int | None, since: datetime
) -> Complaint | None:
    """The newest open complaint that this person has made since a moment; bare repair requests left out."""
    query = select(Complaint).where(
        Complaint.account_id == account_id,
        Complaint.person_id == person_id,
        Complaint.state == "open",
        Complaint.topic == "",
        Complaint.created_at >= since,
    )
    return (await session.scalars(query.order_by(Complaint.id.desc()))).first()


async def open_offer(session: AsyncSession, account_id: int, today: date) -> Offer | None:
    """The renewal a family may still answer, the one that closes first."""
    return (await session.scalars(OPEN_OFFERS, {"account": account_id, "today": today})).first()


OPEN_OFFERS = (
    select(Offer)
    .where(
        Offer.account_id == bindparam("account"),
        Offer.state.in_(("open", "considering", "yes", "no")),
        Offer.opens_on <= bindparam("today"),
        Offer.closes_on >= bindparam("today"),
    )
    .order_by(Offer.closes_on, Offer.id)
)


async def coming_offer(session: AsyncSession, account_id: int, today: date) -> Offer | None:
    """The next renewal whose window has not opened yet."""
    query = (
        select(Offer)
        .where(Offer.account_id == account_id, Offer.opens_on > today, Offer.state != "expired")
        .order_by(Offer.opens_on, Offer.id)
    )
    return (await session.scalars(query)).first()


async def plan_received_fen(session: AsyncSession, plan: Plan) -> int:
    """What arrived on the plan's bills since it was made."""
    received_fen = sum(fen for _, fen in await held_sums(session, f"plan/{plan.id}"))
    return received_fen - plan.received_fen_before


async def promised_open_fen(session: AsyncSession, promise: Promise) -> int:
    """What is still open of the bills that the promise was about."""
    return sum(max(0, billed - received) for billed, received in await held_sums(session, f"promise/{promise.id}"))


async def held_sums(session: AsyncSession, source: str) -> list[tuple[int, int]]:
    """What was billed and received, in fen, of each bill that a source holds or held; voided bills are left out."""
    return [(int(billed), int(received)) for billed, received in await session.execute(HELD_SUMS, {"source": source})]


HELD_SUMS = (
    select(BILLED, RECEIVED)
    .join(Bill, Bill.id == LedgerEntry.bill_id)
    .where(Bill.id.in_(select(Hold.bill_id).where(Hold.source == bindparam("source"))), Bill.voided_at.is_(None))
    .group_by(Bill.id)
)


class PlanNow(StrEnum):
    """How an active plan stands on a day: the next tick ends the broken and the done ones."""

    RUNNING = "running"
    BROKEN = "broken"  # a part stayed open beyond its grace
    DONE = "done"  # all of it arrived


async def plans_now(session: AsyncSession, ids: Sequence[int], today: date) -> dict[str, PlanNow]:
    """The active plans of some accounts (their ids, ascending) by the source of their holds ("plan/3")."""
    mine = (Plan.state == "active", among(Plan.account_id, ids))
    before = {
        f"plan/{plan_id}": fen
        for plan_id, fen in await session.execute(select(Plan.id, Plan.received_fen_before).where(*mine))
    }
    if not before:
        return {}
    parts: dict[str, list[Part]] = {source: [] for source in before}
    for plan_id, number, due_on, fen in await session.execute(
        select(PlanPart.plan_id, PlanPart.number, PlanPart.due_on, PlanPart.amount_fen)
        .join(Plan, Plan.id == PlanPart.plan_id)
        .where(*mine)
        .order_by(PlanPart.plan_id, PlanPart.number)
    ):
        parts[f"plan/{plan_id}"].append(Part(number, due_on, fen))
    covered = select(Hold.source, Hold.bill_id).where(Hold.source.in_(before), among(Hold.account_id, ids))
    bills = covered.distinct().subquery()
    received = {
        source: int(fen)
        for source, fen in await session.execute(
            select(bills.c.source, RECEIVED)
            .join(LedgerEntry, LedgerEntry.bill_id == bills.c.bill_id)
            .group_by(bills.c.source)
        )
    }
    return {
        source: _plan_now(parts[source], received.get(source, 0) - fen_before, today)
        for source, fen_before in before.items()
    }


def _plan_now(parts: Sequence[Part], received_fen: int, today: date) -> PlanNow:
    if first_unpaid(parts, received_fen) is None:
        return PlanNow.DONE
    return PlanNow.BROKEN if is_broken(parts, received_fen, today) else PlanNow.RUNNING
