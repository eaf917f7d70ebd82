"""Which files may be kept with a household: by what is in them, not by what they are called."""

from __future__ import annotations

BYTES_MAX = 20 * 2**20  # what Telegram hands over, and what a chat shows in one piece
# Beginning of the file -> its ending. A .docx is a zip, so its own ending has to say which.
BEGINNINGS = ((b"%PDF-", ".pdf"), (b"\xff\xd8\xff", ".jpg"), (b"\x89PNG\r\n\x1a\n", ".png"))
OFFICE = ((b"PK\x03\x04", ".docx"), (b"\xd0\xcf\x11\xe0", ".doc"))
TEXT = ".txt"
ENDINGS = (".pdf", ".jpg", ".jpeg", ".png", ".doc", ".docx", TEXT)


def may_be_kept(kind: str, name: str, size_bytes: int) -> str:
    """What is wrong with a file before it is fetched: `kind`, `large`, or nothing.

    Some platforms tell no name; the content decides then.
    """
    if kind not in ("photo", "document") or (kind == "document" and name and not name.lower().endswith(ENDINGS)):
        return "kind"
    return "large" if size_bytes > BYTES_MAX else ""


def ending_of(name: str, body: bytes) -> str | None:
    """The ending that a file is kept under; None: not one that is kept."""
    called = name.lower()
    for beginning, ending in BEGINNINGS:
        if body.startswith(beginning):
            return ending
    for beginning, ending in OFFICE:
        if called.endswith(ending):
            return ending if body.startswith(beginning) else None
    return TEXT if called.endswith(TEXT) and body and b"\x00" not in body else None
