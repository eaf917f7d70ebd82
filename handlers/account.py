"""One household at the desk: its card, its messages, a payment taken by hand, a word written by hand."""

from __future__ import annotations

from domain import keys
from domain.errors import Refusal
from domain.gate import Facts, Send, gate
from domain.ladder import Reason, Wait, decide
from domain.lint import lint
from domain.messages import Answer, Audience, Kind
from domain.money import parse_yuan, yuan
from domain.roles import Right
from domain.wording import day_words, period_words
from handlers.notes import beside
from handlers.scopes import has, household_of, officer
from handlers.turn import Turn
from models import log
from models.accounts import Account
from models.agreements import live_holds, live_plan, open_promise, plan_parts_of
from models.bills import bill_lines, credit_fen, open_fen, record_payment
from models.outbox import Context
from models.people import Person, contacts_of, members_of
from models.posting import post
from models.reminders import latest_reminders, latest_wait, withdraw_needless
from models.staff import audit
from models.standing import households

BILLS_SHOWN = 12
REMINDERS_SHOWN = 5
MESSAGES_SHOWN = 10
TEXT_SHOWN = 160
REFERENCE_MAX, METHOD_MAX, REPLY_MAX = 80, 30, 1500


async def show(turn: Turn) -> Answer:
    """The household's card. Reading it is written down."""
    code = turn.args.get("code", turn.argument.partition(" ")[0])
    if not code:
        return Answer((turn.say("account.which"),), expect="account.code")
    account = await household_of(turn, code, Right.READ)
    await audit(turn.session, turn.actor, "account.read", f"account/{account.id}", turn.now)
    parts = [
        await _head(turn, account),
        await _bills(turn, account),
        await _agreements(turn, account),
        await _contacted(turn, account),
    ]
    rows = [[turn.button("account_messages", "account.messages", reusable=True, code=account.code, skip="0")]]
    if has(turn, Right.TASKS):
        rows[0].append(turn.button("account_reply", "account.write", reusable=True, code=account.code))
    return Answer((turn.say("account.card", *rows, card="\n\n".join(filter(None, parts))),))


async def code_typed(turn: Turn) -> Answer | None:
    """The code, typed after `/account` alone."""
    if not turn.text or len(turn.text) > 64 or turn.staff is None:
        return None
    turn.argument = turn.text
    return await show(turn)


async def _head(turn: Turn, account: Account) -> str:
    people = []
    for person, binding in await members_of(turn.session, account.id):
        contacts = await contacts_of(turn.session, person.id)
        stopped = turn.words("account.stopped") if person.stopped_at else ""
        channels = ", ".join(contact.channel for contact in contacts) or turn.words("account.no_chat")
        people.append(f"{turn.words(f'member.{binding.role}')} · {channels}{stopped}")
    fields = {
        "code": account.code,
        **turn.called(account),
        "class": account.class_name,
        "traits": account.traits.replace(";", ", ") or "—",
        "grade": account.grade or "—",
        "people": "\n".join(people) or turn.words("account.nobody_bound"),
    }
    return turn.words("account.head", **fields)


async def _bills(turn: Turn, account: Account) -> str:
    lines = await bill_lines(turn.session, [account.id], only_open=True)
    shown = [
        turn.words(
            "account.bill",
            item=line.bill.item,
            period=period_words(line.bill.period, turn.language),
            open=yuan(line.open_fen),
            due=day_words(line.bill.due_on, turn.language),
        )
        for line in lines[:BILLS_SHOWN]
    ]
    if len(lines) > BILLS_SHOWN:
        shown.append(turn.words("account.more_bills", number=str(len(lines) - BILLS_SHOWN)))
    credit = await credit_fen(turn.session, account.id)
    if credit:
        shown.append(turn.words("account.credit", credit=yuan(credit)))
    head = turn.words("account.open", total=yuan(open_fen(lines))) if lines else turn.words("account.all_paid")
    return "\n".join((head, *shown))


