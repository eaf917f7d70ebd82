"""电催: whom to ring now, one at a time, the best first; who later, and who not at all, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from domain.calls import Place, Why
from domain.calls import queue as in_order
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.money import yuan
from domain.roles import Right
from domain.wording import day_words
from handlers.alarm import in_peace
from handlers.calling.brief import brief_of
from handlers.desk import in_other_hands
from handlers.labels import label
from handlers.scopes import has, officer, task_of
from handlers.turn import Turn
from models.accounts import Account
from models.calls import CALLED, ToCall, take_task, to_call, to_call_one, with_colleagues
from models.periods import FREE, open_reasons
from models.staff import LIVE, Staff, StaffTask, audit

SHOWN = 6
SKIPPED_MAX = 40
NOBODYS = "open"


async def queue(turn: Turn) -> Answer:
    """`/calls`, 电催: the first few with the reason for their place; one tap begins with the first."""
    member = officer(turn, Right.TASKS)
    found = await to_call(turn.session, turn.office, member, turn.now)
    mine = {each.task.id: each for each in found}
    places = in_order(
        (each.candidate for each in found if not each.blocked), turn.office.calling, turn.office.zone, turn.now
    )
    ready = [each for each in places if each.ready]
    await audit(turn.session, turn.actor, "calls.queue", f"staff/{member.id}", turn.now, {"households": len(found)})
    buttons = [
        Choice(f"{number} {mine[each.candidate.task_id].account.code}"[:30], "calls.brief", _args(each), reusable=True)
        for number, each in enumerate(ready[:SHOWN], start=1)
    ]
    rows = [[turn.button("calls_start", "calls.next", reusable=True)]] if ready else []
    rows += [buttons[n : n + 3] for n in range(0, len(buttons), 3)]
    rows.append([turn.button("desk_tasks", "desk.tasks", reusable=True)])
    lines = [line(turn, number, each, mine) for number, each in enumerate(ready[:SHOWN], start=1)]
    lines += _rest(turn, places, found)
    if not found:
        lines += await _why_nobody(turn, member)
    template = "calls.queue" if ready else "calls.none_now" if found else "calls.nobody"
    fields = {"number": str(len(ready)), "lines": "\n".join(lines)}
    return Answer((turn.say(template, *rows, edit=turn.message.choice is not None, fields=fields),))


def _args(found: Place) -> dict[str, str]:
    return {"task": str(found.candidate.task_id)}


def line(turn: Turn, number: int, found: Place, mine: dict[int, ToCall]) -> str:
    """`1. 3-1201 · 572.80 元 · 这个时段常能找到`."""
    about = mine[found.candidate.task_id]
    owed = turn.words("calls.owes", amount=yuan(found.candidate.at_risk_fen))
    fields = {
        "number": str(number),
        "code": about.account.code,
        "about": turn.words("calls.invites") if about.offer is not None else owed,
        "why": why_words(turn, found),
    }
    return turn.words("calls.line", **fields)


def why_words(turn: Turn, found: Place) -> str:
    """Why now, or why not yet and from when."""
    band = turn.words(f"calls.band_{found.band}") if found.band else ""
    if found.ready:
        return turn.words(f"calls.why_{found.why}", band=band)
    at = found.at.astimezone(turn.office.zone)
    moment = f"{day_words(at.date(), turn.language)} {at:%H:%M}"
    return turn.words("calls.from", why=turn.words(f"calls.why_{found.why}", band=band), at=moment)


def _rest(turn: Turn, places: Sequence[Place], found: Sequence[ToCall]) -> list[str]:
    """How many come later, by reason and from when, and how many are left alone and why."""
    lines = []
    later: dict[Why, list[Place]] = {}
    for each in places:
        if not each.ready:
            later.setdefault(each.why, []).append(each)
    for some in later.values():
        lines.append(turn.words("calls.later", number=str(len(some)), first=why_words(turn, some[0])))
    if Why.HOURS in later:
        calling = turn.office.calling
        lines.append(turn.words("calls.hours", hours=f"{calling.opens_at:%H:%M}–{calling.closes_at:%H:%M}"))
    alone = Counter(each.blocked for each in found if each.blocked)
    if alone:
        reasons = [f"{label(turn, 'why', reason)} {number}" for reason, number in alone.most_common()]
        comma = turn.words("list.comma")
        lines.append(turn.words("calls.left_alone", number=str(sum(alone.values())), reasons=comma.join(reasons)))
    return lines


async def _why_nobody(turn: Turn, member: Staff) -> list[str]:
    """Nobody is to be rung: what becomes of those who owe something that is due."""
    lines = []
    if number := await with_colleagues(turn.session, member):
        lines.append(turn.words("calls.with_colleagues", number=str(number)))
    owing = await open_reasons(turn.session, turn.today, member.community_id)
    for reason, (households, _) in sorted(owing.items(), key=lambda each: (each[0] == FREE, -each[1][0])):
        if reason == FREE:
            lines.append(turn.words("calls.not_yet", number=str(households)))
        else:
            lines.append(turn.words("calls.held", reason=label(turn, "why", reason), number=str(households)))
    return lines or [turn.words("calls.nothing_due")]


async def next_one(turn: Turn) -> Answer:
    """The first of the queue that nobody has: it is taken, so that two colleagues never ring the same household."""
    member = officer(turn, Right.TASKS)
    skipped = [each for each in turn.args.get("skipped", "").split(";") if each]
    found = {each.task.id: each for each in await to_call(turn.session, turn.office, member, turn.now)}
    open_ones = (each.candidate for each in found.values() if not each.blocked)
    for each in in_order(open_ones, turn.office.calling, turn.office.zone, turn.now):
        number = str(each.candidate.task_id)
        if not each.ready or number in skipped:
            continue
        chosen = found[each.candidate.task_id]
        was = before(chosen.task)
        if await take_task(turn.session, chosen.task.id, member.id, turn.now):
            return await _shown(turn, chosen, was, skipped)
    raise Refusal("calls.no_more")


async def brief(turn: Turn) -> Answer:
    """One household of the queue, or of a task's card."""
    task, account = await callable_task(turn, turn.args["task"])
    member, was = officer(turn, Right.TASKS), before(task)
    if not await take_task(turn.session, task.id, member.id, turn.now):
        raise Refusal("card.taken", {"name": await taker_name(turn, task)})
    chosen = await to_call_one(turn.session, turn.office, task, account, turn.now)
    return await _shown(turn, chosen, was, [])


