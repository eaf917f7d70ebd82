"""Ask how it was: after a complaint or a repair was answered, and twice a year; under the caps of any unasked message."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import at_local
from domain.large import enlarged
from domain.messages import Address, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.wording import salutation
from models.accounts import Account
from models.base import Database
from models.outbox import Context
from models.people import Person, contacts_of
from models.posting import post
from models.surveys import COMPLAINT, HALF, Survey, complaints_to_ask_about, payers_to_ask

AT_ONCE = 50
HALF_MONTHS, HALF_DAYS = (6, 12), range(10, 21)  # the days of June and December on which half a year is looked back on
A_DAY_MAX = 200  # of the half-yearly ones: answers can be read, and a large estate isn't asked at a stroke
DAYS_OPEN = 14


async def run(database: Database, office: Office, now: datetime) -> int:
    """Write the questions that are due; returns how many."""
    today, asked = office.today(now), 0
    async with database.write() as session:
        for complaint in await complaints_to_ask_about(session, now, AT_ONCE):
            key = f"complaint/{complaint.id}"
            asked += await _ask(session, office, COMPLAINT, key, complaint.account_id, complaint.person_id or 0, now)
    if today.month in HALF_MONTHS and today.day in HALF_DAYS:
        async with database.read() as session:
            due = await payers_to_ask(session, now, A_DAY_MAX)
        for n in range(0, len(due), AT_ONCE):
            async with database.write() as session:
                for account_id, person_id in due[n : n + AT_ONCE]:
                    key = f"half/{account_id}/{today.year}-{today.month}"
                    asked += await _ask(session, office, HALF, key, account_id, person_id, now)
    return asked


async def _ask(
    session: AsyncSession, office: Office, cause: str, key: str, account_id: int, person_id: int, now: datetime
) -> int:
    account = await session.get_one(Account, account_id)
    person = await session.get_one(Person, person_id)
    contact = next((each for each in await contacts_of(session, person_id) if each.channel in office.channels), None)
    survey = Survey(key=key, cause=cause, account_id=account_id, person_id=person_id, asked_at=now)
    session.add(survey)
    await session.flush()
    if contact is None or person.stopped_at is not None or account.erased_at is not None:
        return 0  # noted as asked, so that it isn't looked at every time
    language, text = person.language or account.language, office.wording.text
    fields = {"who": salutation(account.payer_name, language), "office": office.name}
    stars = [
        Choice(text(f"button.stars_{n}", language), "survey.stars", {"survey": str(survey.id), "stars": str(n)})
        for n in range(5, 0, -1)
    ]
    template = f"survey.ask_{cause}"
    words = text(template, language, {each: fields[each] for each in fields if each == "who" or cause == HALF})
    rows = (tuple(stars[:2]), tuple(stars[2:3]), tuple(stars[3:]))
    message = OutgoingMessage(template, words, fields, rows, kind=Kind.BROADCAST, about=account_id)
    await post(
        session,
        Address(contact.channel, contact.chat),
        enlarged(message) if person.large_type else message,
        key=f"survey/{survey.id}",
        now=now,
        context=Context(person_id, account_id, source=f"survey/{survey.id}"),
        button_user=contact.user,
        expires_at=at_local(
            office.today(now) + timedelta(days=DAYS_OPEN), office.policy(account.kind).window_from, office.zone
        ),
    )
    return 1
