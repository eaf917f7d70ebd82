"""Drains the outbox: one lane per channel account. Claim, commit, gate, send, record; never twice, never silent."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Channel, Sendable
from domain.breaker import Breaker
from domain.clock import Clock, local_date, monotonic
from domain.errors import ChannelDown, DeliveryError, Shut, TryLater, Unknown, Unreachable
from domain.gate import RULES, Cancel, Caps, Hold, Send, Verdict, gate
from domain.messages import PRIORITY, Attachment, Kind, Receipt
from domain.office import Office
from domain.pacing import Pacing, Sent
from domain.retry import outcome
from jobs.recompose import recompose
from models import facts, fallback, outbox
from models.base import Database
from models.dialogue import Group
from models.outbox import CLAIMS_MAX, Outbox, State
from models.people import Contact
from models.reminders import count_contacts, lock_contacts
from models.runtime import note_health

log = structlog.get_logger(__name__)
AHEAD_SECONDS = 0.5  # claim only what the limiter releases within this time: nothing claimed goes stale
STALE_SECONDS = 0.9  # what waited longer since the gate goes back and is asked again: a stop word counts within 1 s
BATCH = 64
LOOK = 256  # candidates looked at
LOOKS = 4  # how often others are looked for when slow chats hide them
IDLE_SECONDS = 0.5
CHECK_SECONDS = 10.0  # how often the right to the lane is checked
HEALTH_SECONDS = 60.0  # good news is written down no oftener
HISTORY = timedelta(seconds=60)
REQUEST_SECONDS = 20  # no request outlives this
DRAIN_AHEAD = timedelta(seconds=5)
DRAIN_STILL_SECONDS = 5.0  # nothing could be claimed for so long: a limiter, or a clock that stands still
DRAIN_REFUSED_SECONDS = 30.0  # for so long the platform only asked to come back later


@dataclass
class Claimed:
    """A row that is ours to send, at a moment the limiter gave it."""

    case: facts.Case
    worker: str
    send_at: float
    gated_at: float
    counted_on: date
    result: Receipt | DeliveryError | None = None

    def turn(self) -> tuple[bool, float]:
        """Answers go first: their slot is the next that the platform allows."""
        return self.case.row.priority > PRIORITY[Kind.REPLY], self.send_at


@dataclass
class Lane:
    """One channel account. `run` until cancelled, or `drain` until nothing is due within five seconds."""

    database: Database
    channel: Channel
    office: Office
    clock: Clock
    breaker: Breaker = field(default_factory=Breaker)
    listens: bool = False  # this process takes the channel's updates in, too: silence there counts as a fault

    def __post_init__(self) -> None:
        self._pacing = Pacing(self.channel.limits)
        self._news = asyncio.Event()  # something may be due, or came back
        self._ready: list[Claimed] = []  # in the order of their turn
        self._alarm: asyncio.TimerHandle | None = None  # when the first of them may start
        self._done: list[Claimed] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._number = 0
        self._stopping = False
        self._halted_until = 0.0
        self._request_seconds = 0.05  # how long a request takes of late
        self._answered_at = 0.0  # when the platform last said something else than "come back later"
        self._told: tuple[bool, float] | None = None

    def wake(self) -> None:
        """Something new may be due."""
        self._news.set()

    async def start(self) -> None:
        """Settle what a dead process left behind, and go on at the pace it left off.

        After a fault of the database also what this very lane claimed in a transaction of which it never heard the end.
        """
        while self._in_flight:
            await asyncio.wait(set(self._in_flight))
        now, live = self.clock.now(), {each.worker for each in (*self._ready, *self._done)}
        async with self.database.write() as session:
            counts = await outbox.settle_orphans(session, self.channel.name, now, live=live)
        if any(counts.values()):
            log.warning("orphans settled", lane=self.channel.name, **counts)
        async with self.database.read() as session:
            times = await outbox.sent_times(session, self.channel.name, now - HISTORY)
        zero = monotonic()
        self._pacing = Pacing(
            self.channel.limits,
            [Sent(chat, zero - max(0.0, (now - moment).total_seconds())) for chat, moment in times],
        )

    async def run(self) -> None:
        """Until `stop`: whatever is due goes out; what is under way is finished and recorded.

        A database that fails is asked again: nothing is sent meanwhile, and what came back is kept in memory.
        """
        while not self._stopping:
            try:
                async with self.database.alone(self._lane) as check:
                    if check is None:
                        await self._pause()  # another process drains this lane
                        continue
                    await self._work(check)
            except (DBAPIError, PoolTimeout) as wrong:
                log.error("database fault", lane=self.channel.name, exc_info=wrong)
                await self._pause(CHECK_SECONDS)

    async def drain(self) -> None:
        """Deliver everything that is due now or within five seconds, then return. Another process's lane is left to it."""
        async with self.database.alone(self._lane) as check:
            if check is None:
                return
            await self.start()
            self._answered_at = still_since = monotonic()
            while (
                monotonic() - self._answered_at < DRAIN_REFUSED_SECONDS
                and monotonic() - still_since < DRAIN_STILL_SECONDS
            ):
                self._news.clear()
                if await self._step():
                    still_since = monotonic()
                elif self._ready or self._in_flight or self._done:
                    await self._pause(AHEAD_SECONDS)
                    still_since = monotonic()
                elif await self._nothing_left():
                    break
                else:
                    await self._pause(0.05)
            await self._finish()

    async def stop(self) -> None:
        self._stopping = True
        self._news.set()

    @property
    def _lane(self) -> str:
        return f"lane/{self.channel.name}"

    async def _work(self, check: Callable[[], Awaitable[None]]) -> None:
        await self.start()
        checked_at = monotonic()
        while not self._stopping:
            if monotonic() - checked_at > CHECK_SECONDS:
                await check()
                checked_at = monotonic()
            self._news.clear()  # before looking, so that no news is lost
            if not await self._step():
                await self._pause()
        await self._finish()

    async def _pause(self, seconds: float = IDLE_SECONDS) -> None:
        """Until there is news, or for so long."""
        await asyncio.gather(asyncio.wait_for(self._news.wait(), seconds), return_exceptions=True)

    async def _nothing_left(self) -> bool:
        """Nothing is claimable within the next seconds."""
        async with self.database.glance() as session:
            due_at = await outbox.next_due_at(session, self.channel.name)
        if due_at is None or due_at > self.clock.now() + DRAIN_AHEAD:
            return True
        return self.breaker.is_open and (self.breaker.probe_at or 0) > monotonic() + DRAIN_AHEAD.total_seconds()

    # one round

    async def _step(self) -> bool:
        """Record what came back, claim what may go, start it. True when anything happened."""
        settled = await self._settle()
        claimed = await self._claim() if not self._stopping else 0
        self._start_sending()
        return bool(settled or claimed)

    async def _claim(self) -> int:
        """Ask the gate about what is due and mark what passes; returns how many rows were decided."""
        zero = monotonic()
        room = self.breaker.allowance(zero, self._most()) - len(self._ready) - len(self._in_flight)
        if room <= 0 or self._halted_until > zero + AHEAD_SECONDS:
            return 0
        now = self.clock.now()
        async with self.database.glance() as session:
            ids = await self._candidates(session, now, room)
        return await self._claim_rows(ids, now) if ids else 0

    def _most(self) -> int:
        """How many may be claimed at once: what the requests of late would carry off before it goes stale."""
        concurrency = self.channel.limits.concurrency
        return max(concurrency, min(BATCH, int(concurrency * AHEAD_SECONDS / self._request_seconds)))

    async def _candidates(self, session: AsyncSession, now: datetime, room: int) -> list[int]:
        """Due rows of chats that the limiter lets us write to: of each chat the first, nothing overtakes it."""
        zero = monotonic()
        shut = {each.case.row.chat for each in self._ready} | {task.get_name() for task in self._in_flight}
        behind = len(self._ready) >= AHEAD_SECONDS * self.channel.limits.global_per_second
        full = behind or self._pacing.next_at(zero) > zero + AHEAD_SECONDS
        found: list[int] = []
        for _ in range(LOOKS):
            waiting = await outbox.due_rows(session, self.channel.name, now, LOOK, shut)
            for row in waiting:
                if full and not row.is_answer:
                    return found  # answers come first: what follows only waits for the pace
                if row.chat in shut or len(found) >= room:
                    continue
                shut.add(row.chat)
                moment = self._pacing.ready_at(row.chat, row.is_group, zero, waits=not row.is_answer)
                if moment <= zero + AHEAD_SECONDS:
                    found.append(row.id)
            if len(found) >= room or len(waiting) < LOOK:
                break
        return found

    async def _claim_rows(self, ids: Sequence[int], now: datetime) -> int:
        """In one transaction that commits before any request starts. Who fails the gate costs the limiter nothing."""
        self._number += 1
        worker, today = f"{self._name}/{self._number}", local_date(now, self.office.zone)
        ready: list[Claimed] = []
        subjects: set[tuple[str, int]] = set()
        decided = 0
        async with self.database.write() as session:
            rows = await outbox.still_due(session, ids)
            if any(RULES[Kind(row.kind)].caps is not Caps.FREE for row in rows):
                await lock_contacts(session)
            gated_at = monotonic()
            for case in await facts.cases(session, self.office, rows, now):
                mine = facts.counted(case)
                if not subjects.isdisjoint(mine):
                    continue  # two messages for one household: the second is asked when the first is counted
                if await self._passes(session, case, now):
                    row = case.row
                    answers = row.priority == PRIORITY[Kind.REPLY]
                    moment = self._pacing.ready_at(row.chat, row.audience != "private", gated_at, waits=not answers)
                    if moment > gated_at + AHEAD_SECONDS:
                        continue
                    self._pacing.take(row.chat, moment)
                    subjects.update(mine)
                    ready.append(Claimed(case, worker, moment, gated_at, today))
                decided += 1
            await session.flush()
            if ready:
                await count_contacts(session, sorted(subjects), today)
                await outbox.claim(session, [each.case.row.id for each in ready], worker, now)
        self._ready = sorted([*self._ready, *ready], key=Claimed.turn)
        return decided

    async def _passes(self, session: AsyncSession, case: facts.Case, now: datetime) -> bool:
        """The gate's last word on one row; a hold or a cancellation is written down with its reason."""
        row = case.row
        if row.claims >= CLAIMS_MAX:
            row.state, row.reason = State.DEAD, "quarantine"
            return False
        if row.repeat_until is not None and row.repeat_until <= now:
            row.state, row.reason, row.sent_at = State.UNKNOWN, "in_doubt", now
            return False  # it may have arrived, and the platform would no longer know it again
        if case.head is not None and case.head not in (State.SENT, State.UNKNOWN):
            row.state, row.reason = State.CANCELLED, "part_missing"
            return False
        if case.head is not None:
            return True  # the gate let the message pass when its first part went
        verdict = self._ask_gate(case, now)
        if isinstance(verdict, Cancel):
            row.state, row.reason = State.CANCELLED, str(verdict.reason)
            return False
        if isinstance(verdict, Hold):
            row.state, row.reason, row.not_before = State.HELD, verdict.reason.value, verdict.until
            return False
        if case.figures_changed and not await recompose(session, self.office, case, now):
            row.state, row.reason = State.CANCELLED, "paid"
            return False
        return True

    # sending

    def _start_sending(self) -> None:
        """Start each request whose moment has come, and be back at the moment of the next one."""
        if self._alarm is not None:
            self._alarm.cancel()
        while self._ready and not self._stopping and len(self._in_flight) < self.channel.limits.concurrency:
            now = monotonic()
            moment = max(self._ready[0].send_at, self._pacing.may_start(now))
            if moment > now:
                self._alarm = asyncio.get_running_loop().call_later(moment - now, self._start_sending)
                return
            claimed = self._ready.pop(0)
            self._pacing.started()
            task = asyncio.create_task(self._send(claimed), name=claimed.case.row.chat)
            self._in_flight.add(task)

    async def _send(self, claimed: Claimed) -> None:
        began_at: float | None = None
        try:
            self._look_again(claimed)
            began_at = monotonic()
            async with asyncio.timeout(REQUEST_SECONDS):
                claimed.result = await self.channel.send(sendable(claimed.case.row))
        except DeliveryError as error:
            claimed.result = error
        except TimeoutError:
            claimed.result = Unknown("no answer within the time limit")
        except Exception as wrong:
            # A fault of ours in the channel: it may have happened before or after the request.
            log.error("channel fault", lane=self.channel.name, row=claimed.case.row.id, exc_info=wrong)
            claimed.result = Unknown(type(wrong).__name__)
        if began_at is None:
            self._pacing.not_started()
        else:
            now = monotonic()
            self._pacing.answered(claimed.case.row.chat, claimed.send_at, began_at, now)
            self._request_seconds += (now - began_at - self._request_seconds) / 8
        self._note(claimed.result)
        task = asyncio.current_task()
        assert task is not None
        self._in_flight.discard(task)
        self._done.append(claimed)
        self._news.set()
        self._start_sending()

    def _look_again(self, claimed: Claimed) -> None:
        """The last moment before the request. Raises TryLater when the claim is stale or its hour has passed."""
        zero, now, case = monotonic(), self.clock.now(), claimed.case
        if self._halted_until > zero:
            raise TryLater(
                "the platform asked to wait", at=now + timedelta(seconds=self._halted_until - zero), free=True
            )
        if self.breaker.allowance(zero, 1) == 0:
            raise TryLater("the platform does not answer", at=now, free=True)
        if zero - claimed.gated_at > STALE_SECONDS:
            raise TryLater("waited too long after the gate", at=now, free=True)
        if case.head is None and not isinstance(self._ask_gate(case, now), Send):
            raise TryLater("its hour passed", at=now, free=True)

    def _ask_gate(self, case: facts.Case, now: datetime) -> Verdict:
        return gate(case.kind, case.facts, self.office.policy(case.policy_kind), self.office.zone, now)

    # recording

    async def _settle(self) -> int:
        done, self._done = self._done, []
        if not done:
            return 0
        now = self.clock.now()
        try:
            async with self.database.write() as session:
                taken = [
                    (each.case.row.id, each.worker, each.result.message_id)
                    for each in done
                    if isinstance(each.result, Receipt) and each.result.confirmed
                ]
                await outbox.settle_sent(session, taken, now)
                for claimed in done:
                    if isinstance(claimed.result, DeliveryError):
                        await self._record(session, claimed, claimed.result, now)
                    elif claimed.result is not None and not claimed.result.confirmed:
                        await outbox.settle_waiting(session, claimed.case.row.id, claimed.worker)
                await self.tell_health(session, now)
        except BaseException:
            self._done = done + self._done  # what came back from the platform is not forgotten
            raise
        return len(done)

    async def _record(self, session: AsyncSession, claimed: Claimed, result: DeliveryError, now: datetime) -> None:
        row = claimed.case.row
        if isinstance(result, Unknown) and row.repeat_until is not None:
            result.repeat_until = row.repeat_until  # counted from the first try
        if self.breaker.is_open and type(result) is TryLater:  # the whole platform is away: no message pays for that
            result = TryLater(result.detail, at=result.at, free=True)
        decided = outcome(result, claimed.case.kind, row.attempt + 1, row.id, now, doubts=row.doubts)
        moved = isinstance(result, Unreachable) and result.moved_to is not None and row.reason == "moved"
        values: dict[str, object] = {
            "state": "dead" if moved else decided.state,
            "reason": decided.reason,
            "not_before": decided.not_before or row.not_before,
            "error": f"{type(result).__name__}: {result.detail}"[:500],
            "attempt": row.attempt if decided.free else row.attempt + 1,
            "doubts": row.doubts if decided.not_sent else row.doubts + 1,
            "claims": 0,
        }
        if decided.state == "unknown":
            values["sent_at"] = now
        if isinstance(result, Unknown):
            values["repeat_until"] = result.repeat_until
        other = await self._other_chat(session, claimed, result)
        if other is not None:
            values |= fallback.onward(row, other, decided.reason, now)
        if not await outbox.settle(session, row.id, claimed.worker, **values):
            log.warning("settle refused", lane=self.channel.name, row=row.id)
            return
        if other is not None:
            await fallback.bring_along(session, row, other)
        if decided.not_sent or decided.state == "retry":  # the next try counts it anew
            await count_contacts(session, facts.counted(claimed.case), claimed.counted_on, by=-1)
        if isinstance(result, Unreachable):
            await self._note_address(session, row, result)

    async def _other_chat(self, session: AsyncSession, claimed: Claimed, result: DeliveryError) -> Contact | None:
        """Where a message goes on that this channel may not deliver; None: nowhere."""
        if not isinstance(result, Shut | Unreachable):
            return None
        ways = [way for way in self.office.policy(claimed.case.policy_kind).channels if way in self.office.channels]
        return await fallback.next_chat(session, claimed.case.row, ways)

    def _note(self, result: Receipt | DeliveryError) -> None:
        """What one answer says of the platform, at once: the next request must know."""
        zero = monotonic()
        if not (isinstance(result, TryLater) and result.free):
            self._answered_at = zero
        if isinstance(result, ChannelDown):
            self.breaker.failed(zero, at_once=True)
        elif isinstance(result, TryLater) and result.free:
            if result.lane_wide and result.at is not None:
                wait = max(0.0, (result.at - self.clock.now()).total_seconds())
                self._halted_until = max(self._halted_until, zero + wait)
                self._pacing.halt(self._halted_until)
        elif isinstance(result, TryLater | Unknown):
            self.breaker.failed(zero)
        else:
            self.breaker.worked()  # the platform answered, even if only this address is at fault

    async def _note_address(self, session: AsyncSession, row: Outbox, error: Unreachable) -> None:
        """A blocked chat, a group that is gone, a group that moved to a new id."""
        if error.moved_to is not None:
            await outbox.move_chat(session, row.channel, row.chat, error.moved_to)
        elif error.permanent and row.audience == "private":
            await session.execute(
                update(Contact).where(Contact.channel == row.channel, Contact.chat == row.chat).values(state="blocked")
            )
        elif error.permanent:
            await session.execute(
                update(Group).where(Group.channel == row.channel, Group.chat == row.chat).values(state="removed")
            )

    async def tell_health(self, session: AsyncSession, now: datetime) -> None:
        """Keep the channel's health in the database, where `status` reads it: each change, good news once a minute."""
        healthy = not self.breaker.is_open and (self.channel.health.ok or not self.listens)
        zero = monotonic()
        told, at = self._told or (None, zero)
        if healthy != told or (healthy and zero - at > HEALTH_SECONDS):
            detail = "" if healthy else self.channel.health.detail or "the platform does not answer"
            await note_health(session, self.channel.name, healthy, detail, now)
            self._told = healthy, zero

    async def _finish(self) -> None:
        """Nothing new starts; what is under way ends, what was claimed but not started goes back."""
        while self._ready:
            claimed = self._ready.pop(0)
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
        kind=Kind(row.kind),
        template=row.template,
        fields=json.loads(row.fields),
        key=row.key,
        mentions_all=row.mentions_all,
    )
