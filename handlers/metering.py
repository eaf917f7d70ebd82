"""A bill that leans on a corrected reading: a manager has it worked out anew, or leaves it; the household hears the new sum."""

from __future__ import annotations

from domain.errors import Refusal
from domain.limits import Act
from domain.messages import Answer, Kind, OutgoingMessage
from domain.money import yuan
from domain.roles import Right
from domain.wording import period_words
from handlers.household import press
from handlers.notes import beside, decider, send
from handlers.scopes import within_limit
from handlers.turn import Turn
from models.accounts import Account
from models.bills import Bill, bill_lines, open_fen
from models.people import payer_contacts
from models.recalculation import Anew, recalculate_bill, worked_out_anew
from models.staff import audit, close_task, live_task_of


async def recalculate(turn: Turn) -> Answer:
    """The difference goes into the books as a correction; what is promised or planned on the bill stays with it."""
    bill, account = await _waiting(turn)
    within_limit(turn, Act.CORRECT, abs((await worked_out_anew(turn.session, bill.id)).by_fen))
    why = f"reading/{bill.id}"
    anew = await recalculate_bill(turn.session, bill.id, why, turn.today, turn.now, actor=turn.actor)
    await close_task(turn.session, why, turn.now, staff_id=decider(turn).id, outcome="solved")
    left = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    sums = {"was": yuan(anew.was_fen), "now": yuan(anew.now_fen), "open": yuan(left), "item": turn.fee(bill.item)}
    done = turn.say("reading.recalculated", edit=True, fields={**sums, "code": account.code})
    return Answer((done, *await _told(turn, bill, account, anew, sums)))


async def keep(turn: Turn) -> Answer:
    """The difference isn't worth it, or was settled otherwise."""
    bill, account = await _waiting(turn)
    anew = await worked_out_anew(turn.session, bill.id)
    await close_task(turn.session, f"reading/{bill.id}", turn.now, staff_id=decider(turn).id, outcome="other")
    await audit(turn.session, turn.actor, "reading.kept", f"bill/{bill.id}", turn.now, {"by_fen": anew.by_fen})
    return Answer((turn.say("reading.kept", edit=True, code=account.code, was=yuan(anew.was_fen)),))


async def _waiting(turn: Turn) -> tuple[Bill, Account]:
    """The bill whose task still waits for a decision."""
    bill = await turn.session.get(Bill, int(turn.args["bill"]))
    account = await turn.session.get(Account, bill.account_id) if bill is not None else None
    if bill is None or account is None:
        raise Refusal("card.decided")
    decider(turn, account, Right.APPROVE)
    if await live_task_of(turn.session, f"reading/{bill.id}") is None:
        raise Refusal("card.decided")
    return bill, account


async def _told(
    turn: Turn, bill: Bill, account: Account, anew: Anew, sums: dict[str, str]
) -> tuple[OutgoingMessage, ...]:
    """Who pays hears of it before the next reminder names another sum."""
    if not anew.by_fen:
        return ()
    contacts = await payer_contacts(turn.session, account.id)
    there = await beside(turn, contacts[0].person_id, account) if contacts else None
    if there is None:
        return ()
    row = (press(there, "bill", "bill.show"), press(there, "wrong", "dispute.start"))
    sums = sums | {"item": there.fee(bill.item)}
    fields = {**there.called(), **sums, "period": period_words(bill.period, there.language), "basis": bill.basis}
    return send(there, there.say("reading.corrected", row, kind=Kind.RECEIPT, fields=fields))
