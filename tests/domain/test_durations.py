"""Lengths of time as people write them before a reason."""

from __future__ import annotations

import pytest

from domain.durations import read_duration


@pytest.mark.parametrize(
    ("text", "minutes", "rest"),
    [
        ("2h 检修", 120, "检修"),
        ("2小时检修", 120, "检修"),
        ("30m", 30, ""),
        ("90 分钟 水箱清洗", 90, "水箱清洗"),
        ("半小时", 30, ""),
        ("半天，台风", 720, "台风"),
        ("一个半小时", 90, ""),
        ("两天", 2880, ""),
        ("十二个小时", 720, ""),
        ("1天消防演练", 1440, "消防演练"),
        ("1h30m 检修", 90, "检修"),
        ("1 day 6 h storm", 1800, "storm"),
        ("1.5 hours", 90, ""),
        ("half an hour maintenance", 30, "maintenance"),
        ("an hour", 60, ""),
        ("2 weeks", 20160, ""),
        ("检修", None, "检修"),
        ("天气不好", None, "天气不好"),
        ("a water cut", None, "a water cut"),
        ("一会儿", None, "一会儿"),
        ("", None, ""),
    ],
)
def test_the_length_and_the_rest(text: str, minutes: int | None, rest: str) -> None:
    span, left = read_duration(text)
    assert (None if span is None else span.total_seconds() / 60, left) == (minutes, rest)


@pytest.mark.parametrize("text", ["0h", "零分钟", "2x", "12", "2026-11-23 检修"])
def test_what_begins_like_a_length_and_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_duration(text)


@pytest.mark.parametrize(
    ("units", "minutes"),
    [
        ("m min mins minute minutes 分 分钟 分鐘", 1),
        ("h hr hrs hour hours 时 小时 小時 钟头 鐘頭", 60),
        ("d day days 天", 24 * 60),
        ("w week weeks 周 週 星期 礼拜", 7 * 24 * 60),
    ],
)
def test_every_unit(units: str, minutes: int) -> None:
    for unit in units.split():
        for text in (f"3{unit}", f"3 {unit.upper()} 检修", f"三{unit}"):
            span, _ = read_duration(text)
            assert span is not None, text
            assert span.total_seconds() / 60 == 3 * minutes, text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一天", 1),
        ("两天", 2),
        ("兩天", 2),
        ("九天", 9),
        ("十天", 10),
        ("十一天", 11),
        ("二十天", 20),
        ("三十五天", 35),
        ("a day", 1),
        ("an day", 1),
    ],
)
def test_numbers_in_words(text: str, number: int) -> None:
    span, rest = read_duration(text)
    assert span is not None
    assert (span.days, rest) == (number, "")


@pytest.mark.parametrize(
    ("text", "minutes", "rest"),
    [
        ("1小时 30分 检修", 90, "检修"),
        ("1小时又5分", 65, ""),
        ("1 hour and 5 minutes", 65, ""),
        ("2h 3栋检修", 120, "3栋检修"),  # a number that is no length belongs to the reason
        ("1h 2h 3h x", 360, "x"),
        ("2h,，:：;； 检修。", 120, "检修。"),
        ("2hours", 120, ""),
    ],
)
def test_where_the_length_ends(text: str, minutes: int, rest: str) -> None:
    span, left = read_duration(text)
    assert (None if span is None else span.total_seconds() / 60, left) == (minutes, rest)
