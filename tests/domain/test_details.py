"""Whose turn it is to be asked for their details, and how often at most."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from bot.content import load_wording
from domain.details import (
    Cause,
    Home,
    Last,
    State,
    asked_for,
    may_ask,
    open_indexes,
    own_index,
    own_lines,
    tail_of,
)

TODAY = date(2026, 11, 23)
WORDS = load_wording()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_the_days_are_spread_over_the_year_whenever_people_were_linked() -> None:
    assert [own_index(person_id) for person_id in (1, 2, 10, 365, 366)] == [37, 74, 5, 0, 37]
    a_day = Counter(own_index(person_id) for person_id in range(1, 3651))
    assert set(a_day) == set(range(365))
    assert set(a_day.values()) == {10}


@pytest.mark.parametrize(
    ("person_id", "today", "year"),
    [
        (1, date(2027, 2, 6), None),  # index 37: 7 February
        (1, date(2027, 2, 7), 2027),
        (1, date(2027, 3, 8), 2027),  # the thirtieth day
        (1, date(2027, 3, 9), None),
        (365, date(2027, 1, 1), 2027),  # index 0
        (365, date(2027, 1, 30), 2027),
        (365, date(2027, 1, 31), None),
        (69, date(2027, 1, 15), 2026),  # index 363: 30 December, made up for in January
        (138, date(2028, 12, 27), 2028),  # index 361
        (138, date(2028, 12, 26), None),
        (217, date(2028, 12, 30), 2028),  # index 364: a leap year's last two days
        (217, date(2028, 12, 29), None),
        (286, date(2028, 12, 28), 2028),  # index 362: a leap year's 28 December
        (286, date(2028, 12, 27), None),
        (217, date(2028, 12, 31), 2028),
    ],
)
def test_a_persons_own_day_and_how_long_it_may_be_made_up_for(person_id: int, today: date, year: int | None) -> None:
    assert asked_for(person_id, today) == year
    assert (own_index(person_id) in open_indexes(today)) == (year is not None)


def test_no_year_is_without_a_question_and_none_has_two() -> None:
    for person_id in (1, 69, 217, 365):
        days = [date(2027, 1, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
        years = [year for day in days if (year := asked_for(person_id, day)) is not None and year >= 2027]
        assert set(years) == {2027, 2028, 2029, 2030}
        assert max(Counter(years).values()) <= 31


@pytest.mark.parametrize(
    ("cause", "linked", "last", "may"),
    [
        (Cause.YEARLY, 179, None, False),
        (Cause.YEARLY, 180, None, True),
        (Cause.BOUNCE, 0, None, True),
        (Cause.YEARLY, 400, (179, State.RIGHT), False),
        (Cause.YEARLY, 400, (180, State.RIGHT), True),
        (Cause.YEARLY, 400, (180, State.CHANGE), True),
        (Cause.YEARLY, 179, (180, State.RIGHT), False),
        (Cause.BOUNCE, 0, (29, State.RIGHT), False),
        (Cause.BOUNCE, 0, (30, State.CHANGE), True),
        # who did not answer is asked nothing more until their own day comes round
        (Cause.YEARLY, 900, (334, State.UNHEARD), False),
        (Cause.YEARLY, 900, (335, State.UNHEARD), True),
        (Cause.BOUNCE, 900, (334, State.UNHEARD), False),
        (Cause.BOUNCE, 900, (335, State.UNHEARD), True),
        (Cause.BOUNCE, 900, (334, State.ASKED), False),
        (Cause.YEARLY, 900, (334, State.ASKED), False),
    ],
)
def test_how_soon_somebody_may_be_asked(cause: Cause, linked: int, last: tuple[int, State] | None, may: bool) -> None:
    known = Last(ago(last[0]), last[1]) if last is not None else None
    assert may_ask(cause, TODAY, ago(linked), known) is may


def test_a_person_linked_nobody_knows_when_may_be_asked() -> None:
    assert may_ask(Cause.YEARLY, TODAY, None, None)


@pytest.mark.parametrize(
    ("phone", "tail"),
    [
        ("13800001234", "1234"),
        ("138-0000-1234", "1234"),
        ("021 5550101", "0101"),
        ("5550101", "0101"),
        ("555010", ""),
        ("", ""),
    ],
)
def test_of_a_phone_only_the_tail_is_shown(phone: str, tail: str) -> None:
    assert tail_of(phone) == tail


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "zh",
            [
                "· 3栋12**（业主）：王女士，手机尾号 1234",
                "· 5栋03**（业主）：王女士，没有登记手机",
                "· 7栋01**（租户）",
                "· 联系您的地方：Telegram、邮件",
            ],
        ),
        (
            "en",
            [
                "· 3栋12** (owner): 王女士, phone ending in 1234",
                "· 5栋03** (owner): 王女士, no phone on file",
                "· 7栋01** (tenant)",
                "· We write to you on: Telegram, e-mail",
            ],
        ),
    ],
)
def test_what_a_person_sees_of_themselves(language: str, lines: list[str]) -> None:
    homes = [
        Home("3栋12**", "owner", "王女士", "1234"),
        Home("5栋03**", "owner", "王女士"),
        Home("7栋01**", "tenant"),
    ]
    assert own_lines(WORDS, language, homes, ["telegram", "email", "telegram"]).splitlines() == lines
    assert own_lines(WORDS, language, homes[:1], []).splitlines() == lines[:1]


def test_causes_and_states_as_they_are_stored() -> None:
    assert [each.value for each in Cause] == ["yearly", "bounce", "own"]
    assert [each.value for each in State] == ["asked", "right", "change", "unheard", "unsaid", "staff"]
