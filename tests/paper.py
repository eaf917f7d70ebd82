"""Reads what stands on a printed page, as a person would."""

from __future__ import annotations

import io
import re
import unicodedata

from pypdf import PdfReader


def page_texts(pdf: bytes) -> list[str]:
    """The words of each page, without white space: where a line breaks is the layout's business."""
    return [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def sizes_of(pdf: bytes) -> set[float]:
    """The sizes of type on the first page, in points."""
    found: set[float] = set()

    def look(text: str, _: object, matrix: list[float], __: object, size: float) -> None:
        if text.strip():
            found.add(round(size * abs(matrix[3]), 1))

    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=look)
    return found


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
