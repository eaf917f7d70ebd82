"""Tasks that a colleague confirms on the platform: make them, ask how far they are, remind, end what is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.confirmations import Confirming, Fate, Result, Stage, ended, fate_of, look_at, reminders_due
from domain.errors import DeliveryError, Rejected
from domain.gate import EXPIRED, Cancel, Hours, gate, opening
from domain.ladder import Reason
from domain.messages import Audience, Kind
from domain.office import Office
from jobs import handing_over
from jobs.handing_over import FULL, ask, turn_of
from models import confirmations, facts
from models.base import Database
from models.confirmations import Confirmation, not_sent
from models.outbox import Outbox, State
from models.people import Contact

log = structlog.get_logger(__name__)
NOT_CONFIRMED, CHANGED = "not_confirmed", "figures_changed"

Platforms = Mapping[str, Confirming]
NONE: Platforms = MappingProxyType({})
Why = tuple[State, str]  # what becomes of a message that nobody confirms any more


async def run(database: Database, office: Office, now: datetime, platforms: Platforms = NONE) -> dict[str, int]:
    """One pass; returns how many tasks were made, and how many are over."""
    counts = Counter({"made": 0, "over": 0})
    for platform in platforms.values():
        counts["made"] += await handing_over.run(database, office, platform, now)
        async with database.read() as session:
            tasks = await confirmations.open_tasks(session, platform.name)
        async with platform.turn, database.alone(turn_of(platform)) as check:
            for task_id in tasks if check is not None else ():
                try:
                    counts["over"] += await _look_after(database, office, platform, task_id, now)
                except DeliveryError as later:
                    log.info("task not looked at", channel=platform.name, task=task_id, error=type(later).__name__)
    return dict(counts)


async def _look_after(database: Database, office: Office, platform: Confirming, task_id: int, now: datetime) -> bool:
    """Ask the platform how far a task is, and settle its messages; True when it is over. Raises DeliveryError."""
    async with database.read() as session:
        task = await session.get_one(Confirmation, task_id)
        rows = await confirmations.rows_of(session, task_id)
        why = (State.DEAD, NOT_CONFIRMED) if now >= task.expires_at else await _unwanted(session, office, rows, now)
    if why is not None:
        await platform.cancel(task.message_id)
    elif not look_at(task.created_at, task.checked_at, now):
        return False
    results = await _results(platform, task)
    reminders = reminders_due(task.created_at, now) if _awake(office, now) else 0
    if why is None and reminders > task.reminders and any(each.fate is Fate.WAITING for each in results):
        await _remind(platform, task)
    async with database.write() as session:
        return await _settle(session, office, task_id, results, why, reminders, now)


async def _results(platform: Confirming, task: Confirmation) -> Sequence[Result]:
    """Nothing of a task that the platform has forgotten: its time runs out here."""
    try:
        return await platform.results(task.message_id)
    except Rejected as refused:
        log.warning("task unknown", channel=platform.name, task=task.id, detail=refused.detail)
        return ()


async def _unwanted(session: AsyncSession, office: Office, rows: Sequence[Outbox], now: datetime) -> Why | None:
    """Why none of the messages that still wait may go out any more, as the gate sees it now; None: some may.

    That a message itself was counted is no reason; holds are none either, the colleague is asked at daytime.
    """
    waiting = [row for row in rows if row.state == State.WAITING_FOR_STAFF]
    why: Why | None = None
    for case in await facts.cases(session, office, waiting, now):
        verdict = gate(case.kind, case.facts, office.policy(case.policy_kind), office.zone, now)
        if isinstance(verdict, Cancel) and verdict.reason not in (Reason.CAP, EXPIRED):
            why = (State.CANCELLED, str(verdict.reason))
        elif case.kind is Kind.REMINDER and case.figures_changed:
            why = (State.RETRY, CHANGED)  # it goes out anew, with the right figures
        else:
            return None
    return why


def _awake(office: Office, now: datetime) -> bool:
    return opening(Hours.WINDOW, office.policy(office.kind), office.zone, now) is None


async def _remind(platform: Confirming, task: Confirmation) -> None:
    """By the platform itself; our own word goes out in any case."""
    try:
        await platform.remind(task.message_id)
    except DeliveryError as refused:
        log.info("not reminded", channel=platform.name, task=task.id, detail=refused.detail)


async def _settle(
    session: AsyncSession,
    office: Office,
    task_id: int,
    results: Sequence[Result],
    why: Why | None,
    reminders: int,
    now: datetime,
) -> bool:
    """Write down what became of each chat. `why`: the task is over, what nobody confirmed ends so."""
    task = await session.get_one(Confirmation, task_id)
    task.checked_at = now
    rows = await confirmations.rows_of(session, task_id)
    for row in (each for each in rows if each.state == State.WAITING_FOR_STAFF):
        await _settle_row(session, office, row, task, fate_of(results, row.chat), why, now)
    sent = sum(row.state == State.SENT for row in rows)
    waiting = [row for row in rows if row.state == State.WAITING_FOR_STAFF]
    task.state = ended(sent, len(waiting), task.chats)
    if why is not None and not sent and why[1] != NOT_CONFIRMED:
        task.state = Stage.CANCELLED
    if not waiting:
        task.closed_at = now
        return True
    if reminders > task.reminders:
        task.reminders = reminders
        still = [each for each in results if each.fate is Fate.WAITING and each.confirmer]
        await ask(session, office, task, Counter(each.confirmer for each in still), waiting[0], now)
    return False


async def _settle_row(
    session: AsyncSession,
    office: Office,
    row: Outbox,
    task: Confirmation,
    told: tuple[Fate, datetime | None],
    why: Why | None,
    now: datetime,
) -> None:
    fate, at = told
    if fate is Fate.SENT:
        row.state, row.reason, row.message_id = State.SENT, "confirmed", task.message_id
        row.sent_at, row.delivered_at = at or now, at or now
    elif fate is Fate.LEFT:
        if row.audience == Audience.PRIVATE:
            mine = (Contact.channel == row.channel, Contact.chat == row.chat)
            await session.execute(update(Contact).where(*mine).values(state="blocked"))
        await not_sent(session, office, row, State.DEAD, "unreachable", now)
    elif fate is Fate.FULL:
        await not_sent(session, office, row, State.DEAD, FULL, now)
    elif why is not None:
        await not_sent(session, office, row, *why, now)