async def _agreements(turn: Turn, account: Account) -> str:
    shown = []
    promise = await open_promise(turn.session, account.id)
    if promise is not None:
        day = day_words(promise.due_on, turn.language)
        shown.append(turn.words("account.promise", day=day, amount=yuan(promise.amount_fen)))
    plan = await live_plan(turn.session, account.id)
    if plan is not None:
        parts = await plan_parts_of(turn.session, plan.id)
        dates = ", ".join(f"{day_words(part.due_on, turn.language)} {yuan(part.amount_fen)}" for part in parts)
        shown.append(turn.words(f"account.plan_{plan.state}", parts=dates))
    for reason, until in sorted({(h.reason, h.until_on) for h in await live_holds(turn.session, [account.id])}):
        until_words = day_words(until, turn.language)
        shown.append(turn.words("account.hold", reason=why_words(turn, reason), until=until_words))
    return "\n".join(shown)


async def _contacted(turn: Turn, account: Account) -> str:
    shown = [
        turn.words("account.reminder", day=day_words(on, turn.language), stage=stage, state=state or "—")
        for on, stage, state in await latest_reminders(turn.session, account.id, REMINDERS_SHOWN)
    ]
    if (reason := await _waits(turn, account)) is not None:
        wait = await latest_wait(turn.session, account.id, turn.today)
        since = wait.since_on if wait is not None and wait.reason == reason else turn.today
        shown.append(turn.words("account.wait", reason=why_words(turn, reason), since=day_words(since, turn.language)))
    return "\n".join(shown)


async def _waits(turn: Turn, account: Account) -> str | None:
    """Why nothing is written to the household as it stands at this moment; None when something is due."""
    async for found in households(turn.session, turn.office, turn.today, turn.now, only=[account.id]):
        decision = decide(turn.office.policy(found.kind), found.standing, turn.today)
        return decision.reason.value if isinstance(decision, Wait) else None
    return None


def why_words(turn: Turn, reason: str) -> str:
    return turn.words(f"why.{reason}") if reason in set(Reason) else reason


async def messages(turn: Turn) -> Answer:
    """What we told this household and what they said, newest last; older pages by a button."""
    account = await household_of(turn, turn.args["code"], Right.READ)
    skip = max(0, int(turn.args["skip"]))
    await audit(turn.session, turn.actor, "account.messages", f"account/{account.id}", turn.now, {"skip": skip})
    lines = await log.of_household(turn.session, account.id, limit=MESSAGES_SHOWN + 1, skip=skip)
    row = []
    if len(lines) > MESSAGES_SHOWN:
        older = str(skip + MESSAGES_SHOWN)
        row.append(turn.button("account_older", "account.messages", reusable=True, code=account.code, skip=older))
    shown = "\n".join(_line(turn, line) for line in lines[-MESSAGES_SHOWN:])
    template = "account.messages" if lines else "account.no_messages"
    return Answer((turn.say(template, row, code=account.code, lines=shown),))


def _line(turn: Turn, line: log.Line) -> str:
    """`11-23 10:02 ⟶ (reminder due_soon, sent) text`."""
    detail = ", ".join(filter(None, (line.kind, line.stage, line.reason, line.state) if line.out else (line.intent,)))
    fields = {
        "at": line.at.astimezone(turn.office.zone).strftime("%m-%d %H:%M"),
        "who": turn.words("account.we" if line.out else "account.they"),
        "detail": f" ({detail})" if detail else "",
        "text": " ".join(line.text.split())[:TEXT_SHOWN],
    }
    return turn.words("account.line", **fields)


# a payment taken by hand


async def paid(turn: Turn) -> Answer:
    """`/paid CODE AMOUNT METHOD REFERENCE`: into the ledger, used for the oldest bills; the thank-you follows."""
    officer(turn, Right.CONFIRM_PAYMENT)
    words = turn.argument.split(maxsplit=3)
    if len(words) < 4:
        return Answer((turn.say("account.paid_usage"),))
    code, amount, method, reference = words
    account = await household_of(turn, code, Right.CONFIRM_PAYMENT)
    try:
        fen = parse_yuan(amount)
    except ValueError:
        raise Refusal("account.bad_amount", {"amount": amount[:20]}) from None
    if fen <= 0 or len(method) > METHOD_MAX or len(reference) > REFERENCE_MAX:
        raise Refusal("account.paid_usage")
    owed = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    if fen > owed:
        args = {"code": code, "amount": amount, "method": method, "reference": reference}
        row = [turn.button("record_anyway", "account.paid_sure", reusable=False, **args)]
        return Answer((turn.say("card.more_than_open", row, code=code, owed=yuan(owed), amount=yuan(fen)),))
    return await _record(turn, account, fen, method, reference)


