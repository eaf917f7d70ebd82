"""Who may do what: one table, and nobody below may more than those above."""

from __future__ import annotations

from domain.roles import RIGHTS, Right, Role, may


def test_the_table() -> None:
    assert set(RIGHTS) == set(Role)
    assert RIGHTS[Role.AUDITOR] == {Right.READ}
    assert RIGHTS[Role.ADMIN] == set(Right)
    assert RIGHTS[Role.AUDITOR] < RIGHTS[Role.TEACHER] < RIGHTS[Role.COLLECTOR] < RIGHTS[Role.MANAGER]
    assert RIGHTS[Role.MANAGER] < RIGHTS[Role.ADMIN]


def test_money_is_confirmed_by_those_who_handle_it() -> None:
    assert [role for role in Role if may(role, Right.CONFIRM_PAYMENT)] == [Role.ADMIN, Role.MANAGER, Role.COLLECTOR]


def test_staff_and_their_rights_are_managed_by_admins_alone() -> None:
    for right in (Right.MANAGE_STAFF, Right.EXPORT, Right.POLICY):
        assert [role for role in Role if may(role, right)] == [Role.ADMIN]
