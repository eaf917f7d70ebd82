"""Somebody does not want to live: a sheet of its own at the top of the desk, with no word of money and outcomes of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from domain import keys
from domain.errors import Refusal
from domain.messages import ENTERED, Answer, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Right
from handlers.labels import span_words
from handlers.notes import beside, desk_of, send
from handlers.scopes import has, officer, task_of
from handlers.turn import Turn
from handlers.visits.hours import moment_words
from handlers.visits.resident import called_off, tell_visitor
from models.accounts import Account
from models.calls import CALLED, live_tasks, phone_end
from models.outbox import cards_since
from models.people import members_of
from models.staff import (
    DESPAIR,
    LIVE,
    Staff,
    StaffTask,
    alarmed_among,
    alarms,
    audit,
    live_alarm,
    open_task,
    task_by_key,
)
from models.visits import Visit

CARDS = ("card.despair", "card.despair_stranger", "alarm.sheet")  # what tells a colleague of an alarm
CALL_WITHIN = timedelta(minutes=30)


class Ending(StrEnum):
    """What came of it. Whoever was not reached is tried again; nothing is written to them by any of these."""

    SAFE = "safe"
    UNREACHED = "unreached"
    EMERGENCY = "emergency"
    HANDED_OVER = "handed_over"


async def raised(turn: Turn, said: str) -> StaffTask | None:
    """The task of this sentence; of a household whose alarm is open already, that one with these words added.

    `said`: who it was and their words, as the sheet quotes them.
    """
    if turn.account is not None and (before := await live_alarm(turn.session, turn.account.id)) is not None:
        before.summary = "\n".join((before.summary, *said.splitlines()[1:]))
        before.due_at = min(before.due_at, turn.now + CALL_WITHIN)
        return before
    key = keys.task(DESPAIR, str(turn.inbox_id))
    task = await open_task(
        turn.session,
        key=key,
        kind=DESPAIR,
        account=turn.account,
        summary=said,
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"{DESPAIR}/{turn.inbox_id}",  # not the hold's: taking back the pause doesn't end the alarm
    )
    return task or await task_by_key(turn.session, key)


async def lets_be(turn: Turn) -> tuple[Visit | None, tuple[OutgoingMessage, ...]]:
    """Nobody calls on them or rings them about fees now: the visit that is off, and word to whoever had one of these in hand.

    Who pays and did not write themselves hears only that nobody comes: the reason is not theirs to know from us.
    """
    account, visit = turn.household, await called_off(turn)
    told: tuple[OutgoingMessage, ...] = ()
    if visit is not None:
        told = await tell_visitor(turn, visit, "card.visit_called_off")
        told += await _who_pays(turn, account, visit)
    in_hand = await live_tasks(turn.session, account.id, (*CALLED, "visit"))
    for staff_id in dict.fromkeys(task.assignee_id for task in in_hand if task.state == "taken" and task.assignee_id):
        desk = desk_of(turn, await turn.session.get(Staff, staff_id), account)
        if desk is not None and (visit is None or staff_id != visit.staff_id):
            fields = desk.called() | {"code": account.code}
            told += send(desk, desk.say("card.on_hold", kind=Kind.STAFF_CARD, fields=fields))
    return visit, told


async def _who_pays(turn: Turn, account: Account, visit: Visit) -> tuple[OutgoingMessage, ...]:
    """Word to the payer who agreed on an hour and is not the one who writes."""
    members = await members_of(turn.session, account.id)
    payer = next((person for person, bound in members if bound.payer and person is not turn.person), None)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if there is None or visit.starts_at is None:
        return ()
    at = moment_words(there, visit.starts_at)
    return send(there, there.say("visits.called_off", fields=there.called(), at=at))


def opening(desk: Turn, task: StaffTask | None) -> tuple[Choice, ...]:
    """The card's button to the sheet."""
    return () if task is None else (desk.button("alarm_open", "desk.task", reusable=True, task=str(task.id)),)


def first_line(turn: Turn, number: int) -> str:
    """How many alarms are open, before anything else that is shown; empty without any."""
    return turn.words("alarm.first_line", number=str(number)) if number else ""


