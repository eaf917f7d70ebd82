"""A dispute ("this bill is wrong"): that bill alone rests until staff have decided and explained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.ladder import Reason
from domain.limits import Act
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.money import parse_yuan, yuan
from domain.roles import Right
from domain.wording import period_words
from handlers import bill
from handlers.documents import documents_line
from handlers.evidence import evidence_of, keep_file, ticket
from handlers.household import ask_which, carried, is_command, press, said, words_of
from handlers.notes import at_desk, beside, decider, send, to_staff, with_file
from handlers.scopes import has, within_limit
from handlers.steps import STAFF_STEPS, pending
from handlers.tone import unkind_words
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Dispute, hold, open_dispute, release
from models.bills import BillLine, bill_lines, open_fen
from models.corrections import adjust_bill, void_bill
from models.reminders import withdraw_needless
from models.staff import audit, close_task, open_task

DECIDE_WITHIN = timedelta(days=3)
REASON_STEP = "dispute.reason"
OWN_WORD = "异议"
TEXT_MAX = 1000


async def start(turn: Turn) -> Answer | None:
    """Which bill, then why; a sentence that already says why is not asked again.

    Who only finds the sum high hears how it is worked out; a dispute is one tap away then.
    """
    if await pending(turn) in {REASON_STEP, *STAFF_STEPS}:
        return None  # the answer to "why?" stays one, however much it sounds like a new dispute
    if turn.reading is not None and any(guess.intent == "vacant_moved" for guess in turn.reading.intents):
        return None  # "this is not my home" says nothing against the sum
    if is_command(turn) and turn.text != OWN_WORD:
        return None  # 账单 alone asks for the bill, and says nothing against it
    if (which := await ask_which(turn, "dispute.start")) is not None:
        return which
    if turn.args.get("said") == "dear":
        return await bill.explained(turn, "bill.explained_dear")
    lines = await bill_lines(turn.session, [turn.household.id], only_open=True)
    if not lines:
        row = (press(turn, "bill", "bill.show"), press(turn, "person", "person.ask"))
        return Answer((turn.say("dispute.nothing_open", row, fields=turn.called()),))
    meant = [line for line in lines if str(line.bill.id) == turn.args.get("bill")] or _named(turn, lines)
    if len(meant) == 1:
        return await _about(turn, meant[0])
    rows = [[_bill_button(turn, line)] for line in lines]
    return Answer((turn.say("dispute.which_bill", *rows, fields=turn.called()),))


def _named(turn: Turn, lines: list[BillLine]) -> list[BillLine]:
    """The bills a sentence can mean: by item, by period, else all that are open."""
    text, period = words_of(turn), said(turn).period
    spoken = text.casefold()
    found = [line for line in lines if line.bill.item in text or turn.fee(line.bill.item).casefold() in spoken] or lines
    if period is not None:
        found = [line for line in found if line.bill.period == period] or found
    return found


def _bill_button(turn: Turn, line: BillLine) -> Choice:
    args = carried(turn) | {"account": str(turn.household.id), "bill": str(line.bill.id)}
    return Choice(bill_words(turn, line), "dispute.start", args, reusable=True)


def bill_words(turn: Turn, line: BillLine) -> str:
    period = period_words(line.bill.period, turn.language)
    return turn.words("dispute.bill", item=turn.fee(line.bill.item), period=period, amount=yuan(line.open_fen))


async def _about(turn: Turn, line: BillLine) -> Answer:
    """Pause the bill and take the reason down; without a reason yet, ask for it."""
    text = words_of(turn)[:TEXT_MAX]
    known = await open_dispute(turn.session, line.bill.id)
    if known is not None:
        known.text = "\n".join(filter(None, (known.text, text)))[:TEXT_MAX]
        row = (press(turn, "progress", "progress.show"), press(turn, "person", "person.ask"))
        memory = {"number": ticket(known.id), "source": f"dispute/{known.id}"}
        told = turn.say("dispute.known", row, bill=bill_words(turn, line), number=ticket(known.id))
        return Answer((told, *await _added(turn, known, text)), expect="attachment.evidence", memory=memory)
    if not text:
        question = turn.say("dispute.why", bill=bill_words(turn, line))
        return Answer((question,), expect=REASON_STEP, memory={"bill": str(line.bill.id)})
    return await _record(turn, line, text)


async def reason(turn: Turn) -> Answer | None:
    """Why it is wrong, in the person's words."""
    if not turn.text:
        return None
    lines = await bill_lines(turn.session, [account.id for account, _ in turn.households], only_open=True)
    line = next((each for each in lines if str(each.bill.id) == turn.memory["bill"]), None)
    if line is None:
        return Answer((turn.say("dispute.nothing_open", fields=turn.called()),))
    turn.account = next(account for account, _ in turn.households if account.id == line.bill.account_id)
    return await _record(turn, line, turn.text[:TEXT_MAX])


