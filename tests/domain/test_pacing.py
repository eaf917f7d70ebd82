"""The limiter never lets more through than it promises, whatever is asked of it and in whatever order."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pacing import CATCH_UP_SECONDS, PACE, Limits, Pacing, Sent, Window, window, windows

LIMITS = Limits(global_per_second=28, per_chat_per_second=1, group_per_minute=20)
GROUP, HOUSEHOLD = "-100", "7"


def most_in_any(window_seconds: float, times: list[float]) -> int:
    """The fullest window of this length, its end not included."""
    times = sorted(times)
    return max((bisect_left(times, start + window_seconds) - place for place, start in enumerate(times)), default=0)


def drain(pacing: Pacing, chats: list[str], now: float = 0.0) -> list[float]:
    """Sends to each chat in turn, waiting when told to; the platform answers at once. A minus sign is a group's."""
    moments = []
    for chat in chats:
        booked = now = pacing.ready_at(chat, chat.startswith("-"), now)
        pacing.take(chat, booked)
        while (later := pacing.may_start(now)) > now:
            now = later
        pacing.started()
        pacing.answered(chat, booked, now, now)
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
    for chat, pause, answers in sends:
        now += pause
        booked = pacing.ready_at(chat, chat.startswith("-"), now, waits=not answers)
        assert booked >= now
        pacing.take(chat, booked)
        now = booked
        while (later := pacing.may_start(now)) > now:
            now = later
        pacing.started()
        pacing.answered(chat, booked, now, now)
        taken.setdefault(chat, []).append(now)
    everyone = [at for times in taken.values() for at in times]
    whole = window(global_rate, 1.0)
    assert most_in_any(whole.seconds - 1e-9, everyone) <= whole.count
    for chat, times in taken.items():
        for each in windows(chat_rate, 1.0) + (windows(group_rate, 60.0) if chat.startswith("-") else ()):
            assert most_in_any(each.seconds - 1e-9, times) <= each.count


@given(moment=st.floats(0, 100), chat=st.sampled_from(["1", "-1"]))
def test_an_idle_lane_lets_through_at_once(moment: float, chat: str) -> None:
    assert Pacing(LIMITS).ready_at(chat, chat.startswith("-"), moment) == moment


def test_a_broadcast_runs_at_the_allowed_rate() -> None:
    moments = drain(Pacing(LIMITS), [str(number) for number in range(1000)])
    assert most_in_any(1.0 - 1e-9, moments) == 28
    assert moments[-1] == pytest.approx(1000 / 28, abs=0.6)


def test_a_stall_is_made_up_for_but_a_long_rest_is_not() -> None:
    pacing = Pacing(Limits(30, 1, 20))
    drain(pacing, [str(number) for number in range(300)])
    after_stall = drain(pacing, [f"a{number}" for number in range(60)], 10.0)
    assert after_stall[-1] < 10.0 + 60 / 30  # ten seconds are 300 messages at most, and half a second is made up for
    rested = Pacing(Limits(30, 1, 20))
    moments = []
    for number in range(30):
        moments.append(rested.ready_at(str(number), False, 60.0))
        rested.take(str(number), moments[-1])
    assert sum(moment == 60.0 for moment in moments) == int(30 * PACE * CATCH_UP_SECONDS) + 1


def test_an_answer_does_not_queue_behind_what_was_booked_ahead() -> None:
    pacing = Pacing(Limits(30, 1, 20))
    for number in range(40):
        pacing.take(str(number), pacing.ready_at(str(number), False, 0.0))
    assert pacing.ready_at("40", False, 0.0) > 0.5
    assert pacing.ready_at("40", False, 0.0, waits=False) == 0.0


def test_it_says_when_the_pace_lets_the_next_one_out_whatever_chat_it_is_for() -> None:
    pacing = Pacing(LIMITS)
    assert pacing.next_at(5.0) == 5.0
    for chat in range(60):
        pacing.take(str(chat), pacing.ready_at(str(chat), False, 5.0))
    assert pacing.next_at(5.0) == pacing.ready_at("new", False, 5.0) > 6.0
    assert pacing.ready_at("new", False, 5.0, waits=False) == 5.0
    pacing.halt(30.0)
    assert pacing.next_at(5.0) == 30.0


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


