"""Whether people's details are right: who was asked and what became of it, whose turn it is, which chats were lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, Exists, ForeignKey, Index, String, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain import keys
from domain.details import SPREAD, WAITING, YEAR_DAYS, Cause, Home, Last, State, tail_of
from domain.messages import Address
from domain.roles import Member
from domain.wording import salutation, short_room
from models.accounts import Account, Community
from models.agreements import Hold
from models.base import Base, Id, UtcDateTime, upsert
from models.outbox import CLAIMABLE, Outbox
from models.outbox import State as Sending
from models.people import Binding, Contact, Person, households_of
from models.staff import LIVE, StaffTask

UNREACHABLE = "unreachable"  # the kind of the task when a household has no chat left
NOT_OUT = (Sending.CANCELLED, Sending.DEAD)


class DetailsCheck(Base):
    """ "Are your details right?" `state` and `cause`: domain.details. `person_id`: None where nobody could be asked."""

    __tablename__ = "details_checks"
    __table_args__ = (Index("ix_details_checks_account_id", "account_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    cause: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    asked_on: Mapped[date] = mapped_column(Date)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Linked:
    """A person with the household that they are asked about: the one that they pay for, else their first."""

    person_id: int
    account_id: int
    role: str
    linked_on: datetime


@dataclass(frozen=True)
class Lost:
    """A chat that can't be written to. `subject` names this loss: a chat that came back may be lost again."""

    contact_id: int
    channel: str
    subject: str
    whose: Linked


def source_of(check_id: int) -> str:
    return f"details/{check_id}"


async def note_check(
    session: AsyncSession,
    account_id: int,
    person_id: int | None,
    cause: Cause,
    subject: str,
    state: State,
    on: date,
    answered_at: datetime | None = None,
) -> DetailsCheck | None:
    """Write a check down under its key; None when it stands there already, unless its question never went out."""
    key = keys.details(account_id, cause, subject)
    values = {"account_id": account_id, "person_id": person_id, "cause": cause, "state": state, "asked_on": on}
    insert = upsert(session, DetailsCheck).values(key=key, answered_at=answered_at, **values)
    new = insert.on_conflict_do_nothing(index_elements=["key"]).returning(DetailsCheck.id)
    if (check_id := await session.scalar(new)) is not None:
        return await session.get(DetailsCheck, check_id)
    again = (
        update(DetailsCheck)
        .where(DetailsCheck.key == key, DetailsCheck.state == State.UNSAID, DetailsCheck.cause != Cause.BOUNCE)
        .values(state=state, asked_on=on, answered_at=answered_at)
        .returning(DetailsCheck.id)
    )
    check_id = await session.scalar(again)
    return await session.get(DetailsCheck, check_id, populate_existing=True) if check_id is not None else None


async def asked_yearly(session: AsyncSession, on: date) -> int:
    """How many were asked for the year's sake on a day."""
    query = select(func.count()).where(DetailsCheck.cause == Cause.YEARLY, DetailsCheck.asked_on == on)
    return int(await session.scalar(query) or 0)


async def give_up(session: AsyncSession, asked_until: date) -> int:
    """Questions of that day or before that nobody has answered are done with; how many."""
    silent = (DetailsCheck.state == State.ASKED, DetailsCheck.asked_on <= asked_until)
    result = await session.execute(update(DetailsCheck).where(*silent).values(state=State.UNHEARD))
    return int(result.rowcount)  # type: ignore[attr-defined]


async def take_note_of_unsaid(session: AsyncSession) -> int:
    """Questions that the gate took back or no channel delivered were not asked; how many."""
    asked = list(await session.scalars(select(DetailsCheck).where(DetailsCheck.state == State.ASKED)))
    by_source = {source_of(check.id): check for check in asked}
    latest = select(func.max(Outbox.id)).where(Outbox.source.in_(by_source)).group_by(Outbox.source)
    rows = await session.execute(select(Outbox.source).where(Outbox.id.in_(latest), Outbox.state.in_(NOT_OUT)))
    unsaid = [by_source[source] for (source,) in rows]
    for check in unsaid:
        check.state = State.UNSAID
    return len(unsaid)


async def last_of(session: AsyncSession, person_ids: Collection[int]) -> dict[int, Last]:
    """The last question (or own look) of each person that has one."""
    query = (
        select(DetailsCheck.person_id, DetailsCheck.asked_on, DetailsCheck.state)
        .where(DetailsCheck.person_id.in_(person_ids), DetailsCheck.state != State.UNSAID)
        .order_by(DetailsCheck.asked_on, DetailsCheck.id)
    )
    return {person_id or 0: Last(on, State(state)) for person_id, on, state in await session.execute(query)}


async def open_check(session: AsyncSession, person_id: int, states: Collection[State]) -> DetailsCheck | None:
    """A person's latest check in one of these states."""
    query = select(DetailsCheck).where(DetailsCheck.person_id == person_id, DetailsCheck.state.in_(states))
    return (await session.scalars(query.order_by(DetailsCheck.id.desc()).limit(1))).first()


async def asked_just_now(session: AsyncSession, chat: Address) -> DetailsCheck | None:
    """The check whose question is the newest message in a chat, while it waits for an answer."""
    newest = select(Outbox.source).where(Outbox.channel == chat.channel, Outbox.chat == chat.chat)
    source = await session.scalar(newest.order_by(Outbox.id.desc()).limit(1)) or ""
    about, _, number = source.partition("/")
    check = await session.get(DetailsCheck, int(number)) if about == "details" and number.isdecimal() else None
    return check if check is not None and check.state in WAITING else None


