"""What the figures allow to say: shares with honest intervals, comparisons that call no winner too early."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Z95 = 1.959964  # 95 of 100 such intervals hold the true share
FEW = 20  # from fewer cases nothing is told
WIDE = 0.35  # an interval wider than this tells nothing either
WINDOWS_DAYS = (3, 7, 14)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    cases: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.cases:
            raise ValueError(f"{self.hits} of {self.cases}")

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.cases + other.cases)

    @property
    def rate(self) -> float:
        """0–1; 0 of no case at all."""
        return self.hits / self.cases if self.cases else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.cases)

    @property
    def too_few(self) -> bool:
        """Whether nothing should be told: hardly any cases, or an interval that holds nearly everything."""
        low, high = self.interval
        return self.cases < FEW or high - low > WIDE


NOTHING = Share(0, 0)


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson (1927): right for small numbers and near 0 and 1, where ±√ is not."""
    if cases == 0:
        return 0.0, 1.0
    rate, spread = hits / cases, Z95 * Z95 / cases
    middle = rate + spread / 2
    half = Z95 * math.sqrt(rate * (1 - rate) / cases + spread / (4 * cases))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def difference(one: Share, other: Share) -> tuple[float, float]:
    """The 95 % interval of `one` − `other`, from their Wilson intervals (Newcombe 1998, method 10)."""
    (low_one, high_one), (low_other, high_other) = one.interval, other.interval
    apart = one.rate - other.rate
    below = math.hypot(one.rate - low_one, high_other - other.rate)
    above = math.hypot(high_one - one.rate, other.rate - low_other)
    return max(-1.0, apart - below), min(1.0, apart + above)


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    NO_DIFFERENCE = "no_difference"  # none that these cases can show
    FIRST = "first"
    SECOND = "second"


def compare(one: Share, other: Share) -> Verdict:
    """Which of two does better; neither while the interval of their difference holds zero."""
    if one.too_few or other.too_few:
        return Verdict.TOO_FEW
    low, high = difference(one, other)
    if low > 0:
        return Verdict.FIRST
    return Verdict.SECOND if high < 0 else Verdict.NO_DIFFERENCE


def best(shares: Sequence[tuple[str, Share]]) -> str | None:
    """The one that does better than all the rest together, or None. As many looks as names: the interval is widened for them."""
    told = [(name, share) for name, share in shares if not share.too_few]
    if len(told) < 2:
        return None
    name, share = max(told, key=lambda each: each[1].rate)
    rest = sum((other for other_name, other in told if other_name != name), NOTHING)
    low, _ = difference(share, rest)
    slack = (share.interval[1] - share.interval[0]) / 2 * (len(told) - 2) ** 0.5 * 0.25
    return name if low - slack > 0 else None


def arm(trial: str, account_code: str) -> int:
    """0 or 1: which of two wordings a household gets, always the same one, half of them each."""
    return hashlib.blake2b(f"{trial}/{account_code}".encode(), digest_size=8).digest()[0] & 1


@dataclass(frozen=True)
class Trial:
    """Two wordings of one message: half of the households get `other`. Nobody gets none."""

    template: str = ""
    other: str = ""

    def words_for(self, template: str, account_code: str) -> str:
        """The wording that a household gets."""
        return self.other if template and template == self.template and arm(template, account_code) else template
