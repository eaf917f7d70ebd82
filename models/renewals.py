"""What a day asks for about offers, what teachers wrote about a pupil for them, and how a renewal window went."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, Row, String, Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain import keys
from domain.clock import local_date
from domain.ladder import Reason
from domain.office import Office
from domain.policy import Policy, within
from domain.renewals import (
    LIVE,
    Call,
    Done,
    OfferDecision,
    OfferStanding,
    OfferState,
    Rest,
    Write,
    chargeable_from,
    decide_offer,
)
from models.accounts import Account
from models.agreements import Offer
from models.base import Base, Id, UtcDateTime, chunks
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.bulk import NewBill, issue_bills
from models.outbox import Outbox, State
from models.reminders import OfferStep
from models.staff import LIVE as LIVE_TASK
from models.staff import Staff, StaffTask
from models.standing import Household, households
from models.verdicts import Row as Line
from models.verdicts import opening_of

OFFERS_AT_ONCE = 1000
ITEM_MAX = 60  # characters of a bill's item


class StageSummary(Base):
    """A teacher's words about a pupil (阶段总结) and the child's own wish: wants, unsure, against, unasked. Added, never changed."""

    __tablename__ = "stage_summaries"
    __table_args__ = (Index("ix_stage_summaries_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    class_name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    quotable: Mapped[bool] = mapped_column(default=True)  # may stand in a message to the family
    wish: Mapped[str] = mapped_column(String(8), default="")
    staff_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


# what a day asks for


@dataclass(frozen=True)
class OfferVerdict:
    """An offer with what was decided about it, and when that takes effect."""

    offer: Offer
    household: Household
    policy: Policy
    decision: OfferDecision
    at: datetime

    @property
    def key(self) -> str:
        assert self.decision.stage is not None
        return keys.offer_reminder(self.offer.account_id, self.offer.id, self.decision.stage.name)

    def row(self, office: Office) -> Line:
        """The line of `preview` and `tick`: the same as a bill's."""
        code, at = self.household.standing.code, self.at.astimezone(office.zone).isoformat(timespec="seconds")
        stage = self.decision.stage.name if self.decision.stage else None
        match self.decision:
            case Write(channel=channel):
                return Line(code, "remind", stage, channel, Reason.DUE.value, at, self._moved(office))
            case Call():
                return Line(code, "staff", stage, None, Reason.DUE.value, at, self._moved(office))
            case Rest(reason=reason):
                return Line(code, "wait", stage, None, reason.value, at)

    def _moved(self, office: Office) -> str:
        """Where the calendar moved it, and from which day; empty: it comes on its own."""
        step = self.decision.stage
        wished_on = step.begins_on(self.offer.opens_on, self.offer.closes_on) if step is not None else None
        if step is None or step.stage is None or wished_on is None or local_date(self.at, office.zone) >= wished_on:
            return ""
        return f"{step.stage.move} {wished_on.isoformat()}"


async def decide_offers(
    session: AsyncSession, office: Office, today: date, now: datetime, spoken_to: frozenset[int] = frozenset()
) -> list[OfferVerdict]:
    """What is to be done about every live offer today; offers of which nothing is due are left out. Writes nothing.

    `spoken_to`: people whom today's reminders speak to.
    """
    query = (
        select(Offer)
        .where(Offer.state.in_(LIVE), Offer.opens_on <= today, Offer.closes_on >= today)
        .order_by(Offer.closes_on, Offer.id)
    )
    found: list[OfferVerdict] = []
    for offers in chunks(list(await session.scalars(query)), OFFERS_AT_ONCE):
        found += await _decided(session, office, offers, today, now)
    return _one_a_day([each for each in found if each.decision.stage is not None], spoken_to)


