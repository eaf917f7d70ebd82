"""What the bot can do, in one short text with buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.messages import Answer, Audience, Choice, OutgoingMessage
from domain.nearest import nearest
from domain.wording import tongue
from handlers.household import press
from handlers.turn import Turn

GUESSED = 4
USUAL = ("tasks", "account", "status")


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
    mine = _commands(turn)
    return turn.say("help.staff", office=turn.office.name, lines=_lines(mine, mine))


def staff_guess(turn: Turn) -> OutgoingMessage:
    """Not understood: the few commands that come nearest to what was written, and the way to all of them."""
    mine = _commands(turn)
    likely = nearest(turn.text, mine, GUESSED) or [each for each in USUAL if each in mine]
    return turn.say("unclear.staff", (turn.button("help_all", "help.show", reusable=True),), lines=_lines(mine, likely))


def _commands(turn: Turn) -> dict[str, str]:
    commands = turn.office.wording.below("menu_staff", tongue(turn.language))
    return {name: words for name, words in commands if turn.commands is None or name in turn.commands}


def _lines(commands: Mapping[str, str], shown: Iterable[str]) -> str:
    return "\n".join(f"/{name} {commands[name]}" for name in shown)
