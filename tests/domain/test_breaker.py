"""The circuit breaker: when it opens, how long it waits, what closes it."""

from __future__ import annotations

from domain.breaker import FAILURES_IN_A_ROW, LOOK_BACK, PROBE_AFTER_SECONDS, PROBE_AFTER_SECONDS_MAX, Breaker


def opened() -> Breaker:
    breaker = Breaker()
    breaker.failed(0.0, at_once=True)
    return breaker


def test_ten_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_IN_A_ROW - 1):
        breaker.failed(0.0)
    assert breaker.allowance(0.0, 64) == 64
    breaker.failed(0.0)
    assert breaker.allowance(0.0, 64) == 0
    assert breaker.allowance(PROBE_AFTER_SECONDS - 1, 64) == 0
    assert breaker.allowance(PROBE_AFTER_SECONDS, 64) == 1


def test_more_than_half_of_the_last_twenty_open_it() -> None:
    breaker = Breaker()
    for n in range(LOOK_BACK):
        breaker.worked() if n % 2 else breaker.failed(0.0)
    assert not breaker.is_open  # exactly half
    breaker.failed(0.0)
    breaker.failed(0.0)
    assert breaker.is_open


def test_a_failed_probe_doubles_the_wait_up_to_ten_minutes() -> None:
    breaker, now, waits = opened(), 0.0, []
    for _ in range(7):
        assert breaker.probe_at is not None
        waits.append(breaker.probe_at - now)
        now = breaker.probe_at
        breaker.failed(now)
    assert waits == [30, 60, 120, 240, 480, 600, PROBE_AFTER_SECONDS_MAX]


def test_requests_under_way_when_it_opened_make_the_wait_no_longer() -> None:
    breaker = opened()
    for _ in range(8):
        breaker.failed(0.5)
    assert breaker.probe_at == PROBE_AFTER_SECONDS


def test_one_success_closes_it_and_the_past_is_forgotten() -> None:
    breaker = Breaker()
    for _ in range(LOOK_BACK * 2):
        breaker.failed(0.0)
    breaker.worked()
    assert not breaker.is_open
    breaker.failed(1.0)
    assert not breaker.is_open
    breaker.failed(2.0, at_once=True)
    assert breaker.probe_at == 2.0 + PROBE_AFTER_SECONDS


def test_after_how_many_failures_and_how_long_it_waits() -> None:
    assert (FAILURES_IN_A_ROW, LOOK_BACK, PROBE_AFTER_SECONDS, PROBE_AFTER_SECONDS_MAX) == (10, 20, 30, 600)


def test_a_success_breaks_the_row_and_counts_for_the_look_back() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker.failed(0.0)
    breaker.worked()
    for _ in range(9):
        breaker.failed(0.0)
    assert not breaker.is_open  # nine, a success, nine: 18 of 19
    breaker.worked()
    breaker.failed(0.0)
    assert breaker.is_open  # the last twenty hold 18 failures, long before a new row of ten


def test_half_of_the_last_twenty_is_borne_for_ever() -> None:
    breaker = Breaker()
    for _ in range(200):
        breaker.failed(0.0)
        breaker.worked()
        assert not breaker.is_open


def test_ten_failures_after_one_success_are_a_row_of_ten() -> None:
    breaker = Breaker()
    for _ in range(30):
        breaker.worked()
    for n in range(10):
        assert not breaker.is_open, n
        breaker.failed(0.0)
    assert breaker.is_open
