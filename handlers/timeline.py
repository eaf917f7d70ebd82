"""The household's one line of time at the desk: words, calls, visits, notes, closed tasks."""

from __future__ import annotations

from domain.messages import Answer
from domain.roles import Right
from domain.wording import Wording
from handlers.scopes import household_of
from handlers.turn import Turn
from models import timeline
from models.staff import audit
from models.timeline import Event, What

SHOWN, TEXT_SHOWN = 12, 120


async def show(turn: Turn) -> Answer:
    """The latest events, newest last; older ones by a button. Reading it is written down."""
    account = await household_of(turn, turn.args["code"], Right.READ)
    skip = max(0, int(turn.args.get("skip", "0")))
    await audit(turn.session, turn.actor, "account.timeline", f"account/{account.id}", turn.now, {"skip": skip})
    events = await timeline.of_household(turn.session, account.id, limit=SHOWN + 1, skip=skip)
    row = [turn.button("account_back", "account.show", reusable=True, code=account.code)]
    if len(events) > SHOWN:
        older = str(skip + SHOWN)
        row.append(turn.button("account_older", "account.timeline", reusable=True, code=account.code, skip=older))
    lines = "\n".join(_line(turn, event) for event in events[-SHOWN:])
    template = "timeline.list" if events else "timeline.none"
    return Answer((turn.say(template, row, code=account.code, lines=lines),))


def _line(turn: Turn, event: Event) -> str:
    at = event.at.astimezone(turn.office.zone)
    fields = {
        "at": f"{at:%m-%d %H:%M}",
        "name": event.name or "—",
        "what": what_words(turn.office.wording, turn.language, event),
        "text": " ".join(event.text.split())[:TEXT_SHOWN],
    }
    return turn.words(f"timeline.{event.what}", **fields).rstrip()


def what_words(wording: Wording, language: str, event: Event) -> str:
    """An event's code in words: how a call or a visit ended, what kind of task or message it was."""
    names = {
        What.CALL: (f"button.call_{event.code}",),
        What.VISIT: (f"button.visit_{event.code}", f"visit_state.{event.code}"),
        What.TASK: (f"task_kind.{event.code}", "task_kind.other"),
        What.TOLD: (f"message_kind.{event.code}",),
    }
    known = [name for name in names.get(event.what, ()) if wording.has(name)]
    return wording.text(known[0], language) if known else event.code
