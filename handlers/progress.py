"""How a matter stands: a complaint, a dispute, an invoice, a plan, somebody who was called; and who looks after it."""

from __future__ import annotations

from datetime import timedelta

from domain.messages import Answer, Choice
from domain.wording import day_words
from handlers import person
from handlers.evidence import ticket
from handlers.household import ask_which, press
from handlers.turn import Turn
from models.matters import Matter, matters, under_way
from understanding.reading import OUT_OF_SCOPE

SHOWN_FOR = timedelta(days=30)  # after it was closed
SHOWN = 6
NUMBERED = ("complaint", "repair", "dispute")
PERSON = "person"
FAULT, FAULTS = "fault", ("complaint", "repair")  # "when will the lift be mended?": whichever way it was reported
GIVEN_UP = ("withdrawn", "dropped")


async def show(turn: Turn) -> Answer | None:
    """`/progress`, 进度, or "how is my complaint doing?". A question about something that nobody has asked for passes on."""
    if (which := await ask_which(turn, "progress.show")) is not None:
        return which
    what = turn.args.get("what", "")
    person_id = turn.person.id if turn.person else None
    found = await matters(turn.session, turn.household.id, person_id, turn.now - SHOWN_FOR)
    kinds = FAULTS if what == FAULT else (what,)
    asked = [matter for matter in found if matter.kind in kinds] if what else found
    shown = [matter for matter in asked if matter.state not in GIVEN_UP] or ([] if what else under_way(asked))
    if what == FAULT and not shown:
        return None  # of a fault that nobody has reported yet the words themselves tell
    if what == PERSON and shown:
        return await person.ask(turn)
    if what and not shown and (turn.reading is not None and turn.reading.sure):
        return None if turn.reading.top.intent != OUT_OF_SCOPE else _nothing(turn)
    if not shown:
        return _nothing(turn)
    row = (press(turn, "person", "person.ask"), press(turn, "bill", "bill.show"))
    lines = "\n".join(_line(turn, matter) for matter in shown[-SHOWN:])
    rows: list[tuple[Choice, ...]] = [row]
    waiting = [matter for matter in shown if matter.closed_at is None]
    if len(waiting) == 1:
        rows.insert(0, (turn.button(f"undo_{waiting[0].kind}", "undo.take_back", done=waiting[0].source),))
    return Answer((turn.say("progress.list", *rows, fields=turn.called(), lines=lines),))


def _nothing(turn: Turn) -> Answer:
    row = (press(turn, "complain", "complaint.start"), press(turn, "wrong", "dispute.start"))
    return Answer((turn.say("progress.nothing", row, (press(turn, "person", "person.ask"),), fields=turn.called()),))


def _line(turn: Turn, matter: Matter) -> str:
    opened = day_words(turn.office.today(matter.created_at), turn.language)
    state = turn.words(f"progress.{_state(turn, matter)}", text=matter.words.rstrip("。."), due=_due(turn, matter))
    template = "progress.numbered" if matter.kind in NUMBERED else "progress.line"
    kind = turn.words(f"matter.{matter.kind}")
    return turn.words(template, kind=kind, number=ticket(matter.number), opened=opened, state=state)


def _state(turn: Turn, matter: Matter) -> str:
    """The name of the words for it."""
    if matter.kind == "promise":
        return f"promise_{matter.state}"
    if matter.kind == "plan" and matter.state in ("active", "declined", "broken"):
        return f"plan_{matter.state}"
    if matter.closed_at is not None:
        return "answered" if matter.words else "not_found" if matter.state == "not_found" else "done"
    late = matter.due_at is not None and matter.due_at < turn.now
    return "late" if late else "due" if matter.due_at is not None else "open"


def _due(turn: Turn, matter: Matter) -> str:
    return day_words(turn.office.today(matter.due_at), turn.language) if matter.due_at is not None else ""
