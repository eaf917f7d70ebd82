"""How a visit went: one tap, what has to be known beside it, a word and a picture; and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta

from domain import keys
from domain import visits as rules
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.plans import promise_limit
from domain.roles import Right
from domain.visits import Result
from domain.wording import day_words
from handlers import consequences
from handlers.claim import PICTURES
from handlers.desk import settle
from handlers.dispute import bill_words
from handlers.household import press
from handlers.notes import at_desk, beside, send
from handlers.promise import likely_days
from handlers.scopes import officer
from handlers.turn import Turn
from handlers.visits.desk import own_visit
from models.accounts import Account
from models.staff import LIVE, StaffTask, audit, open_task
from models.visits import Visit, count_visits

NOTE_MAX, PHOTOS_MAX = 1000, 6
ORDER = (
    Result.MET,
    Result.NOT_HOME,
    Result.PAID,
    Result.PROMISED,
    Result.PLAN,
    Result.DISPUTE,
    Result.REPAIR,
    Result.REFUSED,
)
WORDS_FOR = (Result.DISPUTE, Result.REPAIR)
REPAIR_WITHIN = timedelta(days=1)


async def form(turn: Turn) -> Answer:
    """The results to choose from."""
    visit, account = await own_visit(turn, turn.args["visit"], ("booked",))
    _has_begun(turn, visit)
    args = {"visit": str(visit.id)}
    found = [
        Choice(turn.words(f"button.visit_{each}"), "visits.record", {**args, "result": each.value}, reusable=True)
        for each in ORDER
    ]
    rows = [found[n : n + 3] for n in range(0, len(found), 3)]
    return Answer((turn.say("visits.how", *rows, fields=turn.called(account), code=account.code),))


def _has_begun(turn: Turn, visit: Visit) -> None:
    if visit.starts_at is None or visit.starts_at > turn.now:
        raise Refusal("visits.not_yet")


async def record(turn: Turn) -> Answer:
    """A tap on a result: written at once, or after a day, a bill or a few words."""
    visit, account = await own_visit(turn, turn.args["visit"], ("booked",))
    _has_begun(turn, visit)
    result = Result(turn.args["result"])
    if result is Result.PROMISED:
        return _ask_day(turn, account, visit)
    if result is Result.DISPUTE:
        lines = await consequences.lines_of(turn, account)
        if not lines:
            raise Refusal("calls.nothing_open", {"code": account.code})
        if len(lines) > 1 and "bill" not in turn.args:
            rows = [
                [
                    Choice(
                        bill_words(turn, each), "visits.record", {**turn.args, "bill": str(each.bill.id)}, reusable=True
                    )
                ]
                for each in lines
            ]
            return Answer((turn.say("calls.which_bill", *rows),))
    if result in WORDS_FOR:
        bill = turn.args.get("bill", "") or (str(lines[0].bill.id) if result is Result.DISPUTE else "")
        memory = {"visit": str(visit.id), "result": result.value, "bill": bill}
        return Answer((turn.say(f"visits.words_{result}"),), expect="visits.words", memory=memory)
    return await _write(turn, visit, account, result)


def _ask_day(turn: Turn, account: Account, visit: Visit) -> Answer:
    days = likely_days(turn.today, promise_limit(turn.today, turn.office.policy(account.kind).holds))
    memory = {"visit": str(visit.id)}
    row = [
        Choice(day_words(day, turn.language), "visits.day", {**memory, "date": day.isoformat()}, reusable=True)
        for day in days
    ]
    return Answer((turn.say("calls.which_day_promised", row),), expect="visits.day", memory=memory)


async def day_chosen(turn: Turn) -> Answer:
    return await _on_day(turn, turn.args, date.fromisoformat(turn.args["date"]))


async def day_typed(turn: Turn) -> Answer | None:
    day = turn.reading.slots.day if turn.reading is not None else None
    if day is None:
        return None
    try:
        async with turn.session.begin_nested():
            return await _on_day(turn, turn.memory, day)
    except Refusal as refused:
        if refused.template != "calls.day_out_of_range":
            raise
        return Answer((turn.refusal(refused),), expect="visits.day", memory=turn.memory)


async def _on_day(turn: Turn, about: Mapping[str, str], day: date) -> Answer:
    visit, account = await own_visit(turn, about["visit"], ("booked",))
    return await _write(turn, visit, account, Result.PROMISED, day=day)


async def words_typed(turn: Turn) -> Answer | None:
    """What is in doubt, or what is to be mended, as the household said it."""
    if not turn.text:
        return None
    visit, account = await own_visit(turn, turn.memory["visit"], ("booked",))
    result = Result(turn.memory["result"])
    return await _write(turn, visit, account, result, words=turn.text[:NOTE_MAX], bill=turn.memory["bill"])


async def _write(
    turn: Turn,
    visit: Visit,
    account: Account,
    result: Result,
    *,
    day: date | None = None,
    words: str = "",
    bill: str = "",
) -> Answer:
    """The result, once, and what follows. Whatever is refused on the way leaves nothing behind."""
    officer(turn, Right.TASKS)
    visit.state = "missed" if result is Result.NOT_HOME else "done"
    visit.result, visit.note, visit.closed_at = result.value, words, turn.now
    await turn.session.flush()
    cards = await _consequence(turn, visit, account, result, day, words, bill)
    over = result in rules.CLOSES or await _missed_too_often(turn, visit, account)
    task = await turn.session.get(StaffTask, visit.task_id) if visit.task_id else None
    if task is not None and task.state in LIVE:
        if over:
            await settle(turn, task, "done", "visited" if result is Result.MET else result.value)
        else:
            again = turn.today + timedelta(days=rules.AGAIN_DAYS)
            task.due_at = at_local(again, turn.office.calling.closes_at, turn.office.zone)
            task.touched_at, task.escalated_at = turn.now, None
    await audit(
        turn.session,
        turn.actor,
        "visit",
        f"account/{account.id}",
        turn.now,
        {"visit": visit.id, "result": result.value},
    )
    row = [
        turn.button("visits_route", "visits.route", reusable=True),
        turn.button("followup", "followup.start", reusable=True, code=account.code),
        turn.button("account_back", "account.show", reusable=True, code=account.code),
    ]
    fields = {"code": account.code, "result": turn.words(f"button.visit_{result}")}
    more = turn.words("visits.then_paid", code=account.code) if result is Result.PAID else ""
    told = turn.say("visits.written", row, edit=turn.message.choice is not None, fields=fields, more=more)
    return Answer((told, *cards), expect="visits.note", memory={"visit": str(visit.id)})


async def _missed_too_often(turn: Turn, visit: Visit, account: Account) -> bool:
    """Nobody was at home for the last time: no further visit, a letter instead."""
    if visit.state != "missed":
        return False
    since = turn.now - rules.LIMIT_DAYS
    if await count_visits(turn.session, account.id, since, ("missed",)) < turn.office.visiting.not_home_max:
        return False
    await _letter(turn, visit, account)
    return True


async def _consequence(
    turn: Turn, visit: Visit, account: Account, result: Result, day: date | None, words: str, bill: str
) -> tuple[OutgoingMessage, ...]:
    match result:
        case Result.PROMISED if day is not None:
            return await consequences.promised(turn, account, day)
        case Result.DISPUTE:
            return await consequences.disputed(turn, account, bill, words)
        case Result.PLAN:
            return await _offer_plan(turn, account)
        case Result.REPAIR:
            await _repair(turn, visit, account, words)
        case Result.REFUSED:
            await _letter(turn, visit, account)
    return ()


async def _offer_plan(turn: Turn, account: Account) -> tuple[OutgoingMessage, ...]:
    """The parts are chosen by the household itself, in its own chat."""
    payer = await consequences.payer_of(turn, account)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if there is None:
        return ()
    row = (press(there, "plan", "plan.offer"),)
    return send(there, there.say("visits.plan_here", row, kind=Kind.RECEIPT, fields=there.called()))


async def _repair(turn: Turn, visit: Visit, account: Account, words: str) -> None:
    """What is broken comes first: a task of its own, with a clock."""
    await open_task(
        turn.session,
        key=keys.task("repair", f"visit-{visit.id}"),
        kind="repair",
        account=account,
        summary=words,
        at=turn.now,
        due_at=turn.office.desk.deadline(turn.now, turn.office.zone, REPAIR_WITHIN),
        source=f"visit/{visit.id}",
        blocks=True,
    )


async def _letter(turn: Turn, visit: Visit, account: Account) -> None:
    """Neither call nor visit came to an end: a notice letter is to be written."""
    policy = turn.office.policy(account.kind)
    day = turn.today + timedelta(days=policy.holds.task_days)
    await open_task(
        turn.session,
        key=keys.task("letter", f"visit-{visit.id}"),
        kind="letter",
        account=account,
        summary=at_desk(turn).words("task.letter_after_visit", code=account.code),
        at=turn.now,
        due_at=at_local(day, policy.window_until, turn.office.zone),
        source=f"visit/{visit.id}",
        blocks=True,
    )


async def note_typed(turn: Turn) -> Answer | None:
    """A word or a picture added to the visit."""
    member = officer(turn, Right.TASKS)
    visit = await turn.session.get(Visit, int(turn.memory["visit"]))
    file = turn.message.attachment
    if visit is None or visit.staff_id != member.id or not (turn.text or file):
        return None
    if turn.text:
        visit.note = "\n".join(filter(None, (visit.note, turn.text)))[:NOTE_MAX]
    if file is not None and file.kind in PICTURES:
        kept = json.loads(visit.photos)
        new = {"kind": file.kind, "file_id": file.file_id, "name": file.name}
        visit.photos = json.dumps([*kept, new][-PHOTOS_MAX:], ensure_ascii=False)
    await audit(turn.session, turn.actor, "visit.note", f"account/{visit.account_id}", turn.now)
    row = [turn.button("visits_route", "visits.route", reusable=True)]
    return Answer((turn.say("visits.noted", row),), expect="visits.note", memory=turn.memory)
