"""Mail addresses that residents gave: believed once the code that was mailed there comes back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.messages import Kind
from models.base import Base, Id, UtcDateTime
from models.outbox import cancel_for
from models.people import Contact, Person

EMAIL = "email"
CODE_LIFE = timedelta(minutes=30)
TRIES_MAX = 5
CODES_PER_DAY = 3  # per person, and per address: nobody's mailbox is filled through us
ADDRESS_MAX = 64
STOPPED_KINDS = (Kind.REMINDER, Kind.PROMISE, Kind.BROADCAST)


class MailCode(Base):
    """A code that was mailed to an address. Only its hash is kept."""

    __tablename__ = "mail_codes"
    __table_args__ = (Index("ix_mail_codes_address", "address"), Index("ix_mail_codes_person_id", "person_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey(Person.id))
    address: Mapped[str] = mapped_column(String(ADDRESS_MAX))
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def _hash(person_id: int, address: str, code: str) -> str:
    return hashlib.sha256(f"{person_id}/{address}/{code}".encode()).hexdigest()


async def make_code(session: AsyncSession, person_id: int, address: str, at: datetime) -> str | None:
    """Six digits for this person and address; None when enough were sent within a day."""
    of_either = or_(MailCode.person_id == person_id, MailCode.address == address)
    recent = select(func.count()).where(of_either, MailCode.created_at > at - timedelta(days=1))
    if int(await session.scalar(recent) or 0) >= CODES_PER_DAY:
        return None
    code = f"{secrets.randbelow(10**6):06d}"
    session.add(
        MailCode(person_id=person_id, address=address, code_hash=_hash(person_id, address, code), created_at=at)
    )
    await session.flush()
    return code


async def use_code(session: AsyncSession, person_id: int, address: str, code: str, at: datetime) -> bool:
    """Whether this is the code that was mailed last; five wrong ones, or half an hour, and it is worth nothing."""
    query = select(MailCode).where(MailCode.person_id == person_id, MailCode.address == address)
    sent = (await session.scalars(query.order_by(MailCode.id.desc()).limit(1).with_for_update())).first()
    if sent is None or sent.used_at is not None or sent.tries >= TRIES_MAX or at > sent.created_at + CODE_LIFE:
        return False
    if not hmac.compare_digest(sent.code_hash, _hash(person_id, address, code)):
        sent.tries += 1
        return False
    sent.used_at = at
    return True


async def owner_of(session: AsyncSession, address: str) -> int | None:
    """Whose mailbox this is already."""
    found: int | None = await session.scalar(
        select(Contact.person_id).where(Contact.channel == EMAIL, Contact.user == address)
    )
    return found


async def keep_mailbox(session: AsyncSession, person_id: int, address: str) -> None:
    """One mailbox for each person: a new one takes the place of the old one."""
    known = (
        await session.scalars(select(Contact).where(Contact.channel == EMAIL, Contact.person_id == person_id))
    ).first()
    if known is None:
        session.add(Contact(person_id=person_id, channel=EMAIL, user=address, chat=address))
    else:
        known.user, known.chat, known.state = address, address, "ok"
    await session.flush()


async def mailbox_of(session: AsyncSession, person_id: int) -> Contact | None:
    query = select(Contact).where(Contact.channel == EMAIL, Contact.person_id == person_id)
    return (await session.scalars(query)).first()


async def addresses(session: AsyncSession) -> list[tuple[int, str]]:
    """(person, address) of every mailbox."""
    rows = await session.execute(select(Contact.person_id, Contact.user).where(Contact.channel == EMAIL))
    return [(person_id, address) for person_id, address in rows]


async def stop_by_mail(session: AsyncSession, person_id: int, at: datetime) -> bool:
    """A reader pressed "stop": no reminders on any channel, as if they had said it in a chat. False: said before."""
    stopped = await session.scalar(
        update(Person)
        .where(Person.id == person_id, Person.stopped_at.is_(None))
        .values(stopped_at=at)
        .returning(Person.id)
    )
    await cancel_for(session, person_id, STOPPED_KINDS, "stopped")
    return stopped is not None
