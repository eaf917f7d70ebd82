"""A home or a pupil whose situation has changed: each way of changing has its own consequence, and staff decide on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain import keys
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.wording import day_words
from handlers import errand, hardship
from handlers.errand import TEXT_MAX
from handlers.household import ask_which, press, said, settle_on, tone_of, words_of
from handlers.notes import at_desk, beside, decider, send, to_staff
from handlers.renewal.offered import SCHOOL
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import open_offer
from models.parting import part
from models.people import hand_payer_on
from models.staff import StaffTask, audit, close_task, open_task, task_by_key

LOOK_WITHIN = timedelta(days=2)
HOME_CASES = ("sold", "let", "tenant", "leaving", "vacant", "wrong")
PUPIL_CASES = ("left", "wrong")
NO_PAUSE = ("let", "leaving")  # somebody goes on paying: nothing has to wait
# What staff can do about each case with one tap on its card.
DECISIONS = {
    "sold": "new_owner",
    "tenant": "owner_pays",
    "vacant": "mark_vacant",
    "wrong": "new_owner",
    "left": "new_owner",
    "leaving": "new_owner",
}
LEAVING, DAY = "leaving", "moved.day"


async def tell(turn: Turn) -> Answer | None:
    """In words or by button. Unclear words are taken down all the same, and the cases offered."""
    if (which := await ask_which(turn, "moved.tell")) is not None:
        return which
    if "bereavement" in tone_of(turn):
        return await hardship.listen(turn)
    known = turn.args.get("case", "")
    school = turn.household.kind == SCHOOL
    cases = PUPIL_CASES if school else HOME_CASES
    case = known if known in cases else ""
    if (
        school
        and not case
        and turn.reading is not None
        and "renew_no" in {each.intent for each in turn.reading.intents}
    ):
        return None  # a move is why they don't renew, and taken down with that
    day = _day_out(turn, case)
    due = day_words(day, turn.language) if day is not None else ""
    rows, fields = _rows(turn, case, cases), {**turn.called(), "hotline": turn.office.hotline, "due": due}
    if not case and not words_of(turn):
        return Answer((turn.say("moved.ask", *rows, fields=fields),))
    if case:  # what was unclear before is clear now
        staff_id = turn.staff.id if turn.staff else None
        for unclear in ("", LEAVING) if day is not None else ("",):
            await close_task(
                turn.session, _source(_subject(turn, unclear)), turn.now, staff_id=staff_id, outcome="clear"
            )
    task, cards = await _note(turn, case, day)
    if case == "left" and (offer := await open_offer(turn.session, turn.household.id, turn.today)) is not None:
        offer.state, offer.reason = "no", "left"
    done = f"task/{task.id}" if task is not None else ""
    if case == LEAVING and day is None:
        when = turn.say("moved.leaving_when", *rows, fields=fields)
        return Answer((when, *cards), DAY, {"about": "vacant_moved"}, done=done)
    return Answer(
        (turn.say(f"moved.{case or 'which'}", *rows, fields=fields), *cards),
        "errand.more",
        {"about": "vacant_moved"},
        done=done,
    )


async def leaving(turn: Turn) -> Answer | None:
    """ "I move out on the 15th": what is owed until that day is settled and the home handed over; a colleague sees to it in time."""
    if turn.household.kind == SCHOOL or await talks_with_staff(turn):
        return None
    return await _leaving(turn)


async def day_typed(turn: Turn) -> Answer | None:
    """The day, after it was asked for; other words go to the colleague as they are."""
    return await _leaving(turn) if said(turn).day is not None else await errand.more(turn)


async def _leaving(turn: Turn) -> Answer | None:
    day = said(turn).day
    turn.args = {"case": LEAVING} | ({"date": day.isoformat()} if day is not None and day >= turn.today else {})
    return await tell(turn)


def _day_out(turn: Turn, case: str) -> date | None:
    """The day on which they move out, where it is known."""
    return date.fromisoformat(turn.args["date"]) if case == LEAVING and "date" in turn.args else None


def _rows(turn: Turn, case: str, cases: tuple[str, ...]) -> list[list[Choice]]:
    person = press(turn, "person", "person.ask")
    if not case:
        buttons = [press(turn, f"moved_{each}", "moved.tell", case=each) for each in cases]
        return [buttons[n : n + 2] for n in range(0, len(buttons), 2)] + [[person]]
    if case == "wrong":
        return [[press(turn, "not_mine", "settings.unbind_yes", reusable=False), person]]
    if case in ("sold", "left"):
        return [[press(turn, "unbind", "settings.unbind"), person]]
    return [[press(turn, "bill", "bill.show"), person]]


async def _note(turn: Turn, case: str, day: date | None) -> tuple[StaffTask | None, tuple[OutgoingMessage, ...]]:
    """The task and its card; reminders wait for it, as long as its clock runs. A day's further words are no second task."""
    desk, account = at_desk(turn), turn.household
    fields = {
        "code": account.code,
        "case": desk.words(f"moved.card_{case or 'unclear'}", due=day_words(day, desk.language) if day else ""),
        "text": words_of(turn)[:TEXT_MAX] or "—",
    }
    subject = _subject(turn, case, day)
    args = {"account": str(account.id), "person": str(turn.person.id if turn.person else 0), "subject": subject}
    row = [Choice(desk.words("button.moved_as_is"), "moved.as_is", args, reusable=True)]
    if (decision := DECISIONS.get(case)) is not None:
        row.insert(0, Choice(desk.words(f"button.moved_{decision}"), f"moved.{decision}", args, reusable=True))
    card = desk.say("card.moved", row, fields=desk.called() | fields)
    task = await open_task(
        turn.session,
        key=keys.task("moved", subject),
        kind="moved",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=_look_by(turn, day),
        source=_source(subject),
        blocks=case not in NO_PAUSE,
    )
    if task is None:
        return None, ()
    await audit(turn.session, turn.actor, "moved", f"account/{account.id}", turn.now, {"case": case})
    return task, await to_staff(turn, card)


