"""Who a broadcast reaches, who is left out and why, its rows in the outbox, and what became of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.ladder import HOUSEHOLD_HOLDS, Reason
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.wording import salutation, tongue
from models.accounts import Account
from models.agreements import Hold
from models.bills import BILLED, RECEIVED, Bill, LedgerEntry
from models.dialogue import Group
from models.outbox import CLAIMABLE, Context, Outbox, State
from models.people import Binding, Contact, Person
from models.posting import post
from models.runtime import Broadcast

DRAFT_LIFE = timedelta(hours=24)
ACCOUNTS_AT_ONCE = 500
ROWS_PER_TRANSACTION = 50
GROUPS, HOUSEHOLDS = "groups", "households"
EVERYBODY, UNPAID = "all", "unpaid"


@dataclass(frozen=True)
class Target:
    """`to`: groups or households. An empty building means the whole community, no community the whole office.

    `cursor` is the id of the last account or group that was written for; `expanded`: all were.
    """

    to: str = ""
    segment: str = EVERYBODY
    building: str = ""
    cursor: int = 0
    expanded: bool = False

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


async def recipients(
    session: AsyncSession, office: Office, broadcast: Broadcast, after: int = 0, size: int = ACCOUNTS_AT_ONCE
) -> AsyncIterator[list[Recipient]]:
    """Everyone in the target, in batches by id. One chat comes once, however many flats are its owner's."""
    target, seen = target_of(broadcast), set[Address]()
    while True:
        if target.to == GROUPS:
            batch = await _groups(session, office, broadcast, target, after, size)
        else:
            batch = await _households(session, office, broadcast, target, after, size)
        if not batch:
            return
        after = batch[-1].id
        yield [_once(each, seen) for each in batch]


def _once(recipient: Recipient, seen: set[Address]) -> Recipient:
    if recipient.address is None:
        return recipient
    if recipient.address in seen:
        return Recipient(recipient.id, skipped="same_person")
    seen.add(recipient.address)
    return recipient


async def _groups(
    session: AsyncSession, office: Office, broadcast: Broadcast, target: Target, after: int, size: int
) -> list[Recipient]:
    query = (
        select(Group)
        .where(Group.audience == "residents", Group.community_id.is_not(None), Group.id > after)
        .order_by(Group.id)
        .limit(size)
    )
    if broadcast.community_id is not None:
        query = query.where(Group.community_id == broadcast.community_id)
    if target.building:
        query = query.where(Group.building.in_((target.building, "")))
    found = []
    for group in await session.scalars(query):
        reachable = group.state == "ok" and group.channel in office.channels
        address = Address(group.channel, group.chat) if reachable else None
        found.append(Recipient(group.id, address, skipped="" if reachable else Reason.NO_CHANNEL))
    return found


async def _households(
    session: AsyncSession, office: Office, broadcast: Broadcast, target: Target, after: int, size: int
) -> list[Recipient]:
    query = select(Account).where(Account.id > after).order_by(Account.id).limit(size)
    if broadcast.community_id is not None:
        query = query.where(Account.community_id == broadcast.community_id)
    if target.building:
        query = query.where(Account.building == target.building)
    accounts = list(await session.scalars(query))
    ids = [account.id for account in accounts]
    payers = await _payers(session, office, ids)
    owing = await _owing(session, ids) if target.segment == UNPAID else set(ids)
    held = await _held(session, ids) if broadcast.kind == Kind.BROADCAST else {}
    found = []
    for account in accounts:
        person, contact = payers.get(account.id, (None, None))
        skipped = ""
        if account.id not in owing:
            skipped = Reason.PAID.value
        elif person is None or contact is None:
            skipped = Reason.NO_CHANNEL.value
        elif broadcast.kind == Kind.BROADCAST and person.stopped_at is not None:
            skipped = Reason.STOPPED.value
        elif account.id in held:
            skipped = held[account.id]
        if skipped or person is None or contact is None:
            found.append(Recipient(account.id, skipped=skipped))
            continue
        address = Address(contact.channel, contact.chat)
        language = person.language or account.language
        found.append(Recipient(account.id, address, contact.user, person.id, account.payer_name, language))
    return found


