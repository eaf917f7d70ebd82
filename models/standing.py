"""Everything a decision needs of many households at once: a handful of set-wise queries per thousand accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.calendar import Place
from domain.clock import local_date
from domain.ladder import BILL_HOLDS, RESTING, OpenBill, Reason, Standing, Step
from domain.messages import Kind
from domain.office import Office
from domain.policy import Hours
from models.accounts import Account, Community, room_of
from models.agreements import HOLDS_NOW, Hold, PlanNow, plans_now, unanswered
from models.base import among
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.outbox import CLAIMABLE, Outbox, State
from models.people import Binding, Contact, Person
from models.reminders import OfferStep, Reminder, ReminderBill, contact_sums, larger
from models.runtime import kill_switch
from models.staff import StaffTask, alarmed_among

ACCOUNTS_AT_ONCE = 1000
LOOK_BACK = timedelta(days=366)  # longer than any spacing: older reminders matter no more


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a person can be reached."""

    id: int
    channel: str
    chat: str
    user: str


@dataclass(frozen=True, slots=True)
class Payer:
    """The one who is reminded, with the chats that can be written to."""

    id: int
    language: str
    stopped: bool
    chats: tuple[Chat, ...] = ()
    spacing_days: int = 0  # what they wish: fewer reminders, certain hours, a channel, large type
    hours: Hours | None = None
    channel: str = ""
    large_type: bool = False
    heard_at: datetime | None = None  # when they last wrote or pressed a button, on any channel


@dataclass(frozen=True, slots=True)
class Household:
    """A standing with what a message to the household needs: how it is called and where its payer can be reached."""

    standing: Standing
    kind: str
    payer_name: str
    room: str
    language: str
    payer: Payer | None = None
    chat: Chat | None = None


async def households(
    session: AsyncSession, office: Office, today: date, now: datetime, only: Sequence[int] | None = None
) -> AsyncIterator[Household]:
    """Every household (or those of `only`), in the order of its id, as it stands on `today`.

    Columns are read, not objects: a hundred thousand households fit into memory and are read in seconds.
    """
    switched_off = await kill_switch(session, now) is not None
    communities = (await session.scalars(select(Community))).all()
    paused = {
        community.id
        for community in communities
        if switched_off or (community.paused_until is not None and community.paused_until > now)
    }
    names = {community.id: community.name for community in communities}
    query = select(
        Account.id,
        Account.code,
        Account.community_id,
        Account.kind,
        Account.building,
        Account.address,
        Account.class_name,
        Account.payer_name,
        Account.language,
        Account.grade,
        Account.tier,
        Account.traits,
        Account.first_contacted_on,
    ).where(Account.erased_at.is_(None))
    query = query.order_by(Account.id)
    if only is not None:
        query = query.where(Account.id.in_(only))
    last = 0
    while accounts := (await session.execute(query.where(Account.id > last).limit(ACCOUNTS_AT_ONCE))).all():
        last = accounts[-1].id
        for household in await _batch(session, office, accounts, paused, names, today):
            yield household


async def _batch(
    session: AsyncSession,
    office: Office,
    accounts: Sequence[Row[*tuple[Any, ...]]],
    paused: set[int],
    names: Mapping[int, str],
    today: date,
) -> list[Household]:
    ids = [account.id for account in accounts]
    payers = await _payers(session, office, ids)
    person_ids = sorted({payer.id for payer in payers.values()})
    bills = await _open_bills(session, ids)
    holds = await _holds(session, ids, today, {bill.id for each in bills.values() for bill in each})
    tasks = await _blocking_tasks(session, ids, office, today)
    alarms = await alarmed_among(session, ids)
    by_account = await contact_sums(session, "account", ids, today)
    by_person = await contact_sums(session, "person", person_ids, today)
    written_to = await _last_written(session, office, today, None, ids)
    persons_written_to = await _last_written(session, office, today, person_ids, ids)
    nothing = (0, 0, 0)
    found = []
    for account in accounts:
        payer = payers.get(account.id)
        policy = office.policy(account.kind, today)
        usable = [each for each in payer.chats if each.channel in policy.channels] if payer else []
        liked = payer.channel if payer else ""
        order = (*(channel for channel in policy.channels if channel == liked), *policy.channels)
        chat = min(usable, key=lambda each: (order.index(each.channel), each.id), default=None)
        last = [d for d in (written_to.get(account.id), persons_written_to.get(payer.id) if payer else None) if d]
        traits = _words(account.traits)
        held = holds.get(account.id) or NO_HOLDS
        standing = Standing(
            account_id=account.id,
            code=account.code,
            bills=tuple(
                replace(bill, held=strongest(held.bills[bill.id], BILL_HOLDS)) if bill.id in held.bills else bill
                for bill in bills.get(account.id, ())
            ),
            stopped=payer is not None and payer.stopped,
            paused=account.community_id in paused,
            household_hold=strongest(held.household, RESTING)
            or (Reason.HARDSHIP if "hardship" in traits or account.id in alarms else None),
            staff_task_open=held.ended or account.id in tasks,
            awaiting_us=held.awaiting_us,
            auto_pay="auto_pay" in traits,
            contacted_before=account.first_contacted_on is not None,
            contacts=larger(
                by_account.get(account.id, nothing),
                by_person.get(payer.id, nothing) if payer else nothing,
                max(last, default=None),
            ),
            channel=chat.channel if chat else None,
            spacing_days=payer.spacing_days if payer else 0,
            grade=account.grade,
            tier=account.tier,
            traits=traits,
            channels=frozenset(each.channel for each in usable),
            replied_on=local_date(payer.heard_at, office.zone) if payer and payer.heard_at else None,
            place=Place(account.kind, names[account.community_id], account.class_name),
        )
        room = room_of(account.building, account.address, account.class_name) or account.code
        found.append(Household(standing, account.kind, account.payer_name, room, account.language, payer, chat))
    return found