def _look_by(turn: Turn, day: date | None) -> datetime:
    """Two days; where they move out later, the evening before they do."""
    soon = turn.now + LOOK_WITHIN
    if day is None:
        return soon
    return max(soon, at_local(day - timedelta(days=1), turn.policy.window_until, turn.office.zone))


def _subject(turn: Turn, case: str, day: date | None = None) -> str:
    return f"{turn.household.id}/{case or 'unclear'}/{(day or turn.today).isoformat()}"


def _source(subject: str) -> str:
    return f"moved/{subject}"[:40]


# what staff decide


async def new_owner(turn: Turn) -> Answer:
    """The person no longer belongs to the household: unbound, and told so."""
    account = await _undecided(turn)
    there = await beside(turn, int(turn.args["person"]), account)
    await part(turn.session, account.id, int(turn.args["person"]), turn.now)
    told = there.say("moved.done_new_owner", kind=Kind.RECEIPT, fields=there.called()) if there else None
    return await _decided(turn, account, "new_owner", send(there, told))


async def owner_pays(turn: Turn) -> Answer:
    """Reminders go to the owner from now on; the tenant still sees what the owner shares."""
    account = await _undecided(turn)
    there = await beside(turn, int(turn.args["person"]), account)
    await hand_payer_on(turn.session, account.id, int(turn.args["person"]))
    told = there.say("moved.done_owner_pays", kind=Kind.RECEIPT, fields=there.called()) if there else None
    return await _decided(turn, account, "owner_pays", send(there, told))


async def mark_vacant(turn: Turn) -> Answer:
    """The home stands empty: noted in the file, where fee rules and staff see it."""
    account = await _undecided(turn)
    account.traits = ";".join(dict.fromkeys([*filter(None, account.traits.split(";")), "vacant"]))
    there = await beside(turn, int(turn.args["person"]), account)
    told = there.say("moved.done_vacant", kind=Kind.RECEIPT, fields=there.called()) if there else None
    return await _decided(turn, account, "mark_vacant", send(there, told))


async def as_is(turn: Turn) -> Answer:
    """Looked at; nothing changes."""
    account = await _undecided(turn)
    return await _decided(turn, account, "as_is", ())


async def _undecided(turn: Turn) -> Account:
    settle_on(turn)
    account = await turn.session.get(Account, int(turn.args["account"]), with_for_update=True)
    task = await task_by_key(turn.session, keys.task("moved", turn.args["subject"]))
    if account is None or task is None or task.state not in ("open", "taken"):
        raise Refusal("card.decided")
    decider(turn, account)
    return account


async def _decided(turn: Turn, account: Account, outcome: str, told: tuple[OutgoingMessage, ...]) -> Answer:
    source = _source(turn.args["subject"])
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome=outcome)
    await audit(turn.session, turn.actor, f"moved.{outcome}", f"account/{account.id}", turn.now)
    return Answer((turn.say(f"card.moved_{outcome}", edit=True, code=account.code), *told))
