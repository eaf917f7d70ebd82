"""Wishes that the office carries out by hand: an invoice, a deduction agreement, new details; and word when they are done."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.messages import Answer, Choice, Kind, OutgoingMessage
from domain.roles import Right
from handlers.beyond import REFUSED
from handlers.household import ask_which, press, words_of
from handlers.notes import at_desk, beside, decider, send, to_staff
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.accounts import Account
from models.calls import live_tasks
from models.staff import StaffTask, audit, close_task, open_task, task_by_key
from understanding.reading import OUT_OF_SCOPE, Reading

DO_WITHIN = timedelta(days=2)
KINDS = ("invoice", "autopay", "details", "erasure")
ANSWERED = ("refund", "repair")  # beyond the fee, yet with an answer of their own
TEXT_MAX = 500


async def invoice(turn: Turn) -> Answer | None:
    """A request for an invoice or a receipt; the header may come with it, in the next message, or on a later day."""
    if await talks_with_staff(turn):
        return None
    if (which := await ask_which(turn, "invoice.ask")) is not None:
        return which
    words = words_of(turn)
    header = _header(turn)
    waiting = next(iter(await live_tasks(turn.session, turn.household.id, ("invoice",))), None)
    if waiting is not None and header:
        return await _added(turn, waiting, words, header)
    task, cards = (None, ()) if waiting is not None else await take_down(turn, "invoice", words)
    row = (press(turn, "progress", "progress.show"),)
    told = turn.say("errand.invoice_known", row, fields=turn.called()) if task is None else None
    template = "errand.invoice_with" if header else "errand.invoice"
    told = told or turn.say(template, fields=turn.called() | ({"header": header} if header else {}))
    return Answer((told, *cards), expect="errand.more", done=f"task/{task.id}" if task is not None else "")


def _header(turn: Turn) -> str:
    """Whom the invoice is for and the tax number, as they were written; empty when neither was."""
    args = turn.args
    found = [turn.words(f"errand.{name}", text=args[name]) for name in ("title", "tax_number") if name in args]
    return turn.words("list.comma").join(found)


async def _added(turn: Turn, task: StaffTask, text: str, header: str) -> Answer:
    """The header joins the invoice that is under way: in the task itself, on a card, and read back."""
    desk = at_desk(turn)
    card = desk.say("card.more", fields=desk.called() | {"code": turn.household.code, "text": text[:TEXT_MAX]})
    task.summary = f"{task.summary}\n{card.text}"
    row = (press(turn, "progress", "progress.show"),)
    told = turn.say("errand.header_added", row, fields=turn.called() | {"header": header})
    return Answer((told, *await to_staff(turn, card)), expect="errand.more")


async def auto_pay(turn: Turn) -> Answer | None:
    """Set up, change or end automatic payment: done by the office, never by a chat message alone."""
    if (which := await ask_which(turn, "autopay.ask")) is not None:
        return which
    task, cards = await take_down(turn, "autopay", words_of(turn))
    row = (press(turn, "person", "person.ask"),)
    told = turn.say("errand.autopay", row, fields=turn.called(), hotline=turn.office.hotline)
    return Answer((told, *cards), done=f"task/{task.id}" if task is not None else "")


async def take_down(
    turn: Turn, kind: str, text: str, right: Right = Right.TASKS
) -> tuple[StaffTask | None, tuple[OutgoingMessage, ...]]:
    """Open the task and tell the staff who have the right; the same wish on the same day is one task: None then."""
    desk = at_desk(turn)
    subject = f"{turn.household.id}/{turn.today.isoformat()}"
    fields = {"code": turn.household.code, "text": text[:TEXT_MAX] or "—"}
    args = {"kind": kind, "subject": subject, "person": str(turn.person.id if turn.person else 0)}
    done = Choice(desk.words("button.errand_done"), "errand.done", args, reusable=True)
    card = desk.say(f"card.{kind}", (done,), fields=desk.called() | fields)
    task = await open_task(
        turn.session,
        key=keys.task(kind, subject),
        kind=kind,
        account=turn.household,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + DO_WITHIN,
        source=f"{kind}/{subject}",
    )
    return task, () if task is None else await to_staff(turn, card, right)


async def done(turn: Turn) -> Answer:
    """Staff: it is done, and the person hears so."""
    kind, subject = turn.args["kind"], turn.args["subject"]
    task = await task_by_key(turn.session, keys.task(kind, subject))
    account = await turn.session.get(Account, task.account_id) if task is not None and task.account_id else None
    if task is None or account is None or task.state not in ("open", "taken") or kind not in KINDS:
        raise Refusal("card.decided")
    member = decider(turn, account)
    await close_task(turn.session, task.source, turn.now, staff_id=member.id, outcome="done")
    await audit(turn.session, turn.actor, f"{kind}.done", f"account/{account.id}", turn.now)
    there = await beside(turn, int(turn.args["person"]), account)
    told = None
    if there is not None:
        row = (press(there, "person", "person.ask"),)
        told = there.say(f"errand.{kind}_done", row, kind=Kind.RECEIPT, fields=there.called())
    return Answer((turn.say("card.errand_done", edit=True, code=account.code), *send(there, told)))


def is_wish(reading: Reading) -> bool:
    """Surely one of the things the bot answers by itself."""
    return reading.sure and reading.top.intent != OUT_OF_SCOPE


async def more(turn: Turn) -> Answer | None:
    """A line added right after the wish (an invoice header, a new phone number) goes to the staff as well."""
    reading = turn.reading
    more_of_it = reading is not None and reading.top.intent == turn.memory.get("about")
    if not turn.text or (
        reading is not None and (reading.reason in (*REFUSED, *ANSWERED) or (is_wish(reading) and not more_of_it))
    ):
        return None
    desk = at_desk(turn)
    fields = {"code": turn.household.code, "text": turn.text[:TEXT_MAX]}
    card = desk.say("card.more", fields=desk.called() | fields)
    return Answer((turn.say("errand.noted"),)).also(*await to_staff(turn, card))
