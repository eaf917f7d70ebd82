"""What the bot can do, in one short text with buttons."""

from __future__ import annotations

from domain.messages import Answer, Audience, Choice, OutgoingMessage
from domain.wording import tongue
from handlers.household import press
from handlers.turn import Turn


async def show(turn: Turn) -> Answer:
    """In a group: only that personal things are answered in private."""
    office = turn.office
    if turn.message.audience is Audience.GROUP:
        link = office.start_link(turn.message.channel, "hello")
        rows = [[Choice(turn.words("button.open_private"), url=link)]] if link else []
        return Answer((turn.say("help.group", *rows, office=office.name),))
    if turn.staff is not None and not turn.households:
        return Answer((staff_help(turn),))
    if not turn.households:
        row = (turn.button("ask_binding", "bind.ask", reusable=True),)
        return Answer((turn.say("help.stranger", row, office=office.name, hotline=office.hotline),))
    rows = [
        [press(turn, "bill", "bill.show"), press(turn, "pay", "pay.how"), press(turn, "paid", "claim.start")],
        [press(turn, "later", "promise.start"), press(turn, "plan", "plan.offer")],
        [press(turn, "wrong", "dispute.start"), press(turn, "complain", "complaint.start")],
        [press(turn, "person", "person.ask"), press(turn, "settings", "settings.show")],
    ]
    resident = turn.say("help.resident", *rows, fields=turn.called(), office=office.name)
    return Answer((staff_help(turn), resident) if turn.staff is not None else (resident,))


def staff_help(turn: Turn) -> OutgoingMessage:
    """The commands that a member of staff may use, one a line."""
    commands = turn.office.wording.below("menu_staff", tongue(turn.language))
    mine = [each for each in commands if turn.commands is None or each[0] in turn.commands]
    lines = "\n".join(f"/{command} {words}" for command, words in mine)
    return turn.say("help.staff", office=turn.office.name, lines=lines)
