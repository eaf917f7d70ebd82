"""Letters that are needless now: their household has paid, or their preview is too old. Nobody is sent what is not so any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.messages import Address, Audience, Kind, OutgoingMessage
from domain.notice import number_words
from domain.office import Office
from models.base import Database
from models.letters import Letter, Stage, needless_letters, paid_letters, take
from models.outbox import Context
from models.posting import post
from models.staff import Staff, close_task

DRAFT_LIFE = timedelta(hours=72)


async def run(database: Database, office: Office, now: datetime) -> int:
    """End them, tell the writer of a printed one; returns how many. Follow-ups of paid letters are done, too."""
    async with database.read() as session:
        stale = await needless_letters(session, now - DRAFT_LIFE)
        paid = await paid_letters(session)
    for letter_id, reason in stale:
        async with database.write() as session:
            await _end(session, office, letter_id, reason, now)
    for letter_id in paid:
        async with database.write() as session:
            await close_task(session, f"letter/{letter_id}", now, staff_id=None, outcome="solved")
    return len(stale) + len(paid)


async def _end(session: AsyncSession, office: Office, letter_id: int, reason: str, now: datetime) -> None:
    letter = await session.get_one(Letter, letter_id)
    was = Stage(letter.state)
    if was not in (Stage.DRAFT, Stage.ASKED, Stage.ISSUED) or not await take(session, letter_id, was, Stage.VOID):
        return
    letter.reason = reason
    await close_task(session, f"letter/{letter_id}", now, staff_id=None, outcome="solved")
    writer = await session.get(Staff, letter.staff_id) if letter.staff_id else None
    if was is not Stage.ISSUED or writer is None or not writer.active or not writer.chat:
        return
    assert letter.year is not None
    assert letter.number is not None
    fields = {"number": number_words(office.wording, office.language, letter.year, letter.number)}
    text = office.wording.text("letter.paid_meanwhile", office.language, fields)
    message = OutgoingMessage("letter.paid_meanwhile", text, fields, audience=Audience.STAFF, kind=Kind.STAFF_CARD)
    to = Address(writer.channel, writer.chat)
    await post(session, to, message, key=keys.letter_void(letter_id), now=now, context=Context(reason="letter"))
