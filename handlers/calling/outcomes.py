"""How a call ended: one tap, what has to be known beside it, and what follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.calls import AFTER, Made, Needs, Outcome, allowed, missed_in_a_row, next_attempt
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice, OutgoingMessage
from domain.plans import promise_limit
from domain.roles import Right
from domain.wording import day_words
from handlers import consequences
from handlers.calling.queue import callable_task, taker_name
from handlers.desk import POSTPONE_DAYS_MAX, settle
from handlers.dispute import bill_words
from handlers.followup import noted_elsewhere, without_command
from handlers.promise import likely_days
from handlers.renewal.again import REASONS
from handlers.scopes import has, officer, task_of
from handlers.turn import Turn
from models.accounts import Account
from models.calls import Call, call_of, lately_called, log_call
from models.staff import LIVE, Staff, StaffTask, audit

NOTE_MAX = 1000
LOOK_BACK = timedelta(days=60)
FAMILY_DAYS = (7, 14, 30)
MOMENTS = ((0, time(18, 30)), (1, time(10)), (1, time(15)), (1, time(18, 30)))
TRY_AGAIN = frozenset({"calls.day_out_of_range", "calls.outside_hours", "desk.day_out_of_range"})
RENEWAL = {Outcome.RENEWS: "yes", Outcome.CONSIDERS: "considering", Outcome.NOT_RENEWING: "no"}


@dataclass(frozen=True)
class Said:
    """What was said beside an outcome."""

    day: date | None = None
    moment: datetime | None = None
    bill_id: str = ""
    words: str = ""
    reason: str = ""


async def outcome(turn: Turn) -> Answer:
    """A tap on one of the brief's buttons."""
    task, account = await _still_open(turn, turn.args)
    args = {name: turn.args[name] for name in ("task", "number")}
    what = Outcome(turn.args["outcome"])
    match AFTER[what].needs:
        case Needs.DAY:
            return _ask_day(turn, account, what, args)
        case Needs.MOMENT:
            return _ask_moment(turn, args)
        case Needs.BILL:
            return await _ask_bill(turn, account, args)
        case Needs.REASON:
            return _ask_reason(turn, args)
    return await _write(turn, task, account, args["number"], what, Said())


async def _still_open(turn: Turn, args: Mapping[str, str]) -> tuple[StaffTask, Account]:
    """The task of a call that nobody has written down yet. Twice the same call gets one clear answer."""
    task = await task_of(turn, args["task"])
    before = await call_of(turn.session, task.account_id or 0, int(args["number"]))
    if before is not None:
        raise await _written(turn, before)
    if task.state in LIVE:
        return await callable_task(turn, args["task"])
    if not has(turn, Right.APPROVE) and task.assignee_id not in (None, officer(turn, Right.TASKS).id):
        raise Refusal("card.taken", {"name": await taker_name(turn, task)})
    raise Refusal("card.decided")


async def _written(turn: Turn, before: Call) -> Refusal:
    colleague = await turn.session.get(Staff, before.staff_id)
    fields = {
        "name": colleague.name if colleague else "—",
        "at": before.at.astimezone(turn.office.zone).strftime("%m-%d %H:%M"),
        "outcome": turn.words(f"button.call_{before.outcome}"),
    }
    return Refusal("calls.written_before", fields)


# what has to be known beside it


def _ask_day(turn: Turn, account: Account, what: Outcome, args: Mapping[str, str]) -> Answer:
    if what is Outcome.PROMISED:
        days = likely_days(turn.today, promise_limit(turn.today, turn.office.policy(account.kind).holds))
    else:
        days = [turn.today + timedelta(days=n) for n in FAMILY_DAYS]
    memory = {**args, "outcome": what.value}
    row = [
        Choice(day_words(day, turn.language), "calls.day", {**memory, "date": day.isoformat()}, reusable=True)
        for day in days
    ]
    return Answer((turn.say(f"calls.which_day_{what}", row),), expect="calls.day", memory=memory)


async def day_chosen(turn: Turn) -> Answer:
    return await _on_day(turn, turn.args, date.fromisoformat(turn.args["date"]))


async def day_typed(turn: Turn) -> Answer | None:
    day = turn.reading.slots.day if turn.reading is not None else None
    return None if day is None else await _or_again(turn, "calls.day", _on_day(turn, turn.memory, day))


async def _on_day(turn: Turn, about: Mapping[str, str], day: date) -> Answer:
    task, account = await _still_open(turn, about)
    return await _write(turn, task, account, about["number"], Outcome(about["outcome"]), Said(day=day))


async def _or_again(turn: Turn, step: str, writing: Awaitable[Answer]) -> Answer:
    """What was written; or why that day can't be, and another try."""
    try:
        async with turn.session.begin_nested():
            return await writing
    except Refusal as refused:
        if refused.template not in TRY_AGAIN:
            raise
        return Answer((turn.refusal(refused),), expect=step, memory=turn.memory)