async def people_of_days(session: AsyncSession, indexes: Collection[int]) -> list[Linked]:
    """Everybody whose own day is one of these, who can be written to and has not said stop; by id."""
    mine = (Person.id * SPREAD % YEAR_DAYS).in_(indexes)
    return await _linked(
        session, Person.id.in_(select(Person.id).where(mine)), Person.stopped_at.is_(None), reachable()
    )


def reachable() -> Exists:
    return exists().where(Contact.person_id == Person.id, Contact.state == "ok")


async def _linked(session: AsyncSession, *which: object) -> list[Linked]:
    rows = await session.execute(
        select(Person.id, Binding.account_id, Binding.role, Binding.bound_at)
        .join(Binding, Binding.person_id == Person.id)
        .join(Account, Account.id == Binding.account_id)
        .where(Account.erased_at.is_(None), *which)  # type: ignore[arg-type]
        .order_by(Person.id, Binding.payer.desc(), Binding.id)
    )
    found: dict[int, Linked] = {}
    for row in rows:
        found.setdefault(row[0], Linked(*row))
    return list(found.values())


async def lost_chats(session: AsyncSession) -> list[Lost]:
    """Chats that can't be written to and about which nothing was done yet."""
    contacts = {
        contact.id: contact
        for contact in await session.scalars(select(Contact).where(Contact.state != "ok").order_by(Contact.id))
    }
    people = {contact.person_id for contact in contacts.values()}
    whose = {each.person_id: each for each in await _linked(session, Person.id.in_(people))}
    found = [
        Lost(contact.id, contact.channel, _loss(contact), whose[contact.person_id])
        for contact in contacts.values()
        if contact.person_id in whose
    ]
    told = {each: keys.details(each.whose.account_id, Cause.BOUNCE, each.subject) for each in found}
    known = set(await session.scalars(select(DetailsCheck.key).where(DetailsCheck.key.in_(told.values()))))
    return [each for each in found if told[each] not in known]


def _loss(contact: Contact) -> str:
    heard = contact.last_heard_at
    return f"{contact.id}-{heard.date().isoformat() if heard is not None else 'never'}"


async def others_of(session: AsyncSession, account_id: int, person_id: int) -> list[Linked]:
    """Who else of the household may be asked when one of them can't be reached: owners and family, in their order."""
    rows = await session.execute(
        select(Person.id, Binding.account_id, Binding.role, Binding.bound_at)
        .join(Binding, Binding.person_id == Person.id)
        .where(
            Binding.account_id == account_id,
            Person.id != person_id,
            Binding.role != Member.TENANT,
            Person.stopped_at.is_(None),
            reachable(),
        )
        .order_by(Binding.id)
    )
    return [Linked(*row) for row in rows]


async def homes_without_a_chat(session: AsyncSession, person_id: int) -> list[Account]:
    """The households of a person in which nobody can be written to."""
    chat = exists().where(
        Binding.account_id == Account.id, Binding.person_id == Contact.person_id, Contact.state == "ok"
    )
    mine = select(Binding.account_id).where(Binding.person_id == person_id)
    query = select(Account).where(Account.id.in_(mine), Account.erased_at.is_(None), ~chat)
    return list(await session.scalars(query.order_by(Account.id)))


async def close_reached(session: AsyncSession, now: datetime) -> int:
    """Tasks about a household that nobody could reach are done once somebody of it can be written to again; how many."""
    chat = exists().where(
        Binding.account_id == StaffTask.account_id, Binding.person_id == Contact.person_id, Contact.state == "ok"
    )
    open_ones = select(StaffTask).where(StaffTask.kind == UNREACHABLE, StaffTask.state.in_(LIVE), chat)
    tasks = list(await session.scalars(open_ones))
    for task in tasks:
        task.state, task.outcome, task.closed_at, task.touched_at = "done", "reached", now, now
    return len(tasks)


async def resting(session: AsyncSession, person_ids: Sequence[int], now: datetime) -> set[int]:
    """Of these people those who are left in peace: a hold on any of their homes, hardship, a pause, or a word on its way."""
    held = exists().where(Hold.account_id == Account.id, Hold.released_at.is_(None))
    paused = exists().where(Community.id == Account.community_id, Community.paused_until > now)
    quiet = (
        select(Binding.person_id)
        .join(Account, Account.id == Binding.account_id)
        .where(Binding.person_id.in_(person_ids), or_(held, paused, Account.traits.contains("hardship")))
    )
    waiting = select(Outbox.person_id).where(
        Outbox.person_id.in_(person_ids), Outbox.state.in_((*CLAIMABLE, Sending.PLANNED)), Outbox.kind != "reply"
    )
    return {*await session.scalars(quiet), *(each or 0 for each in await session.scalars(waiting))}


async def homes_of(session: AsyncSession, person_id: int, language: str) -> list[Home]:
    """What a person may see of their homes on file. Name and phone are the payer's own: others see neither."""
    return [
        Home(
            short_room(account.room),
            binding.role,
            salutation(account.payer_name, language) if binding.payer and binding.role != Member.TENANT else "",
            tail_of(account.phone) if binding.payer and binding.role != Member.TENANT else "",
        )
        for account, binding in await households_of(session, person_id)
        if account.erased_at is None
    ]
