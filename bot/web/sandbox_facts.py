"""What stands behind the chats, read as plain values for JSON: a household's facts, the board, the jobs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import scheduler
from domain.ladder import HandToStaff, Remind, decide
from domain.ledger import BILLED_SIGN, RECEIVED_SIGN, EntryKind
from domain.office import Office
from models.accounts import Account, by_code
from models.agreements import Claim, Complaint, Dispute, Offer, Promise, live_holds, live_plan, plan_parts_of
from models.bills import Bill, LedgerEntry, Payment, bill_lines, credit_fen
from models.inbox import Inbox
from models.outbox import Outbox
from models.reminders import Reminder, WaitRow
from models.renewals import results
from models.runtime import JobRun
from models.staff import StaffTask
from models.standing import households
from models.status import board as status_board
from models.status import rate_of

LEDGER_ROWS_MAX = 40
LOOK_BACK = timedelta(days=60)  # of renewal windows, as 续班情况 looks
RATE_DAYS_BEFORE, RATE_DAYS_AHEAD = 3, 8  # of the line: before the demo began, and the least it has room for after

Json = dict[str, Any]


async def household(session: AsyncSession, office: Office, code: str, now: datetime) -> Json | None:
    """All that is known of one household; None when there is none of this code."""
    account = await by_code(session, code)
    if account is None:
        return None
    holds = await live_holds(session, [account.id])
    held: dict[int | None, list[str]] = defaultdict(list)
    for each in holds:
        held[each.bill_id].append(each.reason)
    lines = await bill_lines(session, [account.id])
    return {
        "code": account.code,
        "name": account.payer_name,
        "place": account.room,
        "kind": account.kind,
        "phone": account.phone,
        "area_m2": str(account.area_m2 or ""),
        "traits": [each for each in account.traits.split(";") if each],
        "bills": [
            {
                "item": line.bill.item,
                "period": line.bill.period,
                "due_on": line.bill.due_on.isoformat(),
                "billed_fen": line.billed_fen,
                "received_fen": line.received_fen,
                "open_fen": line.open_fen,
                "held": held.get(line.bill.id, []),
            }
            for line in sorted(lines, key=lambda each: each.bill.due_on, reverse=True)
        ],
        "tier": account.tier,
        "offer": await _offer(session, account.id),
        "credit_fen": await credit_fen(session, account.id),
        "ledger": await _ledger(session, account.id),
        "holds": [
            {
                "reason": each.reason,
                "until_on": each.until_on.isoformat(),
                "bill_id": each.bill_id,
                "source": each.source,
            }
            for each in holds
        ],
        **await _agreed(session, account.id),
        "reminders": await _reminders(session, account.id),
        "tasks": [
            {"kind": each.kind, "state": each.state, "summary": each.summary, "due_at": each.due_at.isoformat()}
            for each in await session.scalars(
                select(StaffTask).where(StaffTask.account_id == account.id).order_by(StaffTask.id.desc()).limit(10)
            )
        ],
        "today": await _today(session, office, account, now),
        "waits": [
            {"reason": each.reason, "since_on": each.since_on.isoformat(), "last_on": each.last_on.isoformat()}
            for each in await session.scalars(
                select(WaitRow).where(WaitRow.account_id == account.id).order_by(WaitRow.id.desc()).limit(5)
            )
        ],
    }


async def _offer(session: AsyncSession, account_id: int) -> Json | None:
    """The newest renewal of a pupil's family, and what they said to it."""
    query = select(Offer).where(Offer.account_id == account_id).order_by(Offer.opens_on.desc())
    offer = (await session.scalars(query)).first()
    if offer is None:
        return None
    return {
        "class": offer.class_name,
        "state": offer.state,
        "reason": offer.reason,
        "fen": offer.amount_fen,
        "closes_on": offer.closes_on.isoformat(),
        "next_on": offer.next_on.isoformat() if offer.next_on else "",
        "seen": offer.acknowledged_at is not None,
        "reserved_until": offer.reserved_until.isoformat() if offer.reserved_until else "",
    }


