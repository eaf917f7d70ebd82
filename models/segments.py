"""Who a broadcast reaches: a target in words, the households or groups it means, and who of them is left out and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.broadcasts import asks_for_money
from domain.calendar import Place
from domain.ladder import BILL_HOLDS, RESTING, Reason
from domain.messages import Address, Kind
from domain.office import Office
from models.accounts import Account, Community
from models.agreements import HOLDS_NOW, Hold
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Group
from models.people import Binding, Contact, Person
from models.runtime import Broadcast
from models.staff import alarmed

ACCOUNTS_AT_ONCE = 500
GROUPS, HOUSEHOLDS = "groups", "households"
SAME_PERSON = "same_person"
NOT_DUE = "not_due"


class Segment(StrEnum):
    """Which households of a place."""

    ALL = "all"
    UNPAID = "unpaid"  # with an open bill
    OVERDUE = "overdue"  # with a bill open `value` days after its due day
    PERIOD = "period"  # with an open bill of the period `value`
    CHANNEL = "channel"  # whose payer has a chat on the channel `value`
    CODES = "codes"  # those named, `value` joins their codes by commas


COLLECTION = frozenset({Segment.UNPAID, Segment.OVERDUE, Segment.PERIOD})  # whoever owes is asked for it


@dataclass(frozen=True)
class Target:
    """`to`: groups or households. No building and no class means the whole community, no community the whole office.

    `cursor` is the id of the last account or group that was written for; `expanded`: all were.
    """

    to: str = ""
    segment: str = Segment.ALL
    building: str = ""
    cursor: int = 0
    expanded: bool = False
    class_name: str = ""
    value: str = ""

    def to_text(self) -> str:
        return json.dumps(vars(self), ensure_ascii=False)


def target_of(broadcast: Broadcast) -> Target:
    return Target(**json.loads(broadcast.target))


@dataclass(frozen=True)
class Recipient:
    """One chat that gets the message, or (with `skipped`) one that doesn't and why. `id`: of the account or group."""

    id: int
    address: Address | None = None
    user: str = ""
    person_id: int | None = None
    payer_name: str = ""
    language: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class Reach:
    """How many households (or groups) are meant, how many messages that makes, and who is left out and why."""

    meant: int
    messages: int
    skipped: Mapping[str, int]

    @property
    def unreachable(self) -> int:
        return self.skipped.get(Reason.NO_CHANNEL, 0)


async def reach(session: AsyncSession, office: Office, broadcast: Broadcast, today: date) -> Reach:
    """Count without naming anyone."""
    target = target_of(broadcast)
    if target.to == GROUPS:
        states = [each.skipped async for each in recipients(session, office, broadcast, today)]
        return Reach(len(states), states.count(""), Counter(each for each in states if each))
    rows = _households(office, broadcast, today).subquery()
    counts = (await session.execute(select(rows.c.skipped, func.count()).group_by(rows.c.skipped))).all()
    skipped = Counter({reason: int(number) for reason, number in counts})
    meant, reached = skipped.total(), skipped.pop("", 0)
    people = select(func.count(func.distinct(rows.c.person_id))).where(rows.c.skipped == "")
    messages = int(await session.scalar(people) or 0)
    if reached > messages:
        skipped[SAME_PERSON] = reached - messages
    return Reach(meant, messages, skipped)


async def recipients(
    session: AsyncSession, office: Office, broadcast: Broadcast, today: date
) -> AsyncIterator[Recipient]:
    """Everyone in the target, by id. A person with several flats is written to once."""
    seen, after = set[int | None](), 0
    while found := await batch(session, office, broadcast, today, after, ACCOUNTS_AT_ONCE):
        for each in found:
            yield Recipient(each.id, skipped=SAME_PERSON) if each.person_id in seen and each.address else each
            seen |= {each.person_id} - {None}
        after = found[-1].id


async def batch(
    session: AsyncSession, office: Office, broadcast: Broadcast, today: date, after: int, size: int
) -> list[Recipient]:
    """The next accounts or groups of a target, by id; among these a person with several flats comes once."""
    target = target_of(broadcast)
    if target.to == GROUPS:
        return await _groups(session, office, broadcast, after, size)
    query = _households(office, broadcast, today).where(Account.id > after).order_by(Account.id).limit(size)
    rows = list(await session.execute(query))
    chats = await _chats(session, office, target, [row for row in rows if not row.skipped])
    found: list[Recipient] = []
    seen: set[int] = set()
    for row in rows:
        chat = chats.get(row.id)
        skipped = row.skipped or (SAME_PERSON if row.person_id in seen else "")
        if skipped or chat is None:
            found.append(Recipient(row.id, skipped=skipped or Reason.NO_CHANNEL.value))
            continue
        seen.add(row.person_id)
        address, language = Address(chat.channel, chat.chat), row.persons_language or row.language
        found.append(Recipient(row.id, address, chat.user, row.person_id, row.payer_name, language))
    return found


