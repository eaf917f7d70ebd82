"""What a role may decide about money: the office's own sums, else the built-in ones; and who may above them."""

from __future__ import annotations

import pytest

from domain.limits import NO_LIMIT, Act, Limits
from domain.roles import Role


@pytest.mark.parametrize("act", Act)
def test_an_auditor_decides_nothing_and_a_manager_anything(act: Act) -> None:
    limits = Limits()
    assert not limits.allows(Role.AUDITOR, act, 1)
    assert limits.allows(Role.MANAGER, act, 10**9)
    assert limits.fen(Role.MANAGER, act) == NO_LIMIT


def test_a_collector_waives_nothing_unless_the_office_says_how_much() -> None:
    assert not Limits().allows(Role.COLLECTOR, Act.WAIVE, 1)
    own = Limits({Role.COLLECTOR: {Act.WAIVE: 50_00}})
    assert own.allows(Role.COLLECTOR, Act.WAIVE, 50_00)
    assert not own.allows(Role.COLLECTOR, Act.WAIVE, 50_01)
    assert own.who_may(Act.WAIVE, 50_00) == (Role.COLLECTOR, Role.MANAGER, Role.ADMIN)
    assert own.who_may(Act.WAIVE, 50_01) == (Role.MANAGER, Role.ADMIN)


def test_a_manager_can_be_limited_too_and_then_only_an_admin_may() -> None:
    own = Limits({Role.MANAGER: {Act.CORRECT: 1000_00}})
    assert own.who_may(Act.CORRECT, 1000_01) == (Role.ADMIN,)


def test_the_decisions_as_the_offices_configuration_names_them() -> None:
    assert [act.value for act in Act] == ["waive", "discount", "plan", "correct"]
    assert NO_LIMIT < 0  # no sum is mistaken for it


@pytest.mark.parametrize(
    ("act", "staff", "manager"),
    [(Act.WAIVE, 0, NO_LIMIT), (Act.DISCOUNT, 0, NO_LIMIT), (Act.PLAN, NO_LIMIT, NO_LIMIT), (Act.CORRECT, 0, NO_LIMIT)],
)
def test_what_each_role_decides_where_the_office_has_set_nothing(act: Act, staff: int, manager: int) -> None:
    """A plan of a collector or a teacher has the policy's own limit; anything else that costs money is a manager's."""
    limits = Limits()
    assert [limits.fen(role, act) for role in (Role.TEACHER, Role.COLLECTOR)] == [staff, staff]
    assert [limits.fen(role, act) for role in (Role.MANAGER, Role.ADMIN)] == [manager, manager]
    assert limits.fen(Role.AUDITOR, act) == 0


def test_who_may_is_told_from_the_smallest_hands_to_the_largest() -> None:
    assert Limits().who_may(Act.PLAN, 1) == (Role.TEACHER, Role.COLLECTOR, Role.MANAGER, Role.ADMIN)
    assert Limits().who_may(Act.WAIVE, 0) == (Role.TEACHER, Role.COLLECTOR, Role.MANAGER, Role.ADMIN)
    own = Limits({Role.TEACHER: {Act.WAIVE: 5}, Role.AUDITOR: {Act.WAIVE: 99}})
    assert own.who_may(Act.WAIVE, 5) == (Role.TEACHER, Role.MANAGER, Role.ADMIN)
    assert own.fen(Role.TEACHER, Act.PLAN) == NO_LIMIT  # what is not set stays as it was
    assert own.fen(Role.AUDITOR, Act.WAIVE) == 0  # who only reads decides nothing, whatever is written