async def _ledger(session: AsyncSession, account_id: int) -> list[Json]:
    entries = await session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.account_id == account_id)
        .order_by(LedgerEntry.id.desc())
        .limit(LEDGER_ROWS_MAX)
    )
    return [
        {
            "on": each.on_date.isoformat(),
            "kind": each.kind,
            "fen": each.amount_fen,
            "debit": each.debit,
            "credit": each.credit,
        }
        for each in entries
    ]


async def _agreed(session: AsyncSession, account_id: int) -> Json:
    promise = (
        await session.scalars(select(Promise).where(Promise.account_id == account_id).order_by(Promise.id.desc()))
    ).first()
    plan = await live_plan(session, account_id)
    parts = await plan_parts_of(session, plan.id) if plan else []
    cases: list[Json] = []
    tables: tuple[tuple[Any, str], ...] = (
        (Claim, "claim"),
        (Dispute, "dispute"),
        (Complaint, "complaint"),
    )
    for table, name in tables:
        rows = await session.scalars(select(table).where(table.account_id == account_id).order_by(table.id.desc()))
        cases += [{"kind": name, "state": each.state, "text": each.text} for each in rows]
    return {
        "promise": {"due_on": promise.due_on.isoformat(), "fen": promise.amount_fen, "state": promise.state}
        if promise
        else None,
        "plan": {
            "state": plan.state,
            "parts": [{"number": p.number, "due_on": p.due_on.isoformat(), "fen": p.amount_fen} for p in parts],
        }
        if plan
        else None,
        "cases": cases,
    }


async def _reminders(session: AsyncSession, account_id: int) -> list[Json]:
    rows = await session.execute(
        select(Reminder, Outbox.state, Outbox.sent_at)
        .outerjoin(Outbox, Outbox.id == Reminder.outbox_id)
        .where(Reminder.account_id == account_id)
        .order_by(Reminder.id.desc())
        .limit(10)
    )
    return [
        {
            "stage": each.stage,
            "decision": each.decision,
            "on": each.decided_on.isoformat(),
            "state": state or "",
            "sent_at": sent_at.isoformat() if sent_at else "",
            "row": each.outbox_id or 0,
        }
        for each, state, sent_at in rows
    ]


async def _today(session: AsyncSession, office: Office, account: Account, now: datetime) -> Json:
    """What the policy asks for today, and why."""
    today = office.today(now)
    async for found in households(session, office, today, now, only=[account.id]):
        decision = decide(office.policy(found.kind), found.standing, today)
        stage = decision.stage.name if decision.stage else ""
        if isinstance(decision, Remind):
            return {"decision": "remind", "stage": stage, "reason": "due"}
        if isinstance(decision, HandToStaff):
            return {"decision": "staff", "stage": stage, "reason": decision.stage.action.value}
        return {"decision": "wait", "stage": stage, "reason": decision.reason.value}
    return {"decision": "wait", "stage": "", "reason": "paid"}


async def history(session: AsyncSession, code: str) -> list[Json]:
    """What we told a household and what it said, oldest first."""
    account = await by_code(session, code)
    if account is None:
        return []
    said = [
        {
            "at": row.received_at.isoformat(),
            "who": "resident",
            "text": row.text,
            "intent": row.intent,
            "handler": row.handler,
        }
        for row in await session.scalars(select(Inbox).where(Inbox.account_id == account.id).order_by(Inbox.id))
    ]
    told = [
        {
            "at": (row.sent_at or row.not_before).isoformat(),
            "who": "nuanling",
            "text": row.text,
            "kind": row.kind,
            "stage": row.stage,
            "state": row.state,
            "key": row.key,
        }
        for row in await session.scalars(select(Outbox).where(Outbox.account_id == account.id).order_by(Outbox.id))
    ]
    return sorted([*said, *told], key=lambda each: each["at"])


async def export(session: AsyncSession, office: Office, code: str, now: datetime) -> Json | None:
    """One household as a file: its facts and every message in and out."""
    facts_of = await household(session, office, code, now)
    return (
        None
        if facts_of is None
        else {"exported_at": now.isoformat(), **facts_of, "messages": await history(session, code)}
    )


