"""The inbox: every update is stored, once, before it is acknowledged; with what was understood and who handled it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Account
from models.base import Base, Id, UtcDateTime, chunks, dialect_of, upserting
from models.people import Person

TRIES_MAX = 3
PEOPLE_AT_ONCE = 1000


class InboxState(StrEnum):
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"


PRESSED = "[button]"  # the text of an update that was a pressed button


class Inbox(Base):
    """One update of a platform. `text` is kept only where it was addressed to the bot."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_inbox_state", "state", "id"),
        Index("ix_inbox_account_id", "account_id"),
        Index("ix_inbox_person_id", "person_id", "received_at"),
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


@dataclass(frozen=True)
class Received:
    """An update that waits to be handled."""

    id: int
    channel: str
    external_id: str
    payload: str
    received_at: datetime


async def store(session: AsyncSession, channel: str, external_id: str, payload: str, at: datetime) -> int | None:
    """Keep one update; its id, or None when the platform delivered it before."""
    kept = await session.scalar(
        _storing(dialect_of(session)).returning(Inbox.id), _new(channel, external_id, payload, at)
    )
    return None if kept is None else int(kept)


async def store_all(session: AsyncSession, updates: Sequence[tuple[str, str, str, datetime]]) -> None:
    """Keep many updates (channel, external id, payload, moment) in one statement."""
    await session.execute(_storing(dialect_of(session)), [_new(*update) for update in updates])


def _new(channel: str, external_id: str, payload: str, at: datetime) -> dict[str, object]:
    words = dict.fromkeys(("chat", "user", "audience", "text", "intent", "handler", "error"), "")
    given = {"channel": channel, "external_id": external_id, "payload": payload, "received_at": at}
    return {**words, **given, "state": InboxState.RECEIVED.value, "tries": 0}


@cache
def _storing(dialect: str) -> Any:
    return upserting(dialect, TABLE).on_conflict_do_nothing(index_elements=["channel", "external_id"])


TABLE = Inbox.metadata.tables[Inbox.__tablename__]
WAITING = (
    select(Inbox.id, Inbox.channel, Inbox.external_id, Inbox.payload, Inbox.received_at)
    .where(Inbox.state == InboxState.RECEIVED)
    .order_by(Inbox.id)
)
ONE_WAITING = WAITING.where(Inbox.id == bindparam("inbox_id"))
SOME_WAITING = WAITING.limit(bindparam("limit", type_=Integer))


async def waiting(session: AsyncSession, limit: int = 100) -> list[Received]:
    """Updates stored but not handled yet, oldest first."""
    return [Received(*row) for row in await session.execute(SOME_WAITING, {"limit": limit})]


async def still_waiting(session: AsyncSession, inbox_id: int) -> Received | None:
    """One update, unless it was handled already."""
    row = (await session.execute(ONE_WAITING, {"inbox_id": inbox_id})).first()
    return None if row is None else Received(*row)


async def finish(session: AsyncSession, inbox_id: int, **values: object) -> None:
    """Write down what became of an update; its payload is needed no more."""
    found = {"chat": "", "user": "", "audience": "", "text": "", "person_id": None, "account_id": None, "intent": ""}
    given = {**found, **values, "state": values.get("state", InboxState.DONE.value)}
    await session.execute(FINISH, {"row": inbox_id, **given})


FINISH = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"))
    .values(
        payload="",
        **{
            name: bindparam(name)
            for name in "state handled_at handler chat user audience text person_id account_id intent".split()
        },
    )
)


async def forget_payloads(session: AsyncSession, before: datetime) -> None:
    """Raw updates are kept only as long as they may be needed to find a fault."""
    await session.execute(update(Inbox).where(Inbox.received_at < before, Inbox.payload != "").values(payload=""))


PAYLOAD_KEPT = timedelta(days=3)


async def replies_of(
    session: AsyncSession, person_ids: Sequence[int], since: datetime, until: datetime
) -> dict[int, list[datetime]]:
    """When each of these people wrote or pressed a button in private."""
    found: dict[int, list[datetime]] = {}
    for some in chunks(sorted(person_ids), PEOPLE_AT_ONCE):
        rows = await session.execute(
            select(Inbox.person_id, Inbox.received_at).where(
                Inbox.person_id.in_(some),
                Inbox.received_at >= since,
                Inbox.received_at < until,
                Inbox.audience == "private",
            )
        )
        for person_id, at in rows:
            found.setdefault(person_id or 0, []).append(at)
    return found
