"""How a call may begin: what is known of the household first, then the day's season; nothing that isn't known is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.content import load_openers
from domain.openers import Opener, OpenerError, choose, read_openers, worded

OPENERS = load_openers()


@pytest.mark.parametrize(
    ("day", "kind", "known", "expected"),
    [
        (date(2026, 12, 22), "training", {}, ["winter_solstice", "open_day"]),
        (date(2026, 12, 22), "training", {"summary": "进步大", "wish": "想继续"}, ["learning", "wish"]),
        (date(2026, 12, 30), "property", {}, ["new_year", "estate_service"]),
        (date(2027, 1, 3), "property", {}, ["new_year", "estate_service"]),  # over the turn of the year
        (date(2027, 2, 10), "property", {}, ["spring", "estate_service"]),
        (date(2027, 7, 7), "training", {"lessons": "6"}, ["lessons", "hello"]),
        (date(2027, 7, 7), "property", {"summary": "x"}, ["estate_service"]),
    ],
)
def test_which_openers_are_chosen(day: date, kind: str, known: dict[str, str], expected: list[str]) -> None:
    assert [each.name for each in choose(OPENERS, day, kind, known)] == expected


def test_there_is_one_for_every_day_and_it_never_leaves_a_gap() -> None:
    for ahead in range(366):
        for kind in ("property", "training"):
            found = choose(OPENERS, date(2026, 11, 23) + timedelta(days=ahead), kind, {})
            assert found
            assert all("{" not in worded(each, "zh", {}) for each in found)


def test_words_are_in_the_callers_language() -> None:
    opener = Opener("x", {"zh": "先说：{summary}", "en": "Begin: {summary}"}, needs=("summary",))
    assert worded(opener, "en-US", {"summary": "well done"}) == "Begin: well done"


ROW = '[[opener]]\nname = "x"\nzh = "你好"\nen = "Hello"\n'


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ROW + 'seson = "x"\n', "unknown key seson"),
        (ROW.replace("Hello", "Hello {phone}"), "no other gaps than"),
        (ROW.replace('en = "Hello"\n', ""), "en: needs a text"),
        (ROW + 'from = "12-20"\n', "from and until come together"),
        (ROW + 'from = "13-20"\nuntil = "12-31"\n', "is not a day such as 12-20"),
        (ROW + 'needs = ["salary"]\n', "needs: a list of"),
        (ROW + "days_before_spring = 99\n", "choose 0 to 60 days"),
        ("[[opener]", "openers.toml"),
    ],
)
def test_a_wrong_opener_is_refused_by_its_place(row: str, fault: str) -> None:
    with pytest.raises(OpenerError, match=r"openers\.toml") as refused:
        read_openers(row, "openers.toml")
    assert fault in str(refused.value)
