"""What texts may not say: hostile ones are stopped, kindly ones pass, and the reason is the right one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.lint import lint
from domain.messages import Audience

LINES = Path(__file__).parent / "lint"
STOPPED_MIN, PASSED_MIN = 0.98, 0.98


def texts(name: str) -> Iterator[tuple[str, str]]:
    """(rule, text) of each line; kindly texts have no rule."""
    for line in (LINES / name).read_text(encoding="utf-8").splitlines():
        rule, _, text = line.rpartition("\t")
        yield rule, text.replace("\\u200b", "\u200b")


def audience_of(name: str) -> Audience:
    return Audience.GROUP if ".group" in name else Audience.PRIVATE


@pytest.mark.parametrize("name", sorted(path.name for path in LINES.glob("bad*.txt")))
def test_hostile_texts_are_stopped(name: str) -> None:
    all_texts = list(texts(name))
    passed = [text for _, text in all_texts if not lint(text, audience_of(name))]
    assert len(passed) <= (1 - STOPPED_MIN) * len(all_texts), passed


@pytest.mark.parametrize("name", sorted(path.name for path in LINES.glob("good*.txt")))
def test_kindly_texts_pass(name: str) -> None:
    all_texts = list(texts(name))
    stopped = {text: lint(text, audience_of(name)) for _, text in all_texts}
    stopped = {text: found for text, found in stopped.items() if found}
    assert len(stopped) <= (1 - PASSED_MIN) * len(all_texts), stopped


@pytest.mark.parametrize("name", sorted(path.name for path in LINES.glob("good.group*.txt")))
def test_what_a_group_may_read_a_person_may_read(name: str) -> None:
    assert {text: found for _, text in texts(name) if (found := lint(text, Audience.PRIVATE))} == {}


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


RULES = ("utilities", "access", "exposure", "authority", "no_refund", "insult", "child", "loan")


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_named_is_the_one_broken(rule: str) -> None:
    """Most hostile texts break several rules; the one written beside them is nearly always among those found."""
    those = [text for each, text in texts("bad.txt") if each == rule]
    named = [text for text in those if rule in {found.rule for found in lint(text)}]
    assert len(named) >= 0.9 * len(those), set(those) - set(named)


def test_a_room_whose_number_looks_like_a_hotline_is_still_a_room() -> None:
    assert lint("8-400还没交物业费", "group")
    assert lint("有疑问请拨 400-820-8820 转 1201,谢谢。", "group") == ()
