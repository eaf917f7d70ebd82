"""What the sandbox page shows, read from the database and the platform as plain values for JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.sandbox_platform import BOT, Line, Platform
from bot.demo_homes import scenarios_of
from bot.demo_stage import Demo
from domain.gate import RULES, Cancel, Hold, gate
from domain.messages import Kind
from domain.office import Office
from models import facts
from models.accounts import Account
from models.bills import Bill
from models.dialogue import Button
from models.inbox import Inbox
from models.outbox import Outbox
from models.reminders import Reminder, ReminderBill

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
    card = line.card[0][1] if line.card else ""
    return {"id": int(line.id), "bots": bots, "at": line.at, "text": text, "card": card, "sender": line.sender}


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
            select(Outbox)
            .where(Outbox.channel == CHANNEL, Outbox.chat == chat_id, Outbox.message_id != "")
            .order_by(Outbox.id)
        )
    }
    return [_line(platform, line, buttons, rows, now) for line in lines]


def _line(
    platform: Platform, line: Line, buttons: Mapping[str, Button], rows: Mapping[str, Outbox], now: datetime
) -> Json:
    row = rows.get(line.id) if line.sender == BOT else None
    sender = platform.profiles.get(line.sender)
    shown: list[list[Json]] = []
    for choices in line.choices:
        shown.append([])
        for choice in choices:
            button = buttons.get(choice.get("token", ""))
            used = button is not None and button.single and button.used_at is not None
            stale = button is not None and button.expires_at < now
            shown[-1].append(
                {**choice, "used": used, "stale": stale, "pressed": choice.get("token", "") in line.pressed}
            )
    return {
        "id": int(line.id),
        "sender": line.sender,
        "name": sender.name if sender else "",
        "at": line.at,
        "text": line.text,
        "choices": shown,
        "attachment": _file(line),
        "reply_to": int(line.reply_to or 0),
        "edited": bool(line.edited_at),
        "card": line.card,
        "taken": line.taken,
        "row": row.id if row else 0,
        "kind": row.kind if row else "",
    }


def _file(line: Line) -> Json | None:
    """What hangs on a message; `saved`: it is here to be fetched. Where on the machine it lies is nobody's business."""
    if line.attachment is None:
        return None
    path = line.attachment.get("path", "")
    return {**line.attachment, "path": "", "saved": bool(path) and line.sender == BOT}


def look(platform: Platform, chat_id: str, now: datetime) -> Json:
    """Which platform a chat looks like, what its person still allows, and what waits for this colleague's tap."""
    skin, follower = platform.skin_of(chat_id), platform.followers.get(chat_id)
    usable = [each for each in (follower.open_allowances() if follower else []) if each.until > now and each.left != 0]
    return {
        "skin": skin.value,
        "allows": [{"left": each.left, "until": each.until.isoformat()} for each in usable],
        "notices": follower.notices if follower else 0,
        "tasks": [
            {"id": task.id, "text": task.text, "to": [_name(platform, chat) for chat in task.fates]}
            for task in platform.tasks.values()
            if task.colleague == chat_id and task.waits
        ],
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
    rows = await session.execute(
        query.order_by(func.coalesce(Outbox.sent_at, Outbox.not_before).desc(), Outbox.id.desc()).limit(ROWS_MAX)
    )
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
        "answers": {"text": answered.text, "intent": answered.intent, "handler": answered.handler}
        if answered
        else None,
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
    return (
        {"answer": "cancel", "reason": str(verdict.reason)}
        if isinstance(verdict, Cancel)
        else {"answer": "send", "reason": ""}
    )


def chats_by_place(platform: Platform) -> dict[str, str]:
    """Which chat belongs to a seat of the sample world, a member of staff, or a group's title."""
    people_ = {profile.seat or profile.id: profile.id for profile in platform.profiles.values()}
    return people_ | {room.title: room.id for room in platform.rooms.values()}


def state(demo: Demo) -> Json:
    """Everything the page needs when it opens."""
    return {
        "clock": demo.clock_state(),
        "scenario": demo.scenario.name,
        "scenarios": scenarios_of(demo.world),
        "world": demo.world,
        "starts_at": demo.scenario.starts_at.isoformat(),
        "opens": chats_by_place(demo.platform).get(demo.scenario.opens, ""),
        "office": demo.app.office.name,
        "people": people(demo.platform),
        "groups": rooms(demo.platform),
        "faults": {chat_id: fault.kind for chat_id, fault in demo.platform.faults.items()},
    }
