"""What the gate must know of some outbox rows at this very moment, read set-wise inside the claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.broadcasts import Stage
from domain.calendar import Place
from domain.clock import local_date
from domain.gate import RULES, BillNow, Caps, Facts
from domain.ladder import BILL_HOLDS, HOUSEHOLD_HOLDS, Reason
from domain.messages import Kind
from domain.office import Office
from domain.renewals import OfferState
from models import outbox
from models.accounts import Account, Community
from models.agreements import HOLDS_NOW, Hold, Offer
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Group
from models.outbox import Outbox, State
from models.people import Binding, Person
from models.reminders import Reminder, ReminderBill, contact_sums, larger
from models.runtime import Broadcast, kill_switch
from models.staff import alarmed_among
from models.standing import strongest

ANY_HOLD = (*HOUSEHOLD_HOLDS, *BILL_HOLDS)
HoldRow = Row[int, int | None, str, str]  # account_id, bill_id, reason, source


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
    head: State | None = None  # of a later part of a split message: what became of the part before it

    @property
    def figures_changed(self) -> bool:
        if self.kind in (Kind.PROMISE, Kind.OFFER):
            return True  # one or two a day: its words are always written with the figures of the moment
        now = {bill.bill_id: bill.open_fen if bill.held is None else 0 for bill in self.facts.bills}
        return any(now.get(bill_id, 0) != fen for bill_id, fen in self.told_fen)


async def cases(session: AsyncSession, office: Office, rows: Sequence[Outbox], now: datetime) -> list[Case]:
    """The facts of each row. Rows of kinds that obey nothing cost no query."""
    heads = await outbox.heads(session, rows)
    obeying = [row for row in rows if RULES[Kind(row.kind)] != RULES[Kind.REPLY] and row.part_of is None]
    if not obeying:
        return [_plain(row, office, heads) for row in rows]
    today = local_date(now, office.zone)
    switched_off = await kill_switch(session, now) is not None
    accounts_of = await _accounts(session, obeying)
    ids = sorted({account_id for each in accounts_of.values() for account_id in each})
    accounts = {row.id: row for row in await session.execute(ACCOUNTS, {"ids": ids})} if ids else {}
    groups = await _groups(session, obeying)
    paused = set(await session.scalars(PAUSED, {"now": now}))
    person_ids = sorted({row.person_id for row in obeying if row.person_id is not None})
    people = {row.id: row for row in await session.execute(PEOPLE, {"ids": person_ids})} if person_ids else {}
    holds = (await session.execute(HOLDS, {"accounts": ids})).all() if ids else []
    told, balances = await _bills(session, obeying, holds)
    by_account = await contact_sums(session, "account", ids, today)
    by_person = await contact_sums(session, "person", person_ids, today)
    by_group = await contact_sums(session, "group", sorted(g.id for g in groups.values()), today)
    broadcasts = sorted({row.broadcast_id for row in obeying if row.broadcast_id})
    states = dict((await session.execute(BROADCASTS, {"ids": broadcasts})).all()) if broadcasts else {}
    around = [each.community_id for each in accounts.values()] + [each.community_id for each in groups.values()]
    communities = await _communities(session, office, around)
    over = await _offers_over(session, obeying, today)
    bindings = await session.execute(BOUND, {"people": person_ids}) if person_ids else ()
    bound = {(person_id, account_id) for person_id, account_id in bindings}
    alarms = await alarmed_among(session, accounts)
    held = _household_holds(holds) | {
        account.id: Reason.HARDSHIP
        for account in accounts.values()
        if "hardship" in account.traits.split(";") or account.id in alarms
    }
    found = []
    for row in rows:
        if row not in obeying:
            found.append(_plain(row, office, heads))
            continue
        kind, person = Kind(row.kind), people.get(row.person_id or 0)
        mine = accounts_of.get(row.id, ())
        group = groups.get((row.channel, row.chat))
        here = {accounts[i].community_id for i in mine} | ({group.community_id} if group else set())
        parted = {i for i in mine if row.person_id is not None and (row.person_id, i) not in bound}
        silent = dict.fromkeys(parted, Reason.NO_CHANNEL) | {i: held[i] for i in mine if i in held}
        nothing = (0, 0, 0)
        widest = tuple(max((by_account.get(i, nothing)[n] for i in mine), default=0) for n in range(3))
        facts = Facts(
            bound=not mine or len(parted) < len(mine),
            stopped=person is not None and person.stopped_at is not None,
            kill_switch=switched_off,
            paused=bool(here & paused),
            broadcast_paused=states.get(row.broadcast_id or 0) == Stage.PAUSED,
            broadcast_over=states.get(row.broadcast_id or 0) in (Stage.CANCELLED, Stage.UNDOING, Stage.UNDONE),
            offer_over=row.source in over,
            household_hold=silent[mine[0]] if mine and len(silent) == len(mine) else None,
            resting=strongest({hold.reason for hold in holds if hold.account_id in mine}, ANY_HOLD),
            bills=_bills_now(row, holds, told.get(row.id, ()), balances, silent),
            contacts=larger((widest[0], widest[1], widest[2]), by_person.get(row.person_id or 0, nothing), None),
            group_posts_today=by_group.get(group.id, nothing)[0] if group else 0,
            expires_at=row.expires_at,
            hours=(person.hour_from, person.hour_until)
            if person is not None and person.hour_from is not None
            else None,
            places=_places(communities, [accounts[i] for i in mine], group),
        )
        policy_kind = accounts[mine[0]].kind if mine else office.kind
        counted_group = group.id if group is not None and RULES[kind].caps is Caps.GROUP else None
        found.append(Case(row, kind, facts, policy_kind, mine, counted_group, tuple(told.get(row.id, ()))))
    return found


# Put together once: a lane asks at each claim.
ACCOUNTS = select(Account.id, Account.community_id, Account.kind, Account.class_name, Account.traits).where(
    Account.id.in_(bindparam("ids", expanding=True))
)
PAUSED = select(Community.id).where(Community.paused_until > bindparam("now"))
PEOPLE = select(Person.id, Person.stopped_at, Person.hour_from, Person.hour_until).where(
    Person.id.in_(bindparam("ids", expanding=True))
)
HOLDS = select(Hold.account_id, Hold.bill_id, Hold.reason, Hold.source).where(
    Hold.account_id.in_(bindparam("accounts", expanding=True)), HOLDS_NOW
)
BROADCASTS = select(Broadcast.id, Broadcast.state).where(Broadcast.id.in_(bindparam("ids", expanding=True)))
BOUND = select(Binding.person_id, Binding.account_id).where(Binding.person_id.in_(bindparam("people", expanding=True)))
REMINDED = select(Reminder.outbox_id, Reminder.account_id).where(
    Reminder.outbox_id.in_(bindparam("rows", expanding=True))
)
GROUPS = select(Group).where(Group.chat.in_(bindparam("chats", expanding=True)))
TOLD = (
    select(Reminder.outbox_id, ReminderBill.bill_id, ReminderBill.open_fen)
    .join(ReminderBill, ReminderBill.reminder_id == Reminder.id)
    .where(Reminder.outbox_id.in_(bindparam("rows", expanding=True)))
    .order_by(ReminderBill.bill_id)
)
BALANCES = (
    select(Bill.id, Bill.account_id, BILLED - RECEIVED)
    .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
    .where(Bill.id.in_(bindparam("bills", expanding=True)), Bill.voided_at.is_(None))
    .group_by(Bill.id)
)
OFFERS = select(Offer.id).where(
    Offer.id.in_(bindparam("ids", expanding=True)),
    Offer.state == OfferState.OPEN,
    Offer.no_more.is_(False),
    Offer.closes_on >= bindparam("today"),
)


def _plain(row: Outbox, office: Office, heads: dict[int, State]) -> Case:
    """A row that asks for nothing but its time: a reply, a staff card, a later part of a split message."""
    return Case(row, Kind(row.kind), Facts(expires_at=row.expires_at), office.kind, head=heads.get(row.part_of or 0))


def counted(case: Case) -> list[tuple[str, int]]:
    """The (scope, id) that a message counts for in the caps; a message in several parts counts once."""
    caps, row = RULES[case.kind].caps, case.row
    if row.part_of is not None:
        return []
    if caps is Caps.GROUP:
        return [("group", case.group_id)] if case.group_id is not None else []
    if caps is Caps.FREE:
        return []
    person = [("person", row.person_id)] if row.person_id is not None else []
    return [("account", account_id) for account_id in case.account_ids] + person


async def _accounts(session: AsyncSession, rows: Sequence[Outbox]) -> dict[int, tuple[int, ...]]:
    """The accounts each row speaks of; a reminder may speak of several flats of one person."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        if row.account_id is not None:
            found[row.id].add(row.account_id)
    reminders = [row.id for row in rows if row.kind == Kind.REMINDER]
    if reminders:
        for outbox_id, account_id in await session.execute(REMINDED, {"rows": reminders}):
            found[outbox_id or 0].add(account_id)
    return {row_id: tuple(sorted(ids)) for row_id, ids in found.items()}


