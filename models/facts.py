"""What the gate must know of some outbox rows at this very moment, read set-wise inside the claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import local_date
from domain.gate import RULES, BillNow, Caps, Facts
from domain.ladder import BILL_HOLDS, HOUSEHOLD_HOLDS, Reason
from domain.messages import Kind
from domain.office import Office
from models.accounts import Account, Community
from models.agreements import Hold
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Group
from models.outbox import Outbox
from models.people import Person
from models.reminders import Reminder, ReminderBill, contact_sums, count_contact, larger
from models.runtime import Broadcast, kill_switch
from models.standing import strongest


@dataclass(frozen=True)
class Case:
    """One outbox row before the gate: the facts, whose policy holds, and whom its sending is counted for."""

    row: Outbox
    kind: Kind
    facts: Facts
    policy_kind: str
    account_ids: tuple[int, ...] = ()
    group_id: int | None = None
    told_fen: tuple[tuple[int, int], ...] = ()  # (bill, open fen) as the text gives them

    @property
    def figures_changed(self) -> bool:
        now = {bill.bill_id: bill.open_fen if bill.held is None else 0 for bill in self.facts.bills}
        return any(now.get(bill_id, 0) != fen for bill_id, fen in self.told_fen)


async def cases(session: AsyncSession, office: Office, rows: Sequence[Outbox], now: datetime) -> list[Case]:
    """The facts of each row. Rows of kinds that obey nothing cost no query."""
    obeying = [row for row in rows if RULES[Kind(row.kind)] != RULES[Kind.REPLY]]
    if not obeying:
        return [Case(row, Kind(row.kind), Facts(expires_at=row.expires_at), office.kind) for row in rows]
    today = local_date(now, office.zone)
    switched_off = await kill_switch(session, now) is not None
    accounts_of = await _accounts(session, obeying)
    ids = sorted({account_id for each in accounts_of.values() for account_id in each})
    accounts = {a.id: a for a in await session.scalars(select(Account).where(Account.id.in_(ids)))}
    groups = await _groups(session, obeying)
    paused = {
        community.id
        for community in await session.scalars(select(Community).where(Community.paused_until.is_not(None)))
        if community.paused_until is not None and community.paused_until > now
    }
    person_ids = sorted({row.person_id for row in obeying if row.person_id is not None})
    stopped = set(
        await session.scalars(select(Person.id).where(Person.id.in_(person_ids), Person.stopped_at.is_not(None)))
    )
    holds = list(
        await session.scalars(select(Hold).where(Hold.account_id.in_(ids), Hold.released_at.is_(None)))
    )
    told, balances = await _bills(session, obeying, holds)
    by_account = await contact_sums(session, "account", ids, today)
    by_person = await contact_sums(session, "person", person_ids, today)
    by_group = await contact_sums(session, "group", sorted(g.id for g in groups.values()), today)
    halted = set(
        await session.scalars(
            select(Broadcast.id).where(
                Broadcast.id.in_([row.broadcast_id for row in obeying if row.broadcast_id]), Broadcast.state == "paused"
            )
        )
    )
    household_held = _household_holds(holds)
    found = []
    for row in rows:
        kind = Kind(row.kind)
        mine = accounts_of.get(row.id, ())
        group = groups.get((row.channel, row.chat))
        communities = {accounts[i].community_id for i in mine} | ({group.community_id} if group else set())
        nothing = (0, 0, 0)
        widest = tuple(max((by_account.get(i, nothing)[n] for i in mine), default=0) for n in range(3))
        facts = Facts(
            stopped=row.person_id in stopped,
            kill_switch=switched_off,
            paused=bool(communities & paused) or row.broadcast_id in halted,
            household_hold=next((household_held[i] for i in mine if i in household_held), None),
            bills=_bills_now(row, holds, told.get(row.id, ()), balances),
            contacts=larger(
                (widest[0], widest[1], widest[2]), by_person.get(row.person_id or 0, nothing), None
            ),
            group_posts_today=by_group.get(group.id, nothing)[0] if group else 0,
            expires_at=row.expires_at,
        )
        policy_kind = accounts[mine[0]].kind if mine else office.kind
        counted_group = group.id if group is not None and RULES[kind].caps is Caps.GROUP else None
        found.append(Case(row, kind, facts, policy_kind, mine, counted_group, tuple(told.get(row.id, ()))))
    return found


async def count(session: AsyncSession, case: Case, today: date, by: int = 1) -> None:
    """Count a message for the caps, or take it back when it was certainly not sent."""
    caps = RULES[case.kind].caps
    if caps is Caps.GROUP and case.group_id is not None:
        await count_contact(session, "group", case.group_id, today, by)
    if caps in (Caps.OBEYS, Caps.COUNTED):
        for account_id in case.account_ids:
            await count_contact(session, "account", account_id, today, by)
        if case.row.person_id is not None:
            await count_contact(session, "person", case.row.person_id, today, by)


async def _accounts(session: AsyncSession, rows: Sequence[Outbox]) -> dict[int, tuple[int, ...]]:
    """The accounts each row speaks of; a reminder may speak of several flats of one person."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.account_id is not None:
            found[row.id].add(row.account_id)
    reminders = [row.id for row in rows if row.kind == Kind.REMINDER]
    for outbox_id, account_id in await session.execute(
        select(Reminder.outbox_id, Reminder.account_id).where(Reminder.outbox_id.in_(reminders))
    ):
        if outbox_id is not None:
            found[outbox_id].add(account_id)
    return {row_id: tuple(sorted(ids)) for row_id, ids in found.items()}


