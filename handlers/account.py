"""One household at the desk: its card and its messages."""

from __future__ import annotations

from collections.abc import Sequence

from domain.ladder import Reason, Wait, decide
from domain.messages import Answer, Choice
from domain.money import yuan
from domain.roles import Right
from domain.wording import day_words, period_words
from handlers.documents import documents_line
from handlers.labels import label, labels, note_line, why_words
from handlers.scopes import has, household_of, officer
from handlers.turn import Turn
from models import log
from models.accounts import Account, accounts_called
from models.agreements import live_holds, live_plan, open_promise, plan_parts_of
from models.bills import bill_lines, credit_fen, open_fen
from models.notes import notes_of
from models.outbox import State
from models.people import contacts_of, members_of
from models.reminders import latest_reminders, latest_wait
from models.staff import audit
from models.standing import households

BILLS_SHOWN = 12
REMINDERS_SHOWN = 5
NOTES_ON_CARD = 3
NAMED_SHOWN = 8
MESSAGES_SHOWN = 10
TEXT_SHOWN = 160


async def show(turn: Turn) -> Answer:
    """The household's card. Reading it is written down."""
    code = turn.args.get("code", turn.argument.partition(" ")[0])
    if not code:
        return Answer((turn.say("account.which"),), expect="account.code")
    if "code" not in turn.args and (named := await _by_name(turn, turn.argument)) is not None:
        return named if isinstance(named, Answer) else await _shown(turn, named)
    return await _shown(turn, await household_of(turn, code, Right.READ))


async def _by_name(turn: Turn, words: str) -> Account | Answer | None:
    """The household of one's communities that is called so or lives there, or a list of several; None: look for a code."""
    member = officer(turn, Right.READ)
    found = await accounts_called(turn.session, member.community_id, words, NAMED_SHOWN)
    return several(turn, found) if len(found) > 1 else next(iter(found), None)


def several(turn: Turn, found: Sequence[Account]) -> Answer:
    """Which one? A button for each; what is read is written down when one is opened."""
    buttons = [
        Choice(f"{each.code} {each.room}"[:30], "account.show", {"code": each.code}, reusable=True) for each in found
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say("account.which_of", *rows),))


async def _shown(turn: Turn, account: Account) -> Answer:
    await audit(turn.session, turn.actor, "account.read", f"account/{account.id}", turn.now)
    parts = [
        await _head(turn, account),
        await _bills(turn, account),
        await _agreements(turn, account),
        await documents_line(turn, account),
        await _contacted(turn, account),
        await _notes(turn, account),
    ]
    works = has(turn, Right.TASKS)
    args = {"code": account.code}
    rows = [[turn.button("account_messages", "account.messages", reusable=True, skip="0", **args)]]
    rows[0].append(turn.button("account_notes", "note.list", reusable=True, **args))
    history = turn.button("account_timeline", "account.timeline", reusable=True, **args)
    rows.append([history, turn.button("profile", "profile.show", reusable=True, **args)])
    if works:
        rows[0].append(turn.button("account_reply", "account.write", reusable=True, **args))
        offered = (("canned", "canned.show"), ("note_add", "note.add"), ("followup", "followup.start"))
        rows.append([turn.button(name, action, reusable=True, **args) for name, action in offered])
    return Answer((turn.say("account.card", *rows, card="\n\n".join(filter(None, parts))),))


async def code_typed(turn: Turn) -> Answer | None:
    """A code, a room or a name, typed after `/account` alone. A word that is none may be a command, and is passed on."""
    words = turn.text
    if not words or len(words) > 64 or turn.staff is None:
        return None
    if not any(sign.isdigit() for sign in words) and await _by_name(turn, words) is None:
        return None
    turn.argument = words
    return await show(turn)


async def _head(turn: Turn, account: Account) -> str:
    people = []
    for person, binding in await members_of(turn.session, account.id):
        contacts = await contacts_of(turn.session, person.id)
        stopped = turn.words("account.stopped") if person.stopped_at else ""
        channels = labels(turn, "channel_name", ";".join(contact.channel for contact in contacts))
        people.append(f"{turn.words(f'member.{binding.role}')} · {channels or turn.words('account.no_chat')}{stopped}")
    fields = {
        "code": account.code,
        **turn.called(account),
        "class": account.class_name,
        "traits": labels(turn, "trait", account.traits) or "—",
        "grade": label(turn, "grade_name", account.grade) if account.grade else "—",
        "people": "\n".join(people) or turn.words("account.nobody_bound"),
    }
    return turn.words("account.head", **fields)


async def _bills(turn: Turn, account: Account) -> str:
    lines = await bill_lines(turn.session, [account.id], only_open=True)
    shown = [
        turn.words(
            "account.bill",
            item=turn.fee(line.bill.item),
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
        days = [f"{day_words(part.due_on, turn.language)} {yuan(part.amount_fen)}" for part in parts]
        dates = turn.words("list.comma").join(days)
        shown.append(turn.words(f"account.plan_{plan.state}", parts=dates))
    for reason, until in sorted({(h.reason, h.until_on) for h in await live_holds(turn.session, [account.id])}):
        until_words = day_words(until, turn.language)
        shown.append(turn.words("account.hold", reason=why_words(turn, reason), until=until_words))
    return "\n".join(shown)


async def _contacted(turn: Turn, account: Account) -> str:
    reminders = await latest_reminders(turn.session, account.id, REMINDERS_SHOWN)
    shown = [
        turn.words(
            "account.reminder",
            day=day_words(on, turn.language),
            stage=label(turn, "stage_name", stage),
            state=label(turn, "state", state) if state else "—",
        )
        for on, stage, state in reminders
    ]
    reason = await _waits(turn, account)
    today_done = any(on == turn.today for on, _, _ in reminders) and reason == Reason.NO_STAGE  # said by its own line
    if reason is not None and not today_done:
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


async def _notes(turn: Turn, account: Account) -> str:
    found = await notes_of(turn.session, account.id, NOTES_ON_CARD)
    return "\n".join(note_line(turn, note, name) for note, name in reversed(found))


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
    shown = "\n".join(message_line(turn, line) for line in lines[-MESSAGES_SHOWN:])
    template = "account.messages" if lines else "account.no_messages"
    return Answer((turn.say(template, row, code=account.code, lines=shown),))


def message_line(turn: Turn, line: log.Line) -> str:
    """`11-23 10:02 we ▶ (reminder, due soon) text`; how it ended is said where it did not arrive."""
    said = [label(turn, "message_kind", line.kind)] if line.out else []
    if line.out and line.stage:
        said.append(label(turn, "stage_name", line.stage))
    if line.out and line.state != State.SENT:
        said.append(label(turn, "state", line.state))
    detail = turn.words("list.comma").join(said)
    fields = {
        "at": line.at.astimezone(turn.office.zone).strftime("%m-%d %H:%M"),
        "who": turn.words("account.we" if line.out else "account.they"),
        "detail": f" ({detail})" if detail else "",
        "text": " ".join(line.text.split())[:TEXT_SHOWN],
    }
    return turn.words("account.line", **fields)
