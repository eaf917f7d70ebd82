"""Write a reminder's text anew when its figures changed between planning and sending."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.ladder import OpenBill
from domain.office import Office
from domain.rendering import Addressee, reminder_message
from models.accounts import Account
from models.bills import Bill
from models.facts import Case
from models.people import Person
from models.reminders import Reminder, ReminderBill


async def recompose(session: AsyncSession, office: Office, case: Case, now: datetime) -> None:
    """Put today's figures into the row's text, and keep what it now says."""
    row = case.row
    now_fen = {bill.bill_id: bill.open_fen for bill in case.facts.bills if bill.held is None and bill.open_fen > 0}
    bills: dict[int, list[OpenBill]] = defaultdict(list)
    for bill in await session.scalars(select(Bill).where(Bill.id.in_(now_fen)).order_by(Bill.due_on, Bill.id)):
        bills[bill.account_id].append(OpenBill(bill.id, bill.item, bill.period, bill.due_on, now_fen[bill.id]))
    accounts = list(await session.scalars(select(Account).where(Account.id.in_(bills)).order_by(Account.id)))
    person = await session.get(Person, row.person_id) if row.person_id else None
    message = reminder_message(
        office,
        (person.language if person else "") or accounts[0].language,
        row.template,
        [Addressee(account.payer_name, account.room, tuple(bills[account.id])) for account in accounts],
        office.today(now),
    )
    row.text, row.fields = message.text, json.dumps(dict(message.fields), ensure_ascii=False)
    for bill_id, _ in case.told_fen:
        reminders = select(Reminder.id).where(Reminder.outbox_id == row.id)
        await session.execute(
            update(ReminderBill)
            .where(ReminderBill.bill_id == bill_id, ReminderBill.reminder_id.in_(reminders))
            .values(open_fen=now_fen.get(bill_id, 0))
        )