def before(task: StaffTask) -> str:
    """Where a task goes back to when it is passed over: somebody's share, nobody's, or it was in hand already."""
    return task.state if task.state == "taken" or task.assignee_id is None else str(task.assignee_id)


async def _shown(turn: Turn, chosen: ToCall, was: str, skipped: Sequence[str]) -> Answer:
    await audit(turn.session, turn.actor, "account.read", f"account/{chosen.account.id}", turn.now, {"for": "call"})
    return await brief_of(turn, chosen, was, skipped[-SKIPPED_MAX:])


async def skip(turn: Turn) -> Answer:
    """Not this one now: it goes back where it was, and the next is shown."""
    task = await task_of(turn, turn.args["task"])
    member = officer(turn, Right.TASKS)
    if turn.args["was"] != "taken" and task.state == "taken" and task.assignee_id == member.id:
        task.state, task.assignee_id = "open", int(turn.args["was"]) if turn.args["was"] != NOBODYS else None
    skipped = [each for each in turn.args.get("skipped", "").split(";") if each]
    turn.args = {"skipped": ";".join([*skipped, str(task.id)])}
    return await next_one(turn)


async def callable_task(turn: Turn, task_id: str) -> tuple[StaffTask, Account]:
    """A live task that a call does, with its household; refused when a colleague has it in hand."""
    task = await task_of(turn, task_id)
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    if account is None or task.kind not in CALLED:
        raise Refusal("desk.no_task")
    if task.state not in LIVE:
        raise Refusal("card.decided")
    member = officer(turn, Right.TASKS)
    if in_other_hands(task, member) and not has(turn, Right.APPROVE):
        raise Refusal("card.taken", {"name": await taker_name(turn, task)})
    await in_peace(turn, account)
    return task, account


async def taker_name(turn: Turn, task: StaffTask) -> str:
    colleague = await turn.session.get(Staff, task.assignee_id) if task.assignee_id else None
    return colleague.name if colleague else ""
