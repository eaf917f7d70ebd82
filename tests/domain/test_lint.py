"""What texts may not say: hostile ones are stopped, kindly ones pass, and the reason is the right one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from domain.lint import lint
from domain.messages import Audience

CONTENT = Path(__file__).parents[2] / "content"
LINES = Path(__file__).parent / "lint"
OPEN_WORDS = ("plain", "second", "third")  # the files whose unkind lines say it in words that can be forbidden
KNOWN_MISSES = {"物业群里每天会@没交钱的人"}  # hostile texts that still get through; a new one is a fault
HOSTILE = ("bad.group.txt", *OPEN_WORDS)
KINDLY = ("good.group.txt", *OPEN_WORDS)


def texts(name: str, *, kind: bool) -> list[tuple[str, str]]:
    """(rule, text) of each hostile, or each kindly, line of a file of tests/domain/lint or of content/tone.*.toml."""
    if name.endswith(".txt"):
        rows = [line.rpartition("\t")[::2] for line in (LINES / name).read_text(encoding="utf-8").splitlines()]
        return [(rule, text) for rule, text in rows if (rule == "") == kind]
    blocks = tomllib.loads((CONTENT / f"tone.{name}.toml").read_text(encoding="utf-8"))
    return [
        (rule, line.replace("\\u200b", "\u200b"))
        for rule, block in blocks.items()
        if (rule == "kind") == kind
        for line in block.splitlines()
        if line
    ]


def audience_of(name: str) -> Audience:
    return Audience.GROUP if ".group" in name else Audience.PRIVATE


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_stopped(name: str) -> None:
    passed = {text for _, text in texts(name, kind=False) if not lint(text, audience_of(name))}
    assert passed <= KNOWN_MISSES


@pytest.mark.parametrize("name", KINDLY)
def test_kindly_texts_pass(name: str) -> None:
    assert {text: found for _, text in texts(name, kind=True) if (found := lint(text, audience_of(name)))} == {}


def test_what_a_group_may_read_a_person_may_read() -> None:
    assert {
        text: found for _, text in texts("good.group.txt", kind=True) if (found := lint(text, Audience.PRIVATE))
    } == {}


def test_a_household_may_be_named_to_itself_and_to_staff_but_not_in_a_group() -> None:
    text = "王女士您好,3栋1201的11月物业费286.40元还没有缴,不着急。"
    assert lint(text, Audience.PRIVATE) == ()
    assert lint(text, Audience.STAFF) == ()
    assert {found.rule for found in lint(text, Audience.GROUP)} == {"household_data"}


def test_the_finding_shows_the_words() -> None:
    found = {each.rule: each.text for each in lint("明天停水,除非您缴清")}
    assert found["utilities"] == "停水"


def test_an_empty_text_says_nothing() -> None:
    for text in ("", "   ", "\n", "🌿", "!"):
        assert lint(text, Audience.GROUP) == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_rule_named_is_the_one_broken(name: str) -> None:
    """Most hostile texts break several rules; the one written beside them is among those found, but for a known few."""
    others = {
        (rule, text)
        for rule, text in texts(name, kind=False)
        if text not in KNOWN_MISSES and rule not in {found.rule for found in lint(text, audience_of(name))}
    }
    assert others == set(texts("other_rule.txt", kind=False)) & set(texts(name, kind=False))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        # Works in one sentence explain another one, unless anything in the text speaks of money that is not there.
        ("因管道检修,请大家谅解。明天停水。", set()),
        ("因管道检修。您欠费三个月。明天停水。", {"utilities"}),
        ("The pipes are being repaired tomorrow. The water will be shut off.", set()),
        ("Your fee is unpaid. The pipes are being repaired. We will cut off your water.", {"utilities"}),
        # A denial is none when it bids somebody to beware, or holds a threat in its gap.
        ("我们不会停水,也不查征信", set()),
        ("别让小钱影响了征信", {"authority"}),
        ("不要让一点小钱上了失信名单", {"exposure"}),
        ("We will never cut off your water.", set()),
        ("We will not hesitate to cut off your water.", {"utilities"}),
    ],
)
def test_what_excuses_a_word_and_what_only_seems_to(text: str, rules: set[str]) -> None:
    assert {found.rule for found in lint(text)} == rules
