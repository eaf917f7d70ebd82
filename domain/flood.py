"""How many messages of one person are answered: so many a minute, then one word about it, then silence. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from enum import Enum, auto

PER_MINUTE = 20
URGENT_PER_MINUTE = 40  # a word such as "stop" is heard in the middle of a flood, too
MINUTE = timedelta(minutes=1)
TOLD_AGAIN_AFTER = timedelta(minutes=10)
SENDERS_MAX = 10_000  # remembered at a time; whoever was quiet for longest is forgotten first


class Flow(Enum):
    ANSWER = auto()
    TELL = auto()  # too many: say so, once
    DROP = auto()


class Flood:
    """Counts the messages of each sender."""

    def __init__(self) -> None:
        self._lately: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._told: dict[str, datetime] = {}

    def take(self, sender: str, at: datetime, *, urgent: bool = False) -> Flow:
        """What becomes of a message that came at this moment."""
        lately = self._lately.pop(sender, None) or deque(maxlen=URGENT_PER_MINUTE + 1)
        lately.append(at)
        self._lately[sender] = lately
        if len(self._lately) > SENDERS_MAX:
            forgotten, _ = self._lately.popitem(last=False)
            self._told.pop(forgotten, None)
        number = sum(at - each < MINUTE for each in lately)
        if number <= (URGENT_PER_MINUTE if urgent else PER_MINUTE):
            return Flow.ANSWER
        told_at = self._told.get(sender)
        if told_at is not None and at - told_at < TOLD_AGAIN_AFTER:
            return Flow.DROP
        self._told[sender] = at
        return Flow.TELL
