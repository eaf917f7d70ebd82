"""A flood of messages: twenty a minute are answered, then one word, then silence; a stop is heard all the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.flood import SENDERS_MAX, Flood, Flow

START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_twenty_a_minute_are_answered_the_next_is_told_and_the_rest_is_dropped() -> None:
    flood = Flood()
    said = [flood.take("wang", at(n)) for n in range(40)]
    assert said == [Flow.ANSWER] * 20 + [Flow.TELL] + [Flow.DROP] * 19


def test_a_quiet_minute_is_answered_again_and_not_told_again_for_ten() -> None:
    flood = Flood()
    for n in range(30):
        flood.take("wang", at(n))
    again = [flood.take("wang", at(90 + n / 10)) for n in range(22)]
    assert again == [Flow.ANSWER] * 20 + [Flow.DROP] * 2
    later = [flood.take("wang", at(20 + 600 + n / 10)) for n in range(22)]
    assert later == [Flow.ANSWER] * 20 + [Flow.TELL, Flow.DROP]


@pytest.mark.parametrize(("gap_seconds", "flows"), [(3.0, {Flow.ANSWER}), (2.9, {Flow.ANSWER, Flow.TELL, Flow.DROP})])
def test_one_every_three_seconds_is_just_bearable(gap_seconds: float, flows: set[Flow]) -> None:
    flood = Flood()
    assert {flood.take("wang", at(n * gap_seconds)) for n in range(100)} == flows


def test_everybody_is_counted_alone() -> None:
    flood = Flood()
    assert {flood.take(f"resident {n}", START) for n in range(500)} == {Flow.ANSWER}


def test_an_urgent_word_is_heard_in_a_flood_up_to_forty_a_minute() -> None:
    flood = Flood()
    for n in range(39):
        flood.take("wang", at(n / 10))
    assert flood.take("wang", at(4), urgent=True) is Flow.ANSWER
    assert flood.take("wang", at(4.1), urgent=True) is Flow.DROP
    assert flood.take("wang", at(4.2)) is Flow.DROP


def test_who_was_quiet_for_longest_is_forgotten_first() -> None:
    flood = Flood()
    for n in range(22):
        flood.take("loud", at(n / 10))
    for n in range(SENDERS_MAX - 1):
        flood.take(f"resident {n}", at(3))
    assert flood.take("loud", at(4)) is Flow.DROP  # as many as can be remembered
    for n in range(SENDERS_MAX - 1):
        flood.take(f"visitor {n}", at(5))
    assert flood.take("loud", at(6)) is Flow.DROP
    for n in range(SENDERS_MAX):
        flood.take(f"stranger {n}", at(7))
    assert [flood.take("loud", at(8)) for _ in range(21)] == [Flow.ANSWER] * 20 + [Flow.TELL]
