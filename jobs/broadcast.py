"""Carry broadcasts on: start what is due, write the next rows, keep one message up to date, end what is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.broadcasts import UNDER_WAY, Stage, needs_approval, progress_card
from domain.messages import EDITING, Address, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from models.base import Database
from models.broadcasts import (
    GAVE_UP,
    due,
    expand,
    give_up_taking_back,
    in_state,
    overdue,
    progress,
    still_to_take_back,
    withdraw,
)
from models.outbox import TERMINAL, Context, Outbox, State
from models.posting import post
from models.runtime import Broadcast
from models.segments import GROUPS, reach, target_of
from models.staff import Staff, audit, close_task

SHOWN_EVERY = timedelta(seconds=3)
SOURCE_MAX = 40  # characters of the column
TAKING_BACK_LASTS = timedelta(hours=1)  # after that, what could not be taken back stays


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """One pass over all that is not over yet; returns how many rows were written, and how many broadcasts were started,
    shown, ended and expired.
    """
    counts = {"written": 0, "started": 0, "shown": 0, "done": 0, "expired": 0}
    async with database.read() as session:
        forgotten, scheduled = await overdue(session, now), await due(session, now)
        under_way = await in_state(session, *UNDER_WAY)
    for number in forgotten:
        async with database.write() as session:
            counts["expired"] += await _expire(session, office, number, now)
    for number in scheduled:
        async with database.write() as session:
            started = await _start(session, office, number, now)
        counts["started"] += started
        under_way += [number] if started else []
    for number in under_way:
        while (written := await _expand(database, office, number, now)) is not None:
            counts["written"] += written
        async with database.write() as session:
            if (outcome := await _carry_on(session, office, number, now)) is not None:
                counts[outcome] += 1
    return counts


async def _locked(session: AsyncSession, number: int) -> Broadcast:
    return await session.get_one(Broadcast, number, with_for_update=True)


# before it goes


async def _expire(session: AsyncSession, office: Office, number: int, now: datetime) -> bool:
    """A draft or a request that nobody touched for too long is over; of a request its author hears."""
    broadcast = await _locked(session, number)
    if number not in await overdue(session, now):
        return False
    asked = broadcast.state == Stage.WAITING
    await _end(session, broadcast, "expired", now)
    if asked:
        await _tell(session, office, broadcast, "broadcast.nobody_approved", now)
    return True


async def _start(session: AsyncSession, office: Office, number: int, now: datetime) -> bool:
    """The hour of a scheduled broadcast has come. One that grew beyond the limit meanwhile goes back to its author."""
    broadcast = await _locked(session, number)
    if broadcast.state != Stage.SCHEDULED or broadcast.send_at is None or broadcast.send_at > now:
        return False
    author = await session.get_one(Staff, broadcast.author_id)
    if not author.active or (broadcast.expires_at is not None and broadcast.expires_at <= now):
        await _end(session, broadcast, "expired", now)
        await _tell(session, office, broadcast, "broadcast.missed_its_time", now)
        return False
    found = await reach(session, office, broadcast, office.today(now))
    to_groups = target_of(broadcast).to == GROUPS
    if broadcast.approver_id is None and needs_approval(found.messages, to_groups=to_groups, own=True):
        broadcast.state, broadcast.revision, broadcast.changed_at = Stage.DRAFT, broadcast.revision + 1, now
        open_it = Choice(
            office.wording.text("button.broadcast_open", office.language),
            "broadcast.show",
            {"broadcast": str(broadcast.id)},
            reusable=True,
        )
        fields = {"number": str(found.messages)}
        await _tell(session, office, broadcast, "broadcast.has_grown", now, fields, ((open_it,),))
        return False
    broadcast.state, broadcast.total, broadcast.changed_at = Stage.RUNNING, found.messages, now
    await audit(session, "timetable", "broadcast.started", f"broadcast/{number}", now, {"total": found.messages})
    return True


async def _end(session: AsyncSession, broadcast: Broadcast, outcome: str, now: datetime) -> None:
    broadcast.state, broadcast.finished_at = Stage.CANCELLED, now
    await close_task(session, f"broadcast/{broadcast.id}", now, staff_id=None, outcome=outcome)
    await audit(session, "timetable", f"broadcast.{outcome}", f"broadcast/{broadcast.id}", now)


async def _tell(
    session: AsyncSession,
    office: Office,
    broadcast: Broadcast,
    template: str,
    now: datetime,
    fields: dict[str, str] | None = None,
    rows: tuple[tuple[Choice, ...], ...] = (),
) -> None:
    """A card to the author."""
    fields = {"text": broadcast.text[:40]} | (fields or {})
    text = office.wording.text(template, office.language, fields)
    await post(
        session,
        Address(broadcast.channel, broadcast.chat),
        OutgoingMessage(template, text, fields, rows, Audience.STAFF, Kind.STAFF_CARD),
        key=keys.broadcast_note(broadcast.id, broadcast.revision, template),
        now=now,
        context=Context(source=f"broadcast/{broadcast.id}", reason="note"),
    )


# while it goes


async def _expand(database: Database, office: Office, number: int, now: datetime) -> int | None:
    """The next rows, in a short transaction of their own; None when there is nothing left to write."""
    async with database.write() as session:
        broadcast = await _locked(session, number)
        if broadcast.state != Stage.RUNNING or target_of(broadcast).expanded:
            return None
        return await expand(session, office, broadcast, now)


async def _carry_on(session: AsyncSession, office: Office, number: int, now: datetime) -> str | None:
    """Show how far it is, at most every three seconds, and end it when all is settled; "shown", "done" or None."""
    broadcast = await _locked(session, number)
    if broadcast.state not in UNDER_WAY:
        return None
    if broadcast.state != Stage.UNDOING and broadcast.expires_at is not None and broadcast.expires_at <= now:
        await withdraw(session, number, GAVE_UP)
        broadcast.target = replace(target_of(broadcast), expanded=True).to_text()
    ended = await _ended(session, broadcast, now)
    if broadcast.shown_at is not None and broadcast.shown_at + SHOWN_EVERY > now:
        return None
    if await _appears(session, broadcast):
        return None  # the last one has not appeared yet: nothing to edit
    if ended is not None:
        broadcast.state, broadcast.finished_at = ended, now
    so_far = await progress(session, broadcast)
    mark = so_far.mark(broadcast.state)
    if mark != broadcast.shown and (ended is not None or broadcast.channel in EDITING):
        card = progress_card(office, broadcast.id, Stage(broadcast.state), so_far, now)
        await _show(session, broadcast, card, now)
        broadcast.shown, broadcast.shown_at = mark, now
    elif ended is None:
        return None
    return "done" if ended is not None else "shown"


async def _ended(session: AsyncSession, broadcast: Broadcast, now: datetime) -> Stage | None:
    """The stage in which it is over, or None."""
    if broadcast.state == Stage.UNDOING:
        if (broadcast.changed_at or now) + TAKING_BACK_LASTS <= now:
            await give_up_taking_back(session, broadcast.id)
        return None if await still_to_take_back(session, broadcast.id) else Stage.UNDONE
    over = target_of(broadcast).expanded and (await progress(session, broadcast)).finished
    return Stage.DONE if over else None


async def _show(session: AsyncSession, broadcast: Broadcast, card: OutgoingMessage, now: datetime) -> None:
    """Replace the message that shows it; where there is none, begin one."""
    author = await session.get_one(Staff, broadcast.author_id)
    if (broadcast.channel, broadcast.chat) == (author.channel, author.chat):
        card = replace(card, audience=Audience.PRIVATE)  # at a person's pace, not at a group's
    number = await session.scalar(select(func.count()).where(_of(broadcast)))
    await post(
        session,
        Address(broadcast.channel, broadcast.chat),
        card,
        key=keys.broadcast_progress(broadcast.id, int(number or 0)),
        now=now,
        context=Context(source=_source(broadcast), reason="progress"),
        edits=await _shown_in(session, broadcast) if broadcast.channel in EDITING else "",
    )


async def _appears(session: AsyncSession, broadcast: Broadcast) -> bool:
    """The newest progress message is still on its way."""
    state = await session.scalar(select(Outbox.state).where(_of(broadcast)).order_by(Outbox.id.desc()).limit(1))
    return state is not None and state not in TERMINAL


async def _shown_in(session: AsyncSession, broadcast: Broadcast) -> str:
    """The platform's id of the message that shows it: of the newest one, or the one whose button was pressed since."""
    query = select(Outbox.message_id).where(Outbox.source == _source(broadcast), Outbox.state == State.SENT)
    newest: str | None = await session.scalar(query.order_by(Outbox.id.desc()).limit(1))
    return newest or broadcast.progress_message_id


def _of(broadcast: Broadcast) -> ColumnElement[bool]:
    """The rows of all messages that showed it."""
    return Outbox.source.startswith(f"broadcast-progress/{broadcast.id}/")


def _source(broadcast: Broadcast) -> str:
    """Those that follow one message of the platform."""
    return f"broadcast-progress/{broadcast.id}/{broadcast.progress_message_id}"[:SOURCE_MAX]
