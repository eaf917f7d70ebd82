"""The queue of the staff: what waits for a person, and one task with its buttons."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.money import yuan
from domain.roles import Right
from domain.wording import day_words
from handlers import alarm
from handlers.labels import kind_words, span_words
from handlers.scopes import has, officer, task_of
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Claim, release
from models.bills import bill_lines, open_fen
from models.calls import CALLED
from models.outbox import unknown_rows
from models.queue import Counts, Part, count_tasks, tasks_of
from models.staff import DESPAIR, LIVE, Staff, StaffTask, alarms, audit

PAGE = 8
OUTCOMES = ("reached", "promised", "no_answer", "wrong_number", "visited", "solved", "other")
POSTPONE_DAYS = (1, 3, 7)
POSTPONE_DAYS_MAX = 60
SUMMARY_MAX = 60
ON_PAPER = ("letter", "review")  # what their own buttons make doesn't have to be the end of them


async def tasks(turn: Turn) -> Answer:
    """The queue of the member's communities, the latest clock first; buttons show a part of it."""
    member = officer(turn, Right.TASKS)
    skip, part = max(0, int(turn.args.get("skip", "0"))), Part(turn.args.get("part", Part.ALL))
    counts = await count_tasks(turn.session, member, turn.now)
    unknown = await unknown_rows(turn.session, member.community_id, limit=1)
    rows: list[list[Choice]] = []
    lines = []
    called = await alarms(turn.session, member.community_id)
    found = await tasks_of(turn.session, member, part, turn.now, limit=PAGE + 1, skip=skip)
    for place, (task, code) in enumerate(found[:PAGE], start=skip + 1):
        lines.append(line(turn, place, task, code))
        label = turn.words("desk.open_label", number=str(place), kind=kind_words(turn, task.kind), code=code)
        rows.append([Choice(label.strip()[:30], "desk.task", {"task": str(task.id)}, reusable=True)])
    rows = [rows[n] + (rows[n + 1] if n + 1 < len(rows) else []) for n in range(0, len(rows), 2)]
    more = []
    if skip:
        more.append(_page(turn, "desk_back", part, max(0, skip - PAGE)))
    if len(found) > PAGE:
        more.append(_page(turn, "desk_more", part, skip + PAGE))
    if unknown:
        more.append(turn.button("desk_unknown", "desk.unknown", reusable=True))
    template = "desk.queue" if lines else "desk.empty" if part is Part.ALL else "desk.none_of"
    fields = {
        "alarms": alarm.first_line(turn, len(called)),
        "count": count_words(turn, counts),
        "part": "" if part is Part.ALL else turn.words("desk.part", name=turn.words(f"desk.part_{part}")),
        "lines": "\n".join(lines),
    }
    text = turn.say(template, *rows, more, *_parts(turn, part, counts), edit="part" in turn.args, fields=fields)
    return Answer((text,))


def count_words(turn: Turn, counts: Counts) -> str:
    """All live tasks that the member sees, and how many of these are late: the same words wherever they are counted."""
    name = "desk.count_late" if counts.late else "desk.count"
    return turn.words(name, number=str(counts.all), late=str(counts.late))


def _page(turn: Turn, name: str, part: Part, skip: int) -> Choice:
    return turn.button(name, "desk.tasks", reusable=True, part=part.value, skip=str(skip))


def _parts(turn: Turn, now: Part, counts: Counts) -> list[list[Choice]]:
    """What else can be looked at: only what there is."""
    offered = []
    if now is not Part.ALL:
        offered.append(_page(turn, "desk_all", Part.ALL, 0))
    for part, number in ((Part.MINE, counts.mine), (Part.UNTOUCHED, counts.untouched)):
        if number and part is not now:
            label = turn.words("desk.part_label", name=turn.words(f"desk.part_{part}"), number=str(number))
            offered.append(Choice(label, "desk.tasks", {"part": part.value}, reusable=True))
    if counts.people:
        label = turn.words("desk.part_label", name=turn.words("desk.part_people"), number=str(counts.people))
        offered.append(Choice(label, "waiting.queue", reusable=True))
    if has(turn, Right.APPROVE):
        offered.append(turn.button("desk_loads", "desk.loads", reusable=True))
    return [offered[n : n + 3] for n in range(0, len(offered), 3)]


