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
