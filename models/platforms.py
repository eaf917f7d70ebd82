"""What an account on WeChat's platforms must remember: its access token, what people allow it, used nonces, odd errors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, Index, String, Text, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.allowances import FOR_EVER, NOTICE, Allowance, opened, spendable
from models.base import Base, UtcDateTime, upsert

NONCE_KEPT = timedelta(minutes=10)
FETCH_LEASE = timedelta(seconds=20)


class AccessToken(Base):
    """The one token of an account, shared by all processes. `forced_*`: the platform counts forced refreshes."""

    __tablename__ = "access_tokens"
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    token: Mapped[str] = mapped_column(Text, default="")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    doubted: Mapped[bool] = mapped_column(default=False)  # refused once although the platform still gives it out
    fetching_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # somebody is asking for a new one
    forced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forced_on: Mapped[date | None] = mapped_column(Date)
    forced_times: Mapped[int] = mapped_column(default=0)  # on that day


class AllowanceRow(Base):
    """How many messages a person still allows the account, of one kind. `left` None: as many as one likes."""

    __tablename__ = "allowances"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    user: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    left: Mapped[int | None]
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Nonce(Base):
    """A callback's nonce: it counts once."""

    __tablename__ = "nonces"
    __table_args__ = (Index("ix_nonces_at", "at"),)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlatformError(Base):
    """A code that the error table doesn't know, with how often it came on a day."""

    __tablename__ = "platform_errors"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


# the token


async def token_of(session: AsyncSession, account: str) -> AccessToken | None:
    return await session.get(AccessToken, account, populate_existing=True)


async def take_fetch(session: AsyncSession, account: str, now: datetime) -> bool:
    """The right to ask the platform for a token, for a few seconds; False while another process has it."""
    await session.execute(
        upsert(session, AccessToken)
        .values(account=account, token="", doubted=False, forced_times=0)
        .on_conflict_do_nothing(index_elements=["account"])
    )
    free = or_(AccessToken.fetching_until.is_(None), AccessToken.fetching_until < now)
    taken = await session.scalar(
        update(AccessToken)
        .where(AccessToken.account == account, free)
        .values(fetching_until=now + FETCH_LEASE)
        .returning(AccessToken.account)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


# what people allow


async def open_allowance(session: AsyncSession, channel: str, user: str, kind: str, at: datetime) -> None:
    """A person wrote, pressed the menu, followed or paid: what that allows begins anew."""
    fresh = opened(kind, at)
    await _save(session, channel, user, kind, {"left": fresh.left, "until": fresh.until})


async def add_notice(session: AsyncSession, channel: str, user: str, template_id: str, at: datetime) -> None:
    """A person agreed to one more notice of this template."""
    insert = upsert(session, AllowanceRow).values(
        channel=channel, user=user, kind=NOTICE + template_id, left=1, until=at + FOR_EVER
    )
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["channel", "user", "kind"], set_={"left": func.coalesce(AllowanceRow.left, 0) + 1}
        )
    )


async def close_allowances(session: AsyncSession, channel: str, user: str, kind: str | None = None) -> None:
    """Nothing of this kind (or of any) is allowed any more."""
    gone = delete(AllowanceRow).where(AllowanceRow.channel == channel, AllowanceRow.user == user)
    await session.execute(gone if kind is None else gone.where(AllowanceRow.kind == kind))


async def allowances(session: AsyncSession, channel: str, user: str) -> list[Allowance]:
    rows = await session.scalars(select(AllowanceRow).where(AllowanceRow.channel == channel, AllowanceRow.user == user))
    return [Allowance(row.kind, row.left, row.until) for row in rows]


async def spend(session: AsyncSession, channel: str, user: str, now: datetime) -> str | None:
    """Use one customer message up, before it is sent; the kind it was taken from, or None when none is allowed."""
    while (found := spendable(await allowances(session, channel, user), now)) is not None:
        if found.left is None or await _take(session, channel, user, found.kind):
            return found.kind
    return None


async def spend_notice(session: AsyncSession, channel: str, user: str, template_id: str) -> bool:
    """Use one agreed notice up, before it is sent."""
    return await _take(session, channel, user, NOTICE + template_id)


async def give_back(session: AsyncSession, channel: str, user: str, kind: str) -> None:
    """What was spent on a message that certainly didn't go out."""
    await session.execute(
        update(AllowanceRow)
        .where(*_those(channel, user, kind), AllowanceRow.left.is_not(None))
        .values(left=AllowanceRow.left + 1)
        .execution_options(synchronize_session=False)
    )


async def _take(session: AsyncSession, channel: str, user: str, kind: str) -> bool:
    taken = await session.scalar(
        update(AllowanceRow)
        .where(*_those(channel, user, kind), AllowanceRow.left > 0)
        .values(left=AllowanceRow.left - 1)
        .returning(AllowanceRow.left)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def _those(channel: str, user: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (AllowanceRow.channel == channel, AllowanceRow.user == user, AllowanceRow.kind == kind)


async def _save(session: AsyncSession, channel: str, user: str, kind: str, row: dict[str, object]) -> None:
    await session.execute(
        upsert(session, AllowanceRow)
        .values(channel=channel, user=user, kind=kind, **row)
        .on_conflict_do_update(index_elements=["channel", "user", "kind"], set_=row)
    )


# nonces and errors


async def nonce_used(session: AsyncSession, channel: str, nonce: str) -> bool:
    return await session.get(Nonce, (channel, nonce)) is not None


async def use_nonce(session: AsyncSession, channel: str, nonce: str, at: datetime) -> None:
    await session.execute(
        upsert(session, Nonce)
        .values(channel=channel, nonce=nonce, at=at)
        .on_conflict_do_nothing(index_elements=["channel", "nonce"])
    )


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Older ones are refused for their age. What people allowed and is over goes, too."""
    await session.execute(delete(Nonce).where(Nonce.at < now - NONCE_KEPT))
    await session.execute(delete(AllowanceRow).where(AllowanceRow.until < now))


async def count_error(session: AsyncSession, channel: str, code: str, day: date) -> None:
    """An error code nobody here knows: `status` shows it."""
    insert = upsert(session, PlatformError).values(channel=channel, code=code[:16], day=day, number=1)
    await session.execute(
        insert.on_conflict_do_update(
            index_elements=["channel", "code", "day"], set_={"number": PlatformError.number + 1}
        )
    )


async def unknown_errors(session: AsyncSession, since: date) -> Sequence[tuple[str, str, int]]:
    """(channel, code, how often) since a day."""
    rows = await session.execute(
        select(PlatformError.channel, PlatformError.code, func.sum(PlatformError.number))
        .where(PlatformError.day >= since)
        .group_by(PlatformError.channel, PlatformError.code)
        .order_by(PlatformError.channel, PlatformError.code)
    )
    return [(channel, code, int(number)) for channel, code, number in rows]