@given(
    way=st.floats(0.0005, 0.15),
    delays=st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=40, max_size=160),
    rate=st.sampled_from([5, 30]),
    concurrency=st.integers(1, 12),
)
def test_however_long_the_way_the_platform_never_counts_too_many(
    way: float, delays: list[tuple[float, float]], rate: int, concurrency: int
) -> None:
    """Each way there and back takes as long as it must and some delay of its own; the platform counts what arrives."""
    pacing = Pacing(Limits(rate, 1, 20))
    arrivals: list[float] = []
    open_requests: list[tuple[float, float, float, str]] = []  # answered at, booked, started, chat
    now = 0.0

    def answer_until(moment: float) -> None:
        while open_requests and min(open_requests)[0] <= moment:
            request = min(open_requests)
            open_requests.remove(request)
            answered_at, booked, started, chat = request
            pacing.answered(chat, booked, started, answered_at)

    for number, (delayed_there, delayed_back) in enumerate([(0.0, 0.0), *delays]):
        there, back, chat = way + delayed_there, way + delayed_back, str(number)
        booked = pacing.ready_at(chat, False, now)
        pacing.take(chat, booked)
        now = max(now, booked)
        answer_until(now)
        while len(open_requests) >= concurrency or (later := pacing.may_start(now)) > now:
            now = min(open_requests)[0] if len(open_requests) >= concurrency else later
            answer_until(now)
        pacing.started()
        arrivals.append(now + there)
        open_requests.append((now + there + back, booked, now, chat))
    assert most_in_any(1.0, arrivals) <= rate


def test_a_quick_platform_is_used_to_the_full() -> None:
    pacing, now = Pacing(Limits(30, 1, 20)), 0.0
    for number in range(900):
        chat = str(number)
        booked = pacing.ready_at(chat, False, now)
        pacing.take(chat, booked)
        now = booked
        while (later := pacing.may_start(now)) > now:
            now = later
        pacing.started()
        pacing.answered(chat, booked, now, now + 0.01)
    assert 900 / now >= 0.98 * 30


def test_a_request_without_an_answer_counts_for_as_long_as_it_lasts() -> None:
    pacing = Pacing(Limits(2, 1, 20))
    for chat in ("1", "2"):
        pacing.take(chat, 0.0)
        assert pacing.may_start(0.0) == 0.0
        pacing.started()
    assert pacing.may_start(50.0) > 50.0
    pacing.answered("1", 0.0, 59.0, 60.0)
    assert pacing.may_start(60.0) > 60.0
    assert pacing.may_start(61.5) == 61.5


def test_half_a_message_a_second_is_one_in_two_seconds() -> None:
    assert windows(0.5, 1.0) == (Window(1, 2.0),)
    assert drain(Pacing(Limits(0.5, 1, 20)), ["1", "2", "3"]) == [0.0, 2.0, 4.0]


def test_a_moment_booked_ahead_leaves_room_before_it() -> None:
    pacing = Pacing(LIMITS)
    pacing.take(HOUSEHOLD, 0.0)
    pacing.take(HOUSEHOLD, pacing.ready_at(HOUSEHOLD, False, 0.4))
    assert pacing.ready_at("8", False, 0.4) == 0.4


def test_a_restart_remembers_what_went_out() -> None:
    history = [Sent(GROUP, -float(second)) for second in range(0, 60, 3)] + [Sent(HOUSEHOLD, -0.25)]
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
    pacing = Pacing(LIMITS, [Sent(GROUP, 0.0)] * 20)
    others = drain(pacing, [str(number) for number in range(1200)])
    assert others[-1] > 40
    assert pacing.ready_at(GROUP, True, others[-1]) == 60.0


def test_old_messages_are_forgotten() -> None:
    pacing = Pacing(LIMITS)
    drain(pacing, [str(number) for number in range(10_000)])
    # 28 a second over the two minutes kept, and the few hundred that are dropped together
    assert len(pacing._answered) < 28 * 120 + 600
    assert len(pacing._taken_in) < 28 * 120 + 600


def test_the_windows_of_a_rate() -> None:
    assert windows(20, 60.0) == (Window(20, 60.0), Window(5, 15.0))
    assert windows(2, 1.0) == (Window(2, 1.0), Window(1, 0.5))
    assert windows(1, 1.0) == (Window(1, 1.0),)
    assert windows(1.5, 3.0) == (Window(1, 2.0),)
    assert window(2.5, 1.0) == Window(2, 0.8)
    assert (Limits(28, 1, 20).concurrency, PACE, CATCH_UP_SECONDS) == (8, 0.99, 0.5)


