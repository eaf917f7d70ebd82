"""Scripts and solved cases: what is shipped, how a situation is found, and what is refused with its place."""

from __future__ import annotations

import pytest

from bot.content import CONTENT, load_library, load_scenarios
from domain.library import Case, Library, LibraryError, Script, closeness, fits, read_cases, read_scripts
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
        (CASE.replace("a_case", "a"), "name must be a word of small letters"),
        (CASE.replace("a_case", "a" * 41), "name must be a word of small letters"),
        (CASE.replace('name = "a_case"', "name = 5"), "name must be a word of small letters"),
        (CASE.replace('name = "a_case"\n', ""), "name must be a word of small letters"),
        (CASE.replace('words = ["x"]\n', ""), "words must be a list of keywords"),
        (CASE.replace('["x"]', '["x", ""]'), "words must be a list of keywords"),
        (CASE.replace('["x"]', "[1]"), "words must be a list of keywords"),
        (CASE + "intents = [1]\n", "words must be a list of keywords"),
        (CASE.replace('title = {zh="一", en="one"}', 'title = {zh="一", en=" "}'), "title needs words in each of"),
        (CASE.replace('title = {zh="一", en="one"}', 'title = "one"'), "title needs words in each of"),
        (CASE.replace('en="one"}\nd', 'en="one", fr="un"}\nd'), "title needs words in each of"),
        (CASE.replace('say = {zh="一", en="one"}', 'say = {zh="一", en=1}'), "say needs words in each of"),
        (CASE.replace('do = {zh=["一"], en=["one"]}', 'do = {zh=["一"], en=[]}'), "do needs a list of lines in each"),
        (CASE.replace('do = {zh=["一"], en=["one"]}', 'do = {zh=["一"], en="one"}'), "do needs a list of lines"),
        (CASE.replace('do = {zh=["一"], en=["one"]}', 'do = {zh=["一"], en=["one", " "]}'), "do needs a list of lines"),
        (CASE.replace('do = {zh=["一"], en=["one"]}', 'do = {zh=["一"]}'), "do needs a list of lines"),
        (CASE.replace('do = {zh=["一"], en=["one"]}', 'do = ["one"]'), "do needs a list of lines"),
        ("[[case", "c.toml: "),
        ("x = 1", "only [[case]] tables may stand here"),
        (CASE + "[more]\nx = 1", "c.toml: only [[case]] tables may stand here"),
        ("case = 5", "only [[case]] tables may stand here"),
        ("case = [5]", "only [[case]] tables may stand here"),
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


# reading


def test_what_is_written_is_what_is_known() -> None:
    (found,) = read_cases(
        """
[[case]]
name = "wet_wall"
kinds = ["property"]
words = ["漏水", "leak"]
intents = ["repair", "complain_refuse"]
title = {zh = " 墙湿了 ", en = " A wet wall"}
do = {zh = [" 先道歉 ", "登记"], en = [" Say sorry ", "Note it"]}
say = {zh = " 马上来看 ", en = " We come "}
""",
        "c.toml",
    ).values()
    assert found == Case(
        "wet_wall",
        ("property",),
        {"zh": "墙湿了", "en": "A wet wall"},
        ("漏水", "leak"),
        {"zh": ("先道歉", "登记"), "en": ("Say sorry", "Note it")},
        {"zh": "马上来看", "en": "We come"},
        ("repair", "complain_refuse"),
    )


def test_a_case_is_for_both_trades_and_listens_for_nothing_unless_it_says_so() -> None:
    case = read_cases(CASE, "c.toml")["a_case"]
    assert (case.kinds, case.intents) == (("property", "training"), ())
    assert read_cases("", "c.toml") == {}
    two = read_cases(CASE + CASE.replace("a_case", "b2_" + "x" * 37), "c.toml")
    assert [*two] == ["a_case", "b2_" + "x" * 37]  # a name of forty signs is the longest


SCRIPTS = """
[[script]]
name = "reminder"
title = {zh = "提醒", en = "A reminder"}
steps = {zh = ["问好", "说明"], en = ["Greet", "Explain"]}
"""


