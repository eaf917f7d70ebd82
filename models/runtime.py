"""The program's own notes: job runs, switches, broadcasts, the health of each channel."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, String, Text, bindparam, case, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.accounts import Community
from models.base import Base, Database, Id, UtcDateTime, dialect_of, upsert, upserting
from models.staff import Staff

KILL_SWITCH = "pause"


class JobRun(Base):
    """A job was run for this moment of its timetable; the key keeps it from running twice."""

    __tablename__ = "job_runs"
    job: Mapped[str] = mapped_column(String(30), primary_key=True)
    scheduled_for: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    summary: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")


class Switch(Base):
    """A named switch with an end: the kill switch is `pause`."""

    __tablename__ = "switches"
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    on: Mapped[bool] = mapped_column(default=False)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(80), default="")


class ChannelHealth(Base):
    """When a channel last worked, and what is wrong with it now."""

    __tablename__ = "channel_health"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    ok: Mapped[bool] = mapped_column(default=True)
    last_ok_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when `ok` last changed
    alerted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # staff were told that it is red
    detail: Mapped[str] = mapped_column(Text, default="")


class Broadcast(Base):
    """A message by staff to many, by one of the states in models/broadcasts.py."""

    __tablename__ = "broadcasts"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(Staff.id))
    community_id: Mapped[int | None] = mapped_column(ForeignKey(Community.id))
    target: Mapped[str] = mapped_column(Text, default="{}")  # models.segments.Target as JSON
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(14), default="broadcast")
    state: Mapped[str] = mapped_column(String(10), default="draft")
    total: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[str] = mapped_column(Text, default="{}")
    channel: Mapped[str] = mapped_column(String(16), default="")  # where its progress is shown
    chat: Mapped[str] = mapped_column(String(64), default="")
    progress_message_id: Mapped[str] = mapped_column(String(64), default="")
    shown: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: as soon as it is confirmed
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nothing of it goes out from then on
    mentions_all: Mapped[bool] = mapped_column(default=False, server_default="0")
    revision: Mapped[int] = mapped_column(default=0, server_default="0")  # grows with each change: old buttons die
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approver_id: Mapped[int | None] = mapped_column(ForeignKey(Staff.id))  # who approved or declined it


async def kill_switch(session: AsyncSession, now: datetime) -> Switch | None:
    """The kill switch when it is on, else None."""
    switch = await session.get(Switch, KILL_SWITCH)
    if switch is None or not switch.on or (switch.until is not None and switch.until <= now):
        return None
    return switch


async def set_switch(
    session: AsyncSession, name: str, on: bool, *, until: datetime | None, reason: str, by: str
) -> None:
    row = {"on": on, "until": until, "reason": reason, "by": by}
    await session.execute(
        upsert(session, Switch).values(name=name, **row).on_conflict_do_update(index_elements=["name"], set_=row)
    )


async def note_health(session: AsyncSession, channel: str, ok: bool, detail: str, at: datetime) -> None:
    """Keep how a channel is; `since` moves only when that changes."""
    row: dict[str, object] = {"ok": ok, "detail": detail}
    if ok:
        row["last_ok_at"] = at
    moment = literal(at, UtcDateTime)
    since = case((ChannelHealth.ok == ok, func.coalesce(ChannelHealth.since, moment)), else_=moment)
    await session.execute(
        upsert(session, ChannelHealth)
        .values(channel=channel, since=at, **row)
        .on_conflict_do_update(index_elements=["channel"], set_={**row, "since": since})
    )


async def channels_health(session: AsyncSession) -> list[ChannelHealth]:
    return list(await session.scalars(select(ChannelHealth).order_by(ChannelHealth.channel)))


async def start_job(database: Database, job: str, slot: datetime, now: datetime) -> bool:
    """Take this moment of a job's timetable; False when somebody already has."""
    async with database.write() as session:
        given = {"job": job, "scheduled_for": slot, "started_at": now, "summary": "", "error": ""}
        taken = await session.scalar(_starting(dialect_of(session)), given)
    return taken is not None


@cache
def _starting(dialect: str) -> Any:
    insert = upserting(dialect, JOB_RUNS).on_conflict_do_nothing(index_elements=["job", "scheduled_for"])
    return insert.returning(JOB_RUNS.c.job)


async def finish_job(
    database: Database, job: str, slot: datetime, now: datetime, *, summary: str = "", error: str = ""
) -> None:
    async with database.write() as session:
        await session.execute(FINISHED, {"of": job, "slot": slot, "at": now, "what": summary, "wrong": error})


JOB_RUNS = JobRun.metadata.tables[JobRun.__tablename__]
FINISHED = (
    update(JOB_RUNS)
    .where(JOB_RUNS.c.job == bindparam("of"), JOB_RUNS.c.scheduled_for == bindparam("slot"))
    .values(finished_at=bindparam("at"), summary=bindparam("what"), error=bindparam("wrong"))
)


class BotName(Base):
    """The name under which a channel's account can be linked to, as the platform last told it."""

    __tablename__ = "bot_names"
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))


async def bot_names(session: AsyncSession) -> dict[str, str]:
    return {row.channel: row.name for row in await session.scalars(select(BotName))}


async def keep_bot_name(session: AsyncSession, channel: str, name: str) -> None:
    await session.execute(
        upsert(session, BotName)
        .values(channel=channel, name=name)
        .on_conflict_do_update(index_elements=["channel"], set_={"name": name})
    )
