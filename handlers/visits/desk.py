"""The staff's side of a visit: offering hours, an hour agreed by telephone, and the round of a day by building."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

from domain import visits as rules
from domain.errors import Refusal
from domain.gate import Facts, Send, gate
from domain.messages import Answer, Choice, Kind
from domain.money import yuan
from domain.roles import Right
from domain.wording import day_words, salutation, short_room
from handlers.alarm import in_peace
from handlers.consequences import payer_of
from handlers.desk import in_other_hands
from handlers.labels import label, why_words
from handlers.notes import beside, send
from handlers.scopes import has, household_of, looks_after, officer, task_of
from handlers.turn import Turn
from handlers.visits.hours import SHOWN, buttons, free_hours, give, moment_words
from handlers.visits.resident import STEP, offered
from models.accounts import Account
from models.agreements import live_holds
from models.calls import live_tasks, take_task
from models.dialogue import remember
from models.people import contacts_of
from models.staff import LIVE, StaffTask, audit
from models.visits import LIVE_STATES, Stop, Visit, count_visits, live_visit, offer_visit, round_of

COUNTED = ("booked", "done", "missed")
DAYS_SHOWN = 3
NOT_TO_BE_VISITED = ("hardship", "complaint")


async def command(turn: Turn) -> Answer:
    """`/visit`, 上门: the round of today; `/visit CODE`: hours are offered to that household."""
    word = turn.argument.partition(" ")[0]
    if not word:
        return await round_of_day(turn)
    try:
        turn.args = {"date": date.fromisoformat(word).isoformat()}
    except ValueError:
        turn.args = {"code": word}
        return await start(turn)
    return await round_of_day(turn)


async def start(turn: Turn) -> Answer:
    """Offer hours to a household, from its card, its call or its task. The household chooses; nobody comes unasked."""
    member = officer(turn, Right.TASKS)
    task, account = await _wanted(turn)
    visit = await live_visit(turn.session, account.id)
    if visit is not None and visit.state == "booked" and visit.starts_at is not None:
        raise Refusal("visits.booked_before", {"code": account.code, "at": moment_words(turn, visit.starts_at)})
    await _within_limits(turn, account)
    if task is not None and not await take_task(turn.session, task.id, member.id, turn.now):
        raise Refusal("card.decided")
    if visit is None:
        task_id = task.id if task is not None else None
        visit = await offer_visit(turn.session, account.id, task_id, member.id, turn.now)
    if visit is None:
        raise Refusal("visits.under_way", {"code": account.code})
    await audit(turn.session, turn.actor, "visit.offered", f"visit/{visit.id}", turn.now)
    by_phone = [[turn.button("visit_by_phone", "visits.by_phone", reusable=True, visit=str(visit.id))]]
    hours = rules.spread(await free_hours(turn, visit), turn.office.zone, SHOWN)
    if not hours:
        raise Refusal("visits.no_hours")
    there, why = await _chat_of(turn, account)
    if there is None:
        return Answer((turn.say("visits.ask_by_phone", *by_phone, code=account.code, why=why),))
    contact = (await contacts_of(turn.session, there.person.id))[0] if there.person is not None else None
    if contact is not None:
        key = (contact.channel, contact.chat, contact.user)
        memory = {"visit": str(visit.id)}
        await remember(turn.session, *key, turn.now, step=STEP, memory=memory, menu=None, account_id=account.id)
    message = offered(there, visit, hours, "visits.offer", name=member.name, office=turn.office.name)
    told = turn.say("visits.offered", *by_phone, code=account.code, fields=turn.called(account))
    return Answer((told, *send(there, replace(message, kind=Kind.STAFF_REPLY))))


async def _wanted(turn: Turn) -> tuple[StaffTask | None, Account]:
    """The task a visit is for, where there is one, and the household."""
    if "task" not in turn.args:
        home = await household_of(turn, turn.args["code"], Right.TASKS)
        waiting = await live_tasks(turn.session, home.id, ("visit",))
        member = officer(turn, Right.TASKS)
        return next((each for each in waiting if not in_other_hands(each, member)), None), home
    task = await task_of(turn, turn.args["task"])
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    if account is None:
        raise Refusal("desk.no_task")
    if task.state not in LIVE:
        raise Refusal("card.decided")
    member = officer(turn, Right.TASKS)
    if in_other_hands(task, member) and not has(turn, Right.APPROVE):
        raise Refusal("card.taken", {"name": ""})
    return task, account


async def _within_limits(turn: Turn, account: Account) -> None:
    """A household in hard times, one that is heard with a complaint, or one that was called on lately, is left in peace."""
    await in_peace(turn, account)
    held = [each.reason for each in await live_holds(turn.session, [account.id]) if each.bill_id is None]
    if reason := next((each for each in NOT_TO_BE_VISITED if each in held), ""):
        raise Refusal("visits.not_now", {"code": account.code, "why": label(turn, "why", reason)})
    since, most = turn.now - rules.LIMIT_DAYS, turn.office.visiting.per_month
    if await count_visits(turn.session, account.id, since, COUNTED) >= most:
        raise Refusal("visits.often_enough", {"code": account.code, "number": str(most)})
    missed = await count_visits(turn.session, account.id, since, ("missed",))
    if missed >= turn.office.visiting.not_home_max:
        raise Refusal("visits.often_enough", {"code": account.code, "number": str(missed)})


async def _chat_of(turn: Turn, account: Account) -> tuple[Turn | None, str]:
    """The payer's chat, unless it can't be written to now; then why."""
    payer = await payer_of(turn, account)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if payer is None or there is None:
        return None, turn.words("account.no_chat")
    facts = Facts(stopped=payer.stopped_at is not None)
    verdict = gate(Kind.STAFF_REPLY, facts, turn.office.policy(account.kind), turn.office.zone, turn.now)
    warning = verdict.warning if isinstance(verdict, Send) else None
    return (None, why_words(turn, warning)) if warning is not None else (there, "")


# an hour agreed by telephone


async def by_phone(turn: Turn) -> Answer:
    """The household said on the telephone when somebody may come."""
    visit, _ = await own_visit(turn, turn.args["visit"], LIVE_STATES)
    hours = rules.spread(await free_hours(turn, visit), turn.office.zone, 2 * SHOWN)
    if not hours:
        raise Refusal("visits.no_hours")
    return Answer((turn.say("visits.which_said", *buttons(turn, visit, hours, "visits.book")),))


async def book_for(turn: Turn) -> Answer:
    visit, account = await own_visit(turn, turn.args["visit"], LIVE_STATES)
    moment = datetime.fromisoformat(turn.args["at"])
    if not await give(turn, visit, moment, "staff"):
        left = rules.nearest(await free_hours(turn, visit), moment, SHOWN)
        rows = buttons(turn, visit, left, "visits.book")
        return Answer((turn.say("visits.taken_desk", *rows, at=moment_words(turn, moment)),))
    detail = {"at": moment.isoformat(), "by": "phone"}
    await audit(turn.session, turn.actor, "visit.booked", f"visit/{visit.id}", turn.now, detail)
    row = [turn.button("visits_route", "visits.route", reusable=True)]
    fields = turn.called(account) | {"code": account.code, "at": moment_words(turn, moment)}
    return Answer((turn.say("card.visit_booked", row, edit=True, fields=fields),))


async def own_visit(turn: Turn, visit_id: str, states: tuple[str, ...]) -> tuple[Visit, Account]:
    """A visit of the member's own communities in one of these states, with its household."""
    member = officer(turn, Right.TASKS)
    visit = await turn.session.get(Visit, int(visit_id), with_for_update=True)
    account = await turn.session.get(Account, visit.account_id) if visit is not None else None
    if visit is None or account is None or not looks_after(member, account.community_id):
        raise Refusal("desk.no_task")
    if visit.state not in states:
        raise Refusal(
            "visits.written_before", {"code": account.code, "state": turn.words(f"visit_state.{visit.state}")}
        )
    return visit, account


