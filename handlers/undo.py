"""One tap that takes back what was recorded on a person's behalf: a stop, a claim, a pause, a request, a renewal's answer."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from domain.errors import Refusal
from domain.messages import Answer, OutgoingMessage
from handlers import person, plan
from handlers.household import ask_which, press
from handlers.notes import at_desk, to_staff
from handlers.renewal import offered, undone
from handlers.steps import pending
from handlers.turn import Turn
from models.agreements import Plan, release
from models.dialogue import Takeover, live_takeover
from models.matters import TABLES, Recorded, matters, under_way
from models.staff import StaffTask, audit, close_task

QUESTION, PERSON = "question", "person"
JUST_NOW = timedelta(minutes=30)
OPEN_STATES = ("open", "waiting")


async def take_back(turn: Turn) -> Answer:
    """The button. Somebody else's matter, and one that staff have decided meanwhile, is left as it is."""
    source = turn.args.get("done", "")
    if source.startswith(f"{offered.OFFER}/"):
        return await undone.unsay(turn, source)
    if (running := await _running(turn, source)) is not None:
        return await plan.at_once(turn, running)
    kind = await _taken_back(turn, source)
    await audit(turn.session, turn.actor, f"undo.{kind}", source, turn.now)
    row = (press(turn, "bill", "bill.show"), press(turn, "person", "person.ask"))
    done = turn.say("undo.done", row, fields={"kind": turn.words(f"matter.{kind}")})
    return Answer((done, *await _staff_hear(turn, kind)))


async def asked(turn: Turn) -> Answer | None:
    """In words ("cancel my complaint"): the newest open matter of that kind; None when there is none."""
    if (which := await ask_which(turn, "undo.asked")) is not None:
        return which
    what = turn.args.get("what", "")
    if what == QUESTION:  # "never mind": nothing was recorded yet, only asked
        called = await live_takeover(turn.session, turn.message.channel, turn.message.chat)
        if called is not None and called.state == "waiting":
            turn.args = {"takeover": str(called.id)}
            return await person.cancel(turn)
        asked_for = await pending(turn)
        return Answer((turn.say("question.declined"),)) if asked_for else None
    mine = under_way(await matters(turn.session, turn.household.id, turn.person.id if turn.person else None, turn.now))
    meant = [matter for matter in mine if what in ("", matter.kind)]
    if not meant:
        row = (press(turn, "progress", "progress.show"), press(turn, "person", "person.ask"))
        return Answer((turn.say("undo.nothing", row),)) if what and what != PERSON else None
    if len(meant) > 1 and not what:
        rows = [[turn.button(f"undo_{each.kind}", "undo.take_back", done=each.source)] for each in meant]
        return Answer((turn.say("undo.which", *rows),))
    turn.args = {"done": meant[-1].source}
    return await take_back(turn)


async def latest_done(turn: Turn) -> str:
    """What this person had recorded within the last half hour, as a source; empty when nothing was."""
    if turn.account is None or turn.person is None:
        return ""
    since = turn.now - JUST_NOW
    if turn.person.stopped_at is not None and turn.person.stopped_at >= since:
        return f"stop/{turn.person.id}"
    mine = under_way(await matters(turn.session, turn.account.id, turn.person.id, turn.now))
    lately = [matter for matter in mine if matter.created_at >= since]
    return lately[-1].source if lately else await offered.answered_since(turn, since)


async def _running(turn: Turn, source: str) -> Plan | None:
    """The plan of theirs that staff have approved: no request any more that could be taken back."""
    kind, _, number = source.partition("/")
    found = await turn.session.get(Plan, int(number)) if kind == "plan" else None
    mine = {account.id: account for account, _ in turn.households}
    if found is None or found.state != "active" or found.account_id not in mine:
        return None
    turn.account = mine[found.account_id]
    return found


async def _taken_back(turn: Turn, source: str) -> str:
    """Undo it; what it was. Raises Refusal when it is not theirs or is decided."""
    kind, _, number = source.partition("/")
    mine = {account.id: account for account, _ in turn.households}
    if kind == "stop" and turn.person is not None:
        turn.person.stopped_at = None
        return kind
    if kind in TABLES:
        found = await turn.session.get(TABLES[kind], int(number), with_for_update=True)
        row = cast("Recorded | None", found)
        theirs = row is not None and row.account_id in mine and turn.person and row.person_id in (None, turn.person.id)
        if row is None or not theirs or row.state not in OPEN_STATES:
            raise Refusal("undo.too_late")
        row.state, row.closed_at, turn.account = "withdrawn", turn.now, mine[row.account_id]
    elif kind == "takeover":
        await _nobody_needed(turn, int(number))
        kind = "person"
    else:  # a task that stands for itself: task/12, or a pause by its source: hardship/3/17
        task = await turn.session.get(StaffTask, int(number)) if kind == "task" else None
        held = int(number.partition("/")[0]) if kind == "hardship" else None
        if (task is None or task.account_id not in mine or task.state == "done") and held not in mine:
            raise Refusal("undo.too_late")
        source, kind = (task.source, task.kind) if task is not None else (source, kind)
        if task is not None:
            task.state, task.outcome, task.closed_at = "dropped", "withdrawn", turn.now
    await release(turn.session, source, turn.now)
    await close_task(turn.session, source, turn.now, staff_id=None, outcome="withdrawn")
    return kind


async def _nobody_needed(turn: Turn, takeover_id: int) -> None:
    takeover = await turn.session.get(Takeover, takeover_id)
    chat = (turn.message.channel, turn.message.chat)
    if takeover is None or (takeover.channel, takeover.chat) != chat or takeover.state != "waiting":
        raise Refusal("undo.too_late")
    takeover.state, takeover.closed_at = "closed", turn.now


async def _staff_hear(turn: Turn, kind: str) -> tuple[OutgoingMessage, ...]:
    if kind in ("stop", "promise"):
        return ()
    desk = at_desk(turn)
    fields = desk.called() | {"code": desk.household.code, "kind": desk.words(f"matter.{kind}")}
    card = desk.say("card.taken_back", fields=fields)
    return await to_staff(turn, card)
