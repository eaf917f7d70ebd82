"""Reads what stands on a printed page, as a person would."""

from __future__ import annotations

import io
import re
import unicodedata

from pypdf import PdfReader


def page_texts(pdf: bytes) -> list[str]:
    """The words of each page, without white space: where a line breaks is the layout's business."""
    return [squeezed(page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
