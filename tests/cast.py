"""The fixed cast: Ms Chen pays, Mr Li promises, Mrs Wang disputes, Zhao is staff, Sun must see nothing; and their world."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.content import load_office
from bot.settings import Settings
from domain.calendar import Move
from domain.clock import at_local
from domain.ladder import Reason
from domain.ledger import EntryKind
from domain.messages import Address, Kind, OutgoingMessage
from domain.office import Office
from domain.policy import Action, Policy
from models import agreements, outbox
from models.accounts import Account, Community
from models.base import Database
from models.bills import Bill, LedgerEntry, record_payment, settle, transfer
from models.outbox import Outbox
from models.people import Binding, Contact, Person, bind
from models.posting import post
from models.staff import Staff

CHANNEL = "sandbox"
ESTATE = "翠湖花园"
SCHOOL = "启明校区"
CHEN, LI, WANG, SUN = "chen", "li", "wang", "sun"
NAMES = {CHEN: "陈静女士", LI: "李强先生", WANG: "王芳女士", SUN: "孙伟先生"}
ROOMS = {CHEN: "1201", LI: "1202", WANG: "1203", SUN: "1204"}
ZHAO = "zhao"


def office(*, approve_first_run: bool = False, **organisation: str) -> Office:
    """The office of the shipped words and policies, writing on the sandbox."""
    settings = Settings.model_validate(
        {"organisation": {"name": "翠湖物业", "hotline": "021-5555 0101", **organisation}}
    )
    return replace(load_office(settings, (CHANNEL, "telegram")), approve_first_run=approve_first_run)


def before_holidays(policy: Policy) -> Policy:
    """The same policy, whose messages come before holidays: the line that the shipped ones hold behind a #."""
    early = Move.BEFORE_HOLIDAY
    stages = tuple(replace(each, move=early) if each.action in WRITTEN else each for each in policy.stages)
    offers = tuple(replace(each, move=early) if each.action in WRITTEN else each for each in policy.offer_stages)
    return replace(policy, stages=stages, offer_stages=offers)


WRITTEN = (Action.MESSAGE, Action.ACKNOWLEDGE)


class World:
    """Builds households, bills and agreements in a database; `now` is the moment things happen at."""

    def __init__(self, database: Database, office: Office, now: datetime) -> None:
        self.database = database
        self.office = office
        self.now = now

    @property
    def today(self) -> date:
        return self.office.today(self.now)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return at_local(day, time(hour, minute), self.office.zone)

    async def community(self, session: AsyncSession, name: str = ESTATE, kind: str = "property") -> Community:
        found = (await session.scalars(select(Community).where(Community.name == name))).one_or_none()
        if found is None:
            found = Community(name=name, kind=kind)
            session.add(found)
            await session.flush()
        return found

    async def account(self, name: str = CHEN, *, code: str = "", kind: str = "property", traits: str = "") -> int:
        """A household in Building 3 (or a pupil's family); returns its id."""
        async with self.database.write() as session:
            community = await self.community(session, ESTATE if kind == "property" else SCHOOL, kind)
            account = Account(
                code=code or f"3-{ROOMS.get(name, name)}",
                community_id=community.id,
                kind=kind,
                building="3栋",
                address=ROOMS.get(name, "0101"),
                payer_name=NAMES.get(name, "测试先生"),
                traits=traits,
                created_at=self.now,
                updated_at=self.now,
            )
            session.add(account)
            await session.flush()
            return account.id

    async def person(self, name: str = CHEN, *, channel: str = CHANNEL) -> int:
        """A human being with one private chat; returns the id."""
        async with self.database.write() as session:
            known = await session.scalar(
                select(Contact.person_id).where(Contact.channel == channel, Contact.user == name)
            )
            if known is not None:
                return known
            person = Person(name=NAMES.get(name, name), created_at=self.now)
            session.add(person)
            await session.flush()
            session.add(Contact(person_id=person.id, channel=channel, user=name, chat=f"chat-{name}"))
            return person.id

    async def household(self, name: str = CHEN, *, code: str = "", kind: str = "property", traits: str = "") -> int:
        """An account whose owner is bound and reachable; returns the account's id."""
        account_id = await self.account(name, code=code, kind=kind, traits=traits)
        person_id = await self.person(name)
        async with self.database.write() as session:
            await bind(session, account_id, person_id, "owner", self.now)
        return account_id

    async def bound(self, account_id: int, channel: str, chat: str) -> None:
        """Bind a new owner whose chat is this one on this channel."""
        async with self.database.write() as session:
            person = Person(name="", created_at=self.now)
            session.add(person)
            await session.flush()
            session.add(Contact(person_id=person.id, channel=channel, user=chat, chat=chat))
            await bind(session, account_id, person.id, "owner", self.now)

    async def bill(
        self, account_id: int, due_on: date, fen: int = 28640, *, item: str = "物业费", period: str = ""
    ) -> int:
        async with self.database.write() as session:
            bill = Bill(
                account_id=account_id,
                item=item,
                period=period or f"{due_on:%Y-%m}",
                due_on=due_on,
                issued_at=self.now,
            )
            session.add(bill)
            await session.flush()
            entry = transfer(EntryKind.CHARGE, account_id, fen, self.today, self.now, bill_id=bill.id)
            await session.execute(insert(LedgerEntry), [entry])
            await settle(session, account_id, self.today, self.now)
            return bill.id

    async def pay(self, account_id: int, fen: int, reference: str = "") -> None:
        async with self.database.write() as session:
            reference = reference or f"{account_id}/{fen}/{self.now.isoformat()}"
            await record_payment(
                session, account_id, fen, self.today, "bank", reference, self.now, on=self.today, thanked=True
            )

    async def hold(self, account_id: int, reason: Reason, until: date, *bill_ids: int, source: str = "") -> None:
        async with self.database.write() as session:
            source = source or f"{reason.value}/{account_id}"
            await agreements.hold(session, account_id, reason, source, until, self.now, bill_ids or (None,))

    async def staff(self, name: str = ZHAO, role: str = "collector") -> int:
        async with self.database.write() as session:
            member = Staff(channel=CHANNEL, user=name, chat=f"chat-{name}", name="赵敏", role=role)
            session.add(member)
            await session.flush()
            return member.id

    async def say(
        self,
        key: str,
        chat: str,
        kind: Kind = Kind.REPLY,
        *,
        text: str = "您好",
        not_before: datetime | None = None,
        expires_in: timedelta | None = None,
        context: outbox.Context | None = None,
    ) -> int:
        """Put a message into the outbox; returns its id."""
        async with self.database.write() as session:
            posted = await post(
                session,
                Address(CHANNEL, chat),
                OutgoingMessage("test", text, kind=kind),
                key=key,
                now=self.now,
                context=context or outbox.Context(),
                not_before=not_before,
                expires_at=self.now + expires_in if expires_in else None,
            )
            assert posted.first_id is not None
            return posted.first_id

    async def rows(self) -> list[Outbox]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Outbox).order_by(Outbox.id)))

    async def payer_of(self, account_id: int) -> int | None:
        async with self.database.read() as session:
            query = select(Binding.person_id).where(Binding.account_id == account_id, Binding.payer.is_(True))
            found: int | None = await session.scalar(query)
            return found
