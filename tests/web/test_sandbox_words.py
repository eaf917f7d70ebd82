"""The page's words: complete in both languages, none missing in the page or for a value that it shows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from bot.channels.sandbox_platform import FAULTS
from bot.content import CONTENT
from bot.demo_homes import raw, worlds
from domain.ladder import Reason
from domain.ledger import EntryKind
from domain.messages import Kind
from domain.policy import Action
from domain.policy_file import read_policy
from domain.renewals import OfferState, steps_of
from domain.tiers import Tier
from domain.wording import LANGUAGES, fields_of, flatten
from handlers.renewal.again import REASONS
from models.outbox import State
from scheduler import JOBS

WEB = Path("bot/web")
SOURCES = [*sorted((WEB / "static").glob("sandbox*.js")), *sorted((WEB / "templates").glob("*.html"))]


def words(language: str) -> dict[str, str]:
    return flatten(tomllib.loads((CONTENT / f"sandbox.{language}.toml").read_text(encoding="utf-8")))


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (words(language) for language in LANGUAGES)
    assert chinese.keys() == english.keys()
    assert [name for name in chinese if fields_of(chinese[name]) != fields_of(english[name])] == []


def test_every_word_that_the_page_asks_for_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    wanted = set(re.findall(r"""\bt\(["'](\w+\.[\w-]+)["']""", text)) | set(re.findall(r"t\['(\w+\.\w+)'\]", text))
    assert len(wanted) > 80
    assert wanted - words("zh").keys() == set()


def test_every_value_that_the_page_shows_has_a_word() -> None:
    policies = [
        read_policy((CONTENT / f"policy.{kind}.toml").read_text(encoding="utf-8"), kind)
        for kind in ("property", "training")
    ]
    stages = {stage.name for policy in policies for stage in policy.stages}
    stages |= {step.name for policy in policies for step in steps_of(policy.offer_stages)}
    shown: dict[str, Iterable[str]] = {
        "reason": set(Reason),
        "state": set(State),
        "kind": set(Kind),
        "action": set(Action),
        "entry": set(EntryKind),
        "stage": stages,
        "fault": set(FAULTS),
        "job": {entry.name for entry in JOBS},
        "scenario": set(raw("scenarios")),
        "story": {each["story"] for world in worlds() for each in raw(f"{world}/residents")["resident"]}
        | {each["role"] for world in worlds() for each in raw(f"{world}/world")["staff"]},
        "world": worlds(),
        "tier": set(Tier),
        "offer": set(OfferState),
        "because": {*REASONS, "left"},
    }
    missing = {f"{group}.{value}" for group, values in shown.items() for value in values} - words("zh").keys()
    assert missing == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_sentence_for_people_stands_in_the_code(path: Path) -> None:
    code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
    allowed = {"大"}  # the sign on the button for large type
    assert set(re.findall(r"[\u4e00-\u9fff]+", code)) - allowed == set()


def test_the_page_asks_the_world_for_nothing() -> None:
    sources = [*SOURCES, *sorted((WEB / "static").glob("*.css"))]
    addresses = {
        address for path in sources for address in re.findall(r"https?://[\w./-]+", path.read_text(encoding="utf-8"))
    }
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of SVG, not a place to fetch from
