"""How fast a channel account may write: over all chats, in each chat, and in each group. Pure; time is passed in.

A moment is booked first, so that a round of claims knows its pace: an even pace over all chats, windows in each chat. What
counts in the end is when the platform took a message in, which nobody here sees: some time between our request and its
answer. `may_start` and `answered` count it at the latest moment it can have been, so that no delay on the way ever makes
two windows one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

CATCH_UP_SECONDS = 0.5  # of the even pace may be made up for after a stall, or used at once after a rest
PACE = 0.99  # of the limit: a little slower than the limit itself, so that messages stay evenly spread
MANY_TRIPS = 100  # the first ones open connections and say little about the shortest
SHORT_WAIT_SECONDS = 0.005  # before asking again whether a request may start


@dataclass(frozen=True)
class Limits:
    """What a platform allows one account. `concurrency` is the number of requests under way at once."""

    global_per_second: float
    per_chat_per_second: float
    group_per_minute: float
    concurrency: int = 8


@dataclass(frozen=True)
class Window:
    """At most `count` messages in any `seconds`."""

    count: int
    seconds: float


def windows(count: float, seconds: float) -> tuple[Window, ...]:
    """The windows that keep a rate of `count` in `seconds` in one chat: the whole one, and a quarter of it.

    A burst of the whole allowance would leave nothing for an answer until the window is over; a quarter leaves room. A
    rate below one (half a message a second) becomes one message in a longer time.
    """
    whole = window(count, seconds)
    if whole.count == 1:
        return (whole,)
    quarter = max(1, whole.count // 4)
    return whole, Window(quarter, seconds * quarter / count)


def window(count: float, seconds: float) -> Window:
    """At most `count` in `seconds`, in whole messages."""
    return Window(int(count), seconds * int(count) / count) if count >= 1 else Window(1, seconds / count)


@dataclass(frozen=True)
class Sent:
    """A message that went out. `at` in seconds on the clock that all calls share."""

    chat: str
    at: float


class Pacing:
    """The limiter of one lane. `ready_at`, then `take` that moment; at it ask `may_start`, then say `started` and `answered`.

    Moments may be taken ahead and in any order. All times are seconds on one clock that never jumps
    (domain.clock.monotonic). `history` is what went out lately, so that a restart doesn't begin with a burst.
    """

    def __init__(self, limits: Limits, history: Iterable[Sent] = ()) -> None:
        self._everyone = window(limits.global_per_second, 1.0)
        self._step = 1 / (PACE * limits.global_per_second)
        self._chat = windows(limits.per_chat_per_second, 1.0)
        self._group = self._chat + windows(limits.group_per_minute, 60.0)
        self._longest = max(window.seconds for window in self._group)
        self._next = float("-inf")  # when the next message is due at an even pace
        self._taken_in: dict[str, list[float]] = {}
        self._taken = 0
        self._under_way = 0
        self._answered: list[float] = []
        self._trips = 0
        self._shortest_trip = float("inf")
        self._halted_until = float("-inf")
        for sent in sorted(history, key=lambda sent: sent.at):
            self.take(sent.chat, sent.at)
            self._answered.append(sent.at)

    def ready_at(self, chat: str, is_group: bool, now: float, *, waits: bool = True) -> float:
        """The first moment, `now` or later, for a message to this chat.

        What has `waits=False` (an answer to somebody) doesn't queue behind the even pace of the others; `may_start` still
        keeps the limit.
        """
        self._next = max(self._next, now)  # what was not used is over, but for the catching up
        moment = self.next_at(now) if waits else max(now, self._halted_until)
        in_chat = self._taken_in.get(chat, [])
        while True:
            later = moment
            for each in self._group if is_group else self._chat:
                later = _free(in_chat, each, later)
            if later == moment:
                return moment
            moment = later

    def next_at(self, now: float) -> float:
        """The first moment, `now` or later, at which the even pace over all chats lets anything out but an answer."""
        return max(now, self._halted_until, self._next - CATCH_UP_SECONDS)

    def take(self, chat: str, at: float) -> None:
        """Book a moment that `ready_at` gave: from now on it counts."""
        self._next += self._step
        insort(self._taken_in.setdefault(chat, []), at)
        self._forget(at - 2 * self._longest)  # twice: another moment may still be asked for that lies before this one

    def may_start(self, now: float) -> float:
        """`now` when a request may start, else when to ask again.

        A request without an answer may be counted by the platform at any moment from now on. Within one chat there is
        never a second one, so only the limit over all chats needs this look.
        """
        free = self._everyone.count - self._under_way
        if free <= 0:
            return now + SHORT_WAIT_SECONDS
        if len(self._answered) < free or (opens_at := self._answered[-free] + self._everyone.seconds) <= now:
            return now
        return max(opens_at, now + SHORT_WAIT_SECONDS)

    def started(self) -> None:
        """A request begins."""
        self._under_way += 1

    def not_started(self) -> None:
        """It was called off in the last moment."""
        self._under_way -= 1

    def answered(self, chat: str, booked: float, started: float, now: float) -> None:
        """Its answer is here, or will never come. From now on it counts at the latest moment it can have arrived.

        The way there of one request and the way back of another take at least half the shortest of many trips.
        """
        self._under_way -= 1
        self._trips += 1
        self._shortest_trip = min(self._shortest_trip, now - started)
        arrived = now - self._shortest_trip / 2 if self._trips >= MANY_TRIPS else now
        insort(self._answered, arrived)
        times = self._taken_in.get(chat, [])
        place = bisect_left(times, booked)
        if place < len(times) and times[place] == booked and arrived > booked:
            del times[place]
            insort(times, arrived)

    def halt(self, until: float) -> None:
        """Nothing goes out before `until`: the platform asked for a pause. A later end than this one stays."""
        self._halted_until = max(self._halted_until, until)

    def _forget(self, before: float) -> None:
        """Drop what no window reaches any more, a few hundred at a time so that each call stays cheap."""
        self._taken += 1
        if self._taken < 500:
            return
        self._taken = 0
        del self._answered[: bisect_right(self._answered, before)]
        self._taken_in = {chat: times for chat, times in self._taken_in.items() if times[-1] > before}
        for times in self._taken_in.values():
            del times[: bisect_right(times, before)]


def _free(taken: list[float], window: Window, moment: float) -> float:
    """The first moment, `moment` or later, that fits between the sorted `taken` without overfilling the window."""
    place = bisect_right(taken, moment)
    first = max(0, place - window.count)
    while first <= place and first + window.count <= len(taken):
        # These `count` and the new one must not all lie within less than `seconds`.
        earliest, latest = taken[first], taken[first + window.count - 1]
        if max(latest, moment) < min(earliest, moment) + window.seconds:
            moment = earliest + window.seconds
            place = bisect_right(taken, moment)
        first += 1
    return moment
