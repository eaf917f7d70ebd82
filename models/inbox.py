"""The inbox: every update is stored, once, before it is acknowledged; with what was understood and who handled it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime, upsert
from models.people import Person

TRIES_MAX = 3


class InboxState(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"


class Inbox(Base):
    """One update of a platform. `text` is kept only where it was addressed to the bot."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbox_state", "state", "id"),
        Index("ix_inbox_account_id", "account_id"),
        Index("ix_inbox_channel_chat_id", "channel", "chat", "id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)  # emptied once handled
    state: Mapped[str] = mapped_column(String(8), default="received")
    tries: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chat: Mapped[str] = mapped_column(String(64), default="")
    user: Mapped[str] = mapped_column(String(64), default="")
    audience: Mapped[str] = mapped_column(String(8), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    intent: Mapped[str] = mapped_column(String(30), default="")
    handler: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(Text, default="")


async def store(session: AsyncSession, channel: str, external_id: str, payload: str, at: datetime) -> int | None:
    """Keep one update; its id, or None when the platform delivered it before."""
    insert = upsert(session, Inbox).values(
        channel=channel,
        external_id=external_id,
        payload=payload,
        state=InboxState.RECEIVED,
        tries=0,
        received_at=at,
        chat="",
        user="",
        audience="",
        text="",
        intent="",
        handler="",
        error="",
    )
    inbox_id: int | None = await session.scalar(
        insert.on_conflict_do_nothing(index_elements=["channel", "external_id"]).returning(Inbox.id)
    )
    return inbox_id


async def waiting(session: AsyncSession, channel: str | None = None, limit: int = 100) -> list[Inbox]:
    """Updates stored but not handled yet, oldest first."""
    query = select(Inbox).where(Inbox.state == InboxState.RECEIVED).order_by(Inbox.id).limit(limit)
    return list(await session.scalars(query if channel is None else query.where(Inbox.channel == channel)))


async def forget_payloads(session: AsyncSession, before: datetime) -> None:
    """Raw updates are kept only as long as they may be needed to find a fault."""
    await session.execute(update(Inbox).where(Inbox.received_at < before, Inbox.payload != "").values(payload=""))


PAYLOAD_KEPT = timedelta(days=3)