async def paid_sure(turn: Turn) -> Answer:
    """More than was open: recorded all the same; the rest stays the household's credit."""
    account = await household_of(turn, turn.args["code"], Right.CONFIRM_PAYMENT)
    return await _record(turn, account, parse_yuan(turn.args["amount"]), turn.args["method"], turn.args["reference"])


async def _record(turn: Turn, account: Account, fen: int, method: str, reference: str) -> Answer:
    payment = await record_payment(
        turn.session, account.id, fen, turn.today, method, reference, turn.now, on=turn.today, actor=turn.actor
    )
    if payment is None:
        raise Refusal("account.paid_before", {"code": account.code, "reference": reference})
    await withdraw_needless(turn.session, [account.id])
    detail = {"fen": fen, "account": account.id}
    await audit(turn.session, turn.actor, "payment.recorded", f"payment/{payment.id}", turn.now, detail)
    left = open_fen(await bill_lines(turn.session, [account.id], only_open=True))
    fields = {"code": account.code, "amount": yuan(fen), "open": yuan(left)}
    return Answer((turn.say("account.paid", fields=fields),))


# a word written by hand


async def reply(turn: Turn) -> Answer:
    """`/reply CODE text`: to the household's payer, in the member's own words."""
    code, _, text = turn.argument.partition(" ")
    account = await household_of(turn, code, Right.TASKS)
    if not text.strip():
        return _ask_words(turn, account)
    return await _write(turn, account, text.strip())


async def write(turn: Turn) -> Answer:
    """The button on the card: the words come in the next message."""
    return _ask_words(turn, await household_of(turn, turn.args["code"], Right.TASKS))


def _ask_words(turn: Turn, account: Account) -> Answer:
    text = turn.say("account.write_now", code=account.code, fields=turn.called(account))
    return Answer((text,), expect="account.words", memory={"code": account.code})


async def words_typed(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    return await _write(turn, await household_of(turn, turn.memory["code"], Right.TASKS), turn.text)


async def send_anyway(turn: Turn) -> Answer:
    """At night, or to somebody who said stop: the member decides, and it is written down."""
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    return await _write(turn, account, turn.args["text"], sure=True)


async def _write(turn: Turn, account: Account, text: str, *, sure: bool = False) -> Answer:
    text = text[:REPLY_MAX]
    unkind(turn, text, Audience.PRIVATE)
    payer = next((person for person, binding in await members_of(turn.session, account.id) if binding.payer), None)
    there = await beside(turn, payer.id, account) if payer is not None else None
    if payer is None or there is None:
        raise Refusal("account.no_chat_to", {"code": account.code})
    warning = _warning(turn, account, payer)
    if warning is not None and not sure:
        row = [turn.button("send_anyway", "account.send_anyway", code=account.code, text=text)]
        return Answer((turn.say("account.warn", row, code=account.code, reason=why_words(turn, warning)),))
    member = officer(turn, Right.TASKS)
    detail = {"warning": warning or ""}
    await audit(turn.session, turn.actor, "account.reply", f"account/{account.id}", turn.now, detail)
    words = there.say("person.staff_says", kind=Kind.STAFF_REPLY, name=member.name, text=text)
    await post(
        turn.session,
        there.here,
        words,
        key=keys.reply(turn.message.channel, turn.message.external_id, 1),
        now=turn.now,
        context=Context(payer.id, account.id, inbox_id=turn.inbox_id, reason="staff_reply", source=turn.actor),
    )
    return Answer((turn.say("account.sent", code=account.code, fields=turn.called(account)),))


def _warning(turn: Turn, account: Account, payer: Person) -> Reason | None:
    facts = Facts(stopped=payer.stopped_at is not None)
    verdict = gate(Kind.STAFF_REPLY, facts, turn.office.policy(account.kind), turn.office.zone, turn.now)
    return verdict.warning if isinstance(verdict, Send) else None


def unkind(turn: Turn, text: str, audience: Audience) -> None:
    """Refuse words that no text may say, with the reason and the place."""
    found = lint(text, audience)
    if found:
        listed = "\n".join(
            turn.words("lint.finding", rule=turn.words(f"lint.{each.rule}"), text=each.text) for each in found
        )
        raise Refusal("lint.refused", {"findings": listed})
