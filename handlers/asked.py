"""What colleagues ask in their own words: a household by code, room or name, who owes, who has not renewed, a complaint to note."""

from __future__ import annotations

from domain.messages import Answer, Choice
from domain.roles import Right
from handlers import account as card
from handlers import window
from handlers.scopes import has, officer
from handlers.turn import Turn
from models.accounts import Account, accounts_called
from models.segments import count_owing

SHOWN = 8


async def answer(turn: Turn) -> Answer | None:
    """`asks` and `who` as understanding/colleagues.py read them. None: no such household, and it is read like anything else."""
    if turn.staff is None or not has(turn, Right.READ):
        return None
    who = turn.args["who"]
    match turn.args["asks"]:
        case "complaint":
            return await _complaint(turn, who)
        case "renewing":
            return await window.show(turn)
        case "owing":
            return await _owing(turn)
    return await found(turn, who)


async def found(turn: Turn, words: str) -> Answer | None:
    """The one household of that code, room or name in one's communities, or a list of them; None where there is none."""
    several = await _called(turn, words)
    if len(several) == 1:
        turn.args = {"code": several[0].code}
        return await card.show(turn)
    return card.several(turn, several) if several else None


async def _called(turn: Turn, words: str) -> list[Account]:
    return await accounts_called(turn.session, officer(turn, Right.READ).community_id, words, SHOWN)


async def _owing(turn: Turn) -> Answer:
    owing, due = await count_owing(turn.session, officer(turn, Right.READ).community_id, turn.today)
    row = [turn.button("board_buildings", "board.buildings", reusable=True)]
    if has(turn, Right.TASKS):
        row.insert(0, turn.button("asked_calls", "calls.queue", reusable=True))
    return Answer((turn.say("asked.owing", row, number=str(owing), due=str(due)),))


async def _complaint(turn: Turn, who: str) -> Answer | None:
    """A complaint is the household's own; what a colleague heard of it is a note, or something to come back to."""
    several = await _called(turn, who)
    if len(several) != 1 or not has(turn, Right.TASKS):
        return card.several(turn, several) if several else None
    code = several[0].code
    row: list[Choice] = [
        turn.button(name, action, reusable=True, code=code)
        for name, action in (
            ("note_add", "note.add"),
            ("followup", "followup.start"),
            ("account_back", "account.show"),
        )
    ]
    return Answer((turn.say("asked.complaint", row, code=code),))
