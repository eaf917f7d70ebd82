"""What may come off a bill, or on top of it: discounts and late fees, answered from the rules and never invented."""

from __future__ import annotations

from domain.messages import Answer
from domain.money import yuan
from domain.rewards import Accrued
from domain.wording import day_words, period_words
from handlers.household import press, settle_on
from handlers.points import how_words
from handlers.turn import Turn
from models.bills import bill_lines, items_of
from models.late_fees import Owed, late_fees


async def discount(turn: Turn) -> Answer:
    """What holds for this household's bills now, else the rules in force, else that there is none."""
    settle_on(turn)
    rules, row = turn.office.rewards, [press(turn, "bill", "bill.show"), press(turn, "plan", "plan.offer")]
    if rules.points.on:
        row.append(press(turn, "points", "points.show"))
    now = await _now(turn)
    if now:
        return Answer((turn.say("discount.answer", row, fields=turn.called(), lines="\n".join(now)),))
    mine = set(await items_of(turn.session, turn.household.id))
    running = [
        turn.words(
            "discount.rule",
            item=turn.fee(item),
            days=str(rule.days_before_due),
            percent=f"{rule.percent:f}",
            most=turn.words("discount.most", fen=yuan(rule.most_fen)) if rule.most_fen < 10**9 else "",
        )
        for rule in rules.discounts
        for item in rule.items
        if item in mine and (rule.ends_on is None or turn.today <= rule.ends_on)
    ]
    if running:
        return Answer((turn.say("discount.rules", row, lines="\n".join(running)),))
    if rules.points.on:
        plain = turn.words("question.discount", hotline=turn.office.hotline)
        row = [
            press(turn, "plan", "plan.offer"),
            press(turn, "person", "person.ask"),
            press(turn, "points", "points.show"),
        ]
        return Answer((turn.say("discount.points_only", row, plain=plain, how=how_words(turn, rules.points)),))
    row = [press(turn, "plan", "plan.offer"), press(turn, "person", "person.ask")]
    return Answer((turn.say("question.discount", row, hotline=turn.office.hotline),))


async def _now(turn: Turn) -> list[str]:
    """The open bills that a discount can still be had for, each with its last day and both sums."""
    found = []
    for line in await bill_lines(turn.session, [turn.household.id], only_open=True):
        rule = turn.office.rewards.discount(line.bill.item, line.bill.due_on)
        fen = rule.fen(line.billed_fen) if rule is not None else 0
        if rule is None or not 0 < fen < line.open_fen or turn.today > rule.until(line.bill.due_on):
            continue
        fields = {
            "period": period_words(line.bill.period, turn.language),
            "item": turn.fee(line.bill.item),
            "until": day_words(rule.until(line.bill.due_on), turn.language),
            "fen": yuan(fen),
            "rest": yuan(line.open_fen - fen),
        }
        found.append(turn.words("discount.now", **fields))
    return found


async def late_fee(turn: Turn) -> Answer:
    """Whether there is one, with the formula of this household's own figures."""
    settle_on(turn)
    row = (
        press(turn, "later", "promise.start"),
        press(turn, "plan", "plan.offer"),
        press(turn, "person", "person.ask"),
    )
    rules = turn.office.rewards
    owed = await late_fees(turn.session, rules, turn.household.id, turn.today)
    if owed:
        lines = "\n".join(_line(turn, each) for each in owed)
        return Answer((turn.say("late_fee.answer", row, fields=turn.called(), lines=lines),))
    mine = await items_of(turn.session, turn.household.id)
    rule = next((found for item in mine if (found := rules.late_fee(item, turn.today)) is not None), None)
    if rule is None:
        return Answer((turn.say("question.late_fee", row[:2], office=turn.office.name),))
    fields = {
        **turn.called(),
        "percent": f"{rule.percent_a_day:f}",
        "cap": f"{rule.cap_percent:f}",
        "grace": turn.words("late_fee.grace", days=str(rule.grace_days)) if rule.grace_days else "",
    }
    return Answer((turn.say("late_fee.none_now", row, fields=fields),))


def _line(turn: Turn, owed: Owed) -> str:
    bill = owed.line.bill
    fields = {"period": period_words(bill.period, turn.language), "item": turn.fee(bill.item), "fen": yuan(owed.fen)}
    if owed.accrued is None:
        return turn.words("late_fee.charged", **fields)
    waived = turn.words("late_fee.waived", fen=yuan(owed.waived_fen)) if owed.waived_fen else ""
    return turn.words("late_fee.line", **fields, formula=formula_words(turn, owed.accrued), waived=waived)


def formula_words(turn: Turn, found: Accrued) -> str:
    """`欠 286.40 元 × 0.03% × 12 天`, each stretch of days by itself."""
    percent = f"{found.rule.percent_a_day:f}"
    words = ""
    for each in found.stretches:
        more = turn.words("late_fee.formula", open=yuan(each.open_fen), percent=percent, days=str(each.days))
        words = turn.words("late_fee.plus", first=words, more=more) if words else more
    if found.capped:
        words = turn.words("late_fee.capped", formula=words, cap=f"{found.rule.cap_percent:f}")
    return words
