"""The household's side of a visit: choosing an hour, another one, or none; by button or in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from domain import keys
from domain import visits as rules
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Kind, OutgoingMessage
from handlers.notes import at_desk, desk_of, send, to_staff
from handlers.turn import Turn
from handlers.visits.hours import SHOWN, buttons, free_hours, give, moment_words
from models.accounts import Account
from models.outbox import cancel_row
from models.staff import Staff, StaffTask, audit
from models.visits import LIVE_STATES, Visit, live_visit

STEP = "visits.when"
NO = re.compile(r"不用来|别来|不要来|不用上门|不必上门|取消|不约|no need|cancel|don't come", re.IGNORECASE)
NOT_THEN = re.compile(r"不方便|不行|没空|not convenient|can't make|cannot make", re.IGNORECASE)


async def mine(turn: Turn, visit_id: str) -> Visit:
    """A visit of one of the person's own households that is still to come."""
    visit = await turn.session.get(Visit, int(visit_id))
    account = next((each for each, _ in turn.households if visit is not None and each.id == visit.account_id), None)
    if visit is None or account is None or visit.state not in LIVE_STATES:
        raise Refusal("visits.over")
    turn.account = account
    return visit


def offered(there: Turn, visit: Visit, moments: list[datetime], template: str, **fields: str) -> OutgoingMessage:
    """Hours to choose from, and the ways not to choose one."""
    number = str(visit.id)
    rows = buttons(there, visit, moments, "visits.pick")
    rows.append(
        [
            there.button("visit_other", "visits.other", reusable=True, visit=number, skip=str(SHOWN)),
            there.button("visit_decline", "visits.decline", reusable=True, visit=number),
        ]
    )
    return there.say(template, *rows, fields=there.called() | fields)


async def pick(turn: Turn) -> Answer:
    """An hour by button."""
    visit = await mine(turn, turn.args["visit"])
    return await _agree(turn, visit, datetime.fromisoformat(turn.args["at"]))


async def _agree(turn: Turn, visit: Visit, moment: datetime) -> Answer:
    """The hour, if nobody was faster; else the nearest ones that are free."""
    if visit.state == "booked" and visit.starts_at == moment:
        return await _agreed(turn, visit, edit=False)
    moved = visit.state == "booked"
    if not await give(turn, visit, moment, "resident"):
        left = rules.nearest(await free_hours(turn, visit), moment, SHOWN)
        template = "visits.taken" if left else "visits.none_free"
        told = offered(turn, visit, left, template, at=moment_words(turn, moment), hotline=turn.office.hotline)
        return Answer((told,), expect=STEP, memory={"visit": str(visit.id)})
    action = "visit.moved" if moved else "visit.booked"
    await audit(turn.session, turn.actor, action, f"visit/{visit.id}", turn.now, {"at": moment.isoformat()})
    answer = await _agreed(turn, visit, edit=turn.message.choice is not None)
    return answer.also(*await tell_visitor(turn, visit, "card.visit_moved" if moved else "card.visit_booked"))


async def _agreed(turn: Turn, visit: Visit, *, edit: bool) -> Answer:
    assert visit.starts_at is not None
    visitor = await turn.session.get_one(Staff, visit.staff_id)
    number = str(visit.id)
    row = [
        turn.button("visit_change", "visits.change", reusable=True, visit=number),
        turn.button("visit_cancel", "visits.cancel", reusable=True, visit=number),
    ]
    fields = turn.called() | {"at": moment_words(turn, visit.starts_at), "name": visitor.name}
    return Answer((turn.say("visits.agreed", row, edit=edit, fields=fields),))


async def tell_visitor(turn: Turn, visit: Visit, template: str) -> tuple[OutgoingMessage, ...]:
    """A card to the colleague who comes; to the desk where they can't be written to."""
    account = await turn.session.get_one(Account, visit.account_id)
    at = moment_words(at_desk(turn), visit.starts_at) if visit.starts_at is not None else "—"
    desk = desk_of(turn, await turn.session.get(Staff, visit.staff_id), account)
    if desk is None:
        desk = at_desk(turn)
        card = desk.say(template, fields=desk.called(account) | {"code": account.code, "at": at})
        return await to_staff(turn, card, community_id=account.community_id)
    row = [desk.button("visits_route", "visits.route", reusable=True)]
    fields = desk.called(account) | {"code": account.code, "at": at}
    return send(desk, desk.say(template, row, kind=Kind.STAFF_CARD, fields=fields))


async def other(turn: Turn) -> Answer:
    """Further hours."""
    visit = await mine(turn, turn.args["visit"])
    return await _choose(turn, visit, "visits.which", int(turn.args.get("skip", "0")))


async def change(turn: Turn) -> Answer:
    """Another hour than the one agreed; until it is chosen, that one stands."""
    return await _choose(turn, await mine(turn, turn.args["visit"]), "visits.which")


