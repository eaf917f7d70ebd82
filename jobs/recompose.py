"""Write a reminder's or an agreement's text anew when its figures changed between planning and sending."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.ladder import OpenBill
from domain.large import enlarged
from domain.messages import Kind, OutgoingMessage
from domain.office import Office
from domain.personal import manner_of
from domain.rendering import Addressee, reminder_message
from jobs import offers, plans, promises
from jobs.extras import extras
from models.accounts import Account
from models.bills import Bill, bill_lines
from models.facts import Case
from models.outbox import Outbox
from models.people import Person
from models.reminders import Reminder, ReminderBill


async def recompose(session: AsyncSession, office: Office, case: Case, now: datetime) -> bool:
    """Put today's figures into the row's text, and keep what it now says; False when nothing is left to say."""
    if case.kind is Kind.PROMISE:
        return await _agreed_anew(session, office, case.row)
    if case.kind is Kind.OFFER:
        message = await offers.anew(session, office, case.row)
        if message is not None:
            _put(case.row, message)
        return message is not None
    row = case.row
    now_fen = {bill.bill_id: bill.open_fen for bill in case.facts.bills if bill.held is None and bill.open_fen > 0}
    bills: dict[int, list[OpenBill]] = defaultdict(list)
    billed = {line.bill.id: line.billed_fen for line in await bill_lines(session, case.account_ids)}
    for bill in await session.scalars(select(Bill).where(Bill.id.in_(now_fen)).order_by(Bill.due_on, Bill.id)):
        bills[bill.account_id].append(
            OpenBill(bill.id, bill.item, bill.period, bill.due_on, now_fen[bill.id], billed_fen=billed.get(bill.id, 0))
        )
    accounts = list(await session.scalars(select(Account).where(Account.id.in_(bills)).order_by(Account.id)))
    person = await session.get(Person, row.person_id) if row.person_id else None
    language = (person.language if person else "") or accounts[0].language
    about = next((account for account in accounts if account.id == row.account_id), accounts[0])
    manner = manner_of(office.policy(about.kind).personal, about.traits.split(";"))
    more = await extras(session, office, [account.id for account in accounts], office.today(now), [about.id])
    message = reminder_message(
        office,
        language,
        row.template,
        [Addressee(account.payer_name, account.room, tuple(bills[account.id])) for account in accounts],
        office.today(now),
        extras=more.words([account.id for account in accounts], language),
        personal=more.personal(about.id, bills[about.id], language),
    )
    large = manner.large_type or (person is not None and person.large_type)
    _put(row, enlarged(message) if large else message)
    for bill_id, _ in case.told_fen:
        reminders = select(Reminder.id).where(Reminder.outbox_id == row.id)
        await session.execute(
            update(ReminderBill)
            .where(ReminderBill.bill_id == bill_id, ReminderBill.reminder_id.in_(reminders))
            .values(open_fen=now_fen.get(bill_id, 0))
        )
    return True


async def _agreed_anew(session: AsyncSession, office: Office, row: Outbox) -> bool:
    """The word about a promise or a part of a plan; one that is paid or withdrawn by now is not said."""
    about, _, number = row.source.partition("/")
    if about not in ("promise", "plan") or not number.isdecimal():
        return True
    if about == "promise":
        message = await promises.anew(session, office, int(number))
    else:
        part, moment = int(json.loads(row.fields)["number"]), row.template.partition(".")[2]
        message = await plans.anew(session, office, int(number), part, moment)
    if message is not None:
        _put(row, message)
    return message is not None


def _put(row: Outbox, message: OutgoingMessage) -> None:
    row.text, row.fields = message.text, json.dumps(dict(message.fields), ensure_ascii=False)
