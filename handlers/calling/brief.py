"""The brief of one call: who, how much, what was, what to say in order, and a button for each way it may end."""

from __future__ import annotations

from collections.abc import Sequence

from domain.calls import ABOUT_BILLS, ABOUT_OFFERS, AFTER, Needs, Outcome, Place, may_call, place
from domain.messages import Answer, Choice
from domain.money import yuan
from domain.openers import choose, worded
from domain.tiers import BY_WISH
from domain.wording import day_words, period_words
from handlers.labels import label, labels
from handlers.profile import grade_and_why, tier_and_why
from handlers.turn import Turn
from models.accounts import Account
from models.bills import bill_lines, open_fen
from models.calls import Call, ToCall, calls_made, calls_of, phone_end
from models.history import history_of
from models.people import members_of
from models.renewals import known_of, latest_summaries

BILLS_SHOWN, CALLS_SHOWN, WORDS_SHOWN = 4, 3, 60
BROKEN = {"promise": "broken_promise", "plan_broken": "broken_plan"}
AS_THEY_ARE = ("hardship", "hold", "follow_up")
TIERS = frozenset("ABCD")


async def brief_of(turn: Turn, chosen: ToCall, was: str, skipped: Sequence[str]) -> Answer:
    """`was`: where the task goes back to when it is passed over; `skipped`: tasks passed over before this one."""
    account, task = chosen.account, chosen.task
    found = place(chosen.candidate, turn.office.calling, turn.office.zone, turn.now)
    parts = [
        await _head(turn, chosen),
        await _money(turn, chosen),
        await _past(turn, account),
        await _profile(turn, account),
        await _opening(turn, account),
        _when(turn, chosen, found),
        _script(turn, chosen),
    ]
    number = await calls_made(turn.session, account.id) + 1
    args = {"task": str(task.id), "number": str(number)}
    outcomes = ABOUT_OFFERS if chosen.offer is not None else ABOUT_BILLS
    buttons = [outcome_button(turn, each, args) for each in outcomes]
    rows = [buttons[n : n + 3] for n in range(0, len(buttons), 3)]
    skip = {"task": str(task.id), "was": was, "skipped": ";".join(skipped)}
    rows.append(
        [
            turn.button("visit_offer", "visits.start", reusable=True, task=str(task.id)),
            Choice(turn.words("button.calls_skip"), "calls.skip", skip),
            turn.button("account_back", "account.show", reusable=True, code=account.code),
        ]
    )
    text = "\n\n".join(filter(None, parts))
    return Answer((turn.say("calls.brief", *rows, edit=turn.message.choice is not None, text=text),))


def outcome_button(turn: Turn, outcome: Outcome, args: dict[str, str]) -> Choice:
    """One tap writes the call down, unless a day or a bill has to be asked for first."""
    asks = AFTER[outcome].needs is not Needs.NOTHING
    return Choice(
        turn.words(f"button.call_{outcome}"), "calls.outcome", {**args, "outcome": outcome.value}, reusable=asks
    )


async def _head(turn: Turn, chosen: ToCall) -> str:
    account = chosen.account
    fields = {
        "code": account.code,
        **turn.called(account),
        "phone": phone_words(turn, account),
        "traits": labels(turn, "trait", account.traits),
    }
    lines = [turn.words("calls.head", **fields)]
    stopped = [person for person, _ in await members_of(turn.session, account.id) if person.stopped_at]
    if stopped:
        lines.append(turn.words("calls.has_stopped"))
    return "\n".join(lines)


def phone_words(turn: Turn, account: Account) -> str:
    """The last four digits: whole numbers stay in the office's own books, whatever the channel (DESIGN §7)."""
    return turn.words("calls.phone", end=phone_end(account.phone)) if phone_end(account.phone) else "—"


async def _money(turn: Turn, chosen: ToCall) -> str:
    if chosen.offer is not None:
        offer = chosen.offer
        fields = {"class_name": offer.class_name, "amount": yuan(offer.amount_fen), "lessons": str(offer.lessons)}
        return turn.words("calls.offer", **fields, until=day_words(offer.closes_on, turn.language))
    lines = await bill_lines(turn.session, [chosen.account.id], only_open=True)
    if not lines:
        return turn.words("account.all_paid")
    shown = [
        turn.words(
            "account.bill",
            item=turn.fee(each.bill.item),
            period=period_words(each.bill.period, turn.language),
            open=yuan(each.open_fen),
            due=day_words(each.bill.due_on, turn.language),
        )
        for each in lines[:BILLS_SHOWN]
    ]
    if len(lines) > BILLS_SHOWN:
        shown.append(turn.words("account.more_bills", number=str(len(lines) - BILLS_SHOWN)))
    return "\n".join((turn.words("account.open", total=yuan(open_fen(lines))), *shown))


