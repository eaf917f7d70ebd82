"""Which household a person means, when they have several; and what they said about it, in words or by button."""

from __future__ import annotations

from datetime import date

from domain.messages import Answer, Choice
from domain.wording import short_room
from handlers.turn import Turn
from models.accounts import Account
from models.bills import bill_lines
from understanding.reading import Slots

# The words of ROUTES that residents use as commands (a test compares them).
COMMAND_WORDS = frozenset(
    "停止 退订 恢复提醒 人工 找人工 异议 设置 进度 账单 到期 明细 对比 缴费 已缴 承诺 分期 困难 投诉 发票 自动扣费 变动 续班 "
    "滞纳金 优惠 用途 积分 邮箱 信息 光荣榜 订阅通知 帮助".split()
)
TEXT_CARRIED = 300  # characters of a sentence that a button keeps


def settle_on(turn: Turn) -> None:
    """Take the household that a button or the text names; without one the conversation's household stays."""
    chosen = turn.args.get("account")
    if chosen:
        turn.account = next((account for account, _ in turn.households if str(account.id) == chosen), None)
        return
    named = [account for account, _ in turn.households if account.address and account.address in turn.text]
    if len(named) == 1:
        turn.account = named[0]


async def ask_which(turn: Turn, action: str) -> Answer | None:
    """None once it is clear which household is meant, else the question; its buttons go on with `action`."""
    before = turn.account
    settle_on(turn)
    if "account" in turn.args or turn.account is not before or len(turn.households) < 2:
        return None
    lines = await bill_lines(turn.session, [account.id for account, _ in turn.households], only_open=True)
    owing = {line.bill.account_id for line in lines}
    accounts = [account for account, _ in turn.households if account.id in owing]
    if len(accounts) < 2:
        turn.account = accounts[0] if accounts else turn.account
        return None
    return Answer((turn.say("household.which", *rooms(turn, accounts, action, **carried(turn))),))


def rooms(turn: Turn, accounts: list[Account], action: str, **args: str) -> list[list[Choice]]:
    """A button for each household, named by its shortened room, two a row."""
    buttons = [
        Choice(short_room(account.room) or account.code, action, {**args, "account": str(account.id)}, reusable=True)
        for account in accounts
    ]
    return [buttons[n : n + 2] for n in range(0, len(buttons), 2)]


def press(turn: Turn, name: str, action: str, *, reusable: bool = True, **args: str) -> Choice:
    """A button about the household being talked about."""
    return Choice(turn.words(f"button.{name}"), action, {**args, "account": str(turn.household.id)}, reusable=reusable)


def said(turn: Turn) -> Slots:
    """The day, sum and number of parts a person named: in a sentence, or before they chose a household."""
    if turn.reading is not None:
        return turn.reading.slots
    args = turn.args
    return Slots(
        date=date.fromisoformat(args["date"]) if "date" in args else None,
        amount_fen=int(args["amount_fen"]) if "amount_fen" in args else None,
        instalments=int(args["instalments"]) if "instalments" in args else None,
        period=args.get("period"),
    )


def carried(turn: Turn) -> dict[str, str]:
    """What was said, kept on a button until the household is chosen."""
    slots = {key: str(value) for key, value in said(turn).to_json().items()}
    words = words_of(turn)[:TEXT_CARRIED]
    return {**turn.args, **slots, **({"text": words} if words else {})}


def words_of(turn: Turn) -> str:
    """The sentence a person wrote, also when a button asked something in between; empty for a bare command."""
    if turn.message.choice is not None or turn.reading is None:
        return turn.args.get("text", turn.argument)
    return "" if turn.argument == "" and is_command(turn) else turn.text


def is_command(turn: Turn) -> bool:
    """A single word that only names the conversation, such as 异议, says nothing about the matter itself."""
    return turn.text in COMMAND_WORDS


def tone_of(turn: Turn) -> frozenset[str]:
    return frozenset(turn.reading.tone) if turn.reading is not None else frozenset()
