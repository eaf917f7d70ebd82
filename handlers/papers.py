"""Papers for a household or a day: a receipt, the bill in large type, the sheet for visits. Each comes as a file in the private chat."""

from __future__ import annotations

from datetime import date

from domain.errors import Refusal
from domain.messages import Answer
from domain.roles import Right
from domain.wording import day_words, tongue
from handlers.scopes import household_of, officer
from handlers.turn import Turn
from models.bills import bill_lines, latest_payment
from models.papers import PaperKind, ask_for
from models.staff import audit
from models.visits import round_of


async def receipt(turn: Turn) -> Answer:
    """`/receipt CODE`: of the household's latest payment."""
    account = await household_of(turn, _code(turn), Right.TASKS)
    payment = await latest_payment(turn.session, account.id)
    if payment is None:
        raise Refusal("slip_paper.no_payment", {"code": account.code})
    return await _asked(turn, PaperKind.RECEIPT, f"payment/{payment.id}")


async def large_bill(turn: Turn) -> Answer:
    """`/largebill CODE`: to be printed for somebody who reads large type."""
    account = await household_of(turn, _code(turn), Right.TASKS)
    if not await bill_lines(turn.session, [account.id], only_open=True):
        raise Refusal("letter.nothing_open", {"code": account.code})
    await audit(turn.session, turn.actor, "account.read", f"account/{account.id}", turn.now)
    return await _asked(turn, PaperKind.BILL, f"account/{account.id}")


async def route(turn: Turn) -> Answer:
    """`/route`, `/route 2026-12-04`: the visits agreed for a day, by building and hour; printed as they stand when it is made."""
    member = officer(turn, Right.TASKS)
    typed = turn.args.get("date", turn.argument.partition(" ")[0])
    try:
        day = date.fromisoformat(typed) if typed else turn.today
    except ValueError:
        raise Refusal("slip_paper.route_usage") from None
    stops = await round_of(turn.session, turn.office, member, day)
    if not any(stop.visit.state == "booked" for stop in stops):
        raise Refusal("slip_paper.no_visits", {"day": day_words(day, turn.language)})
    return await _asked(turn, PaperKind.ROUTE, f"day/{day.isoformat()}")


def _code(turn: Turn) -> str:
    officer(turn, Right.TASKS)
    code = turn.argument.partition(" ")[0]
    if not code:
        raise Refusal("slip_paper.usage")
    return code


async def _asked(turn: Turn, kind: PaperKind, subject: str) -> Answer:
    member = officer(turn, Right.TASKS)
    await ask_for(turn.session, kind, subject, member.id, tongue(turn.language), turn.now)
    return Answer((turn.say("paper.coming"),))
