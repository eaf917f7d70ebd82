"""The outbox: everything the bot says is a row here first. States and claims of DESIGN §5."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from domain.messages import AT_MOST_ONCE, PRIORITY, Address, Audience, Kind, OutgoingMessage
from domain.retry import COPIES_MAX
from models.accounts import Account
from models.base import Base, Id, UtcDateTime, as_json, dialect_of, upserting
from models.dialogue import Group
from models.people import Person

LEASE = timedelta(seconds=60)
CLAIMS_MAX = 3  # claims without an outcome: the message kills its worker


class State(StrEnum):
    PLANNED = "planned"  # waits for a run's approval
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # may or may not have been delivered: staff resolve it
    RETRY = "retry"
    WAITING_FOR_STAFF = "waiting_for_staff"
    HELD = "held"
    DEAD = "dead"
    CANCELLED = "cancelled"


CLAIMABLE = (State.QUEUED, State.RETRY, State.HELD)
TERMINAL = (State.SENT, State.UNKNOWN, State.DEAD, State.CANCELLED)


class Outbox(Base):
    """One message to one chat."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_state_lane_not_before", "state", "lane", "not_before"),
        Index("ix_outbox_channel_chat_id", "channel", "chat", "id"),
        Index("ix_outbox_account_id", "account_id"),
        Index("ix_outbox_person_id", "person_id", "kind"),
        Index("ix_outbox_lane_sent_at", "lane", "sent_at"),
        # Of the few that have one: as an index of all rows it would be taken to find those that have none.
        Index(
            "ix_outbox_confirmation_id",
            "confirmation_id",
            sqlite_where=text("confirmation_id IS NOT NULL"),
            postgresql_where=text("confirmation_id IS NOT NULL"),
        ),
        # What waits, in the order in which it goes out: a lane looks here many times a second.
        Index(
            "ix_outbox_waiting",
            "lane",
            "priority",
            "id",
            "not_before",
            sqlite_where=text("state IN ('queued', 'retry', 'held')"),
            postgresql_where=text("state IN ('queued', 'retry', 'held')"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    lane: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(16))
    chat: Mapped[str] = mapped_column(String(64))
    audience: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(14))
    priority: Mapped[int]
    person_id: Mapped[int | None] = mapped_column(ForeignKey(Person.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    broadcast_id: Mapped[int | None] = mapped_column(Id, index=True)
    inbox_id: Mapped[int | None] = mapped_column(Id, index=True)  # what it answers
    source: Mapped[str] = mapped_column(String(40), default="")  # "promise/3": what it is about
    template: Mapped[str] = mapped_column(String(60))
    fields: Mapped[str] = mapped_column(Text, default="{}")
    text: Mapped[str] = mapped_column(Text)
    choices: Mapped[str] = mapped_column(Text, default="[]")  # rows of {label, token | url}
    attachment: Mapped[str] = mapped_column(Text, default="")
    edits: Mapped[str] = mapped_column(String(64), default="")  # platform id of the message this one replaces
    part_of: Mapped[int | None] = mapped_column(Id)  # the part of a split message that must go before this one
    stage: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(40), default="")  # why it is in this state
    state: Mapped[str] = mapped_column(String(18))
    attempt: Mapped[int] = mapped_column(default=0)
    claims: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)  # tries that may have arrived
    worker: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message_id: Mapped[str] = mapped_column(String(64), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mentions_all: Mapped[bool] = mapped_column(default=False, server_default="0")
    # What became of the wish to take a sent message back: "", deleted, or why it stays.
    taken_back: Mapped[str] = mapped_column(String(12), default="", server_default="")
    # Channels that certainly did not deliver it before this one did: "wechat window_shut", a line each.
    tried: Mapped[str] = mapped_column(Text, default="", server_default="")
    repeat_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # so long the platform knows a repeated request
    confirmation_id: Mapped[int | None] = mapped_column(Id)  # the task in which a colleague confirms it
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the platform said that it arrived


TABLE = Outbox.metadata.tables[Outbox.__tablename__]


@dataclass(frozen=True)
class Context:
    """What a message is about, kept beside it."""

    person_id: int | None = None
    account_id: int | None = None
    broadcast_id: int | None = None
    inbox_id: int | None = None
    source: str = ""
    stage: str = ""
    reason: str = ""


def lane_of(channel: str) -> str:
    """One lane per channel account; each channel has one account today."""
    return channel


def new_row(
    to: Address,
    message: OutgoingMessage,
    *,
    key: str,
    at: datetime,
    context: Context,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    choices: Sequence[Sequence[dict[str, str]]] = (),
    edits: str = "",
    state: State = State.QUEUED,
    part_of: int | None = None,
) -> dict[str, object]:
    """The values of one message's row."""
    return {
        "key": key,
        "lane": lane_of(to.channel),
        "channel": to.channel,
        "chat": to.chat,
        "audience": message.audience.value,
        "kind": message.kind.value,
        "priority": PRIORITY[message.kind],
        "person_id": context.person_id,
        "account_id": context.account_id,
        "broadcast_id": context.broadcast_id,
        "inbox_id": context.inbox_id,
        "source": context.source,
        "template": message.template,
        "fields": as_json(dict(message.fields)),
        "text": message.text,
        "choices": as_json([list(row) for row in choices]),
        "attachment": json.dumps(vars(message.attachment)) if message.attachment else "",
        "edits": edits,
        "part_of": part_of,
        "stage": context.stage,
        "reason": context.reason,
        "state": state.value,
        "attempt": 0,
        "claims": 0,
        "doubts": 0,
        "worker": "",
        "not_before": not_before or at,
        "expires_at": expires_at,
        "message_id": "",
        "error": "",
        "created_at": at,
        "mentions_all": message.mentions_all,
        "taken_back": "",
    }


async def enqueue(session: AsyncSession, rows: Sequence[dict[str, object]]) -> dict[str, int]:
    """Write messages; returns the id of each key that was not said before."""
    if not rows:
        return {}
    new = await session.execute(_writing(dialect_of(session)), list(rows) if len(rows) > 1 else rows[0])
    return {row[0]: row[1] for row in new}


@cache
def _writing(dialect: str) -> Any:
    insert = upserting(dialect, TABLE).on_conflict_do_nothing(index_elements=["key"])
    return insert.returning(TABLE.c.key, TABLE.c.id)


# An alias copies the whole table; made once, for a lane asks many times a second.
EARLIER = aliased(Outbox)


def _claimable() -> ColumnElement[bool]:
    """A row that waits; of a split message only the first part that is not settled yet."""
    part_done = or_(
        Outbox.part_of.is_(None),
        exists().where(EARLIER.id == Outbox.part_of, EARLIER.state.in_(_written_out(TERMINAL))),
    )
    return and_(_waits(), part_done)


def _waits() -> ColumnElement[bool]:
    """Written out, not as parameters: else the databases don't see that the index of waiting rows is meant."""
    return Outbox.state.in_(_written_out(CLAIMABLE))


def _written_out(states: Sequence[State]) -> list[ColumnElement[str]]:
    return [literal_column(f"'{state}'") for state in states]


@dataclass(frozen=True)
class Due:
    """As much of a due row as the limiter asks for."""

    id: int
    chat: str
    is_group: bool
    is_answer: bool  # to somebody who waits for it


async def due_rows(
    session: AsyncSession, lane: str, now: datetime, limit: int, without_chats: Collection[str] = ()
) -> list[Due]:
    """Rows that may be claimed now: per chat and overall, lowest (priority, id) first."""
    given = {"lane": lane, "now": now, "limit": limit, "without": list(without_chats)}
    return [Due(*row) for row in await session.execute(DUE, given)]


# Put together once: a lane asks many times a second.
DUE = (
    select(Outbox.id, Outbox.chat, Outbox.audience != "private", Outbox.priority == PRIORITY[Kind.REPLY])
    .where(Outbox.lane == bindparam("lane"), Outbox.not_before <= bindparam("now"), _claimable())
    .where(Outbox.chat.not_in(bindparam("without", expanding=True)))
    .order_by(Outbox.priority, Outbox.id)
    .limit(bindparam("limit", type_=Integer))
)


async def next_due_at(session: AsyncSession, lane: str) -> datetime | None:
    """When the next waiting row of a lane may go out."""
    moment: datetime | None = await session.scalar(NEXT_DUE, {"lane": lane})
    return moment


NEXT_DUE = select(func.min(Outbox.not_before)).where(Outbox.lane == bindparam("lane"), _claimable())


async def claim(session: AsyncSession, ids: Sequence[int], worker: str, now: datetime) -> None:
    """Mark rows as being sent, by compare-and-set; the caller commits before the network call."""
    await session.execute(CLAIM, {"ids": list(ids), "by": worker, "until": now + LEASE})


CLAIM = (
    update(TABLE)
    .where(TABLE.c.id.in_(bindparam("ids", expanding=True)), _waits())
    .values(
        state=State.SENDING.value, worker=bindparam("by"), lease_until=bindparam("until"), claims=TABLE.c.claims + 1
    )
)


async def settle(session: AsyncSession, row_id: int, worker: str, **values: object) -> bool:
    """Record what became of a claimed row; False when the claim is no longer this worker's (fencing).

    `worker` is a name that is used for one claim only.
    """
    result = await session.execute(
        update(Outbox)
        .where(Outbox.id == row_id, Outbox.state == State.SENDING, Outbox.worker == worker)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def settle_sent(session: AsyncSession, taken: Sequence[tuple[int, str, str]], at: datetime) -> None:
    """Record that the platform took these (row id, worker, message id), in one statement; lost claims stay as they are."""
    if taken:
        rows = [{"row": row_id, "by": worker, "told": told, "at": at} for row_id, worker, told in taken]
        await session.execute(SENT, rows)


SENT = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"), TABLE.c.state == State.SENDING.value, TABLE.c.worker == bindparam("by"))
    .values(state=State.SENT.value, sent_at=bindparam("at"), message_id=bindparam("told"), error="", claims=0)
)


async def settle_waiting(session: AsyncSession, row_id: int, worker: str) -> bool:
    """Record that a colleague has to confirm this message on its platform before anybody gets it."""
    return await settle(session, row_id, worker, state=State.WAITING_FOR_STAFF, reason="", error="", claims=0)


async def settle_orphans(
    session: AsyncSession, lane: str, now: datetime, *, live: Collection[str] = ()
) -> dict[str, int]:
    """Rows left in `sending` by a process that died, or by a claim whose commit nobody knows the end of.

    Only the holder of the lane may call this. `live`: the claims it still knows of, which are no orphans. Reminders and
    the like become `unknown`; answers and receipts go once more, unless a second copy may be out already. Returns how
    many went each way.
    """
    counts = dict.fromkeys(("unknown", "quarantined", "again"), 0)
    if not set(await session.scalars(UNDER_WAY, {"lane": lane})) - set(live):
        return counts  # as nearly always
    once = tuple(kind.value for kind in AT_MOST_ONCE)
    unknown = {"state": State.UNKNOWN, "reason": "interrupted", "sent_at": now}
    again = {"state": State.RETRY, "reason": "interrupted", "not_before": now, "doubts": Outbox.doubts + 1}
    for name, condition, values in (
        ("unknown", or_(Outbox.kind.in_(once), Outbox.doubts + 1 >= COPIES_MAX), unknown),
        ("quarantined", Outbox.claims >= CLAIMS_MAX, {"state": State.DEAD, "reason": "quarantine"}),
        ("again", Outbox.id.is_not(None), again),
    ):
        result = await session.execute(
            update(Outbox)
            .where(Outbox.lane == lane, Outbox.state == State.SENDING, Outbox.worker.not_in(live), condition)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
        counts[name] = int(result.rowcount)  # type: ignore[attr-defined]
    return counts


UNDER_WAY = select(TABLE.c.worker).where(TABLE.c.lane == bindparam("lane"), TABLE.c.state == State.SENDING.value)


async def cancel_for(session: AsyncSession, person_id: int, kinds: Sequence[Kind], reason: str) -> None:
    """Take back what is still waiting for a person (after a stop word)."""
    await session.execute(
        update(Outbox)
        .where(
            Outbox.person_id == person_id,
            Outbox.kind.in_([kind.value for kind in kinds]),
            Outbox.state.in_((*CLAIMABLE, State.PLANNED)),
        )
        .values(state=State.CANCELLED, reason=reason)
        .execution_options(synchronize_session=False)
    )


async def cancel_row(session: AsyncSession, key: str, reason: str) -> None:
    """Take back one message, where it still waits."""
    await session.execute(
        update(Outbox)
        .where(Outbox.key == key, Outbox.state.in_((*CLAIMABLE, State.PLANNED)))
        .values(state=State.CANCELLED, reason=reason)
        .execution_options(synchronize_session=False)
    )


async def sent_times(session: AsyncSession, lane: str, since: datetime) -> list[tuple[str, datetime]]:
    """(chat, moment) of what was sent lately, to start a limiter where the last process left off."""
    rows = await session.execute(SENT_SINCE, {"lane": lane, "since": since})
    return [(chat, moment) for chat, moment in rows if moment is not None]


SENT_SINCE = (
    select(TABLE.c.chat, TABLE.c.sent_at)
    .where(TABLE.c.lane == bindparam("lane"), TABLE.c.sent_at >= bindparam("since"))
    .order_by(TABLE.c.sent_at)
)


async def delivered(session: AsyncSession, row_id: int, at: datetime) -> None:
    """A pressed button proves that its message arrived."""
    await session.execute(DELIVERED, {"row": row_id, "at": at})


DELIVERED = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("row"), TABLE.c.state == State.UNKNOWN.value)
    .values(state=State.SENT.value, reason="proved_by_button", sent_at=bindparam("at"))
)


