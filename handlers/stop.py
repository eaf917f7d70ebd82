"""Stop and resume reminders. Only the person who stopped them can have them back."""

from __future__ import annotations

from domain.messages import Answer, Kind
from handlers.steps import writes_to_others
from handlers.turn import Turn
from models.outbox import cancel_for
from models.staff import audit

STOPPED_KINDS = (Kind.REMINDER, Kind.PROMISE, Kind.OFFER, Kind.BROADCAST, Kind.COURTESY)


async def stop(turn: Turn) -> Answer | None:
    """At once, on all channels; what was waiting to go out is taken back."""
    if await writes_to_others(turn):
        return None
    if turn.person is None:
        return Answer((turn.say("stop.stranger", office=turn.office.name, hotline=turn.office.hotline),))
    row = (turn.button("resume", "stop.resume"),)
    if turn.person.stopped_at is not None:
        return Answer((turn.say("stop.already", row),))
    turn.person.stopped_at = turn.now
    await cancel_for(turn.session, turn.person.id, STOPPED_KINDS, "stopped")
    await audit(turn.session, turn.actor, "stop", f"person/{turn.person.id}", turn.now)
    return Answer((turn.say("stop.done", row, hotline=turn.office.hotline),), done=f"stop/{turn.person.id}")


async def again(turn: Turn) -> Answer | None:
    """ "start", 恢复, from somebody who has stopped: the way back is one tap, and nothing resumes by a word alone."""
    if turn.person is None or turn.person.stopped_at is None:
        return None
    return Answer((turn.say("stop.again", (turn.button("resume", "stop.resume"),)),))


async def resume(turn: Turn) -> Answer:
    if turn.person is not None and turn.person.stopped_at is not None:
        turn.person.stopped_at = None
        await audit(turn.session, turn.actor, "resume", f"person/{turn.person.id}", turn.now)
    return Answer((turn.say("stop.resumed"),))
