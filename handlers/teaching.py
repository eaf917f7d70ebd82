"""What people put right: the corrected sentences as new training lines, for an administrator to read and use."""

from __future__ import annotations

from domain.messages import Answer
from handlers.turn import Turn
from models.misreadings import corrections, training_lines
from models.staff import audit

SHOWN = 40  # in a chat; the command line writes all of them


async def show(turn: Turn) -> Answer:
    """The newest corrections in the format of content/questions.*.toml."""
    rows = await corrections(turn.session)
    if not rows:
        return Answer((turn.say("teaching.none"),))
    await audit(turn.session, turn.actor, "corrections.read", "corrections", turn.now, {"count": len(rows)})
    lines = training_lines(rows[-SHOWN:])
    shown = str(min(len(rows), SHOWN))
    return Answer((turn.say("teaching.lines", count=str(len(rows)), shown=shown, lines=lines),))
