"""The one module that turns a decision into the words of a reminder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.ladder import OpenBill
from domain.messages import Audience, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.office import Office
from domain.personal import ACTIONS
from domain.wording import Wording, day_words, fields_of, period_words, salutation, short_room, tongue

# What every reminder must carry (DESIGN §7): fields, and per language words that say how to ask, to stop, to ignore it.
REQUIRED_FIELDS = frozenset({"office", "who", "lines", "total"})
REMINDER_FIELDS = REQUIRED_FIELDS | {"hotline", "room", "due", "due_on"}  # all that it may speak of
REQUIRED_WORDS = {
    "zh": (("缴费", "缴"), ("回复", "问"), ("停止",), ("已缴请忽略",)),
    "en": (("pay",), ("reply", "ask"), ("stop",), ("already paid",)),
}


@dataclass(frozen=True)
class Addressee:
    """An account as its payer is addressed: never the full name, never the full room."""

    payer_name: str
    room: str
    bills: tuple[OpenBill, ...]


def reminder_message(
    office: Office,
    language: str,
    template: str,
    accounts: Sequence[Addressee],
    today: date,
    kind: Kind = Kind.REMINDER,
    extras: Sequence[str] = (),
    personal: Mapping[str, str] | None = None,
    buttons: Sequence[Sequence[str]] = (),
) -> OutgoingMessage:
    """One person's reminder, listing every open bill of every account it speaks of.

    `extras`: what else is said below it, in finished sentences: what the fee paid for, points, an invitation.
    `personal`: what else this household's own words may speak of (domain.personal.FIELDS); `buttons`: names of its ACTIONS,
    a row each, where it has its own.
    """
    words = office.wording
    several = len(accounts) > 1
    lines: list[str] = []
    for account in accounts:
        if several:
            lines.append(short_room(account.room))
        for bill in account.bills:
            fields = {
                "item": words.fee(bill.item, language),
                "period": period_words(bill.period, language),
                "amount": yuan(bill.open_fen),
                "due": day_words(bill.due_on, language),
            }
            late = "late" if bill.due_on < today else "coming"
            lines.append(
                words.text(f"reminder_line.{late}", language, fields) + _discount(office, language, bill, today)
            )
    bills = [bill for account in accounts for bill in account.bills]
    fields = {
        "office": office.name,
        "hotline": office.hotline,
        "who": salutation(accounts[0].payer_name, language),
        "room": short_room(accounts[0].room),
        "lines": "\n".join(lines),
        "total": yuan(sum(bill.open_fen for bill in bills)),
        "due": day_words(max(bill.due_on for bill in bills), language),
        "due_on": max(bill.due_on for bill in bills).isoformat(),
    }
    asked = fields_of(words.templates.get(tongue(language), {}).get(template, ""))
    fields |= {name: text for name, text in (personal or {}).items() if name in asked}
    rows = tuple(tuple(_button(words, language, name) for name in row) for row in buttons or REMINDER_BUTTONS)
    text = "\n".join((words.text(template, language, fields), *extras))
    return OutgoingMessage(template, text, fields, rows, Audience.PRIVATE, kind)


def _button(words: Wording, language: str, name: str) -> Choice:
    """A button of a reminder; where its action reads what the person wishes, it reads the button's own words."""
    label, (action, args) = words.text(f"button.{name}", language), ACTIONS[name]
    return Choice(label, action, {key: value or label for key, value in args.items()}, reusable=True)


def vacant_words(office: Office, language: str, bills: Sequence[OpenBill]) -> str:
    """What the office's rules say of each of these fees for a home that stands empty; that there is none is said as well."""
    told = []
    for bill in {each.item: each for each in bills}.values():
        rule = office.rewards.vacant(bill.item, bill.due_on)
        name = "vacant.no_rule" if rule is None else "vacant.rule" if rule.months else "vacant.rule_at_once"
        fields = {"item": office.wording.fee(bill.item, language)}
        if rule is not None:
            fields["percent"] = f"{rule.percent.normalize():f}"
            fields |= {"months": str(rule.months)} if rule.months else {}
        told.append(office.wording.text(name, language, fields))
    return "\n".join(told)


