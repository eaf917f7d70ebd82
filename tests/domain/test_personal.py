"""How a household with a trait is written to; what the policy file may say of it; what the fees' rules say of an empty home."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.ladder import OpenBill, Standing, policy_for
from domain.lint import lint
from domain.messages import Audience
from domain.personal import ACTIONS, FIELDS, NEVER_REMINDED, Manner, Personal, manner_of
from domain.policy import PolicyError
from domain.policy_file import read_policy
from domain.rendering import REQUIRED_FIELDS, Addressee, lacking, reminder_message, vacant_words
from domain.rewards import RewardsError, Vacant, read_rewards
from tests.cast import office

TODAY = date(2026, 11, 23)
BILLS = (
    OpenBill(1, "物业费", "2026-10", date(2026, 11, 5), 28640),
    OpenBill(2, "停车费", "2026-12", date(2026, 12, 5), 30000),
)
OFFICE = office()
VACANT = Personal("vacant", "a", "b", buttons=("vacant", "pay", "person"))
ELDERLY = Personal("elderly", "c", "d", large_type=True, buttons=("call_me",))
LARGE_ONLY = Personal("away", large_type=True)


@pytest.mark.parametrize(
    ("traits", "manner"),
    [
        (set(), Manner()),
        ({"vip", "hardship"}, Manner()),
        ({"vacant"}, Manner("a", "b", False, ("vacant", "pay", "person"))),
        ({"elderly"}, Manner("c", "d", True, ("call_me",))),
        ({"elderly", "vacant"}, Manner("a", "b", True, ("vacant", "pay", "person"))),
        ({"away"}, Manner(large_type=True)),
        ({"away", "elderly"}, Manner("c", "d", True, ("call_me",))),
    ],
)
def test_the_first_trait_in_the_file_has_the_word_and_large_type_is_for_all(traits: set[str], manner: Manner) -> None:
    assert manner_of((LARGE_ONLY, VACANT, ELDERLY), traits) == manner


def test_words_before_and_after_the_due_day_and_two_buttons_a_row() -> None:
    manner = manner_of((VACANT,), {"vacant"})
    assert (manner.template(late=False), manner.template(late=True)) == ("a", "b")
    assert manner.rows == (("vacant", "pay"), ("person",))
    assert Manner().rows == ()


def test_what_each_button_of_a_reminder_does() -> None:
    """`text`: the colleague who is asked for reads the button's own words."""
    assert {name: action for name, (action, args) in ACTIONS.items() if not args} == {
        "detail": "bill.show",
        "pay": "pay.how",
        "plan": "plan.offer",
        "paid": "claim.start",
        "later": "promise.start",
        "wrong": "dispute.start",
        "person": "person.ask",
    }
    assert {name: (action, dict(args)) for name, (action, args) in ACTIONS.items() if args} == {
        "vacant": ("moved.tell", {"case": "vacant"}),
        "call_me": ("person.ask", {"text": ""}),
        "at_home": ("person.ask", {"text": ""}),
    }
    assert {"auto_pay", "hardship"} == NEVER_REMINDED
    assert {"contact", "vacant_rule"} == FIELDS
    assert Personal("vip") == Personal("vip", "", "", False, ())


STAGE = '[[stage]]\nname = "gentle"\ndays_after_due = 3\ntemplate = "reminder.gentle"\n'
WORDS = 'coming = "x"\nlate = "y"\n'


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('trait = "rich"\n' + WORDS, "p.toml:6: personal 1: trait 'rich' is not one of auto_pay, away"),
        ('trait = "hardship"\n' + WORDS, "p.toml:6: personal 1: trait 'hardship' is never reminded"),
        ('trait = "auto_pay"\nlarge_type = true\n', "trait 'auto_pay' is never reminded"),
        ('trait = "vip"\n', "nothing is different for 'vip'"),
        ('trait = "vip"\nlarge_type = false\n', "nothing is different for 'vip'"),
        ('trait = "vip"\ncoming = "x"\n', "write both coming and late"),
        ('trait = "vip"\nlate = "x"\n', "write both coming and late"),
        ('trait = "vip"\nbuttons = ["sing"]\n', "p.toml:7: personal 1: buttons: 'sing' is not one of detail, pay"),
        ('trait = "vip"\nbuttons = ["pay", "pay"]\n', "buttons: each once"),
        (f'trait = "vip"\nbuttons = {sorted(ACTIONS)[:7]}\n'.replace("'", '"'), "buttons: each once, 6 at the most"),
        ('trait = "vip"\nlarge_type = "yes"\n', "large_type = 'yes' must be of type bool"),
        ('trait = "vip"\nlarge = true\nlarge_type = true\n', "unknown key large"),
        (WORDS, "trait is missing"),
        (
            'trait = "vip"\n' + WORDS + '[[personal]]\ntrait = "vip"\n' + WORDS,
            "personal 2: trait 'vip' stands in another",
        ),
    ],
)
def test_a_policy_that_must_not_start(written: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_policy(f"{STAGE}[[personal]]\n{written}", "p.toml")
    assert said in str(refused.value)


def test_a_policy_says_what_is_different_for_whom() -> None:
    six = '["pay", "detail", "plan", "paid", "later", "person"]'
    text = (
        f'{STAGE}[[personal]]\ntrait = "vip"\n{WORDS}buttons = {six}\n[[personal]]\ntrait = "away"\nlarge_type = true\n'
    )
    assert read_policy(text, "p").personal == (
        Personal("vip", "x", "y", False, ("pay", "detail", "plan", "paid", "later", "person")),
        Personal("away", large_type=True),
    )
    assert read_policy(STAGE, "p").personal == ()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("kind", "trait"),
    [(kind, each.trait) for kind in ("property", "training") for each in OFFICE.policy(kind).personal],
)
def test_each_trait_has_whole_and_kind_words(kind: str, trait: str, language: str) -> None:
    manner = manner_of(OFFICE.policy(kind).personal, {trait})
    for late in (False, True):
        template = manner.template(late=late)
        fields = {"contact": "李敏", "vacant_rule": vacant_words(OFFICE, language, BILLS)}
        addressee = Addressee("陈静女士", "3栋1201", BILLS)
        message = reminder_message(OFFICE, language, template, [addressee], TODAY, personal=fields, buttons=manner.rows)
        assert lacking(template, message.text, set(REQUIRED_FIELDS), language) is None
        assert lint(message.text, Audience.PRIVATE) == ()
        assert "{" not in message.text
        assert all(word in message.text for word in ("286.40", "586.40", OFFICE.name))
        assert "1201" not in message.text
        assert ("李敏" in message.text) is (trait == "vip")
        assert ("contact" in message.fields) is (trait == "vip")
        assert all(len(choice.label) <= 18 for row in message.choices for choice in row)


