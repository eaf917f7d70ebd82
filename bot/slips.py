"""A household's receipt, its bill in large type, and the sheet for a day of visits, as plain data for their layouts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.capitals import capitals
from domain.money import yuan
from domain.notice import long_day
from domain.office import Office
from domain.personal import manner_of
from domain.wording import period_words, salutation, short_room
from models.accounts import Account
from models.bills import BillLine, Payment
from models.visits import Stop


def receipt(office: Office, account: Account, payment: Payment, today: date, language: str) -> dict[str, Any]:
    """What was paid, when, how; with the sum in capitals, large for whoever reads large type. Raises ValueError: it was reversed."""
    if payment.reversed_at is not None:
        raise ValueError("a reversed payment has no receipt")

    def say(name: str) -> str:
        return office.wording.text(f"slip_paper.{name}", language)

    rows = [
        {"label": say("paid_on"), "value": long_day(payment.paid_on, language), "note": ""},
        {"label": say("method"), "value": payment.method or "—", "note": ""},
        {"label": say("reference"), "value": payment.reference, "note": ""},
    ]
    large = manner_of(office.policy(account.kind).personal, account.traits.split(";")).large_type
    number = f"{payment.id:06d}"
    return _page(office, account, language, today, "receipt", rows, payment.amount_fen, number=number, large=large)


def large_bill(
    office: Office, account: Account, lines: Sequence[BillLine], today: date, language: str
) -> dict[str, Any]:
    """What is open, in type that can be read without glasses."""
    say = office.wording.text
    rows = [
        {
            "label": f"{office.wording.fee(line.bill.item, language)} {period_words(line.bill.period, language)}",
            "value": yuan(line.open_fen),
            "note": say("slip_paper.due", language, {"day": long_day(line.bill.due_on, language)}),
        }
        for line in lines
    ]
    total = sum(line.open_fen for line in lines)
    page = _page(office, account, language, today, "bill", rows, total, large=True)
    if office.hotline:
        page["lines"] = [say("slip_paper.ask", language, {"hotline": office.hotline})]
    return page


def _page(
    office: Office,
    account: Account,
    language: str,
    today: date,
    name: str,
    rows: list[dict[str, str]],
    total_fen: int,
    *,
    number: str = "",
    large: bool = False,
) -> dict[str, Any]:
    def say(part: str, **fields: str) -> str:
        return office.wording.text(f"slip_paper.{part}", language, fields)

    return {
        "language": language,
        "organisation": office.name,
        "title": say(f"{name}_heading"),
        "heading": say(f"{name}_heading"),
        "number": say("number", number=number) if number else "",
        "large": large,
        "to": account.payer_name,
        "address": account.room,
        "rows": rows,
        "total_label": say(f"{name}_total"),
        "total": f"￥{yuan(total_fen)}",
        "capitals": capitals(total_fen),
        "lines": [],
        "seal": office.wording.text("notice.seal", language),
        "date": long_day(today, language),
    }


def route(office: Office, stops: Sequence[Stop], day: date, language: str) -> dict[str, Any]:
    """Agreed visits by building and hour; surname and room only, and no sum."""
    by_building: dict[str, list[dict[str, str]]] = defaultdict(list)
    for stop in stops:
        assert stop.visit.starts_at is not None  # it is agreed
        account, at = stop.account, stop.visit.starts_at.astimezone(office.zone)
        who = salutation(account.payer_name, language)
        by_building[account.building or short_room(account.room)].append(
            {"at": f"{at:%H:%M}", "room": account.room, "who": who, "visitor": stop.visitor}
        )

    def say(name: str, **fields: str) -> str:
        return office.wording.text(f"slip_paper.{name}", language, fields)

    return {
        "language": language,
        "organisation": office.name,
        "title": say("route_heading"),
        "heading": say("route_heading"),
        "date": long_day(day, language),
        "note": say("route_note", number=str(len(stops))),
        "header": ["", *(say(f"column_{name}") for name in ("at", "room", "who", "visitor", "result"))],
        "buildings": [{"name": name, "visits": rows} for name, rows in by_building.items()],
        "checklist_title": say("checklist"),
        "checklist": [words for _, words in office.wording.below("visit_check", language)],
    }
