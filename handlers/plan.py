"""Instalments: parts with days and sums to choose from; staff approve, then the bills rest until the last part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from domain import keys
from domain.errors import Refusal
from domain.ladder import Reason
from domain.limits import Act
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.plans import FIRST_PART_DAYS, Part, most_parts, next_on, plan_parts, promise_limit
from domain.roles import Right, Role, may
from domain.wording import day_words
from handlers.bill import line_words
from handlers.household import ask_which, press, said, settle_on
from handlers.notes import at_desk, beside, decider, send, to_staff
from handlers.promise import day_button
from handlers.renewal import offered
from handlers.scopes import within_limit
from handlers.tone import unkind_words
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import (
    Plan,
    PlanPart,
    extend,
    has_broken_plan,
    hold,
    live_plan,
    open_promise,
    plan_parts_of,
    release,
)
from models.bills import BillLine, bill_lines, open_fen
from models.staff import audit, close_task, open_task

BROKEN_COUNT_FOR = timedelta(days=365)
DECIDE_WITHIN = timedelta(days=1)
REASON_MAX = 300


async def offer(turn: Turn) -> Answer | None:
    """Two to N parts, each with its sums; a number that was said already is read back at once."""
    if (which := await ask_which(turn, "plan.offer")) is not None:
        return which
    if (settled := await _not_possible(turn)) is not None:
        return settled
    slots = said(turn)
    day, first = slots.monthly, first_day(turn, slots.date, slots.monthly)
    if slots.instalments is not None:
        return await _propose(turn, slots.instalments, first, day)
    return await _options(turn, first, day)


async def _options(turn: Turn, first: date, day: int | None) -> Answer:
    """Each number of parts that may be chosen, with its sums."""
    total = open_fen(await _lines(turn))
    most = most_parts(total, turn.policy.holds)
    numbers = range(2, most + 1)
    listed = "\n".join(
        turn.words("plan.option", parts=str(n), sums=sums_words([p.amount_fen for p in plan_parts(total, n, first)]))
        for n in numbers
    )
    days = {"first": first.isoformat()} | ({"day": str(day)} if day is not None else {})
    args = {"account": str(turn.household.id), **days}
    buttons = [
        Choice(turn.words("plan.parts_label", parts=str(n)), "plan.choose", args | {"parts": str(n)}, reusable=True)
        for n in numbers
    ]
    rows = [buttons[n : n + 3] for n in range(0, len(buttons), 3)]
    fields = {"total": yuan(total), "first": day_words(first, turn.language), "options": listed}
    text = turn.say("plan.options", *rows, [press(turn, "person", "person.ask")], fields=turn.called() | fields)
    return Answer((text,), expect="plan.parts", memory=days)


async def part_now(turn: Turn) -> Answer | None:
    """A part now ("just half for the moment"): any sum is welcome; the rest in parts, or on a day."""
    if (which := await ask_which(turn, "plan.part_now")) is not None:
        return which
    lines = await _lines(turn)
    plan = await live_plan(turn.session, turn.household.id)
    if not lines or (plan is not None and plan.state == "waiting"):
        return await _not_possible(turn)
    total = open_fen(lines)
    day = _near(turn, said(turn).date)
    row = [press(turn, "pay", "pay.how"), day_button(turn, day) if day else press(turn, "later", "promise.start")]
    if plan is None and most_parts(total, turn.policy.holds) >= 2:
        first = first_day(turn, day).isoformat()
        row.insert(1, press(turn, "two_parts", "plan.choose", parts="2", first=first))
    fields = {"total": yuan(total), "half": yuan(plan_parts(total, 2, turn.today)[0].amount_fen)}
    text = turn.say("plan.part_now", row, [press(turn, "person", "person.ask")], fields=turn.called() | fields)
    return Answer((text,))


def first_day(turn: Turn, wished: date | None, day: int | None = None) -> date:
    """The day of the first part: the person's own where it is near enough, else a week from today.

    `day`: of each month, where they named one.
    """
    monthly = next_on(turn.today, day) if day is not None else None
    return _near(turn, wished) or _near(turn, monthly) or turn.today + timedelta(days=FIRST_PART_DAYS)


def _near(turn: Turn, wished: date | None) -> date | None:
    """The day, where it may be promised."""
    near = wished is not None and turn.today <= wished <= promise_limit(turn.today, turn.policy.holds)
    return wished if near else None


def sums_words(sums_fen: list[int]) -> str:
    """`95.47 / 95.47 / 95.46`, or `95.50 × 3` when all are equal."""
    if len(set(sums_fen)) == 1:
        return f"{yuan(sums_fen[0])} × {len(sums_fen)}"
    return " / ".join(yuan(fen) for fen in sums_fen)


async def parts_typed(turn: Turn) -> Answer | None:
    """The number of parts, typed, or the days on which they would rather pay."""
    typed = int(turn.text) if turn.text.isascii() and turn.text.isdecimal() and len(turn.text) <= 2 else None
    slots, day = said(turn), said(turn).monthly
    number = slots.instalments or typed
    moved = day is not None or slots.date is not None
    if number is None and moved:
        number = slots.times if slots.times >= 2 else int(turn.memory.get("parts", "0")) or None
    if number is None and day is None:
        return None
    if (settled := await _not_possible(turn)) is not None:
        return settled
    if moved:
        first = first_day(turn, slots.date, day)
    else:
        first, day = date.fromisoformat(turn.memory["first"]), _day(turn.memory)
    return await _options(turn, first, day) if number is None else await _propose(turn, number, first, day)


async def mine(turn: Turn) -> Answer | None:
    """ "My plan", "when is the first part?": the plan that was asked for or runs; None where there is none."""
    if (which := await ask_which(turn, "plan.offer")) is not None:
        return which
    there = await live_plan(turn.session, turn.household.id)
    return await _not_possible(turn) if there is not None else None


async def other_days(turn: Turn) -> Answer | None:
    """ "The 20th of each month instead": heeded until a plan is asked for; after that its days are a colleague's to move."""
    if (which := await ask_which(turn, "plan.offer")) is not None:
        return which
    day = said(turn).monthly
    plan = await live_plan(turn.session, turn.household.id)
    if plan is not None and await _lines(turn):
        row = [press(turn, "person", "person.ask"), press(turn, "my_plan", "plan.offer")]
        if plan.state == "waiting":
            row.insert(0, turn.button("undo_plan", "undo.take_back", done=f"plan/{plan.id}"))
        return Answer((turn.say(f"plan.days_{plan.state}", row),))
    if day is None or await _not_possible(turn) is not None:
        return None
    return await _options(turn, first_day(turn, None, day), day)