async def board(session: AsyncSession, office: Office, now: datetime, since: date) -> Json:
    """The figures of `status`, the line of the collection rate around the day the demo began, and who waits why."""
    figures = (await status_board(session, now, office.zone)).to_json()
    today = office.today(now)
    next_run = scheduler.next_run(office, now)
    latest = select(func.max(WaitRow.id)).group_by(WaitRow.account_id)
    waiting = await session.execute(
        select(WaitRow.reason, func.count())
        .where(WaitRow.id.in_(latest), WaitRow.last_on == today)
        .group_by(WaitRow.reason)
    )
    paid = await session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_fen), 0)).where(
            Payment.paid_on == today, Payment.reversed_at.is_(None)
        )
    )
    number, fen = paid.one()
    return {
        **figures,
        "next_run": next_run.isoformat() if next_run else "",
        **await _rates(session, since, today),
        "waits": {str(reason): int(number) for reason, number in waiting},
        "renewals": await _renewals(session, today),
        "paid_today": {"number": int(number), "fen": int(fen)},
    }


async def _renewals(session: AsyncSession, today: date) -> list[Json]:
    """How each class of an open or a late renewal window has answered; no family stands in it."""
    return [
        {
            "class": each.class_name,
            "offered": each.offered,
            "answers": dict(each.answers),
            "paid": each.converted,
            "tiers": dict(sorted(each.tiers.items())),
            "reasons": dict(each.reasons.most_common()),
        }
        for each in await results(session, None, today - LOOK_BACK)
    ]


async def _rates(session: AsyncSession, since: date, today: date) -> Json:
    """Received ÷ due at the end of each day up to `today`, from the entries' own dates, and on the morning of `since`.

    `came_due_fen`: by how much more than the day before is due on a day, which lowers the rate.
    """
    rows = await session.execute(
        select(LedgerEntry.kind, LedgerEntry.amount_fen, LedgerEntry.on_date, Bill.due_on)
        .join(Bill, Bill.id == LedgerEntry.bill_id)
        .where(Bill.voided_at.is_(None))
    )
    due: dict[date, int] = defaultdict(int)
    received: dict[date, int] = defaultdict(int)
    then_due = then_received = 0
    for kind, fen, on, due_on in rows:
        counts_from = max(on, due_on)  # a bill counts from its due day, and so does what was paid before
        billed, came_in = BILLED_SIGN.get(EntryKind(kind), 0) * fen, RECEIVED_SIGN.get(EntryKind(kind), 0) * fen
        due[counts_from] += billed
        received[counts_from] += came_in
        then_due += billed if counts_from <= since else 0
        then_received += came_in if counts_from <= since and on < since else 0
    first = since - timedelta(days=RATE_DAYS_BEFORE)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    sums = [sum(fen for on, fen in book.items() if on < days[0]) for book in (due, received)]
    found = []
    for day in days:
        sums = [sums[0] + due.get(day, 0), sums[1] + received.get(day, 0)]
        rate = round(rate_of(*sums), 4)
        found.append({"on": day.isoformat(), "rate": rate, "came_due_fen": max(0, due.get(day, 0))})
    return {
        "rates": found,
        "rate_at_start": rate_of(then_due, then_received),
        "days_before": RATE_DAYS_BEFORE,
        "days": max(len(found), RATE_DAYS_BEFORE + RATE_DAYS_AHEAD),
    }


async def jobs(session: AsyncSession, office: Office, now: datetime) -> list[Json]:
    """Each job of the timetable with its last run and its next."""
    latest = select(JobRun.job, func.max(JobRun.scheduled_for).label("slot")).group_by(JobRun.job).subquery()
    runs = {
        run.job: run
        for run in await session.scalars(
            select(JobRun).join(latest, (latest.c.job == JobRun.job) & (latest.c.slot == JobRun.scheduled_for))
        )
    }
    found = []
    for entry in scheduler.JOBS:
        run, upcoming = runs.get(entry.name), scheduler.next_run(office, now, entry.name)
        found.append(
            {
                "name": entry.name,
                "cron": entry.cron,
                "last": run.finished_at.isoformat() if run and run.finished_at else "",
                "summary": run.summary if run else "",
                "error": run.error if run else "",
                "next": upcoming.isoformat() if upcoming else "",
            }
        )
    return found
