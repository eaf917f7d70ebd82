"""Questions that words answer: what the fee is for, who we are; and a kind word back."""

from __future__ import annotations

from domain.messages import Answer, Audience, Choice
from handlers.household import press
from handlers.turn import Turn


async def purpose(turn: Turn) -> Answer:
    """What the fee covers."""
    row = (press(turn, "calculation", "bill.explain"), press(turn, "person", "person.ask"))
    return Answer((turn.say(f"question.purpose_{turn.household.kind}", row, hotline=turn.office.hotline),))


async def identity(turn: Turn) -> Answer:
    """Who writes, how to check it, how to stop it."""
    rows: list[list[Choice]] = []
    if turn.households and turn.message.audience is Audience.PRIVATE:
        rows = [[turn.button("stop", "stop.stop"), press(turn, "person", "person.ask")]]
    fields = {"office": turn.office.name, "hotline": turn.office.hotline}
    return Answer((turn.say("question.identity", *rows, fields=fields),))


async def acknowledged(turn: Turn) -> Answer:
    """Somebody has seen what we wrote, and says so."""
    return Answer((turn.say("question.acknowledged"),))


async def declined(turn: Turn) -> Answer:
    """A bare no to what we offered or asked."""
    row = (press(turn, "person", "person.ask"),)
    return Answer((turn.say("question.declined", row),))


async def greeting(turn: Turn) -> Answer:
    if not turn.households:
        ask = turn.button("ask_binding", "bind.ask", reusable=True)
        return Answer((turn.say("question.hello_stranger", (ask,), office=turn.office.name),))
    if turn.args.get("said") == "thanks":
        return Answer((turn.say("question.welcome"),))
    row = (press(turn, "bill", "bill.show"), press(turn, "help", "help.show"))
    return Answer((turn.say("question.hello", row, fields=turn.called(), office=turn.office.name),))
