"""The morning's digest: to each colleague what waits for them, to managers also how yesterday went. Once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.clock import at_local
from domain.messages import Address, Audience, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.roles import Right, Role, may
from domain.wording import day_words
from models.base import Database
from models.mornings import collected, promises_due, was_said
from models.outbox import Context, State
from models.posting import post
from models.queue import count_tasks
from models.runtime import kill_switch
from models.staff import Staff, people_waiting, staff_for
from models.status import board, late_plans, messages

LATE = timedelta(hours=4)  # after a standstill: later in the day it is no morning's list any more
CODES_SHOWN = 8


async def run(database: Database, office: Office, now: datetime) -> int:
    """Write the digests that are due; returns how many. A key per colleague and day refuses a second one."""
    today = office.today(now)
    begins = at_local(today, office.desk.digest_at, office.zone)
    if not office.desk.works_on(today) or not begins <= now < begins + LATE:
        return 0
    async with database.read() as session:
        waiting = [
            member
            for member in await staff_for(session, None)
            if may(Role(member.role), Right.TASKS)
            and member.channel in office.channels
            and not await was_said(session, keys.digest(member.id, today))
        ]
        texts = [(member, await _text(session, office, member, now)) for member in waiting]
    for member, text in texts:
        async with database.write() as session:
            button = Choice(office.wording.text("button.desk_tasks", office.language), "desk.tasks", reusable=True)
            message = OutgoingMessage(
                "digest", text, choices=((button,),), audience=Audience.STAFF, kind=Kind.STAFF_CARD
            )
            to = Address(member.channel, member.chat)
            key = keys.digest(member.id, today)
            await post(session, to, message, key=key, now=now, context=Context(reason="digest"))
    return len(texts)


async def _text(session: AsyncSession, office: Office, member: Staff, now: datetime) -> str:
    """Only what says something; of the member's own communities only."""
    lines = [*await _work(session, office, member, now)]
    if may(Role(member.role), Right.APPROVE):
        lines += await _yesterday(session, office, member, now)
    hello = _say(office, "hello", name=member.name, day=day_words(office.today(now), office.language))
    rest = [f"· {line}" for line in lines] or [_say(office, "quiet")]
    return "\n".join([hello, *rest])


async def _work(session: AsyncSession, office: Office, member: Staff, now: datetime) -> list[str]:
    """What is in hand, what nobody has taken, who waits, what was promised for today."""
    today, where = office.today(now), member.community_id
    day_ends = at_local(today + timedelta(days=1), time(), office.zone)
    counts = await count_tasks(session, member, now, day_ends)
    people, asked_at = await people_waiting(session, where)
    promises, plans = await promises_due(session, where, today), await late_plans(session, today, where)
    lines = []
    if counts.mine:
        figures = {"number": str(counts.mine), "today": str(counts.mine_today), "late": str(counts.mine_late)}
        lines.append(_say(office, "mine", **figures))
    if counts.nobodys:
        lines.append(_say(office, "open", number=str(counts.nobodys)))
    if counts.untouched:
        lines.append(_say(office, "untouched", number=str(counts.untouched)))
    if people and asked_at is not None:
        lines.append(
            _say(office, "people", number=str(people), wait=office.wording.span(now - asked_at, office.language))
        )
    if promises:
        lines.append(_say(office, "promises", codes=_codes(office, promises)))
    if plans:
        lines.append(_say(office, "plans", codes=_codes(office, plans)))
    return lines


async def _yesterday(session: AsyncSession, office: Office, member: Staff, now: datetime) -> list[str]:
    """What came in, what is open, what failed; and that reminders are still paused."""
    today, where = office.today(now), member.community_id
    day = today - timedelta(days=1)
    fen, payments = await collected(session, where, day)
    figures = await board(session, now, office.zone, community_id=where)
    _, failed, states = await messages(
        session, at_local(day, time(), office.zone), at_local(today, time(), office.zone), where
    )
    switch, unknown = await kill_switch(session, now), states.get(State.UNKNOWN, 0)
    money = {"day": day_words(day, office.language), "received": yuan(fen), "payments": str(payments)}
    lines = [
        _say(office, "manager", **money),
        _say(office, "books", open=yuan(figures.open_fen), rate=f"{figures.rate * 100:.1f}%"),
    ]
    if failed or unknown:
        lines.append(_say(office, "failures", failed=str(failed), unknown=str(unknown)))
    if switch is not None:
        lines.append(_say(office, "paused", reason=switch.reason or "—"))
    return lines


def _say(office: Office, line: str, /, **fields: str) -> str:
    return office.wording.text(f"digest.{line}", office.language, fields)


def _codes(office: Office, codes: Sequence[str]) -> str:
    comma = office.wording.text("list.comma", office.language)
    more = [_say(office, "more", number=str(len(codes) - CODES_SHOWN))] if len(codes) > CODES_SHOWN else []
    return comma.join([*codes[:CODES_SHOWN], *more])
