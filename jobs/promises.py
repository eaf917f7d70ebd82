"""Promises: on their day a gentle word, kept ones closed, broken ones to a person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.ladder import Reason
from domain.messages import OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.wording import day_words
from jobs.agreed import OTHER_DAY, Agreed, Word, close, hand_over, look_at, say, worded
from models.accounts import Account
from models.agreements import Promise, promised_open_fen
from models.base import Database
from models.people import Person

TEMPLATE = "promise.today"


async def run(database: Database, office: Office, now: datetime) -> dict[str, int]:
    """Look at every open promise; returns how many were reminded of, kept and broken."""

    async def look(session: AsyncSession, promise: Agreed) -> str:
        assert isinstance(promise, Promise)
        return await _look(session, office, promise, office.today(now), now)

    return {"reminded": 0, "kept": 0, "broken": 0} | await look_at(database, Promise, "open", look)


async def _look(session: AsyncSession, office: Office, promise: Promise, today: date, now: datetime) -> str:
    source = f"promise/{promise.id}"
    account = await session.get_one(Account, promise.account_id)
    open_fen = await promised_open_fen(session, promise)
    if open_fen == 0:
        await close(session, promise, "kept", source, now)
        return "kept"
    if promise.due_on < today:
        await close(session, promise, "broken", source, now)
        fields = {"due": day_words(promise.due_on, office.language), "total": yuan(open_fen)}
        summary = office.wording.text("task.promise_broken", office.language, fields)
        key = keys.task("promise", str(promise.id))
        await hand_over(session, office, account, "promise", key, summary, source, now)
        return "broken"
    person = await session.get(Person, promise.person_id) if promise.due_on == today and promise.person_id else None
    if person is None:
        return ""
    word = Word(
        worded_now(office, account, person, promise, open_fen),
        keys.promise_day(promise.id),
        source,
        "promise",
        Reason.PROMISED,
        promise.due_on,
        promise.due_on,
    )
    return "reminded" if await say(session, office, account, person, word, now) else ""


def worded_now(office: Office, account: Account, person: Person, promise: Promise, open_fen: int) -> OutgoingMessage:
    def fields(language: str) -> dict[str, str]:
        return {"due": day_words(promise.due_on, language), "total": yuan(open_fen)}

    return worded(office, account, person, TEMPLATE, fields, OTHER_DAY)


async def anew(session: AsyncSession, office: Office, promise_id: int) -> OutgoingMessage | None:
    """The word with the figures of this moment; None when nothing is left to say."""
    promise = await session.get(Promise, promise_id)
    person = await session.get(Person, promise.person_id) if promise is not None and promise.person_id else None
    if promise is None or person is None or promise.state != "open":
        return None
    open_fen = await promised_open_fen(session, promise)
    account = await session.get_one(Account, promise.account_id)
    return worded_now(office, account, person, promise, open_fen) if open_fen else None