async def at_once(turn: Turn, plan: Plan) -> Answer:
    """All of it at once instead of a plan that runs: gladly; the plan itself ends by a tap only."""
    total = yuan(open_fen(await _lines(turn)))
    row = (press(turn, "pay", "pay.how"), press(turn, "end_plan", "plan.end", plan=str(plan.id)))
    return Answer((turn.say("plan.at_once", row, fields=turn.called(), total=total),))


async def end(turn: Turn) -> Answer:
    """The tap: the plan is over, and its bills are due as before."""
    settle_on(turn)
    account = turn.household
    plan = await turn.session.get(Plan, int(turn.args["plan"]), with_for_update=True)
    if plan is None or plan.account_id != account.id or plan.state != "active":
        raise Refusal("undo.too_late")
    plan.state, plan.closed_at = "withdrawn", turn.now
    source = f"plan/{plan.id}"
    await release(turn.session, source, turn.now)
    await audit(turn.session, turn.actor, "plan.ended", source, turn.now)
    desk = at_desk(turn)
    card = desk.say("card.plan_ended", fields=desk.called() | {"code": account.code})
    listed = "\n".join(line_words(turn, line) for line in await _lines(turn))
    row = (press(turn, "pay", "pay.how"), press(turn, "later", "promise.start"))
    told = turn.say("plan.ended", row, fields=turn.called(), lines=listed)
    return Answer((told, *await to_staff(turn, card)))


async def choose(turn: Turn) -> Answer:
    settle_on(turn)
    return await _not_possible(turn) or await _propose(turn, int(turn.args["parts"]), _first(turn), _day(turn.args))


def _first(turn: Turn) -> date:
    """The first day a button names; an old button's day may have passed meanwhile."""
    first = date.fromisoformat(turn.args["first"])
    return first if first >= turn.today else first_day(turn, None, _day(turn.args))


def _day(memory: Mapping[str, str]) -> int | None:
    """The day of each month that a button or a step carries."""
    return int(memory["day"]) if "day" in memory else None


