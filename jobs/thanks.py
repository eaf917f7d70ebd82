"""Thank those who paid, once per payment, outside the quiet hours."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select

from domain import keys
from domain.large import enlarged
from domain.messages import Address, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.wording import salutation, short_room
from models import outbox
from models.accounts import Account
from models.base import Database
from models.bills import Payment, bill_lines
from models.people import Person, payer_contacts
from models.posting import post

AT_ONCE = 50
DUE = (
    select(Payment.id)
    .where(Payment.thanked.is_(False), Payment.reversed_at.is_(None))
    .order_by(Payment.id)
    .limit(AT_ONCE)
)
THESE = (
    select(Payment, Account)
    .join(Account, Account.id == Payment.account_id)
    .where(Payment.id.in_(bindparam("due", expanding=True)))
    .order_by(Payment.id)
)


async def run(database: Database, office: Office, now: datetime) -> int:
    """Write a thank-you for each payment that has none yet; returns how many."""
    written = 0
    while True:
        async with database.read() as session:
            due = list(await session.scalars(DUE))
        if not due:
            return written
        async with database.write() as session:
            for payment, account in (await session.execute(THESE, {"due": due})).all():
                payment.thanked = True
                contact = next(
                    (c for c in await payer_contacts(session, account.id) if c.channel in office.channels), None
                )
                if contact is None:
                    continue
                person = await session.get_one(Person, contact.person_id)
                lines = await bill_lines(session, [account.id], only_open=True)
                message = _thanks(office, account, person, payment.amount_fen, sum(line.open_fen for line in lines))
                await post(
                    session,
                    Address(contact.channel, contact.chat),
                    message,
                    key=keys.receipt(payment.id),
                    now=now,
                    context=outbox.Context(contact.person_id, account.id, source=f"payment/{payment.id}"),
                )
                written += 1


def _thanks(office: Office, account: Account, person: Person, paid_fen: int, open_fen: int) -> OutgoingMessage:
    language, words = person.language or account.language, office.wording
    rest = (
        words.text("receipt.still_open", language, {"open": yuan(open_fen)})
        if open_fen
        else words.text("receipt.all_paid", language)
    )
    fields = {
        "who": salutation(account.payer_name, language),
        "room": short_room(account.room),
        "amount": yuan(paid_fen),
        "rest": rest,
    }
    text = words.text("receipt.thanks", language, fields)
    message = OutgoingMessage("receipt.thanks", text, fields, kind=Kind.RECEIPT)
    return enlarged(message) if person.large_type else message
