"""The limiter never lets more through than it promises, whatever is asked of it and in whatever order."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pacing import Limits, Pacing, Sent, Window, windows

LIMITS = Limits(global_per_second=28, per_chat_per_second=1, group_per_minute=20)
GROUP, HOUSEHOLD = "-100", "7"


def most_in_any(window_seconds: float, times: list[float]) -> int:
    """The fullest window of this length, its end not included."""
    times = sorted(times)
    return max((bisect_left(times, start + window_seconds) - place for place, start in enumerate(times)), default=0)


def drain(pacing: Pacing, chats: list[str], now: float = 0.0) -> list[float]:
    """Sends to each chat in turn, waiting when told to; chats with a minus sign are groups."""
    moments = []
    for chat in chats:
        now = pacing.ready_at(chat, chat.startswith("-"), now)
        pacing.take(chat, chat.startswith("-"), now)
        moments.append(now)
    return moments


@given(
    global_rate=st.floats(0.2, 40),
    chat_rate=st.floats(0.2, 5),
    group_rate=st.floats(0.5, 60),
    sends=st.lists(
        st.tuples(st.sampled_from(["1", "2", "3", "-1", "-2"]), st.floats(0, 5), st.booleans()), min_size=1, max_size=80
    ),
)
def test_never_more_than_allowed_in_any_window(
    global_rate: float, chat_rate: float, group_rate: float, sends: list[tuple[str, float, bool]]
) -> None:
    pacing = Pacing(Limits(global_rate, chat_rate, group_rate))
    taken: dict[str, list[float]] = {}
    now = 0.0
    for chat, pause, ahead in sends:
        now += pause
        at = pacing.ready_at(chat, chat.startswith("-"), now)
        assert at >= now
        pacing.take(chat, chat.startswith("-"), at)
        taken.setdefault(chat, []).append(at)
        if not ahead:  # the lane waits; otherwise it books that moment and asks for another chat meanwhile
            now = at
    everyone = [at for times in taken.values() for at in times]
    for window in windows(global_rate, 1.0):
        assert most_in_any(window.seconds, everyone) <= window.count
    for chat, times in taken.items():
        for window in windows(chat_rate, 1.0) + (windows(group_rate, 60.0) if chat.startswith("-") else ()):
            assert most_in_any(window.seconds, times) <= window.count


@given(moment=st.floats(0, 100), chat=st.sampled_from(["1", "-1"]))
def test_an_idle_lane_lets_through_at_once(moment: float, chat: str) -> None:
    assert Pacing(LIMITS).ready_at(chat, chat.startswith("-"), moment) == moment


def test_a_broadcast_runs_at_the_allowed_rate() -> None:
    moments = drain(Pacing(LIMITS), [str(number) for number in range(1000)])
    assert most_in_any(1.0, moments) == 28
    assert moments[-1] == pytest.approx(1000 / 28, abs=0.5)


def test_one_chat_gets_one_message_a_second() -> None:
    assert drain(Pacing(LIMITS), [HOUSEHOLD] * 3) == [0.0, 1.0, 2.0]


def test_one_group_gets_twenty_a_minute_and_never_all_at_once() -> None:
    moments = drain(Pacing(LIMITS), [GROUP] * 41)
    assert most_in_any(60.0, moments) == 20
    assert most_in_any(15.0, moments) == 5
    assert moments[40] == 120.0


def test_a_busy_group_holds_nobody_else_up() -> None:
    pacing = Pacing(LIMITS)
    drain(pacing, [GROUP] * 20)
    assert pacing.ready_at(HOUSEHOLD, False, 50.0) == 50.0


def test_half_a_message_a_second_is_one_in_two_seconds() -> None:
    assert windows(0.5, 1.0) == (Window(1, 2.0),)
    assert drain(Pacing(Limits(0.5, 1, 20)), ["1", "2", "3"]) == [0.0, 2.0, 4.0]


def test_a_moment_booked_ahead_leaves_room_before_it() -> None:
    pacing = Pacing(LIMITS)
    pacing.take(HOUSEHOLD, False, 0.0)
    pacing.take(HOUSEHOLD, False, pacing.ready_at(HOUSEHOLD, False, 0.4))
    assert pacing.ready_at("8", False, 0.4) == 0.4


def test_a_restart_remembers_what_went_out() -> None:
    history = [Sent(GROUP, True, -float(second)) for second in range(0, 60, 3)] + [Sent(HOUSEHOLD, False, -0.25)]
    pacing = Pacing(LIMITS, history)
    assert pacing.ready_at(GROUP, True, 0.0) == 3.0
    assert pacing.ready_at(HOUSEHOLD, False, 0.0) == 0.75


def test_a_halt_stops_every_chat_and_is_never_shortened() -> None:
    pacing = Pacing(LIMITS)
    pacing.halt(30.0)
    pacing.halt(10.0)
    assert pacing.ready_at(HOUSEHOLD, False, 0.0) == 30.0
    assert pacing.ready_at(GROUP, True, 31.0) == 31.0


def test_a_busy_lane_forgets_no_message_that_still_counts() -> None:
    pacing = Pacing(LIMITS, [Sent(GROUP, True, 0.0)] * 20)
    others = drain(pacing, [str(number) for number in range(1200)])
    assert others[-1] > 40
    assert pacing.ready_at(GROUP, True, others[-1]) == 60.0


def test_old_messages_are_forgotten() -> None:
    pacing = Pacing(LIMITS)
    drain(pacing, [str(number) for number in range(10_000)])
    # 28 a second over the two minutes kept, and the few hundred that are dropped together
    assert len(pacing._taken) < 28 * 120 + 600
    assert len(pacing._taken_in) < 28 * 120 + 600
