"""Practice: a kind answer that says what is needed leads on, another one gets one more try, an unkind one hurts."""

from __future__ import annotations

import pytest

from domain.practice import Exchange, Played, PracticeError, Scenario, hear, read_scenarios


def both(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


LEAK = Scenario(
    "leak",
    both("title"),
    both("opening"),
    "case",
    (Exchange(("抱歉",), both("good 1"), both("bad 1")), Exchange(("师傅", "repair"), both("good 2"), both("bad 2"))),
)


def test_what_is_needed_leads_on_and_the_last_turn_ends_it() -> None:
    first = hear(LEAK, Played(), "真是抱歉", unkind=False)
    assert (first.says["zh"], first.over, first.well) == ("good 1", False, True)
    last = hear(LEAK, first.played, "I'll send a REPAIR man", unkind=False)
    assert (last.says["zh"], last.over, last.played.good) == ("good 2", True, 2)


def test_a_second_miss_goes_on_without_a_point() -> None:
    once = hear(LEAK, Played(), "请缴费", unkind=False)
    assert (once.says["zh"], once.played) == ("bad 1", Played(tries=1))
    twice = hear(LEAK, once.played, "请缴费", unkind=False)
    assert (twice.says["zh"], twice.played) == ("good 1", Played(at=1))


def test_an_unkind_word_hurts_even_with_what_was_wanted_and_ends_nothing() -> None:
    heard = hear(LEAK, Played(at=1), "师傅来之前先停水", unkind=True)
    assert (heard.hurt, heard.over, heard.played) == (True, False, Played(at=1, unkind=1))


TURN = """
[[scenario.turn]]
wants = ["师傅", "repair"]
good = {zh = "一", en = "1"}
bad = {zh = "二", en = "2"}
"""
LEAKING = f"""
[[scenario]]
name = "leak"
title = {{zh = "漏水", en = "A leak"}}
opening = {{zh = "我家漏水", en = "It leaks"}}
{TURN}"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[scenario]]\nname = 'a'\n", "scenario 1: a scenario needs a name of its own and at least one"),
        ("[[scenario]]\nname = 'a'\n[[scenario.turn]]\nwants = []\n", "turn 1: wants must name words"),
        ("[[scenario", "p.toml: "),
        (LEAKING.replace('name = "leak"', ""), "p.toml: scenario 1: a scenario needs a name of its own"),
        (LEAKING + LEAKING, "p.toml: scenario 2: a scenario needs a name of its own"),
        (LEAKING.replace("title =", "titel ="), "scenario 1: title needs words in each of zh, en"),
        (LEAKING.replace("opening =", "begin ="), "scenario 1: opening needs words in each of zh, en"),
        (
            LEAKING.replace('{zh = "一", en = "1"}', '{zh = "一"}'),
            "scenario 1: turn 1: good needs words in each of zh, en",
        ),
        (LEAKING.replace('{zh = "二", en = "2"}', '"2"'), "scenario 1: turn 1: bad needs words in each of zh, en"),
        (LEAKING + TURN.replace('["师傅", "repair"]', "[]"), "scenario 1: turn 2: wants must name words"),
    ],
)
def test_a_faulty_scenario_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(PracticeError) as raised:
        read_scenarios(text, "p.toml")
    assert fault in str(raised.value)


def test_what_is_written_is_what_is_played() -> None:
    turn = Exchange(("师傅", "repair"), {"zh": "一", "en": "1"}, {"zh": "二", "en": "2"})
    title, opening = {"zh": "漏水", "en": "A leak"}, {"zh": "我家漏水", "en": "It leaks"}
    found = read_scenarios(LEAKING + TURN, "p.toml")
    assert found == {"leak": Scenario("leak", title, opening, "", (turn, turn))}
    with_case = read_scenarios(LEAKING.replace("title", 'case = "leaking_roof"\ntitle', 1), "p.toml")
    assert with_case["leak"].case == "leaking_roof"
    assert read_scenarios("", "p.toml") == {}


def test_a_practice_begins_with_nothing_and_a_point_needs_no_second_try() -> None:
    assert Played() == Played(0, 0, 0, 0)
    missed = hear(LEAK, Played(), "请缴费", unkind=False)
    assert (missed.hurt, missed.well, missed.over) == (False, False, False)
    made_good = hear(LEAK, missed.played, "抱歉", unkind=False)
    assert made_good.played == Played(at=1, good=1)  # the tries of a turn end with it
    hurt = hear(LEAK, missed.played, "滚", unkind=True)
    assert (hurt.played, hurt.says["zh"]) == (Played(tries=1, unkind=1), "bad 1")  # it costs no try