def line(turn: Turn, place: int, task: StaffTask, code: str) -> str:
    first = task.summary.splitlines()[0] if task.summary else ""
    fields = {
        "number": str(place),
        "kind": kind_words(turn, task.kind),
        "code": code or "—",
        "summary": first[:SUMMARY_MAX],
        "clock": clock_words(turn, task.due_at),
    }
    return turn.words("desk.line", **fields)


def clock_words(turn: Turn, due_at: datetime) -> str:
    """How late a task is, or how long there still is."""
    name = "desk.late" if due_at < turn.now else "desk.left"
    return turn.words(name, span=span_words(turn, abs(due_at - turn.now)))


async def task(turn: Turn) -> Answer:
    """One task with everything that can be done with it."""
    return await shown(turn, await task_of(turn, turn.args["task"]))


async def shown(turn: Turn, task: StaffTask, template: str = "desk.task", *, edit: bool = False) -> Answer:
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    if task.kind == DESPAIR:
        return await alarm.sheet(turn, task, account, edit=edit)
    taker = await turn.session.get(Staff, task.assignee_id) if task.assignee_id else None
    if account is not None:
        await audit(turn.session, turn.actor, "account.task", f"account/{account.id}", turn.now, {"task": task.id})
    fields = {
        "kind": kind_words(turn, task.kind),
        "code": account.code if account else "—",
        "summary": task.summary or "—",
        "clock": clock_words(turn, task.due_at),
        "taker": taker.name if taker else turn.words("desk.nobody"),
        "note": task.note or "—",
        "state": turn.words(f"desk.state_{task.state}"),
    }
    rows = [] if task.state not in LIVE else await _buttons(turn, task, account)
    return Answer((turn.say(template, *rows, edit=edit, fields=fields),))


async def _buttons(turn: Turn, task: StaffTask, account: Account | None) -> list[list[Choice]]:
    number = str(task.id)
    rows = await _own_buttons(turn, task, account)
    mine = turn.staff is not None and task.assignee_id == turn.staff.id
    first = [] if mine and task.state == "taken" else [turn.button("desk_take", "desk.take", task=number)]
    if not rows or task.kind in (*CALLED, *ON_PAPER, "visit"):
        first.append(turn.button("desk_done", "desk.outcomes", reusable=True, task=number))
    if mine or task.state == "open" or has(turn, Right.APPROVE):
        first.append(turn.button("desk_give", "desk.give", reusable=True, task=number))
    if task.assignee_id is not None and (mine or has(turn, Right.APPROVE)):
        first.append(turn.button("desk_put_back", "desk.put_back", task=number))
    rows.append(first)
    rows.append(
        [
            turn.button("desk_note", "desk.note", reusable=True, task=number),
            turn.button("desk_later", "desk.later", reusable=True, task=number),
            turn.button("desk_drop", "desk.drop", reusable=True, task=number),
        ]
    )
    last = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
    if account is not None:
        last.insert(0, turn.button("desk_account", "account.show", reusable=True, code=account.code))
    return [row for row in (*rows, last) if row]


