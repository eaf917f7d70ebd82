"""A reminder, sign by sign: its lines, its sums, its buttons, and what a template of one must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from domain.ladder import OpenBill
from domain.messages import Audience, Choice, Kind
from domain.office import Office
from domain.rendering import REQUIRED_FIELDS, Addressee, lacking, reminder_message
from domain.wording import Wording, day_words, period_words

TODAY = date(2026, 11, 23)
TEMPLATES = {
    "reminder.x": "{office}|{hotline}|{who}|{room}|{lines}|{total}|{due}|{due_on}",
    "reminder_line.late": "late {item} {period} {amount} {due}",
    "reminder_line.coming": "coming {item} {period} {amount} {due}",
    **{f"button.{name}": name.title() for name in ("detail", "pay", "plan", "paid")},
}
OFFICE = Office(
    "翠湖物业", "5555", "property", ZoneInfo("Asia/Shanghai"), Wording({"zh": TEMPLATES, "en": TEMPLATES}), policies={}
)
LATE = OpenBill(1, "物业费", "2026-10", date(2026, 11, 22), 28640)
DUE_TODAY = OpenBill(2, "停车费", "2026-Q4", TODAY, 30000)
BUTTONS = (
    (Choice("Detail", "bill.show", reusable=True), Choice("Pay", "pay.how", reusable=True)),
    (Choice("Plan", "plan.offer", reusable=True), Choice("Paid", "claim.start", reusable=True)),
)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_one_household_with_a_late_and_a_coming_bill(language: str) -> None:
    household = Addressee("陈静女士", "3栋1201", (DUE_TODAY, LATE))
    message = reminder_message(OFFICE, language, "reminder.x", [household], TODAY)
    late_on, today = day_words(LATE.due_on, language), day_words(TODAY, language)
    lines = (
        f"coming 停车费 {period_words('2026-Q4', language)} 300.00 {today}\n"
        f"late 物业费 {period_words('2026-10', language)} 286.40 {late_on}"
    )
    assert message.text == f"翠湖物业|5555|陈女士|3栋12**|{lines}|586.40|{today}|2026-11-23"
    assert message.template == "reminder.x"
    assert message.choices == BUTTONS
    assert (message.audience, message.kind) == (Audience.PRIVATE, Kind.REMINDER)
    assert message.fields["lines"] == lines


def test_several_households_of_one_payer_are_told_apart_and_added_up() -> None:
    one, two = Addressee("John Smith", "3栋1201", (LATE,)), Addressee("x", "5栋0302", (replace(LATE, open_fen=60),))
    message = reminder_message(OFFICE, "en", "reminder.x", [one, two], TODAY, Kind.PROMISE)
    assert message.fields["lines"].splitlines()[::2] == ["3栋12**", "5栋03**"]
    assert (message.fields["who"], message.fields["total"], message.kind) == ("Smith", "287.00", Kind.PROMISE)


def test_a_nameless_payer_is_greeted_in_the_language_of_the_text() -> None:
    nobody = Addressee("", "3栋1201", (LATE,))
    assert reminder_message(OFFICE, "en", "reminder.x", [nobody], TODAY).fields["who"] == "there"
    assert reminder_message(OFFICE, "zh", "reminder.x", [nobody], TODAY).fields["who"] == "您"


# Each part that a reminder must have, said in each way that will do.
GOOD = {
    "zh": ["缴费 回复 停止 已缴请忽略", "缴 问 停止 已缴请忽略"],
    "en": ["Pay. Reply. Stop. Already paid?", "pay ask stop already paid"],
}


@pytest.mark.parametrize(("language", "text"), [(language, text) for language, texts in GOOD.items() for text in texts])
def test_what_says_all_it_must_lacks_nothing(language: str, text: str) -> None:
    assert lacking("reminder.x", text, set(REQUIRED_FIELDS), language) is None


@pytest.mark.parametrize(
    ("language", "text", "missing"),
    [
        ("zh", "回复 停止", "缴费 / 缴"),
        ("zh", "缴 停止 已缴请忽略", "回复 / 问"),
        ("zh", "缴 回复 已缴请忽略", "停止"),
        ("zh", "缴 回复 停止", "已缴请忽略"),
        ("en", "reply stop already", "pay"),
        ("en", "pay stop already paid", "reply / ask"),
        ("en", "pay reply already paid", "stop"),
        ("en", "pay reply stop", "already paid"),
    ],
)
def test_each_part_that_is_missing_is_named(language: str, text: str, missing: str) -> None:
    found = lacking("reminder.x", text, set(REQUIRED_FIELDS), language)
    assert found == f"reminder.x: it must say one of {missing}"


@pytest.mark.parametrize("field", ["office", "who", "lines", "total"])
def test_each_gap_that_is_missing_is_named(field: str) -> None:
    found = lacking("reminder.x", GOOD["zh"][0], {"office", "who", "lines", "total", "due"} - {field}, "zh")
    assert found == f"reminder.x: the field {{{field}}} is missing"