@cache
def _words(traits: str) -> frozenset[str]:
    """A few dozen combinations serve a whole estate."""
    return frozenset(each for each in traits.split(";") if each)


async def _payers(session: AsyncSession, office: Office, ids: Sequence[int]) -> dict[int, Payer]:
    usable = and_(Contact.person_id == Person.id, Contact.state == "ok", Contact.channel.in_(office.channels))
    rows = await session.execute(
        select(
            Binding.account_id,
            Person.id,
            Person.language,
            Person.stopped_at,
            Person.spacing_days,
            Person.hour_from,
            Person.hour_until,
            Person.channel,
            Person.large_type,
            Contact.id,
            Contact.channel,
            Contact.chat,
            Contact.user,
            Contact.last_heard_at,
        )
        .join(Person, Person.id == Binding.person_id)
        .outerjoin(Contact, usable)
        .where(Binding.payer.is_(True), among(Binding.account_id, ids))
        .order_by(Binding.id, Contact.id)
    )
    payers: dict[int, Payer] = {}
    for account_id, person_id, language, stopped_at, spacing, opens, closes, liked, large, *contact in rows:
        chat_id, channel, chat, user, heard_at = contact
        chats = (Chat(chat_id, channel, chat, user),) if chat_id is not None else ()
        if (known := payers.get(account_id)) is None:
            hours = (opens, closes) if opens is not None and closes is not None else None
            payers[account_id] = Payer(
                person_id, language, stopped_at is not None, chats, spacing, hours, liked, large, heard_at
            )
        elif chats and known.id == person_id:
            latest = max((at for at in (known.heard_at, heard_at) if at is not None), default=None)
            payers[account_id] = replace(known, chats=known.chats + chats, heard_at=latest)
    return payers


async def _open_bills(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[OpenBill]]:
    """Bills that still ask for money, oldest due first, with what the ladder did with them."""
    balances = (
        select(Bill.id, Bill.account_id, Bill.item, Bill.period, Bill.due_on, BILLED.label("billed_fen"))
        .add_columns((BILLED - RECEIVED).label("open_fen"))
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(among(LedgerEntry.account_id, ids), Bill.voided_at.is_(None))
        .group_by(Bill.id)
        .having(BILLED - RECEIVED > 0)
        .order_by(Bill.due_on, Bill.id)
    )
    rows = list(await session.execute(balances))
    still_open = sorted(row.id for row in rows)
    covered = {
        bill_id: (on, behind)
        for bill_id, on, behind in await session.execute(
            select(ReminderBill.bill_id, func.max(Reminder.decided_on), func.max(ReminderBill.days_behind))
            .join(Reminder, Reminder.id == ReminderBill.reminder_id)
            .where(among(ReminderBill.bill_id, still_open))
            .group_by(ReminderBill.bill_id)
        )
    }
    steps: dict[int, tuple[Step, ...]] = defaultdict(tuple)
    for bill_id, stage, on, policy_hash in await session.execute(
        select(Reminder.anchor_bill_id, Reminder.stage, Reminder.decided_on, Reminder.policy_hash)
        .where(among(Reminder.account_id, ids), among(Reminder.anchor_bill_id, still_open))
        .order_by(Reminder.decided_on, Reminder.id)
    ):
        steps[bill_id] += (Step(stage, on, policy_hash),)
    found: dict[int, list[OpenBill]] = defaultdict(list)
    for row in rows:
        covered_on, behind = covered.get(row.id, (None, 0))
        found[row.account_id].append(
            OpenBill(
                *(row.id, row.item, row.period, row.due_on, int(row.open_fen), None, covered_on, behind),
                steps=steps.get(row.id, ()),
                billed_fen=int(row.billed_fen),
            )
        )
    return found


