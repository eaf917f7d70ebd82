"""What the sandbox page shows, read from the database and the platform as plain values for JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

import scheduler
from bot.channels.sandbox_platform import BOT, Line, Platform
from bot.demo import Demo
from domain.gate import RULES, Cancel, Hold, gate
from domain.ladder import HandToStaff, Remind, decide
from domain.ledger import BILLED_SIGN, RECEIVED_SIGN, EntryKind
from domain.messages import Kind
from domain.office import Office
from models import facts
from models.accounts import Account, by_code
from models.agreements import Claim, Complaint, Dispute, Promise, live_holds, live_plan, plan_parts_of
from models.bills import Bill, LedgerEntry, Payment, bill_lines, credit_fen
from models.dialogue import Button
from models.inbox import Inbox
from models.outbox import Outbox
from models.reminders import Reminder, ReminderBill, WaitRow
from models.runtime import JobRun
from models.staff import StaffTask
from models.standing import households
from models.status import board as status_board

CHANNEL = "sandbox"
ROWS_MAX = 120
LEDGER_ROWS_MAX = 40
RATE_DAYS_BEFORE, RATE_DAYS_AHEAD = 3, 8  # of the line: before the demo began, and the least it has room for after
SNIPPET = 42

Json = dict[str, Any]


def people(platform: Platform) -> list[Json]:
    """Everyone on the platform, with what was said last in their private chat."""
    return [
        {**asdict(profile), "last": _last(platform.chats.get(profile.id, [])), "fault": _fault(platform, profile.id)}
        for profile in platform.profiles.values()
    ]


def rooms(platform: Platform) -> list[Json]:
    return [{**asdict(room), "last": _last(platform.chats.get(room.id, []))} for room in platform.rooms.values()]


def _last(lines: Sequence[Line]) -> Json | None:
    if not lines:
        return None
    line = lines[-1]
    bots = next((int(each.id) for each in reversed(lines) if each.sender == BOT), 0)
    text = line.text.replace("\n", " ")[:SNIPPET] or f"[{(line.attachment or {}).get('kind', '')}]"
    return {"id": int(line.id), "bots": bots, "at": line.at, "text": text, "sender": line.sender}


def _fault(platform: Platform, chat: str) -> str:
    fault = platform.faults.get(chat)
    return fault.kind if fault else ""


async def chat(session: AsyncSession, platform: Platform, chat_id: str, now: datetime) -> list[Json]:
    """The lines of a chat, with what became of their buttons and the outbox row behind each of the bot's."""
    lines = platform.chats.get(chat_id, [])
    tokens = [b["token"] for line in lines for row in line.choices for b in row if "token" in b]
    buttons = {b.token: b for b in await session.scalars(select(Button).where(Button.token.in_(tokens)))}
    rows = {
        row.message_id: row
        for row in await session.scalars(
            select(Outbox).where(Outbox.channel == CHANNEL, Outbox.chat == chat_id, Outbox.message_id != "").order_by(Outbox.id)
        )
    }
    return [_line(platform, line, buttons, rows, now) for line in lines]


def _line(
    platform: Platform, line: Line, buttons: Mapping[str, Button], rows: Mapping[str, Outbox], now: datetime
) -> Json:
    row = rows.get(line.id) if line.sender == BOT else None
    sender = platform.profiles.get(line.sender)
    shown = []
    for choices in line.choices:
        shown.append([])
        for choice in choices:
            button = buttons.get(choice.get("token", ""))
            used = button is not None and button.single and button.used_at is not None
            stale = button is not None and button.expires_at < now
            shown[-1].append({**choice, "used": used, "stale": stale, "pressed": choice.get("token", "") in line.pressed})
    return {
        "id": int(line.id),
        "sender": line.sender,
        "name": sender.name if sender else "",
        "at": line.at,
        "text": line.text,
        "choices": shown,
        "attachment": line.attachment,
        "reply_to": int(line.reply_to or 0),
        "edited": bool(line.edited_at),
        "taken": line.taken,
        "row": row.id if row else 0,
        "kind": row.kind if row else "",
    }


