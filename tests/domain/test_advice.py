"""What a month's figures suggest: only what they bear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.advice import Advice, Month, advise, percent, span
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


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"complaints": 9}, None),  # 2 on 100 messages, from there on
        ({"disputed_fen": 10_000}, "disputes"),  # a tenth of what is open
        ({"disputed_fen": 9_999}, None),
        ({"failed": 14}, None),  # 3 on 100
        ({"late_tasks": 7, "done_tasks": 21}, "late"),  # a third
        ({"late_tasks": 6, "done_tasks": 19}, None),
        ({"low_parts": [("3栋", 0.66)]}, "low_part"),  # 15 points below the whole, and no less
        ({"low_parts": [("3栋", 0.68)]}, None),
        ({"low_parts": [("3栋", 0.70), ("4栋", 0.10)]}, None),  # the lowest stands first
        ({"low_parts": ()}, None),
        ({"old_fen": 30_000}, "old"),
        ({"old_fen": 29_999}, None),
        ({"channels": [("telegram", Share(100, 200)), ("email", Share(150, 200))]}, "channel"),
        ({"sent": 0, "complaints": 5, "failed": 5}, None),  # nothing was sent: nothing is told about it
        ({"open_fen": 0, "old_fen": 0, "disputed_fen": 0}, None),
        ({"done_tasks": 0, "late_tasks": 0}, None),
        ({"stages": [("soon", Share(60, 100)), ("gentle", Share(30, 100))]}, None),  # half as many are no alarm
        ({"stages": [("soon", Share(60, 100)), ("gentle", Share(29, 100))]}, "weak_stage"),
        ({"stages": [("soon", Share(10, 100)), ("gentle", Share(60, 100))]}, None),  # more, not fewer
        (
            {"stages": [("soon", Share(60, 100)), ("x", Share(0, 5)), ("firm", Share(10, 100))]},
            "weak_stage",  # a stage of a handful is passed over
        ),
        ({"stages": [("soon", Share(60, 100)), ("gentle", Share(55, 100)), ("firm", Share(9, 100))]}, "weak_stage"),
    ],
)
def test_from_where_on_a_figure_is_worth_a_word(changed: dict[str, object], name: str | None) -> None:
    assert names(replace(QUIET, **changed)) == [name or "nothing"]  # type: ignore[arg-type]


def test_each_advice_gives_its_figures_and_the_weightiest_comes_first() -> None:
    month = replace(
        QUIET,
        stages=[("soon", Share(60, 100)), ("gentle", Share(10, 100))],
        hours=[("09", Share(50, 100)), ("19", Share(75, 100))],
        channels=[("telegram", Share(100, 200)), ("email", Share(150, 200))],
        old_fen=40_000,
        disputed_fen=12_500,
        failed=15,
        complaints=10,
        late_tasks=8,
        low_parts=[("3栋", 0.5)],
    )
    assert advise(month) == [
        Advice("complaints", {"complaints": "10", "sent": "500"}),
        Advice("disputes", {"share": "12.5%"}),
        Advice("failed", {"failed": "15", "sent": "500"}),
        Advice("late", {"late": "8", "done": "20"}),
        Advice("low_part", {"name": "3栋", "rate": "50.0%", "all": "82.0%"}),
        Advice("old", {"share": "40.0%"}),
        Advice("hour", {"name": "19", "rate": "75.0%", "range": span(Share(75, 100))}),
        Advice("channel", {"name": "email", "rate": "75.0%", "range": span(Share(150, 200))}),
        Advice("weak_stage", {"name": "gentle", "rate": "10.0%", "range": span(Share(10, 100))}),
    ]


def test_shares_as_people_read_them() -> None:
    assert (percent(0), percent(0.125), percent(1)) == ("0.0%", "12.5%", "100.0%")
    assert span(Share(81, 263)) == "26%–37%"  # Newcombe 1998, table I
    assert span(Share(0, 0)) == "0%–100%"
