"""How to pay, method by method, in the words of content/messages.payment.*.toml."""

from __future__ import annotations

from domain.messages import Answer
from domain.money import yuan
from handlers.household import press, settle_on
from handlers.turn import Turn
from models.bills import bill_lines, open_fen

METHODS = ("wechat", "alipay", "bank", "counter", "auto")


async def how(turn: Turn) -> Answer:
    """The ways to pay."""
    settle_on(turn)
    total = open_fen(await bill_lines(turn.session, [turn.household.id], only_open=True))
    buttons = [press(turn, f"pay_{method}", "pay.method", method=method) for method in METHODS]
    rows = [buttons[:2], buttons[2:4], [buttons[4], press(turn, "paid", "claim.start")]]
    template = "pay.how" if total else "pay.ahead"
    return Answer((turn.say(template, *rows, fields=turn.called(), total=yuan(total)),))


async def method(turn: Turn) -> Answer:
    """One way to pay, step by step."""
    settle_on(turn)
    total = open_fen(await bill_lines(turn.session, [turn.household.id], only_open=True))
    text = turn.say(
        f"payment.{turn.args['method']}",
        (press(turn, "paid", "claim.start"), press(turn, "pay_other", "pay.how")),
        office=turn.office.name,
        hotline=turn.office.hotline,
        code=turn.household.code,
        total=yuan(total),
    )
    return Answer((text,))
