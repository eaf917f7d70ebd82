"""Two taps: the count once more, then it goes, or a colleague is asked first."""

from __future__ import annotations

from domain.broadcasts import needs_approval
from domain.errors import Refusal
from domain.messages import Answer
from handlers.broadcast import approval
from handlers.broadcast.drafts import description, is_own, own_draft, press, refuse_unkind
from handlers.broadcast.steering import begin
from handlers.turn import Turn
from models.runtime import Broadcast
from models.segments import GROUPS, Reach, reach, target_of


async def confirm(turn: Turn) -> Answer:
    """The first tap."""
    return await _ask(turn, await own_draft(turn))


async def _ask(turn: Turn, broadcast: Broadcast) -> Answer:
    found = await _counted(turn, broadcast)
    row = [
        press(turn, "really", broadcast, single=True, total=str(found.messages)),
        press(turn, "drop", broadcast),
    ]
    fields = {**await description(turn, broadcast), "number": str(found.messages)}
    return Answer((turn.say("broadcast.sure", row, fields=fields),))


async def _counted(turn: Turn, broadcast: Broadcast) -> Reach:
    found = await reach(turn.session, turn.office, broadcast, turn.today)
    broadcast.total = found.messages
    if not found.messages:
        raise Refusal("broadcast.nobody")
    return found


async def really(turn: Turn) -> Answer:
    """The second tap. A count that has changed is shown again first; too many need a colleague's approval."""
    broadcast = await own_draft(turn)
    found = await _counted(turn, broadcast)
    if str(found.messages) != turn.args["total"]:
        return await _ask(turn, broadcast)
    refuse_unkind(turn, broadcast.text)  # the rules may have become stricter since it was written
    if needs_approval(found.messages, to_groups=target_of(broadcast).to == GROUPS, own=is_own(turn, broadcast)):
        return await approval.ask(turn, broadcast)
    return await begin(turn, broadcast)