async def _offers_over(session: AsyncSession, rows: Sequence[Outbox], today: date) -> set[str]:
    """Of these rows' offers ("offer/3") those about which nothing is to be said any more."""
    sources = {row.source for row in rows if row.kind == Kind.OFFER}
    if not sources:
        return set()
    ids = [int(source.partition("/")[2]) for source in sources]
    asking = await session.scalars(OFFERS, {"ids": ids, "today": today})
    return sources - {f"offer/{offer_id}" for offer_id in asking}


async def _communities(session: AsyncSession, office: Office, ids: Sequence[int | None]) -> dict[int, Community]:
    """The communities by id, where the calendar knows of local days; else none: a claim is read many times a second."""
    if not office.calendar.is_local or not ids:
        return {}
    return {each.id: each for each in await session.scalars(select(Community).where(Community.id.in_(ids)))}


def _places(
    communities: Mapping[int, Community], accounts: Sequence[Row[*tuple[Any, ...]]], group: Group | None
) -> tuple[Place, ...]:
    """Where the households of a row belong, and its group."""
    found = [
        Place(account.kind, communities[account.community_id].name, account.class_name)
        for account in accounts
        if account.community_id in communities
    ]
    place = communities.get(group.community_id or 0) if group is not None else None
    if group is not None and place is not None:
        found.append(Place(place.kind, place.name, group.class_name))
    return tuple(dict.fromkeys(found))


