"""The hours in which people answer: enough replies or none, and only where they have a habit."""

from __future__ import annotations

import pytest

from domain.answering import usual_hour


@pytest.mark.parametrize(
    ("hours", "found"),
    [
        ([], None),
        ([19, 19, 19, 19], None),  # four say nothing
        ([19, 19, 20, 19, 20], 19),
        ([19, 20, 19, 8, 12], 19),  # three of five
        ([19, 20, 8, 9, 12], None),  # no habit
        ([9, 10, 11, 12, 13, 14], None),
        ([12, 12, 12, 19, 19, 19], None),
        ([19, 20, 21, 8, 12], None),  # three hours are no hour
        ([8, 9, 10] * 2, 8),  # of two that are as good the earlier one
        ([8, 9, 9, 9, 10], 9),  # the hour that has more of its own
        ([23, 23, 23, 0, 0], 23),
        ([7, 8] * 10, 7),
    ],
)
def test_the_usual_hour(hours: list[int], found: int | None) -> None:
    assert usual_hour(hours) == found
