"""How fast a channel account may write: windows over all chats, each chat, and each group. Pure; time is passed in.

A moment is booked first, so that a round of claims knows its pace. What counts in the end is when the platform took
the message in, which nobody here sees: some time between our request and its answer. `may_start` and `answered`
count it at the latest moment it can have been, so that no delay on the way ever makes two windows one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

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
    """The windows that keep a rate of `count` in `seconds`: the whole one, and a quarter of it.

    A burst of the whole allowance would break the platform's limit as soon as the network delays half of it; a quarter
    leaves room. A rate below one (half a message a second) becomes one message in a longer time.
    """
    if count < 1:
        return (Window(1, seconds / count),)
    whole = int(count)
    return Window(whole, seconds * whole / count), Window(max(1, whole // 4), seconds * max(1, whole // 4) / count)


@dataclass(frozen=True)
class Sent:
    """A message that went out. `at` in seconds on the clock that all calls share."""

    chat: str
    is_group: bool
    at: float


class Pacing:
    """The limiter of one lane. `ready_at`, then `take` that moment; at it ask `may_start`, then say `started` and `answered`.

    Moments may be taken ahead and in any order. All times are seconds on one clock that never jumps
    (domain.clock.monotonic). `history` is what went out lately, so that a restart doesn't begin with a burst.
    """

    def __init__(self, limits: Limits, history: Iterable[Sent] = ()) -> None:
        self._everyone = windows(limits.global_per_second, 1.0)
        self._chat = windows(limits.per_chat_per_second, 1.0)
        self._group = self._chat + windows(limits.group_per_minute, 60.0)
        self._longest = max(window.seconds for window in self._everyone + self._group)
        self._taken: list[float] = []
        self._taken_in: dict[str, list[float]] = {}
        self._under_way = 0
        self._answered: list[float] = []
        self._shortest_trip = float("inf")
        self._halted_until = float("-inf")
        for sent in history:
            self.take(sent.chat, sent.is_group, sent.at)
            insort(self._answered, sent.at)

    def ready_at(self, chat: str, is_group: bool, now: float) -> float:
        """The first moment, `now` or later, at which a message to this chat breaks no limit."""
        moment = max(now, self._halted_until)
        in_chat = self._taken_in.get(chat, [])
        while True:
            later = moment
            for window in self._everyone:
                later = _free(self._taken, window, later)
            for window in self._group if is_group else self._chat:
                later = _free(in_chat, window, later)
            if later == moment:
                return moment
            moment = later

    def take(self, chat: str, is_group: bool, at: float) -> None:
        """Book a moment that `ready_at` gave: from now on it counts."""
        insort(self._taken, at)
        insort(self._taken_in.setdefault(chat, []), at)
        self._forget(at - 2 * self._longest)  # twice: another moment may still be asked for that lies before this one

    def may_start(self, now: float) -> float:
        """`now` when a request may start, else when to ask again.

        A request without an answer may be counted by the platform at any moment from now on. Within one chat there is
        never a second one, so only the limit over all chats needs this look.
        """
        window = self._everyone[0]
        free = window.count - self._under_way
        if free <= 0:
            return now + SHORT_WAIT_SECONDS
        if len(self._answered) < free or (opens_at := self._answered[-free] + window.seconds) <= now:
            return now
        return max(opens_at, now + SHORT_WAIT_SECONDS)

    def started(self) -> None:
        """A request begins."""
        self._under_way += 1

    def answered(self, chat: str, booked: float, started: float, now: float) -> None:
        """Its answer is here, or will never come. From now on it counts at the latest moment it can have arrived.

        The way there of one request and the way back of another take at least half the shortest trip ever seen.
        """
        self._under_way -= 1
        self._shortest_trip = min(self._shortest_trip, now - started)
        arrived = now - self._shortest_trip / 2
        insort(self._answered, arrived)
        for times in (self._taken, self._taken_in.get(chat, [])):
            place = bisect_left(times, booked)
            if place < len(times) and times[place] == booked and arrived > booked:
                del times[place]
                insort(times, arrived)

    def halt(self, until: float) -> None:
        """Nothing goes out before `until`: the platform asked for a pause. A later end than this one stays."""
        self._halted_until = max(self._halted_until, until)

    def _forget(self, before: float) -> None:
        """Drop what no window reaches any more, a few hundred at a time so that each call stays cheap."""
        old = bisect_right(self._taken, before)
        if old < 500:
            return
        del self._taken[:old]
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