async def _added(turn: Turn, dispute: Dispute, text: str) -> tuple[OutgoingMessage, ...]:
    """What a person adds to a dispute under way goes to the staff as well."""
    if not text:
        return ()
    desk = at_desk(turn)
    return await to_staff(turn, desk.say("card.more", fields=desk.called(), code=desk.household.code, text=text[:300]))


async def _record(turn: Turn, line: BillLine, text: str) -> Answer:
    dispute, cards = await record(turn, line, text)
    number, source = ticket(dispute.id), f"dispute/{dispute.id}"
    buttons = (press(turn, "calculation", "bill.explain"), press(turn, "person", "person.ask"))
    told = turn.say("dispute.recorded", buttons, bill=bill_words(turn, line), number=number)
    memory = {"number": number, "source": source}
    return Answer((told, *cards), expect="attachment.evidence", memory=memory, done=source)


async def record(turn: Turn, line: BillLine, text: str) -> tuple[Dispute, tuple[OutgoingMessage, ...]]:
    """Pause one bill and call the staff to decide; the dispute and the cards."""
    account = turn.household
    dispute = Dispute(
        account_id=account.id,
        bill_id=line.bill.id,
        person_id=turn.person.id if turn.person else None,
        text=text,
        evidence=evidence_of(turn),
        created_at=turn.now,
    )
    turn.session.add(dispute)
    await turn.session.flush()
    source = f"dispute/{dispute.id}"
    await keep_file(turn, source, turn.message.attachment)
    until = turn.today + timedelta(days=turn.policy.holds.dispute_days)
    await hold(turn.session, account.id, Reason.DISPUTED, source, until, turn.now, [line.bill.id])
    await withdraw_needless(turn.session, [account.id])
    desk = at_desk(turn)
    number, papers = str(dispute.id), await documents_line(desk, account)
    row = [desk.button(name, f"dispute.{name}", reusable=True, dispute=number) for name in ("uphold", "reject")]
    fields = {
        "code": account.code,
        "bill": bill_words(desk, line),
        "basis": line.bill.basis or "—",
        "text": text[:300],
        "documents": f"\n{papers}" if papers else "",
    }
    card = desk.say("card.dispute", row, fields=desk.called() | fields)
    await open_task(
        turn.session,
        key=keys.task("dispute", str(dispute.id)),
        kind="dispute",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + DECIDE_WITHIN,
        source=source,
    )
    await audit(turn.session, turn.actor, "dispute", source, turn.now, {"bill": line.bill.id})
    return dispute, tuple([with_file(turn, each, turn.message.attachment) for each in await to_staff(turn, card)])


# what staff decide


async def uphold(turn: Turn) -> Answer:
    """The bill was wrong."""
    return await _ask_explanation(turn, "upheld")


async def reject(turn: Turn) -> Answer:
    """The bill is right."""
    return await _ask_explanation(turn, "rejected")


async def _ask_explanation(turn: Turn, outcome: str) -> Answer:
    await _undecided(turn, turn.args)
    memory = {"dispute": turn.args["dispute"], "outcome": outcome}
    return Answer((turn.say(f"card.dispute_why_{outcome}"),), "dispute.decision", memory)