async def along(turn: Turn, answer: Answer) -> Answer:
    """An answer to a colleague, and with it each open alarm whose card has not reached their chat.

    They may have been added, or have opened this chat for the first time, after it was raised: on any channel, by any word.
    """
    here, silent = turn.here, turn.message.event not in ("", ENTERED)
    if turn.staff is None or silent or turn.message.audience is not Audience.PRIVATE or not has(turn, Right.TASKS):
        return answer
    found = await alarms(turn.session, turn.staff.community_id)
    if not found:
        return answer
    told = await cards_since(turn.session, here.channel, here.chat, CARDS, min(task.created_at for task, _ in found))
    untold = [
        (task, account)
        for task, account in found
        if not any(about == task.account_id and at >= task.created_at for about, at in told)
    ]
    return answer.also(*[await _card(turn, task, account) for task, account in untold])


async def _card(turn: Turn, task: StaffTask, account: Account | None) -> OutgoingMessage:
    sheet = await _sheet(turn, task, account, Kind.STAFF_CARD)
    return replace(sheet, audience=Audience.STAFF, about=task.account_id)


async def sheet(turn: Turn, task: StaffTask, account: Account | None, *, edit: bool) -> Answer:
    return Answer((await _sheet(turn, task, account, Kind.REPLY, edit=edit),))


async def _sheet(
    turn: Turn, task: StaffTask, account: Account | None, kind: Kind, *, edit: bool = False
) -> OutgoingMessage:
    taker = await turn.session.get(Staff, task.assignee_id) if task.assignee_id else None
    end = phone_end(account.phone) if account is not None else ""
    if account is not None:
        await audit(turn.session, turn.actor, "account.task", f"account/{account.id}", turn.now, {"task": task.id})
    fields = {
        "said": task.summary,
        "span": span_words(turn, turn.now - task.created_at),
        "state": turn.words("alarm.taken_by", name=taker.name) if taker else "",
        "phone": turn.words("calls.phone", end=end) if end else turn.words("alarm.no_phone"),
        "note": task.note,
    }
    if task.state not in LIVE:
        return turn.say("alarm.sheet", kind=kind, edit=edit, fields=fields)
    number = str(task.id)
    ends = [turn.button(f"alarm_{each}", "alarm.outcome", task=number, outcome=each.value) for each in Ending]
    last = [turn.button("desk_note", "desk.note", reusable=True, task=number)]
    if account is not None:
        last.append(turn.button("desk_account", "account.show", reusable=True, code=account.code))
    last.append(turn.button("desk_tasks", "desk.tasks", reusable=True))
    first = [] if task.state == "taken" else [turn.button("desk_take", "desk.take", task=number)]
    first.append(turn.button("desk_give", "desk.give", reusable=True, task=number))
    return turn.say("alarm.sheet", ends[:2], ends[2:], first, last, kind=kind, edit=edit, fields=fields)


async def outcome(turn: Turn) -> Answer:
    """One tap: it is written down, and that is all. No message to the person, no promise, no money; the pause stays."""
    task = await task_of(turn, turn.args["task"])
    member, ending = officer(turn, Right.TASKS), Ending(turn.args["outcome"])
    if task.kind != DESPAIR or task.state not in LIVE:
        raise Refusal("card.decided")
    words = turn.words(f"button.alarm_{ending}")
    at = turn.now.astimezone(turn.office.zone)
    task.note = "\n".join(filter(None, (task.note, f"{at:%m-%d %H:%M} {member.name}: {words}")))
    task.assignee_id, task.touched_at = member.id, turn.now
    if ending is Ending.UNREACHED:
        task.state, task.due_at, template = "taken", turn.now + CALL_WITHIN, "alarm.again"
    else:
        task.state, task.outcome, task.closed_at, template = "done", ending.value, turn.now, "alarm.done"
    await audit(turn.session, turn.actor, f"alarm.{ending}", f"task/{task.id}", turn.now)
    row = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
    if ending is Ending.UNREACHED:
        row.insert(0, turn.button("alarm_open", "desk.task", reusable=True, task=str(task.id)))
    return Answer((turn.say(template, row, edit=True, said=task.summary, outcome=words),))


async def in_peace(turn: Turn, account: Account) -> None:
    """Raise Refusal while a household's alarm is open: nobody rings it or calls on it about fees."""
    if await alarmed_among(turn.session, [account.id]):
        raise Refusal("alarm.in_peace", {"code": account.code})
