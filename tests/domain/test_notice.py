"""The notice letter, part by part: the day it asks for, its numbers, its words for each reader, and what a version of it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from domain.calendar import is_working_day
from domain.notice import (
    Letterhead,
    NoticeLine,
    Recipient,
    Sender,
    asked_again_on,
    long_day,
    notice,
    number_words,
    pay_by,
    ways_to_pay,
    words_hash,
)
from domain.wording import Wording

MONDAY = date(2026, 11, 23)
PARTS = (
    "number number_line no_number title to opening column_item column_period column_due column_billed column_received"
    " column_open total_label capitals_label pay_by_label law_property law_training as_usual ignore how_title way_bank"
    " way_counter way_bot object_title object hard_times contact closing seal slip_title slip_signed slip_date slip_by slip_ways"
).split()
FIELDS = {
    "number": "No {year}/{number}",
    "number_line": "number {number}",
    "to": "to {name} of {address}",
    "opening": "as of {today}",
    "contact": "call {hotline} at {office}",
    "way_bank": "bank {payee} {bank} {bank_account} {remark}",
    "way_counter": "counter {where} {hours}",
    "how_title": "how, by {pay_by}",
}
WORDS = {f"notice.{part}": FIELDS.get(part, part.replace("_", "-")) for part in PARTS}
WORDING = Wording(
    {"zh": {**WORDS, "period.month": "{year}/{month}"}, "en": {**WORDS, "period.month": "{month}/{year}"}}
)
HEAD = Letterhead(
    payee="翠湖物业公司", bank="工行", bank_account="6222", address="1栋大厅", ways=("App",), days_to_pay=15
)
SENDER = Sender("翠湖物业", "5555", time(9), time(17, 30), HEAD, {"微信": "https://example.org/w"})
CHEN = Recipient("陈静", "3栋1201", "property", "zh")
BILLS = (
    NoticeLine(1, "物业费", "2026-10", date(2026, 10, 31), 28640, 8640),
    NoticeLine(2, "停车费", "2026-11", date(2026, 11, 30), 30000, 0),
)


def letter(to: Recipient = CHEN, number: str = "催0012", sender: Sender = SENDER) -> dict[str, object]:
    return notice(WORDING, sender, to, BILLS, MONDAY, date(2026, 12, 8), number)


def test_the_day_to_pay_by_is_a_working_day_and_never_sooner_than_said() -> None:
    assert pay_by(MONDAY, replace(HEAD, days_to_pay=15)) == date(2026, 12, 8)
    assert pay_by(MONDAY, replace(HEAD, days_to_pay=12)) == date(2026, 12, 7)  # a Saturday becomes Monday
    assert pay_by(date(2026, 9, 21), replace(HEAD, days_to_pay=10)) == date(2026, 10, 8)  # the national holidays
    for days in range(10, 61):
        day = pay_by(MONDAY, replace(HEAD, days_to_pay=days))
        assert is_working_day(day)
        assert day >= MONDAY + timedelta(days=days)


def test_nobody_asks_again_sooner_than_a_week_after_delivery() -> None:
    wanted = date(2026, 12, 8)
    assert asked_again_on(wanted, date(2026, 11, 25)) == date(2026, 12, 9)
    assert asked_again_on(wanted, date(2026, 12, 1)) == date(2026, 12, 9)
    assert asked_again_on(wanted, date(2026, 12, 2)) == date(2026, 12, 10)
    assert asked_again_on(wanted, date(2026, 12, 20)) == date(2026, 12, 28)


def test_a_number_has_at_least_four_digits() -> None:
    assert number_words(WORDING, "zh", 2026, 12) == "No 2026/0012"
    assert number_words(WORDING, "en", 2026, 12345) == "No 2026/12345"


def test_every_part_of_a_letter_is_there() -> None:
    assert letter() == {
        "number": "number 催0012",
        "title": "title",
        "address": "3栋1201",
        "to": "to 陈静 of 3栋1201",
        "opening": "as of 2026年11月23日",
        "header": ["column-item", "column-period", "column-due", "column-billed", "column-received", "column-open"],
        "bills": [
            ["物业费", "2026年10月", "2026-10-31", "286.40", "86.40", "200.00"],
            ["停车费", "2026年11月", "2026-11-30", "300.00", "0.00", "300.00"],
        ],
        "total_label": "total-label",
        "total": "￥500.00",
        "capitals_label": "capitals-label",
        "capitals": "人民币伍佰元整",
        "pay_by_label": "pay-by-label",
        "pay_by": "2026年12月8日",
        "law": "law-propertyas-usualignore",
        "how_title": "how, by 2026年12月8日",
        "ways": ["bank 翠湖物业公司 工行 6222 3栋1201", "counter 1栋大厅 09:00–17:30", "way-bot", "App"],
        "object_title": "object-title",
        "objections": ["object", "hard-times", "call 5555 at 翠湖物业"],
        "codes": [{"label": "微信", "link": "https://example.org/w"}],
        "closing": "closing",
        "seal": "seal",
        "date": "2026年11月23日",
        "slip_title": "slip-title",
        "slip": ["slip-signed", "slip-date", "slip-by"],
        "slip_ways": "slip-ways",
    }


def test_a_school_s_letter_names_no_property_law_and_english_has_gaps() -> None:
    smith = Recipient("John Smith", "Class 3", "training", "en")
    written = letter(smith)
    assert written["law"] == "law-training as-usual ignore"
    assert written["date"] == "23 November 2026"
    assert written["pay_by"] == "8 December 2026"


def test_a_preview_has_no_number() -> None:
    assert letter(number="")["number"] == "no-number"


@pytest.mark.parametrize("received_fen", [28640, 28641])
def test_there_is_no_letter_about_nothing(received_fen: int) -> None:
    paid = replace(BILLS[0], received_fen=received_fen)
    with pytest.raises(ValueError, match="a letter about nothing"):
        notice(WORDING, SENDER, CHEN, [paid], MONDAY, MONDAY, "1")
    cent = replace(BILLS[0], received_fen=28639)
    assert notice(WORDING, SENDER, CHEN, [cent], MONDAY, MONDAY, "1")["total"] == "￥0.01"


def test_what_an_office_has_not_said_is_filled_in_with_its_name_or_left_out() -> None:
    plain = Sender("翠湖物业", "5555", time(9), time(18), Letterhead(), {})
    assert ways_to_pay(WORDING, plain, CHEN) == ["counter 翠湖物业 09:00–18:00"]
    bank = replace(plain, head=Letterhead(bank="工行", bank_account="6222"))
    assert ways_to_pay(WORDING, bank, CHEN) == ["bank 翠湖物业 工行 6222 3栋1201", "counter 翠湖物业 09:00–18:00"]
    assert (Letterhead().days_to_pay, Letterhead().approval) == (15, True)


@pytest.mark.parametrize(
    ("month", "name"),
    [*enumerate("January February March April May June July August September October November December".split(), 1)],
)
def test_a_day_has_its_year(month: int, name: str) -> None:
    assert long_day(date(2026, month, 5), "en") == f"5 {name} 2026"
    assert long_day(date(2026, month, 5), "zh") == f"2026年{month}月5日"


def test_any_changed_word_is_another_version() -> None:
    before = words_hash(WORDING)
    assert len(before) == 16
    assert words_hash(WORDING) == before
    changed = {**WORDS, "notice.seal": "another"}
    assert words_hash(Wording({"zh": WORDS, "en": changed})) != words_hash(Wording({"zh": WORDS, "en": WORDS}))
    assert words_hash(Wording({"zh": changed, "en": WORDS})) != words_hash(Wording({"zh": WORDS, "en": WORDS}))
    assert words_hash(Wording({"zh": {**WORDS, "bill.x": "y"}, "en": WORDS})) == words_hash(
        Wording({"zh": WORDS, "en": WORDS})
    )
