"""Wishes that the office carries out by hand: an invoice, a deduction agreement, a household that has changed."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.messages import Answer, OutgoingMessage
from handlers.beyond import REFUSED
from handlers.household import ask_which, press, words_of
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.staff import open_task
from understanding.reading import OUT_OF_SCOPE, Reading

DO_WITHIN = timedelta(days=2)
TEXT_MAX = 500


async def invoice(turn: Turn) -> Answer | None:
    """A request for an invoice or a receipt; the header may be added in the next message."""
    if (which := await ask_which(turn, "invoice.ask")) is not None:
        return which
    cards = await _errand(turn, "invoice")
    return Answer((turn.say("errand.invoice", fields=turn.called()), *cards), expect="errand.more")


async def auto_pay(turn: Turn) -> Answer | None:
    """Set up, change or end automatic payment: done by the office, never by a chat message alone."""
    if (which := await ask_which(turn, "autopay.ask")) is not None:
        return which
    cards = await _errand(turn, "autopay")
    row = (press(turn, "person", "person.ask"),)
    return Answer((turn.say("errand.autopay", row, fields=turn.called(), hotline=turn.office.hotline), *cards))


async def moved(turn: Turn) -> Answer | None:
    """Sold, let, empty, left, or the wrong person: reminders wait until the office has looked."""
    if (which := await ask_which(turn, "moved.tell")) is not None:
        return which
    cards = await _errand(turn, "moved", blocks=True)
    row = (press(turn, "person", "person.ask"), press(turn, "unbind", "settings.unbind"))
    return Answer((turn.say("errand.moved", row, fields=turn.called()), *cards), expect="errand.more")


async def _errand(turn: Turn, kind: str, *, blocks: bool = False) -> tuple[OutgoingMessage, ...]:
    """Open the task and tell the staff; the same wish on the same day is one task."""
    desk = at_desk(turn)
    fields = {"code": turn.household.code, "text": words_of(turn)[:TEXT_MAX] or "—"}
    card = desk.say(f"card.{kind}", fields=desk.called() | fields)
    task = await open_task(
        turn.session,
        key=keys.task(kind, f"{turn.household.id}/{turn.today.isoformat()}"),
        kind=kind,
        account=turn.household,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + DO_WITHIN,
        source=f"{kind}/{turn.household.id}",
        blocks=blocks,
    )
    return () if task is None else await to_staff(turn, card)


def _is_wish(reading: Reading) -> bool:
    """Surely one of the things the bot answers by itself."""
    return reading.sure and reading.top.intent != OUT_OF_SCOPE


async def more(turn: Turn) -> Answer | None:
    """A line added right after the wish (an invoice header, a new phone number) goes to the staff as well."""
    reading = turn.reading
    if not turn.text or (reading is not None and (reading.reason in REFUSED or _is_wish(reading))):
        return None
    desk = at_desk(turn)
    fields = {"code": turn.household.code, "text": turn.text[:TEXT_MAX]}
    card = desk.say("card.more", fields=desk.called() | fields)
    return Answer((turn.say("errand.noted"),)).also(*await to_staff(turn, card))
