"""Who does a task: give it to a colleague, take it back, put it back; and how much everybody has in hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time

from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Address, Answer, Choice, Kind, OutgoingMessage
from domain.roles import Right
from handlers import person
from handlers.desk import in_other_hands, shown
from handlers.duty import last_day_of_rest
from handlers.labels import kind_words
from handlers.notes import at_desk, send, toward
from handlers.scopes import has, officer, task_of
from handlers.turn import Turn
from models.accounts import Account
from models.dialogue import Takeover
from models.queue import Load, colleagues, give_back, share, shares, workload
from models.staff import LIVE, Staff, StaffTask, audit, members

COLLEAGUES_SHOWN = 12
LOADS_SHOWN = 20


def may_move(turn: Turn, task: StaffTask) -> bool:
    """Whoever has it in hand may pass it on; what nobody has begun, everybody; a manager may move all."""
    return not in_other_hands(task, officer(turn, Right.TASKS)) or has(turn, Right.APPROVE)


async def give(turn: Turn) -> Answer:
    """To whom? Those who look after the task's community, with what they have in hand."""
    task = await _movable(turn, turn.args["task"])
    now_with = task.assignee_id
    others = [each for each in await colleagues(turn.session, task.community_id) if each.id != now_with]
    if not others:
        raise Refusal("assign.nobody_else")
    buttons = [
        Choice(each.name[:30], "desk.given", {"task": str(task.id), "to": str(each.id)})
        for each in others[:COLLEAGUES_SHOWN]
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    rows.append([turn.button("desk_back_to_task", "desk.task", reusable=True, task=str(task.id))])
    return Answer((turn.say("assign.to_whom", *rows, kind=Kind.REPLY, fields={"kind": kind_words(turn, task.kind)}),))


async def given(turn: Turn) -> Answer:
    """The colleague hears of it at once; the one who gave it may take it back."""
    task = await _movable(turn, turn.args["task"])
    to = await turn.session.get(Staff, int(turn.args["to"]))
    allowed = await colleagues(turn.session, task.community_id)
    if to is None or to.id not in {each.id for each in allowed}:
        raise Refusal("assign.not_this_one")
    return await _move(turn, task, to)


async def take_back(turn: Turn) -> Answer:
    """The one who gave it changes their mind: it is theirs again, unless it went on meanwhile."""
    task = await task_of(turn, turn.args["task"])
    member = officer(turn, Right.TASKS)
    if task.state not in LIVE or str(task.assignee_id or "") != turn.args["given_to"]:
        raise Refusal("assign.went_on")
    await _assign(turn, task, member, "task.taken_back")
    return await shown(turn, task, edit=True)


async def put_back(turn: Turn) -> Answer:
    """Nobody's again: the next colleague may take it."""
    task = await _movable(turn, turn.args["task"])
    talk = await _talk(turn, task)
    cards: tuple[OutgoingMessage, ...] = ()
    if talk is not None:
        talk.state, talk.staff_id = "waiting", None
        task.due_at, task.escalated_at = turn.office.desk.deadline(turn.now, turn.office.zone), None
        cards = await person.requeue(turn, talk, task.due_at)
    task.state, task.assignee_id, task.touched_at = "open", None, turn.now
    await audit(turn.session, turn.actor, "task.put_back", f"task/{task.id}", turn.now)
    return (await shown(turn, task, edit=True)).also(*cards)


async def leave(turn: Turn, member: Staff) -> tuple[OutgoingMessage, ...]:
    """A colleague is on the staff no more, or may no longer work on tasks: what they had in hand is open again."""
    due_at = turn.office.desk.deadline(turn.now, turn.office.zone)
    talks = await give_back(turn.session, member, due_at)
    await share(turn.session, await shares(turn.session, member.community_id, turn.now, nobodys=True))
    return tuple([card for talk in talks for card in await person.requeue(turn, talk, due_at)])


async def reshare(turn: Turn) -> Answer:
    """Who would have how much if everything that nobody has begun were shared anew; nothing is done yet."""
    return await _previewed(turn, "assign.preview")


async def _previewed(turn: Turn, template: str) -> Answer:
    member = officer(turn, Right.APPROVE)
    found = await shares(turn.session, member.community_id, turn.now)
    if not found.moved:
        row = [turn.button("desk_loads", "desk.loads", reusable=True)]
        return Answer((turn.say("assign.even", row, edit=True),))
    names = await _names(turn, [*found.before, *found.after])
    order = sorted(names, key=lambda each: (each is None, each or 0))
    lines = [
        turn.words(
            "assign.shift", name=names[each], before=str(found.before.get(each, 0)), after=str(found.after.get(each, 0))
        )
        for each in order
        if found.before.get(each, 0) or found.after.get(each, 0)
    ]
    row = [
        turn.button("desk_reshare_yes", "desk.reshare_yes", outcome=found.digest),
        turn.button("desk_loads", "desk.loads", reusable=True),
    ]
    return Answer((turn.say(template, row, edit=True, number=str(found.moved), lines="\n".join(lines)),))


async def _names(turn: Turn, staff_ids: Iterable[int | None]) -> dict[int | None, str]:
    people = {each.id: each for each, _ in await members(turn.session)}
    return {each: people[each].name if each is not None else turn.words("desk.nobody") for each in staff_ids}


async def reshare_yes(turn: Turn) -> Answer:
    """What was previewed and nothing else: where something changed meanwhile, the new figures are shown first."""
    member = officer(turn, Right.APPROVE)
    found = await shares(turn.session, member.community_id, turn.now)
    if found.digest != turn.args["outcome"]:
        return await _previewed(turn, "assign.preview_anew")
    moved = await share(turn.session, found)
    await audit(turn.session, turn.actor, "task.shared", f"staff/{member.id}", turn.now, {"tasks": moved})
    row = [turn.button("desk_loads", "desk.loads", reusable=True)]
    cards = [
        await _share_card(turn, staff_id, number)
        for staff_id, number in sorted(found.gained.items(), key=_by_id)
        if staff_id
    ]
    return Answer(
        (turn.say("assign.shared", row, edit=True, number=str(moved)), *(card for each in cards for card in each))
    )


def _by_id(gained: tuple[int | None, int]) -> int:
    return gained[0] or 0


async def _share_card(turn: Turn, staff_id: int, number: int) -> tuple[OutgoingMessage, ...]:
    """A colleague hears of what has become theirs."""
    to, giver = await turn.session.get_one(Staff, staff_id), officer(turn, Right.APPROVE)
    if not to.chat or to.channel not in turn.office.channels or to.id == giver.id:
        return ()
    desk = at_desk(toward(turn, Address(to.channel, to.chat), turn.office.language))
    row = [desk.button("desk_tasks", "desk.tasks", reusable=True, part="mine")]
    return send(desk, desk.say("assign.share_card", row, kind=Kind.STAFF_CARD, name=giver.name, number=str(number)))


async def _move(turn: Turn, task: StaffTask, to: Staff) -> Answer:
    giver = officer(turn, Right.TASKS)
    await _assign(turn, task, to, "task.given")
    card = await _card(turn, task, to, giver)
    rows = [
        turn.button("desk_take_back", "desk.take_back", task=str(task.id), given_to=str(to.id)),
        turn.button("desk_tasks", "desk.tasks", reusable=True),
    ]
    told = "assign.given" if card else "assign.given_unheard"
    fields = {"kind": kind_words(turn, task.kind), "name": to.name}
    return Answer((turn.say(told, rows, edit=True, fields=fields), *card))


async def _assign(turn: Turn, task: StaffTask, to: Staff, action: str) -> None:
    task.state, task.assignee_id, task.touched_at = "taken", to.id, turn.now
    talk = await _talk(turn, task)
    if talk is not None:
        talk.staff_id = to.id
    await audit(turn.session, turn.actor, action, f"task/{task.id}", turn.now, {"to": to.id})


async def _card(turn: Turn, task: StaffTask, to: Staff, giver: Staff) -> tuple[OutgoingMessage, ...]:
    if not to.chat or to.channel not in turn.office.channels or to.id == giver.id:
        return ()
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    desk = at_desk(toward(turn, Address(to.channel, to.chat), turn.office.language, account))
    row = [desk.button("desk_open", "desk.task", reusable=True, task=str(task.id))]
    talk = await _talk(turn, task)
    if talk is not None:
        row.append(desk.button("reply", "person.reply", reusable=True, takeover=str(talk.id)))
    fields = {
        "name": giver.name,
        "kind": kind_words(desk, task.kind),
        "code": account.code if account else "—",
        "summary": task.summary or "—",
    }
    return send(desk, desk.say("assign.card", row, kind=Kind.STAFF_CARD, fields=fields))


async def _talk(turn: Turn, task: StaffTask) -> Takeover | None:
    """The running talk that the task is about."""
    about, _, number = task.source.partition("/")
    talk = await turn.session.get(Takeover, int(number)) if about == "takeover" else None
    return talk if talk is not None and talk.state == "live" else None


async def _movable(turn: Turn, task_id: str) -> StaffTask:
    task = await task_of(turn, task_id)
    if task.state not in LIVE:
        raise Refusal("card.decided")
    if not may_move(turn, task):
        colleague = await turn.session.get(Staff, task.assignee_id)
        raise Refusal("card.taken", {"name": colleague.name if colleague else ""})
    return task


async def loads(turn: Turn) -> Answer:
    """Everybody's tasks: open, late, done today."""
    member = officer(turn, Right.APPROVE)
    midnight = at_local(turn.today, time(), turn.office.zone)
    found = await workload(turn.session, member.community_id, turn.now, midnight)
    lines = "\n".join(_load(turn, each) for each in [*found[:-1][:LOADS_SHOWN], found[-1]])
    row = [
        turn.button("desk_reshare", "desk.reshare", reusable=True),
        turn.button("duty", "duty.show", reusable=True),
        turn.button("desk_tasks", "desk.tasks", reusable=True),
    ]
    return Answer((turn.say("assign.loads", row, edit=True, lines=lines),))


def _load(turn: Turn, load: Load) -> str:
    fields = {"open": str(load.open), "late": str(load.late), "done": str(load.done)}
    line = turn.words("assign.load", name=load.name or turn.words("desk.nobody"), **fields)
    day = last_day_of_rest(turn, load.off_until)
    return turn.words("assign.off_duty", line=line, day=day) if day else line
