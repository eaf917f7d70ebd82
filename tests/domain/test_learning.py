"""Shares with honest intervals: known values, the promise of 95 %, and no winner without a difference."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.learning import (
    FEW,
    NOTHING,
    WINDOWS_DAYS,
    Share,
    Trial,
    Verdict,
    arm,
    best,
    compare,
    difference,
    wilson,
)


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_values_of_the_literature(hits: int, cases: int, low: float, high: float) -> None:
    assert wilson(hits, cases) == pytest.approx((low, high), abs=1e-4)


def test_the_difference_of_the_literature() -> None:
    """Newcombe 1998, method 10: 56/70 against 48/80."""
    assert difference(Share(56, 70), Share(48, 80)) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_within_the_possible(of: tuple[int, int]) -> None:
    low, high = wilson(*of)
    assert 0 <= low <= of[0] / of[1] + 1e-12
    assert of[0] / of[1] - 1e-12 <= high <= 1


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.9])
def test_about_95_of_100_intervals_hold_the_truth(rate: float) -> None:
    chance = random.Random(7)
    held = 0
    for _ in range(1500):
        low, high = wilson(sum(chance.random() < rate for _ in range(60)), 60)
        held += low <= rate <= high
    assert 0.925 <= held / 1500 <= 0.985


def test_nothing_is_told_from_a_handful() -> None:
    assert Share(9, FEW - 1).too_few
    assert Share(10, FEW).too_few  # twenty cases, but from 30 to 70 %
    assert not Share(0, FEW).too_few
    assert not Share(50, 100).too_few
    assert Share(0, 0).interval == (0.0, 1.0)


def test_a_winner_needs_more_than_a_better_number() -> None:
    assert compare(Share(9, 10), Share(1, 10)) is Verdict.TOO_FEW
    assert compare(Share(55, 100), Share(50, 100)) is Verdict.NO_DIFFERENCE
    assert compare(Share(70, 100), Share(50, 100)) is Verdict.FIRST
    assert compare(Share(50, 100), Share(70, 100)) is Verdict.SECOND


def test_chance_hardly_ever_makes_a_winner() -> None:
    """Two wordings that are equally good, five hundred times: about one in twenty is called different, not more."""
    chance = random.Random(11)

    def drawn() -> Share:
        return Share(sum(chance.random() < 0.4 for _ in range(150)), 150)

    wrong = sum(compare(drawn(), drawn()) in (Verdict.FIRST, Verdict.SECOND) for _ in range(500))
    assert wrong <= 40


def test_the_best_hour_of_many_has_to_stand_out() -> None:
    alike = [(f"{hour:02d}", Share(40 + hour % 3, 100)) for hour in range(9, 19)]
    assert best(alike) is None
    assert best([*alike, ("19", Share(75, 100))]) == "19"
    assert best([("09", Share(9, 10)), ("10", Share(40, 100))]) is None


def test_a_household_stays_with_its_wording_and_halves_are_halves() -> None:
    arms = [arm("gentle", f"3-{number}") for number in range(4000)]
    assert arms == [arm("gentle", f"3-{number}") for number in range(4000)]
    assert 1850 < sum(arms) < 2150
    assert arms != [arm("soon", f"3-{number}") for number in range(4000)]


def test_more_hits_than_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Share(3, 2)


def test_a_trial_gives_each_household_one_of_two_wordings_and_nobody_none() -> None:
    trial = Trial("reminder.gentle", "reminder.soon")
    said = {trial.words_for("reminder.gentle", f"3-{number}") for number in range(50)}
    assert said == {"reminder.gentle", "reminder.soon"}
    assert trial.words_for("reminder.advance", "3-1") == "reminder.advance"
    assert Trial().words_for("reminder.gentle", "3-1") == "reminder.gentle"
    assert Trial().words_for("", "3-1") == ""


def test_shares_add_up_and_nothing_has_no_rate() -> None:
    assert Share(1, 2) + Share(3, 5) == Share(4, 7)
    assert (Share(1, 4).rate, NOTHING.rate, NOTHING.cases) == (0.25, 0.0, 0)
    assert Share(2, 2).rate == 1
    assert sum([Share(1, 2), Share(1, 3)], NOTHING) == Share(2, 5)
    with pytest.raises(ValueError, match="-1 of 2"):
        Share(-1, 2)
    assert WINDOWS_DAYS == (3, 7, 14)


@pytest.mark.parametrize(("hits", "cases"), [(0, 10), (10, 10), (0, 1), (1, 1)])
def test_at_the_ends_an_interval_ends_too(hits: int, cases: int) -> None:
    low, high = wilson(hits, cases)
    assert (low == 0) is (hits == 0)
    assert (high == pytest.approx(1)) is (hits == cases)
    assert high - low > 0.2  # few cases say little


@given(st.integers(1, 300), st.integers(0, 300), st.integers(1, 300), st.integers(0, 300))
def test_a_difference_is_the_same_from_both_sides(n: int, hits: int, m: int, other_hits: int) -> None:
    one, other = Share(min(hits, n), n), Share(min(other_hits, m), m)
    low, high = difference(one, other)
    assert difference(other, one) == pytest.approx((-high, -low))
    assert -1 <= low <= one.rate - other.rate <= high <= 1
    mirrored = difference(Share(n - one.hits, n), Share(m - other.hits, m))  # of those who did not
    assert mirrored == pytest.approx((-high, -low))


def test_each_of_two_must_have_enough_cases() -> None:
    many, few = Share(700, 1000), Share(1, 10)
    assert compare(many, few) is compare(few, many) is Verdict.TOO_FEW
    assert compare(many, many) is Verdict.NO_DIFFERENCE
    assert [verdict.value for verdict in Verdict] == ["too_few", "no_difference", "first", "second"]


def test_the_best_of_two_is_the_one_that_is_clearly_better() -> None:
    """With two there is one look, so nothing is widened; each further name makes it a little harder."""
    low, high = ("a", Share(50, 100)), ("b", Share(68, 100))
    assert best([low, high]) == best([high, low]) == "b"
    assert best([high]) is best([]) is None  # nothing to compare it with
    assert best([low, ("b", Share(60, 100))]) is None
    assert best([low, high, ("c", Share(1, 3))]) == "b"  # a handful is no name
    crowd = [(f"{n}", Share(50, 100)) for n in range(40)]
    assert best([*crowd[:1], high]) == "b"
    assert best([*crowd, ("b", Share(63, 100))]) is None
    assert difference(Share(63, 100), Share(2000, 4000))[0] > 0  # by itself it would have won


def test_a_trial_concerns_its_own_message_only() -> None:
    trial = Trial("reminder.gentle", "reminder.soon")
    code = next(f"3-{number}" for number in range(50) if arm("reminder.gentle", f"3-{number}"))
    assert trial.words_for("reminder.gentle", code) == "reminder.soon"
    assert trial.words_for("reminder.advance", code) == "reminder.advance"
    assert {arm("x", f"{number}") for number in range(50)} == {0, 1}
