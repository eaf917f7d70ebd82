"""A claim ("I have paid") pauses reminders; staff find the money in one tap or ask for the voucher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.ladder import Reason
from domain.messages import Answer, Attachment, Choice, Kind, OutgoingMessage
from domain.money import parse_yuan, yuan
from domain.roles import Right
from handlers.household import ask_which, press, said, words_of
from handlers.notes import at_desk, beside, decider, send, to_staff, with_file
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Claim, hold, latest_claim, release
from models.bills import BillLine, bill_lines, open_fen, record_payment
from models.reminders import withdraw_needless
from models.sent_files import want_file
from models.staff import audit, close_task, open_task
from understanding.reading import Slots

LOOK_WITHIN = timedelta(days=1)
METHOD = "claim"
PICTURES = ("photo", "document")
STEP = "claim.voucher"
TEXT_MAX = 500


async def start(turn: Turn) -> Answer | None:
    """By command, button or words; the reminders of the open bills wait until staff have looked."""
    if (which := await ask_which(turn, "claim.start")) is not None:
        return which
    known = await latest_claim(turn.session, turn.household.id)
    lines = await bill_lines(turn.session, [turn.household.id], only_open=True)
    if known is not None:
        cards = await _completed(turn, known, said(turn))
        return (await _with_picture(turn, known, turn.say("claim.known"))).also(*cards)
    if not lines:
        row = (press(turn, "bill", "bill.show"), press(turn, "person", "person.ask"))
        return Answer((turn.say("claim.nothing_open", row, fields=turn.called()),))
    claim = await _record(turn, lines)
    card = claim_card(turn, claim, open_fen(lines))
    await open_task(
        turn.session,
        key=keys.task("claim", str(claim.id)),
        kind="claim",
        account=turn.household,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + LOOK_WITHIN,
        source=f"claim/{claim.id}",
    )
    answer = await _with_picture(turn, claim, turn.say("claim.received", fields=turn.called()))
    return replace(answer, done=f"claim/{claim.id}").also(*await to_staff(turn, card, Right.CONFIRM_PAYMENT))


async def _record(turn: Turn, lines: list[BillLine]) -> Claim:
    """The claim, and the hold on what is open now."""
    slots, account = said(turn), turn.household
    claim = Claim(
        account_id=account.id,
        person_id=turn.person.id if turn.person else None,
        amount_fen=slots.amount_fen,
        paid_on=slots.date if slots.date is not None and slots.date <= turn.today else None,
        text=words_of(turn)[:TEXT_MAX],
        voucher="[]",
        created_at=turn.now,
    )
    turn.session.add(claim)
    await turn.session.flush()
    until = turn.today + timedelta(days=turn.policy.holds.claim_days)
    bill_ids = [line.bill.id for line in lines]
    await hold(turn.session, account.id, Reason.CLAIMED, f"claim/{claim.id}", until, turn.now, bill_ids)
    await audit(turn.session, turn.actor, "claim", f"claim/{claim.id}", turn.now)
    return claim


async def _completed(turn: Turn, claim: Claim, slots: Slots) -> tuple[OutgoingMessage, ...]:
    """What they say after the claim joins it; staff see their card again when it names a sum or a day."""
    claim.text = "\n".join(filter(None, (claim.text, words_of(turn))))[:TEXT_MAX]
    before = (claim.amount_fen, claim.paid_on)
    claim.amount_fen = slots.amount_fen or claim.amount_fen
    if slots.date is not None and slots.date <= turn.today:
        claim.paid_on = slots.date
    if (claim.amount_fen, claim.paid_on) == before:
        return ()
    owed_fen = open_fen(await bill_lines(turn.session, [claim.account_id], only_open=True))
    return await to_staff(turn, claim_card(turn, claim, owed_fen), Right.CONFIRM_PAYMENT)


async def _with_picture(turn: Turn, claim: Claim, words: OutgoingMessage) -> Answer:
    """A picture sent before its button said "it is a voucher" joins the claim at once; else the next one will."""
    file = turn.message.attachment  # ... or the words came as its caption
    if "file" in turn.args:
        args = turn.args
        file = Attachment(args["kind"], args["file"], args.get("title", ""))
    if file is not None and file.kind in PICTURES:
        joined = await join_voucher(turn, claim, file)
        return replace(joined, messages=(words, *joined.messages[1:]))
    return Answer((words,), STEP, {"claim": str(claim.id)})


def claim_card(turn: Turn, claim: Claim, owed_fen: int) -> OutgoingMessage:
    """What staff see: who says what was paid, and one tap to say it arrived."""
    desk, number = at_desk(turn), str(claim.id)
    amount = claim.amount_fen or owed_fen
    confirm_label = desk.words("claim.confirm_label", amount=yuan(amount))
    rows = (
        (
            Choice(confirm_label, "claim.confirm", {"claim": number, "amount": str(amount)}, reusable=True),
            desk.button("not_found", "claim.not_found", reusable=True, claim=number),
        ),
        (desk.button("other_amount", "claim.other_amount", reusable=True, claim=number),),
    )
    fields = {
        "said": desk.words("claim.named", amount=yuan(claim.amount_fen))
        if claim.amount_fen
        else desk.words("claim.no_amount"),
        "owed": yuan(owed_fen),
        "text": claim.text or "—",
        "code": desk.household.code,
    }
    return desk.say("card.claim", *rows, fields=desk.called() | fields)


async def voucher(turn: Turn) -> Answer | None:
    """Right after "I have paid": a picture is its voucher, a bare sum is what was paid; all else goes its usual way."""
    claim = await turn.session.get(Claim, int(turn.memory["claim"]))
    attachment = turn.message.attachment
    if claim is None or claim.state != "open":
        return None
    if attachment is not None and attachment.kind in PICTURES:
        return await join_voucher(turn, claim, attachment)
    if (paid_fen := _bare_sum(turn.text)) is None:
        return None
    cards = await _completed(turn, claim, Slots(amount_fen=paid_fen))
    told = turn.say("claim.sum_noted", amount=yuan(paid_fen))
    return Answer((told, *cards), STEP, {"claim": str(claim.id)})


def _bare_sum(text: str) -> int | None:
    """`286.4`, `286.40元`: a sum and nothing else, in fen; one digit alone picks from a menu."""
    try:
        paid_fen = parse_yuan(text.strip().removesuffix("块")) if len(text.strip()) > 1 else 0
    except ValueError:
        return None
    return paid_fen if paid_fen > 0 else None


async def join_voucher(turn: Turn, claim: Claim, attachment: Attachment) -> Answer:
    """Keep the picture with the claim and show it to staff."""
    file = {"kind": attachment.kind, "file_id": attachment.file_id, "name": attachment.name}
    claim.voucher = json.dumps([*json.loads(claim.voucher), file], ensure_ascii=False)
    await want_file(turn.session, claim.account_id, f"claim/{claim.id}", turn.message.channel, attachment, turn.now)
    desk = at_desk(turn)
    card = desk.say("card.voucher", fields=desk.called(), code=turn.household.code)
    cards = [with_file(turn, each, attachment) for each in await to_staff(turn, card, Right.CONFIRM_PAYMENT)]
    return Answer((turn.say("claim.voucher"), *cards), STEP, {"claim": str(claim.id)})


# what staff decide


async def _undecided(turn: Turn, memory: Mapping[str, str]) -> tuple[Claim, Account]:
    """The claim a card is about, refused when a colleague was faster."""
    claim = await turn.session.get(Claim, int(memory["claim"]), with_for_update=True)
    account = await turn.session.get(Account, claim.account_id) if claim else None
    if claim is None or account is None or claim.state != "open":
        raise Refusal("card.decided")
    decider(turn, account, Right.CONFIRM_PAYMENT)
    return claim, account


async def confirm(turn: Turn) -> Answer:
    """The money is there: into the ledger, the hold ends, the payer is thanked."""
    claim, account = await _undecided(turn, turn.args)
    return await _confirmed(turn, claim, account, int(turn.args["amount"]), sure="sure" in turn.args)


async def other_amount(turn: Turn) -> Answer:
    claim, account = await _undecided(turn, turn.args)
    question = turn.say("card.claim_amount", code=account.code)
    return Answer((question,), expect="claim.amount", memory={"claim": str(claim.id)})


async def amount(turn: Turn) -> Answer | None:
    """The sum that really arrived, typed by staff."""
    claim, account = await _undecided(turn, turn.memory)
    try:
        fen = parse_yuan(turn.text)
    except ValueError:
        fen = 0
    if fen <= 0:
        return Answer((turn.say("card.not_an_amount"),), expect="claim.amount", memory=turn.memory)
    return await _confirmed(turn, claim, account, fen, sure=False)


async def _confirmed(turn: Turn, claim: Claim, account: Account, fen: int, *, sure: bool) -> Answer:
    """Records the payment. More than is open now may have been imported already: then staff are asked once."""
    owed = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    if fen > owed and not sure:
        args = {"claim": str(claim.id), "amount": str(fen)}
        row = (
            Choice(turn.words("button.record_anyway"), "claim.confirm", args | {"sure": "yes"}),
            Choice(turn.words("button.recorded_already"), "claim.settled", args),
        )
        fields = {"code": account.code, "owed": yuan(owed), "amount": yuan(fen)}
        return Answer((turn.say("card.more_than_open", row, fields=fields),))
    payment = await record_payment(
        turn.session,
        account.id,
        fen,
        claim.paid_on or turn.today,
        METHOD,
        f"claim/{claim.id}",
        turn.now,
        on=turn.today,
        thanked=True,
        actor=turn.actor,
    )
    await withdraw_needless(turn.session, [account.id])
    claim.payment_id = payment.id if payment else None
    await _close(turn, claim, "confirmed")
    left = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    there = await beside(turn, claim.person_id, account)
    thanks = None
    if there is not None:
        rest = there.words("receipt.still_open", open=yuan(left)) if left else there.words("receipt.all_paid")
        thanks = there.say("receipt.thanks", kind=Kind.RECEIPT, fields=there.called(), amount=yuan(fen), rest=rest)
    done = turn.say("card.claim_confirmed", edit=True, code=account.code, amount=yuan(fen))
    return Answer((done, *send(there, thanks)))


async def settled(turn: Turn) -> Answer:
    """The money stood in the ledger already: nothing is recorded twice."""
    claim, account = await _undecided(turn, turn.args)
    await _close(turn, claim, "confirmed")
    there = await beside(turn, claim.person_id, account)
    told = there.say("claim.settled", kind=Kind.RECEIPT, fields=there.called()) if there else None
    return Answer((turn.say("card.claim_settled", edit=True, code=account.code), *send(there, told)))


async def not_found(turn: Turn) -> Answer:
    """Nothing arrived yet: the payer is asked for the voucher, kindly; reminders may go on."""
    claim, account = await _undecided(turn, turn.args)
    await _close(turn, claim, "not_found")
    there = await beside(turn, claim.person_id, account)
    told = None
    if there is not None:
        row = (press(there, "paid", "claim.start"), press(there, "person", "person.ask"))
        fields = there.called() | {"hotline": turn.office.hotline}
        told = there.say("claim.not_found", row, kind=Kind.RECEIPT, fields=fields)
    return Answer((turn.say("card.claim_not_found", edit=True, code=account.code), *send(there, told)))


async def _close(turn: Turn, claim: Claim, state: str) -> None:
    claim.state, claim.decided_by, claim.closed_at = state, turn.actor, turn.now
    source = f"claim/{claim.id}"
    await release(turn.session, source, turn.now)
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome=state)
    await audit(turn.session, turn.actor, f"claim.{state}", source, turn.now)
