"""How far back words are kept, by the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.retention import kept_since


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), datetime(2024, 11, 23, tzinfo=UTC)),
        (datetime(2026, 2, 28, tzinfo=UTC), datetime(2024, 2, 28, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2024, 1, 31, tzinfo=UTC)),
    ],
)
def test_two_years_of_the_calendar(now: datetime, since: datetime) -> None:
    assert kept_since(now) == since
