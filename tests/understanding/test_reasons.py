"""Why a family does not renew, read from the sentence that says so."""

from __future__ import annotations

import pytest

from understanding.reasons import why_not


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我不续了，因为搬家了", "moved"),
        ("不续了，我们要回老家了", "hometown"),
        ("下学期要出国，不报了", "trip"),
        ("不续了，太贵了", "price"),
        ("不报了，孩子自己不想上", "asks_child"),
        ("我再想想，问问孩子", "asks_child"),
        ("没时间，不续了", "time"),
        ("不续了，因为老师讲得不好", "other"),
        ("不续了", ""),
        ("我再考虑考虑", ""),
        ("we won't renew because we're moving", "moved"),
        ("not renewing, too expensive", "price"),
        ("he lost interest, so no", "asks_child"),
        ("no thanks, she has no time this term", "time"),
        ("not this time", ""),
    ],
)
def test_the_reason(text: str, code: str) -> None:
    assert why_not(text) == code
