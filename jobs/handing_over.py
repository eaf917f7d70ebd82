"""Messages that only a colleague can send to residents become tasks on the platform: one task for the same words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.confirmations import LIFE, Confirming, Created, Stage, with_links
from domain.errors import DeliveryError, Rejected, Shut, TryLater, Unknown
from domain.gate import Cancel, gate
from domain.ladder import Reason
from domain.messages import Address, Audience, Kind, OutgoingMessage
from domain.office import Office
from models import confirmations, facts
from models.base import Database, chunks
from models.confirmations import Confirmation, not_sent
from models.outbox import Context, Outbox, State
from models.posting import post

log = structlog.get_logger(__name__)
ROWS_AT_ONCE = 500
FULL = "quota_gone"
BEIJING = timezone(timedelta(hours=8))  # the platform's days
WORDS_SHOWN = 40
Batch = tuple[str, str, bool, datetime]  # what a task has in common: colleague, words, private or not, end


def turn_of(platform: Confirming) -> str:
    return f"confirmations/{platform.name}"


async def run(database: Database, office: Office, platform: Confirming, now: datetime) -> int:
    """Ask the platform for the tasks of all messages that wait for one; returns how many were made.

    Messages of the same words to chats of the same colleague share a task: one tap sends them all.
    """
    made = 0
    async with platform.turn, database.alone(turn_of(platform)) as check:
        if check is None:
            return 0
        await _give_up_lost(database, platform, now)
        async with database.write() as session:
            rows = await _within_caps(session, office, platform, now)
        try:
            confirmers = await _confirmers(database, office, platform, rows, now)
            for (confirmer, text, _, expires_at), batch in _batches(rows, confirmers, now).items():
                for some in chunks(batch, platform.chats_at_once):
                    made += await _make(database, office, platform, confirmer, text, some, now, expires_at)
        except TryLater as later:
            log.info("tasks wait", channel=platform.name, detail=later.detail)
    return made


async def _give_up_lost(database: Database, platform: Confirming, now: datetime) -> None:
    """Who asked for these tasks never heard the answer: nobody here knows whether they exist."""
    async with database.write() as session:
        for task in await confirmations.in_creation(session, platform.name):
            await _lose(session, task, now)


async def _lose(session: AsyncSession, task: Confirmation, now: datetime) -> None:
    task.state, task.closed_at = Stage.LOST, now
    for row in await confirmations.rows_of(session, task.id):
        row.state, row.reason, row.sent_at = State.UNKNOWN, "in_doubt", now


async def _within_caps(session: AsyncSession, office: Office, platform: Confirming, now: datetime) -> list[Outbox]:
    """The messages that may go into a task today. What the platform's caps forbid waits for the next day or month."""
    rows = await _still_wanted(session, office, platform, now)
    if not rows:
        return []
    today = now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    chats = {row.chat for row in rows}
    in_day = Counter(await confirmations.taken_up(session, platform.name, chats, today))
    in_month = Counter(await confirmations.taken_up(session, platform.name, chats, month))
    kept = []
    for row in rows:
        full = in_month[row.chat] >= platform.per_month
        if row.part_of is None and (full or in_day[row.chat] >= platform.per_day):
            until = (month + timedelta(days=32)).replace(day=1) if full else today + timedelta(days=1)
            await not_sent(session, office, row, State.RETRY, FULL, now)
            row.not_before = until
            continue
        if row.part_of is None:
            in_day[row.chat] += 1
            in_month[row.chat] += 1
        kept.append(row)
    return kept


async def _still_wanted(session: AsyncSession, office: Office, platform: Confirming, now: datetime) -> list[Outbox]:
    """The messages that no task holds yet, without those that nobody wants any more."""
    wanted = []
    rows = await confirmations.without_task(session, platform.name, ROWS_AT_ONCE)
    for case in await facts.cases(session, office, rows, now):
        verdict = gate(case.kind, case.facts, office.policy(case.policy_kind), office.zone, now)
        if isinstance(verdict, Cancel) and verdict.reason != Reason.CAP:
            await not_sent(session, office, case.row, State.CANCELLED, str(verdict.reason), now)
        else:
            wanted.append(case.row)
    return wanted