async def _decided(
    session: AsyncSession, office: Office, offers: Sequence[Offer], today: date, now: datetime
) -> list[OfferVerdict]:
    ids = sorted({offer.account_id for offer in offers})
    homes = {home.standing.account_id: home async for home in households(session, office, today, now, ids)}
    rows = await session.execute(select(Account.id, Account.tier).where(Account.id.in_(ids)))
    tiers: dict[int, str] = {row.id: row.tier for row in rows}
    done = await _done(session, [offer.id for offer in offers])
    busy = await _tasks(session, office, [offer.id for offer in offers], today)
    found = []
    for offer in offers:
        home = homes[offer.account_id]
        standing, policy = home.standing, office.policy(home.kind, today)
        decision = decide_offer(
            policy,
            OfferStanding(
                offer_id=offer.id,
                account_id=offer.account_id,
                code=standing.code,
                tier=tiers.get(offer.account_id, ""),
                state=OfferState(offer.state),
                opens_on=offer.opens_on,
                closes_on=offer.closes_on,
                acknowledged=offer.acknowledged_at is not None,
                reserved=offer.reserved_until is not None and offer.reserved_until >= today,
                no_more=offer.no_more,
                next_on=offer.next_on,
                answered_on=local_date(offer.answered_at, office.zone) if offer.answered_at else None,
                done=done.get(offer.id, {}),
                stopped=standing.stopped,
                paused=standing.paused,
                household_hold=standing.household_hold,
                awaiting_us=standing.awaiting_us,
                staff_task_open=standing.staff_task_open or offer.id in busy,
                contacts=standing.contacts,
                channel=standing.channel,
                spacing_days=standing.spacing_days,
                place=standing.place,
            ),
            today,
            office.zone,
        )
        policy = within(policy, home.payer.hours if home.payer else None)
        found.append(OfferVerdict(offer, home, policy, decision, opening_of(policy, office, today, standing.code)))
    return found


def _one_a_day(verdicts: Sequence[OfferVerdict], spoken_to: frozenset[int]) -> list[OfferVerdict]:
    """A person hears once a day: of their bills first, then of one child's offer."""
    spoken, found = set(spoken_to), []
    for verdict in verdicts:
        payer = verdict.household.payer
        if isinstance(verdict.decision, Write) and payer is not None:
            if payer.id in spoken:
                verdict = replace(verdict, decision=Rest(Reason.SPACING, verdict.decision.stage))
            spoken.add(payer.id)
        found.append(verdict)
    return found


async def _done(session: AsyncSession, offer_ids: Sequence[int]) -> dict[int, dict[str, Done]]:
    """What was carried out for each offer, by stage. A message taken back before it went out doesn't count."""
    found: dict[int, dict[str, Done]] = defaultdict(dict)
    query = select(OfferStep.offer_id, OfferStep.stage, OfferStep.decided_on, Outbox.state, Outbox.sent_at).outerjoin(
        Outbox, Outbox.id == OfferStep.outbox_id
    )
    for offer_id, stage, decided_on, state, sent_at in await session.execute(
        query.where(OfferStep.offer_id.in_(offer_ids))
    ):
        failed = state in (State.DEAD, State.CANCELLED)
        found[offer_id][stage] = Done(decided_on, sent_at, failed)
    return found


async def _tasks(session: AsyncSession, office: Office, offer_ids: Sequence[int], today: date) -> set[int]:
    """Offers that a colleague looks after at this moment, as long as the task's clock runs."""
    sources = {f"offer/{offer_id}": offer_id for offer_id in offer_ids}
    rows = await session.execute(
        select(StaffTask.source, StaffTask.due_at).where(StaffTask.source.in_(sources), StaffTask.state.in_(LIVE_TASK))
    )
    return {sources[source] for source, due_at in rows if local_date(due_at, office.zone) >= today}


# a yes becomes a bill


async def bill_offer(
    session: AsyncSession,
    offer: Offer,
    item: str,
    basis: str,
    due_days: int,
    today: date,
    now: datetime,
    *,
    actor: str,
) -> Bill | None:
    """The bill of an accepted offer, issued now; None while its course may not be charged yet (DESIGN §7)."""
    if offer.bill_id is not None:
        return await session.get(Bill, offer.bill_id)
    if offer.state != OfferState.YES or today < chargeable_from(offer.covers_from):
        return None
    period = f"{offer.covers_from:%Y-%m}"
    item = await _free_item(session, offer.account_id, item[:ITEM_MAX], period)
    new = NewBill(offer.account_id, item, period, today + timedelta(days=due_days), offer.amount_fen, basis)
    await issue_bills(session, [new], today, now, actor=actor)
    mine = (Bill.account_id == offer.account_id, Bill.item == item, Bill.period == period)
    bill = (await session.scalars(select(Bill).where(*mine))).one()
    offer.bill_id = bill.id
    await session.flush()
    return bill