async def _groups(session: AsyncSession, rows: Sequence[Outbox]) -> dict[tuple[str, str], Group]:
    chats = sorted({row.chat for row in rows if row.audience != "private"})
    groups = await session.scalars(GROUPS, {"chats": chats}) if chats else ()
    return {(group.channel, group.chat): group for group in groups}


async def _bills(
    session: AsyncSession, rows: Sequence[Outbox], holds: Sequence[HoldRow]
) -> tuple[dict[int, list[tuple[int, int]]], dict[int, tuple[int, int]]]:
    """What each reminder told of each bill; and of these bills the account and what they ask for now."""
    told: dict[int, list[tuple[int, int]]] = defaultdict(list)
    reminders = [row.id for row in rows if row.kind == Kind.REMINDER]
    if reminders:
        for outbox_id, bill_id, fen in await session.execute(TOLD, {"rows": reminders}):
            told[outbox_id or 0].append((bill_id, fen))
    bill_ids = {bill_id for each in told.values() for bill_id, _ in each} | {h.bill_id for h in holds if h.bill_id}
    if not bill_ids:
        return told, {}
    balances = await session.execute(BALANCES, {"bills": sorted(bill_ids)})
    return told, {bill_id: (account_id, int(fen)) for bill_id, account_id, fen in balances}


def _bills_now(
    row: Outbox,
    holds: Sequence[HoldRow],
    told: Sequence[tuple[int, int]],
    balances: dict[int, tuple[int, int]],
    silent: dict[int, Reason],
) -> tuple[BillNow, ...]:
    """The row's bills at this moment. What the message itself is about (its promise, its plan) doesn't stop it.

    `silent`: households of the row that may not be written about, and why.
    """
    own = {hold.bill_id for hold in holds if hold.source == row.source and hold.bill_id is not None}
    reasons: dict[int, set[str]] = defaultdict(set)
    for hold in holds:
        if hold.bill_id is not None and hold.source != row.source:
            reasons[hold.bill_id].add(hold.reason)
    found = []
    for bill_id in [*(bill_id for bill_id, _ in told), *sorted(own)]:
        account_id, open_fen = balances.get(bill_id, (0, 0))
        found.append(BillNow(bill_id, open_fen, strongest(reasons[bill_id], BILL_HOLDS) or silent.get(account_id)))
    return tuple(found)


def _household_holds(holds: Sequence[HoldRow]) -> dict[int, Reason]:
    reasons: dict[int, set[str]] = defaultdict(set)
    for hold in holds:
        if hold.bill_id is None:
            reasons[hold.account_id].add(hold.reason)
    named = {account_id: strongest(found, ANY_HOLD) for account_id, found in reasons.items()}
    return {account_id: reason for account_id, reason in named.items() if reason is not None}
