"""The SMS list: for households that no channel reaches, short texts for the office's own SMS tool; counted once they went out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands.context import CommandError, Desk
from bot.content import load_office
from bot.settings import enabled_channels
from bot.spreadsheet import write_csv, write_xlsx
from domain.ladder import Reason, Remind, Wait, decide
from domain.lint import lint
from domain.messages import Address, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.wording import salutation, short_room
from models import outbox
from models.accounts import Account
from models.base import chunks
from models.outbox import State
from models.reminders import Reminder, ReminderBill, count_contacts
from models.sms import SENT, SMS, UNDONE, SmsItem, SmsRun, close_run, items_of, listed_accounts, phones
from models.staff import audit
from models.standing import Household
from models.verdicts import Verdict, decide_all

AT_ONCE = 100


async def make_list(desk: Desk, out: Path, on: date) -> tuple[int, int, int]:
    """Write the list; its number, how many are on it, how many had to be left out by the lint. Nothing is sent or counted.

    Raises CommandError: a text can't be linted clean for anybody, or nobody is to be written to.
    """
    office = load_office(desk.settings, enabled_channels(desk.settings))
    async with desk.database.read() as session:
        taken = await listed_accounts(session, desk.now)
        waiting = [
            verdict
            for verdict in await decide_all(session, office, on, desk.now)
            if isinstance(verdict.decision, Wait) and verdict.decision.reason is Reason.NO_CHANNEL
        ]
        known = await phones(session, [each.account_id for each in waiting])
    wanted, left_out = [], 0
    for verdict in waiting:
        if verdict.account_id in taken or verdict.account_id not in known:
            continue
        decided = decide(verdict.policy, replace(verdict.household.standing, channel=SMS), on)
        if not isinstance(decided, Remind):
            continue
        again = replace(verdict, decision=decided)
        text = _text(office, again.household, decided)
        if lint(text):
            left_out += 1
            continue
        wanted.append((again, text))
    if not wanted:
        raise CommandError("nobody is to be written to by SMS: all are reached otherwise, have no phone, or wait")
    run_id = await _keep(desk, wanted, on)
    rows: list[tuple[str, str, str]] = [("phone", "text", "account")]
    rows += [(known[v.account_id], text, v.household.standing.code) for v, text in wanted]
    if out.suffix.lower() == ".xlsx":
        write_xlsx(out, {"sms": rows})
    else:
        write_csv(out, rows)
    return run_id, len(wanted), left_out


def _text(office: Office, household: Household, decided: Remind) -> str:
    """Short, with who writes, what, how to ask and how to stop; nothing that a wrong reader could use."""
    fields = {
        "office": office.name,
        "hotline": office.hotline,
        "who": salutation(household.payer_name, household.language),
        "room": short_room(household.room),
        "total": yuan(sum(bill.open_fen for bill in decided.bills)),
        "number": str(len(decided.bills)),
    }
    return office.wording.text("sms.reminder", household.language, fields)


async def _keep(desk: Desk, wanted: list[tuple[Verdict, str]], on: date) -> int:
    async with desk.database.write() as session:
        run = SmsRun(on_date=on, number=len(wanted), made_by=desk.actor, made_at=desk.now)
        session.add(run)
        await session.flush()
        run_id = run.id
        await audit(session, desk.actor, "sms.listed", f"sms/{run_id}", desk.now, {"number": len(wanted)})
    for some in chunks(wanted, AT_ONCE):
        async with desk.database.write() as session:
            await session.execute(
                insert(SmsItem),
                [
                    {
                        "run_id": run_id,
                        "account_id": verdict.account_id,
                        "key": verdict.key,
                        "anchor_bill_id": verdict.done.anchor.id,
                        "stage": verdict.done.stage.name,
                        "policy_hash": verdict.policy.hash,
                        "bills": json.dumps([[b.id, b.open_fen, verdict.lag(b, on)] for b in verdict.done.bills]),
                        "text": text,
                    }
                    for verdict, text in some
                ],
            )
    return run_id


async def undo(desk: Desk, run_id: int) -> int:
    """The list was not used: its households may stand on the next one. Raises CommandError: it was closed before."""
    async with desk.database.write() as session:
        run = await close_run(session, run_id, UNDONE, desk.actor, desk.now)
        if run is None:
            raise CommandError(f"list {run_id}: there is none like that which is still open")
        await audit(session, desk.actor, "sms.undone", f"sms/{run_id}", desk.now)
        return run.number


async def sent(desk: Desk, run_id: int) -> int:
    """Staff say that it went out: each text is a row of the log, counts toward the caps, and its stage is done.

    Raises CommandError: it was closed before. One that was reminded otherwise meanwhile is not counted twice.
    """
    async with desk.database.write() as session:
        run = await close_run(session, run_id, SENT, desk.actor, desk.now)
        if run is None:
            raise CommandError(f"list {run_id}: there is none like that which is still open")
        items = await items_of(session, run_id)
        await audit(session, desk.actor, "sms.sent", f"sms/{run_id}", desk.now, {"number": len(items)})
        on = run.on_date
        rows = [_row(desk, item) for item in items]
        ids: dict[str, int] = {}
        for some in chunks(rows, AT_ONCE):
            ids |= await outbox.enqueue(session, some)
        fresh = [item for item in items if item.key in ids]
        await _done(desk, session, fresh, ids, on)
        await count_contacts(session, [("account", item.account_id) for item in fresh], desk.today)
        return len(fresh)


def _row(desk: Desk, item: SmsItem) -> dict[str, object]:
    message = OutgoingMessage("sms.reminder", item.text, kind=Kind.REMINDER)
    context = outbox.Context(account_id=item.account_id, source=f"sms/{item.run_id}", stage=item.stage, reason="due")
    row = outbox.new_row(Address(SMS, ""), message, key=item.key, at=desk.now, context=context, state=State.SENT)
    return {**row, "sent_at": desk.now}


async def _done(desk: Desk, session: AsyncSession, items: Sequence[SmsItem], ids: Mapping[str, int], on: date) -> None:
    """The stages that these texts carried out."""
    known = set(await session.scalars(select(Reminder.key).where(Reminder.key.in_([item.key for item in items]))))
    new = [item for item in items if item.key not in known]
    if not new:
        return
    written = await session.execute(
        insert(Reminder).returning(Reminder.key, Reminder.id),
        [
            {
                "key": item.key,
                "account_id": item.account_id,
                "anchor_bill_id": item.anchor_bill_id,
                "stage": item.stage,
                "decision": "remind",
                "decided_on": on,
                "policy_hash": item.policy_hash,
                "outbox_id": ids[item.key],
                "created_at": desk.now,
            }
            for item in new
        ],
    )
    reminders = {row[0]: row[1] for row in written}
    await session.execute(
        insert(ReminderBill),
        [
            {"reminder_id": reminders[item.key], "bill_id": bill, "open_fen": fen, "days_behind": behind}
            for item in new
            for bill, fen, behind in json.loads(item.bills)
        ],
    )
    first = [item.account_id for item in new]
    await session.execute(
        update(Account).where(Account.id.in_(first), Account.first_contacted_on.is_(None)).values(first_contacted_on=on)
    )
