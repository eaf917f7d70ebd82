"""Scripts and solved cases: what is shipped, how a situation is found, and what is refused with its place."""

from __future__ import annotations

import pytest

from bot.content import CONTENT, load_library, load_scenarios
from domain.library import Library, LibraryError, read_cases, read_scripts
from domain.lint import lint
from domain.messages import Audience
from handlers.calling.brief import AS_THEY_ARE, BROKEN
from understanding.reading import INTENTS

LIBRARY = load_library(CONTENT)


def test_thirty_situations_and_more_for_both_trades_each_in_both_languages() -> None:
    assert len(LIBRARY.cases) >= 30
    for kind in ("property", "training"):
        assert len([case for case in LIBRARY.cases.values() if kind in case.kinds]) >= 15
    assert all(case.say["zh"] and case.say["en"] and case.do["zh"] and case.do["en"] for case in LIBRARY.cases.values())


def test_every_situation_of_a_call_has_its_script() -> None:
    wanted = {"reminder", "dispute", "visit", *BROKEN.values(), *AS_THEY_ARE, *(f"renewal_{tier}" for tier in "abcd")}
    assert wanted <= set(LIBRARY.scripts)


@pytest.mark.parametrize("name", LIBRARY.cases)
def test_what_can_be_sent_is_kind_and_what_is_listened_for_exists(name: str) -> None:
    case = LIBRARY.cases[name]
    assert [found for words in case.say.values() for found in lint(words, Audience.PRIVATE)] == []
    assert set(case.intents) <= {*INTENTS, "hard_times"}


@pytest.mark.parametrize(
    ("question", "kind", "first"),
    [
        ("漏水", "property", "leaking_roof"),
        ("他说房子漏水半年没人修", "property", "leaking_roof"),
        ("leak in the ceiling", "property", "leaking_roof"),
        ("前房主欠的钱", "property", "new_owner_old_debt"),
        ("发工资以后再给", "property", "wait_for_salary"),
        ("老人不会用手机", "property", "elderly_counter"),
        ("孩子不想学了", "training", "child_does_not_want"),
        ("学费太贵", "training", "too_expensive"),
        ("想试听一次", "training", "wants_trial"),
        ("失业", "", "lost_job"),
    ],
)
def test_a_situation_is_found_in_free_words(question: str, kind: str, first: str) -> None:
    assert LIBRARY.search(question, kind)[0].name == first


def test_nothing_is_found_for_nothing_and_a_school_finds_no_lift() -> None:
    assert LIBRARY.search("qqq") == []
    assert "lift_often_broken" not in {case.name for case in LIBRARY.search("电梯坏了", "training")}


def test_what_fits_a_sentence_is_chosen_among_what_the_reader_heard() -> None:
    found = LIBRARY.fitting(["complain_refuse"], "楼道卫生太差了没人打扫", "property")
    assert found is not None
    assert found.name == "stairs_dirty"
    assert LIBRARY.fitting(["greet_thanks"], "谢谢", "property") is None
    assert Library().fitting(["complain_refuse"], "x", "") is None


CASE = '[[case]]\nname = "a_case"\nwords = ["x"]\ntitle = {zh="一", en="one"}\ndo = {zh=["一"], en=["one"]}\nsay = {zh="一", en="one"}\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (CASE + "color = 1\n", "c.toml: case 1: unknown key color"),
        (CASE.replace("\nsay", "\nsays"), "unknown key says"),
        (CASE.replace('title = {zh="一", en="one"}', 'title = {zh="一"}'), "title needs words in each of zh, en"),
        (CASE + CASE, "case 2: a_case stands there twice"),
        (CASE.replace('["x"]', "[]"), "words must be a list of keywords"),
        (CASE.replace("a_case", "A case"), "name must be a word of small letters"),
        (CASE + 'kinds = ["shop"]\n', "kinds: 'shop' is not one of"),
        ("[[case", "c.toml: "),
        ("x = 1", "only [[case]] tables may stand here"),
    ],
)
def test_a_faulty_case_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(LibraryError) as raised:
        read_cases(text, "c.toml")
    assert fault in str(raised.value)


def test_a_script_without_steps_is_refused() -> None:
    with pytest.raises(LibraryError, match=r"script 1: steps needs a list of lines in each of zh, en"):
        read_scripts('[[script]]\nname = "reminder"\ntitle = {zh="一", en="one"}\n', "s.toml")


def test_every_scenario_of_practice_ends_with_words_of_the_library() -> None:
    scenarios = load_scenarios(CONTENT)
    assert len(scenarios) >= 6
    assert all(scenario.case in LIBRARY.cases for scenario in scenarios.values())
