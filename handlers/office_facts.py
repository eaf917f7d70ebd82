"""Plain questions about the office: its telephone, its hours, who the money goes to, when a course begins."""

from __future__ import annotations

from domain.messages import Answer, Choice
from handlers.household import press, settle_on
from handlers.renewal import offered
from handlers.steps import talks_with_staff
from handlers.turn import Turn


async def answer(turn: Turn) -> Answer | None:
    """`what` names the facts, one or more: phone, hours, payee, starts. None where none of them is ours to tell."""
    if await talks_with_staff(turn):
        return None
    settle_on(turn)
    asked = turn.args.get("what", "").split()
    if asked == ["starts"] and (course := await offered.about(turn)) is not None:
        return course  # it names the first day and the last
    told = [_FACTS[each](turn) for each in asked if each != "starts" or turn.household.kind == offered.SCHOOL]
    if not told:
        return None
    row: list[Choice] = [press(turn, "person", "person.ask")]
    if "payee" in asked:
        row.insert(0, press(turn, "pay", "pay.how"))
    return Answer((turn.say("office_facts.answer", row, facts="\n".join(told)),))


def _phone(turn: Turn) -> str:
    return turn.words("office_facts.phone", hotline=turn.office.hotline)


def _hours(turn: Turn) -> str:
    desk = turn.office.desk
    fields = {"opens": f"{desk.opens_at:%H:%M}", "closes": f"{desk.closes_at:%H:%M}"}
    days = "every_day" if desk.weekends else "working_days"
    return turn.words(f"office_facts.{days}", hotline=turn.office.hotline, **fields)


def _payee(turn: Turn) -> str:
    return turn.words("office_facts.payee", payee=turn.office.letterhead.payee or turn.office.name)


def _starts(turn: Turn) -> str:
    """Without an offer the books hold no first day of a course: said plainly, with where it is known."""
    return turn.words("office_facts.starts", hotline=turn.office.hotline)


_FACTS = {"phone": _phone, "hours": _hours, "payee": _payee, "starts": _starts}
