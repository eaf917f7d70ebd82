"""What the bot can do, in one short text with buttons."""

from __future__ import annotations

from domain.messages import Answer, Audience, Choice
from handlers.household import press
from handlers.turn import Turn


async def show(turn: Turn) -> Answer:
    """In a group: only that personal things are answered in private."""
    office = turn.office
    if turn.message.audience is Audience.GROUP:
        link = office.start_link(turn.message.channel, "hello")
        rows = [[Choice(turn.words("button.open_private"), url=link)]] if link else []
        return Answer((turn.say("help.group", *rows, office=office.name),))
    if not turn.households:
        row = (turn.button("ask_binding", "bind.ask", reusable=True),)
        return Answer((turn.say("help.stranger", row, office=office.name, hotline=office.hotline),))
    rows = [
        [press(turn, "bill", "bill.show"), press(turn, "pay", "pay.how"), press(turn, "paid", "claim.start")],
        [press(turn, "later", "promise.start"), press(turn, "plan", "plan.offer")],
        [press(turn, "wrong", "dispute.start"), press(turn, "complain", "complaint.start")],
        [press(turn, "person", "person.ask"), press(turn, "settings", "settings.show")],
    ]
    return Answer((turn.say("help.resident", *rows, fields=turn.called(), office=office.name),))
