"""When a person usually answers: learned from the hours of their own replies; nothing where these say too little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

REPLIES_MIN = 5
SPAN_HOURS = 2  # two hours together
SHARE_MIN = 0.6  # so many of the replies came within them: else there is no habit to speak of


def usual_hour(hours: Sequence[int]) -> int | None:
    """The local hour at which a person's answering time begins, from the hours of their replies; None: too few to tell."""
    if len(hours) < REPLIES_MIN:
        return None
    counts = Counter(hours)
    best = max(range(24), key=lambda hour: (sum(counts[hour + n] for n in range(SPAN_HOURS)), counts[hour], -hour))
    inside = sum(counts[best + n] for n in range(SPAN_HOURS))
    return best if inside >= SHARE_MIN * len(hours) else None
