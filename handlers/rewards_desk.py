"""Staff: points given with a reason, late fees waived within a limit, a mandate to debit recorded."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import Refusal
from domain.limits import NO_LIMIT, Act
from domain.messages import Answer, Kind, OutgoingMessage
from domain.money import yuan
from domain.roles import Right, Role
from handlers.household import press
from handlers.notes import beside, send
from handlers.scopes import has, household_of, officer, within_limit
from handlers.turn import Turn
from models.accounts import Account
from models.late_fees import late_fees, waive
from models.mandates import ACTIVE, ENDED, FAILED, set_mandate
from models.people import members_of
from models.rewards import balance, grant, granted_lately
from models.staff import audit

REASON_MAX = 200
GRANT_MAX = 100_000
WITHIN = timedelta(days=30)
STATES = {"on": ACTIVE, "开通": ACTIVE, "failed": FAILED, "失败": FAILED, "off": ENDED, "取消": ENDED}
METHOD_MAX = 30
FEN_MAX = 10**12


async def give(turn: Turn) -> Answer:
    """`/grant CODE POINTS reason`: within one's limit for a household; above it a manager."""
    officer(turn, Right.TASKS)
    words = turn.argument.split(maxsplit=2)
    if len(words) < 3 or not words[1].lstrip("+").isdecimal():
        return Answer((turn.say("grant.usage", limit=str(turn.office.rewards.points.grant_max)),))
    account = await household_of(turn, words[0], Right.TASKS)
    points, reason = int(words[1].lstrip("+")), words[2][:REASON_MAX]
    rules = turn.office.rewards.points
    if not rules.on:
        raise Refusal("points.off", {"hotline": turn.office.hotline})
    if not 0 < points <= GRANT_MAX:
        raise Refusal("grant.usage", {"limit": str(rules.grant_max)})
    lately = await granted_lately(turn.session, account.id, turn.actor, turn.now - WITHIN)
    if lately + points > rules.grant_max and not has(turn, Right.APPROVE):
        raise Refusal("grant.above_limit", {"limit": str(rules.grant_max), "given": str(lately)})
    key = f"grant/{account.id}/{turn.inbox_id}"
    await grant(turn.session, account.id, points, key, reason, turn.today, turn.now, actor=turn.actor)
    detail = {"points": points, "reason": reason}
    await audit(turn.session, turn.actor, "points.grant", f"account/{account.id}", turn.now, detail)
    have = str(await balance(turn.session, account.id))
    return Answer((turn.say("grant.done", code=account.code, points=str(points), have=have),))


async def waiver(turn: Turn) -> Answer:
    """`/waive CODE reason`: shows the sum and asks once more."""
    officer(turn, Right.CONFIRM_PAYMENT)
    code, _, reason = turn.argument.partition(" ")
    if not code or not reason.strip():
        return Answer((turn.say("waive.usage", limit=yuan(max(0, _limit(turn)))),))
    account = await household_of(turn, code, Right.CONFIRM_PAYMENT)
    owed = await late_fees(turn.session, turn.office.rewards, account.id, turn.today)
    total = sum(each.fen for each in owed)
    if not total:
        raise Refusal("waive.nothing")
    within_limit(turn, Act.WAIVE, total)
    args = {"code": account.code, "reason": reason.strip()[:REASON_MAX], "nonce": str(turn.inbox_id)}
    row = (turn.button("waive_yes", "waive.yes", reusable=False, **args),)
    return Answer((turn.say("waive.sure", row, code=account.code, amount=yuan(total), reason=args["reason"]),))


async def waiver_yes(turn: Turn) -> Answer:
    account = await household_of(turn, turn.args["code"], Right.CONFIRM_PAYMENT)
    limit = _limit(turn)
    most = limit if limit != NO_LIMIT else FEN_MAX
    reason, key = turn.args["reason"], f"waive/{account.id}/{turn.args['nonce']}"
    fen = await waive(
        turn.session,
        turn.office.rewards,
        account.id,
        key,
        most,
        reason,
        turn.today,
        turn.now,
        actor=turn.actor,
    )
    await audit(
        turn.session, turn.actor, "late_fee.waived", f"account/{account.id}", turn.now, {"fen": fen, "reason": reason}
    )
    told = turn.say("waive.done", code=account.code, amount=yuan(fen))
    return Answer((told, *await _to_payer(turn, account, "waive.told", amount=yuan(fen))))


def _limit(turn: Turn) -> int:
    """What this colleague may waive at once, in fen."""
    return turn.office.limits.fen(Role(officer(turn, Right.CONFIRM_PAYMENT).role), Act.WAIVE)


async def mandate(turn: Turn) -> Answer:
    """`/mandate CODE on METHOD`, `/mandate CODE off`, `/mandate CODE failed reason`: and the payer hears of it."""
    officer(turn, Right.CONFIRM_PAYMENT)
    words = turn.argument.split(maxsplit=2)
    state = STATES.get(words[1].lower()) if len(words) > 1 else None
    if state is None or (state == FAILED and len(words) < 3):
        return Answer((turn.say("mandate.usage"),))
    account = await household_of(turn, words[0], Right.CONFIRM_PAYMENT)
    more = words[2].strip() if len(words) > 2 else ""
    method = more[:METHOD_MAX] if state == ACTIVE else ""
    reason = more[:REASON_MAX] if state != ACTIVE else ""
    await set_mandate(turn.session, account, state, method, reason, turn.today, turn.now, by=turn.actor)
    await audit(turn.session, turn.actor, f"mandate.{state}", f"account/{account.id}", turn.now, {"reason": reason})
    told = turn.say(f"mandate.{state}", code=account.code)
    return Answer((told, *await _to_payer(turn, account, f"mandate.told_{state}")))


async def _to_payer(turn: Turn, account: Account, template: str, **fields: str) -> tuple[OutgoingMessage, ...]:
    payer = next((person for person, bound in await members_of(turn.session, account.id) if bound.payer), None)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if there is None:
        return ()
    row = (press(there, "bill", "bill.show"), press(there, "person", "person.ask"))
    return send(there, there.say(template, row, kind=Kind.RECEIPT, fields=there.called() | fields))
