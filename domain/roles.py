"""Who may do what: staff roles and their rights in one table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    MANAGER = "manager"
    COLLECTOR = "collector"
    TEACHER = "teacher"
    AUDITOR = "auditor"


class Member(StrEnum):
    """What someone is to a household."""

    OWNER = "owner"
    FAMILY = "family"
    TENANT = "tenant"


class Right(StrEnum):
    READ = "read"  # status and accounts
    TASKS = "tasks"  # work the queue, reply, take a chat over
    CONFIRM_PAYMENT = "confirm_payment"
    BROADCAST = "broadcast"
    BROADCAST_WIDE = "broadcast_wide"  # above the limit, or to other communities
    APPROVE = "approve"
    PAUSE = "pause"
    PREVIEW = "preview"
    MANAGE_STAFF = "manage_staff"
    EXPORT = "export"
    POLICY = "policy"


_DESK = frozenset({Right.READ, Right.TASKS, Right.CONFIRM_PAYMENT, Right.BROADCAST})
_MANAGE = _DESK | {Right.APPROVE, Right.PAUSE, Right.PREVIEW, Right.BROADCAST_WIDE}
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AUDITOR: frozenset({Right.READ}),
    Role.TEACHER: _DESK - {Right.CONFIRM_PAYMENT},
    Role.COLLECTOR: _DESK,
    Role.MANAGER: _MANAGE,
    Role.ADMIN: _MANAGE | {Right.MANAGE_STAFF, Right.EXPORT, Right.POLICY},
}


def may(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]
