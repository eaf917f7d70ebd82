"""All slots of one sentence, read in the order that keeps a day from being taken for a sum."""

from datetime import date

from understanding.dates import find_date
from understanding.hours import find_time
from understanding.parts import find_parts
from understanding.periods import find_period
from understanding.reading import Slots
from understanding.sums import find_sum


def find_slots(text: str, today: date) -> Slots:
    """Slots of a sentence in plain spelling (see text.py)."""
    day, taken = find_date(text, today)
    parts, spans = find_parts(text)
    return Slots(
        date=day,
        amount_fen=find_sum(text, taken + spans),
        instalments=parts,
        period=find_period(text, today),
        hour=find_time(text),
    )
