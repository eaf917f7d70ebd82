"""What a platform tells about a message it took from us: that it arrived, or why it didn't."""

from __future__ import annotations

from domain.allowances import NOTICE
from domain.messages import Answer
from handlers.turn import Turn
from models import deliveries, platforms
from models.staff import audit


async def told(turn: Turn) -> Answer:
    """A report; it may come before our own record of having sent the message, so it is kept until that is found."""
    here = turn.message
    args = turn.args
    await deliveries.keep(turn.session, here.channel, here.chat, args["message"], args.get("failure", ""), turn.now)
    await deliveries.apply(turn.session, turn.office, turn.now)
    return Answer()


async def agreed(turn: Turn) -> Answer:
    """The person agreed to one more notice, or in WeChat's own settings forbade them. Both stand in the audit log.

    Who taps "cancel" when asked for one more keeps those agreed to before.
    """
    here, who = turn.message, f"person/{turn.person.id}" if turn.person is not None else turn.actor
    for template_id in turn.args.get("accepted", "").split():
        await platforms.add_notice(turn.session, here.channel, here.sender, template_id, turn.now)
        await audit(turn.session, turn.actor, "notice.agreed", who, turn.now, {"template": template_id})
    for template_id in turn.args.get("withdrawn", "").split():
        await platforms.close_allowances(turn.session, here.channel, here.sender, NOTICE + template_id)
        await audit(turn.session, turn.actor, "notice.withdrawn", who, turn.now, {"template": template_id})
    return Answer()