async def _payers(
    session: AsyncSession, office: Office, ids: Sequence[int]
) -> dict[int, tuple[Person, Contact | None]]:
    """The payer of each account with the chat that is used, by the policy's order of channels."""
    query = (
        select(Binding.account_id, Account.kind, Person, Contact)
        .join(Person, Person.id == Binding.person_id)
        .join(Account, Account.id == Binding.account_id)
        .outerjoin(
            Contact,
            (Contact.person_id == Person.id) & (Contact.state == "ok") & Contact.channel.in_(office.channels),
        )
        .where(Binding.account_id.in_(ids), Binding.payer.is_(True))
        .order_by(Contact.id)
    )
    found: dict[int, tuple[Person, Contact | None]] = {}
    for account_id, kind, person, joined in await session.execute(query):
        contact: Contact | None = joined
        order = office.policy(kind).channels
        if contact is not None and contact.channel not in order:
            contact = None
        known = found.get(account_id, (person, None))[1]
        if known is None or (contact is not None and order.index(contact.channel) < order.index(known.channel)):
            found[account_id] = (person, contact)
    return found


async def _owing(session: AsyncSession, ids: Sequence[int]) -> set[int]:
    """Accounts with an open bill."""
    query = (
        select(Bill.account_id)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(Bill.account_id.in_(ids), Bill.voided_at.is_(None))
        .group_by(Bill.account_id, Bill.id)
        .having(BILLED - RECEIVED > 0)
    )
    return set(await session.scalars(query))