# the round of a day


async def round_of_day(turn: Turn) -> Answer:
    """The stops of one day by building, then by hour, with what is open there and what to take along."""
    member = officer(turn, Right.TASKS)
    day = date.fromisoformat(turn.args["date"]) if "date" in turn.args else turn.today
    stops = await round_of(turn.session, turn.office, member, day)
    await audit(turn.session, turn.actor, "visits.route", f"staff/{member.id}", turn.now, {"stops": len(stops)})
    days = [turn.today + timedelta(days=n) for n in range(DAYS_SHOWN)]
    rows = [
        [
            Choice(day_words(each, turn.language), "visits.route", {"date": each.isoformat()}, reusable=True)
            for each in days
            if each != day
        ]
    ]
    results = [
        Choice(stop.account.code[:30], "visits.result", {"visit": str(stop.visit.id)}, reusable=True)
        for stop in stops
        if stop.visit.state == "booked" and day <= turn.today
    ]
    rows = [*(results[n : n + 3] for n in range(0, len(results), 3)), *rows]
    rows.append([turn.button("visit_checklist", "visits.checklist", reusable=True)])
    if any(stop.visit.state == "booked" for stop in stops):
        rows[-1].append(turn.button("visits_sheet", "papers.route", reusable=True, date=day.isoformat()))
    lines = []
    for building, here in groupby(stops, key=lambda stop: stop.account.building):
        lines += [f"【{building or '—'}】", *(_stop(turn, stop) for stop in here)]
    template = "visits.round" if stops else "visits.no_round"
    fields = {"day": day_words(day, turn.language), "number": str(len(stops)), "lines": "\n".join(lines)}
    return Answer((turn.say(template, *rows, edit=turn.message.choice is not None, fields=fields),))


def _stop(turn: Turn, stop: Stop) -> str:
    assert stop.visit.starts_at is not None
    at = stop.visit.starts_at.astimezone(turn.office.zone)
    account = stop.account
    fields = {
        "at": f"{at:%H:%M}",
        "who": f"{short_room(account.room)} {salutation(account.payer_name, turn.language)}",
        "code": account.code,
        "amount": yuan(stop.open_fen),
        "name": stop.visitor,
        "state": "" if stop.visit.state == "booked" else turn.words(f"visit_state.{stop.visit.state}"),
    }
    return turn.words("visits.stop", **fields)


async def checklist(turn: Turn) -> Answer:
    """What to take along and how to speak at the door."""
    officer(turn, Right.TASKS)
    steps = turn.office.library.script("visit", turn.language)
    lines = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return Answer((turn.say("visits.checklist", lines=lines or "—"),))
