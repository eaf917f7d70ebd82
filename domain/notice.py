"""The notice letter (催缴通知书): what it must say, by when it asks for the money, and its words as plain data for a layout."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from domain.calendar import PLAIN, Calendar
from domain.capitals import capitals
from domain.money import yuan
from domain.wording import LANGUAGES, Wording, period_words, tongue

DAYS_TO_PAY_MIN = 10  # Civil Code 944: within a reasonable time
DAYS_TO_PAY_MAX = 60
DAYS_AFTER_DELIVERY_MIN = 7  # a letter that arrives late leaves so many days all the same before anybody asks
NUMBER_DIGITS = 4


@dataclass(frozen=True)
class Letterhead:
    """What the office prints about itself. `approval`: a manager agrees to every letter, not only to new words."""

    payee: str = ""
    bank: str = ""
    bank_account: str = ""
    address: str = ""
    ways: tuple[str, ...] = ()  # further ways to pay, in the office's own words
    days_to_pay: int = 15
    approval: bool = True


@dataclass(frozen=True)
class NoticeLine:
    """One open bill as it is printed. Sums in fen."""

    bill_id: int
    item: str
    period: str
    due_on: date
    billed_fen: int
    received_fen: int

    @property
    def open_fen(self) -> int:
        return self.billed_fen - self.received_fen


@dataclass(frozen=True)
class Recipient:
    """Whom the letter is for, in full: it goes into a closed envelope."""

    name: str
    address: str
    kind: str  # property | training
    language: str


@dataclass(frozen=True)
class Sender:
    """Who writes, and where to find them."""

    name: str
    hotline: str
    opens_at: time
    closes_at: time
    head: Letterhead
    links: Mapping[str, str]  # label -> address of the bot, drawn as QR codes


def pay_by(today: date, head: Letterhead, calendar: Calendar = PLAIN) -> date:
    """The day by which the letter asks for the money: a working day, so that the counter is open on it."""
    return calendar.next_working_day(today + timedelta(days=head.days_to_pay))


def asked_again_on(pay_by_on: date, delivered_on: date) -> date:
    """The day on which somebody looks whether the letter was answered: never sooner than a week after it arrived."""
    return max(pay_by_on, delivered_on + timedelta(days=DAYS_AFTER_DELIVERY_MIN)) + timedelta(days=1)


def number_words(wording: Wording, language: str, year: int, number: int) -> str:
    """`催〔2026〕第0012号`."""
    return wording.text("notice.number", language, {"year": str(year), "number": f"{number:0{NUMBER_DIGITS}d}"})


def words_hash(wording: Wording) -> str:
    """The version of the notice's words: any change of any of them is another version."""
    said = [f"{name}={text}" for language in LANGUAGES for name, text in wording.below("notice", language)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def notice(
    wording: Wording,
    sender: Sender,
    to: Recipient,
    lines: Sequence[NoticeLine],
    today: date,
    pay_by_on: date,
    number: str,
) -> dict[str, object]:
    """One letter as content/letters/notice.typ draws it; `codes` still holds addresses. Raises ValueError: nothing is open."""
    total_fen = sum(line.open_fen for line in lines)
    if total_fen <= 0:
        raise ValueError("a letter about nothing")
    fields = {
        "name": to.name,
        "address": to.address,
        "today": long_day(today, to.language),
        "pay_by": long_day(pay_by_on, to.language),
        "office": sender.name,
        "hotline": sender.hotline,
        "number": number,
    }

    def say(name: str, **more: str) -> str:
        return wording.text(f"notice.{name}", to.language, {**fields, **more})

    gap = " " if tongue(to.language) == "en" else ""
    return {
        "number": say("number_line") if number else say("no_number"),
        "title": say("title"),
        "address": to.address,
        "to": say("to"),
        "opening": say("opening"),
        "header": [say(f"column_{name}") for name in ("item", "period", "due", "billed", "received", "open")],
        "bills": [_row(line, to.language) for line in lines],
        "total_label": say("total_label"),
        "total": f"￥{yuan(total_fen)}",
        "capitals_label": say("capitals_label"),
        "capitals": capitals(total_fen),
        "pay_by_label": say("pay_by_label"),
        "pay_by": fields["pay_by"],
        "law": gap.join(say(part) for part in (f"law_{to.kind}", "as_usual", "ignore")),
        "how_title": say("how_title"),
        "ways": ways_to_pay(wording, sender, to),
        "object_title": say("object_title"),
        "objections": [say("object"), say("hard_times"), say("contact")],
        "codes": [{"label": label, "link": link} for label, link in sender.links.items()],
        "closing": say("closing"),
        "seal": say("seal"),
        "date": fields["today"],
        "slip_title": say("slip_title"),
        "slip": [say(f"slip_{name}") for name in ("signed", "date", "by")],
        "slip_ways": say("slip_ways"),
    }


def ways_to_pay(wording: Wording, sender: Sender, to: Recipient) -> list[str]:
    """How to pay: by bank where the office has said how, at the counter in any case, and what else it offers."""
    head = sender.head
    fields = {
        "payee": head.payee or sender.name,
        "bank": head.bank,
        "bank_account": head.bank_account,
        "remark": to.address,
        "where": head.address or sender.name,
        "hours": f"{sender.opens_at:%H:%M}–{sender.closes_at:%H:%M}",
    }
    said = [wording.text("notice.way_counter", to.language, fields)]
    if head.bank_account:
        said.insert(0, wording.text("notice.way_bank", to.language, fields))
    if sender.links:
        said.append(wording.text("notice.way_bot", to.language))
    return [*said, *head.ways]


def _row(line: NoticeLine, language: str) -> list[str]:
    sums = (line.billed_fen, line.received_fen, line.open_fen)
    return [line.item, period_words(line.period, language), line.due_on.isoformat(), *map(yuan, sums)]


def long_day(day: date, language: str) -> str:
    """A day as a paper states it, with its year: `2026年12月15日` or `15 December 2026`."""
    if tongue(language) == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


_MONTHS = "January February March April May June July August September October November December".split()