async def still_due(session: AsyncSession, ids: Sequence[int]) -> list[Outbox]:
    """The rows among these that may still be claimed, in their order, read again and locked inside the claim."""
    return list(await session.scalars(STILL_DUE, {"ids": list(ids)}))


STILL_DUE = (
    select(Outbox)
    .where(Outbox.id.in_(bindparam("ids", expanding=True)), _waits())
    .order_by(Outbox.priority, Outbox.id)
    .with_for_update(skip_locked=True)
)


async def heads(session: AsyncSession, rows: Sequence[Outbox]) -> dict[int, State]:
    """What became of the parts that go before these rows, by the id of that part."""
    ids = [row.part_of for row in rows if row.part_of is not None]
    if not ids:
        return {}
    found = await session.execute(select(Outbox.id, Outbox.state).where(Outbox.id.in_(ids)))
    return {row_id: State(state) for row_id, state in found}


async def lately_said(session: AsyncSession, channel: str, chat: str, limit: int) -> list[datetime]:
    """When the last messages to a chat were written, newest first."""
    query = select(Outbox.created_at).where(Outbox.channel == channel, Outbox.chat == chat)
    return list(await session.scalars(query.order_by(Outbox.id.desc()).limit(limit)))


async def lately_said_to(
    session: AsyncSession, channel: str, chat: str, person_id: int | None, templates: Sequence[str], since: datetime
) -> list[str]:
    """Which of these templates a person was answered with in a chat since a moment."""
    query = select(Outbox.template).where(
        Outbox.channel == channel,
        Outbox.chat == chat,
        Outbox.person_id == person_id,
        Outbox.template.in_(templates),
        Outbox.created_at > since,
    )
    return list(await session.scalars(query))


