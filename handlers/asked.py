"""What colleagues ask in their own words: a household by code, room or name, who owes, who has not renewed, a complaint to note."""

from __future__ import annotations

import re

from domain.messages import Answer, Choice
from domain.roles import Right
from handlers import account as card
from handlers import window
from handlers.scopes import has, officer
from handlers.turn import Turn
from models.accounts import Account, accounts_called
from models.segments import count_owing

SHOWN = 8
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9]{1,12}(?:-[A-Za-z0-9]{1,12}){0,3}")
_OF_ONE = re.compile(
    r"(?P<who>\S(?:.{0,30}?\S)?)[ ,，]*(?:家|户)?[ ,，]*(?:还|一共|现在|总共|到底|今天)*"
    r"(?:欠|剩|交了|缴了|交没|缴没|没交|没缴|未缴|的?账单|的?情况).{0,8}"
)
_MANY = r"(?:谁|哪些?|哪几|有?几个|有?多少(?:户|人|家|个)?|有没有)"
_OWING = re.compile(rf"{_MANY}.{{0,6}}(?:没|未|欠|不)(?:有)?(?:交|缴|费|付|钱)?.{{0,6}}")
_RENEWING = re.compile(rf"{_MANY}.{{0,6}}(?:没|未|不|要)?(?:有)?续.{{0,6}}")
_COMPLAINT = re.compile(r"(?:投诉|complaint) +(?P<who>\S{1,40})", re.IGNORECASE)


async def answer(turn: Turn) -> Answer | None:
    """None: it is none of these, and is read like anything else."""
    if turn.staff is None or not has(turn, Right.READ):
        return None
    text = turn.text.rstrip("?？。!！ ")
    if (complaint := _COMPLAINT.fullmatch(text)) is not None:
        return await _complaint(turn, complaint["who"])
    if _RENEWING.fullmatch(text):
        return await window.show(turn)
    if _OWING.fullmatch(text):
        return await _owing(turn)
    if _CODE.fullmatch(text) and len(text) > 1:
        return await found(turn, text)
    one = _OF_ONE.fullmatch(text)
    return await found(turn, one["who"]) if one is not None else None


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
