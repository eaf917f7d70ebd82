"""The household's one line of time at the desk: words, calls, visits, notes, closed tasks."""

from __future__ import annotations

from domain.messages import Answer
from domain.roles import Right
from handlers.labels import kind_words, label
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
        "what": _what(turn, event),
        "text": " ".join(event.text.split())[:TEXT_SHOWN],
    }
    return turn.words(f"timeline.{event.what}", **fields).rstrip()


def _what(turn: Turn, event: Event) -> str:
    match event.what:
        case What.CALL:
            return label(turn, "button", f"call_{event.code}")
        case What.VISIT:
            known = turn.office.wording.has(f"button.visit_{event.code}")
            return label(turn, "button", f"visit_{event.code}") if known else label(turn, "visit_state", event.code)
        case What.TASK:
            return kind_words(turn, event.code)
        case What.TOLD:
            return label(turn, "message_kind", event.code)
    return ""