async def cards_since(
    session: AsyncSession, channel: str, chat: str, templates: Sequence[str], since: datetime
) -> list[tuple[int | None, datetime]]:
    """The (account id, moment) of the staff cards of these templates that reached a chat, or are on their way, since then."""
    query = select(Outbox.account_id, Outbox.created_at).where(
        Outbox.channel == channel,
        Outbox.chat == chat,
        Outbox.audience == Audience.STAFF,
        Outbox.template.in_(templates),
        Outbox.created_at >= since,
        Outbox.state.not_in((State.DEAD, State.CANCELLED)),
    )
    return [(account_id, at) for account_id, at in await session.execute(query)]


async def move_chat(session: AsyncSession, channel: str, old: str, new: str) -> None:
    """A group got a new id: what waits for it, and the group itself, follow."""
    await session.execute(
        update(Outbox)
        .where(Outbox.channel == channel, Outbox.chat == old, Outbox.state.not_in((State.SENT, State.CANCELLED)))
        .values(chat=new)
        .execution_options(synchronize_session=False)
    )
    mine = Group.channel == channel
    known = select(Group.id).where(mine, Group.chat == new).limit(1)
    moved: dict[str, object] = {"chat": new} if await session.scalar(known) is None else {"state": "removed"}
    await session.execute(update(Group).where(mine, Group.chat == old).values(**moved))


