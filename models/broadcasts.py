"""What becomes of a broadcast: its rows in the outbox, how far they are, stopping, going on, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.broadcasts import APPROVAL_LIFE, DRAFT_LIFE, UNDER_WAY, Progress, Stage, render
from domain.messages import CALLING_ALL, Kind, OutgoingMessage
from domain.office import Office
from models.accounts import Account
from models.outbox import CLAIMABLE, TERMINAL, Context, Outbox, State
from models.posting import Draft, post_all
from models.runtime import Broadcast
from models.segments import HOUSEHOLDS, Recipient, Target, batch, call_all, period_of, recipients, target_of

ROWS_PER_TRANSACTION = 50
PAUSED_BY_HAND, WITHDRAWN, GAVE_UP = "broadcast_paused", "broadcast_cancelled", "window_over"
# What became of the wish to take a message back: gone, or why it stays.
DELETED = "deleted"
TOO_OLD, REFUSED, UNREACHABLE, IN_DOUBT, NO_ANSWER = "too_old", "refused", "unreachable", "in_doubt", "no_answer"


def worded(office: Office, broadcast: Broadcast, to: Recipient, *, mentions_all: bool = False) -> OutgoingMessage:
    """The message as this chat will read it."""
    return render(
        office,
        broadcast.text,
        Kind(broadcast.kind),
        to_group=target_of(broadcast).to != HOUSEHOLDS,
        payer_name=to.payer_name,
        language=to.language,
        mentions_all=mentions_all,
    )


async def samples(
    session: AsyncSession, office: Office, broadcast: Broadcast, now: datetime, most: int, *, named: bool = True
) -> list[OutgoingMessage]:
    """The message as the first few will read it; without their names for who may not know them."""
    shown: list[OutgoingMessage] = []
    async for each in recipients(session, office, broadcast, office.today(now)):
        if len(shown) >= most:
            break
        if each.address is not None:
            shown.append(worded(office, broadcast, each if named else replace(each, payer_name="")))
    return shown


async def expand(session: AsyncSession, office: Office, broadcast: Broadcast, now: datetime) -> int:
    """Write the next rows of a running broadcast, those of at most ROWS_PER_TRANSACTION accounts; returns how many."""
    target = target_of(broadcast)
    found = await batch(session, office, broadcast, office.today(now), target.cursor, ROWS_PER_TRANSACTION)
    if not found:
        broadcast.target = replace(target, expanded=True).to_text()
        return 0
    told = await _told(session, broadcast, [each.person_id for each in found if each.person_id is not None])
    drafts = [
        Draft(
            each.address,
            worded(office, broadcast, each, mentions_all=await _calls_all(session, broadcast, each, now, office)),
            keys.broadcast(broadcast.id, f"{each.address.channel}/{each.address.chat}"),
            _context(broadcast, target, each),
            button_user=each.user,
            expires_at=broadcast.expires_at,
        )
        for each in found
        if each.address is not None and (each.person_id is None or each.person_id not in told)
    ]
    posted = await post_all(session, drafts, now)
    broadcast.target = replace(target, cursor=found[-1].id).to_text()
    return sum(each.first_id is not None for each in posted)


def _context(broadcast: Broadcast, target: Target, to: Recipient) -> Context:
    account_id = to.id if target.to == HOUSEHOLDS else None
    return Context(to.person_id, account_id, broadcast.id, source=f"broadcast/{broadcast.id}")


async def _told(session: AsyncSession, broadcast: Broadcast, person_ids: Sequence[int]) -> set[int | None]:
    """Who of these people has a row of this broadcast already, for another flat or in another chat."""
    query = select(Outbox.person_id).where(Outbox.broadcast_id == broadcast.id, Outbox.person_id.in_(person_ids))
    return set(await session.scalars(query))


async def _calls_all(session: AsyncSession, broadcast: Broadcast, to: Recipient, now: datetime, office: Office) -> bool:
    """@所有人: wished for, possible there, and not used in this billing period."""
    if not broadcast.mentions_all or to.address is None or to.address.channel not in CALLING_ALL:
        return False
    return await call_all(session, to.id, await period_of(session, broadcast.community_id, office.today(now)))


async def progress(session: AsyncSession, broadcast: Broadcast) -> Progress:
    mine = (Outbox.broadcast_id == broadcast.id, Outbox.part_of.is_(None))
    query = select(Outbox.state, Outbox.taken_back, func.count(), func.min(Outbox.not_before))
    numbers: dict[State, int] = {}
    stay: dict[str, int] = {}
    taken_back, until = 0, None
    for state, back, number, earliest in await session.execute(
        query.where(*mine).group_by(Outbox.state, Outbox.taken_back)
    ):
        numbers[State(state)] = numbers.get(State(state), 0) + number
        until = earliest if state == State.HELD else until
        if back == DELETED:
            taken_back += number
        elif back:
            stay[back] = stay.get(back, 0) + number
    written = sum(numbers.values())
    ended = broadcast.state not in (Stage.RUNNING, Stage.PAUSED) or target_of(broadcast).expanded
    total = written if ended else max(broadcast.total, written)
    sent, failed, unknown, cancelled, held = (
        numbers.get(state, 0) for state in (State.SENT, State.DEAD, State.UNKNOWN, State.CANCELLED, State.HELD)
    )
    left = total - sent - failed - unknown - cancelled - held
    to_confirm = numbers.get(State.WAITING_FOR_STAFF, 0)
    stays = tuple(sorted(stay.items()))
    return Progress(total, sent, failed, unknown, cancelled, held, left, until, taken_back, stays, to_confirm)


async def failures(session: AsyncSession, broadcast_id: int, limit: int) -> list[tuple[str, str, str]]:
    """(account code or chat, state, reason) of what did not arrive for certain."""
    query = (
        select(func.coalesce(Account.code, Outbox.chat), Outbox.state, Outbox.reason)
        .outerjoin(Account, Account.id == Outbox.account_id)
        .where(Outbox.broadcast_id == broadcast_id, Outbox.part_of.is_(None))
        .where(Outbox.state.in_((State.DEAD, State.UNKNOWN, State.CANCELLED)))
        .order_by(Outbox.id)
        .limit(limit)
    )
    return list(await session.execute(query))


# steering


async def halt(session: AsyncSession, broadcast_id: int) -> None:
    """What has not gone out waits."""
    await _move(session, broadcast_id, CLAIMABLE, State.PLANNED, PAUSED_BY_HAND)


async def go_on(session: AsyncSession, broadcast_id: int, now: datetime) -> None:
    await _move(session, broadcast_id, (State.PLANNED,), State.QUEUED, "")
    held = (Outbox.state == State.HELD, Outbox.reason == "paused")
    await session.execute(
        update(Outbox)
        .where(Outbox.broadcast_id == broadcast_id, *held)
        .values(state=State.QUEUED, reason="", not_before=now)
        .execution_options(synchronize_session=False)
    )


async def withdraw(session: AsyncSession, broadcast_id: int, reason: str = WITHDRAWN) -> None:
    """What has not gone out never will."""
    await _move(session, broadcast_id, (*CLAIMABLE, State.PLANNED), State.CANCELLED, reason)


async def send_again(session: AsyncSession, broadcast_id: int, now: datetime) -> int:
    """Put what certainly did not arrive back into the queue: the same rows, so nobody can get it twice."""
    result = await session.execute(
        update(Outbox)
        .where(Outbox.broadcast_id == broadcast_id, Outbox.state == State.DEAD)
        .values(state=State.QUEUED, reason="", error="", attempt=0, claims=0, not_before=now)
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


async def _move(session: AsyncSession, broadcast_id: int, old: Sequence[State], new: State, reason: str) -> None:
    await session.execute(
        update(Outbox)
        .where(Outbox.broadcast_id == broadcast_id, Outbox.state.in_(old))
        .values(state=new, reason=reason)
        .execution_options(synchronize_session=False)
    )


# taking back


@dataclass(frozen=True)
class Gone:
    """A message that went out and is to be taken back."""

    row_id: int
    chat: str
    message_id: str
    sent_at: datetime | None


def _to_take_back(channel: str) -> tuple[ColumnElement[bool], ...]:
    undone = select(Broadcast.id).where(Broadcast.state == Stage.UNDOING)
    return (
        Outbox.broadcast_id.in_(undone),
        Outbox.channel == channel,
        or_(Outbox.state == State.SENT, Outbox.state == State.UNKNOWN),
        Outbox.taken_back == "",
    )


async def to_take_back(session: AsyncSession, channel: str, limit: int) -> list[Gone]:
    """The next messages of this channel that are to be deleted, oldest first: those are the first to become too old."""
    query = select(Outbox.id, Outbox.chat, Outbox.message_id, Outbox.sent_at).where(*_to_take_back(channel))
    return [Gone(*row) for row in await session.execute(query.order_by(Outbox.id).limit(limit))]


async def note_taken_back(session: AsyncSession, outcomes: Sequence[tuple[int, str]]) -> None:
    """Record (row id, what became of it)."""
    for what in sorted({outcome for _, outcome in outcomes}):
        ids = [row_id for row_id, outcome in outcomes if outcome == what]
        await session.execute(
            update(Outbox)
            .where(Outbox.id.in_(ids))
            .values(taken_back=what)
            .execution_options(synchronize_session=False)
        )


async def give_up_taking_back(session: AsyncSession, broadcast_id: int) -> None:
    """What no platform has answered about for too long stays."""
    await session.execute(
        update(Outbox)
        .where(
            Outbox.broadcast_id == broadcast_id,
            Outbox.taken_back == "",
            Outbox.state.in_((State.SENT, State.UNKNOWN)),
        )
        .values(taken_back=NO_ANSWER)
        .execution_options(synchronize_session=False)
    )


async def still_to_take_back(session: AsyncSession, broadcast_id: int) -> int:
    """What of a broadcast is still to be deleted, or on its way out and will have to be."""
    query = select(func.count()).where(
        Outbox.broadcast_id == broadcast_id,
        or_(
            Outbox.state.in_([state for state in State if state not in TERMINAL]),
            (Outbox.taken_back == "") & Outbox.state.in_((State.SENT, State.UNKNOWN)),
        ),
    )
    return int(await session.scalar(query) or 0)


# which there are


async def in_state(session: AsyncSession, *states: str) -> list[int]:
    return list(await session.scalars(select(Broadcast.id).where(Broadcast.state.in_(states)).order_by(Broadcast.id)))


async def overdue(session: AsyncSession, now: datetime) -> list[int]:
    """Drafts and requests that nobody touched for too long."""
    touched = func.coalesce(Broadcast.changed_at, Broadcast.created_at)
    query = select(Broadcast.id).where(
        or_(
            (Broadcast.state == Stage.DRAFT) & (touched <= now - DRAFT_LIFE),
            (Broadcast.state == Stage.WAITING) & (touched <= now - APPROVAL_LIFE),
        )
    )
    return list(await session.scalars(query.order_by(Broadcast.id)))


async def due(session: AsyncSession, now: datetime) -> list[int]:
    """Scheduled broadcasts whose hour has come."""
    query = select(Broadcast.id).where(Broadcast.state == Stage.SCHEDULED, Broadcast.send_at <= now)
    return list(await session.scalars(query.order_by(Broadcast.send_at, Broadcast.id)))


async def of_author(session: AsyncSession, author_id: int, limit: int) -> list[Broadcast]:
    """What a member of staff has under way or lately ended, newest first; drafts are left out."""
    shown = (Stage.WAITING, Stage.SCHEDULED, *UNDER_WAY, Stage.DONE, Stage.UNDONE)
    query = select(Broadcast).where(Broadcast.author_id == author_id, Broadcast.state.in_(shown))
    return list(await session.scalars(query.order_by(Broadcast.id.desc()).limit(limit)))
