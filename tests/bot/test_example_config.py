"""config.example.toml shows every setting of WeChat and WeCom with a word about it, and nothing that there isn't."""

from __future__ import annotations

import re
import tomllib

import pytest

from bot.settings import ROOT, Robot, Section, Settings, Template, Wechat, Wecom

EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")


def section(name: str) -> str:
    """The lines from its header to the next section's; those behind # are examples, too."""
    found = re.search(rf"(?ms)^\[{name}\]\n(.*?)(?=^\[[a-z_]+\]\n|\Z)", EXAMPLE)
    assert found is not None
    return found[1]


def shown(name: str, key: str) -> bool:
    return re.search(rf"(?m)^(# )?{key} = ", section(name)) is not None


@pytest.mark.parametrize(("name", "kind"), [("wechat", Wechat), ("wecom", Wecom)])
def test_every_setting_is_shown(name: str, kind: type[Section]) -> None:
    tables = {"templates", "robots"}
    assert [key for key in kind.model_fields if key not in tables and not shown(name, key)] == []
    assert [key for key in Template.model_fields if name == "wechat" and not shown(name, key)] == []
    assert [key for key in Robot.model_fields if name == "wecom" and not shown(name, key)] == []


@pytest.mark.parametrize(("name", "kind"), [("wechat", Wechat), ("wecom", Wecom)])
def test_what_is_shown_is_the_default(name: str, kind: type[Section]) -> None:
    raw = tomllib.loads(EXAMPLE)[name]
    assert kind.model_validate(raw) == kind()


@pytest.mark.parametrize("name", ["wechat", "wecom"])
def test_every_line_that_is_to_be_filled_in_is_explained(name: str) -> None:
    """A comment stands above each, or above the one that it belongs to: ids need none, secrets do."""
    lines = section(name).splitlines()
    secrets = [n for n, line in enumerate(lines) if re.match(r"(app_secret|secret|token|aes_key) = ", line)]
    assert [lines[n] for n in secrets if "secret" not in lines[n - 1].lower()] == []
    others = [n for n, line in enumerate(lines) if re.match(r"(enabled|base_url|sdk_url|tasks_per_day) = ", line)]
    assert [lines[n] for n in others if not lines[n - 1].startswith("#")] == []


def test_the_examples_behind_a_hash_can_be_used() -> None:
    """Taking the # away from the tables of the example leaves a configuration that is read."""
    bare = re.sub(r"(?m)^# (?=(\[|[a-z_]+ = ))", "", section("wechat"))
    raw = tomllib.loads("[wechat]\n" + bare.replace('templates = { reminder = "the id of the template" }\n', ""))
    assert Settings.model_validate(raw).wechat.templates["reminder"].fields["thing1"] == "{room}"
    robots = tomllib.loads("[wecom]\n" + re.sub(r"(?m)^# (?=(\[|[a-z_]+ = ))", "", section("wecom")))
    assert Settings.model_validate(robots).wecom.robots[0].name == "sunny garden"