async def _choose(turn: Turn, visit: Visit, template: str, skip: int = 0) -> Answer:
    hours = await free_hours(turn, visit)
    found = rules.spread(hours, turn.office.zone, SHOWN, skip) or rules.spread(hours, turn.office.zone, SHOWN)
    if not found:
        template = "visits.none_free"
    told = offered(turn, visit, found, template, at="", hotline=turn.office.hotline)
    return Answer((told,), expect=STEP, memory={"visit": str(visit.id)})


async def still_open(turn: Turn, memory: Mapping[str, str]) -> OutgoingMessage | None:
    """The hours of a visit once more, in one line, after something else was asked. None: there is no visit to agree on."""
    try:
        visit = await mine(turn, memory["visit"])
    except Refusal:
        return None
    hours = rules.spread(await free_hours(turn, visit), turn.office.zone, SHOWN)
    return turn.say("visits.still_when", *buttons(turn, visit, hours, "visits.pick")) if hours else None


async def decline(turn: Turn) -> Answer:
    """No visit; other ways are offered. Nobody asks again about this one."""
    return await _end(turn, await mine(turn, turn.args["visit"]))


async def cancel(turn: Turn) -> Answer:
    """The visit that was agreed is called off."""
    return await _end(turn, await mine(turn, turn.args["visit"]))


async def _end(turn: Turn, visit: Visit) -> Answer:
    state = await _close(turn, visit)
    rows = [
        [
            turn.button("pick_day", "promise.change", reusable=True, account=str(visit.account_id)),
            turn.button("person", "person.ask", reusable=True),
        ]
    ]
    told = turn.say(f"visits.{state}", *rows, fields=turn.called())
    return Answer((told, *await tell_visitor(turn, visit, f"card.visit_{state}")))


async def _close(turn: Turn, visit: Visit) -> str:
    """The visit is over before it was made: `cancelled` where an hour was agreed, else `declined`."""
    state = "cancelled" if visit.state == "booked" else "declined"
    visit.state, visit.closed_at = state, turn.now
    if visit.starts_at is not None:
        await cancel_row(turn.session, keys.visit_reminder(visit.id, visit.starts_at), "visit_over")
    await audit(turn.session, turn.actor, f"visit.{state}", f"visit/{visit.id}", turn.now)
    task = await turn.session.get(StaffTask, visit.task_id) if visit.task_id else None
    if task is not None:
        task.due_at = turn.office.desk.deadline(turn.now, turn.office.zone)
    return state


async def called_off(turn: Turn) -> Visit | None:
    """We call the household's visit off ourselves, where one is under way: that visit, as it was agreed."""
    visit = await live_visit(turn.session, turn.household.id)
    if visit is not None:
        await _close(turn, visit)
    return visit


async def typed(turn: Turn) -> Answer | None:
    """A day or an hour in words: exactly that hour where it is free, else the nearest; or that nobody need come."""
    try:
        visit = await mine(turn, turn.memory["visit"])
    except Refusal:
        return None
    return await _heard(turn, visit)


async def said(turn: Turn) -> Answer | None:
    """The same, long after the hours were offered: "can you come on Friday instead?", "no need to come"."""
    for account, _ in turn.households:
        visit = await live_visit(turn.session, account.id)
        if visit is not None:
            turn.account = account
            return await _heard(turn, visit) or await _stands(turn, visit)
    return None


async def _stands(turn: Turn, visit: Visit) -> Answer:
    """When somebody comes; without an hour yet, the hours there are."""
    if visit.state == "booked":
        return await _agreed(turn, visit, edit=False)
    return await _choose(turn, visit, "visits.which")


async def _heard(turn: Turn, visit: Visit) -> Answer | None:
    if NO.search(turn.text):
        return await _end(turn, visit)
    slots = turn.reading.slots if turn.reading is not None else None
    if NOT_THEN.search(turn.text):  # the day they name may well be the one that does not suit
        return await _choose(turn, visit, "visits.which")
    if slots is None or (slots.day is None and slots.hour is None):
        return None
    zone = turn.office.zone
    before = visit.starts_at.astimezone(zone) if visit.starts_at is not None else None
    day = slots.day or (before.date() if before is not None else turn.today)
    hours = await free_hours(turn, visit)
    if slots.hour is not None:
        return await _agree(turn, visit, at_local(day, slots.hour, zone))
    that_day = [each for each in hours if each.astimezone(zone).date() == day]
    wished = at_local(day, turn.office.visiting.hours[0], zone)
    found = that_day[:SHOWN] or rules.nearest(hours, wished, SHOWN)
    told = offered(
        turn, visit, found, "visits.which" if found else "visits.none_free", at="", hotline=turn.office.hotline
    )
    return Answer((told,), expect=STEP, memory={"visit": str(visit.id)})