async def _own_buttons(turn: Turn, task: StaffTask, account: Account | None) -> list[list[Choice]]:
    """The decision that a task of this kind asks for: the same buttons as on the card that announced it."""
    about, _, number = task.source.partition("/")

    def button(name: str, action: str, **args: str) -> Choice:
        return turn.button(name, action, reusable=True, **args)

    if account is not None and task.kind == "letter":
        return [[button("letter_write", "letter.write", code=account.code, task=str(task.id))]]
    if account is not None and task.kind == "review":
        return [[button("case_write", "case.start", code=account.code, task=str(task.id))]]
    match about:
        case "claim" if account is not None and has(turn, Right.CONFIRM_PAYMENT):
            claim = await turn.session.get(Claim, int(number))
            owed = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
            amount = (claim.amount_fen if claim else None) or owed
            label = turn.words("claim.confirm_label", amount=yuan(amount))
            confirm = Choice(label, "claim.confirm", {"claim": number, "amount": str(amount)})
            return [
                [confirm, turn.button("not_found", "claim.not_found", claim=number)],
                [button("other_amount", "claim.other_amount", claim=number)],
            ]
        case "plan" if task.kind == "plan":
            return [[button(name, f"plan.{name}", plan=number) for name in ("approve", "decline")]]
        case "dispute":
            return [[button(name, f"dispute.{name}", dispute=number) for name in ("uphold", "reject")]]
        case "complaint":
            return [[button("answer", "complaint.answer", complaint=number)]]
        case "takeover":
            return [[button("take_over", "person.take", takeover=number)]]
        case "binding" | "request":
            return [[button(name, f"bind.{name}", request=number) for name in ("approve", "decline")]]
        case "summary":
            return [[button("summary_write", "summary.list", task=str(task.id))]]
        case "reading" if has(turn, Right.APPROVE):
            return [
                [
                    turn.button("recalculate", "metering.recalculate", bill=number),
                    turn.button("keep_bill", "metering.keep", bill=number),
                ]
            ]
        case "run" if has(turn, Right.APPROVE):
            return [[button("approve", "run.approve", run=number)]]
        case "broadcast" if has(turn, Right.APPROVE):
            return [[button(name, f"broadcast.{name}", broadcast=number) for name in ("approve", "decline")]]
    if task.kind == "visit" and account is not None:
        return [[button("visit_offer", "visits.start", task=str(task.id))]]
    if task.kind in CALLED and account is not None:
        return [[button("calls_brief", "calls.brief", task=str(task.id))]]
    return []


async def take(turn: Turn) -> Answer:
    """It is mine now; a task that a colleague has taken stays theirs, unless a manager takes it."""
    task = await task_of(turn, turn.args["task"])
    member = officer(turn, Right.TASKS)
    if task.state not in LIVE:
        raise Refusal("card.decided")
    if task.source.startswith("takeover/"):
        raise Refusal("desk.take_the_chat")  # a chat is taken by its own button
    if in_other_hands(task, member) and not has(turn, Right.APPROVE):
        colleague = await turn.session.get(Staff, task.assignee_id)
        raise Refusal("card.taken", {"name": colleague.name if colleague else ""})
    task.state, task.assignee_id, task.touched_at = "taken", member.id, turn.now
    await audit(turn.session, turn.actor, "task.taken", f"task/{task.id}", turn.now)
    return await shown(turn, task, edit=True)


def in_other_hands(task: StaffTask, member: Staff) -> bool:
    """A colleague is at it. A task that is only their share is whoever's who begins it."""
    return task.state != "open" and task.assignee_id not in (None, member.id)


def begin(turn: Turn, task: StaffTask) -> None:
    """Whoever does a task that nobody had begun has done it, whosever share it was."""
    if task.state == "open" or task.assignee_id is None:
        task.assignee_id = officer(turn, Right.TASKS).id


async def outcomes(turn: Turn) -> Answer:
    """What came of it: one tap."""
    task = await task_of(turn, turn.args["task"])
    if task.kind == DESPAIR:
        return await shown(turn, task)
    buttons = [turn.button(f"outcome_{each}", "desk.done", task=str(task.id), outcome=each) for each in OUTCOMES]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say("desk.which_outcome", *rows),))


async def done(turn: Turn) -> Answer:
    task = await task_of(turn, turn.args["task"])
    return await _closed(turn, task, "done", turn.args["outcome"] if turn.args["outcome"] in OUTCOMES else "other")