async def unknown_rows(session: AsyncSession, community_id: int | None, *, limit: int) -> list[Outbox]:
    """Messages of which nobody knows whether they arrived, oldest first; of one community, or all when that is None."""
    query = select(Outbox).where(Outbox.state == State.UNKNOWN).order_by(Outbox.id).limit(limit)
    if community_id is not None:
        query = query.join(Account, Account.id == Outbox.account_id).where(Account.community_id == community_id)
    return list(await session.scalars(query))


async def failed_rows(
    session: AsyncSession, community_id: int | None, since: datetime, *, limit: int, skip: int = 0
) -> list[tuple[Outbox, str]]:
    """Messages to people that failed since a moment with their account's code, newest first."""
    query = (
        select(Outbox, func.coalesce(Account.code, ""))
        .outerjoin(Account, Account.id == Outbox.account_id)
        .where(Outbox.state == State.DEAD, func.coalesce(Outbox.lease_until, Outbox.created_at) >= since)
        .order_by(Outbox.id.desc())
        .limit(limit)
        .offset(skip)
    )
    if community_id is not None:
        query = query.where(Account.community_id == community_id)
    return [(row, code) for row, code in await session.execute(query)]


async def resolve_unknown(session: AsyncSession, row_id: int, *, arrived: bool, by: str, at: datetime) -> bool:
    """What staff say of an unknown message: it arrived, or it is to be sent again. False when it is unknown no more."""
    values: dict[str, object] = (
        {"state": State.SENT, "reason": f"confirmed by {by}", "sent_at": at}
        if arrived
        else {
            "state": State.RETRY,
            "reason": f"again by {by}",
            "not_before": at,
            "attempt": 0,
            "claims": 0,
            "repeat_until": None,
        }
    )
    result = await session.execute(
        update(Outbox)
        .where(Outbox.id == row_id, Outbox.state == State.UNKNOWN)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]