async def decision(turn: Turn) -> Answer | None:
    """The explanation, typed by staff, goes to the person; the bill's pause ends. Corrections are made in the books."""
    if not turn.text:
        return None
    dispute, account = await _undecided(turn, turn.memory)
    if (refused := unkind_words(turn, "dispute.decision", turn.memory)) is not None:
        return refused
    outcome, source = turn.memory["outcome"], f"dispute/{dispute.id}"
    dispute.state, dispute.decision = outcome, turn.text[:TEXT_MAX]
    dispute.decided_by, dispute.closed_at = turn.actor, turn.now
    await release(turn.session, source, turn.now)
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome=outcome)
    await audit(turn.session, turn.actor, f"dispute.{outcome}", source, turn.now)
    there = await beside(turn, dispute.person_id, account)
    told = None
    if there is not None:
        row = (press(there, "bill", "bill.show"), press(there, "person", "person.ask"))
        fields = there.called() | {"number": ticket(dispute.id), "text": turn.text[:TEXT_MAX].rstrip("。.")}
        told = there.say(f"dispute.{outcome}", row, kind=Kind.RECEIPT, fields=fields)
    rows = _corrections(turn, dispute) if outcome == "upheld" else ()
    done = turn.say(f"card.dispute_{outcome}", *rows, code=account.code, bill=str(dispute.bill_id))
    return Answer((done, *send(there, told)))


def _corrections(turn: Turn, dispute: Dispute) -> tuple[tuple[Choice, ...], ...]:
    """A manager corrects the books from here; a colleague without that right asks one."""
    if not has(turn, Right.APPROVE):
        return ()
    number = str(dispute.id)
    return (
        (
            turn.button("void_bill", "dispute.void", dispute=number),
            turn.button("adjust_bill", "dispute.adjust", dispute=number),
        ),
    )


async def void(turn: Turn) -> Answer:
    """The whole bill was wrong: taken back by a reversal, and the household hears what is open now."""
    dispute, account = await _upheld(turn, turn.args)
    why = _why(dispute)
    within_limit(turn, Act.CORRECT, await _billed(turn, dispute))
    await void_bill(turn.session, dispute.bill_id or 0, why, turn.today, turn.now, actor=turn.actor)
    return await _corrected(turn, dispute, account)


async def adjust(turn: Turn) -> Answer:
    """The sum was wrong: what would be right?"""
    dispute, account = await _upheld(turn, turn.args)
    question = turn.say("card.dispute_sum", code=account.code)
    return Answer((question,), expect="dispute.sum", memory={"dispute": str(dispute.id)})


async def right_sum(turn: Turn) -> Answer | None:
    """The right sum, typed; the difference goes into the books as a correction."""
    dispute, account = await _upheld(turn, turn.memory)
    try:
        fen = parse_yuan(turn.text)
    except ValueError:
        return Answer((turn.say("card.not_an_amount"),), expect="dispute.sum", memory=turn.memory)
    by_fen = fen - await _billed(turn, dispute)
    within_limit(turn, Act.CORRECT, abs(by_fen))
    await adjust_bill(turn.session, dispute.bill_id or 0, by_fen, _why(dispute), turn.today, turn.now, actor=turn.actor)
    return await _corrected(turn, dispute, account)


async def _billed(turn: Turn, dispute: Dispute) -> int:
    lines = await bill_lines(turn.session, [dispute.account_id])
    return next((line.billed_fen for line in lines if line.bill.id == dispute.bill_id), 0)


def _why(dispute: Dispute) -> str:
    return f"dispute/{dispute.id}: {dispute.decision}"[:200]


async def _upheld(turn: Turn, memory: Mapping[str, str]) -> tuple[Dispute, Account]:
    dispute = await turn.session.get(Dispute, int(memory["dispute"]), with_for_update=True)
    account = await turn.session.get(Account, dispute.account_id) if dispute else None
    if dispute is None or account is None or dispute.state != "upheld":
        raise Refusal("card.decided")
    decider(turn, account, Right.APPROVE)
    return dispute, account


async def _corrected(turn: Turn, dispute: Dispute, account: Account) -> Answer:
    left = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    there = await beside(turn, dispute.person_id, account)
    told = None
    if there is not None:
        fields = there.called() | {"number": ticket(dispute.id), "open": yuan(left)}
        told = there.say("dispute.corrected", (press(there, "bill", "bill.show"),), kind=Kind.RECEIPT, fields=fields)
    done = turn.say("card.dispute_corrected", code=account.code, open=yuan(left))
    return Answer((done, *send(there, told)))


async def _undecided(turn: Turn, memory: Mapping[str, str]) -> tuple[Dispute, Account]:
    dispute = await turn.session.get(Dispute, int(memory["dispute"]), with_for_update=True)
    account = await turn.session.get(Account, dispute.account_id) if dispute else None
    if dispute is None or account is None or dispute.state != "open":
        raise Refusal("card.decided")
    decider(turn, account)
    return dispute, account