def test_a_private_chat_is_not_held_to_the_pace_of_a_group() -> None:
    pacing = Pacing(LIMITS)
    for second in range(20):
        assert pacing.ready_at(HOUSEHOLD, False, float(second)) == float(second)
        pacing.take(HOUSEHOLD, float(second))
    group = Pacing(LIMITS)
    for second in range(5):
        group.take(GROUP, float(second))
    assert group.ready_at(GROUP, True, 5.0) == 15.0


def test_when_to_ask_again() -> None:
    """All places taken: soon. A place that opens later: then. One that opens at once: not before the short wait."""
    pacing = Pacing(Limits(2, 1, 20))
    pacing.started()
    pacing.started()
    assert pacing.may_start(1.0) == pytest.approx(1.005)
    pacing.answered("1", 0.0, 1.0, 1.0)
    pacing.answered("2", 0.0, 1.0, 1.0)
    assert pacing.may_start(1.2) == 2.0
    assert pacing.may_start(1.999) == pytest.approx(2.004)
    assert pacing.may_start(2.0) == 2.0
    pacing.started()
    assert pacing.may_start(2.0) == 2.0
    pacing.not_started()
    pacing.started()
    assert pacing.may_start(2.0) == 2.0  # the one that was called off takes no place
    pacing.started()
    assert pacing.may_start(9.0) == pytest.approx(9.005)


def test_what_arrived_late_counts_from_when_it_arrived() -> None:
    """In its own chat, too: the next message keeps its distance from the answer, not from the booking."""
    pacing = Pacing(LIMITS)
    pacing.take(HOUSEHOLD, 0.0)
    pacing.take("8", 0.0)
    pacing.started()
    pacing.answered(HOUSEHOLD, 0.0, 0.0, 0.7)
    assert pacing.ready_at(HOUSEHOLD, False, 0.7, waits=False) == 1.7
    assert pacing.ready_at("8", False, 0.7, waits=False) == 1.0
    pacing.started()
    pacing.answered("unknown", 5.0, 5.0, 5.1)  # nothing was booked for it: nothing moves
    pacing.started()
    pacing.answered(HOUSEHOLD, 3.0, 3.0, 3.1)
    assert pacing.ready_at(HOUSEHOLD, False, 0.7, waits=False) == 1.7


def test_an_answer_that_came_before_its_booked_moment_moves_nothing() -> None:
    pacing = Pacing(LIMITS)
    pacing.take(HOUSEHOLD, 2.0)
    pacing.started()
    pacing.answered(HOUSEHOLD, 2.0, 1.0, 1.0)
    assert pacing.ready_at(HOUSEHOLD, False, 2.5, waits=False) == 3.0


def test_after_many_trips_half_the_shortest_is_taken_off() -> None:
    pacing = Pacing(Limits(1, 1, 20))
    for trip in range(9, 108):
        pacing.started()
        pacing.answered("x", 0.0, float(trip), trip + 0.4)
    assert pacing.may_start(107.5) == pytest.approx(108.4)
    pacing.started()
    pacing.answered("x", 0.0, 108.4, 108.8)
    assert pacing.may_start(108.9) == pytest.approx(109.6)


def test_what_went_out_before_a_restart_counts_for_all_chats() -> None:
    pacing = Pacing(Limits(2, 1, 20), [Sent("1", -0.4), Sent("2", -0.2)])
    assert pacing.may_start(0.0) == pytest.approx(0.6)
    assert pacing.may_start(0.6) == pytest.approx(0.6)


def test_a_message_that_still_counts_survives_the_forgetting() -> None:
    """Whatever is dropped after some hundred bookings lies two of the longest windows back."""
    pacing = Pacing(Limits(1000, 1, 20))
    pacing.take(GROUP, 0.0)
    for number in range(600):
        pacing.take(str(number), 120.0)
    assert sorted(pacing._taken_in) == sorted(str(number) for number in range(600))
    near = Pacing(Limits(1000, 1, 20))
    near.take(GROUP, 0.5)
    for number in range(600):
        near.take(str(number), 120.0)
    assert near._taken_in[GROUP] == [0.5]
