"""Who gets a task: role, community, least open work; and what sharing anew would change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.roles import RIGHTS, Right, Role
from domain.sharing import FOR_ANYBODY, Work, Worker, chosen, roles_for, shared_anew

LAKE, HILL = 1, 2
LI, WANG, ZHOU = Worker(1, "collector", LAKE), Worker(2, "collector", LAKE), Worker(3, "teacher", LAKE)
FAR, EVERYWHERE, BOSS = Worker(4, "collector", HILL), Worker(5, "collector"), Worker(6, "manager")


def call(number: int = 1, place: str = "property", now_with: int | None = None, kind: str = "call") -> Work:
    return Work(number, kind, LAKE, place, now_with)


def test_the_least_open_work_decides_and_of_equals_who_is_longest_there() -> None:
    assert chosen(call(), [LI, WANG], {LI.id: 3, WANG.id: 2}) == WANG.id
    assert chosen(call(), [WANG, LI], {}) == LI.id
    assert chosen(call(now_with=WANG.id), [LI, WANG], {}) == WANG.id


def test_only_the_own_community_or_who_has_them_all() -> None:
    assert chosen(call(), [FAR, EVERYWHERE], {EVERYWHERE.id: 9}) == EVERYWHERE.id
    assert chosen(Work(1, "call", None), [LI, FAR], {}) is None


def test_the_role_whose_work_it_is_comes_first_however_full_its_hands() -> None:
    full = {LI.id: 50, ZHOU.id: 0}
    assert chosen(call(), [LI, ZHOU, BOSS], full) == LI.id
    assert chosen(call(place="training"), [LI, ZHOU, BOSS], full) == ZHOU.id
    assert chosen(call(), [ZHOU, BOSS], {}) == ZHOU.id
    assert chosen(call(), [BOSS], {}) == BOSS.id
    assert chosen(call(kind="review"), [LI, BOSS], {}) == BOSS.id
    assert chosen(call(kind="claim"), [ZHOU], {}) is None  # a teacher may not confirm a payment


def test_among_several_teachers_a_pupils_task_is_nobodys_until_one_takes_it() -> None:
    """Which teacher a family knows is not in the data."""
    other = Worker(7, "teacher", LAKE)
    pupil = call(place="training")
    assert chosen(pupil, [ZHOU, other, LI], {}) is None
    assert chosen(pupil, [ZHOU, LI], {}) == ZHOU.id
    kept = call(place="training", now_with=other.id)
    assert chosen(kept, [ZHOU, other], {other.id: 9}) == other.id
    resting = call(place="training", now_with=99)  # who is not on duty keeps nothing
    assert chosen(resting, [ZHOU, other], {}) is None
    assert chosen(call(), [ZHOU, other], {ZHOU.id: 1}) == other.id  # an estate's household knows no teacher


def test_a_task_of_no_community_goes_to_who_has_them_all() -> None:
    nowhere = Work(1, "call", None)
    assert chosen(nowhere, [LI, EVERYWHERE], {EVERYWHERE.id: 9}) == EVERYWHERE.id
    assert chosen(nowhere, [LI, FAR, BOSS], {}) == BOSS.id


def test_whose_work_it_is_role_by_role() -> None:
    decide = (Role.MANAGER, Role.ADMIN)
    assert roles_for("review", "property") == decide
    assert roles_for("claim", "training") == (Role.COLLECTOR, *decide)
    assert roles_for("call", "property") == roles_for("call", "") == (Role.COLLECTOR, Role.TEACHER, *decide)
    assert roles_for("call", "training") == (Role.TEACHER, Role.COLLECTOR, *decide)
    assert all(roles_for(kind, "property") == () for kind in ("person", "run", "broadcast", "approval"))
    assert all(roles_for(kind, "training") == () for kind in ("case_file", "fault", "despair"))


def test_a_preview_names_its_outcome_and_no_other() -> None:
    """By it a confirmation is held to what was shown."""
    shown = shared_anew([call(1), call(2)], [LI], {})
    assert shown.digest == shared_anew([call(1), call(2)], [LI], {}).digest
    others = [
        shared_anew([call(1), call(2)], [WANG], {}),
        shared_anew([call(1)], [LI], {}),
        shared_anew([call(1), call(2)], [], {}),
        shared_anew([call(1), call(2, kind="person")], [LI], {}),
    ]
    assert len({shown.digest, *(other.digest for other in others)}) == 5


def test_what_nobody_takes_weighs_on_nobody() -> None:
    shares = shared_anew([call(1, kind="person"), call(2)], [LI], {LI.id: 1})
    assert shares.to == {1: None, 2: LI.id}
    assert dict(shares.after) == {LI.id: 2, None: 1}


def test_what_whoever_is_free_takes_is_nobodys() -> None:
    assert all(chosen(call(kind=kind), [LI, BOSS], {}) is None for kind in FOR_ANYBODY)


def test_nobody_is_given_what_their_role_may_not_do() -> None:
    for kind in ("call", "visit", "claim", "review", "plan"):
        for place in ("property", "training", ""):
            assert all(Right.TASKS in RIGHTS[role] for role in roles_for(kind, place))
    assert Role.AUDITOR not in roles_for("call", "property")


def test_sharing_anew_leaves_what_is_begun_and_moves_the_least() -> None:
    works = [call(n, now_with=LI.id) for n in range(1, 7)]
    found = shared_anew(works, [LI, WANG], {LI.id: 2})
    assert (found.before, found.after) == ({LI.id: 8}, {LI.id: 4, WANG.id: 4, None: 0})
    assert (found.moved, dict(found.gained)) == (4, {WANG.id: 4})
    again = shared_anew([call(n, now_with=found.to[n]) for n in range(1, 7)], [LI, WANG], {LI.id: 2})
    assert again.moved == 0


@given(st.lists(st.sampled_from([None, 1, 2, 4, 5]), max_size=30), st.integers(0, 9), st.integers(0, 9))
def test_nothing_is_lost_and_nobody_ends_with_two_more_than_another(
    holders: list[int | None], first: int, second: int
) -> None:
    works = [call(n, now_with=holder) for n, holder in enumerate(holders)]
    found = shared_anew(works, [LI, WANG], {LI.id: first, WANG.id: second})
    assert found.to.keys() == {work.id for work in works}
    assert set(found.to.values()) <= {LI.id, WANG.id}
    assert sum(found.after.values()) == first + second + len(works)
    if len(works) >= abs(first - second):
        assert abs(found.after.get(LI.id, 0) - found.after.get(WANG.id, 0)) <= 1
    assert found.digest == shared_anew(works, [LI, WANG], {LI.id: first, WANG.id: second}).digest
