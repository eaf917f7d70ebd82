"""The calendar file: what it may hold, and complaints that name the file, the line and the cure."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Span
from domain.calendar_file import read_calendar
from domain.policy import PolicyError

WHOLE = """
[[off]]
name = "国庆调休"
from = 2027-10-06
until = 2027-10-07

[[worked]]
on = 2027-10-09
name = "国庆调休"

[[festival]]
name = "庙会"
from = 2027-03-10
communities = ["翠湖花园", " 梧桐里 "]
days_before = 2

[[exam]]
name = "中考"
from = 2027-06-17
until = 2027-06-19
classes = ["初三冲刺班"]
"""


def test_a_whole_file() -> None:
    assert read_calendar(WHOLE, "calendar.toml") == Calendar(
        off=(Span("国庆调休", date(2027, 10, 6), date(2027, 10, 7)),),
        worked=frozenset({date(2027, 10, 9)}),
        festivals=(
            Span("庙会", date(2027, 3, 10), date(2027, 3, 10), frozenset({"翠湖花园", "梧桐里"}), days_before=2),
        ),
        exams=(Span("中考", date(2027, 6, 17), date(2027, 6, 19), classes=frozenset({"初三冲刺班"}), days_before=1),),
    )


def test_an_empty_file_and_the_shipped_one_change_nothing() -> None:
    shipped = Path(__file__).parents[2] / "content" / "calendar.toml"
    for text in ("", shipped.read_text(encoding="utf-8")):
        assert read_calendar(text, "calendar.toml") == Calendar()


def test_the_shipped_examples_are_good_ones() -> None:
    text = (Path(__file__).parents[2] / "content" / "calendar.toml").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    examples = "\n".join(line for line in lines if line.startswith("[[") or (" = " in line and "（" not in line))
    found = read_calendar(examples, "calendar.toml")
    assert (len(found.off), len(found.worked), len(found.festivals), len(found.exams)) == (1, 1, 1, 1)


OFF = '[[off]]\nname = "a"\nfrom = 2027-10-06\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[off]\n", "c.toml: Expected"),
        ("[[holiday]]\nname = 'a'\n", "c.toml: unknown key holiday: the tables are [[off]], [[worked]], [[festival]], [[exam]]"),
        ("[off]\nname = 'a'\n", "off = {'name': 'a'} must be of type list"),
        ("[[off]]\nname = 'a'\n", "c.toml:1: off 1: from is missing: write a day such as from = 2027-02-08"),
        ("[[off]]\nfrom = 2027-10-06\n", "c.toml:1: off 1: name is missing"),
        (
            '[[off]]\nname = "a"\nfrom = "2027-10-06"\n',
            "c.toml:3: off 1: from = '2027-10-06' is not a day: write it as from = 2027-02-08, without quotes",
        ),
        ('[[off]]\nname = "a"\nfrom = 2027-10-06T08:00:00\n', "c.toml:3: off 1: from = datetime.datetime(2027, 10, 6"),
        (OFF + "until = 2027-10-05\n", "c.toml:4: off 1: until = 2027-10-05 is before from = 2027-10-06: swap them"),
        (OFF + "until = 2027-11-06\n", "c.toml:4: off 1: 32 days: at most 31 in one entry"),
        (OFF + "untill = 2027-10-07\n", "c.toml:4: off 1: unknown key untill: correct or remove it"),
        (OFF + 'communities = ["a"]\n', "c.toml:4: off 1: unknown key communities"),
        (OFF + "\n" + OFF, "c.toml:5: off 2: a stands here twice: remove one"),
        (OFF + "\n[[worked]]\non = 2027-10-06\n", "c.toml:6: worked 1: 2027-10-06 is worked as it is: remove it"),
        ("[[worked]]\nname = 'a'\n", "c.toml:1: worked 1: on is missing"),
        ("[[worked]]\non = 2027-10-09\nfrom = 2027-10-09\n", "c.toml:3: worked 1: unknown key from"),
        (
            '[[off]]\nname = "a"\nfrom = 2027-10-08\nuntil = 2027-10-10\n[[worked]]\non = 2027-10-09\n',
            "c.toml:6: worked 1: 2027-10-09 is off, too: keep one of the two",
        ),
        (
            OFF.replace("10-06", "07-06") + "until = 2027-08-03\n",
            "c.toml:3: off 1: the office would be closed for more than 28 days in a row: shorten it",
        ),
        ('[[festival]]\nname = "a"\nfrom = 2027-03-01\nuntil = 2027-03-16\n', "c.toml:4: festival 1: 16 days: at most 15"),
        ('[[festival]]\nname = "a"\nfrom = 2027-03-01\ndays_before = 4\n', "c.toml:4: festival 1: days_before = 4: choose 0 to 3"),
        (
            '[[festival]]\nname = "a"\nfrom = 2027-03-01\ncommunities = []\n',
            "c.toml:4: festival 1: communities: name some, or remove it: then it holds everywhere",
        ),
        ('[[exam]]\nname = "a"\nfrom = 2027-03-01\nclasses = [" "]\n', "c.toml:4: exam 1: classes: name some"),
        (
            '[[festival]]\nname = "a"\nfrom = 2027-03-01\nuntil = 2027-03-15\n'
            '[[festival]]\nname = "b"\nfrom = 2027-03-16\nuntil = 2027-03-22\n',
            "c.toml:3: festival 1: nobody is written to for more than 21 days in a row: shorten it",
        ),
        ('[[exam]]\nname = "a"\nfrom = 2027-03-01\nuntil = 2027-03-21\n', "c.toml:3: exam 1: nobody is written to for more than 21"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        read_calendar(text, "c.toml")
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        OFF.replace("10-06", "07-06") + "until = 2027-08-02\n",  # 28 days, from a Tuesday to a Monday
        '[[festival]]\nname = "a"\nfrom = 2027-03-01\nuntil = 2027-03-15\n[[festival]]\nname = "b"\nfrom = 2027-03-16\n'
        "until = 2027-03-21\n",
        '[[festival]]\nname = "a"\nfrom = 2027-03-01\nuntil = 2027-03-15\ncommunities = ["a"]\n'
        '[[festival]]\nname = "a"\nfrom = 2027-03-16\nuntil = 2027-03-30\ncommunities = ["b"]\n',
        '[[exam]]\nname = "a"\nfrom = 2027-03-02\nuntil = 2027-03-21\n',
        '[[exam]]\nname = "a"\nfrom = 2027-03-02\nuntil = 2027-03-22\ndays_before = 0\n',
        '[[off]]\nname = "a"\nfrom = 9999-12-31\n[[festival]]\nname = "a"\nfrom = 0001-01-01\n',
    ],
)
def test_what_just_makes_sense_is_taken(text: str) -> None:
    assert read_calendar(text, "c.toml") != Calendar()


@given(st.text(alphabet='[]offwrkedstivalxam="\n 20-371\u3000', max_size=60))
def test_no_text_ends_in_anything_but_a_calendar_or_a_complaint(text: str) -> None:
    complaint = ""
    try:
        assert isinstance(read_calendar(text, "c.toml"), Calendar)
    except PolicyError as refused:
        complaint = str(refused)
    assert complaint.startswith("c.toml") or not complaint
