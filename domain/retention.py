"""How long words are kept: 24 months (DESIGN §7)."""

from __future__ import annotations

import calendar
from datetime import datetime

MONTHS_KEPT = 24


def kept_since(now: datetime, months: int = MONTHS_KEPT) -> datetime:
    """The moment so many months ago; a 31st becomes the last day of a shorter month."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=years, month=month + 1, day=min(now.day, calendar.monthrange(years, month + 1)[1]))
