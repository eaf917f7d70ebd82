"""Which files may be kept with a household: by what is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.filing import BYTES_MAX, ENDINGS, ending_of, may_be_kept

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("kind", "name", "size_bytes", "wrong"),
    [
        ("document", "合同.pdf", 1, ""),
        ("document", "合同.PDF", BYTES_MAX, ""),
        ("document", "合同.pdf", BYTES_MAX + 1, "large"),
        ("document", "合同.exe", 1, "kind"),
        ("document", "", 1, ""),
        ("document", "pdf", 1, "kind"),
        ("photo", "bild.heic", 1, ""),
        ("photo", "", BYTES_MAX, ""),
        ("photo", "", BYTES_MAX + 1, "large"),
        ("voice", "a.pdf", 1, "kind"),
        ("sticker", "", 1, "kind"),
    ],
)
def test_what_is_refused_before_it_is_fetched(kind: str, name: str, size_bytes: int, wrong: str) -> None:
    assert may_be_kept(kind, name, size_bytes) == wrong


@pytest.mark.parametrize(
    ("name", "body", "ending"),
    [
        ("a.pdf", b"%PDF-1.7", ".pdf"),
        ("", b"\xff\xd8\xff\xe0", ".jpg"),
        ("转账.jpg", PNG, ".png"),
        ("a.docx", b"PK\x03\x04..", ".docx"),
        ("a.DOC", b"\xd0\xcf\x11\xe0..", ".doc"),
        ("a.doc", b"PK\x03\x04..", None),
        ("a.docx", b"\xd0\xcf\x11\xe0..", None),
        ("a.zip", b"PK\x03\x04..", None),
        ("a.pdf", b"MZ\x90", None),
        ("a.pdf", b" %PDF-", None),
        ("a.txt", "约定".encode(), ".txt"),
        ("a.txt", b"%PDF-", ".pdf"),
        ("a.txt", b"", None),
        ("a.txt", b"a\x00b", None),
        ("", b"text", None),
    ],
)
def test_the_ending_follows_the_content(name: str, body: bytes, ending: str | None) -> None:
    assert ending_of(name, body) == ending


@given(st.text(max_size=20), st.binary(max_size=40))
def test_whatever_comes_gets_one_of_the_known_endings_or_none(name: str, body: bytes) -> None:
    assert ending_of(name, body) in (*ENDINGS, None)


def test_twenty_mebibytes_are_the_most_that_telegram_hands_over() -> None:
    assert BYTES_MAX == 20 * 1024 * 1024