def test_a_script_is_read_in_the_language_of_who_rings() -> None:
    scripts = read_scripts(SCRIPTS, "s.toml")
    steps = {"zh": ("问好", "说明"), "en": ("Greet", "Explain")}
    assert scripts == {"reminder": Script("reminder", {"zh": "提醒", "en": "A reminder"}, steps)}
    library = Library(scripts=scripts)
    assert library.script("reminder", "en-GB") == ("Greet", "Explain")
    assert library.script("reminder", "zh") == ("问好", "说明")
    assert library.script("visit", "zh") == ()  # taken out by the office: nothing to say
    with pytest.raises(LibraryError, match=r"s\.toml: script 2: reminder stands there twice"):
        read_scripts(SCRIPTS * 2, "s.toml")
    with pytest.raises(LibraryError, match=r"s\.toml: script 1: unknown key tone"):
        read_scripts(SCRIPTS + 'tone = "x"', "s.toml")


# finding


def case(name: str, *words: str, title: str = "", say: str = "", kinds: tuple[str, ...] = ("property",)) -> Case:
    return Case(name, kinds, {"zh": title}, words, {"zh": ("做",)}, {"zh": say})


def test_a_keyword_counts_as_three_agreements_of_the_title_and_six_of_the_words() -> None:
    asked = "屋顶漏水"  # three pairs of neighbouring signs
    assert closeness(asked, case("x", "漏水")) == 6
    assert closeness(asked, case("x", "漏水", "屋顶")) == 12
    assert closeness(asked, case("x", "y", title="漏水")) == 2
    assert closeness(asked, case("x", "y", title=asked)) == 6
    assert closeness(asked, case("x", "漏水", say=asked)) == 6 + 3
    assert closeness(asked, case("x", "y", say=asked)) == 0  # what is said says nothing without a keyword
    done = Case("x", (), {}, ("漏水",), {"zh": ("查屋顶", "再查"), "en": ("x",)}, {})
    assert closeness(asked, done) == 6 + 1


@pytest.mark.parametrize(
    ("question", "words", "found"),
    [
        ("屋里漏水了", ["漏水"], True),
        ("漏", ["漏水"], True),  # part of a keyword is enough
        ("ＬＥＡＫ", ["leak"], True),  # full width, capitals
        (" leak ", ["Leak"], True),
        ("停电", ["漏水"], False),
        ("", ["漏水"], False),
        ("  ", ["漏水"], False),
    ],
)
def test_a_keyword_is_found_as_people_write_it(question: str, words: list[str], found: bool) -> None:
    assert (closeness(question, case("x", *words)) > 0) is found
    assert bool(Library(cases={"x": case("x", *words)}).search(question)) is found


@pytest.mark.parametrize(
    ("question", "title", "agrees"),
    [
        ("停电", "又停电了", True),
        ("电停", "又停电了", False),  # the order of the signs matters
        ("电", "又停电了", False),  # one sign is too little
        ("停 电", "又停电了", False),  # a gap parts a pair
        ("lift", "The lift is broken", True),
        ("li", "li", False),  # so are two letters
        ("lifts", "The lift is broken", False),
    ],
)
def test_a_title_agrees_by_pairs_of_signs_and_whole_words(question: str, title: str, agrees: bool) -> None:
    assert (closeness(question, case("x", "关键", title=title)) > 0) is agrees


def test_the_closest_come_first_and_no_more_than_eight() -> None:
    many = {name: case(name, "漏水") for name in "jihgfedcba"}
    many["z"] = case("z", "漏水", "屋顶")
    found = [each.name for each in Library(cases=many).search("屋顶漏水")]
    assert found == ["z", *"abcdefg"]  # among equals by name
    elsewhere = case("a0", "漏水", "屋顶", title="屋顶漏水")
    assert Library(cases=many).search("屋顶漏水", more=[elsewhere])[0] is elsewhere


def test_a_case_of_another_trade_does_not_fit() -> None:
    school = case("school", "漏水", kinds=("training",))
    assert (fits(school, "training"), fits(school, "property"), fits(school, "")) == (True, False, True)
    assert Library(cases={"school": school}).search("漏水", "property") == []
    assert Library().search("漏水", "property", [school]) == []


def test_of_what_was_heard_the_closest_in_words_and_then_what_was_heard_first() -> None:
    lift = Case("lift", ("property",), {}, ("电梯",), {}, {}, ("complain", "repair"))
    stairs = Case("stairs", ("property",), {}, ("楼道",), {}, {}, ("dirty",))
    library = Library(cases={"lift": lift, "stairs": stairs})
    assert library.fitting(["dirty", "repair"], "电梯又坏了", "property") is lift
    assert library.fitting(["dirty", "repair"], "气死了", "property") is stairs
    assert library.fitting(["repair", "dirty"], "气死了", "property") is lift
    assert library.fitting(["greet", "dirty"], "气死了", "property") is stairs
    assert library.fitting(["repair"], "电梯又坏了", "training") is None
