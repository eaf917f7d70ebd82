"""A reminder, sign by sign: its lines, its sums, its buttons, and what a template of one must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.ladder import OpenBill
from domain.messages import Audience, Choice, Kind
from domain.office import Office
from domain.rendering import (
    OFFER_FIELDS,
    REMINDER_FIELDS,
    REQUIRED_FIELDS,
    Addressee,
    Offered,
    lacking,
    offer_lacking,
    offer_message,
    reminder_message,
    vacant_words,
)
from domain.rewards import Discount, Rewards, Vacant
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
    assert (message.fields["who"], message.fields["total"], message.kind) == ("John Smith", "287.00", Kind.PROMISE)


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


def test_what_else_is_said_stands_below() -> None:
    household = Addressee("陈静", "3栋1201", (LATE,))
    plain = reminder_message(OFFICE, "zh", "reminder.x", [household], TODAY)
    more = reminder_message(OFFICE, "zh", "reminder.x", [household], TODAY, extras=("积分 3", "请来喝茶"))
    assert more.text == f"{plain.text}\n积分 3\n请来喝茶"


EARLY = Discount("early", ("停车费",), date(2026, 1, 1), None, 3, Decimal(2), 500)
SOON = OpenBill(2, "停车费", "2026-Q4", date(2026, 11, 26), 30000, billed_fen=30000)


def discounted(bill: OpenBill, rule: Discount = EARLY, today: date = TODAY) -> str:
    words = {**TEMPLATES, "discount.line": " ({fen} off until {until}: {rest})"}
    office = replace(OFFICE, wording=Wording({"zh": words, "en": words}), rewards=Rewards(discounts=(rule,)))
    household = Addressee("陈静", "3栋1201", (bill,))
    line: str = reminder_message(office, "zh", "reminder.x", [household], today).fields["lines"]
    return line.partition("(")[2].rstrip(")")


def test_a_discount_is_told_as_long_as_it_can_be_had() -> None:
    told = f"5.00 off until {day_words(TODAY, 'zh')}: 295.00"
    assert discounted(SOON) == told
    assert discounted(SOON, today=date(2026, 11, 24)) == ""
    assert discounted(replace(SOON, item="物业费")) == ""


def test_no_discount_is_told_that_is_nothing_or_the_whole_bill() -> None:
    assert discounted(SOON, replace(EARLY, percent=Decimal(0))) == ""
    assert discounted(replace(SOON, open_fen=500)) == ""
    assert discounted(replace(SOON, open_fen=501)).endswith(": 0.01")
    assert discounted(SOON, replace(EARLY, most_fen=1)).startswith("0.01 off")


OFFER_WORDS = {
    "offer.x": "{office}|{who}|{class_name}|{price}|{from}|{until}|{closes}|{summary}|{refund}",
    "offer.summary": "teacher: {text}",
    "offer.price": "{lessons} for {amount}",
    "offer.refund": "money back",
    **{f"button.renew_{name}": name.title() for name in ("sure", "yes", "consider", "no", "seen")},
}
OFFERED = Offered(
    "陈静", "Maths 3", 20, 198000, date(2027, 1, 4), date(2027, 6, 30), date(2026, 12, 20), summary="reads well"
)
SCHOOL = replace(OFFICE, wording=Wording({"zh": OFFER_WORDS, "en": OFFER_WORDS}))


def test_an_offer_says_what_when_how_much_and_until_when() -> None:
    message = offer_message(SCHOOL, "zh", "offer.x", OFFERED, 7)
    days = "|".join(day_words(day, "zh") for day in (OFFERED.covers_from, OFFERED.covers_until, OFFERED.closes_on))
    assert message.text == f"翠湖物业|陈女士|Maths 3|20 for 1,980.00|{days}|teacher: reads well|money back".replace(
        "陈女士", message.fields["who"]
    )
    assert (
        message.fields["who"]
        == reminder_message(OFFICE, "zh", "reminder.x", [Addressee("陈静", "3栋1201", (LATE,))], TODAY).fields["who"]
    )
    assert (message.template, message.audience, message.kind, message.about) == (
        "offer.x",
        Audience.PRIVATE,
        Kind.OFFER,
        7,
    )
    about = {"account": "7"}
    assert message.choices == (
        (Choice("Sure", "renewal.yes", about, reusable=True), Choice("Yes", "renewal.reserve", about, reusable=True)),
        (
            Choice("Consider", "renewal.consider", about, reusable=True),
            Choice("No", "renewal.no", about, reusable=True),
        ),
        (Choice("Seen", "renewal.seen", about, reusable=True),),
    )


def test_an_offer_without_a_summary_has_no_word_of_one() -> None:
    assert offer_message(SCHOOL, "zh", "offer.x", replace(OFFERED, summary=""), 7).fields["summary"] == ""


@pytest.mark.parametrize(
    ("language", "text", "missing"),
    [
        ("zh", "回复 停止", None),
        ("zh", "问 停止", None),
        ("zh", "停止", "回复 / 问"),
        ("zh", "回复", "停止"),
        ("en", "Reply or STOP", None),
        ("en", "ask stop", None),
        ("en", "stop", "reply / ask"),
        ("en", "ask", "stop"),
    ],
)
def test_what_an_offer_must_say(language: str, text: str, missing: str | None) -> None:
    found = offer_lacking("offer.x", text, set(OFFER_FIELDS), language)
    assert found == (None if missing is None else f"offer.x: it must say one of {missing}")


@pytest.mark.parametrize("field", ["office", "who", "class_name", "price", "from", "until", "closes", "refund"])
def test_what_an_offer_must_hold(field: str) -> None:
    found = offer_lacking("offer.x", "回复 停止", set(OFFER_FIELDS) - {field}, "zh")
    assert found == f"offer.x: the field {{{field}}} is missing"


def test_all_that_a_reminder_may_and_an_offer_must_speak_of() -> None:
    assert {"office", "who", "lines", "total"} == REQUIRED_FIELDS
    assert {"office", "who", "lines", "total", "hotline", "room", "due", "due_on"} == REMINDER_FIELDS
    assert {"office", "who", "class_name", "price", "from", "until", "closes", "refund"} == OFFER_FIELDS
    household = Addressee("陈静", "3栋1201", (LATE,))
    assert reminder_message(OFFICE, "zh", "reminder.x", [household], TODAY).fields.keys() == REMINDER_FIELDS


def test_of_a_households_own_gaps_only_those_are_filled_that_its_words_ask_for() -> None:
    words = {**TEMPLATES, "reminder.own": "{who}: ask {contact}", "button.call_me": "Ring me"}
    office = replace(OFFICE, wording=Wording({"zh": words, "en": words}))
    household = Addressee("陈静女士", "3栋1201", (LATE,))
    known = {"contact": "李敏", "vacant_rule": "70 %"}
    buttons = (("call_me",), ("pay", "detail"))
    message = reminder_message(office, "zh", "reminder.own", [household], TODAY, personal=known, buttons=buttons)
    assert message.text == "陈女士: ask 李敏"
    assert message.fields.keys() == REMINDER_FIELDS | {"contact"}
    assert message.choices == (
        (Choice("Ring me", "person.ask", {"text": "Ring me"}, reusable=True),),
        (Choice("Pay", "pay.how", reusable=True), Choice("Detail", "bill.show", reusable=True)),
    )
    assert reminder_message(office, "zh", "reminder.x", [household], TODAY, personal=known).choices == BUTTONS


def test_the_day_told_of_several_bills_is_the_last_of_them() -> None:
    household = Addressee("陈静", "3栋1201", (SOON, LATE))
    fields = reminder_message(OFFICE, "zh", "reminder.x", [household], TODAY).fields
    assert (fields["due_on"], fields["due"]) == ("2026-11-26", day_words(SOON.due_on, "zh"))


def test_what_an_empty_home_pays_is_told_of_each_fee_once_and_that_there_is_no_rule_as_well() -> None:
    words = {
        "vacant.rule": "{item}: {percent} after {months}",
        "vacant.rule_at_once": "{item}: {percent}",
        "vacant.no_rule": "{item}: nothing",
    }
    rules = Rewards(
        vacants=(
            Vacant(("物业费",), date(2026, 1, 1), Decimal("70.50"), 6),
            Vacant(("停车费",), date(2026, 1, 1), Decimal(60)),
        )
    )
    office = replace(OFFICE, wording=Wording({"zh": words, "en": words}), rewards=rules)
    water = replace(LATE, id=3, item="水费")
    told = vacant_words(office, "zh", [LATE, DUE_TODAY, replace(LATE, id=4, period="2026-09"), water])
    assert told.splitlines() == ["物业费: 70.5 after 6", "停车费: 60", "水费: nothing"]


@pytest.mark.parametrize(
    ("today", "told"),
    [("2026-11-22", True), ("2026-11-23", True), ("2026-11-24", False)],  # three days before the 26th
)
def test_a_discount_is_told_until_its_last_day(today: str, told: bool) -> None:
    assert bool(discounted(SOON, today=date.fromisoformat(today))) is told