async def outbox(session: AsyncSession, platform: Platform, wanted: Mapping[str, str]) -> list[Json]:
    """Everything sent or waiting to be, newest first. `wanted`: household, chat, stage, state, kind, group."""
    query = select(Outbox, Account.code).outerjoin(Account, Account.id == Outbox.account_id)
    if wanted.get("state"):
        query = query.where(Outbox.state == wanted["state"])
    if wanted.get("stage"):
        query = query.where(Outbox.stage == wanted["stage"])
    if wanted.get("kind"):
        query = query.where(Outbox.kind == wanted["kind"])
    if wanted.get("group"):
        query = query.where(Outbox.audience != "private")
    if wanted.get("chat"):
        query = query.where(Outbox.chat == wanted["chat"])
    if text := wanted.get("household"):
        chats = [p.id for p in platform.profiles.values() if text in p.name or text in p.place]
        query = query.where(or_(Account.code == text, Outbox.chat.in_(chats)))
    rows = await session.execute(query.order_by(func.coalesce(Outbox.sent_at, Outbox.not_before).desc(), Outbox.id.desc()).limit(ROWS_MAX))
    return [_row(platform, row, code) for row, code in rows]


def _row(platform: Platform, row: Outbox, code: str | None) -> Json:
    return {
        "id": row.id,
        "at": (row.sent_at or row.not_before).isoformat(),
        "to": _name(platform, row.chat),
        "chat": row.chat,
        "account": code or "",
        "kind": row.kind,
        "stage": row.stage,
        "state": row.state,
        "reason": row.reason,
        "text": row.text,
        "message": row.message_id,
    }


def _name(platform: Platform, chat_id: str) -> str:
    room = platform.rooms.get(chat_id)
    if room is not None:
        return room.title
    profile = platform.profiles.get(chat_id)
    return f"{profile.place} {profile.name}".strip() if profile else chat_id


async def choices(session: AsyncSession) -> Json:
    """What the outbox can be filtered by."""
    found = {}
    for name, column in (("stage", Outbox.stage), ("state", Outbox.state), ("kind", Outbox.kind)):
        found[name] = sorted(each for each in await session.scalars(select(column).distinct()) if each)
    return found


async def why(session: AsyncSession, platform: Platform, office: Office, row_id: int, now: datetime) -> Json | None:
    """Why one message was written, and what the gate says of it."""
    row = await session.get(Outbox, row_id)
    if row is None:
        return None
    account = await session.get(Account, row.account_id) if row.account_id else None
    answered = await session.get(Inbox, row.inbox_id) if row.inbox_id else None
    reminders = list(await session.scalars(select(Reminder).where(Reminder.outbox_id == row.id).order_by(Reminder.id)))
    policy = office.policy(account.kind if account else office.kind)
    stage = next((each for each in policy.stages if each.name == row.stage), None)
    covered = await session.execute(
        select(Bill.item, Bill.period, ReminderBill.open_fen)
        .join(ReminderBill, ReminderBill.bill_id == Bill.id)
        .where(ReminderBill.reminder_id.in_([each.id for each in reminders]))
        .order_by(Bill.due_on, Bill.id)
    )
    return {
        **_row(platform, row, account.code if account else None),
        "key": row.key,
        "template": row.template,
        "fields": json.loads(row.fields),
        "rule": {"days_after_due": stage.days_after_due, "action": stage.action.value} if stage else None,
        "reminders": [{"key": each.key, "decided_on": each.decided_on.isoformat()} for each in reminders],
        "policy": next((each.policy_hash for each in reminders), policy.hash),
        "covers": [{"item": item, "period": period, "open_fen": fen} for item, period, fen in covered],
        "gate": await _gate_now(session, office, row, now),
        "obeys": {name: str(value) for name, value in vars(RULES[Kind(row.kind)]).items()},
        "attempt": row.attempt,
        "error": row.error,
        "not_before": row.not_before.isoformat(),
        "expires_at": row.expires_at.isoformat() if row.expires_at else "",
        "created_at": row.created_at.isoformat(),
        "answers": {"text": answered.text, "intent": answered.intent, "handler": answered.handler} if answered else None,
    }


async def _gate_now(session: AsyncSession, office: Office, row: Outbox, now: datetime) -> Json:
    """The gate's recorded answer for what has gone its way; for what still waits, its answer at this moment."""
    if row.state in ("sent", "unknown", "dead"):
        return {"answer": "send", "reason": ""}
    if row.state == "cancelled":
        return {"answer": "cancel", "reason": row.reason}
    case = (await facts.cases(session, office, [row], now))[0]
    verdict = gate(case.kind, case.facts, office.policy(case.policy_kind), office.zone, now)
    if isinstance(verdict, Hold):
        return {"answer": "hold", "reason": str(verdict.reason), "until": verdict.until.isoformat()}
    return {"answer": "cancel", "reason": str(verdict.reason)} if isinstance(verdict, Cancel) else {"answer": "send", "reason": ""}


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
        "credit_fen": await credit_fen(session, account.id),
        "ledger": await _ledger(session, account.id),
        "holds": [
            {"reason": each.reason, "until_on": each.until_on.isoformat(), "bill_id": each.bill_id, "source": each.source}
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


async def _ledger(session: AsyncSession, account_id: int) -> list[Json]:
    entries = await session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.account_id == account_id)
        .order_by(LedgerEntry.id.desc())
        .limit(LEDGER_ROWS_MAX)
    )
    return [
        {"on": each.on_date.isoformat(), "kind": each.kind, "fen": each.amount_fen, "debit": each.debit, "credit": each.credit}
        for each in entries
    ]


