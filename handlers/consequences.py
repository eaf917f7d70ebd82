"""What came of a talk with a household, on the telephone or at its door: what it would have meant in chat, too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from domain import keys
from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Kind, OutgoingMessage
from domain.money import yuan
from domain.plans import promise_limit
from domain.renewals import OfferState
from domain.wording import day_words
from handlers import hardship
from handlers.desk import settle
from handlers.dispute import record as record_dispute
from handlers.household import press
from handlers.notes import at_desk, beside, send
from handlers.promise import keep
from handlers.renewal import again, kept, offered
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Offer, live_plan, open_offer
from models.bills import BillLine, bill_lines
from models.calls import SETTLED_BY_A_TALK, live_tasks
from models.people import Person, members_of
from models.staff import StaffTask, open_task

Cards = tuple[OutgoingMessage, ...]
TEXT_MAX = 1000


async def payer_of(turn: Turn, account: Account) -> Person | None:
    return next((person for person, bound in await members_of(turn.session, account.id) if bound.payer), None)


async def about(turn: Turn, account: Account) -> Turn:
    """The colleague's turn with the household in it: what is agreed is its payer's, what is audited the colleague's."""
    return replace(turn, account=account, person=await payer_of(turn, account))


async def lines_of(turn: Turn, account: Account) -> list[BillLine]:
    return await bill_lines(turn.session, [account.id], only_open=True)


async def promised(turn: Turn, account: Account, day: date) -> Cards:
    """A promise that a colleague heard. The payer reads it in their own chat, and can change or withdraw it there."""
    last = promise_limit(turn.today, turn.office.policy(account.kind).holds)
    if not turn.today <= day <= last:
        raise Refusal("calls.day_out_of_range", {"last": day_words(last, turn.language)})
    if not await lines_of(turn, account):
        raise Refusal("calls.nothing_open", {"code": account.code})
    if await live_plan(turn.session, account.id) is not None:
        raise Refusal("calls.on_plan", {"code": account.code})
    seen = await about(turn, account)
    promise = await keep(seen, day)
    await _settled_by_talk(turn, account, "promised")
    there = await beside(turn, promise.person_id, account)
    if there is None or there.person is None or there.person.stopped_at is not None:
        return ()
    row = (press(there, "change_day", "promise.change"), press(there, "withdraw", "promise.withdraw"))
    fields = {"due": day_words(day, there.language), "total": yuan(promise.amount_fen)}
    told = there.say("promise.by_phone", row, kind=Kind.RECEIPT, fields=there.called() | fields)
    return send(there, told)


async def in_hard_times(turn: Turn, account: Account, text: str) -> Cards:
    """No pressure any more; a manager and the desk read of it."""
    seen = await about(turn, account)
    _, cards = await hardship.rest(seen, text)
    await _settled_by_talk(turn, account, "hardship")
    return cards


async def disputed(turn: Turn, account: Account, bill_id: str, text: str) -> Cards:
    """That one bill rests until it is decided."""
    line = next((each for each in await lines_of(turn, account) if str(each.bill.id) == bill_id), None)
    if line is None:
        raise Refusal("calls.nothing_open", {"code": account.code})
    _, cards = await record_dispute(await about(turn, account), line, text[:TEXT_MAX])
    return cards


async def refused(turn: Turn, account: Account, source: str) -> None:
    """A manager looks at what is right to do next; nobody is pressed meanwhile."""
    policy = turn.office.policy(account.kind)
    day = turn.today + timedelta(days=policy.holds.task_days)
    await open_task(
        turn.session,
        key=keys.task("refused", source),
        kind="review",
        account=account,
        summary=at_desk(turn).words("task.refused", code=account.code),
        at=turn.now,
        due_at=at_local(day, policy.window_until, turn.office.zone),
        source=source,
        blocks=True,
    )


async def wrong_number(turn: Turn, account: Account, source: str) -> None:
    """Somebody finds the right number; until then the household is not rung."""
    await open_task(
        turn.session,
        key=keys.task("contact", source),
        kind="contact",
        account=account,
        summary=at_desk(turn).words("task.wrong_number", code=account.code),
        at=turn.now,
        due_at=turn.office.desk.deadline(turn.now, turn.office.zone, timedelta(days=1)),
        source=source,
    )


async def offer_of(turn: Turn, account: Account, task: StaffTask) -> Offer | None:
    """The renewal that a task is about; else the one that the family may answer now."""
    name, _, number = task.source.partition("/")
    mine = await turn.session.get(Offer, int(number)) if name == "offer" else None
    return mine or await open_offer(turn.session, account.id, turn.today)


async def renewal_answered(turn: Turn, account: Account, offer: Offer | None, state: str, reason: str = "") -> Cards:
    """A family's answer on the telephone, kept with the offer as if it had been tapped. A yes is told in its own chat:
    nobody owes tuition for which they have read no sum and no right to a refund."""
    bill = await kept.record(turn, account, offer, state, reason)
    payer = await payer_of(turn, account)
    if state != OfferState.YES or offer is None or payer is None or payer.stopped_at is not None:
        return ()
    there = await beside(turn, payer.id, account)
    return send(there, offered.confirmed(there, offer, bill, Kind.RECEIPT)) if there is not None else ()


async def ask_family_again(turn: Turn, account: Account, day: date) -> None:
    await again.ask_again(await about(turn, account), day)


async def _settled_by_talk(turn: Turn, account: Account, outcome: str) -> None:
    """What else waited for a talk with this household is done as well."""
    for task in await live_tasks(turn.session, account.id, SETTLED_BY_A_TALK):
        await settle(turn, task, "done", outcome)