def _ask_moment(turn: Turn, args: Mapping[str, str]) -> Answer:
    """When shall we ring again? Only hours at which we may."""
    moments = [at_local(turn.today + timedelta(days=days), hour, turn.office.zone) for days, hour in MOMENTS]
    calling, zone = turn.office.calling, turn.office.zone
    buttons = [
        Choice(_moment_words(turn, each), "calls.moment", {**args, "at": each.isoformat()}, reusable=True)
        for each in moments
        if each > turn.now and allowed(each, calling, zone) == each
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say("calls.which_moment", *rows),), expect="calls.moment", memory=dict(args))


def _moment_words(turn: Turn, moment: datetime) -> str:
    local = moment.astimezone(turn.office.zone)
    return f"{day_words(local.date(), turn.language)} {local:%H:%M}"


async def moment_chosen(turn: Turn) -> Answer:
    return await _at_moment(turn, turn.args, datetime.fromisoformat(turn.args["at"]))


async def moment_typed(turn: Turn) -> Answer | None:
    """A day and an hour in words; without an hour, in the morning."""
    slots = turn.reading.slots if turn.reading is not None else None
    if slots is None or (slots.day is None and slots.hour is None):
        return None
    hour = slots.hour or turn.office.calling.opens_at
    moment = at_local(slots.day or turn.today, hour, turn.office.zone)
    return await _or_again(turn, "calls.moment", _at_moment(turn, turn.memory, moment))


async def _at_moment(turn: Turn, about: Mapping[str, str], moment: datetime) -> Answer:
    task, account = await _still_open(turn, about)
    if not turn.now < moment <= turn.now + timedelta(days=POSTPONE_DAYS_MAX):
        raise Refusal("desk.day_out_of_range", {"days": str(POSTPONE_DAYS_MAX)})
    calling = turn.office.calling
    if allowed(moment, calling, turn.office.zone) != moment:
        hours = f"{calling.opens_at:%H:%M}–{calling.closes_at:%H:%M}"
        raise Refusal("calls.outside_hours", {"hours": hours})
    return await _write(turn, task, account, about["number"], Outcome.CALL_BACK, Said(moment=moment))


async def _ask_bill(turn: Turn, account: Account, args: Mapping[str, str]) -> Answer:
    lines = await consequences.lines_of(turn, account)
    if not lines:
        raise Refusal("calls.nothing_open", {"code": account.code})
    if len(lines) == 1:
        return _ask_words(turn, {**args, "bill": str(lines[0].bill.id)})
    rows = [
        [Choice(bill_words(turn, each), "calls.bill", {**args, "bill": str(each.bill.id)}, reusable=True)]
        for each in lines
    ]
    return Answer((turn.say("calls.which_bill", *rows),))


async def bill_chosen(turn: Turn) -> Answer:
    await _still_open(turn, turn.args)
    return _ask_words(turn, {name: turn.args[name] for name in ("task", "number", "bill")})


def _ask_words(turn: Turn, memory: Mapping[str, str]) -> Answer:
    return Answer((turn.say("calls.which_words"),), expect="calls.words", memory=memory)


async def words_typed(turn: Turn) -> Answer | None:
    """What is wrong with the bill, as the household said it."""
    if not turn.text:
        return None
    task, account = await _still_open(turn, turn.memory)
    said = Said(bill_id=turn.memory["bill"], words=turn.text)
    return await _write(turn, task, account, turn.memory["number"], Outcome.DISPUTE, said)


def _ask_reason(turn: Turn, args: Mapping[str, str]) -> Answer:
    buttons = [
        Choice(turn.words(f"button.reason_{each}"), "calls.reason", {**args, "reason": each}) for each in REASONS
    ]
    return Answer((turn.say("calls.which_reason", buttons[:3], buttons[3:]),))


async def reason_chosen(turn: Turn) -> Answer:
    task, account = await _still_open(turn, turn.args)
    reason = turn.args["reason"] if turn.args["reason"] in REASONS else "other"
    return await _write(turn, task, account, turn.args["number"], Outcome.NOT_RENEWING, Said(reason=reason))


# writing it down


async def _write(turn: Turn, task: StaffTask, account: Account, number: str, what: Outcome, said: Said) -> Answer:
    """The call, once; then what follows from it. Whatever is refused on the way leaves nothing behind."""
    member = officer(turn, Right.TASKS)
    next_at = said.moment or await _next(turn, account, what)
    call = await log_call(
        turn.session,
        account,
        int(number),
        task_id=task.id,
        staff_id=member.id,
        outcome=what,
        at=turn.now,
        next_at=next_at,
    )
    if call is None:
        before = await call_of(turn.session, account.id, int(number))
        raise await _written(turn, before) if before is not None else Refusal("card.decided")
    cards = await _consequence(turn, task, account, call, what, said)
    if task.state in LIVE:
        if AFTER[what].closes or next_at is None:
            await settle(turn, task, "done", what.value)
        else:
            await _again(turn, task, next_at)
    detail = {"outcome": what.value, "task": task.id}
    await audit(turn.session, turn.actor, "call", f"account/{account.id}", turn.now, detail)
    return _done(turn, account, call, said.day).also(*cards)


