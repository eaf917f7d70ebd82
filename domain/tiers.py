"""A family's renewal tier (意向): A loyal, B likely, C open, D leaving. It moves by evidence, never by guess."""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    LOYAL = "A"
    LIKELY = "B"
    OPEN = "C"
    LEAVING = "D"


ORDER = tuple(Tier)
UNKNOWN = Tier.OPEN  # of a family that nobody has placed yet: a person talks to it


class Evidence(StrEnum):
    """What was heard or seen; the codes of the history."""

    SAID_YES = "said_yes"
    SAID_NO = "said_no"
    CONSIDERING = "considering"
    RESERVED = "reserved"
    ACKNOWLEDGED = "acknowledged"
    CALL_WARM = "call_warm"  # a call that ended well
    CALL_COOL = "call_cool"
    CHILD_WANTS = "child_wants"
    CHILD_UNSURE = "child_unsure"
    CHILD_AGAINST = "child_against"
    LESSONS_UNUSED = "lessons_unused"  # more than half of the course is left when the next one opens
    LESSONS_USED = "lessons_used"  # nearly all of it was attended
    LEFT = "left"
    TAKEN_BACK = "taken_back"  # an answer was: the tier is what it was before
    STAFF = "staff"  # a colleague placed it by hand
    IMPORT = "import"


# Where an answer places a family, whatever its tier was.
PLACES = {
    Evidence.SAID_YES: Tier.LOYAL,
    Evidence.CONSIDERING: Tier.OPEN,
    Evidence.SAID_NO: Tier.LEAVING,
    Evidence.LEFT: Tier.LEAVING,
}
# A hint moves one step up (True) or down, as far as the tier it names.
HINTS = {
    Evidence.CALL_WARM: (True, Tier.LOYAL),
    Evidence.CHILD_WANTS: (True, Tier.LOYAL),
    Evidence.RESERVED: (True, Tier.LIKELY),
    Evidence.ACKNOWLEDGED: (True, Tier.LIKELY),
    Evidence.LESSONS_USED: (True, Tier.LIKELY),
    Evidence.CHILD_UNSURE: (False, Tier.LIKELY),
    Evidence.CALL_COOL: (False, Tier.OPEN),
    Evidence.CHILD_AGAINST: (False, Tier.OPEN),
    Evidence.LESSONS_UNUSED: (False, Tier.OPEN),
}


def read_tier(stored: str) -> Tier | None:
    return Tier(stored) if stored in set(Tier) else None


def tier_after(before: str, evidence: Evidence) -> Tier:
    """The tier after one more piece of evidence: an answer places it, a hint moves it a step.

    No hint brings back a family that said no, and none alone makes one that leaves.
    """
    now = read_tier(before) or UNKNOWN
    if evidence in PLACES:
        return PLACES[evidence]
    if evidence not in HINTS or now is Tier.LEAVING:
        return now
    up, limit = HINTS[evidence]
    place, end = ORDER.index(now), ORDER.index(limit)
    return ORDER[min(place, max(place - 1, end)) if up else max(place, min(place + 1, end))]


# What a call's outcome says of a family's wish; the others say nothing.
BY_OUTCOME = {"promised": Evidence.CALL_WARM, "solved": Evidence.CALL_WARM, "declined": Evidence.CALL_COOL}
BY_WISH = {
    "wants": Evidence.CHILD_WANTS,
    "unsure": Evidence.CHILD_UNSURE,
    "against": Evidence.CHILD_AGAINST,
}