async def _confirmers(
    database: Database, office: Office, platform: Confirming, rows: Sequence[Outbox], now: datetime
) -> dict[str, str]:
    """Who has to confirm, by chat. Messages to a chat that nobody can confirm end here."""
    found: dict[str, str] = {}
    for chat in dict.fromkeys(row.chat for row in rows):
        try:
            found[chat] = await platform.confirmer_of(chat)
        except (TryLater, Unknown):
            raise TryLater("the platform doesn't say who confirms") from None
        except DeliveryError as refused:
            async with database.write() as session:
                for row in rows:
                    if row.chat == chat:
                        await not_sent(session, office, await _own(session, row), State.DEAD, _reason(refused), now)
    return found


async def _own(session: AsyncSession, row: Outbox) -> Outbox:
    return await session.get_one(Outbox, row.id)


def _batches(rows: Sequence[Outbox], confirmers: Mapping[str, str], now: datetime) -> dict[Batch, list[Outbox]]:
    """What can share a task: the same words, colleague and end, and no second message to one chat."""
    batches: dict[Batch, list[Outbox]] = {}
    for row in rows:
        if row.chat not in confirmers:
            continue
        choices = [choice for line in json.loads(row.choices) for choice in line]
        links = [(choice["label"], choice["url"]) for choice in choices if "url" in choice]
        end = min(row.expires_at or now + LIFE, now + LIFE)
        batch = batches.setdefault(
            (confirmers[row.chat], with_links(row.text, links), row.audience == Audience.PRIVATE, end), []
        )
        if all(other.chat != row.chat for other in batch):
            batch.append(row)
    return batches


async def _make(
    database: Database,
    office: Office,
    platform: Confirming,
    confirmer: str,
    text: str,
    rows: Sequence[Outbox],
    now: datetime,
    expires_at: datetime,
) -> int:
    """One task: noted first, then asked for, then written down. Raises TryLater when the platform made none and may later."""
    async with database.write() as session:
        ids = [row.id for row in rows]
        task_id = (await confirmations.begin(session, platform.name, confirmer, ids, now, expires_at)).id
    answer: Created | DeliveryError
    try:
        answer = await platform.create([row.chat for row in rows], confirmer, text)
    except DeliveryError as wrong:
        answer = wrong
    async with database.write() as session:
        task = await session.get_one(Confirmation, task_id)
        if isinstance(answer, Unknown):
            await _lose(session, task, now)
        elif isinstance(answer, TryLater):
            await confirmations.let_go(session, task)
        elif isinstance(answer, DeliveryError):
            task.state, task.closed_at = Stage.CANCELLED, now
            for row in await confirmations.rows_of(session, task.id):
                await not_sent(session, office, row, State.DEAD, _reason(answer), now)
        else:
            await _made(session, office, task, answer, rows[0], now)
    if isinstance(answer, TryLater):
        raise answer
    return int(isinstance(answer, Created))


async def _made(
    session: AsyncSession, office: Office, task: Confirmation, created: Created, sample: Outbox, now: datetime
) -> None:
    task.message_id, task.state = created.message_id, Stage.WAITING
    for row in await confirmations.rows_of(session, task.id):
        if row.chat in created.refused:
            await not_sent(session, office, row, State.DEAD, "unreachable", now)
        else:
            row.message_id = created.message_id
    if task.confirmer:
        await ask(session, office, task, {task.confirmer: task.chats}, sample, now)


def _reason(error: DeliveryError) -> str:
    if isinstance(error, Shut):
        return error.why
    return "rejected" if isinstance(error, Rejected) else "unreachable"


async def ask(
    session: AsyncSession,
    office: Office,
    task: Confirmation,
    confirmers: Mapping[str, int],
    sample: Outbox,
    now: datetime,
) -> None:
    """A word to each colleague whose tap is missing. What is written to one household is not repeated in it."""
    private = sample.audience == Audience.PRIVATE
    name = "confirm.customers" if private else "confirm.groups"
    for confirmer, number in confirmers.items():
        fields = {"number": str(number), "text": "" if private else sample.text[:WORDS_SHOWN]}
        text = office.wording.text(name, office.language, fields)
        await post(
            session,
            Address(task.channel, confirmer),
            OutgoingMessage(name, text, fields, audience=Audience.STAFF, kind=Kind.STAFF_CARD),
            key=keys.confirm(task.id, task.reminders, confirmer),
            now=now,
            context=Context(source=f"confirmation/{task.id}", reason="confirm"),
            expires_at=task.expires_at,
        )
