"""Texts are counted as platforms count them and divided without losing or breaking a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import TEXT_LIMITS, Unit, length, split, well_formed

UNITS: tuple[Unit, ...] = ("utf16", "bytes")
# Lines of words with Chinese, letters outside the basic plane, and combined emoji.
TEXTS = st.lists(
    st.sampled_from(["物业费", "王女士", "December", "👨‍👩‍👧", "𠮷", "é", " ", "\n", "\n\n", "a" * 30]), max_size=60
).map("".join)


@pytest.mark.parametrize(
    ("text", "utf16", "utf8"), [("", 0, 0), ("abc", 3, 3), ("暖铃", 2, 6), ("🔔", 2, 4), ("é", 1, 2), ("\ud83d", 1, 3)]
)
def test_length_is_the_platforms(text: str, utf16: int, utf8: int) -> None:
    assert length(text, "utf16") == utf16
    assert length(text, "bytes") == utf8


def test_a_text_that_fits_stays_whole() -> None:
    assert split("一行\n两行", 5, "utf16") == ["一行\n两行"]


def test_nothing_is_said_for_a_blank_text() -> None:
    assert split(" \n ", 10, "utf16") == []


def test_cut_after_a_line() -> None:
    assert split("11月物业费\n12月物业费\n共 240 元", 15, "utf16") == ["11月物业费\n12月物业费", "共 240 元"]


def test_cut_exactly_at_the_limit() -> None:
    assert split("abcd\nefgh", 4, "utf16") == ["abcd", "efgh"]


def test_a_long_line_is_cut_after_a_word() -> None:
    assert split("please pay by Friday", 12, "utf16") == ["please pay", "by Friday"]


def test_a_long_word_is_cut_between_characters() -> None:
    assert split("铃" * 5, 6, "bytes") == ["铃铃", "铃铃", "铃"]
    assert split("🔔" * 3, 5, "utf16") == ["🔔🔔", "🔔"]


@given(text=TEXTS, limit=st.integers(4, 40), unit=st.sampled_from(UNITS))
def test_every_part_fits_and_nothing_is_lost(text: str, limit: int, unit: Unit) -> None:
    parts = split(text, limit, unit)
    assert all(part.strip() == part != "" for part in parts)
    assert all(length(part, unit) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(text=st.text(st.characters(), max_size=200), limit=st.integers(4, 20))
def test_any_text_is_divided(text: str, limit: int) -> None:
    assert "".join("".join(split(text, limit, "utf16")).split()) == "".join(text.split())


def test_what_a_database_refuses_is_taken_out() -> None:
    assert well_formed("a\0b\ud83dc🔔") == "ab\ufffdc🔔"


def test_the_longest_text_of_each_channel() -> None:
    assert TEXT_LIMITS == {
        "telegram": (4096, "utf16"),
        "sandbox": (4096, "utf16"),
        "wechat": (2048, "bytes"),
        "wecom": (2048, "bytes"),
        "email": (20000, "utf16"),
    }


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("abcd efgh", 5, ["abcd", "efgh"]),  # the space itself may be the one too many
        ("abcde fgh", 5, ["abcde", "fgh"]),
        ("abcdef gh", 5, ["abcde", "f gh"]),
        ("a bcdefgh", 5, ["a", "bcdef", "gh"]),
        ("ab\ncd efgh", 8, ["ab", "cd efgh"]),  # after a line rather than after a later word
        ("abcde\nfghi", 5, ["abcde", "fghi"]),
    ],
)
def test_where_exactly_it_is_cut(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit, "utf16") == parts
