"""How fast a bot may write, as far as published: 30/s over all, 1/s in a private chat, 20/min in a group."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Limits:
    """Sliding windows over accepted messages and edits. Off unless `enabled`.

    `blocks_every_method`: after a 429 the platform refuses all methods of the bot until retry_after has passed.
    `clock` gives seconds; a test may put its own in its place.
    """

    enabled: bool = False
    per_second_overall: int = 30
    private_burst: int = 3
    private_window_seconds: float = 3.0
    per_minute_in_group: int = 20
    blocks_every_method: bool = True
    too_many_requests: int = 0
    clock: Callable[[], float] = time.monotonic
    _blocked_until: float = 0.0
    _overall: deque[float] = field(default_factory=deque)
    _chats: defaultdict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def seconds_blocked(self) -> int:
        """Whole seconds until any method is accepted again; 0 = now."""
        return max(0, math.ceil(self._blocked_until - self.clock())) if self._blocked_until else 0

    def seconds_to_wait(self, chat: int) -> int:
        """Whole seconds until one more message to this chat is allowed; 0 = now."""
        if not self.enabled:
            return 0
        now = self.clock()
        wait = _wait(self._overall, now, self.per_second_overall, 1.0)
        if chat > 0:
            wait = max(wait, _wait(self._chats[chat], now, self.private_burst, self.private_window_seconds))
        else:
            wait = max(wait, _wait(self._chats[chat], now, self.per_minute_in_group, 60.0))
        return math.ceil(wait)

    def count(self, chat: int) -> None:
        """One message or edit went through."""
        if self.enabled:
            now = self.clock()
            self._overall.append(now)
            self._chats[chat].append(now)

    def refuse(self, seconds: int) -> None:
        """A 429 was answered."""
        self.too_many_requests += 1
        if self.blocks_every_method:
            self._blocked_until = max(self._blocked_until, self.clock() + seconds)


def _wait(window: deque[float], now: float, allowed: int, window_seconds: float) -> float:
    while window and window[0] <= now - window_seconds:
        window.popleft()
    return window[len(window) - allowed] + window_seconds - now if len(window) >= allowed else 0.0
