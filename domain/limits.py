"""What a role may decide about money by itself (R9): sums in one table, and who may decide above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.roles import RIGHTS, Right, Role


class Act(StrEnum):
    """A decision about money."""

    WAIVE = "waive"  # let a late fee or a part of a bill go
    DISCOUNT = "discount"
    PLAN = "plan"  # approve an instalment plan of this sum
    CORRECT = "correct"  # a bill by a reversal


NO_LIMIT = -1
DECIDING = (Role.TEACHER, Role.COLLECTOR, Role.MANAGER, Role.ADMIN)  # from the smallest hands to the largest
# Fen. The plan limit of a collector is the policy's own (`plan_staff_limit_fen`) unless the office sets one here.
DEFAULT: Mapping[Role, Mapping[Act, int]] = {
    Role.TEACHER: {Act.WAIVE: 0, Act.DISCOUNT: 0, Act.PLAN: NO_LIMIT, Act.CORRECT: 0},
    Role.COLLECTOR: {Act.WAIVE: 0, Act.DISCOUNT: 0, Act.PLAN: NO_LIMIT, Act.CORRECT: 0},
    Role.MANAGER: dict.fromkeys(Act, NO_LIMIT),
    Role.ADMIN: dict.fromkeys(Act, NO_LIMIT),
}


@dataclass(frozen=True)
class Limits:
    """`own`: what the office has set, by role and act, in fen."""

    own: Mapping[Role, Mapping[Act, int]] = field(default_factory=dict)

    def fen(self, role: Role, act: Act) -> int:
        """The largest sum; NO_LIMIT for any."""
        if not RIGHTS[role] & {Right.TASKS, Right.APPROVE}:
            return 0
        return self.own.get(role, {}).get(act, DEFAULT[role][act])

    def allows(self, role: Role, act: Act, fen: int) -> bool:
        most = self.fen(role, act)
        return most == NO_LIMIT or fen <= most

    def who_may(self, act: Act, fen: int) -> tuple[Role, ...]:
        """The roles that may decide this sum, the nearest first."""
        return tuple(role for role in DECIDING if self.allows(role, act, fen))
