"""The tap under a reminder that asks for one: seen is enough, nobody has to call."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer
from handlers.turn import Turn
from models.reminders import Reminder


async def tapped(turn: Turn) -> Answer:
    """Note that the message was seen; a second tap changes nothing."""
    reminder = await turn.session.get(Reminder, int(turn.args["reminder"]))
    if reminder is None or reminder.account_id not in {account.id for account, _ in turn.households}:
        raise Refusal("button.not_yours")
    reminder.answered_at = reminder.answered_at or turn.now
    return Answer((turn.say("acknowledge.thanks"),))