async def _next(turn: Turn, account: Account, what: Outcome) -> datetime | None:
    """When somebody rings or looks again; None: this task needs no further call."""
    office = turn.office
    if what is Outcome.NO_ANSWER:
        lately = (await lately_called(turn.session, [account.id], turn.now - LOOK_BACK)).get(account.id, [])
        missed = missed_in_a_row([Made(call.at, call.outcome) for call in lately]) + 1
        if missed >= office.calling.no_answer_max:
            return None
        return next_attempt(turn.now, office.calling, office.desk, office.zone)
    if not (days := AFTER[what].again_days):
        return None
    return allowed(
        at_local(turn.today + timedelta(days=days), office.calling.opens_at, office.zone), office.calling, office.zone
    )


async def _again(turn: Turn, task: StaffTask, next_at: datetime) -> None:
    """The task stays, with a clock that runs out on the evening of its next date."""
    day = next_at.astimezone(turn.office.zone).date()
    task.due_at = at_local(day, turn.office.calling.closes_at, turn.office.zone)
    task.state, task.assignee_id, task.touched_at = "taken", officer(turn, Right.TASKS).id, turn.now
    task.escalated_at = None


async def _consequence(
    turn: Turn, task: StaffTask, account: Account, call: Call, what: Outcome, said: Said
) -> tuple[OutgoingMessage, ...]:
    source = f"call/{call.id}"
    match what:
        case Outcome.PROMISED if said.day is not None:
            return await consequences.promised(turn, account, said.day)
        case Outcome.HARDSHIP:
            return await consequences.in_hard_times(turn, account, turn.words("calls.heard_on_the_phone"))
        case Outcome.DISPUTE:
            call.note = said.words[:NOTE_MAX]
            return await consequences.disputed(turn, account, said.bill_id, said.words)
        case Outcome.REFUSED:
            await consequences.refused(turn, account, source)
        case Outcome.WRONG_NUMBER:
            await consequences.wrong_number(turn, account, source)
        case Outcome.RENEWS | Outcome.CONSIDERS | Outcome.NOT_RENEWING:
            offer = await consequences.offer_of(turn, account, task)
            told = await consequences.renewal_answered(turn, account, offer, RENEWAL[what], said.reason)
            if (day := said.day) is not None:
                if not turn.today < day <= turn.today + timedelta(days=POSTPONE_DAYS_MAX):
                    raise Refusal("desk.day_out_of_range", {"days": str(POSTPONE_DAYS_MAX)})
                await consequences.ask_family_again(turn, account, day)
            return told
    return ()


def _done(turn: Turn, account: Account, call: Call, day: date | None) -> Answer:
    """What was written down and when it goes on; a line typed now is added to it."""
    lines = [turn.words("calls.written", code=account.code, outcome=turn.words(f"button.call_{call.outcome}"))]
    if day is not None:
        lines.append(turn.words("calls.agreed_day", day=day_words(day, turn.language)))
    elif call.next_at is not None:
        lines.append(turn.words("calls.next_on", at=_moment_words(turn, call.next_at)))
    lines.append(turn.words("calls.add_note"))
    row = [
        turn.button("calls_next", "calls.next", reusable=True),
        turn.button("followup", "followup.start", reusable=True, code=account.code),
        turn.button("account_back", "account.show", reusable=True, code=account.code),
    ]
    text = turn.say("calls.done", row, edit=turn.message.choice is not None, lines="\n".join(lines))
    return Answer((text,), expect="calls.note", memory={"call": str(call.id)})


async def note_typed(turn: Turn) -> Answer | None:
    """What was said in the call, in the caller's words."""
    if not turn.text:
        return None
    member = officer(turn, Right.TASKS)
    call = await turn.session.get(Call, int(turn.memory["call"]))
    if call is None or call.staff_id != member.id:
        return None
    if (elsewhere := await noted_elsewhere(turn, call.account_id, turn.text)) is not None:
        return elsewhere
    account = await turn.session.get_one(Account, call.account_id)
    said = without_command(turn.text).removeprefix(f"{account.code} ")
    call.note = "\n".join(filter(None, (call.note, said)))[:NOTE_MAX]
    await audit(turn.session, turn.actor, "call.note", f"account/{call.account_id}", turn.now)
    row = [turn.button("calls_next", "calls.next", reusable=True)]
    return Answer((turn.say("calls.noted", row, code=account.code),))