def _households(office: Office, broadcast: Broadcast, today: date) -> Select[Any]:
    """One row for each account in the target, with its payer and, in `skipped`, why it is left out (or nothing)."""
    target = target_of(broadcast)
    first = (  # should an account have two payers, the first counts
        select(func.min(Binding.id))
        .where(Binding.account_id == Account.id, Binding.payer.is_(True))
        .correlate(Account)
        .scalar_subquery()
    )
    reasons: list[tuple[ColumnElement[bool], Any]] = [
        (Person.id.is_(None), Reason.NO_CHANNEL.value),
        (~_has_chat(office, target), Reason.NO_CHANNEL.value),
    ]
    if collects(broadcast):
        reasons += _in_peace(target, today)
    query = (
        select(
            Account.id,
            Account.kind,
            Account.payer_name,
            Account.language,
            Person.id.label("person_id"),
            Person.language.label("persons_language"),
            Person.channel.label("liked"),
            case(*reasons, else_=literal("")).label("skipped"),
        )
        .outerjoin(Binding, Binding.id == first)
        .outerjoin(Person, Person.id == Binding.person_id)
    )
    for condition in _place(broadcast, target, Account.community_id, Account.building, Account.class_name):
        query = query.where(condition)
    if target.segment in COLLECTION:
        query = query.where(_owing(*_bills_meant(target, today)))
    elif target.segment == Segment.CODES:
        query = query.where(Account.code.in_(target.value.split(",")))
    return query


def collects(broadcast: Broadcast) -> bool:
    """Whether a broadcast asks for money: by its kind, by whom it is for, or by its words, whatever it is called."""
    collection = target_of(broadcast).segment in COLLECTION
    return broadcast.kind == Kind.BROADCAST or collection or asks_for_money(broadcast.text)


def _bills_meant(target: Target, today: date) -> list[ColumnElement[bool]]:
    """Which open bills a segment speaks of."""
    match target.segment:
        case Segment.OVERDUE:
            return [Bill.due_on <= today - timedelta(days=int(target.value))]
        case Segment.PERIOD:
            return [Bill.period == target.value]
    return []


