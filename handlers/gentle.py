"""Anger, hard times, illness, a death, talk of lawyers: a gentle word first, and a person near."""

from __future__ import annotations

from dataclasses import replace

from domain.messages import Answer, Audience
from handlers.hardship import HARD_TIMES
from handlers.household import TEXT_CARRIED, press
from handlers.turn import Turn
from understanding.reading import Reading

# The heaviest first: one gentle sentence is enough.
TONES = ("bereavement", "illness", "hardship", "legal", "anger")
# Wishes that wait in hard times: whoever says them is listened to, and asked for nothing.
LISTENED_TO = frozenset(
    "promise_to_pay request_postpone complain_refuse greet_thanks renew_consider ask_purpose unknown".split()
)
SURE_ENOUGH = 0.85  # below it, nobody in mourning is thanked for a payment
ALWAYS_ANSWERED = frozenset(
    "ask_amount ask_due talk_human opt_out vacant_moved request_instalment out_of_scope".split()
)
# Answers that have the right tone already, or that carry out a plain wish.
TOLD_ALREADY = ("hardship.", "complaint.", "progress.", "undo.", "settings.", "feelings.")


def listens(reading: Reading, wish: str) -> bool:
    """Whether to listen in place of carrying out a wish."""
    if not HARD_TIMES & set(reading.tone) or reading.reason not in (None, "chit_chat", "noise", "other"):
        return False
    if reading.reason is not None or wish in LISTENED_TO:
        return True
    grieves = "bereavement" in reading.tone and reading.top.confidence < SURE_ENOUGH
    return grieves and wish not in ALWAYS_ANSWERED


def softened(turn: Turn, answer: Answer) -> Answer:
    """The answer with a gentle sentence before it and the button to a person, where the tone calls for it."""
    tone = next((name for name in TONES if turn.reading is not None and name in turn.reading.tone), None)
    at = next((n for n, message in enumerate(answer.messages) if message.to is None), None)
    if tone is None or at is None or turn.staff is not None or turn.message.audience is not Audience.PRIVATE:
        return answer
    first = answer.messages[at]
    if first.template.startswith(TOLD_ALREADY):
        return answer
    rows = first.choices
    offered = {choice.action for row in rows for choice in row} | {first.template.partition(".")[0]}
    if turn.households and not offered & {"person.ask", "person", "household"}:
        rows = (*rows, (press(turn, "person", "person.ask", text=turn.text[:TEXT_CARRIED]),))
    kind = replace(first, text=f"{turn.words(f'gentle.{tone}')}\n{first.text}", choices=rows)
    return replace(answer, messages=(*answer.messages[:at], kind, *answer.messages[at + 1 :]))