@dataclass
class Holds:
    """The live holds of one account.

    `ended`: one has run out, so this tick hands the household to staff; `awaiting_us`: they wait for our answer.
    """

    household: set[str]
    bills: dict[int, set[str]]
    ended: bool = False
    awaiting_us: bool = False


NO_HOLDS = Holds(set(), {})


async def _holds(session: AsyncSession, ids: Sequence[int], today: date, open_ids: set[int]) -> dict[int, Holds]:
    """Live holds by account, as the jobs that run before planning will leave them on `today`."""
    plans = await plans_now(session, ids, today)
    found: dict[int, Holds] = defaultdict(lambda: Holds(set(), defaultdict(set)))
    rows = (
        await session.execute(
            select(Hold.account_id, Hold.bill_id, Hold.reason, Hold.until_on, Hold.source, Hold.released_at)
            .where(among(Hold.account_id, ids), HOLDS_NOW)
            .order_by(Hold.id)
        )
    ).all()
    waits = await unanswered(session, [hold.source for hold in rows])
    for hold in rows:
        mine = found[hold.account_id]
        plan = plans.get(hold.source)
        mine.awaiting_us = mine.awaiting_us or hold.source in waits
        if plan is PlanNow.DONE:
            continue
        over = plan is PlanNow.BROKEN or (plan is None and hold.until_on < today)
        if over and hold.released_at is None:
            mine.ended = mine.ended or hold.bill_id is None or hold.bill_id in open_ids
        if over and hold.source not in waits:
            continue
        if hold.bill_id is None:
            mine.household.add(hold.reason)
        else:
            mine.bills[hold.bill_id].add(hold.reason)
    return found


def strongest(reasons: set[str], order: Sequence[Reason]) -> Reason | None:
    """The hold that is named when several apply."""
    return next((reason for reason in order if reason in reasons), None)


async def _blocking_tasks(session: AsyncSession, ids: Sequence[int], office: Office, today: date) -> set[int]:
    """Accounts with a task that reminders wait for. Once its clock has run out, it no longer holds them up."""
    rows = await session.execute(
        select(StaffTask.account_id, StaffTask.due_at).where(
            among(StaffTask.account_id, ids), StaffTask.blocks.is_(True), StaffTask.state.in_(("open", "taken"))
        )
    )
    return {account_id or 0 for account_id, due_at in rows if local_date(due_at, office.zone) >= today}


async def _last_written(
    session: AsyncSession, office: Office, today: date, person_ids: Sequence[int] | None, ids: Sequence[int]
) -> dict[int, date]:
    """The day each account of `ids`, or each of these people, last had a reminder or an offer.

    It is the day it was decided or, after an outage, the day it went out. What still waits goes out today or later.
    """
    waiting = func.max(case((Outbox.state.in_((*CLAIMABLE, State.SENDING)), 1), else_=0))
    found: dict[int, date] = {}
    for done, kind in ((Reminder, Kind.REMINDER), (OfferStep, Kind.OFFER)):
        subject: InstrumentedAttribute[Any] = done.account_id if person_ids is None else Outbox.person_id
        those = among(done.account_id, ids) if person_ids is None else Outbox.person_id.in_(person_ids)
        rows = await session.execute(
            select(subject, func.max(done.decided_on), func.max(Outbox.sent_at), waiting)
            .join_from(done, Outbox, Outbox.id == done.outbox_id)
            .where(those, Outbox.kind == kind, Outbox.state.not_in((State.CANCELLED, State.DEAD)))
            .where(done.decided_on > today - LOOK_BACK)
            .group_by(subject)
        )
        for subject_id, decided_on, sent_at, waits in rows:
            sent_on = local_date(sent_at, office.zone) if sent_at else decided_on
            latest = max(decided_on, sent_on, today if waits else decided_on)
            found[subject_id] = max(latest, found.get(subject_id, latest))
    return found
