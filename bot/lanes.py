"""Drains the outbox: one lane per channel account. Claim, commit, gate, send, record; never twice, never silent."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Channel, Sendable
from domain.breaker import Breaker
from domain.clock import Clock, local_date, monotonic
from domain.errors import ChannelDown, DeliveryError, TryLater, Unknown, Unreachable
from domain.gate import Cancel, Hold, gate
from domain.messages import Attachment, Receipt
from domain.office import Office
from domain.pacing import Pacing, Sent
from domain.retry import outcome
from jobs.recompose import recompose
from models import facts, outbox
from models.base import Database
from models.dialogue import Group
from models.outbox import CLAIMS_MAX, Outbox, State
from models.people import Contact
from models.runtime import note_health

log = structlog.get_logger(__name__)
AHEAD_SECONDS = 0.5  # claim only what the limiter releases within this time: nothing claimed goes stale
STALE_SECONDS = 0.8  # a claimed message that waited longer goes back and is asked again
BATCH = 64
LOOK = 256  # candidates looked at, so that one slow chat doesn't hide the others
IDLE_SECONDS = 0.5
HISTORY = timedelta(seconds=60)
REQUEST_SECONDS = 20  # no request outlives this; the lease is three times as long
DRAIN_AHEAD = timedelta(seconds=5)


@dataclass
class Claimed:
    """A row that is ours to send, at a moment the limiter gave it."""

    case: facts.Case
    worker: str
    send_at: float
    gated_at: float
    result: Receipt | DeliveryError | None = None


@dataclass
class Lane:
    """One channel account. `run` until cancelled, or `drain` until nothing is due within five seconds."""

    database: Database
    channel: Channel
    office: Office
    clock: Clock
    breaker: Breaker = field(default_factory=Breaker)

    def __post_init__(self) -> None:
        self._pacing = Pacing(self.channel.limits)
        self._wake = asyncio.Event()
        self._ready: deque[Claimed] = deque()
        self._done: list[Claimed] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._number = 0
        self._stopping = False
        self._told_ok: bool | None = None

    def wake(self) -> None:
        """Something new may be due."""
        self._wake.set()

    async def start(self) -> None:
        """Settle what a dead process left behind, and go on at the pace it left off."""
        now = self.clock.now()
        async with self.database.write() as session:
            counts = await outbox.settle_orphans(session, self.channel.name, now)
        if any(counts.values()):
            log.warning("orphans settled", lane=self.channel.name, **counts)
        async with self.database.read() as session:
            groups = await outbox.group_chats(session, self.channel.name)
            times = await outbox.sent_times(session, self.channel.name, now - HISTORY)
        zero = monotonic()
        self._pacing = Pacing(
            self.channel.limits,
            [Sent(chat, chat in groups, zero - max(0.0, (now - moment).total_seconds())) for chat, moment in times],
        )

    async def run(self) -> None:
        """Until `stop`: whatever is due goes out; what is under way is finished and recorded."""
        await self.start()
        while not self._stopping:
            worked = await self._step()
            if not worked and not self._in_flight:
                self._wake.clear()
                with_timeout = asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
                await asyncio.gather(with_timeout, return_exceptions=True)
        await self._finish()

    async def drain(self) -> None:
        """Deliver everything that is due now or within five seconds, then return."""
        await self.start()
        while True:
            worked = await self._step()
            if worked or self._in_flight or self._done:
                continue
            async with self.database.read() as session:
                due_at = await outbox.next_due_at(session, self.channel.name)
            if due_at is None or due_at > self.clock.now() + DRAIN_AHEAD:
                break
            if self.breaker.is_open and (self.breaker.probe_at or 0) > monotonic() + DRAIN_AHEAD.total_seconds():
                break
            await asyncio.sleep(0.05)
        await self._finish()

    async def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    # one round

    async def _step(self) -> bool:
        """Record what came back, claim what may go, start it. True when anything happened."""
        settled = await self._settle()
        claimed = await self._claim() if not self._stopping else 0
        self._start_sending()
        if not settled and not claimed and self._in_flight:
            self._changed.clear()
            await asyncio.gather(asyncio.wait_for(self._changed.wait(), AHEAD_SECONDS), return_exceptions=True)
        return bool(settled or claimed)

    async def _claim(self) -> int:
        room = self.breaker.allowance(monotonic(), BATCH) - len(self._ready) - len(self._in_flight)
        if room <= 0:
            return 0
        now = self.clock.now()
        async with self.database.read() as session:
            waiting = await outbox.due_rows(session, self.channel.name, now, LOOK)
            if not waiting:
                return 0
        slots = self._slots(waiting, room)
        if not slots:
            return 0
        return await self._claim_slots(slots, now)

    def _slots(self, waiting: Sequence[Outbox], room: int) -> list[tuple[Outbox, float]]:
        """Rows the limiter releases soon, each with its moment. In a chat nothing overtakes what is before it."""
        zero = monotonic()
        slots: list[tuple[Outbox, float]] = []
        shut: set[str] = {each.case.row.chat for each in self._ready}
        shut |= {task.get_name() for task in self._in_flight}
        for row in waiting:
            if len(slots) >= room:
                break
            if row.chat in shut:
                continue
            shut.add(row.chat)
            moment = self._pacing.ready_at(row.chat, row.audience != "private", zero)
            if moment <= zero + AHEAD_SECONDS:
                self._pacing.take(row.chat, row.audience != "private", moment)
                slots.append((row, moment))
        return slots

    async def _claim_slots(self, slots: Sequence[tuple[Outbox, float]], now: datetime) -> int:
        """Ask the gate and mark what passes, in one transaction that commits before any request starts."""
        today = local_date(now, self.office.zone)
        moments = {row.id: moment for row, moment in slots}
        self._number += 1
        worker = f"{self._name}/{self._number}"
        ready: list[Claimed] = []
        async with self.database.write() as session:
            rows = await outbox.still_due(session, [row.id for row, _ in slots])
            for case in await facts.cases(session, self.office, rows, now):
                if await self._passes(session, case, now):
                    await facts.count(session, case, today)
                    ready.append(Claimed(case, worker, moments[case.row.id], monotonic()))
            if ready:
                await session.flush()
                await outbox.claim(session, [each.case.row.id for each in ready], worker, now)
        self._ready.extend(sorted(ready, key=lambda each: each.send_at))
        return len(slots)

    async def _passes(self, session: AsyncSession, case: facts.Case, now: datetime) -> bool:
        """The gate's last word on one row; a hold or a cancellation is written down with its reason."""
        row = case.row
        if row.claims >= CLAIMS_MAX:
            row.state, row.reason = State.DEAD, "quarantine"
            return False
        verdict = gate(case.kind, case.facts, self.office.policy(case.policy_kind), self.office.zone, now)
        if isinstance(verdict, Cancel):
            row.state, row.reason = State.CANCELLED, str(verdict.reason)
            return False
        if isinstance(verdict, Hold):
            row.state, row.reason, row.not_before = State.HELD, verdict.reason.value, verdict.until
            return False
        if case.figures_changed:
            await recompose(session, self.office, case, now)
        return True

    # sending

    def _start_sending(self) -> None:
        while self._ready and len(self._in_flight) < self.channel.limits.concurrency:
            claimed = self._ready.popleft()
            task = asyncio.create_task(self._send(claimed), name=claimed.case.row.chat)
            self._in_flight.add(task)

    async def _send(self, claimed: Claimed) -> None:
        row = claimed.case.row
        try:
            await asyncio.sleep(max(0.0, claimed.send_at - monotonic()))
            if monotonic() - max(claimed.gated_at, claimed.send_at) > STALE_SECONDS:
                raise TryLater("waited too long after the gate", at=self.clock.now(), free=True)
            async with asyncio.timeout(REQUEST_SECONDS):
                claimed.result = await self.channel.send(sendable(row))
        except DeliveryError as error:
            claimed.result = error
        except TimeoutError:
            claimed.result = Unknown("no answer within the time limit")
        except Exception as wrong:
            # A fault of ours in the channel: it may have happened before or after the request.
            log.error("channel fault", lane=self.channel.name, row=row.id, exc_info=wrong)
            claimed.result = Unknown(type(wrong).__name__)
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._in_flight.discard(task)
            self._done.append(claimed)
            self._changed.set()

    # recording

    async def _settle(self) -> int:
        done, self._done = self._done, []
        if not done:
            return 0
        now = self.clock.now()
        today = local_date(now, self.office.zone)
        async with self.database.write() as session:
            for claimed in done:
                await self._record(session, claimed, now, today)
            await self._tell_health(session, now)
        return len(done)

    async def _record(self, session: AsyncSession, claimed: Claimed, now: datetime, today: object) -> None:
        row, result = claimed.case.row, claimed.result
        if isinstance(result, Receipt):
            self.breaker.worked()
            await outbox.settle(
                session,
                row.id,
                claimed.worker,
                state=State.SENT,
                reason=row.reason,
                sent_at=now,
                message_id=result.message_id,
                error="",
                claims=0,
            )
            return
        assert isinstance(result, DeliveryError)
        self._note_failure(result, now)
        decided = outcome(result, claimed.case.kind, row.attempt + 1, row.id, now)
        moved = isinstance(result, Unreachable) and result.moved_to is not None and row.reason == "moved"
        await outbox.settle(
            session,
            row.id,
            claimed.worker,
            state="dead" if moved else decided.state,
            reason=decided.reason,
            not_before=decided.not_before or row.not_before,
            error=f"{type(result).__name__}: {result.detail}"[:500],
            attempt=row.attempt if decided.free else row.attempt + 1,
            claims=0,
            **({"sent_at": now} if decided.state == "unknown" else {}),
        )
        if decided.not_sent:
            await facts.count(session, claimed.case, local_date(now, self.office.zone), by=-1)
        if isinstance(result, Unreachable):
            await self._note_address(session, row, result)

    def _note_failure(self, error: DeliveryError, now: datetime) -> None:
        zero = monotonic()
        if isinstance(error, ChannelDown):
            self.breaker.failed(zero, at_once=True)
        elif isinstance(error, TryLater) and error.free:
            wait = (error.at - now).total_seconds() if error.at else 0.0
            if error.lane_wide:
                self._pacing.halt(zero + max(0.0, wait))
        elif isinstance(error, TryLater | Unknown):
            self.breaker.failed(zero)
        else:
            self.breaker.worked()  # the platform answered; only this address is at fault

    async def _note_address(self, session: AsyncSession, row: Outbox, error: Unreachable) -> None:
        """A blocked chat, a group that is gone, a group that moved to a new id."""
        if error.moved_to is not None:
            await outbox.move_chat(session, row.channel, row.chat, error.moved_to)
        elif error.permanent and row.audience == "private":
            await session.execute(
                update(Contact)
                .where(Contact.channel == row.channel, Contact.chat == row.chat)
                .values(state="blocked")
            )
        elif error.permanent:
            await session.execute(
                update(Group).where(Group.channel == row.channel, Group.chat == row.chat).values(state="removed")
            )

    async def _tell_health(self, session: AsyncSession, now: datetime) -> None:
        """Keep the channel's health in the database, where `status` reads it; the good news at most once a minute."""
        healthy = not self.breaker.is_open
        if healthy != self._told_ok:
            detail = "" if healthy else self.channel.health.detail or "the platform does not answer"
            await note_health(session, self.channel.name, healthy, detail, now)
            self._told_ok = healthy

    async def _finish(self) -> None:
        """Nothing new starts; what is under way ends, what was claimed but not started goes back."""
        while self._ready:
            claimed = self._ready.popleft()
            claimed.result = TryLater("stopped before sending", at=self.clock.now(), free=True)
            self._done.append(claimed)
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))
        await self._settle()


def sendable(row: Outbox) -> Sendable:
    """A stored row in the channel's terms."""
    return Sendable(
        chat=row.chat,
        text=row.text,
        choices=json.loads(row.choices),
        edits=row.edits,
        attachment=Attachment(**json.loads(row.attachment)) if row.attachment else None,
        is_group=row.audience != "private",
    )
