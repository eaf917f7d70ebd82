"""The conversation map is whole: every button, step, intent and command of the contract leads somewhere, once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bot.content import load_wording
from domain.personal import ACTIONS as ON_REMINDERS
from handlers.household import COMMAND_WORDS
from handlers.routes import ROUTES
from handlers.turn import ANYONE, RESIDENT
from handlers.unclear import USUAL, WISHES
from understanding.reading import INTENTS, OUT_OF_SCOPE

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for folder in ("handlers", "jobs") for path in (ROOT / folder).rglob("*.py")
)
ACTIONS = {action for route in ROUTES for action in route.actions}
COMMANDS = {
    "start": "", "bill": "账单", "pay": "缴费", "plan": "分期", "promise": "承诺", "dispute": "异议", "human": "人工",
    "settings": "设置", "stop": "停止", "help": "帮助",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["commands", "steps", "actions", "events"])
def test_nothing_leads_to_two_places(kind: str) -> None:
    names = Counter(name for route in ROUTES for name in getattr(route, kind))
    assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.parametrize(("command", "word"), COMMANDS.items())
def test_a_command_and_its_chinese_word_are_one_route(command: str, word: str) -> None:
    route = next(route for route in ROUTES if command in route.commands)
    assert not word or word in route.commands


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_is_answered_by_one_route(intent: str) -> None:
    assert len([route for route in ROUTES if intent in route.intents]) == 1


def test_every_intent_but_those_without_a_wish_can_be_offered_as_a_button() -> None:
    assert set(WISHES) == set(INTENTS) - {OUT_OF_SCOPE, "greet_thanks"}
    assert {action for _, action in WISHES.values()} <= ACTIONS
    assert set(USUAL) <= set(WISHES)


def test_every_button_leads_to_a_route() -> None:
    named = re.findall(r'(?:button|press)\(\s*(?:\w+,\s*)?"\w+",\s*"([a-z_]+\.[a-z_]+)"', SOURCES)
    named += re.findall(r'Choice\((?:turn|desk|there|words)\.\w+\("[^)]*\), "([a-z_]+\.[a-z_]+)"', SOURCES)
    named += [action for action, _ in ON_REMINDERS.values()]
    assert len(named) > 60
    assert sorted(set(named) - ACTIONS) == []


def test_every_step_that_is_waited_in_has_a_route() -> None:
    steps = {step for route in ROUTES for step in route.steps}
    waited = set(re.findall(r'expect="([a-z_.]+)"', SOURCES))
    assert len(waited) > 10
    assert sorted(waited - steps) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_labels_are_short_enough_for_two_or_three_in_a_row(language: str) -> None:
    longest = {"zh": 8, "en": 18}[language]
    notices = {"expired", "used", "not_yours"}
    labels = dict(load_wording().below("button", language))
    assert {name: label for name, label in labels.items() if len(label) > longest and name not in notices} == {}


def test_a_bare_command_word_is_known_as_one() -> None:
    """What a resident types to open a conversation is not taken for the matter itself."""
    spoken = {
        word for route in ROUTES if route.who in (ANYONE, RESIDENT) for word in route.commands if not word.isascii()
    }
    assert spoken == COMMAND_WORDS
