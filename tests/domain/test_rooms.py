"""Rooms as people write them."""

from __future__ import annotations

import pytest

from domain.rooms import means_home, reads_like_room, room_parts


@pytest.mark.parametrize(
    ("words", "home", "same"),
    [
        ("3-2-501", "3栋 2单元501", True),
        ("3-2-501", "3栋 501", True),  # the unit is not on file
        ("3-501", "3栋 2单元501", True),
        ("501", "3栋 2单元501", True),
        ("0501", "GH-3-501", True),
        ("3号楼２单元501室", "3栋 2单元501", True),
        ("b座501", "B座 501", True),
        ("a座501", "B座 501", False),
        ("3-1-501", "3栋 2单元501", False),
        ("2-501", "3栋 501", False),
        ("50", "3栋 501", False),
        ("3", "3栋 501", False),
        ("501", "", False),
    ],
)
def test_a_home_is_meant_or_not(words: str, home: str, same: bool) -> None:
    assert means_home(words, home) == same


def test_what_a_room_is() -> None:
    assert room_parts("3号楼2单元0501") == ("3", "2", "501")
    assert [reads_like_room(each) for each in ("3-2-501", "３栋501室", "B座12b", "王小明", "欠501")] == [
        True, True, True, False, False,
    ]  # fmt: skip
