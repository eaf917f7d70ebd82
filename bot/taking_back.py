"""Deletes what an undone broadcast said, on one channel, as far as its platform still lets us; what stays is written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from bot.channels.channel import Channel
from domain.clock import Clock, monotonic
from domain.errors import DeliveryError, Rejected, Unreachable
from domain.pacing import Limits, Pacing
from models.base import Database
from models.broadcasts import DELETED, IN_DOUBT, REFUSED, TOO_OLD, UNREACHABLE, Gone, note_taken_back, to_take_back

log = structlog.get_logger(__name__)
BATCH = 50
SHARE = 3  # of the account's pace: the lane goes on writing beside it
REQUEST_SECONDS = 20


async def take_back(database: Database, channel: Channel, clock: Clock) -> int:
    """One pass over everything that is to be deleted; returns how much was settled.

    A message that is gone already counts as deleted, so a pass that is cut short and begun again does no harm. What the
    platform asks to try later stays for the next pass.
    """
    async with database.read() as session:
        if not await to_take_back(session, channel.name, 1):
            return 0
    settled = 0
    async with database.alone(f"taking-back/{channel.name}") as check:
        if check is None:
            return 0
        limits = channel.limits
        slow = Limits(max(1.0, limits.global_per_second / SHARE), limits.per_chat_per_second, limits.group_per_minute)
        pacing = Pacing(slow)
        while True:
            async with database.read() as session:
                found = await to_take_back(session, channel.name, BATCH)
            outcomes = await _delete_all(channel, clock, pacing, found)
            if not outcomes:
                return settled
            async with database.write() as session:
                await note_taken_back(session, outcomes)
            settled += len(outcomes)
            if len(outcomes) < len(found):
                return settled


async def _delete_all(channel: Channel, clock: Clock, pacing: Pacing, found: list[Gone]) -> list[tuple[int, str]]:
    """(row, what became of it) of those that are settled."""
    room, refused = asyncio.Semaphore(channel.limits.concurrency), asyncio.Event()

    async def one(gone: Gone) -> tuple[int, str | None]:
        async with room:
            moment = pacing.ready_at(gone.chat, False, monotonic())
            pacing.take(gone.chat, moment)
            await asyncio.sleep(max(0.0, moment - monotonic()))
            outcome = None if refused.is_set() else await _delete(channel, clock, gone)
            if outcome is None:
                refused.set()  # it asked to come back later: the others do as well
            return gone.row_id, outcome

    outcomes = await asyncio.gather(*(one(each) for each in found))
    return [(row_id, outcome) for row_id, outcome in outcomes if outcome is not None]


async def _delete(channel: Channel, clock: Clock, gone: Gone) -> str | None:
    """None: to be tried again."""
    if not gone.message_id:
        return IN_DOUBT
    within, age = channel.takes_back_within, clock.now() - (gone.sent_at or clock.now())
    if within is None:
        return REFUSED
    if age > within:
        return TOO_OLD
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            await channel.delete(gone.chat, gone.message_id)
    except Rejected:
        return TOO_OLD if age > within - timedelta(minutes=5) else REFUSED
    except Unreachable:
        return UNREACHABLE
    except (DeliveryError, TimeoutError) as later:
        log.info("not taken back yet", lane=channel.name, row=gone.row_id, error=type(later).__name__)
        return None
    return DELETED