def _in_peace(target: Target, today: date) -> list[tuple[ColumnElement[bool], Any]]:
    """Who is not asked for money, and why: the holds of the reminder ladder, in its order, and what is not due yet.

    A household some of whose bills rest is asked for the others; one that owes nothing reads what all read.
    """
    meant = _bills_meant(target, today)

    def held(reason: Reason, *of: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(Hold.account_id == Account.id, Hold.reason == reason.value, HOLDS_NOW, *of)

    rests = exists().where(Hold.bill_id == Bill.id, HOLDS_NOW).correlate(Bill)
    asked = _owing(*meant, ~rests, Bill.due_on <= today)
    nothing_to_ask = and_(_owing(*meant), ~asked)
    return [
        (Person.stopped_at.is_not(None), Reason.STOPPED.value),
        *((held(reason, Hold.bill_id.is_(None)), reason.value) for reason in RESTING),
        (Account.traits.contains("hardship"), Reason.HARDSHIP.value),
        (Account.id.in_(alarmed()), Reason.HARDSHIP.value),
        *((and_(nothing_to_ask, held(reason, Hold.bill_id.is_not(None))), reason.value) for reason in BILL_HOLDS),
        (nothing_to_ask, NOT_DUE),
    ]


def _place(
    broadcast: Broadcast, target: Target, community: Any, building: Any, class_name: Any
) -> list[ColumnElement[bool]]:
    wanted = ((community, broadcast.community_id), (building, target.building), (class_name, target.class_name))
    return [column == value for column, value in wanted if value]


def _has_chat(office: Office, target: Target) -> ColumnElement[bool]:
    """The payer can be written to, on a channel that the policy of the account's kind allows."""
    allowed = or_(
        *(and_(Account.kind == kind, Contact.channel.in_(policy.channels)) for kind, policy in office.policies.items())
    )
    wanted = [target.value] if target.segment == Segment.CHANNEL else office.channels
    return exists().where(Contact.person_id == Person.id, Contact.state == "ok", Contact.channel.in_(wanted), allowed)


def _owing(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The account has an open bill (of this sort)."""
    return exists(
        select(Bill.id)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Bill.account_id == Account.id, Bill.voided_at.is_(None), *conditions)
        .group_by(Bill.id)
        .having(BILLED - RECEIVED > 0)
        .correlate(Account)
    )


async def _chats(session: AsyncSession, office: Office, target: Target, rows: Sequence[Any]) -> dict[int, Contact]:
    """For each account the chat that is used: the channel its payer likes, else by the policy's order."""
    wanted = [target.value] if target.segment == Segment.CHANNEL else office.channels
    query = select(Contact).where(
        Contact.person_id.in_({row.person_id for row in rows}), Contact.state == "ok", Contact.channel.in_(wanted)
    )
    by_person: dict[int, list[Contact]] = {}
    for contact in await session.scalars(query.order_by(Contact.id)):
        by_person.setdefault(contact.person_id, []).append(contact)
    found: dict[int, Contact] = {}
    for row in rows:
        order = (row.liked, *office.policy(row.kind).channels)
        usable = [each for each in by_person.get(row.person_id, []) if each.channel in order[1:]]
        if usable:
            found[row.id] = min(usable, key=lambda each: (order.index(each.channel), each.id))
    return found


async def _groups(
    session: AsyncSession, office: Office, broadcast: Broadcast, after: int, size: int
) -> list[Recipient]:
    """The residents' groups of the place; a building's broadcast goes to groups of the whole community as well."""
    target = target_of(broadcast)
    query = select(Group).where(
        Group.audience == "residents", Group.community_id.is_not(None), Group.id > after, Group.state != "removed"
    )
    if broadcast.community_id is not None:
        query = query.where(Group.community_id == broadcast.community_id)
    if target.building:
        query = query.where(Group.building.in_((target.building, "")), Group.class_name == "")
    if target.class_name:
        query = query.where(Group.class_name == target.class_name)
    found = []
    for group in await session.scalars(query.order_by(Group.id).limit(size)):
        reachable = group.state == "ok" and group.channel in office.channels
        address = Address(group.channel, group.chat) if reachable else None
        found.append(Recipient(group.id, address, skipped="" if reachable else Reason.NO_CHANNEL.value))
    return found


async def count_owing(session: AsyncSession, community_id: int | None, today: date) -> tuple[int, int]:
    """How many households of a place have an open bill, and how many of them one that is due."""

    async def count(owing: ColumnElement[bool]) -> int:
        query = select(func.count(Account.id)).where(Account.erased_at.is_(None), owing)
        if community_id is not None:
            query = query.where(Account.community_id == community_id)
        return int(await session.scalar(query) or 0)

    return await count(_owing()), await count(_owing(Bill.due_on <= today))


# what can be chosen


async def buildings_of(session: AsyncSession, community_id: int | None) -> list[str]:
    return await _names(session, Account.building, community_id)


async def classes_of(session: AsyncSession, community_id: int | None) -> list[str]:
    return await _names(session, Account.class_name, community_id)


async def _names(session: AsyncSession, column: Any, community_id: int | None) -> list[str]:
    query = select(column).where(column != "").distinct().order_by(column)
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return list(await session.scalars(query))


async def period_of(session: AsyncSession, community_id: int | None, today: date) -> str:
    """The billing period that a place is in: of the bill due last; the month where nothing was billed."""
    query = (
        select(Bill.period)
        .join(Account, Account.id == Bill.account_id)
        .where(Bill.voided_at.is_(None))
        .order_by(Bill.due_on.desc(), Bill.id.desc())
        .limit(1)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return await session.scalar(query) or f"{today:%Y-%m}"


async def codes_among(session: AsyncSession, community_id: int | None, codes: Sequence[str]) -> list[str]:
    """Those of the codes that belong to households of this place, in their order."""
    query = select(Account.code).where(Account.code.in_(codes))
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    known = set(await session.scalars(query))
    return [code for code in dict.fromkeys(codes) if code in known]


async def place_of(session: AsyncSession, office: Office, community_id: int | None) -> Place:
    """Whose policy and whose days hold there; without a community: everywhere."""
    community = await session.get(Community, community_id) if community_id is not None else None
    return Place(community.kind, community.name) if community is not None else Place(office.kind)


async def call_all(session: AsyncSession, group_id: int, period: str) -> bool:
    """Use up a group's one @所有人 of a billing period; False when it was used."""
    group = await session.get(Group, group_id, with_for_update=True)
    if group is None or group.mentioned_in == period:
        return False
    group.mentioned_in = period
    return True
