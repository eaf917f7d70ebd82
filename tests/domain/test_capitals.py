"""Sums in capital numerals: the examples of the rule, and every sum read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.capitals import DIGITS, FEN_MAX, capitals

VALUES = {"拾": 10, "佰": 100, "仟": 1000}


def read(text: str) -> int:
    """The sum that a clerk would type in: written by another rule than the one under test."""
    assert text.startswith("人民币")
    found = re.fullmatch(r"(?:(?P<yuan>.+)元)?零?(?:(?P<jiao>.)角)?(?:(?P<fen>.)分)?整?", text.removeprefix("人民币"))
    assert found is not None, text
    whole = _whole(found["yuan"] or "零")
    return whole * 100 + DIGITS.index(found["jiao"] or "零") * 10 + DIGITS.index(found["fen"] or "零")


def _whole(text: str) -> int:
    for unit, worth in (("亿", 10**8), ("万", 10**4)):
        if unit in text:
            before, _, after = text.rpartition(unit)
            return _whole(before) * worth + _whole(after or "零")
    total, digit = 0, 0
    for sign in text:
        if sign in VALUES:
            total, digit = total + digit * VALUES[sign], 0
        else:
            digit = DIGITS.index(sign)
    return total + digit


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (28640, "贰佰捌拾陆元肆角整"),
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元叁角贰分"),
        (10700053, "壹拾万柒仟元伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        (100000000, "壹佰万元整"),
        (1_0000_0001_00, "壹亿零壹元整"),
        (1_0020_0000_00, "壹亿零贰拾万元整"),
        (10_0000_0000_0000_00, "壹拾万亿元整"),
        (1_0001_0000_0000_00, "壹万零壹亿元整"),
    ],
)  # fmt: skip
def test_the_examples_of_the_rule(fen: int, text: str) -> None:
    assert capitals(fen) == f"人民币{text}"


@given(st.integers(0, FEN_MAX))
def test_every_sum_is_read_back_as_itself(fen: int) -> None:
    assert read(capitals(fen)) == fen


@given(st.integers(0, FEN_MAX))
def test_no_two_zeros_stand_together_and_it_ends_as_a_paper_must(fen: int) -> None:
    text = capitals(fen)
    assert "零零" not in text
    assert text.endswith("分") == bool(fen % 10)
    assert text.endswith("整") == (not fen % 10)


@pytest.mark.parametrize("fen", [-1, FEN_MAX + 1])
def test_what_no_paper_states_is_refused(fen: int) -> None:
    with pytest.raises(ValueError, match="not a sum"):
        capitals(fen)
