"""What people feel and fear: a cut of water, a mark on their credit, an insult, an apology, somebody who was hurt."""

from __future__ import annotations

from dataclasses import replace

from domain.messages import Answer
from handlers import person, prices
from handlers.household import press
from handlers.renewal.offered import SCHOOL
from handlers.steps import talks_with_staff
from handlers.turn import Turn


async def fear(turn: Turn) -> Answer | None:
    """ "Will you cut my water?": no, first of all; then what does hold for somebody who pays late, and help."""
    if await talks_with_staff(turn):
        return None
    rules = await prices.late_fee(turn)
    first, *others = rules.messages
    calm = turn.words("feelings.never_school" if turn.household.kind == SCHOOL else "feelings.never")
    return replace(rules, messages=(replace(first, text=f"{calm}\n{first.text}"), *others))


async def apology(turn: Turn) -> Answer | None:
    """A warm word back."""
    if await talks_with_staff(turn):
        return None
    return Answer((turn.say("feelings.apology"),))


async def insult(turn: Turn) -> Answer | None:
    """Calm and short: a person, or no more messages."""
    if await talks_with_staff(turn):
        return None
    row = [press(turn, "person", "person.ask")]
    if turn.person is None or turn.person.stopped_at is None:
        row.append(turn.button("stop", "stop.stop"))
    return Answer((turn.say("feelings.insult", row),))


async def violence(turn: Turn) -> Answer | None:
    """Somebody was hit or harassed: a person is called at once, with the words."""
    return await person.ask(turn, turn.words("feelings.violence"))


async def fetch(turn: Turn) -> Answer | None:
    """ "Can somebody come to my door for the money?": a colleague rings to agree on the hour."""
    return await person.ask(turn, turn.words("feelings.fetch"))


async def aloud(turn: Turn) -> Answer | None:
    """A voice is what the bot has not got: larger type, or a colleague who rings."""
    if await talks_with_staff(turn):
        return None
    large = turn.person is not None and turn.person.large_type
    row = [press(turn, "person", "person.ask")]
    if not large:
        row.insert(0, turn.button("large_type", "settings.set", reusable=True, wish="large_type", value="yes"))
    return Answer((turn.say("feelings.aloud", row, hotline=turn.office.hotline),))
