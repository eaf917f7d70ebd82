"""When a sentence was not understood, or perhaps wrongly: offer the likeliest wishes and a person; no invented figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.messages import Answer, Audience, Choice
from handlers import attachments
from handlers.bill import joined
from handlers.help import staff_guess
from handlers.household import TEXT_CARRIED, said
from handlers.renewal.offered import SCHOOL
from handlers.turn import Turn
from handlers.undo import latest_done
from understanding.reading import OUT_OF_SCOPE

# What each label of understanding leads to: (button name, action).
WISHES: dict[str, tuple[str, str]] = {
    "ask_amount": ("bill", "bill.show"),
    "ask_due": ("due", "bill.due"),
    "ask_calculation": ("calculation", "bill.explain"),
    "ask_late_fee": ("late_fee", "question.late_fee"),
    "how_to_pay": ("pay", "pay.how"),
    "request_instalment": ("plan", "plan.offer"),
    "request_postpone": ("later", "promise.start"),
    "promise_to_pay": ("promise", "promise.start"),
    "claim_paid": ("paid", "claim.start"),
    "dispute_bill": ("wrong", "dispute.start"),
    "complain_refuse": ("complain", "complaint.start"),
    "request_invoice": ("invoice", "invoice.ask"),
    "ask_discount": ("discount", "question.discount"),
    "ask_purpose": ("purpose", "question.purpose"),
    "opt_out": ("stop", "stop.stop"),
    "talk_human": ("person", "person.ask"),
    "vacant_moved": ("moved", "moved.tell"),
    "auto_debit": ("pay_auto", "autopay.ask"),
    "renew_yes": ("renew_sure", "renewal.show"),
    "renew_no": ("renew_no", "renewal.no"),
    "renew_consider": ("renew_consider", "renewal.consider"),
    "ask_identity": ("identity", "identity.who"),
}
# Wishes that are carried out after a question of ours, one at a time; and the questions.
ARRANGED = frozenset({"promise_to_pay", "request_postpone", "request_instalment", "dispute_bill"})
ASKING_STEPS = frozenset({"promise.date", "plan.parts", "dispute.reason", "complaint.words"})
USUAL = ("ask_amount", "how_to_pay", "claim_paid")
LIKELY_MAX = 3
EITHER_SHARE = 0.6  # two readings that hold less of the chance between them are no "A or B?"
DOUBT_BELOW = 0.95  # below: a button to put it right


async def unclear(turn: Turn) -> Answer | None:
    """Two near readings: "A or B?". Otherwise the three likeliest. A file gets its own answer."""
    attachment = turn.message.attachment
    if attachment is not None and not turn.text:
        return await attachments.answer(turn, attachment)
    if turn.staff is not None and not turn.households:
        return Answer((staff_guess(turn),))
    reading = turn.reading
    if turn.text.startswith("/"):
        return Answer((turn.say("unclear.command", *choices(turn, USUAL)),))
    aside = reading is None or (reading.sure and reading.top.intent == OUT_OF_SCOPE)  # small talk hints at no wish
    likely = list(USUAL) if reading is None or aside else wishes(turn, reading.likely)
    read_as = reading.top.intent if reading is not None else ""
    if (
        turn.households
        and reading is not None
        and reading.close
        and reading.top.confidence + reading.runner_up >= EITHER_SHARE
        and reading.likely[:2] == tuple(likely[:2])
    ):
        rows = choices(turn, likely[:2], read_as)
        first, second = (turn.words(f"button.{WISHES[each][0]}") for each in likely[:2])
        return Answer((turn.say("unclear.either", *rows, first=first, second=second),))
    return Answer((turn.say("unclear.sorry", *choices(turn, likely, read_as)),))


def doubted(turn: Turn, intent: str, answer: Answer) -> Answer:
    """The answer to a sentence that was read without much certainty, with a quiet button to put it right."""
    reading, mine = turn.reading, [n for n, message in enumerate(answer.messages) if message.to is None]
    known = intent in WISHES or intent == OUT_OF_SCOPE
    if reading is None or reading.certainty >= DOUBT_BELOW or not known or not mine:
        return answer
    if not turn.households or turn.staff is not None or turn.message.audience is not Audience.PRIVATE:
        return answer
    meant = {guess.intent for guess in reading.intents}
    others = [each for each in wishes(turn, (*reading.likely, *USUAL)) if each not in meant][:LIKELY_MAX]
    args = {**_sentence(turn), "read_as": intent, "likely": " ".join(others), "done": answer.done}
    button = Choice(turn.words("button.not_meant"), "unclear.not_meant", args, reusable=True)
    last = answer.messages[mine[-1]]
    marked = replace(last, choices=(*last.choices, (button,)))
    return replace(answer, messages=(*answer.messages[: mine[-1]], marked, *answer.messages[mine[-1] + 1 :]))


async def not_meant(turn: Turn) -> Answer:
    """The quiet button, or "that is not what I meant": what else it could have been, and what was done is taken back."""
    likely = turn.args.get("likely", "").split()
    rows = choices(turn, likely or USUAL, turn.args.get("read_as", ""))
    done = turn.args["done"] if "done" in turn.args else await latest_done(turn)
    if done:
        rows.insert(0, [turn.button("undo", "undo.take_back", done=done)])
    return Answer((turn.say("unclear.misread_done" if done else "unclear.misread", *rows),))


def waits_its_turn(so_far: Answer, wish: str) -> bool:
    """Whether a further wish of a message would ask a second question while the first waits for its tap."""
    mine = [message for message in so_far.messages if message.to is None]
    taps = any(not choice.reusable and not choice.url for each in mine for row in each.choices for choice in row)
    return wish in ARRANGED and (taps or so_far.expect in ASKING_STEPS)


def offered_next(turn: Turn, answer: Answer, wishes: Sequence[str]) -> Answer:
    """The answer with a button for each wish of the same message that has to wait, so that none is forgotten."""
    mine = [n for n, message in enumerate(answer.messages) if message.to is None]
    named = [WISHES[each] for each in dict.fromkeys(wishes) if each in WISHES]
    if not named or not mine or turn.message.audience is not Audience.PRIVATE:
        return answer
    last = answer.messages[mine[-1]]
    row = tuple(Choice(turn.words(f"button.{name}"), action, _sentence(turn), reusable=True) for name, action in named)
    asked = turn.words("unclear.next", wishes=joined(turn, [choice.label for choice in row]))
    marked = replace(last, text=f"{last.text}\n{asked}", choices=(*last.choices, row))
    return replace(answer, messages=(*answer.messages[: mine[-1]], marked, *answer.messages[mine[-1] + 1 :]))


def wishes(turn: Turn, intents: Sequence[str]) -> list[str]:
    """What may be offered to this household, filled up with what most people want."""
    school = turn.account is not None and turn.account.kind == SCHOOL
    offered = [each for each in intents if each in WISHES and (school or not each.startswith("renew_"))]
    return list(dict.fromkeys([*offered, *USUAL]))[: max(LIKELY_MAX, len(offered))]


def _sentence(turn: Turn) -> Mapping[str, str]:
    """The sentence and what it named, kept on a button."""
    text = turn.text or turn.args.get("text", "")
    if not text or text.startswith("/"):
        return {}
    return {**{key: str(value) for key, value in said(turn).to_json().items()}, "text": text[:TEXT_CARRIED]}


def choices(turn: Turn, intents: Iterable[str], read_as: str = "") -> list[list[Choice]]:
    """A button for each wish, two a row, and a person at the end. A stranger is offered what a stranger may do.

    A tap on a wish also tells what the sentence meant (`meant`): the dispatcher keeps that as a correction.
    """
    if not turn.households:
        ask = turn.button("ask_binding", "bind.ask", reusable=True)
        return [[turn.button("identity", "identity.who", reusable=True), ask]]
    sentence = _sentence(turn)
    buttons = []
    for each in (intent for intent in intents if intent in WISHES):
        name, action = WISHES[each]
        told = {"read_as": read_as, "meant": each} if sentence and read_as else {}
        buttons.append(Choice(turn.words(f"button.{name}"), action, {**sentence, **told}, reusable=True))
    buttons.append(Choice(turn.words("button.person"), "person.ask", sentence, reusable=True))
    first: dict[str, Choice] = {}
    for button in buttons:
        first.setdefault(button.action, button)
    unique = list(first.values())
    return [unique[n : n + 2] for n in range(0, len(unique), 2)]