async def _propose(turn: Turn, number: int, first: date, day: int | None = None) -> Answer:
    """Read the schedule back and ask for one tap."""
    total = open_fen(await _lines(turn))
    most = most_parts(total, turn.policy.holds)
    if not 2 <= number <= most:
        row = (press(turn, "plan", "plan.offer"), press(turn, "person", "person.ask"))
        return Answer((turn.say("plan.too_many", row, most=str(most)),))
    args = {"parts": str(number), "first": first.isoformat()} | ({"day": str(day)} if day is not None else {})
    rows = (
        (press(turn, "agree", "plan.confirm", reusable=False, **args), press(turn, "other_parts", "plan.offer")),
        (press(turn, "person", "person.ask"),),
    )
    parts = plan_parts(total, number, first, day)
    fields = {"parts": str(number), "total": yuan(total), "schedule": schedule(turn, parts)}
    return Answer((turn.say("plan.confirm", *rows, fields=turn.called() | fields),), expect="plan.parts", memory=args)


async def confirm(turn: Turn) -> Answer:
    """The tap: the plan goes to staff. Until they decide, its bills are left alone."""
    settle_on(turn)
    if (settled := await _not_possible(turn)) is not None:
        return settled
    lines, number = await _lines(turn), int(turn.args["parts"])
    total = open_fen(lines)
    if not 2 <= number <= most_parts(total, turn.policy.holds):
        return await _propose(turn, number, _first(turn), _day(turn.args))
    parts = plan_parts(total, number, _first(turn), _day(turn.args))
    plan = await _record(turn, lines, parts)
    desk, account = at_desk(turn), turn.household
    row = [desk.button(name, f"plan.{name}", reusable=True, plan=str(plan.id)) for name in ("approve", "decline")]
    fields = {"code": account.code, "parts": str(number), "total": yuan(total), "schedule": schedule(desk, parts)}
    card = desk.say("card.plan", row, fields=desk.called() | fields)
    await open_task(
        turn.session,
        key=keys.task("plan", str(plan.id)),
        kind="plan",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + DECIDE_WITHIN,
        source=f"plan/{plan.id}",
    )
    wide = total > turn.policy.holds.plan_staff_limit_fen
    cards = await to_staff(turn, card, Right.APPROVE if wide else Right.TASKS)
    told = turn.say("plan.asked", edit=True, fields=turn.called(), parts=str(number))
    return Answer((told, *cards), done=f"plan/{plan.id}")


async def _record(turn: Turn, lines: list[BillLine], parts: tuple[Part, ...]) -> Plan:
    account = turn.household
    plan = Plan(
        account_id=account.id,
        person_id=turn.person.id if turn.person else None,
        total_fen=open_fen(lines),
        received_fen_before=sum(line.received_fen for line in lines),
        created_at=turn.now,
    )
    turn.session.add(plan)
    await turn.session.flush()
    turn.session.add_all(
        PlanPart(plan_id=plan.id, number=p.number, due_on=p.due_on, amount_fen=p.amount_fen) for p in parts
    )
    source = f"plan/{plan.id}"
    until = turn.today + timedelta(days=turn.policy.holds.task_days)
    await hold(turn.session, account.id, Reason.ON_PLAN, source, until, turn.now, [line.bill.id for line in lines])
    detail = {"parts": len(parts), "total_fen": plan.total_fen}
    await audit(turn.session, turn.actor, "plan.asked", source, turn.now, detail)
    return plan


def schedule(turn: Turn, parts: Iterable[Part | PlanPart]) -> str:
    """One line a part: its day and its sum."""
    return "\n".join(
        turn.words("plan.part", number=str(p.number), due=day_words(p.due_on, turn.language), amount=yuan(p.amount_fen))
        for p in parts
    )


async def _lines(turn: Turn) -> list[BillLine]:
    return await bill_lines(turn.session, [turn.household.id], only_open=True)


async def _not_possible(turn: Turn) -> Answer | None:
    """Why no plan can be offered now: none is needed, one runs, one was broken, or the sum is small."""
    account, lines = turn.household, await _lines(turn)
    if not lines:
        if (course := await offered.about(turn)) is not None:
            return course
        return Answer((turn.say("promise.nothing_open", fields=turn.called()),))
    plan = await live_plan(turn.session, account.id)
    if plan is not None:
        fields = {"schedule": schedule(turn, await plan_parts_of(turn.session, plan.id))}
        held = [press(turn, "pay", "pay.how"), press(turn, "person", "person.ask")]
        if plan.state == "waiting":
            held.insert(0, turn.button("undo_plan", "undo.take_back", done=f"plan/{plan.id}"))
            return Answer((turn.say("plan.waiting", held, fields=fields),))
        return Answer((_running(turn, "plan.active", held, fields),))
    person = press(turn, "person", "person.ask")
    if await has_broken_plan(turn.session, account.id, turn.now - BROKEN_COUNT_FOR):
        return Answer((turn.say("plan.person", (person,)),))
    if most_parts(open_fen(lines), turn.policy.holds) < 2:
        row = (press(turn, "later", "promise.start"), person)
        return Answer((turn.say("plan.too_small", row, least=yuan(turn.policy.holds.plan_part_fen_min)),))
    return None


