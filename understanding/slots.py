"""All slots of one sentence, read in the order that keeps a day from being taken for a sum."""

from datetime import date

from understanding.dates import find_days
from understanding.hours import find_time
from understanding.monthly import monthly_day, times_named
from understanding.parts import find_parts
from understanding.periods import find_period
from understanding.reading import Slots
from understanding.sums import find_sum


def find_slots(text: str, today: date) -> Slots:
    """Slots of a sentence in plain spelling (see text.py)."""
    paid_on, named, taken = find_days(text, today)
    parts, spans = find_parts(text)
    return Slots(
        date=paid_on,
        amount_fen=find_sum(text, taken + spans),
        instalments=parts,
        period=find_period(text, today),
        hour=find_time(text),
        day=named,
        monthly=monthly_day(text),
        times=times_named(text),
    )
