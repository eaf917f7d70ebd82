"""Are your details right? (信息): asked once a year or looked at unasked; "all fine" is noted, a change goes to the staff."""

from __future__ import annotations

from domain.details import WAITING, Cause, State, own_lines
from domain.errors import Refusal
from domain.messages import Answer
from handlers import errand
from handlers.notes import at_desk, to_staff
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.details import DetailsCheck, asked_just_now, homes_of, note_check, open_check
from models.people import Person, contacts_of
from models.staff import audit

STEP = "details.words"
PASSED_ON = "vacant_moved"  # a home that was sold or let has a conversation of its own


async def show(turn: Turn) -> Answer:
    """`/details`: what is on file about this person; with words behind it they are the change itself."""
    if turn.argument.strip():
        return await _tell(turn, turn.argument.strip())
    person = _person(turn)
    chats = [each.channel for each in await contacts_of(turn.session, person.id)]
    ours = [each for each in chats if each in turn.office.channels]
    lines = own_lines(turn.office.wording, turn.language, await homes_of(turn.session, person.id, turn.language), ours)
    row = (turn.button("details_right", "details.right"), turn.button("details_change", "details.change"))
    return Answer((turn.say("details.shown", row, fields={"who": turn.called()["who"], "lines": lines}),))


async def right(turn: Turn) -> Answer:
    """One tap: all of it is right. A change that was told meanwhile stays with the staff."""
    check = await _check(turn)
    if check.state == State.CHANGE:
        return Answer((turn.say("details.passed_on"),))
    check.state, check.answered_at = State.RIGHT, turn.now
    await audit(turn.session, turn.actor, "details.right", f"account/{check.account_id}", turn.now)
    return Answer((turn.say("details.thanks"),))


async def nodded(turn: Turn) -> Answer | None:
    """A bare yes right under the question."""
    check = await asked_just_now(turn.session, turn.here)
    if check is None or turn.person is None or check.person_id != turn.person.id:
        return None
    turn.args = {"check": str(check.id)}
    return await right(turn)


async def change(turn: Turn) -> Answer:
    """Something is not right any more: what, in their own words."""
    _person(turn)
    asked = turn.say("details.what", hotline=turn.office.hotline)
    return Answer((asked,), STEP, {"check": turn.args.get("check", "")})


async def words(turn: Turn) -> Answer | None:
    """What has changed; another wish is answered as such, and a home that was sold in its own conversation."""
    reading = turn.reading
    if not turn.text:
        return None
    if reading is not None and reading.sure and reading.top.intent == PASSED_ON:
        (await _check(turn)).state = State.CHANGE
        return None
    if reading is not None and errand.is_wish(reading):
        return None
    return await _tell(turn, turn.text)


async def told(turn: Turn) -> Answer | None:
    """In free words, asked or not: "my phone number has changed"."""
    if await talks_with_staff(turn):
        return None
    return await _tell(turn, turn.text)


async def _tell(turn: Turn, text: str) -> Answer:
    """The words become a task; more of them on the same day join it."""
    check = await _check(turn)
    check.state, check.answered_at = State.CHANGE, turn.now
    turn.account = next((account for account, _ in turn.households if account.id == check.account_id), turn.account)
    task, cards = await errand.take_down(turn, "details", text)
    await audit(turn.session, turn.actor, "details.change", f"account/{check.account_id}", turn.now)
    if task is None:
        desk = at_desk(turn)
        card = desk.say("card.more", fields=desk.called() | {"code": turn.household.code, "text": text})
        cards = await to_staff(turn, card)
    done = f"task/{task.id}" if task is not None else ""
    return Answer((turn.say("details.told"), *cards), "errand.more", {"about": "details"}, done=done)


async def _check(turn: Turn) -> DetailsCheck:
    """The check that a button or step names, else the one that waits for an answer, else a new one of their own."""
    person = _person(turn)
    named = turn.args.get("check") or turn.memory.get("check", "")
    check = await turn.session.get(DetailsCheck, int(named), with_for_update=True) if named else None
    if check is not None and check.person_id == person.id:
        return check
    if (waiting := await open_check(turn.session, person.id, WAITING)) is not None:
        return waiting
    own = (turn.household.id, person.id, Cause.OWN, f"{person.id}-{turn.today.isoformat()}")
    new = await note_check(turn.session, *own, State.RIGHT, turn.today, turn.now)
    found = new or await open_check(turn.session, person.id, (State.RIGHT, State.CHANGE))
    if found is None:
        raise Refusal("card.decided")
    return found


def _person(turn: Turn) -> Person:
    if turn.person is None:
        raise Refusal("bind.needed", {"hotline": turn.office.hotline})
    return turn.person