async def _closed(turn: Turn, task: StaffTask, state: str, outcome: str, note: str = "") -> Answer:
    if task.state not in LIVE:
        raise Refusal("card.decided")
    if task.kind == DESPAIR:  # it has outcomes of its own
        return await shown(turn, task)
    await settle(turn, task, state, outcome, note)
    row = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    if account is not None:
        row.insert(0, turn.button("followup", "followup.start", reusable=True, code=account.code))
    if state == "done":
        row.append(turn.button("case_propose", "cases.propose", reusable=True, task=str(task.id)))
    fields = {"kind": kind_words(turn, task.kind), "outcome": turn.words(f"button.outcome_{outcome}")}
    return Answer((turn.say(f"desk.{state}", row, edit=not turn.text, fields=fields),))


async def settle(turn: Turn, task: StaffTask, state: str, outcome: str, note: str = "") -> None:
    """Close a live task: done or dropped, by whoever has it, else by the one who writes."""
    begin(turn, task)
    task.state, task.outcome, task.closed_at, task.touched_at = state, outcome, turn.now, turn.now
    task.note = "\n".join(filter(None, (task.note, note)))
    if task.kind == "hold":
        await release(turn.session, task.source, turn.now)  # its time was over; staff have looked
    await audit(turn.session, turn.actor, f"task.{state}", f"task/{task.id}", turn.now, {"outcome": outcome})


async def drop(turn: Turn) -> Answer:
    """Nothing will be done: the reason is asked first."""
    task = await task_of(turn, turn.args["task"])
    return Answer((turn.say("desk.why_drop"),), expect="desk.drop", memory={"task": str(task.id)})


async def drop_reason(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    task = await task_of(turn, turn.memory["task"])
    return await _closed(turn, task, "dropped", "other", turn.text[:500])


async def note(turn: Turn) -> Answer:
    task = await task_of(turn, turn.args["task"])
    return Answer((turn.say("desk.which_note"),), expect="desk.note", memory={"task": str(task.id)})


async def note_words(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    task = await task_of(turn, turn.memory["task"])
    member = officer(turn, Right.TASKS)
    task.note = "\n".join(filter(None, (task.note, f"{turn.today.isoformat()} {member.name}: {turn.text[:500]}")))
    task.touched_at = turn.now
    await audit(turn.session, turn.actor, "task.note", f"task/{task.id}", turn.now)
    return await shown(turn, task)


async def later(turn: Turn) -> Answer:
    """Another day for it."""
    task = await task_of(turn, turn.args["task"])
    days = [turn.today + timedelta(days=n) for n in POSTPONE_DAYS]
    row = [
        Choice(day_words(day, turn.language), "desk.postpone", {"task": str(task.id), "date": day.isoformat()})
        for day in days
    ]
    return Answer((turn.say("desk.which_day", row),), expect="desk.later", memory={"task": str(task.id)})


async def day_chosen(turn: Turn) -> Answer:
    return await _postponed(turn, turn.args["task"], date.fromisoformat(turn.args["date"]))


async def day_typed(turn: Turn) -> Answer | None:
    """A day in words or as 2026-12-04."""
    day = turn.reading.slots.day if turn.reading is not None else None
    if day is None:
        return None
    return await _postponed(turn, turn.memory["task"], day)


async def _postponed(turn: Turn, task_id: str, day: date) -> Answer:
    task = await task_of(turn, task_id)
    if task.state not in LIVE:
        raise Refusal("card.decided")
    if not turn.today < day <= turn.today + timedelta(days=POSTPONE_DAYS_MAX):
        raise Refusal("desk.day_out_of_range", {"days": str(POSTPONE_DAYS_MAX)})
    policy = turn.office.policy(turn.office.kind)
    task.due_at, task.touched_at = at_local(day, policy.window_until, turn.office.zone), turn.now
    await audit(turn.session, turn.actor, "task.postponed", f"task/{task.id}", turn.now, {"to": day.isoformat()})
    row = [turn.button("desk_tasks", "desk.tasks", reusable=True)]
    return Answer((turn.say("desk.postponed", row, day=day_words(day, turn.language)),))
