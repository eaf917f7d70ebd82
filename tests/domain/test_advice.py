"""What a month's figures suggest: only what they bear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.advice import Month, advise
from domain.learning import Share

QUIET = Month(
    stages=[("soon", Share(60, 100)), ("gentle", Share(50, 100))],
    hours=[("09", Share(50, 100)), ("10", Share(51, 100))],
    channels=[("telegram", Share(101, 200))],
    rate=0.82,
    rate_before=0.80,
    open_fen=100_000,
    old_fen=10_000,
    disputed_fen=2_000,
    sent=500,
    failed=3,
    complaints=2,
    late_tasks=1,
    done_tasks=20,
    low_parts=[("3栋", 0.78)],
)


def names(month: Month) -> list[str]:
    return [each.name for each in advise(month)]


def test_a_month_without_a_finding_suggests_nothing() -> None:
    assert names(QUIET) == ["nothing"]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"complaints": 10}, "complaints"),
        ({"disputed_fen": 12_000}, "disputes"),
        ({"failed": 15}, "failed"),
        ({"late_tasks": 8}, "late"),
        ({"low_parts": [("3栋", 0.5)]}, "low_part"),
        ({"old_fen": 40_000}, "old"),
        ({"hours": [("09", Share(50, 100)), ("19", Share(75, 100))]}, "hour"),
        ({"stages": [("soon", Share(60, 100)), ("gentle", Share(10, 100))]}, "weak_stage"),
    ],
)
def test_each_finding_leads_to_its_own_advice(changed: dict[str, object], name: str) -> None:
    assert names(replace(QUIET, **changed)) == [name]  # type: ignore[arg-type]


def test_a_handful_of_cases_leads_to_nothing() -> None:
    few = replace(
        QUIET,
        hours=[("09", Share(1, 10)), ("19", Share(10, 10))],
        stages=[("soon", Share(9, 9)), ("gentle", Share(0, 9))],
    )
    assert names(few) == ["nothing"]


def test_an_empty_month_is_no_error() -> None:
    empty = Month((), (), (), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ())
    assert names(empty) == ["nothing"]
