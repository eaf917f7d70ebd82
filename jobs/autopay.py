"""The day before an automatic debit: say how much will be taken, so that nobody is surprised."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import keys
from domain.clock import at_local
from domain.large import enlarged
from domain.messages import Address, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.wording import day_words, salutation, short_room
from models.accounts import Account
from models.base import Database, chunks
from models.mandates import charges_on
from models.outbox import Context
from models.people import Person, payer_contacts
from models.posting import post

AT_ONCE = 100


async def run(database: Database, office: Office, now: datetime) -> int:
    """Write the notices of tomorrow's debits, each once; how many households were told of."""
    day = office.today(now) + timedelta(days=1)
    async with database.read() as session:
        charges = await charges_on(session, day)
    told = 0
    for some in chunks(charges, AT_ONCE):
        async with database.write() as session:
            for charge in some:
                account = await session.get_one(Account, charge.account_id)
                contacts = await payer_contacts(session, account.id)
                contact = next((each for each in contacts if each.channel in office.channels), None)
                if contact is None:
                    continue
                person = await session.get_one(Person, contact.person_id)
                language = person.language or account.language
                fields = {
                    "who": salutation(account.payer_name, language),
                    "room": short_room(account.room),
                    "day": day_words(day, language),
                    "amount": yuan(charge.fen),
                    "office": office.name,
                }
                text = office.wording.text("autopay_notice.tomorrow", language, fields)
                message = OutgoingMessage("autopay_notice.tomorrow", text, fields, kind=Kind.SERVICE)
                posted = await post(
                    session,
                    Address(contact.channel, contact.chat),
                    enlarged(message) if person.large_type else message,
                    key=keys.autopay(account.id, day),
                    now=now,
                    context=Context(person.id, account.id, source=f"autopay/{day.isoformat()}"),
                    button_user=contact.user,
                    expires_at=at_local(day, office.policy(account.kind).window_from, office.zone),
                )
                told += posted.first_id is not None
    return told