async def _past(turn: Turn, account: Account) -> str:
    """A few lines: what was paid lately, which days were kept, what they are waiting for, the last calls."""
    past = await history_of(turn.session, account.id)
    lines = [
        turn.words("calls.paid", day=day_words(day, turn.language), amount=yuan(fen)) for day, fen in past.payments
    ]
    if past.kept or past.broken:
        lines.append(turn.words("calls.promises", kept=str(past.kept), broken=str(past.broken)))
    if past.last_broken is not None:
        lines.append(turn.words("calls.last_broken", day=day_words(past.last_broken.due_on, turn.language)))
    for kind, text in past.asked:
        words = " ".join(text.split())[:WORDS_SHOWN]
        lines.append(turn.words("calls.asked", kind=turn.words(f"task_kind.{kind}"), text=words))
    for call, name in reversed(await calls_of(turn.session, account.id, CALLS_SHOWN)):
        lines.append(call_line(turn, call, name))
    return "\n".join(lines)


def call_line(turn: Turn, call: Call, name: str) -> str:
    at = call.at.astimezone(turn.office.zone)
    outcome = turn.words(f"button.call_{call.outcome}")
    return turn.words("calls.made", at=f"{at:%m-%d %H:%M}", name=name, outcome=outcome, note=call.note)


async def _profile(turn: Turn, account: Account) -> str:
    """What the books say of the household as a payer or as a family, and why; nothing where they say nothing."""
    told = {"grade": await grade_and_why(turn, account), "tier": await tier_and_why(turn, account)}
    lines = []
    for what, (name, why) in told.items():
        if name:
            template = f"calls.{what}_why" if why else f"calls.{what}"
            lines.append(turn.words(template, name=name, why=why))
    return "\n".join(lines)


async def _opening(turn: Turn, account: Account) -> str:
    """What the teacher wrote, what the child wants, and how one may begin today."""
    summary = (await latest_summaries(turn.session, [account.id])).get(account.id)
    wishes = {wish: turn.words(f"wish.{wish}") for wish in BY_WISH}
    known = known_of(summary, account, wishes)
    lines = [turn.words(f"task.renewal_{name}", text=known[name]) for name in ("summary", "wish") if known[name]]
    for opener in choose(turn.office.openers, turn.today, account.kind, known):
        lines.append(turn.words("task.renewal_opener", text=worded(opener, turn.language, known)))
    return "\n".join(lines)


def _when(turn: Turn, chosen: ToCall, found: Place) -> str:
    """Why this is a good moment; or that it is not, and why."""
    if chosen.blocked:
        return turn.words("calls.not_now", why=label(turn, "why", chosen.blocked))
    barred = may_call(chosen.candidate.calls, turn.office.calling, turn.office.zone, turn.now)
    if barred is not None and chosen.candidate.asked_for is None:
        return turn.words("calls.not_now", why=turn.words(f"calls.why_{barred}", band=""))
    band = turn.words(f"calls.band_{found.band}") if found.band else ""
    return turn.words("calls.now", why=turn.words(f"calls.why_{found.why}", band=band))


def _script(turn: Turn, chosen: ToCall) -> str:
    steps = turn.office.library.script(situation(chosen), turn.language)
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
    return turn.words("calls.script", steps=numbered) if steps else ""


def situation(chosen: ToCall) -> str:
    """Which script a call needs."""
    task, account = chosen.task, chosen.account
    if task.kind == "renewal":
        tier = account.tier if account.tier in TIERS else "C"
        return f"renewal_{tier.lower()}"
    if task.kind in AS_THEY_ARE:
        return task.kind
    disputed = chosen.standing is not None and any(bill.held == "disputed" for bill in chosen.standing.bills)
    return "dispute" if disputed else BROKEN.get(task.kind, "reminder")
