"""What is printed: layouts filled with data, QR codes, letters that no font has."""

from __future__ import annotations

import re

import pytest

from bot.letters import MissingLetters, compose, missing_letters, pictures, qr

LINK = "https://t.me/nuanling_bot?start=Zk3pQ-9sVxW_aB7cDeFgHi"


def slips(number: int, room: str = "3栋1201") -> dict[str, object]:
    slip = {
        "community": "阳光花园",
        "room": room,
        "greeting": "王女士，您好",
        "how": "扫一扫",
        "codes": [{"svg": qr(LINK), "label": "Telegram"}],
        "command": "/start Zk3pQ-9sVxW_aB7cDeFgHi",
        "small": "本条仅限本户使用一次",
    }
    return {"language": "zh", "organisation": "阳光物业", "slips": [slip] * number}


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (8, 1), (9, 2), (17, 3)])
def test_eight_slips_fill_a_page(number: int, expected: int) -> None:
    assert pages(compose("slips", slips(number))) == expected


def test_a_picture_shows_what_it_was_given() -> None:
    first, second = (pictures("slips", slips(1, room))[0] for room in ("3栋1201", "3栋1202"))
    assert first.startswith(b"\x89PNG")
    assert first != second


def test_letters_that_no_font_has_are_refused_by_name() -> None:
    with pytest.raises(MissingLetters, match="no font has 㐂 𠮷: put one that does"):
        compose("slips", slips(1, "𠮷屋㐂"))


def test_traditional_and_rare_names_can_be_printed() -> None:
    assert missing_letters(["歐陽龍鳳", "赟喆燊", "Café №5 ㎡ ￥2,860.00"]) == set()