async def _held(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Households that are left in peace, and why."""
    query = select(Hold.account_id, Hold.reason).where(
        Hold.account_id.in_(ids),
        Hold.bill_id.is_(None),
        Hold.released_at.is_(None),
        Hold.reason.in_([reason.value for reason in HOUSEHOLD_HOLDS]),
    )
    return dict((await session.execute(query)).all())


@dataclass(frozen=True)
class Preview:
    """How many would get it, how many not and why, and the first of those who would."""

    number: int
    skipped: Mapping[str, int]
    samples: tuple[OutgoingMessage, ...]


async def preview(session: AsyncSession, office: Office, broadcast: Broadcast, samples: int = 3) -> Preview:
    skipped: Counter[str] = Counter()
    shown: list[OutgoingMessage] = []
    number = 0
    async for batch in recipients(session, office, broadcast):
        skipped.update(each.skipped for each in batch if each.skipped)
        reached = [each for each in batch if not each.skipped]
        number += len(reached)
        shown += [render(office, broadcast, each) for each in reached[: samples - len(shown)]]
    return Preview(number, skipped, tuple(shown))


def render(office: Office, broadcast: Broadcast, to: Recipient) -> OutgoingMessage:
    """The message as this chat will read it."""
    group = target_of(broadcast).to == GROUPS
    kind = Kind(broadcast.kind)
    language, words = tongue(to.language), office.wording
    fields = {"text": broadcast.text, "office": office.name, "who": salutation(to.payer_name, language)}
    name = "broadcast.group" if group else f"broadcast.{'money' if kind is Kind.BROADCAST else 'service'}"
    buttons: tuple[tuple[Choice, ...], ...] = ()
    if not group and kind is Kind.BROADCAST:
        buttons = (
            (
                Choice(words.text("button.bill", language), "bill.show", reusable=True),
                Choice(words.text("button.pay", language), "pay.how", reusable=True),
            ),
        )
    if group and kind is Kind.BROADCAST:
        kind = Kind.ANNOUNCEMENT
    audience = Audience.GROUP if group else Audience.PRIVATE
    return OutgoingMessage(name, words.text(name, language, fields), fields, buttons, audience, kind)


async def expand(session: AsyncSession, office: Office, broadcast: Broadcast, now: datetime) -> int:
    """Write the next rows of a running broadcast, at most ROWS_PER_TRANSACTION; returns how many."""
    target, written = target_of(broadcast), 0
    async for batch in recipients(session, office, broadcast, target.cursor, 2 * ROWS_PER_TRANSACTION):
        for each in batch:
            if written >= ROWS_PER_TRANSACTION:
                broadcast.target = target.to_text()
                return written
            target = Target(target.to, target.segment, target.building, cursor=each.id)
            if each.address is None:
                continue
            household = target.to == HOUSEHOLDS
            posted = await post(
                session,
                each.address,
                render(office, broadcast, each),
                button_user=each.user,
                key=keys.broadcast(broadcast.id, f"{each.address.channel}/{each.address.chat}"),
                now=now,
                context=Context(
                    each.person_id, each.id if household else None, broadcast.id, source=f"broadcast/{broadcast.id}"
                ),
            )
            written += posted.first_id is not None
    broadcast.target = Target(target.to, target.segment, target.building, target.cursor, expanded=True).to_text()
    return written


@dataclass(frozen=True)
class Progress:
    """How far a broadcast is, in messages."""

    total: int
    sent: int
    failed: int
    unknown: int
    cancelled: int
    waiting: int

    @property
    def finished(self) -> bool:
        return self.waiting == 0


async def progress(session: AsyncSession, broadcast: Broadcast) -> Progress:
    query = (
        select(Outbox.state, func.count())
        .where(Outbox.broadcast_id == broadcast.id, Outbox.part_of.is_(None))
        .group_by(Outbox.state)
    )
    states = {State(state): number for state, number in (await session.execute(query))}
    settled = {State.SENT: 0, State.DEAD: 0, State.UNKNOWN: 0, State.CANCELLED: 0} | states
    sent, dead, unknown, cancelled = (settled[s] for s in (State.SENT, State.DEAD, State.UNKNOWN, State.CANCELLED))
    written = sum(states.values())
    total = written if target_of(broadcast).expanded else max(broadcast.total, written)
    return Progress(total, sent, dead, unknown, cancelled, total - sent - dead - unknown - cancelled)


async def failures(session: AsyncSession, broadcast_id: int, limit: int) -> list[tuple[str, str, str]]:
    """(account code or chat, state, reason) of what did not arrive for certain."""
    query = (
        select(func.coalesce(Account.code, Outbox.chat), Outbox.state, Outbox.reason)
        .outerjoin(Account, Account.id == Outbox.account_id)
        .where(Outbox.broadcast_id == broadcast_id, Outbox.state.in_((State.DEAD, State.UNKNOWN, State.CANCELLED)))
        .order_by(Outbox.id)
        .limit(limit)
    )
    return list(await session.execute(query))


async def halt(session: AsyncSession, broadcast_id: int) -> None:
    """What has not gone out waits."""
    await _move(session, broadcast_id, CLAIMABLE, State.PLANNED, "broadcast_paused")


async def go_on(session: AsyncSession, broadcast_id: int) -> None:
    await _move(session, broadcast_id, (State.PLANNED,), State.QUEUED, "")


async def withdraw(session: AsyncSession, broadcast_id: int) -> None:
    """What has not gone out never will."""
    await _move(session, broadcast_id, (*CLAIMABLE, State.PLANNED), State.CANCELLED, "broadcast_cancelled")


async def _move(session: AsyncSession, broadcast_id: int, old: Sequence[State], new: State, reason: str) -> None:
    await session.execute(
        update(Outbox)
        .where(Outbox.broadcast_id == broadcast_id, Outbox.state.in_(old))
        .values(state=new, reason=reason)
        .execution_options(synchronize_session=False)
    )


async def in_state(session: AsyncSession, *states: str) -> list[int]:
    return list(await session.scalars(select(Broadcast.id).where(Broadcast.state.in_(states)).order_by(Broadcast.id)))


async def buildings_of(session: AsyncSession, community_id: int | None) -> list[str]:
    query = select(Account.building).where(Account.building != "").distinct().order_by(Account.building)
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return list(await session.scalars(query))
