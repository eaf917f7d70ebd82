"""Hours as people write them beside a day."""

from __future__ import annotations

from datetime import time

import pytest

from understanding.hours import find_time


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("明天 10:00", time(10)),
        ("下午三点半", time(15, 30)),
        ("3pm", time(15)),
        ("周五晚上8点", time(20)),
        ("2026-11-25 10:00", time(10)),
        ("上午十点一刻", time(10, 15)),
        ("中午12点", time(12)),
        ("中午1点", time(13)),
        ("12am", time(0)),
        ("明早9点45分", time(9, 45)),
        ("tomorrow at 10:30 am", time(10, 30)),
        ("tomorrow 3:30 pm", time(15, 30)),
        ("明天下午14:00", time(14)),
        ("十二月四日十点", time(10)),
        ("at noon", time(12)),
        ("下午一点", time(13)),
        ("一点半", time(1, 30)),
    ],
)
def test_an_hour_is_read(text: str, hour: time) -> None:
    assert find_time(text) == hour


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明天",
        "周五",
        "25:00",
        "10:61",
        "没有时间",
        "有点贵",
        "2026-11-25",
        "286.40元",
        "到时候再说",
        "能便宜一点吗",
        "电话 021-5555 0101",
    ],
)
def test_what_is_no_hour_is_none(text: str) -> None:
    assert find_time(text) is None
