"""How a call may begin: what is known of the household first, then the day's season; nothing that isn't known is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.content import load_openers
from domain.openers import Opener, OpenerError, choose, read_openers, worded

OPENERS = load_openers()


@pytest.mark.parametrize(
    ("day", "kind", "known", "expected"),
    [
        (date(2026, 12, 22), "training", {}, ["winter_solstice", "open_day"]),
        (date(2026, 12, 22), "training", {"summary": "进步大", "wish": "想继续"}, ["learning", "wish"]),
        (date(2026, 12, 30), "property", {}, ["new_year", "estate_service"]),
        (date(2027, 1, 3), "property", {}, ["new_year", "estate_service"]),  # over the turn of the year
        (date(2027, 2, 10), "property", {}, ["spring", "estate_service"]),
        (date(2027, 7, 7), "training", {"lessons": "6"}, ["lessons", "hello"]),
        (date(2027, 7, 7), "property", {"summary": "x"}, ["estate_service"]),
    ],
)
def test_which_openers_are_chosen(day: date, kind: str, known: dict[str, str], expected: list[str]) -> None:
    assert [each.name for each in choose(OPENERS, day, kind, known)] == expected


def test_there_is_one_for_every_day_and_it_never_leaves_a_gap() -> None:
    for ahead in range(366):
        for kind in ("property", "training"):
            found = choose(OPENERS, date(2026, 11, 23) + timedelta(days=ahead), kind, {})
            assert found
            assert all("{" not in worded(each, "zh", {}) for each in found)


def test_words_are_in_the_callers_language() -> None:
    opener = Opener("x", {"zh": "先说：{summary}", "en": "Begin: {summary}"}, needs=("summary",))
    assert worded(opener, "en-US", {"summary": "well done"}) == "Begin: well done"


ROW = '[[opener]]\nname = "x"\nzh = "你好"\nen = "Hello"\n'


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (ROW + 'seson = "x"\n', "unknown key seson"),
        (ROW.replace("Hello", "Hello {phone}"), "no other gaps than"),
        (ROW.replace('en = "Hello"\n', ""), "en: needs a text"),
        (ROW + 'from = "12-20"\n', "from and until come together"),
        (ROW + 'from = "13-20"\nuntil = "12-31"\n', "is not a day such as 12-20"),
        (ROW + 'until = "12-20"\n', "from and until come together"),
        (ROW + 'from = "12-20"\nuntil = "02-30"\n', "opener 1: until = '02-30' is not a day"),
        (ROW + 'needs = ["salary"]\n', "needs: a list of"),
        (ROW + 'needs = "wish"\n', "opener 1: needs: a list of summary, wish, lessons"),
        (ROW + 'kinds = ["kindergarten"]\n', "opener 1: kinds: a list of property, training"),
        (ROW + "days_before_spring = 61\n", "opener 1: days_before_spring = 61: choose 0 to 60 days"),
        (ROW + "days_after_spring = -1\n", "opener 1: days_after_spring = -1: choose 0 to 60 days"),
        (ROW + 'days_after_spring = "3"\n', "choose 0 to 60 days"),
        (ROW + "days_after_spring = true\n", "choose 0 to 60 days"),
        (ROW + ROW + 'seson = "x"\n', "openers.toml: opener 2: unknown key seson"),
        ("[[opener]", "openers.toml"),
    ],
)
def test_a_wrong_opener_is_refused_by_its_place(row: str, fault: str) -> None:
    with pytest.raises(OpenerError, match=r"openers\.toml") as refused:
        read_openers(row, "openers.toml")
    assert fault in str(refused.value)


def only(row: str) -> Opener:
    (found,) = read_openers(ROW + row, "openers.toml")
    return found


def test_what_a_row_does_not_say_it_does_not_ask_for() -> None:
    assert read_openers("", "openers.toml") == ()
    assert only("") == Opener("x", {"zh": "你好", "en": "Hello"}, ("property", "training"))
    nameless = ROW.replace('name = "x"\n', "")
    assert read_openers(nameless, "openers.toml")[0].name == ""


def test_what_a_row_says_is_kept() -> None:
    row = 'kinds = ["training"]\nneeds = ["wish", "lessons"]\nfrom = "12-20"\nuntil = "01-05"\n'
    assert only(row) == Opener("x", {"zh": "你好", "en": "Hello"}, ("training",), ("wish", "lessons"), (12, 20), (1, 5))
    assert only("days_before_spring = 60\ndays_after_spring = 2\n").spring == (60, 2)
    assert only("days_after_spring = 5\n").spring == (0, 5)
    assert only("days_before_spring = 5\n").spring == (5, 0)


def test_only_what_may_be_known_of_a_household_fills_a_gap() -> None:
    """The words may speak of these four things; what nobody knows is left out, never written as a gap."""
    gaps = "{summary}|{wish}|{lessons}|{class_name}"
    (opener,) = read_openers(ROW.replace("Hello", gaps), "openers.toml")
    known = {"summary": "reads well", "wish": "go on", "lessons": "6", "class_name": "Maths"}
    assert worded(opener, "en", known) == "reads well|go on|6|Maths"
    assert worded(opener, "en", {}) == "|||"


def seasonal(first: tuple[int, int], last: tuple[int, int]) -> Opener:
    return Opener("season", {}, first=first, last=last)


@pytest.mark.parametrize(
    ("first", "last", "holds", "not_on", "days"),
    [
        ((6, 1), (6, 30), ["2027-06-01", "2027-06-15", "2027-06-30"], ["2027-05-31", "2027-07-01"], 30),
        ((12, 20), (1, 5), ["2026-12-20", "2026-12-31", "2027-01-01", "2027-01-05"], ["2026-12-19", "2027-01-06"], 17),
        ((12, 22), (12, 22), ["2026-12-22"], ["2026-12-21", "2026-12-23"], 1),
        ((2, 20), (2, 29), ["2027-02-28", "2028-02-29"], ["2028-03-01"], 9),  # the 29th counts as the 28th
        ((2, 28), (3, 1), ["2027-02-28", "2028-02-29", "2027-03-01"], ["2027-02-27", "2027-03-02"], 2),
    ],
)
def test_a_season_holds_from_its_first_to_its_last_day_and_its_length_is_that_of_a_common_year(
    first: tuple[int, int], last: tuple[int, int], holds: list[str], not_on: list[str], days: int
) -> None:
    opener = seasonal(first, last)
    assert [opener.days_on(date.fromisoformat(each)) for each in holds] == [days] * len(holds)
    assert [opener.days_on(date.fromisoformat(each)) for each in not_on] == [None] * len(not_on)


def test_a_season_of_the_spring_festival_moves_with_it() -> None:
    opener = Opener("spring", {}, spring=(3, 2))  # the first lunar day: 6 February 2027, 26 January 2028
    assert [n for n in range(1, 29) if opener.days_on(date(2027, 2, n)) is not None] == [3, 4, 5, 6, 7, 8]
    assert [n for n in range(1, 32) if opener.days_on(date(2028, 1, n)) is not None] == [23, 24, 25, 26, 27, 28]
    assert opener.days_on(date(2027, 2, 6)) == 6
    assert opener.days_on(date(2099, 2, 1)) is None  # nobody has told that year's day


def test_without_a_season_it_always_holds_and_gives_way_to_any_season() -> None:
    always, nearly = Opener("always", {}), seasonal((1, 1), (12, 31))
    assert choose([always, nearly], date(2028, 2, 29), "property", {}) == [nearly, always]
    assert always.days_on(date(2028, 2, 29)) is not None


def test_the_best_come_first() -> None:
    """What is known counts more than the season, a short season more than a long one, and then the order of the file."""
    day = date(2027, 6, 10)
    known = Opener("known", {}, needs=("wish",))
    short, long = seasonal((6, 9), (6, 11)), seasonal((6, 1), (6, 30))
    plain, other = Opener("plain", {}), Opener("other", {})
    openers = [other, long, plain, short, known]
    assert choose(openers, day, "training", {"wish": "to go on"}, 5) == [known, short, long, other, plain]
    assert choose(openers, day, "training", {"wish": ""}, 5) == [short, long, other, plain]
    assert choose(openers, day, "training", {"wish": "to go on"}) == [known, short]
    assert choose([Opener("x", {}, kinds=("property",))], day, "training", {}) == []
