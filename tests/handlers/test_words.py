"""How the bot speaks to residents: short, calm, at most one friendly sign."""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path

import pytest

from domain.wording import fields_of, flatten

CONTENT = Path(__file__).resolve().parents[2] / "content"
LONGEST = {"zh": 130, "en": 330}  # characters; a longer text is not read
TEMPLATES = [
    (language, name, text)
    for language in LONGEST
    for name, text in flatten(
        tomllib.loads((CONTENT / f"messages.{language}.toml").read_text(encoding="utf-8"))
    ).items()
]


@pytest.mark.parametrize(("language", "name", "text"), TEMPLATES)
def test_a_text_is_short_and_calm(language: str, name: str, text: str) -> None:
    assert len(text) <= LONGEST[language]
    assert unicodedata.normalize("NFKC", text).count("!") <= 1
    assert len([c for c in text if unicodedata.category(c) == "So"]) <= 1


@pytest.mark.parametrize(("language", "name", "text"), TEMPLATES)
def test_no_figure_stands_in_a_text(language: str, name: str, text: str) -> None:
    """Sums come from the books, through fields."""
    assert "元" not in text or not any(f"{digit} 元" in text for digit in "0123456789")


def test_what_a_household_is_called_never_holds_more_than_surname_and_shortened_room() -> None:
    fields = {field for _, _, text in TEMPLATES for field in fields_of(text)}
    assert fields.isdisjoint({"phone", "payer_name", "address", "student_name", "full_name"})
