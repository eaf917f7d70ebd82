"""Carry running broadcasts on: write the next rows, show how far they are in one message, say when they are done."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from models.base import Database
from models.broadcasts import DRAFT_LIFE, Progress, expand, in_state, progress, target_of
from models.outbox import Context, Outbox, State
from models.posting import post
from models.runtime import Broadcast
from models.staff import close_task

SHOWN_EVERY = timedelta(seconds=3)
BAR = 10
LANGUAGE = "zh"


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """One pass over drafts and running broadcasts; returns how many rows were written, ended and expired."""
    counts = {"written": 0, "done": 0, "expired": 0}
    async with database.read() as session:
        drafts = await in_state(session, "draft", "waiting")
        running = await in_state(session, "running", "paused")
    for broadcast_id in drafts:
        async with database.write() as session:
            counts["expired"] += await _expire(session, broadcast_id, now)
    for broadcast_id in running:
        while written := await _expand(database, office, broadcast_id, now):
            counts["written"] += written
        async with database.write() as session:
            counts["done"] += await _show(session, office, broadcast_id, now)
    return counts


async def _expire(session: AsyncSession, broadcast_id: int, now: datetime) -> bool:
    """A draft that nobody confirmed for a day is gone."""
    broadcast = await session.get_one(Broadcast, broadcast_id)
    if broadcast.state not in ("draft", "waiting") or broadcast.created_at + DRAFT_LIFE > now:
        return False
    broadcast.state, broadcast.finished_at = "cancelled", now
    await close_task(session, f"broadcast/{broadcast_id}", now, staff_id=None, outcome="expired")
    return True


async def _expand(database: Database, office: Office, broadcast_id: int, now: datetime) -> int:
    """The next rows, in a short transaction of their own; 0 when there is nothing left to write."""
    async with database.write() as session:
        broadcast = await session.get_one(Broadcast, broadcast_id)
        if broadcast.state != "running" or target_of(broadcast).expanded:
            return 0
        return await expand(session, office, broadcast, now)


async def _show(session: AsyncSession, office: Office, broadcast_id: int, now: datetime) -> bool:
    """Keep the one progress message up to date, at most every 3 s, and end the broadcast when all is settled."""
    broadcast = await session.get_one(Broadcast, broadcast_id)
    if broadcast.state not in ("running", "paused"):
        return False
    so_far = await progress(session, broadcast)
    done = broadcast.state == "running" and target_of(broadcast).expanded and so_far.finished
    shown = f"{broadcast.state}/{so_far.sent}/{so_far.failed}/{so_far.unknown}/{so_far.cancelled}/{so_far.total}/{done}"
    if shown == broadcast.shown and not done:
        return False
    first = await _first(session, broadcast_id)
    if first is not None and not done and await _last_shown(session, broadcast_id) + SHOWN_EVERY > now:
        return False
    if first is not None and not first.message_id and first.state in (State.QUEUED, State.SENDING, State.RETRY):
        return False  # it has not appeared yet: nothing to edit
    await _post(session, office, broadcast, so_far, first, now, done=done)
    broadcast.shown = shown
    if done:
        broadcast.state, broadcast.finished_at = "done", now
    return done


async def _post(
    session: AsyncSession,
    office: Office,
    broadcast: Broadcast,
    so_far: Progress,
    first: Outbox | None,
    now: datetime,
    *,
    done: bool,
) -> None:
    words, number = office.wording, str(broadcast.id)
    settled = so_far.total - so_far.waiting
    filled = BAR if so_far.total == 0 else BAR * settled // so_far.total
    fields = {
        "bar": "▓" * filled + "░" * (BAR - filled),
        "sent": str(so_far.sent),
        "failed": str(so_far.failed),
        "unknown": str(so_far.unknown),
        "cancelled": str(so_far.cancelled),
        "total": str(so_far.total),
    }
    name = "broadcast.done" if done else f"broadcast.{broadcast.state}"
    actions: tuple[str, ...] = () if done else ("pause" if broadcast.state == "running" else "resume", "cancel")
    if done and so_far.total > so_far.sent:
        actions = ("failures",)
    labels = {each: words.text(f"button.broadcast_{each}", LANGUAGE) for each in actions}
    buttons = [
        Choice(label, f"broadcast.{each}", {"broadcast": number}, reusable=True) for each, label in labels.items()
    ]
    message = OutgoingMessage(
        name,
        words.text(name, LANGUAGE, fields),
        fields,
        (tuple(buttons),) if buttons else (),
        Audience.STAFF,
        Kind.STAFF_CARD,
    )
    posted = await session.scalar(select(func.count()).where(Outbox.source == _source(broadcast.id)))
    await post(
        session,
        Address(broadcast.channel, broadcast.chat),
        message,
        key=keys.broadcast_progress(broadcast.id, int(posted or 0)),
        now=now,
        context=Context(source=_source(broadcast.id), reason="progress"),
        edits=first.message_id if first is not None else "",
    )


def _source(broadcast_id: int) -> str:
    return f"broadcast-progress/{broadcast_id}"


async def _first(session: AsyncSession, broadcast_id: int) -> Outbox | None:
    """The message that is edited."""
    return (await session.scalars(select(Outbox).where(Outbox.key == keys.broadcast_progress(broadcast_id, 0)))).first()


async def _last_shown(session: AsyncSession, broadcast_id: int) -> datetime:
    query = select(Outbox.created_at).where(Outbox.source == _source(broadcast_id)).order_by(Outbox.id.desc()).limit(1)
    return (await session.scalars(query)).one()
