"""People, their chats, what they are to a household, and how they came to be bound to it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.policy import Hours
from models.accounts import Account
from models.base import Base, Id, UtcDateTime

INVITE_LIFE = timedelta(days=7)
FAILURES_MAX = 5  # wrong answers of one chat account within FAILURE_WINDOW, whichever households they are about
FAILURE_WINDOW = timedelta(hours=24)
GUESSES_MAX = 5  # wrong answers about a household, of anybody, since an invite was made: it is in wrong hands


class Person(Base):
    """A human being who chats with us. Stop, language and the other wishes are the person's, on all channels."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spacing_days: Mapped[int] = mapped_column(default=0, server_default="0")  # "less often"; 0: as the policy says
    hour_from: Mapped[int | None]  # "only after seven": local hours within the policy's window, until excluded
    hour_until: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(16), default="", server_default="")  # where they like to be written to
    large_type: Mapped[bool] = mapped_column(default=False, server_default="0")  # as text: both databases read it

    @property
    def hours(self) -> Hours | None:
        """The hours in which they wish to be written to; None: any of the policy's."""
        return None if self.hour_from is None or self.hour_until is None else (self.hour_from, self.hour_until)


class Contact(Base):
    """One private chat of a person on one channel. `state`: ok, blocked, gone."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("channel", "user"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="ok")
    last_heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Binding(Base):
    """This person may see this household. `payer`: the one who is reminded."""

    __tablename__ = "bindings"
    __table_args__ = (UniqueConstraint("account_id", "person_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id), index=True)
    role: Mapped[str] = mapped_column(String(8))  # owner | family | tenant
    payer: Mapped[bool] = mapped_column(default=False)
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Invite(Base):
    """A one-time binding token. Only its hash is kept."""

    __tablename__ = "invites"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), index=True)
    role: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BindingFailure(Base):
    """One wrong answer to the last-four question, counted per household and per chat account."""

    __tablename__ = "binding_failures"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class BindingRequest(Base):
    """A stranger asked to be bound; staff decide. `state`: open, approved, declined."""

    __tablename__ = "binding_requests"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80), default="")
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


async def contact_of(session: AsyncSession, channel: str, user: str) -> Contact | None:
    return (
        await session.scalars(select(Contact).where(Contact.channel == channel, Contact.user == user))
    ).one_or_none()


async def heard_from(session: AsyncSession, contact: Contact, chat: str, at: datetime) -> None:
    """They wrote to us, so this is their chat, and it can be written to."""
    if (contact.state, contact.chat) != ("ok", chat):
        contact.state, contact.chat = "ok", chat
    await session.execute(HEARD, {"contact": contact.id, "at": at})


CONTACTS = Contact.metadata.tables[Contact.__tablename__]
HEARD = update(CONTACTS).where(CONTACTS.c.id == bindparam("contact")).values(last_heard_at=bindparam("at"))


async def households_of(session: AsyncSession, person_id: int) -> list[tuple[Account, Binding]]:
    """The households a person may see, first bound first."""
    return [(account, binding) for account, binding in await session.execute(HOUSEHOLDS, {"person": person_id})]


HOUSEHOLDS = (
    select(Account, Binding)
    .join(Binding, Binding.account_id == Account.id)
    .where(Binding.person_id == bindparam("person"))
    .order_by(Binding.id)
)


async def members_of(session: AsyncSession, account_id: int) -> list[tuple[Person, Binding]]:
    rows = await session.execute(
        select(Person, Binding)
        .join(Binding, Binding.person_id == Person.id)
        .where(Binding.account_id == account_id)
        .order_by(Binding.id)
    )
    return [(person, binding) for person, binding in rows]


async def payer_contacts(session: AsyncSession, account_id: int) -> list[Contact]:
    """The chats of the household's payer that can be written to, the channel they like first."""
    return list(await session.scalars(PAYER_CONTACTS, {"account": account_id}))


PAYER_CONTACTS = (
    select(Contact)
    .join(Binding, Binding.person_id == Contact.person_id)
    .join(Person, Person.id == Contact.person_id)
    .where(Binding.account_id == bindparam("account"), Binding.payer.is_(True), Contact.state == "ok")
    .order_by((Contact.channel == Person.channel).desc(), Contact.id)
)