async def _free_item(session: AsyncSession, account_id: int, item: str, period: str) -> str:
    """The item, with a number behind it where an earlier yes to the same course was taken back."""
    mine = select(Bill.item).where(Bill.account_id == account_id, Bill.period == period)
    taken = set(await session.scalars(mine))
    names = (item, *(f"{item[: ITEM_MAX - 4]} #{number}" for number in range(2, 100)))
    return next(name for name in names if name not in taken)


# summaries


async def latest_summaries(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, StageSummary]:
    """The newest words about each pupil."""
    newest = select(func.max(StageSummary.id)).where(StageSummary.account_id.in_(account_ids))
    rows = await session.scalars(
        select(StageSummary).where(StageSummary.id.in_(newest.group_by(StageSummary.account_id)))
    )
    return {summary.account_id: summary for summary in rows}


async def class_of_task(session: AsyncSession, task: StaffTask) -> tuple[int, str, date] | None:
    """Which class a teacher's task is about: community, class, the day its offers open."""
    if task.community_id is None:
        return None
    query = (
        select(Offer.class_name, Offer.opens_on)
        .join(Account, Account.id == Offer.account_id)
        .where(Account.community_id == task.community_id)
        .distinct()
    )
    for class_name, opens_on in await session.execute(query):
        if keys.class_task(task.kind, task.community_id, class_name, opens_on) == task.key:
            return task.community_id, class_name, opens_on
    return None


async def offers_of_class(
    session: AsyncSession, community_id: int, class_name: str, opens_on: date
) -> list[tuple[Offer, Account]]:
    """The pupils of one class who are offered the same next course, by code."""
    query = (
        select(Offer, Account)
        .join(Account, Account.id == Offer.account_id)
        .where(Account.community_id == community_id, Offer.class_name == class_name, Offer.opens_on == opens_on)
        .order_by(Account.code)
    )
    return [(offer, account) for offer, account in await session.execute(query)]


# results


@dataclass
class ClassResult:
    """How one class answered. `converted`: those whose tuition has arrived; `reasons`: of those who said no or not yet."""

    class_name: str
    opens_on: date
    closes_on: date
    answers: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    converted: int = 0
    converted_fen: int = 0

    @property
    def offered(self) -> int:
        return self.answers.total()


async def results(session: AsyncSession, community_id: int | None, since: date) -> list[ClassResult]:
    """Each class whose offers closed since a day, or are open: what was answered, and how much of it has been paid."""
    paid = select(LedgerEntry.bill_id, BILLED.label("billed"), RECEIVED.label("received")).group_by(LedgerEntry.bill_id)
    sums = paid.subquery()
    query = (
        select(
            Offer.class_name, Offer.opens_on, Offer.closes_on, Offer.state, Offer.reason, Account.tier,
            func.coalesce(sums.c.billed, 0), func.coalesce(sums.c.received, 0),
        )
        .join(Account, Account.id == Offer.account_id)
        .outerjoin(sums, sums.c.bill_id == Offer.bill_id)
        .where(Offer.closes_on >= since)
        .order_by(Offer.class_name, Offer.opens_on)
    )  # fmt: skip
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    found: dict[tuple[str, date], ClassResult] = {}
    for row in await session.execute(query):
        _count(found, row)
    return list(found.values())


def _count(found: dict[tuple[str, date], ClassResult], row: Row[*tuple[Any, ...]]) -> None:
    class_name, opens_on, closes_on, state, reason, tier, billed, received = row
    mine = found.setdefault((class_name, opens_on), ClassResult(class_name, opens_on, closes_on))
    mine.closes_on = max(mine.closes_on, closes_on)
    mine.answers[state] += 1
    mine.tiers[tier or "—"] += 1
    if reason and state in (OfferState.NO, OfferState.CONSIDERING):
        mine.reasons[reason] += 1
    if state == OfferState.YES and int(billed) > 0 and int(received) >= int(billed):
        mine.converted += 1
        mine.converted_fen += int(received)


def known_of(summary: StageSummary | None, account: Account, wishes: Mapping[str, str]) -> dict[str, str]:
    """What a call about this pupil may begin with; `wishes` words the child's wish by its code."""
    return {
        "summary": summary.text if summary else "",
        "wish": wishes.get(summary.wish, "") if summary else "",
        "lessons": str(account.lessons_left) if account.lessons_left else "",
        "class_name": account.class_name,
    }
