"""A payment taken by hand at the desk: what is missing is told, what it would pay is shown, a tap books it."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer, OutgoingMessage
from domain.money import parse_yuan, yuan
from domain.roles import Right
from domain.wording import period_words
from handlers.scopes import household_of, officer
from handlers.turn import Turn
from models.accounts import Account
from models.bills import bill_lines, credit_fen, open_fen, record_payment, recorded_before, shared_out
from models.reminders import withdraw_needless
from models.staff import audit

PARTS = ("code", "amount", "method", "reference")
REFERENCE_MAX, METHOD_MAX = 80, 30


async def start(turn: Turn) -> Answer:
    """`/paid CODE AMOUNT METHOD REFERENCE`: shows what would be booked; nothing is written yet."""
    officer(turn, Right.CONFIRM_PAYMENT)
    given = _given(turn.argument)
    if not given:
        return Answer((turn.say("received.usage"),))
    if missing := [part for part in PARTS if part not in given]:
        parts = turn.words("list.comma").join(turn.words(f"received.{part}") for part in missing)
        example = " ".join(given.get(part) or turn.words(f"received.example_{part}") for part in PARTS)
        return Answer((turn.say("received.missing", parts=parts, example=example),))
    account = await household_of(turn, given["code"], Right.CONFIRM_PAYMENT)
    fen = _fen(given["amount"])
    if fen <= 0:
        raise Refusal("received.bad_amount", {"amount": given["amount"][:20]})
    if len(given["method"]) > METHOD_MAX or len(given["reference"]) > REFERENCE_MAX:
        raise Refusal("received.too_long", {"method": str(METHOD_MAX), "reference": str(REFERENCE_MAX)})
    if await recorded_before(turn.session, account.id, given["method"], given["reference"]):
        raise Refusal("received.before", {"code": account.code, "reference": given["reference"]})
    return Answer((await _preview(turn, account, fen, given["method"], given["reference"]),))


def _given(argument: str) -> dict[str, str]:
    """Which of the four was written. A sum is known by its looks; a last single word with a figure is the reference."""
    words = argument.split()
    given: dict[str, str] = {}
    if words and not ("." in words[0] and _fen(words[0])):
        given["code"] = words.pop(0)
    if words and (_fen(words[0]) or len(words) > 2):
        given["amount"] = words.pop(0)
    if len(words) == 1 and any(sign.isdigit() for sign in words[0]):
        return given | {"reference": words[0]}
    if words:
        given["method"] = words.pop(0)
    if words:
        given["reference"] = " ".join(words)
    return given


def _fen(amount: str) -> int:
    try:
        return parse_yuan(amount)
    except ValueError:
        return 0


async def _preview(turn: Turn, account: Account, fen: int, method: str, reference: str) -> OutgoingMessage:
    """The household, the bills that the sum would pay, and what stays open."""
    lines = await bill_lines(turn.session, [account.id], only_open=True)
    shares = shared_out(fen + await credit_fen(turn.session, account.id), lines)
    shown = [
        turn.words(
            "received.bill",
            period=period_words(line.bill.period, turn.language),
            item=turn.fee(line.bill.item),
            amount=yuan(share),
        )
        for line, share in shares
    ]
    owed = open_fen(lines)
    if fen > owed:
        shown.append(turn.words("received.over", amount=yuan(fen - owed)))
    args = {"code": account.code, "amount": str(fen), "method": method, "reference": reference, "owed": str(owed)}
    row = [turn.button(f"received_{act}", f"received.{act}", reusable=False, **args) for act in ("book", "drop")]
    fields = {
        **turn.called(account),
        "code": account.code,
        "amount": yuan(fen),
        "method": method,
        "reference": reference,
        "lines": "\n".join(shown),
        "open": yuan(max(0, owed - fen)),
    }
    return turn.say("received.sure", row, fields=fields)


async def book(turn: Turn) -> Answer:
    """Into the ledger, used for the oldest bills; the thank-you follows. Books that moved since are shown again first."""
    args = turn.args
    account = await household_of(turn, args["code"], Right.CONFIRM_PAYMENT)
    fen, method, reference = int(args["amount"]), args["method"], args["reference"]
    if open_fen(await bill_lines(turn.session, [account.id], only_open=True)) != int(args["owed"]):
        again = await _preview(turn, account, fen, method, reference)
        return Answer((turn.say("received.changed", *again.choices, again=again.text),))
    payment = await record_payment(
        turn.session, account.id, fen, turn.today, method, reference, turn.now, on=turn.today, actor=turn.actor
    )
    if payment is None:
        raise Refusal("received.before", {"code": account.code, "reference": reference})
    await withdraw_needless(turn.session, [account.id])
    detail = {"fen": fen, "account": account.id}
    await audit(turn.session, turn.actor, "payment.recorded", f"payment/{payment.id}", turn.now, detail)
    left = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    fields = {"code": account.code, "amount": yuan(fen), "open": yuan(left)}
    return Answer((turn.say("received.booked", edit=True, fields=fields),))


async def drop(turn: Turn) -> Answer:
    account = await household_of(turn, turn.args["code"], Right.CONFIRM_PAYMENT)
    fields = {"code": account.code, "amount": yuan(int(turn.args["amount"]))}
    return Answer((turn.say("received.dropped", edit=True, fields=fields),))