async def _agreed(session: AsyncSession, account_id: int) -> Json:
    promise = (
        await session.scalars(select(Promise).where(Promise.account_id == account_id).order_by(Promise.id.desc()))
    ).first()
    plan = await live_plan(session, account_id)
    parts = await plan_parts_of(session, plan.id) if plan else []
    cases = []
    for table, name in ((Claim, "claim"), (Dispute, "dispute"), (Complaint, "complaint")):
        for each in await session.scalars(select(table).where(table.account_id == account_id).order_by(table.id.desc())):
            cases.append({"kind": name, "state": each.state, "text": each.text})
    return {
        "promise": {"due_on": promise.due_on.isoformat(), "fen": promise.amount_fen, "state": promise.state} if promise else None,
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
        {"at": row.received_at.isoformat(), "who": "resident", "text": row.text, "intent": row.intent, "handler": row.handler}
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
    return None if facts_of is None else {"exported_at": now.isoformat(), **facts_of, "messages": await history(session, code)}


async def board(session: AsyncSession, office: Office, now: datetime, since: date) -> Json:
    """The figures of `status`, the line of the collection rate around the day the demo began, and who waits why."""
    figures = (await status_board(session, now, office.zone)).to_json()
    today = office.today(now)
    next_run = scheduler.next_run(office, now)
    latest = select(func.max(WaitRow.id)).group_by(WaitRow.account_id)
    waiting = await session.execute(
        select(WaitRow.reason, func.count()).where(WaitRow.id.in_(latest), WaitRow.last_on == today).group_by(WaitRow.reason)
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
        "rates": (rates := await _rates(session, since - timedelta(days=RATE_DAYS_BEFORE), today)),
        "rate_at_start": rates[RATE_DAYS_BEFORE - 1]["rate"],
        "days_before": RATE_DAYS_BEFORE,
        "days": max(len(rates), RATE_DAYS_BEFORE + RATE_DAYS_AHEAD),
        "waits": dict(waiting.tuples().all()),
        "paid_today": {"number": int(number), "fen": int(fen)},
    }


async def _rates(session: AsyncSession, first: date, today: date) -> list[Json]:
    """Received ÷ due at the end of each day from `first` to `today`, from the entries' own dates."""
    rows = await session.execute(
        select(LedgerEntry.kind, LedgerEntry.amount_fen, LedgerEntry.on_date, Bill.due_on)
        .join(Bill, Bill.id == LedgerEntry.bill_id)
        .where(Bill.voided_at.is_(None))
    )
    due: dict[date, int] = defaultdict(int)
    received: dict[date, int] = defaultdict(int)
    for kind, fen, on, due_on in rows.tuples():
        counts_from = max(on, due_on)  # a bill counts from its due day, and so does what was paid before
        due[counts_from] += BILLED_SIGN.get(EntryKind(kind), 0) * fen
        received[counts_from] += RECEIVED_SIGN.get(EntryKind(kind), 0) * fen
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    sums = [sum(fen for on, fen in book.items() if on < days[0]) for book in (due, received)]
    found = []
    for day in days:
        sums = [sums[0] + due.get(day, 0), sums[1] + received.get(day, 0)]
        found.append({"on": day.isoformat(), "rate": round(sums[1] / sums[0], 4) if sums[0] else 0})
    return found


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


def opening_chat(demo: Demo) -> str:
    """The chat that the scenario shows first: of a seat, or a group."""
    chats = {p.seat: p.id for p in demo.platform.profiles.values()} | {r.title: r.id for r in demo.platform.rooms.values()}
    return chats.get(demo.scenario.opens, "")


def state(demo: Demo) -> Json:
    """Everything the page needs when it opens."""
    return {
        "clock": demo.clock_state(),
        "scenario": demo.scenario.name,
        "starts_at": demo.scenario.starts_at.isoformat(),
        "opens": opening_chat(demo),
        "office": demo.app.office.name,
        "people": people(demo.platform),
        "groups": rooms(demo.platform),
        "faults": {chat_id: fault.kind for chat_id, fault in demo.platform.faults.items()},
    }