async def contacts_of(session: AsyncSession, person_id: int) -> list[Contact]:
    """A person's chats that can be written to: on the channel they like first, then the one they used last."""
    return list(
        await session.scalars(
            select(Contact)
            .join(Person, Person.id == Contact.person_id)
            .where(Contact.person_id == person_id, Contact.state == "ok")
            .order_by(
                (Contact.channel == Person.channel).desc(), Contact.last_heard_at.desc().nulls_last(), Contact.id.desc()
            )
        )
    )


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _new_token() -> str:
    """128 random bits. A dash in front is drawn again: in a spreadsheet it would begin a formula."""
    while (token := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return token


async def make_invite(session: AsyncSession, account_id: int, role: str, at: datetime) -> str:
    """A new one-time binding token; only its hash is stored."""
    token = _new_token()
    session.add(
        Invite(
            account_id=account_id, role=role, token_hash=token_hash(token), created_at=at, expires_at=at + INVITE_LIFE
        )
    )
    await session.flush()
    return token


async def make_invites(session: AsyncSession, account_ids: Sequence[int], role: str, at: datetime) -> list[str]:
    """A new token for each of many accounts, in their order."""
    tokens = [_new_token() for _ in account_ids]
    rows = [
        {
            "account_id": account_id,
            "role": role,
            "token_hash": token_hash(token),
            "created_at": at,
            "expires_at": at + INVITE_LIFE,
        }
        for account_id, token in zip(account_ids, tokens, strict=True)
    ]
    await session.execute(insert(Invite), rows)
    return tokens


async def invite_of(session: AsyncSession, token: str) -> Invite | None:
    """The invite behind a token, used and expired ones included."""
    return (await session.scalars(select(Invite).where(Invite.token_hash == token_hash(token)))).one_or_none()


async def use_invite(session: AsyncSession, invite_id: int, at: datetime) -> bool:
    """Use an invite up; False when it was used before, or its time is over."""
    used = await session.scalar(
        update(Invite)
        .where(Invite.id == invite_id, Invite.used_at.is_(None), Invite.expires_at > at)
        .values(used_at=at)
        .returning(Invite.id)
    )
    return used is not None


async def binding_locked(session: AsyncSession, channel: str, user: str, at: datetime) -> bool:
    """Too many wrong answers lately by this chat account: it is heard no more, and nobody else is kept out by it."""
    wrong = select(func.count()).where(
        BindingFailure.channel == channel, BindingFailure.user == user, BindingFailure.at > at - FAILURE_WINDOW
    )
    return int(await session.scalar(wrong) or 0) >= FAILURES_MAX


async def guessed_at(session: AsyncSession, invite: Invite) -> bool:
    """Whether numbers are tried out on this household since the invite was made. One that is made afterwards is good."""
    wrong = select(func.count()).where(
        BindingFailure.account_id == invite.account_id, BindingFailure.at >= invite.created_at
    )
    return int(await session.scalar(wrong) or 0) >= GUESSES_MAX


async def owner_elsewhere(session: AsyncSession, account_id: int, channel: str) -> Person | None:
    """The household's owner, when they have no chat on this channel yet."""
    here = select(Contact.person_id).where(Contact.channel == channel)
    return (
        await session.scalars(
            select(Person)
            .join(Binding, Binding.person_id == Person.id)
            .where(Binding.account_id == account_id, Binding.role == "owner", Person.id.not_in(here))
            .order_by(Binding.id)
        )
    ).first()


async def bind(session: AsyncSession, account_id: int, person_id: int, role: str, at: datetime) -> Binding:
    """Let a person see a household. The first owner becomes its payer."""
    payers = await session.scalar(select(func.count()).where(Binding.account_id == account_id, Binding.payer.is_(True)))
    binding = Binding(
        account_id=account_id, person_id=person_id, role=role, payer=role == "owner" and not payers, bound_at=at
    )
    session.add(binding)
    await session.flush()
    return binding


async def unbind(session: AsyncSession, account_id: int, person_id: int) -> bool:
    """Take a household from a person; another owner becomes payer where the payer left. False: it was not bound."""
    was_payer = await session.scalar(
        delete(Binding).where(Binding.account_id == account_id, Binding.person_id == person_id).returning(Binding.payer)
    )
    if was_payer:
        heir = select(func.min(Binding.id)).where(Binding.account_id == account_id, Binding.role == "owner")
        await session.execute(update(Binding).where(Binding.id == heir.scalar_subquery()).values(payer=True))
    return was_payer is not None


async def hand_payer_on(session: AsyncSession, account_id: int, from_person_id: int) -> None:
    """Somebody else pays: the household's first other owner, or nobody who chats when there is none."""
    others = (Binding.account_id == account_id, Binding.person_id != from_person_id, Binding.role == "owner")
    heir = select(func.min(Binding.id)).where(*others)
    await session.execute(
        update(Binding).where(Binding.account_id == account_id, Binding.person_id == from_person_id).values(payer=False)
    )
    await session.execute(update(Binding).where(Binding.id == heir.scalar_subquery()).values(payer=True))


async def open_request(session: AsyncSession, channel: str, user: str) -> BindingRequest | None:
    return (
        await session.scalars(
            select(BindingRequest).where(
                BindingRequest.channel == channel, BindingRequest.user == user, BindingRequest.state == "open"
            )
        )
    ).first()
