"""Summaries that judge a child or blame the home are not for a parent's eyes; what a teacher saw is."""

from __future__ import annotations

import pytest

from domain.lint_pupil import unkind_of_pupil


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("上课老走神 太差了 家长不管", "insult"),
        ("成绩差，拖后腿", "insult"),
        ("有点懒", "insult"),
        ("作业总是不交", "insult"),
        ("家长也不配合", "blame"),
        ("基础还行，妈妈从来不管", "blame"),
        ("He is lazy", "insult"),
        ("Parents don't care", "blame"),
    ],
)
def test_a_verdict_is_found(text: str, rule: str) -> None:
    found = unkind_of_pupil(text)
    assert found is not None
    assert found.rule == rule


@pytest.mark.parametrize(
    "text",
    [
        "拼读进步明显，最近爱举手了",
        "后半节课容易走神，换个座位后好多了",
        "作业有三次没有交，正在一起补",
        "笨鸟先飞，很用功",
        "不懒，坚持得很好",
        "和上期差不多，差一点就满分",
        "家长很配合，请继续保持",
        "A lively boy who asks good questions",
    ],
)
def test_what_was_seen_may_be_quoted(text: str) -> None:
    assert unkind_of_pupil(text) is None
