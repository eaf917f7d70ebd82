"""Everything a decision needs of many households at once: a handful of set-wise queries per thousand accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.clock import local_date
from domain.ladder import BILL_HOLDS, HOUSEHOLD_HOLDS, OpenBill, Reason, Standing
from domain.office import Office
from models.accounts import Account, Community
from models.agreements import Hold, broken_plans
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.outbox import Outbox, State
from models.people import Binding, Contact, Person
from models.reminders import Reminder, ReminderBill, contact_sums, larger
from models.runtime import kill_switch
from models.staff import StaffTask

ACCOUNTS_AT_ONCE = 1000


@dataclass(frozen=True)
class Household:
    """A standing with what a message to the household needs: whose account it is and where its payer can be reached."""

    standing: Standing
    account: Account
    community: Community
    person: Person | None = None
    contact: Contact | None = None


async def households(
    session: AsyncSession, office: Office, today: date, now: datetime, only: Sequence[int] | None = None
) -> AsyncIterator[Household]:
    """Every household (or those of `only`), in the order of its id, as it stands on `today`."""
    switched_off = await kill_switch(session, now) is not None
    communities = {each.id: each for each in await session.scalars(select(Community))}
    last = 0
    while True:
        query = select(Account).where(Account.id > last).order_by(Account.id).limit(ACCOUNTS_AT_ONCE)
        if only is not None:
            query = query.where(Account.id.in_(only))
        accounts = list(await session.scalars(query))
        if not accounts:
            return
        last = accounts[-1].id
        for household in await _batch(session, office, accounts, communities, today, now, switched_off):
            yield household
        session.expunge_all()
        communities = {each.id: each for each in await session.scalars(select(Community))}


async def _batch(
    session: AsyncSession,
    office: Office,
    accounts: Sequence[Account],
    communities: dict[int, Community],
    today: date,
    now: datetime,
    switched_off: bool,
) -> list[Household]:
    ids = [account.id for account in accounts]
    span = (ids[0], ids[-1])
    payers = await _payers(session, span)
    person_ids = [person.id for person, _ in payers.values()]
    bills = await _open_bills(session, span)
    holds = await _holds(session, span, today, {bill.id for each in bills.values() for bill in each})
    tasks = await _blocking_tasks(session, span, office, today)
    by_account = await contact_sums(session, "account", ids, today)
    by_person = await contact_sums(session, "person", person_ids, today)
    reminded = await _last_reminded(session, span)
    persons_reminded = await _last_reminded_persons(session, person_ids)
    nothing = (0, 0, 0)
    found = []
    for account in accounts:
        community = communities[account.community_id]
        person, contacts = payers.get(account.id, (None, []))
        policy = office.policy(account.kind)
        reachable = set(policy.channels) & set(office.channels)
        usable = [each for each in contacts if each.state == "ok" and each.channel in reachable]
        contact = min(usable, key=lambda c: (policy.channels.index(c.channel), c.id), default=None)
        last = [d for d in (reminded.get(account.id), persons_reminded.get(person.id) if person else None) if d]
        traits = account.traits.split(";")
        held = holds.get(account.id) or Holds(set(), {})
        standing = Standing(
            account_id=account.id,
            code=account.code,
            bills=tuple(
                replace(bill, held=strongest(held.bills.get(bill.id, set()), BILL_HOLDS))
                for bill in bills.get(account.id, ())
            ),
            stopped=person is not None and person.stopped_at is not None,
            paused=switched_off or (community.paused_until is not None and community.paused_until > now),
            household_hold=strongest(held.household, (*HOUSEHOLD_HOLDS, *BILL_HOLDS))
            or (Reason.HARDSHIP if "hardship" in traits else None),
            staff_task_open=held.ended or account.id in tasks,
            auto_pay="auto_pay" in traits,
            contacted_before=account.first_contacted_on is not None,
            contacts=larger(
                by_account.get(account.id, nothing),
                by_person.get(person.id, nothing) if person else nothing,
                max(last, default=None),
            ),
            channel=contact.channel if contact else None,
        )
        found.append(Household(standing, account, community, person, contact))
    return found


def _within(column: InstrumentedAttribute[int], span: tuple[int, int]) -> ColumnElement[bool]:
    return column.between(*span)


async def _payers(session: AsyncSession, span: tuple[int, int]) -> dict[int, tuple[Person, list[Contact]]]:
    rows = await session.execute(
        select(Binding.account_id, Person, Contact)
        .join(Person, Person.id == Binding.person_id)
        .outerjoin(Contact, Contact.person_id == Person.id)
        .where(Binding.payer.is_(True), _within(Binding.account_id, span))
        .order_by(Binding.id)
    )
    payers: dict[int, tuple[Person, list[Contact]]] = {}
    for account_id, person, contact in rows:
        known = payers.setdefault(account_id, (person, []))
        if contact is not None and known[0].id == person.id:  # type: ignore[redundant-expr]  # an outer join
            known[1].append(contact)
    return payers


async def _open_bills(session: AsyncSession, span: tuple[int, int]) -> dict[int, list[OpenBill]]:
    """Bills that still ask for money, oldest due first, with what the ladder did with them."""
    balances = (
        select(Bill.id, Bill.account_id, Bill.item, Bill.period, Bill.due_on, (BILLED - RECEIVED).label("open_fen"))
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(_within(LedgerEntry.account_id, span), Bill.voided_at.is_(None))
        .group_by(Bill.id)
        .having(BILLED - RECEIVED > 0)
        .order_by(Bill.due_on, Bill.id)
    )
    rows = list(await session.execute(balances))
    covered = {
        bill_id: (on, behind)
        for bill_id, on, behind in await session.execute(
            select(ReminderBill.bill_id, func.max(Reminder.decided_on), func.max(ReminderBill.days_behind))
            .join(Reminder, Reminder.id == ReminderBill.reminder_id)
            .where(_within(Reminder.account_id, span))
            .group_by(ReminderBill.bill_id)
        )
    }
    found: dict[int, list[OpenBill]] = defaultdict(list)
    for row in rows:
        covered_on, behind = covered.get(row.id, (None, 0))
        found[row.account_id].append(
            OpenBill(row.id, row.item, row.period, row.due_on, int(row.open_fen), None, covered_on, behind)
        )
    return found


@dataclass
class Holds:
    """The live holds of one account. `ended`: one has run out, so this tick hands the household to staff."""

    household: set[str]
    bills: dict[int, set[str]]
    ended: bool = False


async def _holds(session: AsyncSession, span: tuple[int, int], today: date, open_ids: set[int]) -> dict[int, Holds]:
    """Live holds by account, as the jobs that run before planning will leave them on `today`."""
    broken = await broken_plans(session, span, today)
    found: dict[int, Holds] = defaultdict(lambda: Holds(set(), defaultdict(set)))
    for hold in await session.scalars(
        select(Hold).where(_within(Hold.account_id, span), Hold.released_at.is_(None)).order_by(Hold.id)
    ):
        mine = found[hold.account_id]
        if hold.until_on < today or (hold.reason == Reason.ON_PLAN and hold.account_id in broken):
            mine.ended = mine.ended or hold.bill_id is None or hold.bill_id in open_ids
        elif hold.bill_id is None:
            mine.household.add(hold.reason)
        else:
            mine.bills[hold.bill_id].add(hold.reason)
    return found


def strongest(reasons: set[str], order: Sequence[Reason]) -> Reason | None:
    """The hold that is named when several apply."""
    return next((reason for reason in order if reason in reasons), None)


async def _blocking_tasks(session: AsyncSession, span: tuple[int, int], office: Office, today: date) -> set[int]:
    """Accounts with a task that reminders wait for. Once its clock has run out, it no longer holds them up."""
    rows = await session.execute(
        select(StaffTask.account_id, StaffTask.due_at).where(
            StaffTask.account_id.between(*span), StaffTask.blocks.is_(True), StaffTask.state.in_(("open", "taken"))
        )
    )
    return {account_id or 0 for account_id, due_at in rows if local_date(due_at, office.zone) >= today}


def _not_taken_back() -> Select[int, date]:
    return (
        select(Reminder.account_id, func.max(Reminder.decided_on))
        .join(Outbox, Outbox.id == Reminder.outbox_id)
        .where(Outbox.state.not_in((State.CANCELLED, State.DEAD)))
    )


async def _last_reminded(session: AsyncSession, span: tuple[int, int]) -> dict[int, date]:
    rows = await session.execute(
        _not_taken_back().where(_within(Reminder.account_id, span)).group_by(Reminder.account_id)
    )
    return dict(rows.tuples().all())


async def _last_reminded_persons(session: AsyncSession, person_ids: Sequence[int]) -> dict[int, date]:
    rows = await session.execute(
        select(Outbox.person_id, func.max(Reminder.decided_on))
        .join(Outbox, Outbox.id == Reminder.outbox_id)
        .where(Outbox.person_id.in_(person_ids), Outbox.state.not_in((State.CANCELLED, State.DEAD)))
        .group_by(Outbox.person_id)
    )
    return {person_id: on for person_id, on in rows if person_id is not None}