def _running(turn: Turn, template: str, row: list[Choice], fields: Mapping[str, str]) -> OutgoingMessage:
    """A plan that runs, and whether a word comes before each part: none to somebody who has stopped, and how to have it again."""
    stopped = turn.person is not None and turn.person.stopped_at is not None
    if stopped:
        row = [*row, turn.button("resume", "stop.resume")]
    before = turn.words("plan.no_word_before" if stopped else "plan.word_before")
    return turn.say(template, row, fields=fields, before=before)


# what staff decide


async def _undecided(turn: Turn, memory: Mapping[str, str]) -> tuple[Plan, Account]:
    """The plan a card is about; above the staff's limit only a manager decides."""
    plan = await turn.session.get(Plan, int(memory["plan"]), with_for_update=True)
    account = await turn.session.get(Account, plan.account_id) if plan else None
    if plan is None or account is None or plan.state != "waiting":
        raise Refusal("card.decided")
    member = decider(turn, account)
    limit = turn.office.policy(account.kind).holds.plan_staff_limit_fen
    if plan.total_fen > limit and not may(Role(member.role), Right.APPROVE):
        raise Refusal("card.needs_manager", {"limit": yuan(limit)})
    within_limit(turn, Act.PLAN, plan.total_fen)
    return plan, account


async def approve(turn: Turn) -> Answer:
    """The bills rest until the last part; the household hears the schedule. An open promise is taken over by it."""
    plan, account = await _undecided(turn, turn.args)
    if not await bill_lines(turn.session, [account.id], only_open=True):
        await release(turn.session, f"plan/{plan.id}", turn.now)
        plan.closed_at = turn.now
        await _decided(turn, plan, "withdrawn")
        return Answer((turn.say("card.plan_nothing_open", edit=True, code=account.code),))
    parts = await plan_parts_of(turn.session, plan.id)
    await extend(turn.session, f"plan/{plan.id}", parts[-1].due_on)
    promise = await open_promise(turn.session, account.id)
    if promise is not None:
        promise.state, promise.closed_at = "withdrawn", turn.now
        await release(turn.session, f"promise/{promise.id}", turn.now)
    await _decided(turn, plan, "active")
    there = await beside(turn, plan.person_id, account)
    told = None
    if there is not None:
        row = [press(there, "pay", "pay.how"), press(there, "person", "person.ask")]
        fields = there.called() | {"schedule": schedule(there, parts)}
        told = replace(_running(there, "plan.approved", row, fields), kind=Kind.RECEIPT)
    return Answer((turn.say("card.plan_approved", edit=True, code=account.code), *send(there, told)))


async def decline(turn: Turn) -> Answer:
    """Asks for the reason: the household is told."""
    plan, account = await _undecided(turn, turn.args)
    question = turn.say("card.plan_reason", code=account.code)
    return Answer((question,), expect="plan.reason", memory={"plan": str(plan.id)})


async def reason(turn: Turn) -> Answer | None:
    """The reason, typed by staff."""
    if not turn.text:
        return None
    plan, account = await _undecided(turn, turn.memory)
    if (refused := unkind_words(turn, "plan.reason", turn.memory)) is not None:
        return refused
    await release(turn.session, f"plan/{plan.id}", turn.now)
    plan.closed_at = turn.now
    await _decided(turn, plan, "declined")
    there = await beside(turn, plan.person_id, account)
    told = None
    if there is not None:
        row = (press(there, "later", "promise.start"), press(there, "person", "person.ask"))
        fields = there.called() | {"reason": turn.text[:REASON_MAX].rstrip("。.")}
        told = there.say("plan.declined", row, kind=Kind.RECEIPT, fields=fields)
    return Answer((turn.say("card.plan_declined", code=account.code), *send(there, told)))


async def _decided(turn: Turn, plan: Plan, state: str) -> None:
    plan.state, plan.decided_by = state, turn.actor
    source = f"plan/{plan.id}"
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome=state)
    await audit(turn.session, turn.actor, f"plan.{state}", source, turn.now)
