"""Messages that go out by a colleague's tap: what became of each chat, when to remind, when to look, how it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.confirmations import (
    LIFE,
    Created,
    Fate,
    Result,
    Stage,
    ended,
    fate_of,
    look_at,
    reminders_due,
    with_links,
)

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_words_that_are_stored_stay() -> None:
    assert {stage.value for stage in Stage} == set("creating waiting partly sent expired cancelled lost".split())
    assert {fate.value for fate in Fate} == {"waiting", "sent", "left", "full"}
    assert timedelta(days=3) == LIFE
    assert Created("1").refused == ()


@pytest.mark.parametrize(
    ("fates", "fate"),
    [
        ([], Fate.WAITING),
        ([Fate.WAITING], Fate.WAITING),
        ([Fate.LEFT, Fate.SENT, Fate.WAITING], Fate.SENT),  # one colleague is enough
        ([Fate.LEFT, Fate.WAITING, Fate.FULL], Fate.WAITING),  # another one still can
        ([Fate.LEFT, Fate.FULL], Fate.FULL),
        ([Fate.LEFT, Fate.LEFT], Fate.LEFT),
    ],
)
def test_what_became_of_one_chat(fates: list[Fate], fate: Fate) -> None:
    results = [
        Result("other", "li", Fate.SENT, NOW),
        *(Result("c", f"colleague {n}", each) for n, each in enumerate(fates)),
    ]
    assert fate_of(results, "c") == (fate, None)


def test_when_it_went_out_is_told() -> None:
    assert fate_of([Result("c", "li", Fate.LEFT), Result("c", "wu", Fate.SENT, NOW)], "c") == (Fate.SENT, NOW)


@pytest.mark.parametrize(
    ("minutes", "times"),
    [
        (0, 0),
        (29, 0),
        (30, 1),
        (239, 1),
        (240, 2),
        (24 * 60 - 1, 2),
        (24 * 60, 3),
        (28 * 60 - 1, 3),
        (28 * 60, 4),
        (9999, 4),
    ],
)
def test_how_often_the_colleague_was_to_be_reminded(minutes: int, times: int) -> None:
    assert reminders_due(NOW, NOW + timedelta(minutes=minutes)) == times


@pytest.mark.parametrize(
    ("age_minutes", "seconds_ago", "looks"),
    [
        (5, None, True),
        (5, 54, False),
        (5, 55, True),  # a tick a few seconds early is on time
        (59, 55, True),
        (60, 55, False),  # an hour old: every ten minutes
        (60, 594, False),
        (60, 595, True),
        (90, None, True),
    ],
)
def test_when_the_platform_is_asked_again(age_minutes: int, seconds_ago: int | None, looks: bool) -> None:
    checked = None if seconds_ago is None else NOW - timedelta(seconds=seconds_ago)
    assert look_at(NOW - timedelta(minutes=age_minutes), checked, NOW) is looks


@pytest.mark.parametrize(
    ("sent", "waiting", "stage"),
    [(3, 0, Stage.SENT), (1, 2, Stage.PARTLY), (1, 0, Stage.PARTLY), (0, 3, Stage.WAITING), (0, 0, Stage.EXPIRED)],
)
def test_where_a_task_stands(sent: int, waiting: int, stage: Stage) -> None:
    assert ended(sent, waiting, 3) is stage


def test_links_stand_below_the_words() -> None:
    assert with_links("您好", [("账单", "https://a.example"), ("缴费", "https://b.example")]) == (
        "您好\n账单: https://a.example\n缴费: https://b.example"
    )
    assert with_links("您好", []) == "您好"