def test_what_a_person_wishes_goes_with_the_button() -> None:
    message = reminder_message(
        OFFICE, "zh", "reminder.elderly", [Addressee("陈静女士", "3栋1201", BILLS)], TODAY,
        buttons=(("call_me", "vacant"), ("pay",)),
    )  # fmt: skip
    (call, vacant), (pay,) = message.choices
    assert (call.label, call.action, dict(call.args)) == ("请打电话给我", "person.ask", {"text": "请打电话给我"})
    assert (vacant.action, dict(vacant.args)) == ("moved.tell", {"case": "vacant"})
    assert (pay.action, dict(pay.args), pay.reusable) == ("pay.how", {}, True)


def test_the_elderly_text_is_the_shorter_one_and_no_visit_is_offered_to_those_away() -> None:
    words = OFFICE.wording
    for language in ("zh", "en"):
        plain = len(words.text("reminder.gentle", language, _gaps()))
        assert len(words.text("reminder.elderly", language, _gaps())) < plain
    away = manner_of(OFFICE.policy("property").personal, {"away"})
    assert away.buttons[0] == "pay"
    assert "at_home" not in away.buttons


def _gaps() -> dict[str, str]:
    return dict.fromkeys(("who", "office", "room", "lines", "total", "hotline", "due", "due_on"), "")


@pytest.mark.parametrize(
    ("traits", "day_seven", "day_thirty"),
    [
        ((), "offer_plan", "visit"),
        (("elderly",), "call_elderly", "visit"),
        (("away",), "offer_plan", "call_away"),
        (("vacant",), "offer_plan", "call_away"),
        (("elderly", "away"), "call_elderly", "call_away"),
        (("vip",), "offer_plan", "visit"),
    ],
)
def test_traits_change_the_way_the_office_comes(traits: tuple[str, ...], day_seven: str, day_thirty: str) -> None:
    standing = Standing(1, "3-1201", BILLS, traits=frozenset(traits))
    own = policy_for(OFFICE.policy("property"), standing)
    found = {stage.days_after_due: stage.name for stage in own.ladder}
    assert (found[7], found[30]) == (day_seven, day_thirty)


# what an empty home pays

RULES = """
[[vacant]]
items = ["物业费"]
starts_on = 2026-01-01
percent = "70"
after_months = 6
[[vacant]]
items = ["物业费", "停车费"]
starts_on = 2026-12-01
percent = "62.50"
"""


@pytest.mark.parametrize(
    ("item", "due_on", "percent", "months"),
    [
        ("物业费", date(2025, 12, 31), None, 0),
        ("物业费", date(2026, 1, 1), "70", 6),
        ("物业费", date(2026, 11, 30), "70", 6),
        ("物业费", date(2026, 12, 1), "62.50", 0),
        ("停车费", date(2026, 11, 30), None, 0),
        ("停车费", date(2026, 12, 1), "62.50", 0),
        ("水费", date(2026, 12, 1), None, 0),
    ],
)
def test_the_rule_in_force_on_the_due_day(item: str, due_on: date, percent: str | None, months: int) -> None:
    rule = read_rewards(RULES, "r").vacant(item, due_on)
    assert (
        (rule.percent, rule.months) == (Decimal(percent), months) if percent and rule else rule is None and not percent
    )


@pytest.mark.parametrize("percent", ["0", "100", "-1", "100.5"])
def test_a_share_that_is_none_is_refused(percent: str) -> None:
    with pytest.raises(RewardsError, match="what is still paid, more than 0 and less than 100"):
        read_rewards(RULES.replace('"70"', f'"{percent}"'), "r")
    assert read_rewards(RULES.replace('"70"', '"99.9"'), "r").vacant("物业费", date(2026, 1, 1)) is not None


def test_an_empty_home_reads_the_rule_of_each_of_its_fees_once() -> None:
    rules = read_rewards(RULES, "r")
    desk = replace(OFFICE, rewards=rules)
    again = replace(BILLS[0], id=3, period="2026-09")
    assert vacant_words(desk, "zh", (*BILLS, again)).splitlines() == [
        "· 物业费：空置满 6 个月后按 70% 缴，要先登记核实。",
        "· 停车费：登记空置后按 62.5% 缴，要先核实。",
    ]
    assert vacant_words(OFFICE, "en", BILLS[:1]) == (
        "· Property fee: the agreed rules have no reduction for an empty home; it is charged as usual."
    )
    assert isinstance(rules.vacants[0], Vacant)