def _discount(office: Office, language: str, bill: OpenBill, today: date) -> str:
    """ "(paid by …: 5.73 off)" behind a bill that a discount can still be had for."""
    rule = office.rewards.discount(bill.item, bill.due_on)
    fen = rule.fen(bill.billed_fen) if rule is not None else 0
    if rule is None or not 0 < fen < bill.open_fen or today > rule.until(bill.due_on):
        return ""
    until = day_words(rule.until(bill.due_on), language)
    fields = {"until": until, "fen": yuan(fen), "rest": yuan(bill.open_fen - fen)}
    return office.wording.text("discount.line", language, fields)


REMINDER_BUTTONS = (("detail", "pay"), ("plan", "paid"))


@dataclass(frozen=True)
class Offered:
    """What is offered to a family, and how they are addressed. `summary`: the teacher's words, where they may be quoted."""

    payer_name: str
    class_name: str
    lessons: int
    amount_fen: int
    covers_from: date
    covers_until: date
    closes_on: date
    summary: str = ""


def offer_message(office: Office, language: str, template: str, offered: Offered, account_id: int) -> OutgoingMessage:
    """A renewal to one family: what, when, how much, until when, that money comes back, and that any answer is fine."""
    words = office.wording
    fields = offer_fields(office, language, offered)
    about = {"account": str(account_id)}
    choices = tuple(
        tuple(Choice(words.text(f"button.{name}", language), action, about, reusable=True) for name, action in row)
        for row in OFFER_BUTTONS
    )
    text = words.text(template, language, fields)
    return OutgoingMessage(template, text, fields, choices, Audience.PRIVATE, Kind.OFFER, about=account_id)


def offer_fields(office: Office, language: str, offered: Offered) -> dict[str, str]:
    words = office.wording
    summary = words.text("offer.summary", language, {"text": offered.summary}) if offered.summary else ""
    return {
        "office": office.name,
        "who": salutation(offered.payer_name, language),
        "class_name": offered.class_name,
        "price": price_words(words, language, offered.lessons, offered.amount_fen),
        "from": day_words(offered.covers_from, language),
        "until": day_words(offered.covers_until, language),
        "closes": day_words(offered.closes_on, language),
        "summary": summary,
        "refund": words.text("offer.refund", language),
    }


def price_words(words: Wording, language: str, lessons: int, amount_fen: int) -> str:
    """`20 课时，1,980.00 元`."""
    return words.text("offer.price", language, {"lessons": str(lessons), "amount": yuan(amount_fen)})


# (label in content, action): rows of buttons under an offer; a yes, a seat while thinking, not yet, no, "I have read it".
OFFER_BUTTONS = (
    (("renew_sure", "renewal.yes"), ("renew_yes", "renewal.reserve")),
    (("renew_consider", "renewal.consider"), ("renew_no", "renewal.no")),
    (("renew_seen", "renewal.seen"),),
)
# What every offer must carry (DESIGN §7).
OFFER_FIELDS = frozenset({"office", "who", "class_name", "price", "from", "until", "closes", "refund"})
OFFER_WORDS = {"zh": (("回复", "问"), ("停止",)), "en": (("reply", "ask"), ("stop",))}


def offer_lacking(template: str, text: str, fields: set[str], language: str) -> str | None:
    """What an offer's template lacks of the parts it must have, or None."""
    for field in sorted(OFFER_FIELDS - fields):
        return f"{template}: the field {{{field}}} is missing"
    for choices in OFFER_WORDS[language]:
        if not any(choice in text.lower() for choice in choices):
            return f"{template}: it must say one of {' / '.join(choices)}"
    return None


def lacking(template: str, text: str, fields: set[str], language: str) -> str | None:
    """What a reminder template lacks of the parts it must have, or None."""
    for field in sorted(REQUIRED_FIELDS - fields):
        return f"{template}: the field {{{field}}} is missing"
    for choices in REQUIRED_WORDS[language]:
        if not any(choice in text.lower() for choice in choices):
            return f"{template}: it must say one of {' / '.join(choices)}"
    return None
