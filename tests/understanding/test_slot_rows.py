"""Days, sums, parts and periods in a wide set of messages (slots.tsv): exact where one is named, none where none is."""

from datetime import date
from pathlib import Path

import pytest

from understanding.reader import Eyes
from understanding.scoring import Row, read_rows

EYES = Eyes.load(Path(__file__).parents[2] / "content")
ROWS = read_rows(Path(__file__).parent / "slots.tsv")
NEVER_INVENTED = ("date", "amount_fen", "instalments")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_what_is_named_is_read_and_nothing_else(row: Row) -> None:
    found = EYES.see(row.text, date(2026, 11, 23)).slots.to_json()
    assert {key: found.get(key) for key in row.slots} == row.slots
    assert not {key for key in NEVER_INVENTED if key in found} - set(row.slots)
