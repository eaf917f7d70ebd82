"""Suggestions to staff: the solved case that fits what a resident has just said, one tap away under the card."""

from __future__ import annotations

from domain.messages import Choice
from domain.wording import tongue
from handlers.turn import Turn

HARD_TIMES = frozenset({"hardship", "illness", "bereavement"})


def hint(turn: Turn, seen: Turn, text: str, **where: str) -> list[Choice]:
    """A button on a staff card: the case that fits what a resident has just said, by what the reader heard in it."""
    reading = seen.reading
    if reading is None or not text:
        return []
    hard = ["hard_times"] if HARD_TIMES & set(reading.tone) else []
    intents = [*hard, *(guess.intent for guess in reading.intents)]
    kind = seen.account.kind if seen.account is not None else ""
    case = turn.office.library.fitting(intents, text, kind)
    if case is None:
        return []
    label = turn.words("cases.hint", title=case.title[tongue(turn.language)])[:30]
    return [Choice(label, "cases.show", {"name": case.name, **where}, reusable=True)]