async def _groups(session: AsyncSession, rows: Sequence[Outbox]) -> dict[tuple[str, str], Group]:
    chats = sorted({row.chat for row in rows if row.audience != "private"})
    groups = await session.scalars(select(Group).where(Group.chat.in_(chats)))
    return {(group.channel, group.chat): group for group in groups}


async def _bills(
    session: AsyncSession, rows: Sequence[Outbox], holds: Sequence[Hold]
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, int]]:
    """What each reminder told of each bill, and what these bills ask for now."""
    told: dict[int, list[tuple[int, int]]] = defaultdict(list)
    reminders = [row.id for row in rows if row.kind == Kind.REMINDER]
    for outbox_id, bill_id, fen in await session.execute(
        select(Reminder.outbox_id, ReminderBill.bill_id, ReminderBill.open_fen)
        .join(ReminderBill, ReminderBill.reminder_id == Reminder.id)
        .where(Reminder.outbox_id.in_(reminders))
        .order_by(ReminderBill.bill_id)
    ):
        if outbox_id is not None:
            told[outbox_id].append((bill_id, fen))
    bill_ids = {bill_id for each in told.values() for bill_id, _ in each} | {h.bill_id for h in holds if h.bill_id}
    balances = await session.execute(
        select(Bill.id, BILLED - RECEIVED)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Bill.id.in_(bill_ids), Bill.voided_at.is_(None))
        .group_by(Bill.id)
    )
    return told, {bill_id: int(open_fen) for bill_id, open_fen in balances}


def _bills_now(
    row: Outbox, holds: Sequence[Hold], told: Sequence[tuple[int, int]], balances: dict[int, int]
) -> tuple[BillNow, ...]:
    """The row's bills at this moment. What the message itself is about (its promise, its plan) doesn't stop it."""
    own = {hold.bill_id for hold in holds if hold.source == row.source and hold.bill_id is not None}
    reasons: dict[int, set[str]] = defaultdict(set)
    for hold in holds:
        if hold.bill_id is not None and hold.source != row.source:
            reasons[hold.bill_id].add(hold.reason)
    return tuple(
        BillNow(bill_id, balances.get(bill_id, 0), strongest(reasons[bill_id], BILL_HOLDS))
        for bill_id in [*(bill_id for bill_id, _ in told), *sorted(own)]
    )


def _household_holds(holds: Sequence[Hold]) -> dict[int, Reason]:
    reasons: dict[int, set[str]] = defaultdict(set)
    for hold in holds:
        if hold.bill_id is None:
            reasons[hold.account_id].add(hold.reason)
    named = {account_id: strongest(found, (*HOUSEHOLD_HOLDS, *BILL_HOLDS)) for account_id, found in reasons.items()}
    return {account_id: reason for account_id, reason in named.items() if reason is not None}


